package optimize

import (
	"slices"
)

// This file solves what the core does not know, limits and meters, by branch and bound around it. A part of the problem
// keeps some options of each variable. Relaxed, it is a problem without limits, whose meters are straight lines under
// the true charge (tier_bound.go); the limits are also priced in (capacity_bound.go). If the relaxed answer keeps the
// limits and is charged exactly, the part is closed; if not it is split, by who may use a limit, or by a class.

// formPart is a part of the problem, with a bound on its plans.
type formPart struct {
	keep  [][]int
	lower int64
	price []float64 // of limits, where its parent left off
	depth int
}

// formSolver is the work on one problem with limits or meters.
type formSolver struct {
	p    *Problem // marked
	c    *counter
	caps []Aim       // see forms_caps.go
	use  [][][]int64 // by limit and cap, see amounts
	most []int64     // by limit and cap
	sp   *spent
	want goal
	best *tally
}

// formed says that a problem needs more than the core.
func formed(p *Problem) bool {
	return len(p.Limits)+len(p.Meters)+len(caps(p)) > 0 || slices.ContainsFunc(p.Groups, func(g Group) bool { return g.loose() })
}

// answerForms solves a problem with limits or meters. What is the fastest or cleanest is seldom one plan only: then the first
// in rank is found as the cheapest among them.
func answerForms(p *Problem, sp *spent, want goal) result {
	aim := p.Objective.Aim
	if want != firstInRank || aim != Time && aim != Carbon {
		return solveForms(p, sp, want)
	}
	r := solveForms(p, sp, bestValue)
	if r.best == nil || r.lower < r.value {
		return r
	}
	q := *p
	q.Objective = Objective{Aim: Cost}
	again := answer(capped(&q, aim, r.value), sp, firstInRank)
	if again.best == nil {
		return r
	}
	c := newCounter(p)
	out := c.count(again.best.choice()[:len(p.Vars)]).result(c.kept(), r.lower)
	out.ranked = again.ranked && again.lower >= again.value
	return out
}

func solveForms(p *Problem, sp *spent, want goal) result {
	f := &formSolver{p: withMarks(p), sp: sp, want: want}
	f.c, f.caps = newCounter(f.p), caps(p)
	f.addCaps()
	lower := f.run(f.unbeaten())
	return f.best.result(f.c.kept(), lower)
}

// unbeaten lists the options that are not set aside, nor beaten; what beats another may use more of a limit.
func (f *formSolver) unbeaten() [][]int {
	keep := make([][]int, len(f.p.Vars))
	for v := range keep {
		kept, _ := setAside(f.p.Vars[v], f.c.pr)
		if len(f.p.Limits) == 0 {
			kept = prune(kept, needsOf(f.p, f.c.pr))
		}
		for _, o := range kept {
			keep[v] = append(keep[v], int(o.index))
		}
		slices.Sort(keep[v])
	}
	return keep
}

// run goes through the parts, the lowest bound first, and gives the bound that is left.
func (f *formSolver) run(keep [][]int) int64 {
	lower := inf
	queue := []formPart{{keep: keep, price: make([]float64, len(f.most))}}
	for len(queue) > 0 && !(f.want == anyPlan && f.best != nil) {
		at := 0
		for i := range queue {
			if queue[i].lower < queue[at].lower {
				at = i
			}
		}
		pt := queue[at]
		if f.closes(pt.lower) {
			break
		}
		if f.sp.stop() {
			return min(lower, pt.lower)
		}
		queue = slices.Delete(queue, at, at+1)
		parts, closed := f.part(&pt)
		if len(parts) == 0 && !closed {
			lower = min(lower, pt.lower)
		}
		queue = append(queue, parts...)
	}
	return lower
}

// closes says that plans of at least this value do not matter any more.
func (f *formSolver) closes(lower int64) bool {
	return lower >= inf || f.best != nil && (lower > f.best.value || f.want != firstInRank && lower == f.best.value)
}

// part bounds a part, and closes or splits it.
func (f *formSolver) part(pt *formPart) (parts []formPart, closed bool) {
	if !f.tighten(pt) {
		return nil, true
	}
	rx := f.relax(pt)
	r := answer(rx.Problem, f.sp, firstInRank)
	if r.best == nil {
		pt.lower = max(pt.lower, rx.bound(r.lower))
		return nil, r.lower >= inf
	}
	pt.lower = max(pt.lower, rx.bound(r.lower))
	got := f.c.count(rx.lift(r.best.choice()))
	f.offer(got)
	switch {
	case f.closes(pt.lower):
		return nil, true
	case rx.exact && r.ranked && (got.within(f.p) || f.best != nil && f.best.before(got)):
		return nil, true
	case r.lower < r.value: // cut short
		return nil, false
	}
	return f.splits(pt, got, rx.exact)
}

// splits splits a part by what is wrong with the best of its relaxation.
func (f *formSolver) splits(pt *formPart, got *tally, exact bool) (parts []formPart, closed bool) {
	if len(f.over(got)) > 0 {
		if near := f.priced(pt); near != nil && len(f.over(near)) > 0 {
			got = near
		}
		if f.closes(pt.lower) || f.settle(pt) {
			return nil, true
		}
		parts = f.split(pt, got, f.over(got))
		return parts, len(parts) == 0
	}
	if g := f.cramped(got); g != nil {
		parts = f.splitSpread(pt, got, g)
		return parts, len(parts) == 0
	}
	if !exact {
		return f.splitClass(pt, got), false
	}
	return nil, false
}

// offer takes a choice as the incumbent if it keeps the rules and ranks first.
func (f *formSolver) offer(t *tally) {
	if t.within(f.p) && (f.best == nil || t.before(f.best)) {
		f.best = t
	}
}

// result puts a tally as the cores put their answers.
func (t *tally) result(kept int, lower int64) result {
	r := result{kept: kept, lower: lower, method: "forms"}
	if t == nil {
		return r
	}
	pl := &plan{cost: cost{money: t.money, carbon: t.carbon}, time: t.time, value: t.value, option: make([]int32, len(t.choice))}
	for v, o := range t.choice {
		pl.option[v] = int32(o)
	}
	r.best, r.value = pl, t.value
	r.ranked = lower > t.value
	r.lower = min(lower, t.value)
	return r
}

// relaxed is a problem that the core can solve and whose value, corrected, bounds that of a part.
type relaxed struct {
	subset
	shift int64 // to add to its value
	slack int64 // what rounding may have added to its value
	exact bool  // but for the limits it is the part itself
}

func (rx *relaxed) bound(lower int64) int64 {
	if lower >= inf {
		return inf
	}
	return max(0, lower+rx.shift-rx.slack)
}

// relax drops the limits and makes straight lines of the meters.
func (f *formSolver) relax(pt *formPart) relaxed {
	rx := relaxed{subset: restrict(f.p, pt.keep), exact: true}
	f.strip(rx.Problem)
	f.flatten(&rx)
	return rx
}
