package main

import (
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/sky"
)

// prices is what the attic offers: two shelves, for the electricity they use.
func prices() (*catalog.Catalog, error) {
	home := catalog.Place{Cloud: "attic", Region: "home"}
	hour, err := unit.Dollars("0.05")
	if err != nil {
		return nil, err
	}
	return catalog.New(catalog.Data{
		Clouds:    []catalog.Cloud{{Name: "attic", Title: "The machine in the attic", Operator: "PT"}},
		Regions:   []catalog.Region{{Place: home, Country: "PT", City: "Porto"}},
		Types:     []catalog.InstanceType{{Cloud: "attic", Name: "shelf", CPUs: 4, Memory: 8 * unit.GB}},
		Offerings: []catalog.Offering{{Service: "vm", Place: home, Type: catalog.InstanceType{Name: "shelf"}, Price: hour, Capacity: 2}},
		Source:    catalog.Source{Name: "the electricity bill", AsOf: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
	})
}

// tidy is a job of two stages that hand over no data.
func tidy() *sky.Job {
	job := sky.NewJob("tidy")
	dust := job.Stage("dust").Script("echo the dust is gone").Takes(time.Minute)
	job.Stage("sort").Script("echo all is sorted").Takes(2 * time.Minute).After(dust)
	return job
}
