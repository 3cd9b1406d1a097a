package catalog_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func place(s string) Place {
	p, err := ParsePlace(s)
	if err != nil {
		panic(err)
	}
	return p
}

func dollars(s string) unit.Price {
	p, err := unit.Dollars(s)
	if err != nil {
		panic(err)
	}
	return p
}

func testSource() Source {
	return Source{Name: "https://example.com/prices", AsOf: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)}
}

// small is a catalog of two clouds to start tests from.
func small() Data {
	return Data{
		Source: testSource(),
		Clouds: []Cloud{{Name: "red", Title: "Red, Inc.", Operator: "US", Scheme: "red"}, {Name: "blue", Operator: "FR"}},
		Regions: []Region{
			{Place: place("red/north"), Country: "US", City: "Columbus", Latitude: 39.96, Longitude: -83, Zones: []string{"a", "b"}},
			{Place: place("red/south"), Country: "BR"},
			{Place: place("blue/paris"), Country: "FR"},
		},
		Types: []InstanceType{
			{Cloud: "red", Name: "m.large", CPUs: 2, Memory: 8 * unit.GiB, Arch: "amd64"},
			{Cloud: "red", Name: "gpu.4", CPUs: 32, Memory: 244 * unit.GiB, Accelerator: Accelerator{Kind: "v100", Count: 4}},
			{Cloud: "blue", Name: "safe", CPUs: 4, Memory: 32 * unit.GiB, Confidential: "sgx"},
		},
		Offerings: []Offering{
			{Service: "vm", Place: place("red/north"), Type: InstanceType{Name: "m.large"}, Price: dollars("0.096")},
			{Service: "vm", Place: place("red/north/a"), Type: InstanceType{Name: "gpu.4"}, Price: dollars("12.24")},
			{Service: "vm", Place: place("red/north/a"), Type: InstanceType{Name: "gpu.4"}, Price: dollars("3.67"), Market: Spot},
			{Service: "vm", Place: place("blue/paris"), Type: InstanceType{Name: "safe"}, Price: dollars("0.384")},
			{Service: "sql:2008", Place: place("blue/paris"), Price: dollars("5"), Unit: PerTB},
		},
		Links: []Link{
			{From: place("red"), To: place("*"), Egress: dollars("0.09")},
			{From: place("red"), To: place("red"), Egress: dollars("0.02"), Bandwidth: 6e8},
			{From: place("blue"), To: place("red"), Free: true},
		},
	}
}

func newCatalog(t *testing.T, d Data) *Catalog {
	t.Helper()
	c, err := New(d)
	require.NoError(t, err)
	return c
}

// dir is a catalog as a directory of files.
func dir(c *Catalog) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range c.Files() {
		fsys[f.Name] = &fstest.MapFile{Data: f.Content}
	}
	return fsys
}
