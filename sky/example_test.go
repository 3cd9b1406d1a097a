package sky_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/sky"
)

// A job is a graph of stages and data. Nothing is looked up and nothing can fail until it is validated or planned.
func ExampleNewJob() {
	job := sky.NewJob("words").Minimize(sky.Cost).Deadline(2 * time.Hour)
	raw := job.Dataset("raw", "s3://words/raw/", 2*sky.GB).At("aws/us-east-1")
	count := job.Stage("count").Command("count", "--in", "{in.raw}", "--out", "{out.table}").
		Needs(sky.CPUs(4)).Reads(raw).Writes("table", 5*sky.MB).Takes(10 * time.Minute)
	job.Stage("plot").Image("plotter:2").Command("plot", "{in.table}").Reads(count.Output("table")).Takes(time.Minute)
	fmt.Println(job.Name(), job.Validate())
	// Output: words <nil>
}

// Every mistake is reported at once, with the line that made it.
func ExampleJob_Validate() {
	job := sky.NewJob("words")
	count := job.Stage("count").Command("count", "{in.raw}")
	job.Stage("plot").Nodes(0).Reads(count.Output("table"))
	joined, _ := job.Validate().(interface{ Unwrap() []error })
	for _, err := range joined.Unwrap() {
		if m, ok := errors.AsType[*sky.Mistake](err); ok {
			fmt.Println(m.Stage+":", m.What)
		}
	}
	// Output:
	// count: argument "{in.raw}": the stage has no input "raw"
	// plot: runs on 0 nodes: want at least 1 and at most 100000
	// plot: reads "count/table", which nothing writes
	// plot: runs nothing: give it a Command, Script, Func or Image
}

// world is a snapshot of a small world of three clouds.
func world() (*sky.Snapshot, error) {
	c, err := catalog.New(market())
	if err != nil {
		return nil, err
	}
	broker, err := sky.New(sky.Config{Catalog: c})
	if err != nil {
		return nil, err
	}
	return broker.Snapshot(context.Background())
}

// The best plan over three clouds of a job with a confidential stage, a training and a classification.
func ExampleSnapshot_Plan() {
	snapshot, err := world()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := snapshot.Plan(context.Background(), reviews())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Stages {
		fmt.Printf("%-5s on %-6s at %-15s %s\n", s.Name, s.Offering.Type.Name, s.Offering.Place, s.Cost.Cents())
	}
	share, cloud, _ := plan.Saving()
	fmt.Printf("%s and %.1f h, %.0f %% less than on %s alone, optimal: %v\n", plan.Cost.Cents(), plan.Time.Hours(), 100*share, cloud, plan.Proof.Optimal)
	// Output:
	// proc  on sgx    at azure/eastus    $0.80
	// train on tpu    at gcp/us-central1 $39.24
	// infer on inf    at aws/us-east-1   $0.30
	// $40.44 and 5.7 h, 61 % less than on azure alone, optimal: true
}

// An impossible job says why, cloud by cloud, and what would help.
func ExampleInfeasibleError() {
	snapshot, err := world()
	if err != nil {
		fmt.Println(err)
		return
	}
	job := sky.NewJob("huge")
	job.Stage("train").Script("train").Needs(sky.Accelerator("v100:16")).Rules(sky.Clouds("aws", "gcp")).Takes(time.Hour)
	_, err = snapshot.Plan(context.Background(), job)
	if infeasible, ok := errors.AsType[*sky.InfeasibleError](err); ok {
		fmt.Println(infeasible)
	}
	// Output:
	// job "huge" cannot be planned
	//   stage "train" fits nowhere:
	//     aws: fails need accelerator v100:16
	//     azure: fails rule clouds aws, gcp
	//     gcp: fails need accelerator v100:16
	//   would help: stage "train": accelerator v100:4 instead of accelerator v100:16 would do (gcp/us-central1/vm/v100x4/on-demand)
}

// A run on simulated clouds: the same plan would run on real ones.
func ExampleBroker_Start() {
	ctx := context.Background()
	c, err := catalog.New(market())
	if err != nil {
		fmt.Println(err)
		return
	}
	clouds := fake.NewMarket(c, fake.Config{})
	defer clouds.Close()
	broker, err := sky.New(sky.Config{Catalog: c, Providers: clouds.Providers()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	job := sky.NewJob("two")
	first := job.Stage("first").Script("make").Takes(time.Hour)
	job.Stage("second").Script("make").After(first).Takes(time.Hour)
	plan, err := broker.Plan(ctx, job)
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := broker.Start(ctx, plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range run.Events(ctx, 0) {
		if err == nil && (e.Kind == sky.StageDone || e.Last()) {
			fmt.Println(strings.TrimSpace(e.Stage + " " + string(e.Kind)))
		}
	}
	report, err := run.Wait(ctx)
	fmt.Println(report.Outcome, err)
	// Output:
	// first done
	// second done
	// run succeeded
	// run succeeded <nil>
}
