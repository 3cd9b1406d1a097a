package instances

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/openintercloud/broker/optimize"
)

const (
	typesPerCloud = 176
	// At 71 regions 614 pairs of type and region are not on offer, so that 47,528 offerings remain.
	absentPer71 = 614
	markets     = 4 // on demand and three spot zones
	msPerHour   = 3_600_000
)

// Work is what a type is good at.
type Work int

// The kinds of work.
const (
	General Work = iota
	Memory
	Accelerated
	works
)

// machine is an instance type of one cloud.
type machine struct {
	cloud  string
	memory int            // GB
	speed  [works]float64 // hours of reference work done in an hour; 0: cannot
}

// offering is a type in a region on a market. Its price is in micro-dollars per hour.
type offering struct {
	machine int32
	market  int32
	price   int64
}

// shelf is what a region offers. rates, memory and spot stand beside the offerings so that a scan touches little.
type shelf struct {
	offerings []offering
	rates     [works][]float64 // dollars per hour of reference work, infinite where it cannot
	memory    []int32
	spot      []bool
}

// Catalog is what may be bought, by region.
type Catalog struct {
	Grid     *Grid
	machines []machine
	regions  []shelf
	slowness [markets]float64 // expected rework on spot
}

// NewCatalog invents a catalog on a grid: 528 types on three clouds, 47,528 offerings on 71 regions.
func NewCatalog(g *Grid, r *rand.Rand) *Catalog {
	c := &Catalog{Grid: g, slowness: [markets]float64{1, 1.05, 1.12, 1.25}}
	prices := c.invent(r)
	byCloud := map[string][]int{}
	for m, t := range c.machines {
		byCloud[t.cloud] = append(byCloud[t.cloud], m)
	}
	absent := map[int]bool{}
	pairs := typesPerCloud * len(g.Regions)
	for _, i := range draw(r, absentPer71*len(g.Regions)/71, pairs) {
		absent[i] = true
	}
	for at, region := range g.Regions {
		level := 0.9 + 0.35*r.Float64()
		var s shelf
		for k, m := range byCloud[region.Cloud] {
			if absent[at*typesPerCloud+k] {
				continue
			}
			hourly := prices[m] * level * (0.97 + 0.06*r.Float64())
			for market := range markets {
				share := 1.0
				if market > 0 {
					share = 0.25 + 0.45*r.Float64()
				}
				c.put(&s, offering{int32(m), int32(market), int64(hourly * share * 1e6)})
			}
		}
		c.regions = append(c.regions, s)
	}
	return c
}

func (c *Catalog) put(s *shelf, o offering) {
	m := &c.machines[o.machine]
	s.offerings = append(s.offerings, o)
	s.memory = append(s.memory, int32(m.memory))
	s.spot = append(s.spot, o.market > 0)
	for w, speed := range m.speed {
		s.rates[w] = append(s.rates[w], float64(o.price)*c.slowness[o.market]/speed)
	}
}

// invent makes the types and gives their prices in dollars per hour.
func (c *Catalog) invent(r *rand.Rand) []float64 {
	var clouds []string
	for _, region := range c.Grid.Regions {
		clouds = append(clouds, region.Cloud)
	}
	slices.Sort(clouds)
	var prices []float64
	for _, cloud := range slices.Compact(clouds) {
		for i := range typesPerCloud {
			m, price := inventMachine(r, i)
			m.cloud = cloud
			c.machines = append(c.machines, m)
			prices = append(prices, price)
		}
	}
	return prices
}

func inventMachine(r *rand.Rand, i int) (machine, float64) {
	cpus := math.Pow(2, float64(1+i%7))
	perCPU := []float64{2, 4, 8, 16}[i/7%4]
	core := 0.7 + 0.6*r.Float64()
	m := machine{memory: int(cpus * perCPU)}
	m.speed[General] = core * math.Pow(cpus, 0.85)
	m.speed[Memory] = core * math.Pow(float64(m.memory)/8, 0.8)
	price := cpus * (0.025 + 0.004*perCPU) * (0.85 + 0.3*r.Float64()) * math.Pow(core, 0.7)
	if i%5 == 0 { // one in five has accelerators
		cards := math.Pow(2, float64(r.IntN(4)))
		grade := 1 + 7*r.Float64()
		m.speed[Accelerated] = 8 * grade * math.Pow(cards, 0.9)
		price += cards * 0.35 * math.Pow(grade, 1.1)
	}
	return m, price
}

// Size is the number of offerings.
func (c *Catalog) Size() int {
	n := 0
	for _, s := range c.regions {
		n += len(s.offerings)
	}
	return n
}

// Need is what a stage wants of a machine.
type Need struct {
	Work      Work
	Hours     float64 // on the reference machine
	Memory    int     // GB at least
	OnDemand  bool    // no spot
	NotCloud  string
	Continent string // "": any
	Region    int    // the only region, if Pinned
	Pinned    bool
}

// Expand looks at every offering for a stage and keeps per region the cheapest one, or with timed all that no other of
// the region beats in money and time. The options are ordered by region, then money.
func (c *Catalog) Expand(n Need, timed bool) []optimize.Option {
	out := make([]optimize.Option, 0, len(c.regions))
	for at, region := range c.Grid.Regions {
		if n.Pinned && at != n.Region || n.NotCloud == region.Cloud || n.Continent != "" && n.Continent != region.Continent {
			continue
		}
		s := &c.regions[at]
		if !timed {
			if i := s.cheapest(n); i >= 0 {
				out = append(out, c.option(at, s.offerings[i], n))
			}
			continue
		}
		var all []optimize.Option
		for i, o := range s.offerings {
			if s.memory[i] >= int32(n.Memory) && !(n.OnDemand && s.spot[i]) && c.machines[o.machine].speed[n.Work] > 0 {
				all = append(all, c.option(at, o, n))
			}
		}
		out = append(out, front(all)...)
	}
	return out
}

// option is what a stage costs and takes on an offering that can run it.
func (c *Catalog) option(region int, o offering, n Need) optimize.Option {
	t := max(1, int64(n.Hours/c.machines[o.machine].speed[n.Work]*c.slowness[o.market]*msPerHour))
	return optimize.Option{Class: region, Money: (o.price*t + msPerHour/2) / msPerHour, Time: t}
}

// cheapest gives the offering with the lowest rate that a stage can use; -1: none.
func (s *shelf) cheapest(n Need) int {
	best, at := math.Inf(1), -1
	memory, spot := s.memory, s.spot
	for i, rate := range s.rates[n.Work] {
		if rate < best && memory[i] >= int32(n.Memory) && !(n.OnDemand && spot[i]) {
			best, at = rate, i
		}
	}
	return at
}

// front keeps the options that no other beats, ordered by money.
func front(all []optimize.Option) []optimize.Option {
	slices.SortFunc(all, func(a, b optimize.Option) int {
		return cmp.Or(cmp.Compare(a.Money, b.Money), cmp.Compare(a.Time, b.Time))
	})
	kept := all[:0]
	for _, o := range all {
		if len(kept) == 0 || o.Time < kept[len(kept)-1].Time {
			kept = append(kept, o)
		}
	}
	return kept
}
