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

func ExampleCatalog_Transfer() {
	c, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	aws, gcp := catalog.Place{Cloud: "aws", Region: "us-east-1"}, catalog.Place{Cloud: "gcp", Region: "us-central1"}
	store := catalog.Place{Cloud: "cloudflare", Region: "auto"}
	first, _ := c.Transfer(aws, gcp, 20*unit.TB, 0)
	later, _ := c.Transfer(aws, gcp, 20*unit.TB, 200*unit.TB)
	free, _ := c.Transfer(store, gcp, 20*unit.TB, 0)
	fmt.Println(first, later, free)
	// Output: $1751.20 $1000.00 $0.00
}

func ExamplePriceBook_Bill() {
	c, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	book := catalog.PriceBook{
		Source:    catalog.Source{Name: "our contract", AsOf: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)},
		Discounts: []catalog.Discount{{Match: catalog.Match{Cloud: "aws", Service: "vm"}, Off: 3000}},
		Credits:   []catalog.Credit{{Cloud: "aws", Balance: 50 * unit.Dollar}},
	}
	if err := book.Check(c); err != nil {
		fmt.Println(err)
		return
	}
	o, _ := c.Offering("aws/us-east-1/vm/p3.8xlarge/on-demand")
	receipt, err := book.Bill([]catalog.Use{
		{What: "train", Offering: o, Usage: catalog.Usage{Machines: 1, Time: 10 * time.Hour}},
	}, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(receipt)
	// Output:
	//                                      list    effective       credit          due
	// train                             $122.40       $85.68       $50.00       $35.68  30% off
	// total                             $122.40       $85.68       $50.00       $35.68
}

func ExampleUpdate() {
	old, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	o, _ := old.Offering("aws/us-east-1/vm/m5.large/on-demand")
	o.Price *= 1000 // a source that gives cents for dollars, and worse
	o.Source = catalog.Source{Name: "a price list", AsOf: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)}
	c, report := catalog.Update(old, catalog.Data{Offerings: []catalog.Offering{o}}, catalog.Bounds{KeepMissing: true, MaxRefused: 1000})
	fmt.Println(report.Accepted, report.Refused[0])
	kept, _ := c.Offering(o.ID)
	fmt.Println(kept.Price)
	// Output:
	// true offering "aws/us-east-1/vm/m5.large/on-demand": price went from $0.096 to $96.00: more than a factor of 5 is not believed
	// $0.096
}
