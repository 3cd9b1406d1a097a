package optimize

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomTimed makes a small problem of the form that timed solves: chains, trees of both directions, DAGs.
func randomTimed(r *rand.Rand) *Problem {
	for {
		p := random(r)
		p.CarbonCap = 0
		p.Groups = slices.DeleteFunc(p.Groups, func(g Group) bool { return g.loose() || g.Kind == Spread && g.Min > len(g.Vars) })
		for i := range p.Edges {
			if r.IntN(2) == 0 {
				p.Edges[i].Artifact = 0
			}
		}
		reshape(r, p)
		if p.Objective.Aim == Carbon || p.Objective.Aim == Blend {
			p.Budget = 0
		}
		if p.Deadline == 0 && p.Objective.Aim != Time {
			p.Deadline = 1 + r.Int64N(400_000)
		}
		if timedFits(p, newPricer(p.Objective)) {
			return p
		}
	}
}

// timedFits says whether a problem has the form of timed.
func timedFits(p *Problem, pr pricer) bool {
	return !formed(p) && !impossible(p) && needsOf(p, pr).time
}

// reshape makes some problems chains or trees.
func reshape(r *rand.Rand, p *Problem) {
	kind := r.IntN(8)
	if kind > 3 {
		return
	}
	p.Edges = nil
	perm := r.Perm(len(p.Vars))
	for i := 1; i < len(perm); i++ {
		j := i - 1
		if kind > 0 {
			j = r.IntN(i)
		}
		e := Edge{From: perm[j], To: perm[i], KB: r.Int64N(3_000_000), Tariff: r.IntN(len(p.Tariffs)+1) - 1}
		if kind == 2 || kind == 3 && r.IntN(2) == 0 {
			e.From, e.To = e.To, e.From
		}
		p.Edges = append(p.Edges, e)
	}
}

func TestTimedAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	feasible := 0
	for seed := range uint64(7000) {
		p := randomTimed(rand.New(rand.NewPCG(seed, 41)))
		want := brute(p, undominated(p))
		sp := newSpent(context.Background(), Limit{Nodes: 1 << 40})
		sp.shrink = int(seed%3) * 6 // searches from wide to hopelessly narrow
		r := timedAnswer(p, sp, firstInRank)
		name := seeded{seed, p, nil}
		got := r.solution(p)
		require.Equal(t, want.Status, got.Status, name)
		if want.Status == Infeasible {
			continue
		}
		feasible++
		require.Equal(t, want.Value, got.Value, name)
		require.NoError(t, Verify(p, got), name)
		require.True(t, got.Stats.Ranked, name)
		require.Equal(t, want.Choice, got.Choice, name)
	}
	require.Greater(t, feasible, 2800)
}

// A later deadline never costs more, and budget and deadline are each other's inverse.
func TestDeadlineAndBudgetAreInverse(t *testing.T) {
	t.Parallel()
	pairs := 0
	for seed := range uint64(18) {
		r := rand.New(rand.NewPCG(seed, 42))
		p := wideMarket(seed, 2+r.IntN(6), 6, 8, []shape{chain, tree, intree, random2, layered(2), fan}[seed%6])
		fast := *p
		fast.Objective.Aim = Time
		quickest, free := must(t, &fast), must(t, p)
		last := int64(-1)
		for _, tight := range []float64{0, 0.05, 0.3, 0.6, 0.95, 1} {
			q := *p
			q.Deadline = max(1, quickest.Time+int64(tight*float64(free.Time-quickest.Time)))
			s := must(t, &q)
			if last >= 0 {
				require.LessOrEqual(t, s.Value, last)
			}
			last = s.Value
			back := fast
			back.Budget = max(1, s.Value)
			b := must(t, &back) // as fast as the money allows, and no faster plan is as cheap
			require.LessOrEqual(t, b.Time, s.Time)
			again := *p
			again.Deadline = max(1, b.Time)
			require.Equal(t, s.Value, must(t, &again).Value)
			if b.Time > 1 {
				again.Deadline = b.Time - 1
				if less, err := Solve(context.Background(), &again, Limit{}); err == nil {
					require.Greater(t, less.Value, s.Value)
				}
			}
			pairs++
		}
		require.Equal(t, free.Value, last)
	}
	require.Equal(t, 108, pairs)
}

// Wherever the work ends, the plan keeps the rules and the bound holds.
func TestTimedStopsAnywhere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		p := wideMarket(seed, 9, 12, 20, []shape{chain, random2, layered(3), tree}[seed%4])
		squeeze(p, 0.2)
		if seed%3 == 1 {
			p.Budget, p.Deadline = must(t, p).Value, 0
			p.Objective.Aim = Time
		}
		best := must(t, p)
		for _, nodes := range []int{1, 2, 3, 5, 10, 20, 30, 50, 80} {
			r := timedAnswer(p, newSpent(context.Background(), Limit{Nodes: nodes}), firstInRank)
			s := r.solution(p)
			require.LessOrEqual(t, s.Bound, best.Value)
			if s.Choice != nil {
				require.NoError(t, Verify(p, s))
				require.GreaterOrEqual(t, s.Value, best.Value)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		sp := newSpent(ctx, Limit{})
		r := timedAnswer(p, sp, firstInRank)
		require.True(t, sp.stopped)
		require.NotEqual(t, Infeasible, r.solution(p).Status)
	}
}

func TestTimedIsDeterministic(t *testing.T) {
	t.Parallel()
	p := wideMarket(3, 15, 20, 30, layered(3))
	squeeze(p, 0.3)
	first := timedAnswer(p, newSpent(context.Background(), Limit{}), firstInRank)
	for range 3 {
		again := timedAnswer(p, newSpent(context.Background(), Limit{}), firstInRank)
		require.Equal(t, first.best, again.best)
		require.Equal(t, first.lower, again.lower)
	}
}

// Every price a dual tries bounds every plan, and no choice it drops is part of a plan that matters.
func TestSweepsNeverExclude(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		p := randomTimed(rand.New(rand.NewPCG(seed, 43)))
		want := brute(p, undominated(p))
		if want.Status != Optimal {
			continue
		}
		r := newTimedRun(p, newSpent(context.Background(), Limit{}))
		require.True(t, r.d.run(20))
		require.LessOrEqual(t, r.d.lower, want.Value)
		for i := range r.d.t.nodes {
			nd := &r.d.t.nodes[i]
			has := slices.ContainsFunc(nd.choices, func(c choice) bool { return int(c.index) == want.Choice[nd.v] })
			require.True(t, has, "seed %d variable %d", seed, nd.v)
		}
	}
}
