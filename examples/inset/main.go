// Inset plans the machine learning pipeline of Inset B of "The Sky Above The Clouds" from the prices in catalog/, and
// prints the paper's rows beside ours and three cases the paper does not have.
package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/sky"
)

//go:embed catalog/*.csv
var files embed.FS

func main() {
	log.SetFlags(0)
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// pipeline is the job: private reviews are made anonymous, a model is trained on them, and then used.
func pipeline() *sky.Job {
	job := sky.NewJob("reviews")
	raw := job.Dataset("raw", "az://reviews/raw/", 8*sky.GB).At("azure/eastus")
	clean := job.Stage("proc").Image("opaque:0.9").Command("filter", "--drop", "name").
		Needs(sky.Confidential("sgx")).
		Reads(raw).Writes("reviews", 1*sky.GB).Takes(36 * time.Minute)
	train := job.Stage("train").Either(
		sky.On("tpu-v3:8").Image("bert-tpu:1").Takes(4*time.Hour),
		sky.On("v100:4").Image("bert-cuda:1").Takes(8*time.Hour+24*time.Minute)).
		Reads(clean.Output("reviews")).Writes("model", 110*sky.MB)
	job.Stage("infer").Either(
		sky.On("inferentia:1").Image("bert-neuron:1").Takes(111*time.Hour/100),
		sky.On("t4:1").Image("bert-cuda:1").Takes(179*time.Hour/100)).
		Reads(train.Output("model"))
	return job
}

func run(w io.Writer) error {
	dir, err := fs.Sub(files, "catalog")
	if err != nil {
		return err
	}
	prices, err := catalog.Load(dir)
	if err != nil {
		return err
	}
	plan, err := planWith(prices, pipeline())
	if err != nil {
		return err
	}
	printTable(w, plan)
	return printCases(w, prices)
}

func planWith(prices *catalog.Catalog, job *sky.Job) (*sky.Plan, error) {
	broker, err := sky.New(sky.Config{Catalog: prices})
	if err != nil {
		return nil, err
	}
	defer broker.Close()
	return broker.Plan(context.Background(), job)
}

func printCases(w io.Writer, prices *catalog.Catalog) error {
	noTPU, err := without(prices, "tpu-v3-8")
	if err != nil {
		return err
	}
	dear, err := egressTimes(prices, 100)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nBeyond the paper")
	for _, c := range []struct {
		name   string
		prices *catalog.Catalog
		job    *sky.Job
	}{
		{"no TPU is offered", noTPU, pipeline()},
		{"gcp is forbidden", prices, pipeline().Rules(sky.Clouds("aws", "azure"))},
		{"egress costs 100 times as much", dear, pipeline()},
	} {
		plan, err := planWith(c.prices, c.job)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-32s %9s  %s\n", c.name, plan.Cost.Round(4), clouds(plan))
	}
	return nil
}

func clouds(p *sky.Plan) string {
	var names []string
	for _, s := range p.Stages {
		names = append(names, s.Offering.Place.Cloud+" "+s.Offering.Type.Name)
	}
	return strings.Join(names, " → ")
}

func without(c *catalog.Catalog, typeName string) (*catalog.Catalog, error) {
	d := c.Data()
	kept := d.Offerings[:0]
	for _, o := range d.Offerings {
		if o.Type.Name != typeName {
			kept = append(kept, o)
		}
	}
	d.Offerings = kept
	return catalog.New(d)
}

func egressTimes(c *catalog.Catalog, factor unit.Price) (*catalog.Catalog, error) {
	d := c.Data()
	for i := range d.Links {
		d.Links[i].Egress *= factor
	}
	return catalog.New(d)
}
