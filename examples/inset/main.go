// Inset plans the machine learning pipeline of Inset B of "The Sky Above The Clouds" from the prices of that time, and
// prints the paper's rows beside ours and three cases the paper does not have.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/examples/internal/insetb"
	"github.com/openintercloud/broker/sky"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	prices, err := insetb.Prices()
	if err != nil {
		return err
	}
	plan, err := planWith(prices, insetb.Job())
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
		{"no TPU is offered", noTPU, insetb.Job()},
		{"gcp is forbidden", prices, insetb.Job().Rules(sky.Clouds("aws", "azure"))},
		{"egress costs 100 times as much", dear, insetb.Job()},
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
