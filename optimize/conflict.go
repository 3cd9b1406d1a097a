package optimize

import "slices"

// explain finds why a problem has no plan, by leaving out one rule after another: a rule without which there still is no
// plan is left out for good, and what remains is a minimal conflict.
func explain(p *Problem, sp *spent) error {
	for v := range p.Vars {
		if len(p.Vars[v].Options) == 0 {
			return &InfeasibleError{Conflict: []Rule{{RuleOptions, v}}, Minimal: true}
		}
	}
	e := &InfeasibleError{Minimal: true, Conflict: rules(p)}
	for _, kind := range []RuleKind{RuleEdge, RuleGroup, RuleLimit} { // most often none of them is to blame
		rest := slices.DeleteFunc(slices.Clone(e.Conflict), func(r Rule) bool { return r.Kind == kind })
		if feasible(only(p, rest), sp) == Infeasible {
			e.Conflict = rest
		}
	}
	for i := 0; i < len(e.Conflict); {
		rest := slices.Delete(slices.Clone(e.Conflict), i, i+1)
		verdict := feasible(only(p, rest), sp)
		if verdict == Infeasible {
			e.Conflict = rest
			continue
		}
		e.Minimal = e.Minimal && verdict == Feasible
		i++
	}
	for _, r := range e.Conflict {
		if x, ok := relax(p, r, sp); ok {
			e.Relaxations = append(e.Relaxations, x)
		}
	}
	return e
}

// rules lists all rules of a problem. The limits come last, so that they are what is left out last and a conflict names
// them when it can.
func rules(p *Problem) []Rule {
	var out []Rule
	first := outputs(p)
	for i, e := range p.Edges {
		if first[i] == i && e.Tariff != NoTariff && slices.Contains(p.Tariffs[e.Tariff].Money, -1) {
			out = append(out, Rule{RuleEdge, i})
		}
	}
	for i := range p.Groups {
		out = append(out, Rule{RuleGroup, i})
	}
	for i := range p.Limits {
		out = append(out, Rule{RuleLimit, i})
	}
	if p.CarbonCap > 0 {
		out = append(out, Rule{Kind: RuleCarbon})
	}
	if p.Budget > 0 {
		out = append(out, Rule{Kind: RuleBudget})
	}
	if p.Deadline > 0 {
		out = append(out, Rule{Kind: RuleDeadline})
	}
	return out
}

// only is the problem under some of its rules.
func only(p *Problem, rules []Rule) *Problem {
	q := *p
	q.Groups, q.Limits = nil, nil
	q.Deadline, q.Budget, q.CarbonCap = 0, 0, 0
	q.Edges = slices.Clone(p.Edges)
	// A forbidden pair that is left out is free: what it would cost is not known.
	n := len(p.Tariffs)
	q.Tariffs = slices.Clone(p.Tariffs)
	for _, t := range p.Tariffs {
		t.Money = slices.Clone(t.Money)
		for i := range t.Money {
			t.Money[i] = max(0, t.Money[i])
		}
		q.Tariffs = append(q.Tariffs, t)
	}
	first := outputs(p)
	for i, e := range p.Edges {
		if e.Tariff != NoTariff && !slices.Contains(rules, Rule{RuleEdge, first[i]}) {
			q.Edges[i].Tariff = e.Tariff + n
		}
	}
	for _, r := range rules {
		q.keep(p, r)
	}
	return &q
}

// outputs gives for each edge the first edge of the same output: they move the same data, so one rule stands for all.
func outputs(p *Problem) []int {
	type output struct{ from, artifact int }
	seen := map[output]int{}
	first := make([]int, len(p.Edges))
	for i, e := range p.Edges {
		first[i] = i
		if e.Artifact == 0 {
			continue
		}
		if j, ok := seen[output{e.From, e.Artifact}]; ok {
			first[i] = j
		} else {
			seen[output{e.From, e.Artifact}] = i
		}
	}
	return first
}

func (p *Problem) keep(from *Problem, r Rule) {
	switch r.Kind {
	case RuleDeadline:
		p.Deadline = from.Deadline
	case RuleBudget:
		p.Budget = from.Budget
	case RuleCarbon:
		p.CarbonCap = from.CarbonCap
	case RuleGroup:
		p.Groups = append(p.Groups, from.Groups[r.Index])
	case RuleLimit:
		p.Limits = append(p.Limits, from.Limits[r.Index])
	}
}

// feasible says whether a problem has a plan: Feasible, Infeasible or Unknown.
func feasible(p *Problem, sp *spent) Status {
	q := *p
	q.Objective, q.Then = Objective{}, nil // under a deadline the easiest to bound
	switch r := answer(&q, sp, anyPlan); {
	case r.best != nil:
		return Feasible
	case r.lower >= inf:
		return Infeasible
	default:
		return Unknown
	}
}

// relax finds how little of one rule has to give, everything else kept; ok is false if that alone does not help.
func relax(p *Problem, r Rule, sp *spent) (x Relaxation, ok bool) {
	all := rules(p)
	q := only(p, slices.DeleteFunc(all, func(o Rule) bool { return o == r }))
	q.Then = nil
	switch r.Kind {
	case RuleDeadline:
		q.Objective = Objective{Aim: Time}
	case RuleBudget:
		q.Objective = Objective{}
	case RuleCarbon:
		q.Objective = Objective{Aim: Carbon}
	case RuleLimit:
		return relaxLimit(q, r, p.Limits[r.Index], sp)
	default:
		return Relaxation{Rule: r, Proved: true}, feasible(q, sp) == Feasible
	}
	got := answer(q, sp, firstInRank)
	if got.best == nil {
		return x, false
	}
	return Relaxation{r, got.value, got.lower >= got.value}, true
}

// relaxLimit finds the least that a limit must allow, by bisection; q has all the other rules.
func relaxLimit(q *Problem, r Rule, l Capacity, sp *spent) (x Relaxation, ok bool) {
	with := func(most int64) Status {
		l.Max = most
		try := *q
		try.Limits = append(slices.Clone(q.Limits), l)
		return feasible(&try, sp)
	}
	low, high := l.Max, l.Max // no plan at low
	for _, u := range l.Uses {
		high += u.Amount
	}
	if with(high) != Feasible {
		return x, false
	}
	proved := true
	for high-low > 1 {
		mid := low + (high-low)/2
		switch with(mid) {
		case Feasible:
			high = mid
		case Infeasible:
			low = mid
		default:
			low, proved = mid, false
		}
	}
	return Relaxation{r, high, proved}, true
}
