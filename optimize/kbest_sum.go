package optimize

import (
	"cmp"
	"slices"
)

// best is Best where the value is a sum. Its core is solved once, for all plans up to a value that k of them do not
// exceed; these are then listed off the elimination, where no partial plan is looked at in vain, see sum_many.go. nil: there
// is no plan, or the problem is of another form, or too many plans are equal.
func (s *summer) best(p *Problem, k int) *Ranking {
	if k < 1 || !listable(p) {
		return nil
	}
	sp := s.sp
	b, c := s.begin(p)
	if impossible(p) {
		return nil
	}
	s.many = newMany(p, k, b, c)
	q := s.start(c)
	q.run()
	var plans [][]int
	done := false
	if !sp.stopped {
		plans, done = s.many.pick(&s.work)
	}
	switch {
	case len(plans) >= k || done && len(plans) > 0:
	case sp.stopped && q.cost < nowhere:
		plans, done = [][]int{s.many.cheapest(q.class)}, false
	default:
		return nil
	}
	if !done && !sp.stopped && s.pairs <= maxSearched { // too many equals: those of a small problem can be told apart
		return nil
	}
	return s.ranking(plans, q.lower, done)
}

// listable says whether best knows the form of a problem.
func listable(p *Problem) bool {
	blend := p.Objective.Aim != Blend && slices.Contains(p.Then, Blend)
	return !blend && !formed(p) && isPairs(p) && !empty(everything(p))
}

// cheapest is the plan of the first option of each class.
func (m *many) cheapest(class []int32) []int {
	choice := make([]int, len(class))
	for v := range choice {
		choice[v] = int(m.options(v, class[v])[0])
	}
	return choice
}

// ranking puts plans into the order of rank and cuts it off. done: there are no others as good as these.
func (s *summer) ranking(plans [][]int, lower int64, done bool) *Ranking {
	p := s.b.p
	add := newEquals(p, s.b.pr, nil)
	all := make([]Solution, len(plans))
	options := 0
	for _, v := range p.Vars {
		options += len(v.Options)
	}
	for i, choice := range plans {
		add.choice = choice
		all[i] = add.total()
		all[i].Choice, all[i].Status = choice, Feasible
		all[i].Stats = Stats{Method: s.method(), Nodes: s.sp.nodes, Ranked: done, Options: options, Kept: options}
	}
	aims := p.aims()
	slices.SortFunc(all, func(a, b Solution) int {
		c := 0
		for _, aim := range aims {
			c = cmp.Or(c, cmp.Compare(a.of(aim), b.of(aim)))
		}
		return cmp.Or(c, slices.Compare(a.Choice, b.Choice))
	})
	out := &Ranking{Complete: done}
	for i := range all[:min(len(all), s.many.k)] {
		a := &all[i]
		if a.Bound = ceilDiv(lower, s.b.scale); len(s.many.lists) > 0 {
			a.Bound = all[0].Value
		}
		if a.Bound = max(0, min(a.Bound, a.Value)); a.Bound == a.Value {
			a.Status = Optimal
		}
		out.Plans = append(out.Plans, a)
	}
	return out
}

// of is the total that an aim looks at; that of Blend is the value.
func (s *Solution) of(a Aim) int64 {
	switch a {
	case Cost:
		return s.Money
	case Time:
		return s.Time
	case Carbon:
		return s.Carbon
	default:
		return s.Value
	}
}
