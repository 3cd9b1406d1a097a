package optimize

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidateNamesTheFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   string
		breaks func(p *Problem)
	}{
		{"classes", func(p *Problem) { p.Classes = -1 }},
		{"deadline -1", func(p *Problem) { p.Deadline = -1 }},
		{"unknown aim", func(p *Problem) { p.Objective.Aim = 9 }},
		{"zones: 1 entries", func(p *Problem) { p.Zones = []int{0} }},
		{"tariff 0 money: 3 entries", func(p *Problem) { p.Tariffs[0].Money = make([]int64, 3) }},
		{"tariff 0 fixed: entry 2 is -1", func(p *Problem) { p.Tariffs[0].Fixed[2] = -1 }},
		{"option 0: class 7", func(p *Problem) { p.Vars[1].Options[0].Class = 7 }},
		{"money -5", func(p *Problem) { p.Vars[0].Options[0].Money = -5 }},
		{"edge 1: from 1 to 1", func(p *Problem) { p.Edges[1].To = 1 }},
		{"edge 0: tariff 4", func(p *Problem) { p.Edges[0].Tariff = 4 }},
		{"edge 0: KB -1", func(p *Problem) { p.Edges[0].KB = -1 }},
		{"same artifact", func(p *Problem) {
			p.Edges[0].Artifact = 1
			p.Edges = append(p.Edges, Edge{From: 0, To: 2, KB: 5, Artifact: 1})
		}},
		{"cycle", func(p *Problem) { p.Edges = append(p.Edges, Edge{From: 2, To: 0}) }},
		{"group 0", func(p *Problem) { p.Groups = []Group{{Vars: []int{0, 0}}} }},
		{"min -2", func(p *Problem) { p.Groups = []Group{{Kind: Spread, Min: -2}} }},
		{"totals", func(p *Problem) { p.Vars[0].Options[0].Money = maxTotal - 1 }},
		{"totals", func(p *Problem) { p.Edges[0].KB = maxTotal }},
		{"totals", func(p *Problem) { p.Objective = Objective{Blend, 1 << 50, 0} }},
		{"limit 0", func(p *Problem) { p.Limits = []Capacity{{Max: -1}} }},
		{"option 9 of variable 1", func(p *Problem) { p.Limits = []Capacity{{Uses: []Use{{1, 9, 1}}}} }},
		{"listed twice", func(p *Problem) { p.Limits = []Capacity{{Uses: []Use{{1, 1, 1}, {1, 1, 1}}}} }},
		{"amounts", func(p *Problem) { p.Limits = []Capacity{{Uses: []Use{{1, 1, maxTotal}, {1, 2, 1}}}} }},
		{"amounts", func(p *Problem) { p.Limits = []Capacity{{Uses: []Use{{1, 1, -1}}}} }},
		{"tariff 0 meter: 2 entries", func(p *Problem) { p.Tariffs[0].Meter = make([]int, 2) }},
		{"tariff 0 meter: entry 3 is 1", func(p *Problem) { p.Tariffs[0].Meter = []int{0, 0, 0, 1, 0, 0, 0, 0, 0} }},
		{"meter 0", func(p *Problem) { p.Meters = []Meter{{Used: -1}} }},
		{"not ascending from 0", func(p *Problem) { p.Meters = []Meter{{Tiers: []Tier{{5, 1}}}} }},
		{"not ascending from 0", func(p *Problem) { p.Meters = []Meter{{Tiers: []Tier{{0, 1}, {0, 2}}}} }},
		{"totals", func(p *Problem) { p.Meters = []Meter{{Tiers: []Tier{{0, maxTotal}}}} }},
		{"then [7]", func(p *Problem) { p.Then = []Aim{7} }},
		{"not last", func(p *Problem) { p.Then = []Aim{Blend, Time} }},
		{"not last", func(p *Problem) { p.Objective.Aim, p.Then = Blend, []Aim{Cost} }},
	} {
		p := inset()
		c.breaks(p)
		_, err := Solve(context.Background(), p, Limit{})
		var e *ProblemError
		require.ErrorAs(t, err, &e, c.want)
		require.ErrorContains(t, err, c.want)
		require.Error(t, Verify(p, &Solution{}))
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	good := func() (*Problem, *Solution) { p := inset(); return p, must(t, p) }
	for _, c := range []struct {
		want   string
		breaks func(p *Problem, s *Solution)
	}{
		{"no plan", func(_ *Problem, s *Solution) { s.Status = Infeasible }},
		{"2 choices", func(_ *Problem, s *Solution) { s.Choice = s.Choice[:2] }},
		{"no option 4", func(_ *Problem, s *Solution) { s.Choice[1] = 4 }},
		{"value", func(_ *Problem, s *Solution) { s.Value++ }},
		{"time", func(_ *Problem, s *Solution) { s.Time-- }},
		{"carbon", func(_ *Problem, s *Solution) { s.Carbon++ }},
		{"bound", func(_ *Problem, s *Solution) { s.Bound-- }},
		{"deadline of 5", func(p *Problem, _ *Solution) { p.Deadline = 5 }},
		{"budget of 5", func(p *Problem, _ *Solution) { p.Budget = 5 }},
		{"forbidden", func(p *Problem, s *Solution) {
			p.Tariffs[0].Money[2] = -1
			s.Money -= 87_500
			s.Value -= 87_500
			s.Time -= 58_000
		}},
		{"limit 0", func(p *Problem, _ *Solution) { p.Limits = []Capacity{{Max: 2, Uses: []Use{{0, 0, 1}, {1, 3, 2}}}} }},
		{"money", func(p *Problem, _ *Solution) {
			p.Tariffs[0].Meter = []int{1, 1, 1, 1, 1, 1, 1, 1, 1}
			p.Meters = []Meter{{Tiers: []Tier{{0, 1_000}}}}
		}},
		{"is wrong", func(_ *Problem, s *Solution) {
			*s = Solution{Status: Optimal, Choice: []int{0, 2, 3}, Value: 92507180, Money: 92507180, Time: 36504880, Bound: 92507180}
		}},
		{"group 0", func(p *Problem, _ *Solution) { p.Groups = []Group{{Kind: Together, Level: Cloud, Vars: []int{0, 1}}} }},
		{"group 0", func(p *Problem, _ *Solution) { p.Groups = []Group{{Kind: Spread, Vars: []int{0, 1}, Min: 3}} }},
	} {
		p, s := good()
		c.breaks(p, s)
		require.ErrorContains(t, Verify(p, s), c.want)
	}
}

func TestEmptyProblem(t *testing.T) {
	t.Parallel()
	s := must(t, &Problem{})
	require.Empty(t, s.Choice)
	require.Zero(t, s.Value)
}
