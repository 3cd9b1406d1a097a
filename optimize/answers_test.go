package optimize

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// every lists all plans of a problem, in the order of rank without setting any aside.
func every(p *Problem) []*Solution {
	var out []*Solution
	choice := make([]int, len(p.Vars))
	var rec func(v int)
	rec = func(v int) {
		if v == len(p.Vars) {
			if s := judge(p, choice); s != nil {
				out = append(out, s)
			}
			return
		}
		for o := range p.Vars[v].Options {
			choice[v] = o
			rec(v + 1)
		}
	}
	rec(0)
	slices.SortFunc(out, ranking(p))
	return out
}

func choices(list []*Solution) [][]int {
	var out [][]int
	for _, s := range list {
		out = append(out, s.Choice)
	}
	return out
}

func TestBestAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(900) {
		p := randomForms(rand.New(rand.NewPCG(seed, 22)))
		want := every(p)
		name := seeded{seed, p, nil}
		k := 1 + int(seed%9)
		got, err := Best(context.Background(), p, k, Limit{})
		if len(want) == 0 {
			var none *InfeasibleError
			require.ErrorAs(t, err, &none, name)
			continue
		}
		require.NoError(t, err, name)
		require.True(t, got.Complete, name)
		require.Equal(t, choices(want[:min(k, len(want))]), choices(got.Plans), name)
		for _, s := range got.Plans {
			require.NoError(t, Verify(p, s), name)
		}
		require.Equal(t, Optimal, got.Plans[0].Status)
		longer, err := Best(context.Background(), p, k+3, Limit{})
		require.NoError(t, err, name)
		require.Equal(t, choices(got.Plans), choices(longer.Plans)[:len(got.Plans)], name)
	}
}

func TestFrontAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	axes := [][]Aim{{Cost, Time}, {Time, Cost}, {Carbon, Time}, {Cost, Time, Carbon}, {Time, Carbon, Cost}}
	points := 0
	for seed := range uint64(700) {
		p := randomForms(rand.New(rand.NewPCG(seed, 23)))
		axes := axes[seed%uint64(len(axes))]
		q := *p
		q.Objective, q.Then = Objective{Aim: axes[0]}, axes[1:]
		want := unbeaten(every(&q), axes)
		name := seeded{seed, p, axes}
		got, err := Front(context.Background(), p, axes, Limit{})
		if len(want) == 0 {
			var none *InfeasibleError
			require.ErrorAs(t, err, &none, name)
			continue
		}
		require.NoError(t, err, name)
		require.True(t, got.Complete, name)
		require.Equal(t, rows(want, axes), rows(got.Points, axes), name)
		for _, s := range got.Points {
			require.Equal(t, Optimal, s.Status)
			if slices.Contains(rows([]*Solution{s}, axes[1:])[0], 0) { // a limit of zero would be none
				s = withBound(s)
			}
			require.NoError(t, Verify(within(q, s, axes), s), name)
		}
		points += len(want)
	}
	require.Greater(t, points, 600)
}

// within is the problem of which a point of a front is the optimum.
func within(q Problem, s *Solution, axes []Aim) *Problem {
	for _, a := range axes[1:] {
		switch a {
		case Cost:
			q.Budget = s.Money
		case Time:
			q.Deadline = s.Time
		case Carbon:
			q.CarbonCap = s.Carbon
		}
	}
	return &q
}

func rows(list []*Solution, axes []Aim) [][]int64 {
	var out [][]int64
	for _, s := range list {
		var row []int64
		for _, a := range axes {
			row = append(row, [...]int64{s.Money, s.Time, s.Carbon}[a])
		}
		out = append(out, row)
	}
	return out
}

// unbeaten keeps one of the plans of each point that no other beats; they come sorted by the axes.
func unbeaten(list []*Solution, axes []Aim) []*Solution {
	var out []*Solution
	points := rows(list, axes)
	for i := range list {
		beaten := false
		for j := range points {
			worse := false
			for a := range axes {
				worse = worse || points[j][a] > points[i][a]
			}
			beaten = beaten || !worse && (!slices.Equal(points[i], points[j]) || j < i)
		}
		if !beaten {
			out = append(out, list[i])
		}
	}
	return out
}

func TestDiverseAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	several := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 24))
		p := randomForms(r)
		d := Difference{Level: Level(r.IntN(3)), Vars: r.IntN(3), Disjoint: r.IntN(3) == 0}
		name := seeded{seed, p, d}
		got, err := Diverse(context.Background(), p, 4, d, Limit{})
		want := diverse(p, d, 4)
		if len(want) == 0 {
			require.Error(t, err, name)
			continue
		}
		require.NoError(t, err, name)
		require.True(t, got.Complete, name)
		several += len(want) - 1
		// Equal plans may be told apart differently here and there, and then what comes after differs: compare up to there.
		for i, s := range got.Plans {
			require.NoError(t, Verify(p, s), name)
			require.Less(t, i, len(want), name)
			require.Equal(t, want[i].Value, s.Value, name)
			require.True(t, apart(p, d, got.Plans[:i], s), name)
			if !slices.Equal(want[i].Choice, s.Choice) {
				break
			}
			require.Equal(t, i+1 == len(got.Plans), i+1 == len(want), name)
		}
	}
	require.Greater(t, several, 80)
}

func diverse(p *Problem, d Difference, k int) []*Solution {
	var out []*Solution
	for _, s := range every(p) {
		if len(out) < k && apart(p, d, out, s) {
			out = append(out, s)
		}
	}
	return out
}

// apart is the text at Difference.
func apart(p *Problem, d Difference, before []*Solution, s *Solution) bool {
	home := func(s *Solution, v int) int { return p.domain(d.Level, p.Vars[v].Options[s.Choice[v]].Class) }
	free := func(v int) bool {
		return slices.ContainsFunc(p.Vars[v].Options, func(o Option) bool {
			return p.domain(d.Level, o.Class) != p.domain(d.Level, p.Vars[v].Options[0].Class)
		})
	}
	for _, b := range before {
		differs, movable := 0, false
		for v := range p.Vars {
			movable = movable || free(v)
			if home(b, v) != home(s, v) {
				differs++
			}
			for u := range p.Vars {
				if d.Disjoint && free(v) && free(u) && home(s, v) == home(b, u) {
					return false
				}
			}
		}
		if d.Disjoint && !movable || !d.Disjoint && differs < max(1, d.Vars) {
			return false
		}
	}
	return true
}

func TestResolveAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	kept, moved := 0, 0
	for seed := range uint64(1200) {
		r := rand.New(rand.NewPCG(seed, 25))
		p := randomForms(r)
		s, err := Solve(context.Background(), p, Limit{})
		if err != nil {
			s = nil
		}
		c := randomChange(r, p)
		got, err := Resolve(context.Background(), p, s, c, Limit{})
		want := brute(p, c.allows(p))
		name := seeded{seed, p, c}
		if want.Status == Infeasible {
			var none *InfeasibleError
			require.ErrorAs(t, err, &none, name)
			continue
		}
		require.NoError(t, err, name)
		require.NoError(t, Verify(p, withBound(got)), name)
		require.Equal(t, want.Value, got.Value, name)
		require.Zero(t, compareTotals(want, got), name)
		require.Equal(t, Optimal, got.Status, name)
		for v, o := range got.Choice {
			require.True(t, c.allows(p)(v, o), name)
		}
		if got.Stats.Method == "kept" {
			kept++
			require.Equal(t, s.Choice, got.Choice)
		} else {
			moved++
		}
	}
	require.Greater(t, kept, 60)
	require.Greater(t, moved, 120)
}

// withBound is a solution of part of a problem as one of the whole: its bound does not hold there.
func withBound(s *Solution) *Solution {
	c := *s
	c.Status, c.Bound = Feasible, 0
	return &c
}

func randomChange(r *rand.Rand, p *Problem) Change {
	pick := func() Pick {
		v := r.IntN(len(p.Vars))
		return Pick{v, r.IntN(len(p.Vars[v].Options))}
	}
	var c Change
	for range r.IntN(4) {
		c.Remove = append(c.Remove, pick())
	}
	if r.IntN(3) == 0 {
		c.Block = append(c.Block, r.IntN(p.Classes))
	}
	if r.IntN(3) == 0 {
		c.Pin = append(c.Pin, pick())
	}
	return c
}

// allows is the text at Change.
func (c Change) allows(p *Problem) func(v, o int) bool {
	return func(v, o int) bool {
		for _, x := range c.Pin {
			if x.Var == v {
				return x.Option == o
			}
		}
		return !slices.Contains(c.Remove, Pick{v, o}) && !slices.Contains(c.Block, p.Vars[v].Options[o].Class)
	}
}

func TestExplainAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	seen := map[Reason]int{}
	for seed := range uint64(400) {
		p := randomForms(rand.New(rand.NewPCG(seed, 26)))
		s, err := Solve(context.Background(), p, Limit{})
		if err != nil {
			continue
		}
		all := func(int, int) bool { return true }
		got, err := Explain(context.Background(), p, s, 0, Limit{})
		require.NoError(t, err)
		for o, x := range got {
			name := seeded{seed, p, x}
			seen[x.Reason]++
			want := brute(p, func(v, i int) bool { return v != 0 || i == o })
			switch x.Reason {
			case Chosen:
				require.Equal(t, s.Choice[0], o, name)
			case Beaten:
				require.NotEqual(t, o, x.By, name)
			case Dearer:
				require.Equal(t, want.Value-s.Value, x.More, name)
				requireDrop(t, p, s, x, name)
			case Equal:
				require.Equal(t, want.Value, s.Value, name)
			case Broken:
				require.Equal(t, Infeasible, want.Status, name)
				keep := narrowed(everything(p), 0, func(i int) bool { return i == o })
				require.Equal(t, Infeasible, brute(only(restrict(p, keep).Problem, x.Breaks), all).Status, name)
				requireDrop(t, p, s, x, name)
			default:
				t.Fatal(name)
			}
		}
	}
	for r := Chosen; r <= Broken; r++ {
		require.Positive(t, seen[r], r)
	}
}

// requireDrop checks that an option draws level at its drop, and not at one less.
func requireDrop(t *testing.T, p *Problem, s *Solution, x Verdict, name seeded) {
	t.Helper()
	level := func(drop int64) bool {
		q := OptionPrice(p, Pick{0, x.Option})(p.Vars[0].Options[x.Option].Money - drop)
		got := brute(q, func(v, i int) bool { return v != 0 || i == x.Option })
		return got.Status == Optimal && got.Value <= s.Value
	}
	if x.Drop < 0 {
		if a := p.Objective.Aim; a == Cost || a == Blend {
			require.False(t, level(p.Vars[0].Options[x.Option].Money), name)
		}
		return
	}
	require.True(t, level(x.Drop), name)
	require.False(t, x.Drop > 0 && level(x.Drop-1), name)
}

func TestBreakEvenIsWhereThePlanFlips(t *testing.T) {
	t.Parallel()
	found := 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 27))
		p := randomForms(r)
		p.Then = nil
		if len(p.Edges) == 0 {
			continue
		}
		at, from, to := ScaleTariff(p, 0), int64(0), int64(5000)
		switch seed % 3 {
		case 1:
			at, from, to = EdgeSize(p, r.IntN(len(p.Edges))), 9_000_000, 0
		case 2:
			at, from, to = OptionPrice(p, Pick{0, 0}), 0, 1000
		}
		f, err := BreakEven(context.Background(), at, from, to, Limit{})
		if _, none := errors.AsType[*InfeasibleError](err); none {
			continue
		}
		require.NoError(t, err)
		if !f.Found {
			continue
		}
		found++
		step := int64(1)
		if to < from {
			step = -1
		}
		same := func(n int64) *Solution { return judge(at(n), f.Before.Choice) }
		all := func(int, int) bool { return true }
		require.Equal(t, brute(at(f.At-step), all).Value, same(f.At-step).Value, seed)
		if after := same(f.At); after != nil {
			require.Less(t, f.After.Value, after.Value, seed)
			require.Equal(t, brute(at(f.At), all).Value, f.After.Value, seed)
		}
	}
	require.Greater(t, found, 20)
}
