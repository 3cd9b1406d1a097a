package optimize

import "slices"

// mend moves a choice that exceeds limits towards one that keeps them: each time the change of one variable that costs least for
// what it takes off the excess, as far as the variable and its edges show. What it reaches is offered.
func (f *formSolver) mend(pt *formPart, t *tally) {
	if f.excessOf(t) == 0 {
		return
	}
	t = &tally{choice: slices.Clone(t.choice), used: slices.Clone(t.used)}
	for was := f.excessOf(t); was > 0; {
		bestVar, bestOption, rate := -1, 0, 0.0
		for v := range pt.keep {
			if !f.uses(t, v) {
				continue
			}
			now, _ := f.local(t.choice, v, t.choice[v])
			for _, o := range pt.keep[v] {
				less := was - f.moved(t, v, o)
				if less <= 0 {
					continue
				}
				cost, ok := f.local(t.choice, v, o)
				if r := float64(max(0, cost-now)) / less; ok && (bestVar < 0 || r < rate) {
					bestVar, bestOption, rate = v, o, r
				}
			}
		}
		if bestVar < 0 {
			return
		}
		f.move(t, bestVar, bestOption)
		was = f.excessOf(t)
	}
	if t = f.c.count(t.choice); f.best == nil || t.before(f.best) {
		f.confirm(t)
	}
}

// local is what a variable's option and its edges cost, or take if only time counts; ok is false where an edge forbids it.
func (f *formSolver) local(choice []int, v, o int) (sum int64, ok bool) {
	pr := f.c.pr
	x := f.p.Vars[v].Options[o]
	sum = pr.cost(x.Money, x.Carbon).add + pr.time(x.Time)
	for _, i := range f.c.at[v] {
		e := f.p.Edges[i]
		from, to := f.p.Vars[e.From].Options[choice[e.From]].Class, x.Class
		if e.From == v {
			from, to = x.Class, f.p.Vars[e.To].Options[choice[e.To]].Class
		}
		c, time, lawful := pr.move(f.p, e, from, to)
		if !lawful {
			return 0, false
		}
		sum += c.add + pr.time(time)
	}
	return sum, true
}

// move changes one variable, and what is used.
func (f *formSolver) move(t *tally, v, o int) {
	for k := range t.used {
		if use := f.c.use[k][v]; use != nil {
			t.used[k] += use[o] - use[t.choice[v]]
		}
	}
	t.choice[v] = o
}

// excessOf adds up by how much limits are exceeded, each relative to its size.
func (f *formSolver) excessOf(t *tally) float64 {
	sum := 0.0
	for k, n := range t.used {
		sum += f.excessAt(k, n)
	}
	return sum
}

func (f *formSolver) excessAt(k int, used int64) float64 {
	most := f.p.Limits[k].Max
	return float64(max(0, used-most)) / float64(most+1)
}

// moved is the excess after a change.
func (f *formSolver) moved(t *tally, v, o int) float64 {
	sum := 0.0
	for k, n := range t.used {
		if use := f.c.use[k][v]; use != nil {
			n += use[o] - use[t.choice[v]]
		}
		sum += f.excessAt(k, n)
	}
	return sum
}

// uses says that a variable uses a limit that is exceeded.
func (f *formSolver) uses(t *tally, v int) bool {
	for k, n := range t.used {
		if use := f.c.use[k][v]; use != nil && use[t.choice[v]] > 0 && n > f.p.Limits[k].Max {
			return true
		}
	}
	return false
}

// confirm has the core check a choice for the rules that mend does not look at, and offers it.
func (f *formSolver) confirm(t *tally) {
	keep := make([][]int, len(t.choice))
	for v, o := range t.choice {
		keep[v] = []int{o}
	}
	q := restrict(f.p, keep).Problem
	f.strip(q)
	q.Meters, q.Budget = nil, 0
	if answer(q, f.sp, anyPlan).best != nil {
		f.offer(t)
	}
}
