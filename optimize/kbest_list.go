package optimize

import "slices"

// list finds the k best plans by listing all of up to some value, which rises until there are k. With tight bounds few
// partial plans are looked at that do not end in one of these. ok is false if they were too many: then nothing is known.
// It is for problems that a core knows, whose value is not the makespan alone: that has too many equals.
func (ls *lister) list(k int) (plans []*tally, ok bool) {
	r := ls.bounded()
	if r == nil {
		return nil, false
	}
	least, best := r.d.lower, r.best.value
	low, most, high := least-1, least+max(1, best-least, best>>12), maxTotal
	for most > low { // at low there are too few, at high there are too many
		all, cut := r.all(most, 1024+64*k)
		switch {
		case ls.sp.stopped:
			return nil, false
		case cut:
			high, most = most, low+(most-low)/2
		case len(all) >= k || most >= maxTotal:
			return ls.first(all, k), true
		default:
			low, most = most, min(high, most+further(most-least, len(all), k))
			if most == high && high < maxTotal {
				most = low + (high-low)/2
			}
		}
	}
	return nil, false
}

// bounded bounds the problem with every choice in it; nil if list cannot have it, or no plan was met.
func (ls *lister) bounded() *timedRun {
	p := ls.p
	if formed(p) || impossible(p) || len(p.Then) > 0 || p.Objective.Aim == Time || empty(everything(p)) {
		return nil
	}
	r := &timedRun{p: p, sp: ls.sp, root: newTimed(p, true), prize: &prize{}}
	r.d = newTdual(r.root, ls.sp, r.prize)
	r.d.all = true
	if !r.d.run(timedRounds) || r.best == nil || ls.sp.stopped {
		return nil
	}
	return r
}

// all lists the plans of at most a value, by options. cut: they are too many.
func (r *timedRun) all(most int64, width int) (plans [][]int, cut bool) {
	d := r.part(r.d)
	d.cap = most
	if !d.run(partRounds) {
		return nil, false
	}
	s := newTsearch(d, width)
	s.all, s.proof, s.sky = true, true, false
	_, _, cut = s.run()
	return s.plans, cut
}

// further is how much to raise a value that is so far above the bound, and has found so many plans: the less is missing, the
// smaller the step, since plans lie ever denser.
func further(far int64, found, k int) int64 {
	switch {
	case found >= k/2:
		return far/4 + 1
	case found >= k/4:
		return far/2 + 1
	case found >= k/10:
		return far
	default:
		return 2 * far
	}
}

// first counts and ranks what was listed.
func (ls *lister) first(all [][]int, k int) []*tally {
	out := make([]*tally, len(all))
	for i := range all {
		out[i] = ls.c.count(all[i])
	}
	slices.SortFunc(out, ls.compare)
	return out[:min(k, len(out))]
}
