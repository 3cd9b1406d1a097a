package optimize

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// draw is a random problem and its solution; nil if it has none.
func draw(t *rapid.T) (*Problem, *Solution) {
	gen := random
	if rapid.Bool().Draw(t, "forms") {
		gen = randomForms
	}
	p := gen(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2)))
	return p, solved(t, p)
}

func solved(t require.TestingT, p *Problem) *Solution {
	s, err := Solve(context.Background(), p, Limit{})
	if s != nil && s.Status == Infeasible {
		return nil
	}
	require.NoError(t, err)
	require.Equal(t, Optimal, s.Status)
	require.NoError(t, Verify(p, s))
	return s
}

// clone copies what the properties change.
func clone(p *Problem) *Problem {
	q := *p
	q.Vars = slices.Clone(p.Vars)
	for v := range q.Vars {
		q.Vars[v].Options = slices.Clone(q.Vars[v].Options)
	}
	q.Edges, q.Groups, q.Tariffs = slices.Clone(p.Edges), slices.Clone(p.Groups), slices.Clone(p.Tariffs)
	q.Limits, q.Meters = slices.Clone(p.Limits), slices.Clone(p.Meters)
	for k := range q.Limits {
		q.Limits[k].Uses = slices.Clone(q.Limits[k].Uses)
	}
	return &q
}

func TestMoreOptionsNeverHurt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		q := clone(p)
		v := rapid.IntRange(0, len(q.Vars)-1).Draw(t, "var")
		q.Vars[v].Options = append(q.Vars[v].Options, Option{Class: 0, Money: 1, Time: 1, Carbon: 1})
		if got := solved(t, q); s != nil {
			require.NotNil(t, got)
			require.LessOrEqual(t, got.Value, s.Value)
		}
	})
}

func TestTighterNeverHelps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		if s == nil {
			return
		}
		q := clone(p)
		switch rapid.IntRange(0, 3).Draw(t, "limit") {
		case 0:
			q.Deadline = max(1, s.Time-1)
		case 1:
			q.Budget = max(1, s.Money-1)
		case 2:
			q.Groups = append(q.Groups, Group{Kind: Apart, Level: Zone, Vars: []int{0, len(q.Vars) - 1}[:min(2, len(q.Vars))]})
		}
		if len(q.Limits) > 0 {
			q.Limits[0].Max /= 2
		}
		if got := solved(t, q); got != nil {
			require.GreaterOrEqual(t, got.Value, s.Value)
		}
	})
}

func TestUnusedOptionsDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		if s == nil {
			return
		}
		keep := make([][]int, len(p.Vars))
		for v, o := range s.Choice {
			keep[v] = []int{o}
		}
		got := solved(t, restrict(p, keep).Problem)
		require.Equal(t, []int64{s.Value, s.Money, s.Time, s.Carbon}, []int64{got.Value, got.Money, got.Time, got.Carbon})
	})
}

func TestPermutedVariablesCostTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		q := clone(p)
		slices.Reverse(q.Vars)
		last := len(q.Vars) - 1
		for i := range q.Edges {
			q.Edges[i].From, q.Edges[i].To = last-q.Edges[i].From, last-q.Edges[i].To
		}
		slices.Reverse(q.Edges)
		for i, g := range q.Groups {
			q.Groups[i].Vars = nil
			for _, v := range g.Vars {
				q.Groups[i].Vars = append(q.Groups[i].Vars, last-v)
			}
		}
		for k := range q.Limits {
			for i := range q.Limits[k].Uses {
				q.Limits[k].Uses[i].Var = last - q.Limits[k].Uses[i].Var
			}
		}
		got := solved(t, q)
		require.Equal(t, s == nil, got == nil)
		if s != nil {
			require.Equal(t, []int64{s.Value, s.Money, s.Time, s.Carbon}, []int64{got.Value, got.Money, got.Time, got.Carbon})
		}
	})
}

func TestConstantsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		if s == nil || p.Objective.Aim == Blend || slices.Contains(p.Then, Blend) {
			return
		}
		p.Budget, p.CarbonCap = 0, 0
		s = solved(t, p)
		q := clone(p)
		more := rapid.Int64Range(1, 1000).Draw(t, "more")
		for o := range q.Vars[0].Options {
			q.Vars[0].Options[o].Money += more
		}
		got := solved(t, q)
		require.Equal(t, s.Choice, got.Choice)
		require.Equal(t, s.Money+more, got.Money)
	})
}

func TestDearerUnusedOptionChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		if s == nil {
			return
		}
		v := rapid.IntRange(0, len(p.Vars)-1).Draw(t, "var")
		o := rapid.IntRange(0, len(p.Vars[v].Options)-1).Draw(t, "option")
		if o == s.Choice[v] || !undominated(p)(v, o) { // a dearer dominator could let others back in
			return
		}
		got := solved(t, OptionPrice(p, Pick{v, o})(p.Vars[v].Options[o].Money+1000))
		require.Equal(t, []int64{s.Value, s.Money, s.Time, s.Carbon}, []int64{got.Value, got.Money, got.Time, got.Carbon})
	})
}

func TestScaledPricesScaleTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, _ := draw(t)
		p.Objective, p.Then, p.Meters = Objective{}, nil, nil
		p.Tariffs = slices.Clone(p.Tariffs)
		for i := range p.Tariffs {
			p.Tariffs[i].Meter = nil
		}
		for i := range p.Edges { // whole GB: nothing is rounded
			p.Edges[i].KB = 1_000_000 * int64(p.Edges[i].From+1)
		}
		s := solved(t, p)
		k := rapid.Int64Range(2, 9).Draw(t, "factor")
		q := clone(p)
		q.Budget *= k
		for v := range q.Vars {
			for o := range q.Vars[v].Options {
				q.Vars[v].Options[o].Money *= k
			}
		}
		for i := range q.Tariffs {
			q.Tariffs[i].Money = slices.Clone(q.Tariffs[i].Money)
			for c, m := range q.Tariffs[i].Money {
				if m > 0 {
					q.Tariffs[i].Money[c] = m * k
				}
			}
		}
		got := solved(t, q)
		require.Equal(t, s == nil, got == nil)
		if s != nil {
			require.Equal(t, s.Choice, got.Choice)
			require.Equal(t, s.Value*k, got.Value)
		}
	})
}

// A variable followed by one that costs nothing, takes no time, moves nothing and sits in the same class is one variable.
func TestSplittingAVariableChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := draw(t)
		q := clone(p)
		v, tail := rapid.IntRange(0, len(p.Vars)-1).Draw(t, "var"), len(p.Vars)
		end := Var{Name: "end"}
		for c := range p.Classes {
			end.Options = append(end.Options, Option{Class: c})
		}
		q.Vars = append(q.Vars, end)
		for i, e := range q.Edges {
			if e.From == v {
				q.Edges[i].From = tail
			}
		}
		q.Edges = append(q.Edges, Edge{From: v, To: tail, Tariff: NoTariff})
		for c := range p.Classes { // together in the same class, whatever zones there are
			var here, there []Use
			for o, x := range p.Vars[v].Options {
				if x.Class == c {
					here = append(here, Use{v, o, 1})
				}
			}
			for o := range end.Options {
				if o != c {
					there = append(there, Use{tail, o, 1})
				}
			}
			q.Limits = append(q.Limits, Capacity{Max: 1, Uses: append(here, there...)})
		}
		got := solved(t, q)
		require.Equal(t, s == nil, got == nil)
		if s != nil {
			require.Equal(t, []int64{s.Value, s.Money, s.Time, s.Carbon}, []int64{got.Value, got.Money, got.Time, got.Carbon})
		}
	})
}

func TestTieredIsNoDearerThanItsFirstTier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := randomForms(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 6)))
		p.Objective, p.Then = Objective{}, nil
		for m := range p.Meters {
			p.Meters[m] = Meter{Tiers: []Tier{{0, 80}, {1_000_000, 60}, {2_500_000, 10}}}
		}
		flat := clone(p)
		for m := range flat.Meters {
			flat.Meters[m].Tiers = flat.Meters[m].Tiers[:1]
		}
		s, dear := solved(t, p), solved(t, flat)
		if dear != nil {
			require.LessOrEqual(t, s.Value, dear.Value+int64(3*len(p.Meters))) // each tier is rounded by itself
		}
	})
}

func TestBidsOnTreesAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := random(r)
		p.Deadline, p.Budget, p.CarbonCap, p.Groups, p.Edges = 0, 0, 0, nil, nil
		p.Objective.Aim, p.Objective.PerHour = []Aim{Cost, Carbon, Blend}[seed%3], 0
		for i := 1; i < len(p.Vars); i++ {
			if r.IntN(5) > 0 {
				p.Edges = append(p.Edges, randomEdge(r, p, r.IntN(i), i))
			}
		}
		v := r.IntN(len(p.Vars))
		bids, err := Bids(context.Background(), p, nil, v, Limit{})
		require.NoError(t, err)
		for o, b := range bids {
			want := brute(p, func(u, x int) bool { return u != v || x == o })
			require.Equal(t, []any{want.Status, want.Value, want.Bound}, []any{b.Status, b.Value, b.Bound}, "seed %d option %d: %+v", seed, o, p)
		}
	}
}

func TestBidsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		p := random(rand.New(rand.NewPCG(seed, 3)))
		s, _ := Solve(context.Background(), p, Limit{})
		bids, err := Bids(context.Background(), p, s, 0, Limit{})
		require.NoError(t, err)
		for o, b := range bids {
			want := brute(p, func(v, x int) bool { return v != 0 || x == o })
			name := fmt.Sprintf("seed %d option %d: %+v", seed, o, b)
			if b.Status == Dominated {
				require.NotEqual(t, -1, b.By, name)
				if want.Status == Optimal {
					require.LessOrEqual(t, b.Bound, want.Value, name)
				}
				continue
			}
			require.Equal(t, want.Status, b.Status, name)
			require.Equal(t, want.Value, b.Value, name)
		}
	}
}

func TestConflictIsMinimal(t *testing.T) {
	t.Parallel()
	all := func(int, int) bool { return true }
	seen := 0
	for seed := range uint64(400) {
		gen := []func(*rand.Rand) *Problem{random, randomForms}[seed%2]
		p := gen(rand.New(rand.NewPCG(seed, 4)))
		_, err := Solve(context.Background(), p, Limit{})
		var e *InfeasibleError
		if !errors.As(err, &e) {
			continue
		}
		seen++
		require.True(t, e.Minimal)
		require.Equal(t, Infeasible, brute(only(p, e.Conflict), all).Status, "seed %d: %v", seed, e)
		for i := range e.Conflict {
			rest := slices.Delete(slices.Clone(e.Conflict), i, i+1)
			require.Equal(t, Optimal, brute(only(p, rest), all).Status, "seed %d: %v without %v", seed, e, e.Conflict[i])
		}
		for _, r := range e.Relaxations {
			requireSmallest(t, p, r)
		}
	}
	require.Greater(t, seen, 40)
}

// requireSmallest checks that a relaxed limit works and one less does not.
func requireSmallest(t *testing.T, p *Problem, r Relaxation) {
	t.Helper()
	q := clone(p)
	var limit *int64
	switch r.Rule.Kind {
	case RuleDeadline:
		limit = &q.Deadline
	case RuleBudget:
		limit = &q.Budget
	case RuleCarbon:
		limit = &q.CarbonCap
	case RuleLimit:
		limit = &q.Limits[r.Rule.Index].Max
	default:
		return
	}
	all := func(int, int) bool { return true }
	*limit = r.Value
	require.Equal(t, Optimal, brute(q, all).Status, "%v", r)
	*limit = r.Value - 1
	require.Equal(t, Infeasible, brute(q, all).Status, "%v", r)
}

func TestSameProblemSameAnswer(t *testing.T) {
	t.Parallel()
	p := market(rand.New(rand.NewPCG(7, 7)), 6, 12, 60, dag)
	squeeze(p, 0.3)
	first, err := Solve(context.Background(), p, Limit{})
	require.NoError(t, err)
	for range 5 {
		again, err := Solve(context.Background(), p, Limit{})
		require.NoError(t, err)
		require.Equal(t, first, again) // stats included
	}
}

func TestLimitGivesPlanAndBound(t *testing.T) {
	t.Parallel()
	unfinished := 0
	for seed := range uint64(40) {
		p := market(rand.New(rand.NewPCG(seed, 8)), 7, 9, 40, mapReduce)
		squeeze(p, 0.2)
		best := must(t, p)
		for _, nodes := range []int{1, 5, 40, 70, 120} {
			s, err := Solve(context.Background(), p, Limit{Nodes: nodes})
			if s.Status == Unknown {
				var u *UnfinishedError
				require.ErrorAs(t, err, &u)
				require.LessOrEqual(t, s.Bound, best.Value)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, Verify(p, s))
			require.LessOrEqual(t, s.Bound, best.Value)
			require.GreaterOrEqual(t, s.Value, best.Value)
			if s.Status == Feasible {
				unfinished++
				require.Greater(t, s.Gap(), 0.0)
			}
		}
	}
	require.Positive(t, unfinished)
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	p := market(rand.New(rand.NewPCG(3, 8)), 12, 40, 400, mapReduce)
	p.Deadline = 1 << 40
	p.Groups = []Group{{Kind: Apart, Level: Zone, Vars: []int{1, 2, 3}}}
	s, err := Solve(ctx, p, Limit{})
	if s.Status == Unknown {
		require.ErrorIs(t, err, why)
	} else {
		require.NoError(t, Verify(p, s))
	}
	require.LessOrEqual(t, s.Stats.Nodes, 200)
}
