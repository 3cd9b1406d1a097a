package catalog_test

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func ExampleNew() {
	lab := catalog.Place{Cloud: "lab", Region: "cellar"}
	c, err := catalog.New(catalog.Data{
		Source:  catalog.Source{Name: "our own books", AsOf: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)},
		Clouds:  []catalog.Cloud{{Name: "lab", Operator: "CH"}},
		Regions: []catalog.Region{{Place: lab, Country: "CH"}},
		Types:   []catalog.InstanceType{{Cloud: "lab", Name: "big", CPUs: 64, Memory: 512 * unit.GiB}},
		Offerings: []catalog.Offering{
			{Service: "vm", Place: lab, Type: catalog.InstanceType{Name: "big"}, Price: unit.Price(unit.Dollar), Capacity: 12},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range c.Offerings(catalog.Query{Cloud: "lab"}) {
		fmt.Println(o.ID, o.Price, o.Type.CPUs)
	}
	// Output: lab/cellar/vm/big/on-demand $1.00 64
}

func ExampleCatalog_Offerings() {
	c, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range []catalog.Query{
		{Confidential: "sgx", MinCPUs: 4},
		{Accelerator: catalog.Accelerator{Kind: "tpu-v3", Count: 8}},
		{Accelerator: catalog.Accelerator{Kind: "inferentia", Count: 1}},
	} {
		q.Service, q.Markets = "vm", []catalog.Market{catalog.OnDemand}
		best := c.Offerings(q)[0]
		fmt.Println(best.Price, best.ID)
	}
	// Output:
	// $0.384 azure/eastus/vm/Standard_DC4s_v3/on-demand
	// $8.00 gcp/us-central1/us-central1-a/vm/v3-8/on-demand
	// $0.228 aws/us-east-1/vm/inf1.xlarge/on-demand
}

func ExampleCatalog_Link() {
	c, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	azure, gcp := catalog.Place{Cloud: "azure", Region: "eastus"}, catalog.Place{Cloud: "gcp", Region: "us-central1"}
	link, known := c.Link(azure, gcp)
	cost, _ := link.Egress.For(unit.Gigabytes(8 * unit.GB))
	fmt.Println(known, link.Egress, cost)

	_, known = c.Link(azure, catalog.Place{Cloud: "elsewhere"})
	fmt.Println(known)
	_, known = c.Link(catalog.Place{Cloud: "elsewhere"}, azure)
	fmt.Println(known)
	// Output:
	// true $0.0875 $0.70
	// true
	// false
}
