package optimize

import "slices"

// Limits on money and carbon that no core knows are treated as capacities whose use is what a plan comes to: options use
// their own money or carbon, and edges some on top.

// ownCap drops a limit on what a problem minimises: the best plan keeps it, or none does. ok is false without such a limit.
func ownCap(p *Problem) (without *Problem, most int64, ok bool) {
	q := *p
	switch aim := p.Objective.Aim; {
	case aim == Carbon && p.CarbonCap > 0:
		q.CarbonCap = 0
		return &q, p.CarbonCap, true
	case aim == Cost && p.Budget > 0 && p.Deadline == 0:
		q.Budget = 0
		return &q, p.Budget, true
	}
	return p, 0, false
}

// upTo is the result if plans of more than some value do not count.
func (r result) upTo(most int64) result {
	if r.best != nil && r.value > most {
		r.best, r.value, r.ranked = nil, 0, false
	}
	if r.lower > most {
		r.lower = inf
	}
	return r
}

// caps lists what else is limited that no core knows.
func caps(p *Problem) (out []Aim) {
	aim := p.Objective.Aim
	timed := needsOf(p, newPricer(p.Objective)).time
	if p.Budget > 0 && !(timed && (aim == Cost || aim == Time)) {
		out = append(out, Cost)
	}
	if p.CarbonCap > 0 {
		out = append(out, Carbon)
	}
	return out
}

// addCaps notes the caps behind the limits.
func (f *formSolver) addCaps() {
	for k := range f.p.Limits {
		f.most = append(f.most, f.p.Limits[k].Max)
	}
	f.use = slices.Clone(f.c.use)
	for _, a := range f.caps {
		use := make([][]int64, len(f.p.Vars))
		for v := range use {
			for _, o := range f.p.Vars[v].Options {
				use[v] = append(use[v], o.of(a))
			}
		}
		f.use = append(f.use, use)
		if a == Cost {
			f.most = append(f.most, f.p.Budget)
		} else {
			f.most = append(f.most, f.p.CarbonCap)
		}
	}
}

// of is an option's money or carbon.
func (o *Option) of(a Aim) int64 {
	if a == Carbon {
		return o.Carbon
	}
	return o.Money
}

// used is what a choice uses of limits and caps.
func (f *formSolver) used(t *tally) []int64 {
	out := slices.Clone(t.used)
	for _, a := range f.caps {
		out = append(out, t.of(a))
	}
	return out
}

// strip drops what the cores do not know, but for meters.
func (f *formSolver) strip(q *Problem) {
	q.Limits = nil
	q.Groups = slices.DeleteFunc(slices.Clone(q.Groups), func(g Group) bool { return g.loose() })
	if slices.Contains(f.caps, Cost) {
		q.Budget = 0
	}
	q.CarbonCap = 0
}

// splitCap splits a part whose relaxed answer exceeds a cap: the variable that adds most to it, with its edges, is in the class
// where it is now, or elsewhere; or uses less than it does now, or not. No parts: the part has one plan.
func (f *formSolver) splitCap(pt *formPart, got *tally, k int) []formPart {
	a := f.caps[k-len(f.p.Limits)]
	best, most := -1, int64(-1)
	for v, list := range pt.keep {
		if n := f.adds(a, v, got.choice); len(list) > 1 && n > most {
			best, most = v, n
		}
	}
	if best < 0 {
		return nil
	}
	now, use := got.choice[best], f.use[k][best]
	options := f.p.Vars[best].Options
	tests := []func(o int) bool{
		func(o int) bool { return options[o].Class == options[now].Class },
		func(o int) bool { return use[o] >= use[now] },
		func(o int) bool { return o == now },
	}
	for _, test := range tests {
		in, out := narrowed(pt.keep, best, test), narrowed(pt.keep, best, func(o int) bool { return !test(o) })
		if len(in[best]) > 0 && len(out[best]) > 0 {
			return []formPart{pt.child(out), pt.child(in)}
		}
	}
	return nil
}

// child is a part of a part.
func (pt *formPart) child(keep [][]int) formPart {
	return formPart{keep, pt.lower, slices.Clone(pt.price), pt.depth + 1}
}

// adds is what a variable and its edges add to money or carbon.
func (f *formSolver) adds(a Aim, v int, choice []int) int64 {
	sum := f.p.Vars[v].Options[choice[v]].of(a)
	for _, i := range f.c.at[v] {
		e := f.p.Edges[i]
		c, _, _ := f.c.pr.move(f.p, e, f.p.Vars[e.From].Options[choice[e.From]].Class, f.p.Vars[e.To].Options[choice[e.To]].Class)
		if sum += c.money; a == Carbon {
			sum += c.carbon - c.money
		}
	}
	return sum
}

// addRates charges edges for what they add to caps. An edge is rounded by itself, and so is its charge.
func (f *formSolver) addRates(rx *relaxed, weights []int64) {
	var kb int64
	for _, e := range f.p.Edges {
		kb += e.KB
	}
	room := min(maxTotal>>3/(kb/kbPerGB+1), 1<<60/(kb+1))
	rx.Tariffs = slices.Clone(rx.Tariffs)
	for i, a := range f.caps {
		w := weights[len(f.p.Limits)+i]
		if w == 0 {
			continue
		}
		for n := range rx.Tariffs {
			f.addRate(&rx.Tariffs[n], &f.p.Tariffs[n], a, rx.Objective.Aim, w, room)
		}
		rx.slack += int64(len(f.p.Edges)) * (w>>(priceBits+1) + 2)
	}
}

// addRate adds a weight on what one aim sees of a tariff to what another sees.
func (f *formSolver) addRate(t, whole *Tariff, a, aim Aim, w, room int64) {
	from, to := whole.Money, t.Money
	if a == Carbon {
		from = whole.Carbon
	}
	if aim == Carbon {
		to = t.Carbon
	}
	if from == nil {
		return
	}
	if to = slices.Clone(to); to == nil {
		to = make([]int64, len(from))
	}
	for i, x := range from {
		if x > 0 && to[i] >= 0 {
			to[i] += min(room, scaleDown(x, w))
		}
	}
	if aim == Carbon {
		t.Carbon = to
	} else {
		t.Money = to
	}
}

// cramped is the first loose group that has too few domains in a choice, or nil.
func (f *formSolver) cramped(t *tally) *Group {
	for i := range f.p.Groups {
		if g := &f.p.Groups[i]; g.loose() && !g.spread(f.p, t.choice) {
			return g
		}
	}
	return nil
}

// splitSpread splits a part whose relaxed answer has a group in too few domains: some member is in another. So in the first part
// the first is; in the second the second is and the first is not; and so on.
func (f *formSolver) splitSpread(pt *formPart, got *tally, g *Group) (parts []formPart) {
	var seen []int
	for _, v := range g.Vars {
		seen = append(seen, f.p.domain(g.Level, f.p.Vars[v].Options[got.choice[v]].Class))
	}
	keep := pt.keep
	for _, v := range g.Vars {
		among := func(o int) bool { return slices.Contains(seen, f.p.domain(g.Level, f.p.Vars[v].Options[o].Class)) }
		if out := narrowed(keep, v, func(o int) bool { return !among(o) }); len(out[v]) > 0 {
			parts = append(parts, pt.child(out))
		}
		keep = narrowed(keep, v, among)
	}
	return parts
}
