//go:build bench

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
	"github.com/openintercloud/broker/optimize/internal/instances"
)

// row is a line of the table.
type row struct {
	name, goal, unit string // unit "": milliseconds
	like             string // the row whose instances it takes; "": its own
	// run measures one instance; a row of many instances per seed gives them all.
	run func(t *testing.T, r *rand.Rand) []sample
}

const (
	hardest = "random 500, ≤ 3 parents"
	standby = "same, from a standby that Prepare made before"
)

// rows are the measures of the table, in order.
func (b *bench) rows() []row {
	cost := func(name, goal string, g func(r *rand.Rand) instances.Graph, s instances.Spec, compare bool) row {
		return row{name: name, goal: goal, run: func(t *testing.T, r *rand.Rand) []sample {
			p := b.catalog.Make(r, g(r), s)
			out := measure(t, p, time.Minute)
			if compare {
				b.others(t, p, &out)
			}
			return []sample{out}
		}}
	}
	chain := func(n int) func(*rand.Rand) instances.Graph {
		return func(*rand.Rand) instances.Graph { return instances.Chain(n) }
	}
	tree := func(n int) func(*rand.Rand) instances.Graph {
		return func(r *rand.Rand) instances.Graph { return instances.Tree(r, n) }
	}
	random := func(n, parents int) func(*rand.Rand) instances.Graph {
		return func(r *rand.Rand) instances.Graph { return instances.Random(r, n, parents) }
	}
	layered := func(layers, wide int) func(*rand.Rand) instances.Graph {
		return func(r *rand.Rand) instances.Graph { return instances.Layered(r, layers, wide, 3) }
	}
	plain, resident := instances.Spec{}, instances.Spec{Resident: 0.5}
	return []row{
		cost("chain 1,000", "≤ 15 ms", chain(1000), plain, false),
		b.expanded("chain 1,000, with expansion of the catalog", chain(1000)),
		cost("tree 1,000", "≤ 15 ms", tree(1000), plain, false),
		b.expanded("tree 1,000, with expansion of the catalog", tree(1000)),
		cost("reduction tree 1,023", "", func(*rand.Rand) instances.Graph { return instances.Reduction(10) }, plain, false),
		cost("random 50", "≥ 1,000× CBC, 2,000× GLPK, 100× HiGHS", random(50, 2), plain, true),
		cost("fan 100", "≥ 1,000× CBC", func(*rand.Rand) instances.Graph { return instances.Fan(100) }, instances.Spec{Pinned: true}, true),
		cost("random 200", "≤ 100 ms", random(200, 2), plain, false),
		cost("layered 50×8", "≤ 300 ms", layered(50, 8), plain, false),
		cost("layered 50×8, half resident", "", layered(50, 8), resident, false),
		cost("joined 20×10", "≤ 500 ms", func(*rand.Rand) instances.Graph { return instances.Joined(20, 10) }, plain, false),
		cost("joined 20×10, four in five resident", "≤ 500 ms", func(*rand.Rand) instances.Graph { return instances.Joined(20, 10) }, instances.Spec{Resident: 0.8}, false),
		cost("local 500", "", func(r *rand.Rand) instances.Graph { return instances.Local(r, 500, 3, 6) }, plain, false),
		cost(hardest, "≤ 2 s", random(500, 3), plain, false),
		b.early(random(500, 3)),
		b.heap(random(500, 3)),
		cost("hub of 10,000 leaves, whole solve", "order alone ≤ 50 ms", func(*rand.Rand) instances.Graph { return instances.Hub(10_000) }, plain, false),
		b.workflows("real workflows, tasks alike", true),
		b.workflows("real workflows, each task its own", false),
		b.deadline("deadline, chain 20", "≤ 100 ms", chain(20), false),
		b.deadline("deadline, chain 1,000", "≤ 5 s", chain(1000), false),
		b.deadline("deadline, tree 10", "≥ 500× CBC", tree(10), true),
		b.deadline("deadline, random 10", "≥ 500× CBC", random(10, 2), true),
		b.tight("deadline, random 20, tightness 5–95 %", random(20, 2)),
		b.tight("deadline, random 50, tightness 5–95 %", random(50, 2)),
		b.tight("deadline, layered 5×4, tightness 5–95 %", layered(5, 4)),
		b.tight("deadline, layered 10×5, tightness 5–95 %", layered(10, 5)),
		b.best(random(50, 2)),
		b.front(random(50, 2)),
		b.resolve("re-solve after a used region fails, random 200", "", random(200, 2), true, false),
		b.resolve(standby, "≤ 20 % of cold", random(200, 2), true, true),
		b.resolve("re-solve after an unused region fails, random 200", "O(1)", random(200, 2), false, false),
	}
}

// expanded measures making the options of all stages from the whole catalog, and the solve.
func (b *bench) expanded(name string, g func(*rand.Rand) instances.Graph) row {
	return row{name: name, goal: "≤ 250 ms", run: func(t *testing.T, r *rand.Rand) []sample {
		graph, seed := g(r), r.Uint64()
		var out sample
		out.millis = timed(func() {
			p := b.catalog.Make(rand.New(rand.NewPCG(seed, 1)), graph, instances.Spec{})
			s := solve(t, p, time.Minute)
			out.proved, out.gap = s.Status == optimize.Optimal, s.Gap()
		})
		out.width = 1
		return []sample{out}
	}}
}

// early looks at the plan and gap after 300 ms.
func (b *bench) early(g func(*rand.Rand) instances.Graph) row {
	return row{name: "same, stopped after 300 ms", like: hardest, goal: "gap ≤ 0.5 %", run: func(t *testing.T, r *rand.Rand) []sample {
		return []sample{measure(t, b.catalog.Make(r, g(r), instances.Spec{}), 300*time.Millisecond)}
	}}
}

func (b *bench) heap(g func(*rand.Rand) instances.Graph) row {
	return row{name: "same, peak heap", like: hardest, goal: "≤ 64 MB", unit: "MB", run: func(t *testing.T, r *rand.Rand) []sample {
		p := b.catalog.Make(r, g(r), instances.Spec{})
		out := sample{width: width(p)}
		out.millis = peak(func() {
			s := solve(t, p, time.Minute)
			out.proved, out.gap = s.Status == optimize.Optimal, s.Gap()
		})
		return []sample{out}
	}}
}

func (b *bench) workflows(name string, alike bool) row {
	return row{name: name, goal: "p90 ≤ 100 ms", run: func(t *testing.T, r *rand.Rand) []sample {
		var out []sample
		for _, w := range b.runs {
			out = append(out, measure(t, b.catalog.Place(r, w, instances.PlaceSpec{Alike: alike}), time.Minute))
		}
		return out
	}}
}

// limited sets a deadline between the fastest plan (tightness 0) and the makespan of the cheapest (1).
func limited(t *testing.T, p *optimize.Problem, tightness float64) {
	cheap := solve(t, p, 20*time.Second)
	p.Objective.Aim = optimize.Time
	fast := solve(t, p, 5*time.Second)
	p.Objective.Aim = optimize.Cost
	require.NotNil(t, fast.Choice, "no fast plan in time")
	p.Deadline = fast.Time + int64(tightness*float64(max(0, cheap.Time-fast.Time)))
}

func (b *bench) deadline(name, goal string, g func(*rand.Rand) instances.Graph, compare bool) row {
	return row{name: name, goal: goal, run: func(t *testing.T, r *rand.Rand) []sample {
		p := b.catalog.Make(r, g(r), instances.Spec{Timed: true})
		limited(t, p, 0.4)
		out := measure(t, p, time.Minute)
		if compare {
			b.others(t, p, &out)
		}
		return []sample{out}
	}}
}

func (b *bench) tight(name string, g func(*rand.Rand) instances.Graph) row {
	return row{name: name, goal: "≥ 90 % in 10 s, gap ≤ 0.5 %", run: func(t *testing.T, r *rand.Rand) []sample {
		var out []sample
		p := b.catalog.Make(r, g(r), instances.Spec{Timed: true})
		for _, tightness := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
			q := *p
			limited(t, &q, tightness)
			out = append(out, measure(t, &q, 10*time.Second))
		}
		return out
	}}
}

// best compares the 100 best plans with the best one.
func (b *bench) best(g func(*rand.Rand) instances.Graph) row {
	return row{name: "100 best plans, random 50", goal: "≤ 2× one solve", unit: "×", run: func(t *testing.T, r *rand.Rand) []sample {
		p := b.catalog.Make(r, g(r), instances.Spec{})
		one := measure(t, p, time.Minute)
		var list *optimize.Ranking
		all := timed(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var err error
			list, err = optimize.Best(ctx, p, 100, unlimited())
			require.NoError(t, err)
		})
		return []sample{{millis: all / one.millis, proved: list.Complete && len(list.Plans) == 100, width: one.width}}
	}}
}

// front compares what each point of the front of money and time takes with one solve. A front may have thousands of points; the
// log says how many were found, and in what multiple of one solve.
func (b *bench) front(g func(*rand.Rand) instances.Graph) row {
	return row{name: "front of money and time, random 50, per point", goal: "whole front ≤ 20× one solve", unit: "×", run: func(t *testing.T, r *rand.Rand) []sample {
		p := b.catalog.Make(r, g(r), instances.Spec{Timed: true})
		limited(t, p, 0.5)
		one := measure(t, p, time.Minute)
		p.Deadline = 0
		var f *optimize.Frontier
		all := timed(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var err error
			f, err = optimize.Front(ctx, p, []optimize.Aim{optimize.Cost, optimize.Time}, unlimited())
			require.NoError(t, err)
		})
		t.Logf("front: %d points in %.0f times one solve, complete %v", len(f.Points), all/one.millis, f.Complete)
		return []sample{{millis: all / one.millis / float64(len(f.Points)), proved: f.Complete, width: one.width}}
	}}
}

// resolve compares a solve after a region has failed with a cold solve of what is left. ready: what could be prepared is, the time for
// that is only logged.
func (b *bench) resolve(name, goal string, g func(*rand.Rand) instances.Graph, used, ready bool) row {
	like := ""
	if ready {
		like = "re-solve after a used region fails, random 200"
	}
	return row{name: name, like: like, goal: goal, unit: "% of cold", run: func(t *testing.T, r *rand.Rand) []sample {
		p := b.catalog.Make(r, g(r), instances.Spec{})
		s := solve(t, p, time.Minute)
		gone := failing(p, s, used)
		require.GreaterOrEqual(t, gone, 0)
		left := *p
		left.Vars = make([]optimize.Var, len(p.Vars))
		for v := range p.Vars {
			for _, o := range p.Vars[v].Options {
				if o.Class != gone {
					left.Vars[v].Options = append(left.Vars[v].Options, o)
				}
			}
		}
		cold := measure(t, &left, time.Minute)
		again := func() (*optimize.Solution, error) {
			return optimize.Resolve(context.Background(), p, s, optimize.Change{Block: []int{gone}}, unlimited())
		}
		if ready {
			var kept *optimize.Standby
			took := timed(func() {
				var err error
				kept, err = optimize.Prepare(context.Background(), p, s, unlimited())
				require.NoError(t, err)
			})
			t.Logf("preparing took %.0f %% of a cold solve", 100*took/cold.millis)
			again = func() (*optimize.Solution, error) {
				return kept.Resolve(context.Background(), optimize.Change{Block: []int{gone}}, unlimited())
			}
		}
		var found *optimize.Solution
		warm := timed(func() {
			var err error
			found, err = again()
			require.NoError(t, err)
		})
		require.Equal(t, solve(t, &left, time.Minute).Value, found.Value)
		return []sample{{millis: 100 * warm / cold.millis, proved: found.Status == optimize.Optimal, gap: found.Gap(), width: cold.width}}
	}}
}

// failing picks the region that most stages use, or one that none uses.
func failing(p *optimize.Problem, s *optimize.Solution, used bool) int {
	count := make([]int, p.Classes)
	for v, o := range s.Choice {
		count[p.Vars[v].Options[o].Class]++
	}
	pick := -1
	for class, n := range count {
		if used && n > 0 && (pick < 0 || n > count[pick]) || !used && n == 0 {
			pick = class
		}
	}
	return pick
}

func describe(s sample, unit string) string { return fmt.Sprintf("%.3g %s", s.millis, unit) }
