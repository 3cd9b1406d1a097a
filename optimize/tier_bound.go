package optimize

import "slices"

// volume is what a meter can be fed within a part, at least and at most.
type volume struct{ lo, hi int64 }

// line is a straight line under a meter's charge between two volumes: start at lo, rate per GB from there.
type line struct{ start, rate, lo int64 }

// under draws the steepest line from the charge at lo that stays under it up to hi, but for the rounding of the charge. A
// charge that gets cheaper by volume lies above its chord; where it gets dearer the first tier decides.
func (m *Meter) under(v volume) line {
	l := line{start: m.Charge(v.lo), lo: v.lo}
	if v.lo == v.hi {
		return l
	}
	rate := int64(-1)
	at := func(kb int64) {
		kb = min(kb, v.hi)
		if kb <= v.lo {
			return
		}
		if r := slope(m.Charge(kb)-l.start, kb-v.lo); rate < 0 || r < rate {
			rate = r
		}
	}
	var dearest int64
	for _, t := range m.Tiers {
		at(t.From - m.Used)
		dearest = max(dearest, t.Money)
	}
	at(v.hi)
	l.rate = min(rate, dearest) // over a few KB rounding can feign more
	return l
}

// slope is money per GB, rounded down.
func slope(money, kb int64) int64 {
	hi := money / kb
	if hi > maxTotal/kbPerGB {
		return maxTotal
	}
	return hi*kbPerGB + fraction(money%kb, kb)
}

// fraction is part/whole in units of 1/kbPerGB, rounded down; part < whole.
func fraction(part, whole int64) int64 {
	if fits(part, kbPerGB) {
		return part * kbPerGB / whole
	}
	return part / (whole/kbPerGB + 1)
}

// zero is where the line, drawn on, stands at no volume at all, rounded down.
func (l line) zero() int64 { return l.start - perGB(l.lo, l.rate) - 1 }

// flatten puts lines in place of meters: their rates go into the tariffs, the rest is a shift of money. A meter whose
// volume is fixed is exact: all of its charge is shift.
func (f *formSolver) flatten(rx *relaxed) {
	if len(f.p.Meters) == 0 {
		return
	}
	rx.Tariffs = slices.Clone(rx.Tariffs)
	rates := make([]int64, len(f.p.Meters))
	var shift, slack int64
	for m, v := range f.volumes(rx.subset) {
		l := f.p.Meters[m].under(v)
		rates[m] = l.rate
		if v.lo == v.hi {
			shift += l.start
		} else {
			shift, slack = shift+l.zero(), slack+1
		}
	}
	for i := range rx.Tariffs {
		rx.Tariffs[i] = flat(rx.Tariffs[i], rates)
	}
	if slack > 0 {
		slack += int64(len(f.p.Edges)) // each is rounded by itself
	}
	rx.Meters = nil
	rx.money(shift, slack)
}

// flat adds the rates of meters to a tariff.
func flat(t Tariff, rates []int64) Tariff {
	if t.Meter == nil {
		return t
	}
	money := slices.Clone(t.Money)
	if money == nil {
		money = make([]int64, len(t.Meter))
	}
	for i, m := range t.Meter {
		if m > 0 && money[i] >= 0 {
			money[i] += rates[m-1]
		}
	}
	t.Money, t.Meter = money, nil
	return t
}

// money corrects for money that the problem does not show: in the value, and in the budget.
func (rx *relaxed) money(shift, slack int64) {
	rx.exact = slack == 0
	aim := rx.Objective.Aim
	counts := aim == Cost || aim == Blend
	if counts {
		rx.shift, rx.slack = shift, slack
	}
	if rx.Budget > 0 {
		left := rx.Budget - shift + slack
		rx.Budget = 0
		rx.Problem = capped(rx.Problem, Cost, left)
		if left == 0 && counts {
			rx.shift-- // the unit that stands for a limit of zero
		}
	}
}

// volumes bounds what each meter is fed in a subset.
func (f *formSolver) volumes(s subset) []volume {
	out := make([]volume, len(f.p.Meters))
	classes := make([][]int, len(s.Vars))
	for v := range s.Vars {
		classes[v] = s.Vars[v].classes()
	}
	type output struct{ from, artifact int }
	seen := map[output]bool{}
	for i, e := range f.p.Edges {
		if e.Tariff == NoTariff || s.Tariffs[e.Tariff].Meter == nil || seen[output{e.From, e.Artifact}] {
			continue
		}
		to := [][]int{classes[e.To]}
		if e.Artifact > 0 {
			seen[output{e.From, e.Artifact}] = true
			to = to[:0]
			for _, o := range f.p.Edges[i:] {
				if o.From == e.From && o.Artifact == e.Artifact {
					to = append(to, classes[o.To])
				}
			}
		}
		f.feed(out, e, classes[e.From], to)
	}
	return out
}

// feed adds one output: for each meter the least and the most of its deliveries over the producer's classes.
func (f *formSolver) feed(out []volume, e Edge, from []int, to [][]int) {
	for m := range out {
		least, most := int64(-1), int64(0)
		for _, a := range from {
			lo, hi := f.deliveries(m, e.Tariff, a, to)
			if least < 0 || lo < least {
				least = lo
			}
			most = max(most, hi)
		}
		out[m].lo, out[m].hi = out[m].lo+max(0, least)*e.KB, out[m].hi+most*e.KB
	}
}

// deliveries counts how often an output from class a feeds a meter, at least and at most. Consumers that can be in one class
// only are counted by class.
func (f *formSolver) deliveries(m, tariff, a int, to [][]int) (lo, hi int64) {
	var fixed []int
	sure := false
	for _, classes := range to {
		all, some := true, false
		for _, b := range classes {
			fed := f.p.meterOf(tariff, a, b) == m
			all, some = all && fed, some || fed
		}
		switch {
		case !some:
		case len(classes) > 1:
			hi, sure = hi+1, sure || all
		case !slices.Contains(fixed, classes[0]):
			fixed = append(fixed, classes[0])
			lo, hi = lo+1, hi+1
		}
	}
	if sure {
		lo = max(lo, 1)
	}
	return lo, hi
}

// classes lists the classes of a variable's options, ascending.
func (v *Var) classes() []int {
	out := make([]int, len(v.Options))
	for i, o := range v.Options {
		out[i] = o.Class
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// splitClass splits a part whose meters are not fixed yet: one end of the largest edge in question is where the relaxed
// answer has it, or elsewhere. At the latest when every variable has one class, all meters are fixed.
func (f *formSolver) splitClass(pt *formPart, got *tally) []formPart {
	best, most := -1, int64(-1)
	for _, e := range f.p.Edges {
		if e.Tariff == NoTariff || f.p.Tariffs[e.Tariff].Meter == nil || e.KB <= most {
			continue
		}
		for _, v := range [...]int{e.From, e.To} {
			if e.KB > most && f.manyClasses(pt.keep[v], v) {
				best, most = v, e.KB
			}
		}
	}
	if best < 0 {
		return nil
	}
	options := f.p.Vars[best].Options
	here := options[got.choice[best]].Class
	var parts []formPart
	for _, same := range [...]bool{true, false} {
		keep := narrowed(pt.keep, best, func(o int) bool { return (options[o].Class == here) == same })
		parts = append(parts, pt.child(keep))
	}
	return parts
}

func (f *formSolver) manyClasses(keep []int, v int) bool {
	options := f.p.Vars[v].Options
	return slices.ContainsFunc(keep, func(o int) bool { return options[o].Class != options[keep[0]].Class })
}
