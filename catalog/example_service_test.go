package catalog_test

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/catalog"
)

func ExampleCatalog_Hostings() {
	c, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"spark@3.1.1", "kafka@^3.6 || >=4", "hudi@~0.9"} {
		want, err := catalog.ParseService(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, h := range c.Hostings(want) {
			fmt.Println(want, "on", h.Cloud+":", h, "has", h.Version)
		}
	}
	// Output:
	// spark@3.1.1 on aws: Databricks 8.2 has 3.1.1
	// spark@3.1.1 on aws: Databricks 8.0 has 3.1.1
	// spark@3.1.1 on aws: EMR emr-6.3.1 has 3.1.1
	// spark@3.1.1 on aws: EMR emr-6.3.0 has 3.1.1
	// spark@3.1.1 on azure: Databricks 8.2 has 3.1.1
	// spark@3.1.1 on azure: Databricks 8.0 has 3.1.1
	// kafka@^3.6 || >=4 on aws: MSK 4.0.x has 4.0
	// kafka@^3.6 || >=4 on aws: MSK 3.9.x has 3.9
	// kafka@^3.6 || >=4 on aws: MSK 3.8.x has 3.8
	// kafka@^3.6 || >=4 on aws: MSK 3.7.x has 3.7
	// kafka@^3.6 || >=4 on aws: MSK 3.6.0 has 3.6.0
	// hudi@~0.9 on aws: EMR emr-6.5.0 has 0.9.0+amzn.1
}

func ExampleCatalog_Compatibility() {
	lab, own := catalog.Place{Cloud: "lab", Region: "cellar"}, catalog.Place{Cloud: "own", Region: "attic"}
	data := catalog.Data{
		Source:  catalog.Source{Name: "our own books", AsOf: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)},
		Clouds:  []catalog.Cloud{{Name: "lab"}, {Name: "own"}},
		Regions: []catalog.Region{{Place: lab}, {Place: own}},
		Offerings: []catalog.Offering{
			{Service: "sql:2008", Place: lab, Price: 1000}, {Service: "sql:2008", Place: own, Price: 1000}, {Service: "oracle", Place: lab, Price: 1000},
		},
	}
	c, err := catalog.New(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	set := c.Compatibility(map[string]int64{"sql:2008": 3, "oracle": 1})
	shared, all := set.Frequency()
	fmt.Printf("size %d, breadth %.1f, frequency %d of %d\n", set.Size(), set.Breadth(), shared, all)
	// Output: size 1, breadth 2.0, frequency 3 of 4
}
