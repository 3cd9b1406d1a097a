// Quickstart plans and runs a pipeline of three stages over three clouds, rehearsed on this machine: real processes,
// real data, really moved between the clouds' directories. Its input is what every Go machine has: the source of Go's
// standard library. It learns to tell, from a documentation comment, which package the comment is about.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/sky"
)

func main() {
	sky.Init(sky.Func("extract", extract), sky.Func("train", train), sky.Func("classify", classify))
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// pipeline is the job. Its times are what the work would take on the machines of real clouds; the rehearsal is faster.
func pipeline(source sky.Bytes) *sky.Job {
	job := sky.NewJob("comments").Minimize(sky.Cost).Deadline(12 * time.Hour)
	raw := job.Dataset("source", "az://go-source/src/", source).At("azure/eastus")

	clean := job.Stage("extract").Func("extract").
		Needs(sky.Confidential("sgx"), sky.CPUs(4)). // names of persons are in there
		Reads(raw).Writes("comments", 1*sky.GB).
		Takes(36 * time.Minute)

	train := job.Stage("train").Func("train").
		Either(
			sky.On("tpu-v3:8").Takes(4*time.Hour),
			sky.On("v100:4").Takes(8*time.Hour+24*time.Minute)).
		Reads(clean.Output("comments")).Writes("model", 400*sky.MB)

	job.Stage("classify").Func("classify").
		Either(
			sky.On("inferentia:1").Takes(67*time.Minute),
			sky.On("t4:1").Takes(107*time.Minute)).
		Reads(clean.Output("comments"), train.Output("model")).Writes("accuracy", 1*sky.KB)
	return job
}

func run(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "sky-quickstart-")
	if err != nil {
		return err
	}
	prices, err := catalog.Embedded()
	if err != nil {
		return err
	}
	clouds, err := local.Rehearse(prices, filepath.Join(dir, "clouds"))
	if err != nil {
		return err
	}
	size, err := upload(ctx, clouds, "az://go-source/src/")
	if err != nil {
		return err
	}
	broker, err := sky.New(sky.Config{Providers: clouds, Catalog: prices, StateDir: filepath.Join(dir, "state")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()

	plan, err := broker.Plan(ctx, pipeline(size)) // pure: nothing is created, nothing is paid
	if err != nil {
		return err
	}
	fmt.Fprintln(w, plan)
	run, err := broker.Start(ctx, plan)
	if err != nil {
		return err
	}
	if err := sky.NewProgress(sky.ProgressConfig{Writer: w}).Follow(run.Events(ctx, 0)); err != nil {
		return err
	}
	report, err := run.Wait(ctx)
	fmt.Fprintln(w, report)
	if err != nil {
		return err
	}
	return conclude(ctx, w, dir, run, report)
}

// conclude prints what the last stage found and writes the report as a page.
func conclude(ctx context.Context, w io.Writer, dir string, run *sky.Run, report *sky.Report) error {
	var found strings.Builder
	if err := run.Logs(ctx, "classify", &found); err != nil {
		return err
	}
	fmt.Fprint(w, found.String())
	page, err := report.HTML()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "report.html")
	fmt.Fprintf(w, "\nThe report as a page: %s\n", file)
	return os.WriteFile(file, page, 0o600)
}
