package optimize

import "slices"

// capped is p with one more limit on money, makespan or carbon, which may be zero, unlike those of a Problem: then a
// variable of its own, last in the order, uses up one unit. A limit below zero leaves a variable without options.
func capped(p *Problem, a Aim, most int64) *Problem {
	q := *p
	one := most == 0
	if most < 0 {
		q.Vars = append(slices.Clone(p.Vars), Var{Name: "limit below zero"})
		return &q
	}
	var limit *int64
	o := Option{}
	switch a {
	case Cost:
		limit, o.Money = &q.Budget, 1
	case Time:
		limit, o.Time = &q.Deadline, 1
	default:
		limit, o.Carbon = &q.CarbonCap, 1
	}
	*limit = min(orInf(*limit), max(1, most))
	if !one || len(p.Vars) == 0 {
		return &q
	}
	q.Vars = append(slices.Clone(p.Vars), Var{Name: "limit of zero", Options: []Option{o}})
	if a == Time {
		q.Edges = slices.Clone(p.Edges)
		for v := range p.Vars {
			q.Edges = append(q.Edges, Edge{From: len(p.Vars), To: v, Tariff: NoTariff})
		}
	}
	return &q
}

// aims is the order in which plans are compared: the objective, Then, and the ranking stated at Objective.
func (p *Problem) aims() []Aim {
	var stated []Aim
	for _, a := range append([]Aim{p.Objective.Aim}, p.Then...) {
		if !slices.Contains(stated, a) {
			stated = append(stated, a)
		}
	}
	return implied(stated)
}

// implied is the whole order of comparison after some aims.
func implied(aims []Aim) []Aim {
	out := slices.Clone(aims)
	for _, a := range [...]Aim{Cost, Time, Carbon} {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// answerThen solves for one aim after another, each under the best of those before as limits, until what is left is the
// ranking that the answer keeps anyway.
func answerThen(p *Problem, sp *spent) result {
	whole := p.aims()
	c := newCounter(p)
	q := *p
	q.Then = nil
	r := answer(&q, sp, firstInRank)
	if r.best == nil {
		return r
	}
	first, proved := r, r.lower >= r.value
	best := c.count(r.best.choice())
	cur := &q
	for i := 1; proved && i < len(whole) && !(r.ranked && slices.Equal(implied(whole[:i]), whole)); i++ {
		if whole[i-1] == Blend { // the last that was asked for, and no limit can hold it
			break
		}
		next := *capped(cur, whole[i-1], best.of(whole[i-1]))
		next.Objective = Objective{Aim: whole[i], PerHour: p.Objective.PerHour, PerKg: p.Objective.PerKg}
		cur = &next
		if r = answer(cur, sp, firstInRank); r.best == nil {
			proved = false
			break
		}
		proved = r.lower >= r.value
		best = c.count(r.best.choice()[:len(p.Vars)])
	}
	out := best.result(c.kept(), first.lower)
	out.method, out.agreed, out.ranked = first.method, proved, proved && r.ranked
	return out
}
