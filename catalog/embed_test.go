package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func embedded(t testing.TB) *Catalog {
	t.Helper()
	c, err := Embedded()
	require.NoError(t, err)
	return c
}

func TestEmbeddedCloudsAndRegions(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	located, priced, clean := map[string]int{}, map[string]int{}, map[string]int{}
	for _, r := range c.Regions() {
		require.True(t, r.Country != "" || r.Place == place("cloudflare/auto"), r.Place)
		if r.City != "" && (r.Latitude != 0 || r.Longitude != 0) {
			located[r.Place.Cloud]++
		}
		if len(c.Offerings(Query{Service: "vm", Place: r.Place})) > 0 {
			priced[r.Place.Cloud]++
		}
		if r.Carbon != nil {
			require.Positive(t, *r.Carbon)
			clean[r.Place.Cloud]++
		}
	}
	schemes := map[string]string{"aws": "s3", "azure": "az", "gcp": "gs"}
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		cloud, ok := c.Cloud(name)
		require.True(t, ok)
		require.Equal(t, "US", cloud.Operator)
		require.Equal(t, schemes[name], cloud.Scheme)
		require.GreaterOrEqual(t, located[name], 12, name)
		require.GreaterOrEqual(t, priced[name], 12, name)
		require.GreaterOrEqual(t, clean[name], 12, name)
	}
}

func TestEmbeddedIsWideEnough(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	types, watts := map[string]int{}, map[string]int{}
	for _, x := range c.Types() {
		types[x.Cloud]++
		if x.Watts != nil {
			require.Equal(t, Accelerator{}, x.Accelerator, x.Name)
			watts[x.Cloud]++
		}
		require.NotEmpty(t, c.Offerings(Query{Cloud: x.Cloud, MinCPUs: x.CPUs, MinMemory: x.Memory, Limit: 1}), x.Name)
	}
	for name, least := range map[string]int{"aws": 400, "azure": 300, "gcp": 200} {
		require.GreaterOrEqual(t, types[name], least, name)
		require.GreaterOrEqual(t, watts[name], 80, name)
	}
	regions, edge := map[string]int{}, 0
	for _, x := range c.Regions() {
		if x.Parent != "" {
			edge++
			continue
		}
		regions[x.Place.Cloud]++
		if len(x.History) > 0 {
			last := x.History[len(x.History)-1]
			require.InDelta(t, *x.Carbon, last.Grams, 0, x.Place)
		}
	}
	for name, least := range map[string]int{"aws": 30, "azure": 45, "gcp": 40, "digitalocean": 5, "hetzner": 5, "ovh": 5, "nebius": 3} {
		require.GreaterOrEqual(t, regions[name], least, name)
	}
	require.GreaterOrEqual(t, edge, 60)
}

func TestEmbeddedOperators(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for name, law := range map[string]string{"ovh": "FR", "scaleway": "FR", "hetzner": "DE", "nebius": "NL", "digitalocean": "US"} {
		cloud, ok := c.Cloud(name)
		require.True(t, ok, name)
		require.Equal(t, law, cloud.Operator, name)
	}
	r, ok := c.Region(place("aws/us-west-2-lax-1"))
	require.True(t, ok)
	require.Equal(t, "us-west-2", r.Parent)
	require.NotEmpty(t, c.Offerings(Query{Place: r.Place, Accelerator: Accelerator{Kind: "t4", Count: 1}}))
}

func TestCarbonOfAYear(t *testing.T) {
	t.Parallel()
	r, ok := embedded(t).Region(place("aws/eu-west-2"))
	require.True(t, ok)
	for year, want := range map[int]float64{2021: 226.12, 2022: 220.45, 2023: 187.89, 2030: 187.89} {
		got, known := r.CarbonIn(year)
		require.True(t, known)
		require.InDelta(t, want, got, 0, year)
	}
	_, known := r.CarbonIn(2000)
	require.False(t, known)
}

func TestEmbeddedRowsSayWhereTheyAreFrom(t *testing.T) {
	t.Parallel()
	d := embedded(t).Data()
	var sources []Source
	for _, x := range d.Clouds {
		sources = append(sources, x.Source)
	}
	for _, x := range d.Regions {
		sources = append(sources, x.Source)
	}
	for _, x := range d.Types {
		sources = append(sources, x.Source)
	}
	for _, x := range d.Offerings {
		require.True(t, x.Price > 0 || x.Free, x.ID)
		require.NotEmpty(t, x.Unit)
		sources = append(sources, x.Source)
	}
	for _, x := range d.Links {
		require.True(t, x.Egress > 0 || x.Free || x.Unpriced, "%s to %s", x.From, x.To)
		sources = append(sources, x.Source)
	}
	for _, s := range sources {
		require.True(t, strings.HasPrefix(s.Name, "https://"), s.Name)
		require.False(t, s.AsOf.IsZero())
	}
}

func TestEmbeddedHasTheKinds(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, want := range []struct {
		q      Query
		clouds string
	}{
		{Query{Service: "vm", Confidential: "sgx"}, "azure"},
		{Query{Service: "vm", Confidential: "sev-snp"}, "aws azure"},
		{Query{Service: "vm", Confidential: "tdx"}, "azure"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v2", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v3", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v4", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v5e", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v5p", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "tpu-v6e", Count: 8}}, "gcp"},
		{Query{Accelerator: Accelerator{Kind: "inferentia", Count: 1}}, "aws"},
		{Query{Accelerator: Accelerator{Kind: "inferentia2", Count: 1}}, "aws"},
		{Query{Accelerator: Accelerator{Kind: "trainium", Count: 16}}, "aws"},
		{Query{Accelerator: Accelerator{Kind: "t4", Count: 1}}, "aws azure gcp"},
		{Query{Accelerator: Accelerator{Kind: "v100", Count: 1}}, "aws azure gcp ovh"},
		{Query{Accelerator: Accelerator{Kind: "v100", Count: 8}}, "aws gcp"},
		{Query{Accelerator: Accelerator{Kind: "a100", Count: 8}}, "aws azure gcp"},
		{Query{Accelerator: Accelerator{Kind: "h100", Count: 8}}, "aws azure digitalocean gcp nebius"},
		{Query{Accelerator: Accelerator{Kind: "h200", Count: 8}}, "aws nebius"},
		{Query{Accelerator: Accelerator{Kind: "l4", Count: 1}}, "aws gcp"},
		{Query{Accelerator: Accelerator{Kind: "a10g", Count: 1}}, "aws"},
		{Query{Accelerator: Accelerator{Kind: "p100", Count: 1}}, "azure gcp"},
		{Query{Accelerator: Accelerator{Kind: "a100-80gb", Count: 1}}, "aws azure gcp ovh"},
		{Query{MinMemory: 900 * unit.GiB, Service: "vm"}, "aws azure digitalocean gcp nebius"},
		{Query{Arch: "arm64"}, "aws azure gcp"},
		{Query{Markets: []Market{Spot}}, "aws azure gcp nebius"},
		{Query{Service: "sql:2008"}, "aws azure gcp"},
		{Query{Service: "spark"}, "aws azure gcp"},
	} {
		clouds := map[string]bool{}
		for _, o := range c.Offerings(want.q) {
			clouds[o.Place.Cloud] = true
		}
		require.Equal(t, want.clouds, strings.Join(slices.Sorted(maps.Keys(clouds)), " "), "%+v", want.q)
	}
}

func TestEmbeddedPricesThatArePublished(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for id, want := range map[string]string{
		"aws/us-east-1/vm/m5.large/on-demand":                    "0.096",
		"aws/us-east-1/vm/p3.8xlarge/on-demand":                  "12.24",
		"aws/us-east-1/vm/inf1.xlarge/on-demand":                 "0.228",
		"aws/us-east-1/vm/g4dn.xlarge/on-demand":                 "0.526",
		"azure/eastus/vm/Standard_DC4s_v3/on-demand":             "0.384",
		"azure/eastus/vm/Standard_NC24s_v3/on-demand":            "12.24",
		"gcp/us-central1/us-central1-b/vm/v2-8/on-demand":        "4.5",
		"gcp/europe-west4/europe-west4-a/vm/v3-8/spot":           "2.64",
		"gcp/us-central1/vm/n1-standard-4+t4x1/on-demand":        "0.539999",
		"aws/us-east-1/sql:2008/on-demand":                       "5",
		"aws/us-east-1/spark/m5.xlarge/on-demand":                "0.24",
		"gcp/us-central1/us-central1-a/vm/v5litepod-8/on-demand": "9.6",
	} {
		o, ok := c.Offering(id)
		require.True(t, ok, id)
		require.Equal(t, dollars(want), o.Price, id)
	}
}

func TestEmbeddedLinks(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, want := range []struct{ from, to, egress string }{
		{"aws/us-east-1", "aws/us-east-2", "0.01"},
		{"aws/us-east-1", "aws/eu-west-1", "0.02"},
		{"aws/sa-east-1", "aws/us-east-1", "0.138"},
		{"aws/us-east-1", "gcp/us-central1", "0.09"},
		{"aws/ap-northeast-1", "azure/japaneast", "0.114"},
		{"azure/eastus", "azure/westus2", "0.02"},
		{"azure/eastus", "azure/westeurope", "0.05"},
		{"azure/brazilsouth", "gcp/us-east1", "0.181"},
		{"gcp/us-central1", "gcp/us-east1", "0.01"},
		{"gcp/us-central1", "gcp/europe-west4", "0.08"},
		{"gcp/us-central1", "aws/us-east-1", "0.12"},
		{"gcp/us-central1", "aws/ap-southeast-2", "0.19"},
	} {
		l, ok := c.Link(place(want.from), place(want.to))
		require.True(t, ok)
		require.Equal(t, dollars(want.egress), l.Egress, "%s to %s", want.from, want.to)
		require.Positive(t, l.Bandwidth, "%s to %s", want.from, want.to)
	}
	outward := map[string]bool{"digitalocean": true, "hetzner": true}        // what they ask between their own regions is not known
	silent := map[string]bool{"nebius": true, "ovh": true, "scaleway": true} // nor what these ask for anything
	for _, a := range c.Regions() {
		for _, b := range c.Regions() {
			_, ok := c.Link(a.Place, b.Place)
			same := a.Place == b.Place
			known := same || !silent[a.Place.Cloud] && !(outward[a.Place.Cloud] && a.Place.Cloud == b.Place.Cloud)
			require.Equal(t, known, ok, "%s to %s", a.Place, b.Place)
		}
	}
}

func TestEmbeddedLoadsBack(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	back, err := Load(dir(c))
	require.NoError(t, err)
	require.Equal(t, c.Digest(), back.Digest())
	require.Equal(t, c.Data(), back.Data())
}

func TestEmbeddedEgressHasTiers(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, want := range []struct {
		from, to, cost string
		size           unit.Bytes
	}{
		{"aws/us-east-1", "gcp/us-central1", "$921.60", 10 * billedTB},
		{"aws/us-east-1", "wasabi/us-east-1", "$11571.20", 150 * billedTB},
		{"aws/ap-southeast-2", "cloudflare/auto", "$1280.96", 10*billedTB + 11_592*unit.GB/10},
		{"gcp/us-central1", "aws/us-east-1", "$122.88", billedTB},
		{"gcp/us-central1", "aws/us-east-1", "$1136.72", 10*billedTB + unit.GB},
		{"azure/eastus", "aws/us-east-1", "$875.08", 10*unit.TB + unit.GB},
		{"cloudflare/auto", "aws/us-east-1", "$0.00", 100 * unit.TB},
		{"wasabi/eu-west-2", "wasabi/us-east-1", "$0.00", unit.TB},
	} {
		got, err := c.Transfer(place(want.from), place(want.to), want.size, 0)
		require.NoError(t, err)
		require.Equal(t, want.cost, got.Cents(), "%s to %s, %s", want.from, want.to, want.size)
	}
}

func TestEmbeddedStores(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, at := range []string{"aws/us-east-1", "gcp/europe-west1", "azure/eastus", "cloudflare/auto", "backblaze/eu-central-003", "wasabi/eu-central-1"} {
		month := Usage{Bytes: unit.TB, Time: 730 * time.Hour, Requests: 1_000_000}
		total := unit.Money(0)
		for _, service := range []string{Blob, BlobRead, BlobWrite} {
			list := c.Offerings(Query{Service: service, Place: place(at)})
			require.Len(t, list, 1, "%s at %s", service, at)
			cost, err := list[0].Cost(month)
			require.NoError(t, err)
			total += cost
		}
		require.Greater(t, total, 5*unit.Dollar, at)
		require.Less(t, total, 40*unit.Dollar, at)
	}
	require.NotEmpty(t, c.Offerings(Query{Service: Address, Cloud: "aws"}))
	require.NotEmpty(t, c.Offerings(Query{Service: Disk, Cloud: "aws"}))
}

func TestEmbeddedNetworkIsKnownByPair(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	there, ok := c.Link(place("aws/us-east-1"), place("gcp/us-central1"))
	require.True(t, ok)
	require.Equal(t, "$0.09", there.Egress.String(), "a row that measures says nothing of the price")
	require.InDelta(t, 6.34e8, there.Bandwidth, 1e6)
	back, _ := c.Link(place("gcp/us-central1"), place("aws/us-east-1"))
	require.NotEqual(t, there.Bandwidth, back.Bandwidth)
	l, ok := c.Latency(place("gcp/us-central1"), place("aws/us-east-1"))
	require.True(t, ok)
	require.False(t, l.Estimated)
	require.Equal(t, 28*time.Millisecond, l.RoundTrip.Truncate(time.Millisecond))
	l, ok = c.Latency(place("aws/us-east-1"), place("wasabi/eu-central-1"))
	require.True(t, ok)
	require.True(t, l.Estimated, "nobody measured it")
	_, ok = c.Latency(place("aws/us-east-1"), place("cloudflare/auto"))
	require.False(t, ok, "it could be anywhere")
	l, ok = c.LatencyFrom(52.52, 13.40, place("aws/eu-central-1"))
	require.True(t, ok)
	require.Less(t, l.RoundTrip, 20*time.Millisecond, "Berlin to Frankfurt")
}
