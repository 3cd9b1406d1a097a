package optimize

import (
	"context"
	"slices"
)

// Difference is how alternatives must differ.
type Difference struct {
	// Level is the domain looked at; the zero value is Zone.
	Level Level
	// Vars is in how many variables, at least, a plan must lie in another domain than each of the plans before it. 0: one.
	Vars int
	// Disjoint: variables that could lie in more than one domain must avoid those that any of the plans before used for
	// such variables. Vars does not count then.
	Disjoint bool
}

// Diverse finds up to k plans to fall back on: the first is Solve's, each further one the best of those that differ from
// all before as much as d asks. lim bounds the whole call. Errors are as for Best.
func Diverse(ctx context.Context, p *Problem, k int, d Difference, lim Limit) (*Ranking, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sp, c := newSpent(ctx, lim), newCounter(p)
	out := &Ranking{Complete: true}
	s := restrict(p, everything(p))
	for len(out.Plans) < k && out.Complete && !empty(s.keep) {
		r := answer(s.Problem, sp, firstInRank)
		out.Complete = r.lower >= inf || r.best != nil && r.lower >= r.value
		if r.best == nil {
			break
		}
		t := c.count(s.lift(r.best.choice()))
		out.add(t, c.kept(), p, out.Complete, sp.nodes)
		if d.Disjoint {
			keep := d.avoid(p, s.keep, t.choice)
			if keep == nil { // nothing can move
				break
			}
			s = restrict(p, keep)
		} else {
			s.Problem = d.limit(p, s.Problem, t.choice)
		}
	}
	if len(out.Plans) == 0 && k > 0 {
		return nil, failure(ctx, p, sp, lim)
	}
	return out, nil
}

// limit adds to q that a plan has the domains of an earlier one in all variables but Vars at most.
func (d Difference) limit(p, q *Problem, choice []int) *Problem {
	same := Capacity{Name: "difference", Max: int64(len(p.Vars) - max(1, d.Vars))}
	for v, o := range choice {
		home := p.domain(d.Level, p.Vars[v].Options[o].Class)
		for i, x := range p.Vars[v].Options {
			if p.domain(d.Level, x.Class) == home {
				same.Uses = append(same.Uses, Use{v, i, 1})
			}
		}
	}
	with := *q
	with.Limits = append(slices.Clone(q.Limits), same)
	if same.Max < 0 { // more differences than variables
		with.Vars = append(slices.Clone(q.Vars), Var{})
	}
	return &with
}

// avoid leaves variables that have a choice of domains none that such a variable has in the plan; nil: there are no such.
func (d Difference) avoid(p *Problem, keep [][]int, choice []int) [][]int {
	domain := func(v, o int) int { return p.domain(d.Level, p.Vars[v].Options[o].Class) }
	free := func(v int) bool {
		for o := range p.Vars[v].Options {
			if domain(v, o) != domain(v, 0) {
				return true
			}
		}
		return false
	}
	var used []int
	for v, o := range choice {
		if free(v) {
			used = append(used, domain(v, o))
		}
	}
	if len(used) == 0 {
		return nil
	}
	for v := range keep {
		if free(v) {
			keep = narrowed(keep, v, func(o int) bool { return !slices.Contains(used, domain(v, o)) })
		}
	}
	return keep
}
