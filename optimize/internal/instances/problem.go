package instances

import (
	"math"
	"math/rand/v2"

	"github.com/openintercloud/broker/optimize"
)

// Shape of the edges' sizes.
const (
	sizeMedian = 1.8 // GB
	sizeSigma  = 2.5
)

// Spec says how a graph becomes a problem. The zero value: money only, any region, nothing pinned.
type Spec struct {
	// Timed keeps options for their time too, as a deadline or a budget needs.
	Timed bool
	// Data multiplies all sizes; 0: 1.
	Data float64
	// Resident is the share of stages that must stay on one continent.
	Resident float64
	// Pinned: stages without parents have a given region.
	Pinned bool
}

// Make prices a graph. r gives the needs of the stages and the sizes of the edges.
func (c *Catalog) Make(r *rand.Rand, g Graph, s Spec) *optimize.Problem {
	p := c.empty()
	entry := make([]bool, g.Stages)
	for i := range entry {
		entry[i] = true
	}
	for _, e := range g.Edges {
		entry[e[1]] = false
	}
	for i := range g.Stages {
		n := drawNeed(r, s)
		region := r.IntN(len(c.Grid.Regions))
		if s.Pinned && entry[i] {
			n = Need{Work: General, Hours: n.Hours, Pinned: true, Region: region}
		}
		p.Vars = append(p.Vars, optimize.Var{Options: c.Expand(n, s.Timed)})
	}
	scale := s.Data
	if scale == 0 {
		scale = 1
	}
	for _, e := range g.Edges {
		gb := scale * sizeMedian * math.Exp(sizeSigma*r.NormFloat64())
		p.Edges = append(p.Edges, optimize.Edge{From: e[0], To: e[1], KB: 1000 * int64(min(gb, 1e5)*1000)})
	}
	return p
}

func (c *Catalog) empty() *optimize.Problem {
	p := &optimize.Problem{Classes: len(c.Grid.Regions), Tariffs: []optimize.Tariff{c.Grid.Tariff}}
	number := map[string]int{}
	for _, region := range c.Grid.Regions {
		if _, ok := number[region.Cloud]; !ok {
			number[region.Cloud] = len(number)
		}
		p.Clouds = append(p.Clouds, number[region.Cloud])
	}
	return p
}

// drawNeed draws a stage: half general work, a quarter each of memory and accelerators; hours of work log-normal.
func drawNeed(r *rand.Rand, s Spec) Need {
	n := Need{Hours: 12 * math.Exp(1.2*r.NormFloat64()), OnDemand: r.IntN(3) == 0}
	switch r.IntN(4) {
	case 0:
		n.Work, n.Hours = Accelerated, 8*n.Hours
	case 1:
		n.Work, n.Memory = Memory, 16<<r.IntN(4)
	default:
		n.Memory = 1 << r.IntN(6)
	}
	if r.Float64() < s.Resident {
		n.Continent = []string{"AM", "EU", "APAC"}[r.IntN(3)]
	} else if r.IntN(4) == 0 {
		n.NotCloud = []string{"aws", "azure", "gcp"}[r.IntN(3)]
	}
	return n
}
