// Sovereignty shows what rules about place and law do, with the prices in catalog/. A region in a country keeps data in
// that country, and yet not out of the law of its operator's. And being near is a matter of when: a player in Vancouver
// whose data must stay in Canada had one choice in 2022 and has two now.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

//go:embed catalog/*.csv
var files embed.FS

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	dir, err := fs.Sub(files, "catalog")
	if err != nil {
		return err
	}
	c, err := catalog.Load(dir)
	if err != nil {
		return err
	}
	then, err := c.OpenAt(time.Date(2022, 5, 15, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return err
	}
	bare, err := without(c, "aws/ca-west-1", "azure/canadawest")
	if err != nil {
		return err
	}
	for _, x := range []struct {
		title  string
		prices *catalog.Catalog
		job    *sky.Job
	}{
		{"German records stay in Germany", c, records("ovh/limburg", sky.In("DE"))},
		{"German records stay in Germany, out of reach of other law than the EU's", c, records("ovh/limburg", sky.In("DE"), sky.Operator("EU"))},
		{"Canadian records stay in Canada", c, records("maple/toronto", sky.In("CA"))},
		{"Canadian records stay in Canada, out of reach of other law than its own", c, records("maple/toronto", sky.In("CA"), sky.Operator("CA"))},
		{"A player in Vancouver, May 2022: AWS has no region in the west yet", then, game()},
		{"A player in Vancouver, now: the price decides", c, game()},
		{"A player in Vancouver, had no cloud a region in the west", bare, game()},
	} {
		fmt.Fprintf(w, "%s\n", x.title)
		if err := show(ctx, w, x.prices, x.job); err != nil {
			return err
		}
	}
	return nil
}

// records is a job whose rules hold for its data too: copies are made at places that the rules allow only.
func records(at string, rules ...sky.Rule) *sky.Job {
	job := sky.NewJob("records").Rules(rules...)
	raw := job.Dataset("raw", "s3://records/", 10*sky.GB).At(at)
	job.Stage("index").Command("index").Reads(raw).Takes(10 * time.Hour)
	return job
}

// game keeps the player's data in Canada and the server within 40 ms of Vancouver.
func game() *sky.Job {
	job := sky.NewJob("game").Rules(sky.In("CA"))
	job.Stage("serve").Command("serve").Takes(10 * time.Hour).Rules(sky.Near(49.28, -123.12, 40*time.Millisecond))
	return job
}

// show plans a job and prints where it goes and why not elsewhere.
func show(ctx context.Context, w io.Writer, c *catalog.Catalog, job *sky.Job) error {
	broker, err := sky.New(sky.Config{Catalog: c})
	if err != nil {
		return err
	}
	defer broker.Close()
	plan, err := broker.Plan(ctx, job)
	if refused, ok := errors.AsType[*sky.InfeasibleError](err); ok {
		printRefusal(w, refused)
		return nil
	}
	if err != nil {
		return err
	}
	stage := plan.Stages[0]
	place := stage.Offering.Place
	cloud, _ := c.Cloud(place.Cloud)
	region, _ := c.Region(place)
	fmt.Fprintf(w, "  goes to %s in %s (%s), %s; the law of %s binds its operator\n", place, region.City, region.Country, plan.Cost.Round(2), cloud.Operator)
	bids, err := plan.Explain(ctx, stage.Name)
	if err != nil {
		return err
	}
	for _, b := range bids[1:] {
		fmt.Fprintf(w, "  not %s: %s\n", b.Place, b.WhyNot)
	}
	fmt.Fprintln(w)
	return nil
}

func printRefusal(w io.Writer, e *sky.InfeasibleError) {
	fmt.Fprintln(w, "  cannot be done")
	for _, s := range e.Stages {
		for _, c := range s.Clouds {
			fmt.Fprintf(w, "  not %s: fails %s\n", c.Cloud, c.Reason)
		}
	}
	for _, r := range e.Relax {
		fmt.Fprintf(w, "  would help: %s\n", r)
	}
	fmt.Fprintln(w)
}

// without is the catalog without what some regions offer.
func without(c *catalog.Catalog, regions ...string) (*catalog.Catalog, error) {
	d := c.Data()
	d.Offerings = slices.DeleteFunc(d.Offerings, func(o catalog.Offering) bool {
		return slices.Contains(regions, o.Place.InRegion().String())
	})
	return catalog.New(d)
}
