package source_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
)

// A price list and the machines in one's own cellar are laid over the snapshot that ships with the library. With
// source.AWS{} in place of the file the list would come from the network.
func Example() {
	snapshot, err := catalog.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	files := os.DirFS("testdata")
	c, report, err := source.Load(context.Background(), snapshot,
		source.File(files, "aws_ec2.csv", source.AWSCSV),
		source.File(files, "skypilot_azure.csv", source.SkyPilot{
			Cloud: "azure", AsOf: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Types: snapshot.Types(),
		}.Read),
		source.Directory{FS: os.DirFS("testdata/cellar"), Title: "cellar", Source: catalog.Source{
			Name: "operations handbook", AsOf: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC),
		}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"cellar/berlin/vm/big/on-demand", "aws/us-east-1/vm/m5.large/reserved/1yr-no-upfront"} {
		o, _ := c.Offering(id)
		fmt.Println(o.Price, "an hour, says", o.Source.Name)
	}
	for _, d := range report.Defects {
		if d.Where.File == "skypilot_azure.csv" && d.Where.Row == 6 {
			fmt.Println(d)
		}
	}
	// Output:
	// $0.35 an hour, says operations handbook
	// $0.06 an hour, says aws_ec2.csv
	// skypilot_azure.csv:6: Standard_ND96isr_H100_v5 in azure/eastus: has 12 accelerators, and Standard_ND96isr_H100_v5 is known to have 8: correct the row: it is not used
}
