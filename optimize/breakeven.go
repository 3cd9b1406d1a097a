package optimize

import (
	"context"
	"slices"
)

// Flip is where the best plan changes.
type Flip struct {
	// Found is false if the plan before stays the best all the way.
	Found bool
	// At is the first value at which a plan is better than Before, or Before is no plan any more; one step earlier Before is
	// still the best.
	At int64
	// Before is the best plan at the start, After the best at At, with their values there. After is nil without a plan.
	Before, After *Solution
}

// BreakEven moves one number from one value to another and finds where the best plan changes: the price of egress, say, at
// which a stage moves. at gives the problem for a number; variables and options must stay the same. It bisects,
// which finds the change if there is one only: as holds for numbers that money, time or carbon grow with. See
// ScaleTariff, EdgeSize and OptionPrice for such numbers.
//
// An index that does not exist makes the problem malformed. The errors are those of Solve at from, or an UnfinishedError when a plan on the way could not be proved. lim bounds each
// solve by itself.
func BreakEven(ctx context.Context, at func(n int64) *Problem, from, to int64, lim Limit) (*Flip, error) {
	before, err := Solve(ctx, at(from), lim)
	if err != nil {
		return nil, err
	}
	if before.Status != Optimal {
		return nil, &UnfinishedError{Nodes: before.Stats.Nodes, Cause: context.Cause(ctx)}
	}
	flip := &Flip{Before: before}
	last, err := beatenAt(ctx, at(to), before.Choice, lim)
	if err != nil || !last.beaten {
		return flip, err
	}
	flip.Found = true
	for distance(from, to) > 1 {
		mid := from + (to-from)/2
		got, err := beatenAt(ctx, at(mid), before.Choice, lim)
		switch {
		case err != nil:
			return nil, err
		case got.beaten:
			to, last = mid, got
		default:
			from = mid
		}
	}
	flip.At, flip.After = to, last.by
	return flip, nil
}

func distance(a, b int64) int64 { return max(a, b) - min(a, b) }

// duel is what became of a plan.
type duel struct {
	beaten bool
	by     *Solution // nil: no plan is left at all
}

// beatenAt says whether a plan is no longer best in p, or no longer a plan.
func beatenAt(ctx context.Context, p *Problem, choice []int, lim Limit) (duel, error) {
	best, err := Solve(ctx, p, lim)
	if best == nil {
		return duel{}, err
	}
	switch best.Status {
	case Infeasible:
		return duel{beaten: true}, nil
	case Optimal:
	default:
		return duel{}, &UnfinishedError{Nodes: best.Stats.Nodes, Cause: context.Cause(ctx)}
	}
	keep := make([][]int, len(choice))
	for v, o := range choice {
		keep[v] = []int{o}
	}
	r := answer(restrict(p, keep).Problem, newSpent(ctx, lim), firstInRank)
	return duel{r.best == nil || r.value > best.Value, best}, nil
}

// ScaleTariff gives p with the money of one tariff, and of the meters it feeds, at so many thousandths, half up.
func ScaleTariff(p *Problem, tariff int) func(permille int64) *Problem {
	scale := func(money, permille int64) int64 {
		switch {
		case money <= 0:
			return money
		case !fits(money, permille):
			return maxTotal
		}
		return min(maxTotal, (money*permille+500)/1000)
	}
	return func(permille int64) *Problem {
		q := *p
		if tariff < 0 || tariff >= len(p.Tariffs) { // an edge with that tariff makes Validate name it
			q.Edges = append(slices.Clone(p.Edges), Edge{Tariff: tariff})
			return &q
		}
		q.Tariffs, q.Meters = slices.Clone(p.Tariffs), slices.Clone(p.Meters)
		t := &q.Tariffs[tariff]
		t.Money = slices.Clone(t.Money)
		for i, m := range t.Money {
			t.Money[i] = scale(m, permille)
		}
		for m := range q.Meters {
			if !slices.Contains(t.Meter, m+1) {
				continue
			}
			q.Meters[m].Tiers = slices.Clone(q.Meters[m].Tiers)
			for i := range q.Meters[m].Tiers {
				q.Meters[m].Tiers[i].Money = scale(q.Meters[m].Tiers[i].Money, permille)
			}
		}
		return &q
	}
}

// EdgeSize gives p with one edge moving so many KB, together with all other edges of the same output.
func EdgeSize(p *Problem, edge int) func(kb int64) *Problem {
	return func(kb int64) *Problem {
		q := *p
		q.Edges = slices.Clone(p.Edges)
		if edge < 0 || edge >= len(p.Edges) { // an edge from nowhere makes Validate fail
			q.Edges = append(q.Edges, Edge{From: -1, To: -1})
			return &q
		}
		of := p.Edges[edge]
		for i, e := range p.Edges {
			if i == edge || of.Artifact > 0 && e.From == of.From && e.Artifact == of.Artifact {
				q.Edges[i].KB = kb
			}
		}
		return &q
	}
}

// OptionPrice gives p with one option at so many micro-dollars.
func OptionPrice(p *Problem, x Pick) func(money int64) *Problem {
	return func(money int64) *Problem {
		q := *p
		q.Vars = slices.Clone(p.Vars)
		if !x.exists(p) { // a limit on it makes Validate name it
			q.Limits = append(slices.Clone(p.Limits), Capacity{Name: "option price", Uses: []Use{{x.Var, x.Option, 0}}})
			return &q
		}
		q.Vars[x.Var].Options = slices.Clone(p.Vars[x.Var].Options)
		q.Vars[x.Var].Options[x.Option].Money = money
		return &q
	}
}
