package optimize

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomShared makes a small sum in which outputs are shared: with pins, pair rules, ties and tariffs that charge for staying.
func randomShared(r *rand.Rand) *Problem {
	for {
		p := randomSum(r)
		for i := range p.Edges {
			p.Edges[i] = randomEdge(r, p, p.Edges[i].From, p.Edges[i].To)
		}
		if r.IntN(3) == 0 {
			for i := range p.Classes {
				p.Tariffs[0].Money[i*p.Classes+i] = r.Int64N(3)
			}
		}
		if r.IntN(2) == 0 {
			v := r.IntN(len(p.Vars))
			p.Vars[v].Options = p.Vars[v].Options[:1]
		}
		if sharesOutput(p) {
			return p
		}
	}
}

func TestSharedSumsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	methods := map[string]int{}
	for seed := range uint64(2000) {
		p := randomShared(rand.New(rand.NewPCG(seed, 22)))
		require.True(t, isSum(p) && !isPairs(p))
		want := brute(p, undominated(p))
		name := seeded{seed, p, nil}
		for _, off := range []sumOff{{}, {eliminate: true}, {eliminate: true, sweep: true}} {
			got := solveWith(p, off)
			methods[got.Stats.Method]++
			require.Equal(t, want.Status, got.Status, name)
			require.Equal(t, want.Value, got.Value, name)
			if want.Status == Infeasible {
				continue
			}
			require.NoError(t, Verify(p, got), name)
			require.True(t, got.Stats.Ranked || off.eliminate, name)
			if got.Stats.Ranked {
				require.Equal(t, want.Choice, got.Choice, name)
			}
		}
	}
	for _, m := range []string{"elimination", "trws", "branch"} {
		require.Greater(t, methods[m], 40, m)
	}
}

// shareAll makes one shared output of all edges out of a variable.
func shareAll(p *Problem) *Problem {
	kb := map[int]int64{}
	for i := range p.Edges {
		e := &p.Edges[i]
		if _, known := kb[e.From]; !known {
			kb[e.From] = e.KB
		}
		e.KB, e.Artifact = kb[e.From], 1
	}
	return p
}

// Whatever parts of a price the readers get, no plan costs less than the bound; it rises, and comes near.
func TestBalanceKeepsTheBound(t *testing.T) {
	t.Parallel()
	p := shareAll(grown(3, 30, parents(2)))
	best := solveWith(p, sumOff{})
	require.Equal(t, Optimal, best.Status)
	s := newSummer(newSpent(context.Background(), Limit{}))
	b, c := s.begin(p)
	sw := s.newSweep(c)
	first, last := int64(0), int64(0)
	for i := range 30 {
		require.True(t, sw.forward())
		last = sw.backward(inf, nil)
		require.LessOrEqual(t, last, best.Value*b.scale)
		if i == 0 {
			first = last
		}
		sw.balance()
		for _, set := range c.sets {
			requireParts(t, c, set)
		}
	}
	require.Greater(t, last, first)
	require.Greater(t, float64(last)/float64(b.scale), 0.95*float64(best.Value))
}

// requireParts checks that the parts of a set's readers add up to no more than the price.
func requireParts(t *testing.T, c *core, set []int32) {
	t.Helper()
	f := &c.factors[set[0]]
	for a, from := range c.vars[f.from].dom {
		for to := range int32(71) {
			sum := int64(0)
			for _, fi := range set {
				g := &c.factors[fi]
				for b, class := range c.vars[g.to].dom {
					if class == to {
						sum += *g.cell(a, b)
					}
				}
			}
			require.LessOrEqual(t, sum, f.price(from, to))
		}
	}
}

// Stopped anywhere, the plan is valid and the bound holds; and the same limit gives the same answer.
func TestStoppedSharedSums(t *testing.T) {
	t.Parallel()
	p := shareAll(grown(2, 40, layers(8)))
	best := solveWith(p, sumOff{})
	require.Equal(t, Optimal, best.Status)
	for nodes := 1; nodes < 400; nodes += 1 + nodes/2 {
		got, err := Solve(context.Background(), p, Limit{Nodes: nodes})
		if err != nil {
			var un *UnfinishedError
			require.ErrorAs(t, err, &un)
			continue
		}
		require.NoError(t, Verify(p, got))
		require.LessOrEqual(t, got.Bound, best.Value)
		require.GreaterOrEqual(t, got.Value, best.Value)
		again, _ := Solve(context.Background(), p, Limit{Nodes: nodes})
		require.Equal(t, got, again)
	}
}
