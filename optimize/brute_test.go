package optimize

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// random makes a small problem that mixes every feature.
func random(r *rand.Rand) *Problem {
	p := &Problem{Classes: 1 + r.IntN(4)}
	if r.IntN(2) == 0 {
		p.Regions, p.Clouds = make([]int, p.Classes), make([]int, p.Classes)
		for c := range p.Classes {
			p.Regions[c], p.Clouds[c] = c/2+7, c/3
		}
	}
	big := []int64{3, 50, 100_000}[r.IntN(3)] // small numbers make ties
	for range 1 + r.IntN(5) {
		var v Var
		for range 1 + r.IntN(5) {
			v.Options = append(v.Options, Option{Class: r.IntN(p.Classes), Money: r.Int64N(big), Time: r.Int64N(big), Carbon: r.Int64N(big)})
		}
		p.Vars = append(p.Vars, v)
	}
	for range 1 + r.IntN(2) {
		p.Tariffs = append(p.Tariffs, randomTariff(r, p.Classes, big))
	}
	perm := r.Perm(len(p.Vars))
	for i := range perm {
		for j := range i {
			if r.IntN(2) == 0 {
				p.Edges = append(p.Edges, randomEdge(r, p, perm[j], perm[i]))
			}
		}
	}
	randomRules(r, p, big)
	return p
}

func randomTariff(r *rand.Rand, classes int, big int64) Tariff {
	n := classes * classes
	t := Tariff{Money: make([]int64, n), Time: make([]int64, n), Fixed: make([]int64, n), Carbon: make([]int64, n)}
	for i := range n {
		if i%(classes+1) == 0 {
			continue
		}
		t.Money[i], t.Time[i], t.Fixed[i], t.Carbon[i] = r.Int64N(big), r.Int64N(big), r.Int64N(2), r.Int64N(big)
		if r.IntN(8) == 0 {
			t.Money[i] = -1
		}
	}
	return t
}

func randomEdge(r *rand.Rand, p *Problem, from, to int) Edge {
	e := Edge{From: from, To: to, KB: r.Int64N(3_000_000), Tariff: r.IntN(len(p.Tariffs)+1) - 1}
	if r.IntN(2) == 0 {
		e.Artifact = 1 + r.IntN(2)
		e.KB, e.Tariff = int64(1_000_000*e.Artifact+from), 0
	}
	return e
}

func randomRules(r *rand.Rand, p *Problem, big int64) {
	p.Objective = Objective{Aim: Aim(r.IntN(4))}
	if p.Objective.Aim == Blend {
		p.Objective.PerHour, p.Objective.PerKg = r.Int64N(2*msPerHour), r.Int64N(2*mgPerKg)
	}
	if r.IntN(2) == 0 {
		p.Deadline = 1 + r.Int64N(3*big)
	}
	if r.IntN(3) == 0 {
		p.Budget = 1 + r.Int64N(4*big)
	}
	if r.IntN(4) == 0 {
		p.CarbonCap = 1 + r.Int64N(4*big)
	}
	for range r.IntN(5) - 2 {
		p.Groups = append(p.Groups, Group{
			Kind: GroupKind(r.IntN(3)), Level: Level(r.IntN(3)),
			Vars: r.Perm(len(p.Vars))[:r.IntN(len(p.Vars)+1)], Min: r.IntN(4),
		})
	}
}

// brute tries every choice. Totals come from Verify's auditor, the ranking from the text at Objective.
func brute(p *Problem, allowed func(v, o int) bool) *Solution {
	s := &Solution{Status: Infeasible}
	compare := ranking(p)
	choice := make([]int, len(p.Vars))
	var rec func(v int)
	rec = func(v int) {
		if v == len(p.Vars) {
			if got := judge(p, choice); got != nil && (s.Choice == nil || compare(got, s) < 0) {
				s = got
			}
			return
		}
		for o := range p.Vars[v].Options {
			if allowed(v, o) {
				choice[v] = o
				rec(v + 1)
			}
		}
	}
	rec(0)
	return s
}

func judge(p *Problem, choice []int) *Solution {
	s := &Solution{Status: Optimal, Choice: slices.Clone(choice)}
	a := auditor{p: p, s: s}
	a.sum()
	s.Money, s.Time, s.Carbon = a.money.Int64(), a.time.Int64(), a.carbon.Int64()
	s.Value = [...]int64{s.Money, s.Time, s.Carbon, s.Money + a.priced.Int64() + (s.Time*p.Objective.PerHour+msPerHour/2)/msPerHour}[p.Objective.Aim]
	s.Bound = s.Value
	if a.totals() != nil || a.limits() != nil || a.capacities() != nil || a.groups() != nil {
		return nil
	}
	return s
}

// ranking is the text at Objective and at Problem.Then.
func ranking(p *Problem) func(a, b *Solution) int {
	return func(a, b *Solution) int {
		c := cmp.Compare(a.Value, b.Value)
		for _, aim := range p.Then {
			c = cmp.Or(c, cmp.Compare(totalOf(p, aim, a), totalOf(p, aim, b)))
		}
		return cmp.Or(c, compareTotals(a, b), slices.Compare(a.Choice, b.Choice))
	}
}

func compareTotals(a, b *Solution) int {
	return cmp.Or(cmp.Compare(a.Money, b.Money), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Carbon, b.Carbon))
}

// totalOf is what an aim makes of a plan.
func totalOf(p *Problem, aim Aim, s *Solution) int64 {
	if aim != Blend {
		return [...]int64{s.Money, s.Time, s.Carbon}[aim]
	}
	q := *p
	q.Objective.Aim = Blend
	q.Then, q.Deadline, q.Budget, q.CarbonCap = nil, 0, 0, 0
	return judge(&q, s.Choice).Value
}

// undominated is the text at Objective: in one class and with one use of limits, no worse in everything and better in one
// or earlier.
func undominated(p *Problem) func(v, o int) bool {
	keep := make([][]bool, len(p.Vars))
	for v := range p.Vars {
		for o := range p.Vars[v].Options {
			keep[v] = append(keep[v], true)
			for d := range p.Vars[v].Options {
				keep[v][o] = keep[v][o] && !dominates(p, v, d, o)
			}
		}
	}
	return func(v, o int) bool { return keep[v][o] }
}

func dominates(p *Problem, v, d, o int) bool {
	x, y := p.Vars[v].Options[o], p.Vars[v].Options[d]
	for _, l := range p.Limits {
		if useOf(l, v, d) != useOf(l, v, o) {
			return false
		}
	}
	return y.Class == x.Class && y.Money <= x.Money && y.Time <= x.Time && y.Carbon <= x.Carbon && (y != x || d < o)
}

func useOf(l Capacity, v, o int) int64 {
	for _, u := range l.Uses {
		if u.Var == v && u.Option == o {
			return u.Amount
		}
	}
	return 0
}

// seeded names a random problem, and what else was drawn, in messages: it is written out only when a test fails.
type seeded struct {
	seed uint64
	p    *Problem
	with any
}

func (s seeded) String() string { return fmt.Sprintf("seed %d, %+v: %+v", s.seed, s.with, s.p) }

func TestAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	feasible := 0
	for seed := range uint64(2000) {
		p := random(rand.New(rand.NewPCG(seed, 1)))
		want := brute(p, undominated(p))
		got, err := Solve(context.Background(), p, Limit{})
		name := seeded{seed, p, nil}
		require.Equal(t, want.Status, got.Status, name)
		if want.Status == Infeasible {
			var inf *InfeasibleError
			require.ErrorAs(t, err, &inf, name)
			continue
		}
		feasible++
		require.NoError(t, err, name)
		require.NoError(t, Verify(p, got), name)
		require.True(t, got.Stats.Ranked, name)
		got.Stats = Stats{}
		require.Equal(t, want, got, name)
	}
	require.Greater(t, feasible, 700)
}

// Small problems never need branching, so here searches are too narrow for anything else.
func TestBranchingAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(600) {
		p := random(rand.New(rand.NewPCG(seed, 5)))
		want := brute(p, undominated(p))
		sp := newSpent(context.Background(), Limit{Nodes: 1 << 40})
		sp.shrink = 10 + int(seed%4)
		got := answer(p, sp, firstInRank).solution(p)
		name := seeded{seed, p, nil}
		require.Equal(t, want.Status, got.Status, name)
		require.Equal(t, want.Value, got.Value, name)
		if want.Status == Optimal && got.Stats.Ranked {
			require.Equal(t, want.Choice, got.Choice, name)
		}
	}
}
