package catalog_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func TestNewCompletesRows(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	o, ok := c.Offering("red/north/a/vm/gpu.4/on-demand")
	require.True(t, ok)
	require.Equal(t, 4, o.Type.Accelerator.Count, "the type is taken from the types")
	require.Equal(t, PerHour, o.Unit)
	require.Equal(t, testSource(), o.Source)
	_, ok = c.Offering("blue/paris/sql:2008/on-demand")
	require.True(t, ok)
	require.Equal(t, []string{"sql:2008", "vm"}, c.Services())
}

func TestLookups(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	require.Len(t, c.Clouds(), 2)
	require.Equal(t, "blue", c.Clouds()[0].Name)
	cloud, ok := c.Cloud("red")
	require.True(t, ok)
	require.Equal(t, "US", cloud.Operator)
	r, ok := c.Region(place("red/north/b"))
	require.True(t, ok)
	require.Equal(t, "Columbus", r.City)
	require.Len(t, c.Regions(), 3)
	typ, ok := c.Type("blue", "safe")
	require.True(t, ok)
	require.Equal(t, "sgx", typ.Confidential)
	require.Len(t, c.Types(), 3)

	_, ok = c.Cloud("green")
	require.False(t, ok)
	_, ok = c.Region(place("red"))
	require.False(t, ok)
	_, ok = c.Type("red", "safe")
	require.False(t, ok)
	_, ok = c.Offering("red/north/vm/none/on-demand")
	require.False(t, ok)
}

func TestCatalogSharesNoMemory(t *testing.T) {
	t.Parallel()
	d, carbon, watts := small(), 400.0, 900.0
	d.Regions[0].Carbon, d.Types[0].Watts = &carbon, &watts
	c := newCatalog(t, d)
	digest := c.Digest()

	carbon, watts, d.Regions[0].Zones[0], d.Offerings[0].Price = 1, 1, "x", 1
	r, _ := c.Region(place("red/north"))
	require.Equal(t, 400.0, *r.Carbon)
	*r.Carbon, r.Zones[0] = 2, "y"
	o := c.Offerings(Query{MinCPUs: 2, Cloud: "red", Service: "vm"})[0]
	require.Equal(t, 900.0, *o.Type.Watts)
	*o.Type.Watts = 3
	out := c.Data()
	out.Offerings[0].Price, out.Clouds[0].Name = 7, "z"

	require.Equal(t, digest, c.Digest())
	require.Equal(t, digest, newCatalog(t, c.Data()).Digest(), "nothing above changed a row")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		why  string
		edit func(*Data)
	}{
		{"offering \"red/north/vm/m.large/on-demand\": price is 0", func(d *Data) { d.Offerings[0].Price = 0 }},
		{"price -$1.00 is negative", func(d *Data) { d.Offerings[0].Price = -unit.Price(unit.Dollar) }},
		{"not believed", func(d *Data) { d.Offerings[0].Price = dollars("2000.01") }},
		{"is not 0, yet the row says that it is free", func(d *Data) { d.Offerings[0].Free = true }},
		{"egress is 0", func(d *Data) { d.Links[0].Egress = 0 }},
		{"egress $101.00 is not believed", func(d *Data) { d.Links[0].Egress = dollars("101") }},
		{"spot price $13.00 is above the on-demand price $12.24", func(d *Data) { d.Offerings[2].Price = dollars("13") }},
		{"unknown type \"tiny\" of cloud \"red\"", func(d *Data) { d.Offerings[0].Type.Name = "tiny" }},
		{"unknown type \"safe\" of cloud \"red\"", func(d *Data) { d.Offerings[0].Type = d.Types[2] }},
		{"has no instance type", func(d *Data) { d.Offerings[0].Type = InstanceType{} }},
		{"unknown region \"red/east\"", func(d *Data) { d.Offerings[0].Place.Region = "east" }},
		{"unknown region \"red\"", func(d *Data) { d.Offerings[0].Place.Region = "" }},
		{"unknown zone \"c\"", func(d *Data) { d.Offerings[0].Place.Zone = "c" }},
		{"unknown market \"auction\"", func(d *Data) { d.Offerings[0].Market = "auction" }},
		{"unknown unit \"week\"", func(d *Data) { d.Offerings[0].Unit = "week" }},
		{"minimum -1s", func(d *Data) { d.Offerings[0].Minimum = -time.Second }},
		{"capacity -1", func(d *Data) { d.Offerings[0].Capacity = -1 }},
		{"has no service", func(d *Data) { d.Offerings[0].Service = "" }},
		{"id \"#1\"", func(d *Data) { d.Offerings[0].ID = "#1" }},
		{"offering \"x\": given twice", func(d *Data) { d.Offerings[0].ID, d.Offerings[1].ID = "x", "x" }},
		{"cloud \"red\": given twice", func(d *Data) { d.Clouds[1].Name = "red" }},
		{"region \"red/north\": given twice", func(d *Data) { d.Regions[1].Place = d.Regions[0].Place }},
		{"type \"red/m.large\": given twice", func(d *Data) { d.Types[1].Name = "m.large" }},
		{"link \"red to *\": given twice", func(d *Data) { d.Links[1].To = place("*") }},
		{"unknown cloud \"green\"", func(d *Data) { d.Types[0].Cloud = "green" }},
		{"country \"usa\"", func(d *Data) { d.Regions[0].Country = "usa" }},
		{"country \"XX\"", func(d *Data) { d.Regions[0].Country = "XX" }},
		{"operator \"  \"", func(d *Data) { d.Clouds[0].Operator = "  " }},
		{"latitude 91", func(d *Data) { d.Regions[0].Latitude = 91 }},
		{"longitude NaN", func(d *Data) { d.Regions[0].Longitude = nan }},
		{"carbon NaN", func(d *Data) { d.Regions[0].Carbon = &nan }},
		{"watts NaN", func(d *Data) { d.Types[0].Watts = &nan }},
		{"has zone \"a\"", func(d *Data) { d.Regions[0].Place.Zone = "a" }},
		{"cpus 0", func(d *Data) { d.Types[0].CPUs = 0 }},
		{"memory 0 bytes", func(d *Data) { d.Types[0].Memory = 0 }},
		{"accelerator count 0", func(d *Data) { d.Types[1].Accelerator.Count = 0 }},
		{"accelerator kind \"V100\"", func(d *Data) { d.Types[1].Accelerator.Kind = "V100" }},
		{"bandwidth -1", func(d *Data) { d.Links[0].Bandwidth = -1 }},
		{"bandwidth +Inf", func(d *Data) { d.Links[0].Bandwidth = math.Inf(1) }},
		{"latency -1s", func(d *Data) { d.Links[0].Latency = -time.Second }},
		{"links join clouds and regions", func(d *Data) { d.Links[0].From = place("red/north/a") }},
		{"unknown cloud \"*\"", func(d *Data) { d.Links[0].From = place("*") }},
		{"has no source", func(d *Data) { d.Clouds[0].Source.AsOf = testSource().AsOf }},
		{"has no date", func(d *Data) { d.Clouds[0].Source.Name = "a page" }},
		{"want a year from 1990", func(d *Data) { d.Source.AsOf = time.Unix(0, 0) }},
		{"name without space", func(d *Data) { d.Types[0].Name = "m large" }},
		{"printable text", func(d *Data) { d.Clouds[0].Title = "a\nb" }},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			d := small()
			c.edit(&d)
			got, err := New(d)
			require.ErrorContains(t, err, c.why)
			require.Nil(t, got)
			var p *Problem
			require.ErrorAs(t, err, &p)
			require.Empty(t, p.File)
		})
	}
}

func TestFreeIsSaid(t *testing.T) {
	t.Parallel()
	d := small()
	d.Offerings[0].Price, d.Offerings[0].Free = 0, true
	o, ok := newCatalog(t, d).Offering("red/north/vm/m.large/on-demand")
	require.True(t, ok)
	require.Zero(t, o.Price)
}

func TestDigestDependsOnContentOnly(t *testing.T) {
	t.Parallel()
	want := newCatalog(t, small()).Digest()
	require.Regexp(t, "^sha256:[0-9a-f]{64}$", want)
	rapid.Check(t, func(rt *rapid.T) {
		d := small()
		d.Clouds = rapid.Permutation(d.Clouds).Draw(rt, "clouds")
		d.Regions = rapid.Permutation(d.Regions).Draw(rt, "regions")
		d.Types = rapid.Permutation(d.Types).Draw(rt, "types")
		d.Offerings = rapid.Permutation(d.Offerings).Draw(rt, "offerings")
		d.Links = rapid.Permutation(d.Links).Draw(rt, "links")
		require.Equal(rt, want, newCatalog(t, d).Digest())
		d.Offerings[rapid.IntRange(0, 4).Draw(rt, "row")].Price++
		require.NotEqual(rt, want, newCatalog(t, d).Digest())
	})
}

func TestMergeLaysOver(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	d := small()
	d.Clouds = append(d.Clouds, Cloud{Name: "lab", Operator: "CH"})
	d.Regions = append(d.Regions, Region{Place: place("lab/cellar"), Country: "CH"})
	d.Types[0].CPUs = 3
	d.Offerings = d.Offerings[:1]
	d.Offerings[0].Price = dollars("0.05")
	merged, err := c.Merge(newCatalog(t, d))
	require.NoError(t, err)
	o, _ := merged.Offering("red/north/vm/m.large/on-demand")
	require.Equal(t, dollars("0.05"), o.Price)
	require.Equal(t, 3, o.Type.CPUs)
	require.Len(t, merged.Data().Offerings, 5)
	require.Len(t, merged.Clouds(), 3)
	old, _ := c.Offering("red/north/vm/m.large/on-demand")
	require.Equal(t, dollars("0.096"), old.Price)

	same, err := c.Merge(c)
	require.NoError(t, err)
	require.Equal(t, c.Digest(), same.Digest())
}

func TestWithNeedsTheWholeToHold(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	book := Data{Source: testSource(), Offerings: []Offering{
		{Service: "vm", Place: place("red/south"), Type: InstanceType{Name: "m.large"}, Price: dollars("0.2")},
	}}
	with, err := c.With(book)
	require.NoError(t, err)
	o, ok := with.Offering("red/south/vm/m.large/on-demand")
	require.True(t, ok)
	require.Equal(t, 2, o.Type.CPUs)
	book.Offerings[0].Place.Region = "west"
	_, err = c.With(book)
	require.ErrorContains(t, err, "unknown region")
}

func TestLinkIsTheMostSpecific(t *testing.T) {
	t.Parallel()
	rows := []Link{ // least specific first
		{From: place("red"), To: place("*"), Egress: 1},
		{From: place("red/north"), To: place("*"), Egress: 2},
		{From: place("red"), To: place("blue"), Egress: 3, Bandwidth: 33, Latency: time.Second},
		{From: place("red"), To: place("blue/paris"), Egress: 4},
		{From: place("red/north"), To: place("blue"), Egress: 5, Bandwidth: 55},
		{From: place("red/north"), To: place("blue/paris"), Egress: 6},
	}
	for n := range rows {
		d := small()
		d.Links = rows[:n+1]
		c := newCatalog(t, d)
		got, ok := c.Link(place("red/north/a"), place("blue/paris"))
		require.True(t, ok)
		require.EqualValues(t, n+1, got.Egress)
		require.Equal(t, place("red/north"), got.From)
		require.Equal(t, place("blue/paris"), got.To)
		if n == 5 {
			require.Equal(t, 55.0, got.Bandwidth, "from the next row that knows it")
			require.Equal(t, time.Second, got.Latency)
		}
	}
}

func TestLinkNeverGuesses(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	for _, p := range [][2]string{{"blue/paris", "*"}, {"blue", "blue"}, {"blue/paris", "green"}, {"green/x", "red/north"}} {
		_, ok := c.Link(place(p[0]), place(p[1]))
		require.False(t, ok, "%v", p)
	}
	self, ok := c.Link(place("blue/paris"), place("blue/paris"))
	require.True(t, ok)
	require.Zero(t, self.Egress)
	self, ok = c.Link(place("red/north/a"), place("red/north/b"))
	require.True(t, ok)
	require.Zero(t, self.Egress, "what other regions cost does not matter within one")
	other, ok := c.Link(place("red/north"), place("red/south"))
	require.True(t, ok)
	require.Equal(t, dollars("0.02"), other.Egress)
	free, ok := c.Link(place("blue/paris"), place("red/south"))
	require.True(t, ok)
	require.True(t, free.Free)
}

func TestLinkWithinARegionMayHaveARow(t *testing.T) {
	t.Parallel()
	d := small()
	d.Links = append(d.Links, Link{From: place("red/north"), To: place("red/north"), Egress: dollars("0.01"), Bandwidth: 1e9})
	got, ok := newCatalog(t, d).Link(place("red/north"), place("red/north"))
	require.True(t, ok)
	require.Equal(t, dollars("0.01"), got.Egress)
}

func TestDataThroughJSON(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	text, err := json.Marshal(c.Data())
	require.NoError(t, err)
	var d Data
	require.NoError(t, json.Unmarshal(text, &d))
	require.Equal(t, c.Digest(), newCatalog(t, d).Digest())
}

// someData draws a valid catalog: places, types and prices at random over small sets.
func someData(t *rapid.T) Data {
	d := small()
	d.Types = append(d.Types,
		InstanceType{Cloud: "red", Name: "gpu.8", CPUs: 64, Memory: 488 * unit.GiB, Accelerator: Accelerator{Kind: "v100", Count: 8}, Arch: "amd64"},
		InstanceType{Cloud: "blue", Name: "arm", CPUs: 2, Memory: 4 * unit.GiB, Arch: "arm64"},
		InstanceType{Cloud: "blue", Name: "t4", CPUs: 8, Memory: 32 * unit.GiB, Accelerator: Accelerator{Kind: "t4", Count: 1}})
	d.Offerings = nil
	seen := map[string]bool{}
	for range rapid.IntRange(0, 40).Draw(t, "offerings") {
		typ := rapid.SampledFrom(d.Types).Draw(t, "type")
		at := rapid.SampledFrom([]string{"red/north", "red/north/a", "red/north/b", "red/south", "blue/paris"}).Filter(func(s string) bool {
			return place(s).Cloud == typ.Cloud
		}).Draw(t, "place")
		o := Offering{
			Service: rapid.SampledFrom([]string{"vm", "spark@3.1"}).Draw(t, "service"), Place: place(at), Type: typ,
			Market:   rapid.SampledFrom([]Market{OnDemand, Reserved}).Draw(t, "market"),
			Price:    unit.Price(rapid.Int64Range(1, 9).Draw(t, "price") * 1_000_000),
			Minimum:  time.Duration(rapid.IntRange(0, 90).Draw(t, "minimum")) * time.Second,
			Capacity: rapid.IntRange(0, 3).Draw(t, "capacity"),
		}
		if key := o.Service + at + typ.Name + string(o.Market); !seen[key] {
			seen[key] = true
			d.Offerings = append(d.Offerings, o)
		}
	}
	return d
}

func TestOfferingsEqualALinearScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newCatalog(t, someData(rt))
		q := Query{
			Service:      rapid.SampledFrom([]string{"", "vm", "spark@3.1", "none"}).Draw(rt, "service"),
			Cloud:        rapid.SampledFrom([]string{"", "red", "blue", "green"}).Draw(rt, "cloud"),
			MinCPUs:      rapid.SampledFrom([]int{0, 4, 32}).Draw(rt, "cpus"),
			MinMemory:    rapid.SampledFrom([]unit.Bytes{0, 16 * unit.GiB}).Draw(rt, "memory"),
			Confidential: rapid.SampledFrom([]string{"", "sgx", "tdx"}).Draw(rt, "confidential"),
			Arch:         rapid.SampledFrom([]string{"", "amd64", "arm64"}).Draw(rt, "arch"),
			Accelerator: Accelerator{
				Kind:  rapid.SampledFrom([]string{"", "v100", "t4"}).Draw(rt, "kind"),
				Count: rapid.IntRange(0, 8).Draw(rt, "count"),
			},
		}
		if at := rapid.SampledFrom([]string{"", "red", "red/north", "red/north/a", "blue/paris"}).Draw(rt, "place"); at != "" {
			q.Place = place(at)
		}
		if rapid.Bool().Draw(rt, "one market") {
			q.Markets = []Market{Reserved}
		}
		var want []string
		for _, o := range c.Offerings(Query{}) {
			if q.Matches(o) {
				want = append(want, o.ID)
			}
		}
		var got []string
		for _, o := range c.Offerings(q) {
			got = append(got, o.ID)
		}
		require.Equal(rt, want, got)
	})
}

func TestOfferingsAreOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := newCatalog(t, someData(rt)).Offerings(Query{})
		require.True(rt, slices.IsSortedFunc(all, func(a, b Offering) int {
			if a.Price != b.Price {
				return int(a.Price - b.Price)
			}
			if a.ID < b.ID {
				return -1
			}
			return 1
		}))
	})
}

func TestAcceleratorIsExactKindAndAtLeastCount(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	for count, want := range map[int]int{0: 2, 1: 2, 4: 2, 5: 0} {
		require.Len(t, c.Offerings(Query{Accelerator: Accelerator{Kind: "v100", Count: count}}), want)
	}
	require.Empty(t, c.Offerings(Query{Accelerator: Accelerator{Kind: "v10", Count: 1}}))
}
