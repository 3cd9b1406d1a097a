package optimize

// truth is what a search of a priced problem reckons its plans by: the price of a cap bounds them, and what they come to without it
// decides between them.
type truth struct {
	f    *formSolver
	keep [][]int
	n    needs // a budget that the cores know counts too: the priced problem is without
}

const (
	capWidth = 1 << 13 // partial plans per layer of a search under caps
	capFirst = 1 << 7  // and of one that is to find a plan
)

// settle searches a part whose only trouble are caps; false: it was too large. It may offer plans in any case.
func (f *formSolver) settle(pt *formPart) bool {
	if len(f.caps) == 0 || len(f.p.Limits)+len(f.p.Meters) > 0 {
		return false
	}
	for i := range f.p.Groups {
		if f.p.Groups[i].loose() {
			return false
		}
	}
	f.search(pt, capFirst, false)
	return f.search(pt, max(1, capWidth>>f.sp.shrink), true)
}

// search looks through the plans of a part that matter; false: not through all.
func (f *formSolver) search(pt *formPart, width int, proof bool) bool {
	rx := f.charged(pt)
	q := distinct(rx.Problem)
	d := newTdual(newTimed(q, true), f.sp, &prize{})
	d.all, d.rough = true, true
	if f.best != nil {
		d.cap = f.best.value - rx.shift + rx.slack
	}
	if !d.run(partRounds) {
		return true
	}
	if f.sp.stopped {
		return false
	}
	s := newTsearch(d, width)
	s.proof, s.sky = proof, false
	s.truth = &truth{f, pt.keep, needsOf(f.p, f.c.pr)}
	_, _, cut := s.run()
	return !cut
}

// over says that a partial plan of these totals exceeds a cap or is worse than the plan in hand. soonest bounds its makespan.
func (u *truth) over(c cost, soonest int64) bool {
	f := u.f
	if c.money > orInf(f.p.Budget) || c.carbon > orInf(f.p.CarbonCap) {
		return true
	}
	return f.best != nil && c.add+f.c.pr.time(soonest) > f.best.value
}

// cost is that of an option of a variable.
func (u *truth) cost(v int, o int32) cost {
	x := &u.f.p.Vars[v].Options[u.keep[v][o]]
	return u.f.c.pr.cost(x.Money, x.Carbon)
}

// take offers a plan.
func (u *truth) take(option []int32) {
	choice := make([]int, len(option))
	for v, o := range option {
		choice[v] = u.keep[v][o]
	}
	u.f.offer(u.f.c.count(choice))
}

// beats says that any completion of b is no better than the same completion of a, by the exchange argument of choice.beats.
func (u *truth) beats(s *tsearch, a, b *tlabel, n int) bool {
	if a.add > b.add || u.n.time && !a.sooner(b) || u.n.money && a.money > b.money || u.n.carbon && a.carbon > b.carbon {
		return false
	}
	switch {
	case a.add != b.add || u.f.want != firstInRank:
		return true
	case a.money != b.money:
		return a.money < b.money
	case !a.sooner(b):
		return false
	case a.carbon != b.carbon:
		return a.carbon < b.carbon
	}
	return s.earlier(a, b, n)
}

// sooner says that nothing ends later than in another label of the same state.
func (l *tlabel) sooner(b *tlabel) bool {
	if l.time > b.time {
		return false
	}
	for i, e := range l.end {
		if e > b.end[i] {
			return false
		}
	}
	return true
}
