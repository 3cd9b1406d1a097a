package instances

import (
	"math"
	"math/rand/v2"

	"github.com/openintercloud/broker/optimize"
)

// Market makes a problem small enough for solvers that need minutes on a catalog: few classes, a few options per stage from
// slow and cheap to fast and dear, numbers of three to six digits so that no tolerance of theirs hides a difference.
func Market(r *rand.Rand, g Graph, classes, options int) *optimize.Problem {
	p := &optimize.Problem{Classes: classes, Tariffs: []optimize.Tariff{{Money: make([]int64, classes*classes), Time: make([]int64, classes*classes)}}}
	for a := range classes {
		for b := range classes {
			if a != b {
				p.Tariffs[0].Money[a*classes+b] = 1000 * (20 + r.Int64N(100))
				p.Tariffs[0].Time[a*classes+b] = 800 + r.Int64N(3000)
			}
		}
	}
	for range g.Stages {
		work := math.Exp(r.NormFloat64()) * 40_000
		var v optimize.Var
		for range options {
			speed := 1 + 9*r.Float64()
			price := math.Pow(speed, 0.5+r.Float64()) * (0.8 + 0.4*r.Float64())
			v.Options = append(v.Options, optimize.Option{
				Class: r.IntN(classes), Money: int64(price * work / speed), Time: int64(work / speed),
			})
		}
		p.Vars = append(p.Vars, v)
	}
	for _, e := range g.Edges {
		p.Edges = append(p.Edges, optimize.Edge{From: e[0], To: e[1], KB: int64(100_000 * math.Exp(1.5*r.NormFloat64()))})
	}
	return p
}
