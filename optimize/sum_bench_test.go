package optimize

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// grid71 is a tariff over 71 regions of three clouds: the published one if the data folder is there, else one of the same
// structure (price by source cloud and continent, inside a cloud by pair of continents).
func grid71() (t Tariff, clouds []int) {
	if t, clouds, err := readGrid(filepath.Join(os.Getenv("BROKER_DATA"), "network", "egress_usd_per_gb_71.csv")); err == nil {
		return t, clouds
	}
	const n = 71
	clouds = make([]int, n)
	t.Money = make([]int64, n*n)
	for a := range n {
		clouds[a] = a % 3
		for b := range n {
			far := a/3%5 == 4 || b/3%5 == 4 // a continent that costs more
			switch {
			case a == b:
			case a%3 == b%3 && far:
				t.Money[a*n+b] = 80_000 + 10_000*int64(a%3)
			case a%3 == b%3:
				t.Money[a*n+b] = 10_000 + 10_000*int64(a%2)
			default:
				t.Money[a*n+b] = 87_000 + 11_000*int64(a%3) + 20_000*int64(a/3%5/4)
			}
		}
	}
	return t, clouds
}

func readGrid(path string) (t Tariff, clouds []int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return t, nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return t, nil, err
	}
	var names []string
	for _, row := range rows[1:] {
		names = append(names, row[0], row[1])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	n := len(names)
	t.Money = make([]int64, n*n)
	for _, name := range names {
		cloud, _, _ := strings.Cut(name, ":")
		clouds = append(clouds, slices.Index([]string{"aws", "azure", "gcp"}, cloud))
	}
	for _, row := range rows[1:] {
		a, _ := slices.BinarySearch(names, row[0])
		b, _ := slices.BinarySearch(names, row[1])
		price, _ := strconv.ParseFloat(row[2], 64)
		if a != b {
			t.Money[a*n+b] = int64(math.Round(price * 1e6))
		}
	}
	return t, clouds, nil
}

// kind71 is one machine type of a synthetic catalog.
type kind71 struct {
	cloud, cores int
	memory       float64
	speed, price float64 // per core and hour
}

// catalog71 makes some 47,500 offerings: type, region, market. An offering is (type, region, market price factor).
type offering71 struct {
	kind, region int
	bond         float64
}

func catalog71(r *rand.Rand, clouds []int) (kinds []kind71, all []offering71) {
	for c := range 3 {
		for range 176 {
			cores := 1 << r.IntN(7)
			ratio := []float64{2, 4, 8}[r.IntN(3)]
			kinds = append(kinds, kind71{c, cores, ratio * float64(cores), 0.7 + 0.8*r.Float64(), (0.02 + 0.004*ratio) * (0.8 + 0.5*r.Float64())})
		}
	}
	level := make([]float64, len(clouds))
	for i := range level {
		level[i] = 0.9 + 0.5*r.Float64()
	}
	for k, kind := range kinds {
		for region, cloud := range clouds {
			if cloud != kind.cloud || r.Float64() > 0.95 {
				continue
			}
			l := level[region] * (0.95 + 0.1*r.Float64())
			all = append(all, offering71{k, region, l})
			for range 3 {
				all = append(all, offering71{k, region, l * (0.25 + 0.5*r.Float64())})
			}
		}
	}
	return kinds, all
}

// demand71 is what a stage asks for.
type demand71 struct {
	cores  int
	memory float64
	hours  float64 // on one core
	deny   int     // cloud, -1 none
	keep   float64 // share of regions allowed
}

func options71(r *rand.Rand, kinds []kind71, all []offering71, d demand71) (out []Option) {
	banned := map[int]bool{}
	for c := range 71 {
		banned[c] = r.Float64() > d.keep
	}
	last, hours := -1, 0.0
	for _, o := range all {
		k := &kinds[o.kind]
		if k.cores < d.cores || k.memory < d.memory || k.cloud == d.deny || banned[o.region] {
			continue
		}
		if o.kind != last {
			last, hours = o.kind, d.hours/(k.speed*math.Pow(float64(k.cores), 0.85))*1.2
		}
		out = append(out, Option{o.region, int64(hours * k.price * float64(k.cores) * o.bond * 1e6), int64(hours * 3.6e6), 0})
	}
	return out
}

func demandOf(r *rand.Rand, keep float64) demand71 {
	d := demand71{cores: 1 << r.IntN(5), hours: 8 * math.Exp(1.2*r.NormFloat64()), deny: r.IntN(9) - 6, keep: keep}
	d.memory = float64(d.cores) * []float64{1, 2, 4, 8}[r.IntN(4)]
	return d
}

// scale71 makes a problem of a given shape on 71 regions. Sizes are log-normal with sigma 2.5, median 0.36 GB times gb.
// reduced: only what presolve would keep.
func scale71(seed uint64, n int, gb, keep float64, reduced bool, sh shape) *Problem {
	r := rand.New(rand.NewPCG(seed, 71))
	t, clouds := grid71()
	kinds, all := catalog71(r, clouds)
	p := &Problem{Classes: len(clouds), Clouds: clouds, Tariffs: []Tariff{t}}
	for range n {
		v := Var{Options: options71(r, kinds, all, demandOf(r, keep))}
		if reduced {
			v.Options = cheapest71(v.Options)
		}
		p.Vars = append(p.Vars, v)
	}
	for _, e := range sh(r, n) {
		p.Edges = append(p.Edges, Edge{From: e[0], To: e[1], KB: int64(0.36e6 * gb * math.Exp(2.5*r.NormFloat64()))})
	}
	return p
}

func cheapest71(in []Option) (out []Option) {
	best := [71]int{}
	for i, o := range in {
		if b := best[o.Class]; b == 0 || o.Money < in[b-1].Money {
			best[o.Class] = i + 1
		}
	}
	for _, b := range best {
		if b > 0 {
			out = append(out, in[b-1])
		}
	}
	return out
}

func parents(most int) shape {
	return func(r *rand.Rand, n int) (out [][2]int) {
		for i := 1; i < n; i++ {
			for k := range 1 + r.IntN(most) {
				if a := r.IntN(i); k == 0 || !containsPair(out[max(0, len(out)-3):], a, i) {
					out = append(out, [2]int{a, i})
				}
			}
		}
		return out
	}
}

func local(window int) shape {
	return func(r *rand.Rand, n int) (out [][2]int) {
		for i := 1; i < n; i++ {
			for k := range 1 + r.IntN(3) {
				if a := max(0, i-1-r.IntN(window)); k == 0 || !containsPair(out[max(0, len(out)-3):], a, i) {
					out = append(out, [2]int{a, i})
				}
			}
		}
		return out
	}
}

// layers are width wide; each variable reads 1 to 3 of the layer before.
func layers(width int) shape {
	return func(r *rand.Rand, n int) (out [][2]int) {
		for i := width; i < n; i++ {
			for k := range 1 + r.IntN(3) {
				if a := (i/width-1)*width + r.IntN(width); k == 0 || !containsPair(out[max(0, len(out)-3):], a, i) {
					out = append(out, [2]int{a, i})
				}
			}
		}
		return out
	}
}

func joined(width int) shape {
	return func(_ *rand.Rand, n int) (out [][2]int) {
		for i := width; i < n; i++ {
			for k := range width {
				out = append(out, [2]int{(i/width-1)*width + k, i})
			}
		}
		return out
	}
}

type row71 struct {
	name string
	n    int
	gb   float64
	keep float64
	shape
}

var rows71 = []row71{
	{"chain 1000", 1000, 5, 1, chain},
	{"tree 1000", 1000, 5, 1, tree},
	{"random 50", 50, 5, 1, parents(2)},
	{"fan 100", 100, 5, 1, mapReduce},
	{"fan 100 pinned", 100, 5, 1, mapReduce},
	{"random 200", 200, 5, 1, parents(2)},
	{"layered 50x8", 400, 5, 1, layers(8)},
	{"layered 8x50", 400, 5, 1, layers(50)},
	{"joined 10x8", 80, 5, 0.5, joined(8)},
	{"joined 20x10", 200, 5, 0.5, joined(10)},
	{"local 500", 500, 5, 1, local(6)},
	{"local 500 residency", 500, 5, 0.5, local(6)},
	{"random 500", 500, 5, 1, parents(3)},
	{"random 500 10x", 500, 50, 1, parents(3)},
	{"fan 100 shared", 100, 5, 1, mapReduce},
	{"random 50 shared", 50, 5, 1, parents(2)},
	{"layered 5x8 shared", 40, 5, 1, layers(8)},
}

// BenchmarkSums solves what presolve leaves of the 71-region instances; the gap is zero where the answer is proved.
func BenchmarkSums(b *testing.B) {
	for _, row := range rows71 {
		for seed := range uint64(5) {
			b.Run(fmt.Sprintf("%s/%d", row.name, seed+1), func(b *testing.B) {
				p := scale71(seed+1, row.n, row.gb, row.keep, true, row.shape)
				if strings.HasSuffix(row.name, "pinned") {
					p.Vars[0].Options = p.Vars[0].Options[:1]
				}
				if strings.HasSuffix(row.name, "shared") {
					shareAll(p)
				}
				gap, nodes := 0.0, 0
				b.ReportAllocs()
				for b.Loop() {
					sp := newSpent(context.Background(), Limit{})
					gap = answer(p, sp, firstInRank).solution(p).Gap()
					nodes = sp.nodes
				}
				b.ReportMetric(100*gap, "%gap")
				b.ReportMetric(float64(nodes), "nodes")
			})
		}
	}
}

// BenchmarkExpand is one stage: some 47,500 offerings down to the cheapest of each class.
func BenchmarkExpand(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 71))
	_, clouds := grid71()
	kinds, all := catalog71(r, clouds)
	p := &Problem{Classes: len(clouds)}
	lists := make([][]Option, 8) // several, so that none is the one seen last
	for i := range lists {
		lists[i] = options71(r, kinds, all, demand71{hours: 1, deny: -1, keep: 1})
	}
	x := newExpander(p, newPricer(p.Objective))
	for i := 0; b.Loop(); i++ {
		x.expand(lists[i%len(lists)], nil)
	}
	b.ReportMetric(float64(len(lists[0])), "offerings")
}
