package catalog_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// large is a catalog of n offerings as files: 4 clouds of 25 regions with up to 3 zones, 800 types, three markets, prices to the cent.
func large(tb testing.TB, n int) fstest.MapFS {
	tb.Helper()
	d := Data{Source: Source{Name: "https://example.com/a/long/enough/address/of/a/price/list", AsOf: testSource().AsOf}}
	for cloud := range 4 {
		name := fmt.Sprintf("cloud%d", cloud)
		d.Clouds = append(d.Clouds, Cloud{Name: name, Operator: "US"})
		for region := range 25 {
			at := Place{Cloud: name, Region: fmt.Sprintf("region-%02d", region)}
			d.Regions = append(d.Regions, Region{Place: at, Country: "DE", Zones: []string{"a", "b", "c"}})
		}
		for i := range 200 {
			t := InstanceType{Cloud: name, Name: fmt.Sprintf("m%d.%dxlarge", i/20, i%20), CPUs: 1 + i%64, Memory: unit.Bytes(1+i%32) * 4 * unit.GiB, Arch: "amd64"}
			if i%8 == 0 {
				t.Accelerator = Accelerator{Kind: fmt.Sprintf("gpu%d", i/20), Count: 1 + i%4}
			}
			d.Types = append(d.Types, t)
		}
	}
	services, zones := []string{"vm", "spark@3.1"}, []string{"", "a", "b", "c"}
	for i := range n { // mixed radix: cloud, region, type, market, zone, service
		rest := i
		digit := func(base int) int { d := rest % base; rest /= base; return d }
		cloud, region, typ, market, zone, service := digit(4), digit(25), digit(200), digit(3), digit(4), digit(2)
		d.Offerings = append(d.Offerings, Offering{
			Service: services[service],
			Place:   Place{Cloud: fmt.Sprintf("cloud%d", cloud), Region: fmt.Sprintf("region-%02d", region), Zone: zones[zone]},
			Type:    InstanceType{Name: fmt.Sprintf("m%d.%dxlarge", typ/20, typ%20)},
			Market:  []Market{OnDemand, Spot, Reserved}[market], Minimum: time.Minute,
			Price: unit.Price(unit.Cent) * unit.Price((typ+1)*(100+region)*(4-market)/10+1),
		})
	}
	c, err := New(d)
	require.NoError(tb, err)
	return dir(c)
}

func sizes() []int { return []int{1_000, 10_000, 50_000, 200_000} }

func load(tb testing.TB, fsys fstest.MapFS) *Catalog {
	tb.Helper()
	c, err := Load(fsys)
	require.NoError(tb, err)
	return c
}

// BenchmarkLoad reads and checks a whole catalog; it also prints how much memory the catalog keeps, and how long the first query takes.
func BenchmarkLoad(b *testing.B) {
	for _, n := range sizes() {
		fsys := large(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				load(b, fsys)
			}
			b.StopTimer()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			c := load(b, fsys)
			start := time.Now()
			require.Equal(b, n >= 10_000, len(c.Offerings(gpus())) > 0)
			first := time.Since(start)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
			b.ReportMetric(float64(first.Microseconds()), "µs-first-query")
			runtime.KeepAlive(c)
		})
	}
}

func gpus() Query {
	return Query{Service: "vm", Accelerator: Accelerator{Kind: "gpu3", Count: 1}, MinCPUs: 4, Markets: []Market{OnDemand}}
}

func BenchmarkOfferings(b *testing.B) {
	for _, n := range sizes() {
		c := load(b, large(b, n))
		for _, q := range []struct {
			name string
			Query
		}{
			{"accelerator", gpus()},
			{"region", Query{Service: "vm", Place: place("cloud1/region-07"), MinCPUs: 16, Markets: []Market{OnDemand}}},
			{"cheapest100", Query{Service: "vm", MinCPUs: 16, MinMemory: 64 * unit.GiB, Limit: 100}},
			{"count", Query{Service: "vm", MinCPUs: 16, MinMemory: 64 * unit.GiB}},
		} {
			b.Run(fmt.Sprintf("%s/%d", q.name, n), func(b *testing.B) {
				found := 0
				for b.Loop() {
					if q.name == "count" {
						found = c.Count(q.Query)
					} else {
						found = len(c.Offerings(q.Query))
					}
				}
				b.ReportMetric(float64(found), "found")
			})
		}
	}
}

func BenchmarkOfferingByID(b *testing.B) {
	c := load(b, large(b, 50_000))
	for b.Loop() {
		if _, ok := c.Offering("cloud1/region-07/vm/m2.3xlarge/on-demand"); !ok {
			b.Fatal("unknown")
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	fsys := large(b, 50_000)
	for b.Loop() {
		b.StopTimer()
		c := load(b, fsys)
		b.StartTimer()
		c.Digest()
	}
}

func BenchmarkEmbedded(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Embedded(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLink(b *testing.B) {
	c := embedded(b)
	from, to := place("aws/eu-west-1"), place("gcp/europe-west4")
	for b.Loop() {
		if _, ok := c.Link(from, to); !ok {
			b.Fatal("unknown")
		}
	}
}

func TestFiftyThousandOfferingsAreSmall(t *testing.T) {
	fsys := large(t, 50_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := load(t, fsys)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(40_000_000))
	require.Equal(t, 50_000, c.Count(Query{}))
	allocs := testing.AllocsPerRun(10, func() { c.Count(gpus()) })
	require.Less(t, allocs, 50.0, "a query does not look at rows one by one")
}
