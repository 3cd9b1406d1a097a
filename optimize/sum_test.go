package optimize

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomSum makes a small problem whose value is a sum: rich in edges, with pair rules.
func randomSum(r *rand.Rand) *Problem {
	p := random(r)
	for len(p.Vars) < 4+r.IntN(3) {
		v := Var{}
		for range 1 + r.IntN(3) {
			v.Options = append(v.Options, Option{r.IntN(p.Classes), r.Int64N(50), r.Int64N(50), r.Int64N(50)})
		}
		p.Vars = append(p.Vars, v)
		for u := range len(p.Vars) - 1 {
			if r.IntN(2) == 0 {
				p.Edges = append(p.Edges, randomEdge(r, p, u, len(p.Vars)-1))
			}
		}
	}
	p.Deadline, p.Budget, p.CarbonCap = 0, 0, 0
	p.Objective = Objective{Aim: []Aim{Cost, Carbon, Blend}[r.IntN(3)], PerKg: r.Int64N(2 * mgPerKg)}
	for i := range p.Edges {
		p.Edges[i].Artifact = 0
	}
	for i := range p.Groups {
		p.Groups[i].Kind = GroupKind(r.IntN(2))
	}
	return p
}

func solveWith(p *Problem, off sumOff) *Solution {
	s := newSummer(newSpent(context.Background(), Limit{Nodes: 1 << 40}))
	s.off = off
	return s.solve(p).solution(p)
}

func TestSumsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	methods := map[string]int{}
	for seed := range uint64(4000) {
		p := randomSum(rand.New(rand.NewPCG(seed, 21)))
		require.True(t, isSum(p))
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
	for _, m := range []string{"tree", "elimination", "trws", "branch"} {
		require.Greater(t, methods[m], 40, m)
	}
}

// grown is a larger random sum on the grid of 71 classes.
func grown(seed uint64, n int, sh shape) *Problem { return scale71(seed, n, 5, 0.4, true, sh) }

func stepsOf(t *testing.T, p *Problem) int {
	t.Helper()
	s := newSummer(newSpent(context.Background(), Limit{}))
	got := s.solve(p).solution(p)
	require.Equal(t, Optimal, got.Status)
	require.Equal(t, "tree", got.Stats.Method)
	return s.steps
}

// A chain's work grows with its length and no faster, counted in steps: from 100 to 10,000 variables.
func TestChainWorkIsLinear(t *testing.T) {
	t.Parallel()
	like := grown(3, 10, chain)
	long := func(n int) *Problem {
		p := *like
		p.Vars, p.Edges = nil, nil
		for i := range n {
			p.Vars = append(p.Vars, like.Vars[i%10])
			if i > 0 {
				p.Edges = append(p.Edges, Edge{From: i - 1, To: i, KB: like.Edges[i%9].KB})
			}
		}
		return &p
	}
	few, some, many := stepsOf(t, long(100)), stepsOf(t, long(1000)), stepsOf(t, long(10_000))
	require.InEpsilon(t, 10, float64(some)/float64(few), 0.1)
	require.InEpsilon(t, 10, float64(many)/float64(some), 0.1)
}

// Expansion looks at each option once, whatever the order, and at options shared by stages only once.
func TestExpansionIsLinear(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{100, 1000, 10_000} {
		v := Var{}
		for range n {
			v.Options = append(v.Options, Option{r.IntN(71), r.Int64N(1000), r.Int64N(1000), r.Int64N(1000)})
		}
		p := &Problem{Classes: 71, Vars: []Var{v, v, v}}
		x := newExpander(p, newPricer(p.Objective))
		for _, v := range p.Vars {
			x.expand(v.Options, nil)
		}
		require.Equal(t, n, x.steps)
	}
}

// A hub with 10,000 leaves, or two with 10,000 variables between them, is ordered with work that does not explode.
func TestHubs(t *testing.T) {
	t.Parallel()
	for _, sh := range []shape{mapReduce, func(_ *rand.Rand, n int) (out [][2]int) {
		for i := 1; i < n; i++ {
			out = append(out, [2]int{0, i})
		}
		return out
	}} {
		like := grown(5, 3, chain)
		p := *like
		p.Vars, p.Edges = nil, nil
		for i := range 10_000 {
			v := Var{Options: like.Vars[i%3].Options[:3]}
			p.Vars = append(p.Vars, v)
		}
		for _, e := range sh(nil, len(p.Vars)) {
			p.Edges = append(p.Edges, Edge{From: e[0], To: e[1], KB: 1000 * int64(e[1])})
		}
		got := solveWith(&p, sumOff{})
		require.Equal(t, Optimal, got.Status)
		require.Contains(t, []string{"tree", "elimination"}, got.Stats.Method)
	}
}

// The bound is what the backward sweep gives up at its end, not the sum of what variables and factors have left: on this
// problem the first is tight enough to finish without branching.
func TestBoundIsTight(t *testing.T) {
	t.Parallel()
	p := grown(1, 50, parents(2))
	s := newSummer(newSpent(context.Background(), Limit{}))
	b, c := build(p)
	best := s.solve(p)
	sw := s.newSweep(c)
	var bound int64
	for range 30 {
		require.True(t, sw.forward())
		bound = sw.backward(inf, nil)
	}
	require.LessOrEqual(t, bound, best.value*b.scale)
	require.Greater(t, float64(bound)/float64(b.scale), 0.98*float64(best.value))
}

// Stopped anywhere, the plan is valid and the bound holds; and the same limit gives the same answer.
func TestStoppedSums(t *testing.T) {
	t.Parallel()
	p := grown(2, 60, layers(6))
	best := solveWith(p, sumOff{})
	require.Equal(t, Optimal, best.Status)
	plans := 0
	for nodes := 1; nodes < 400; nodes += 1 + nodes/4 {
		got, err := Solve(context.Background(), p, Limit{Nodes: nodes})
		if err != nil {
			var un *UnfinishedError
			require.ErrorAs(t, err, &un)
			continue
		}
		plans++
		require.NoError(t, Verify(p, got))
		require.LessOrEqual(t, got.Bound, best.Value)
		require.GreaterOrEqual(t, got.Value, best.Value)
		again, _ := Solve(context.Background(), p, Limit{Nodes: nodes})
		require.Equal(t, got, again)
	}
	require.Positive(t, plans)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := Solve(ctx, p, Limit{})
	require.True(t, err != nil || got.Bound <= best.Value)
}

// The rewriting of factors agrees with the tariff for every pair: rows, columns, staying, either direction, several at
// once.
func TestGridAgreesWithTariff(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 9))
		p := &Problem{Classes: 1 + r.IntN(6), Vars: make([]Var, 2), Tariffs: []Tariff{randomTariff(r, 1, 1), {}}}
		for i := range p.Tariffs {
			p.Tariffs[i] = randomTariff(r, p.Classes, []int64{2, 3, 100_000}[r.IntN(3)])
		}
		if r.IntN(2) == 0 {
			p.Tariffs[0].Money[0] = 7
		}
		b := &builder{p: p, pr: newPricer(Objective{Blend, 0, 500_000}), codes: map[kind]codes{}, grids: map[string]*grid{}, tables: map[source]*table{}, scale: 1}
		sources := []source{{kind{0, false}, 1_500_000}, {kind{0, true}, 2_000_000}, {kind{1, false}, 3}}[:1+r.IntN(3)]
		tb := b.table(sources)
		for i := range p.Classes * p.Classes {
			x, y := i/p.Classes, i%p.Classes
			want := int64(0)
			for _, s := range sources {
				e := Edge{KB: s.kb, Tariff: s.index}
				c, _, ok := b.pr.move(p, e, x, y)
				if s.flip {
					c, _, ok = b.pr.move(p, e, y, x)
				}
				want += c.add
				if !ok {
					want = inf
					break
				}
			}
			require.Equal(t, want, tb.pair(int32(x), int32(y)), "seed %d: %d to %d", seed, x, y)
			require.Equal(t, want, b.flipped(tb).pair(int32(y), int32(x)))
		}
	}
}
