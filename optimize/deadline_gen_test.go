package optimize

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A generator of placement problems on a grid of 71 regions in three clouds: hundreds of types whose price and speed
// vary by cloud, region and stage, heavy-tailed edges. It keeps per region what is not beaten in money and time.

type bazaarType struct{ cores, speed, price float64 }

type bazaar struct {
	regions int
	cloud   []int
	types   [3][]bazaarType
	level   []float64
	tariff  Tariff
}

func newBazaar(r *rand.Rand, regions, types int) *bazaar {
	g := &bazaar{regions: regions}
	n := regions * regions
	g.tariff = Tariff{Money: make([]int64, n), Time: make([]int64, n), Fixed: make([]int64, n)}
	far := make([]float64, regions)
	for a := range regions {
		g.cloud = append(g.cloud, a%3)
		g.level = append(g.level, 1+0.35*r.Float64())
		far[a] = r.Float64()
	}
	for a := range regions {
		away := []int64{90_000, 87_500, 120_000}[g.cloud[a]]
		home := []int64{20_000, 20_000, 80_000}[g.cloud[a]]
		if far[a] > 0.8 {
			away, home = away+30_000, home*2
		}
		for b := range regions {
			if a == b {
				continue
			}
			i := a*regions + b
			gbit := 3 + 9*r.Float64()
			g.tariff.Money[i] = away
			if g.cloud[a] == g.cloud[b] {
				g.tariff.Money[i] = home
				gbit *= 1.6
			}
			g.tariff.Time[i] = int64(8000 / gbit)
			g.tariff.Fixed[i] = int64(50 + 250*math.Abs(far[a]-far[b]))
		}
	}
	for c := range g.types {
		for range types {
			cores := math.Exp2(float64(r.IntN(8)))
			speed := 0.7 + 0.8*r.Float64()
			g.types[c] = append(g.types[c], bazaarType{cores, speed, cores * 0.045 * math.Pow(speed, 1.3) * math.Exp(0.15*r.NormFloat64())})
		}
	}
	return g
}

// stage draws one stage's options: on demand and on three spot markets per type and region, unbeaten ones only.
func (g *bazaar) stage(r *rand.Rand) Var {
	work := math.Exp(r.NormFloat64()) * 8 * 3600e3 // one core, ms
	serial := 0.01 + 0.1*r.Float64()
	var v Var
	fit := [3][]float64{}
	for c := range g.types {
		for range g.types[c] {
			fit[c] = append(fit[c], math.Exp(0.2*r.NormFloat64()))
		}
	}
	for a := range g.regions {
		var all []Option
		for i, ty := range g.types[g.cloud[a]] {
			hours := work * (serial + (1-serial)/ty.cores) / ty.speed / fit[g.cloud[a]][i]
			price := ty.price * g.level[a]
			all = append(all, Option{Class: a, Money: int64(price * 1e6 * hours / 3.6e6), Time: int64(hours)})
			for range 3 {
				all = append(all, Option{Class: a, Money: int64(price * (0.3 + 0.4*r.Float64()) * 1e6 * hours / 3.6e6), Time: int64(hours * (1.03 + 0.3*r.Float64()))})
			}
		}
		slices.SortFunc(all, func(x, y Option) int {
			if x.Money != y.Money {
				return int(x.Money - y.Money)
			}
			return int(x.Time - y.Time)
		})
		best := int64(math.MaxInt64)
		for _, o := range all {
			if o.Time < best {
				best = o.Time
				v.Options = append(v.Options, o)
			}
		}
	}
	return v
}

func wideMarket(seed uint64, n, regions, types int, sh shape) *Problem {
	r := rand.New(rand.NewPCG(seed, 71))
	g := newBazaar(r, regions, types)
	p := &Problem{Classes: regions, Clouds: g.cloud, Tariffs: []Tariff{g.tariff}}
	for range n {
		p.Vars = append(p.Vars, g.stage(r))
	}
	for _, e := range sh(r, n) {
		p.Edges = append(p.Edges, Edge{From: e[0], To: e[1], KB: int64(1.8e6 * math.Exp(2.5*r.NormFloat64()))})
	}
	return p
}

// random2 gives every stage but the first one or two producers.
func random2(r *rand.Rand, n int) [][2]int {
	var out [][2]int
	for i := 1; i < n; i++ {
		a := r.IntN(i)
		out = append(out, [2]int{a, i})
		if b := r.IntN(i); b != a && r.IntN(2) == 0 {
			out = append(out, [2]int{b, i})
		}
	}
	return out
}

// layered gives stages in layers of w; each reads from one to three of the layer before.
func layered(w int) shape {
	return func(r *rand.Rand, n int) [][2]int {
		var out [][2]int
		for i := w; i < n; i++ {
			lo := (i/w - 1) * w
			for _, k := range r.Perm(w)[:1+r.IntN(min(3, w))] {
				out = append(out, [2]int{lo + k, i})
			}
		}
		return out
	}
}

// intree is a reduction: every stage feeds one later.
func intree(r *rand.Rand, n int) [][2]int {
	var out [][2]int
	for _, e := range tree(r, n) {
		out = append(out, [2]int{n - 1 - e[1], n - 1 - e[0]})
	}
	return out
}

func fan(_ *rand.Rand, n int) [][2]int {
	var out [][2]int
	for i := 1; i < n; i++ {
		out = append(out, [2]int{0, i})
	}
	return out
}
