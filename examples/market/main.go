// Market measures the market in the embedded catalog, as "The Sky Above The Clouds" would: which services more than one
// cloud offers, on how many clouds each can be had, and how much of what is used could move. Then it asks for bids: for
// a stage that needs Spark, whoever hosts it, and for one that runs on a TPU or on GPUs. Last come receipts of a job of both
// for three hosts: one that pays list prices, one that has sent much this month, and one with a discount and a credit.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// uses is how often stages of an imagined month asked for each service, as a ledger would tell.
func uses() map[string]int64 {
	return map[string]int64{
		"vm": 420, "spark@^3.1": 130, "spark": 20, "kubernetes": 90, "postgresql@>=14": 45, "SQL:2008": 60, "kafka": 30,
		"pytorch": 55, "acid-table": 25, "bigquery": 40, "cosmos-db": 15,
	}
}

func run(ctx context.Context, w io.Writer) error {
	c, err := catalog.Embedded()
	if err != nil {
		return err
	}
	printSet(w, c.Compatibility(uses()))
	for _, job := range []*sky.Job{spark(), training()} {
		if err := printBids(ctx, w, c, job); err != nil {
			return err
		}
	}
	return printReceipts(ctx, w, c)
}

// spark is a stage that any Spark of version 3.1 or a later 3 can run.
func spark() *sky.Job {
	job := sky.NewJob("clicks")
	clicks := job.Dataset("clicks", "s3://clicks/2026/", 200*sky.GB).At("aws/us-east-1")
	job.Stage("sessions").Service("spark@^3.1").Script("sessions.py").Reads(clicks).Writes("sessions", 5*sky.GB).Takes(2 * time.Hour)
	return job
}

// training is a stage that runs on a TPU, or, slower, on GPUs.
func training() *sky.Job {
	job := sky.NewJob("reviews")
	reviews := job.Dataset("reviews", "gs://reviews/clean/", 1*sky.GB).At("gcp/us-central1")
	job.Stage("train").Either(
		sky.On("tpu-v3:8").Image("bert-tpu:1").Takes(4*time.Hour),
		sky.On("v100:4").Image("bert-cuda:1").Takes(8*time.Hour+24*time.Minute)).
		Reads(reviews)
	return job
}

// pipeline does both: it trains on what Spark makes of the clicks.
func pipeline() *sky.Job {
	job := sky.NewJob("pipeline")
	clicks := job.Dataset("clicks", "s3://clicks/2026/", 2*sky.TB).At("aws/us-east-1")
	sessions := job.Stage("sessions").Service("spark@^3.1").Script("sessions.py").Reads(clicks).Writes("sessions", 50*sky.GB).Takes(2 * time.Hour)
	job.Stage("train").Needs(sky.Accelerator("tpu-v3:8")).Image("bert-tpu:1").Command("train").Reads(sessions.Output("sessions")).Takes(4 * time.Hour)
	return job
}

// contract is a host with a discount at one cloud and a credit at another.
func contract() *catalog.PriceBook {
	return &catalog.PriceBook{
		Source: catalog.Source{Name: "contract", AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		Discounts: []catalog.Discount{
			{Match: catalog.Match{Cloud: "aws", Service: catalog.Egress}, Off: 3000},
			{Match: catalog.Match{Cloud: "gcp", Service: "vm"}, Off: 2000},
		},
		Credits: []catalog.Credit{{Cloud: "gcp", Balance: 20 * sky.Dollar}},
	}
}

func printReceipts(ctx context.Context, w io.Writer, c *catalog.Catalog) error {
	for _, host := range []struct {
		title string
		cfg   sky.Config
	}{
		{"list prices", sky.Config{Catalog: c}},
		{"60 TB have left aws this month", sky.Config{Catalog: c, Used: map[string]sky.Bytes{"aws": 60 * sky.TB}}},
		{"20 % off machines of gcp, 30 % off what leaves aws, and $20 to spend at gcp", sky.Config{Catalog: c, PriceBook: contract()}},
	} {
		if err := printReceipt(ctx, w, host.title, host.cfg); err != nil {
			return err
		}
	}
	return nil
}

func printReceipt(ctx context.Context, w io.Writer, title string, cfg sky.Config) error {
	broker, err := sky.New(cfg)
	if err != nil {
		return err
	}
	defer broker.Close()
	plan, err := broker.Plan(ctx, pipeline())
	if err != nil {
		return err
	}
	receipt, err := plan.Receipt()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nReceipt: %s\n%s", title, receipt)
	return nil
}

func printSet(w io.Writer, set catalog.Compatibility) {
	shared, all := set.Frequency()
	fmt.Fprintf(w, "The compatibility set: services that more than one cloud offers\n")
	fmt.Fprintf(w, "  size       %d services\n", set.Size())
	fmt.Fprintf(w, "  breadth    %.2f clouds offer one of them, on average\n", set.Breadth())
	fmt.Fprintf(w, "  frequency  %d of %d uses, %.1f %%\n\n", shared, all, 100*float64(shared)/float64(all))
	for _, r := range set.Shared {
		printReach(w, r)
	}
	fmt.Fprintf(w, "\nProprietary: services of one cloud\n")
	for _, r := range set.Proprietary {
		printReach(w, r)
	}
}

func printReach(w io.Writer, r catalog.Reach) {
	fmt.Fprintf(w, "  %-14s %4d uses  %s\n", r.Service, r.Uses, strings.Join(r.Clouds, " "))
}

// most bids that are printed for one stage.
const most = 6

func printBids(ctx context.Context, w io.Writer, c *catalog.Catalog, job *sky.Job) error {
	broker, err := sky.New(sky.Config{Catalog: c})
	if err != nil {
		return err
	}
	defer broker.Close()
	plan, err := broker.Plan(ctx, job)
	if err != nil {
		return err
	}
	stage := plan.Stages[0]
	bids, err := plan.Explain(ctx, stage.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nBids for stage %q, the best of each region\n", stage.Name)
	for i, b := range bids {
		switch {
		case b.Offering == "":
			fmt.Fprintf(w, "  %s %s\n", b.Place, b.WhyNot)
		case i == 0:
			fmt.Fprintf(w, "  %-54s %9s  wins\n", b.Offering, b.Cost.Round(2))
		case i < most:
			fmt.Fprintf(w, "  %-54s %9s  %s\n", b.Offering, b.Cost.Round(2), b.WhyNot)
		case i == most:
			fmt.Fprintf(w, "  ... of %d\n", len(bids))
		}
	}
	if h := stage.Hosting; h != nil {
		p, _ := c.Product(h.Cloud, h.Product)
		recipe := p.Recipe.For(*h)
		fmt.Fprintf(w, "  %s has %s %s (%s); it is started by %s.%s with %v\n", h, h.Service, h.Version, h.Verdict, recipe.API, recipe.Start, recipe.Params)
	}
	return nil
}
