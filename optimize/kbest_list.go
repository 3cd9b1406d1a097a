package optimize

import "slices"

// list finds the k best plans by listing all of up to some value, which rises until there are k. With tight bounds few
// partial plans are looked at that do not end in one of these. ok is false if they were too many: then nothing is known.
// It is for problems that the core knows, whose value is not the makespan alone: that has too many equals.
func (ls *lister) list(k int) (plans []*tally, ok bool) {
	d := ls.bounded()
	if d == nil {
		return nil, false
	}
	width := 1024 + 64*k
	low, most, high := d.lower-1, d.lower+max(1, d.best.value-d.lower, d.best.value>>12), maxTotal
	for most > low { // at low there are too few, at high there are too many
		s := &search{m: d.m, bounds: d.kept, want: everyPlan, most: most, width: width, spent: ls.sp}
		_, cut := s.run()
		switch {
		case ls.sp.stopped:
			return nil, false
		case cut:
			high, most = most, low+(most-low)/2
		case len(s.all) >= k || most >= maxTotal:
			return ls.first(d.m, s.all, k), true
		default:
			low, most = most, min(high, most+further(most-d.lower, len(s.all), k))
			if most == high && high < maxTotal {
				most = low + (high-low)/2
			}
		}
	}
	return nil, false
}

// bounded bounds the problem with every choice in it; nil if list cannot have it, or no plan was met.
func (ls *lister) bounded() *dual {
	p := ls.p
	if formed(p) || len(p.Then) > 0 || p.Objective.Aim == Time || empty(everything(p)) {
		return nil
	}
	m := compile(p)
	m.unprune()
	if m.impossible || slices.ContainsFunc(m.nodes, func(n node) bool { return len(n.choices) == 0 }) {
		return nil
	}
	d := newDual(m)
	d.run(ls.sp, dualRounds)
	if d.best == nil || d.lower >= inf || ls.sp.stopped {
		return nil
	}
	return d
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
func (ls *lister) first(m *model, all []plan, k int) []*tally {
	out := make([]*tally, len(all))
	for i := range all {
		out[i] = ls.c.count(m.choice(&all[i]))
	}
	slices.SortFunc(out, ls.compare)
	return out[:min(k, len(out))]
}

// unprune puts back the choices that compile left out because others beat them.
func (m *model) unprune() {
	for i := range m.nodes {
		nd := &m.nodes[i]
		nd.choices, _ = setAside(m.p.Vars[nd.v], m.pr)
		for c := range nd.choices {
			at, _ := slices.BinarySearch(nd.classes, int(nd.choices[c].class))
			nd.choices[c].class = int32(at)
		}
	}
	m.tails()
	m.window()
}
