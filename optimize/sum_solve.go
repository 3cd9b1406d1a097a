package optimize

import "slices"

const (
	// maxTable bounds the cells of one table of an elimination, maxTables of all of them together: 32 MB.
	maxTable, maxTables = 1 << 21, 1 << 22
	// sweepWork is an elimination that costs less than a few sweeps, maxWork one that costs less than branching.
	sweepWork, maxWork = 1 << 19, 1 << 27
)

// summer solves sums.
type summer struct {
	kernel
	b               *builder
	rnd             shuffle
	swept, branched bool
	width, pairs    int
	whole           *trail // of the whole problem, if it was decided without giving up equals
	off             sumOff
}

// sumOff switches methods off, for tests that want to see the others at work.
type sumOff struct{ eliminate, sweep bool }

// quest looks for the best plan of a core, below a limit.
type quest struct {
	s        *summer
	c        *core
	tr       trail
	class    []int32 // by id: the best plan met; cost inf: none
	cost     int64
	limit    int64 // only plans that cost less matter, or as much if ties is set
	ties     bool  // keep all plans as good as the best
	lower    int64 // proved: no plan of the core, as it was given, costs less, but for those at limit
	depth    int
	fruitful bool // whether dead ends are worth looking for again
}

func (s *summer) quest(c *core, class []int32, limit int64, depth int) *quest {
	q := &quest{s: s, c: c, class: class, cost: c.cost(class), depth: depth, ties: depth == 0}
	q.limit = min(limit, q.cost)
	q.tr.work = &s.work
	return q
}

// run ends with the best plan, or when the work does; lower says which.
func (q *quest) run() {
	allowed, planned := sweepWork, 0
	for {
		if !q.s.reduce(q.c, &q.tr) {
			q.lower = inf
			return
		}
		q.lower = max(q.lower, min(q.limit, q.c.base))
		if size := q.c.size(); planned == 0 || size < planned*7/8 || len(q.c.vars) == 0 {
			planned = size
			if q.eliminate(allowed) || q.split() {
				return
			}
		}
		if q.s.over() {
			return
		}
		if q.s.off.sweep {
			q.branch()
			return
		}
		changed, done := q.tighten()
		if done {
			return
		}
		if changed {
			continue
		}
		planned = 0
		switch {
		case allowed < maxWork:
			allowed = min(maxWork, allowed*16)
		case q.ties:
			q.ties = false
		default:
			q.branch()
			return
		}
	}
}

// tighten takes out values by bounds and, where that fails or has paid before, dead ends. done: nothing better is left, or no
// work.
func (q *quest) tighten() (changed, done bool) {
	changed, done = q.sweeps()
	if done {
		return changed, true
	}
	if !changed || q.fruitful {
		size := q.c.size()
		dropped := q.endings()
		q.fruitful = dropped*16 > size
		changed = changed || dropped > 0
	}
	if changed && (!q.c.compact(nil) || !q.s.merge(q.c, &q.tr)) {
		q.lower = inf
		return true, true
	}
	return changed, false
}

// eliminate finishes the core off if that is cheap enough.
func (q *quest) eliminate(allowed int) bool {
	s, ok := q.c.plan(maxTable)
	if !ok || s.work > allowed || s.tables > maxTables || q.s.off.eliminate && len(q.c.vars) > 0 {
		return false
	}
	q.s.width = max(q.s.width, s.width)
	if !q.s.kernel.eliminate(q.c, s, &q.tr) {
		return false // out of work: the caller sees it
	}
	q.lower = max(q.lower, min(q.limit, q.c.base))
	if q.c.base < nowhere && (q.c.base < q.cost || q.depth == 0) {
		q.tr.decode(q.class)
		q.cost = q.c.base
		q.limit = min(q.limit, q.cost)
	}
	if q.c.base >= nowhere {
		q.lower = inf
	}
	if q.depth == 0 && q.ties {
		q.s.whole = &q.tr
	}
	return true
}

// bar is the least bound that makes a value useless: costs are multiples of the scale.
func (q *quest) bar() int64 {
	switch {
	case q.limit >= nowhere:
		return nowhere
	case q.ties:
		return q.limit + 1
	default:
		return q.limit - q.scale() + 1
	}
}

func (q *quest) scale() int64 {
	if len(q.c.factors) == 0 {
		return 1
	}
	return q.c.factors[0].t.scale
}

// offer takes a plan of what is left of the core, if it is better.
func (q *quest) offer(class []int32) {
	cost := q.c.cost(class)
	if cost >= q.cost {
		return
	}
	copy(q.class, class)
	q.tr.decode(q.class)
	q.cost = cost
	q.limit = min(q.limit, cost)
}

// sweeps bounds the core until some values can go, or the bound stands still. done: nothing better is left, or no work.
func (q *quest) sweeps() (changed, done bool) {
	q.s.swept = true
	sw := q.s.newSweep(q.c)
	cand := slices.Clone(q.class)
	size := q.c.size()
	mark := q.lower
	for round := 0; ; round++ {
		if q.s.over() {
			return false, true
		}
		low := inf
		if sw.forward() {
			low = sw.backward(q.bar(), q.held())
		}
		if low >= q.bar() {
			q.lower = max(q.lower, min(low, q.limit))
			return false, true
		}
		q.lower = max(q.lower, low)
		if round < 4 || round%8 == 0 {
			q.improve(sw, cand)
		}
		if sw.fixed*8 >= size || sw.joined*8 >= len(q.c.vars) {
			return true, false
		}
		if round%patience == patience-1 {
			if q.lower-mark <= (q.limit-mark)/64 || sw.fixed*32 >= size || sw.joined > 0 {
				return sw.fixed+sw.joined > 0, false
			}
			mark = q.lower
		}
	}
}

// patience is after how many sweeps the bound must have come nearer to the best plan.
const patience = 8

// improve looks for a better plan.
func (q *quest) improve(sw *sweep, cand []int32) {
	if sw.round(cand) {
		q.s.descend(q.c, cand)
		q.offer(cand)
	}
	if q.cost < nowhere {
		copy(cand, q.class)
		q.s.regrow(q.c, cand, &q.s.rnd)
		q.offer(cand)
	}
}

// held is the plan whose values must stay, nil if there is none.
func (q *quest) held() []int32 {
	if q.cost >= nowhere {
		return nil
	}
	return q.class
}

// split solves the parts of a core that falls apart.
func (q *quest) split() bool {
	parts := q.c.parts()
	if len(parts) < 2 {
		return false
	}
	q.ties = false
	class := slices.Clone(q.class)
	lows := make([]int64, len(parts))
	rest := q.c.base
	for i, p := range parts {
		lows[i] = p.floor()
		rest += lows[i]
	}
	cost := q.c.base
	for i, p := range parts {
		sub := q.s.quest(p, class, q.limit-rest+lows[i], q.depth+1)
		sub.lower = lows[i]
		sub.run()
		rest += sub.lower - lows[i]
		cost = min(inf, cost+sub.cost)
		if rest >= q.limit {
			break
		}
	}
	q.lower = max(q.lower, min(q.limit, rest))
	if cost < q.cost && rest < q.limit {
		copy(q.class, class)
		q.tr.decode(q.class)
		q.cost = cost
		q.limit = min(q.limit, cost)
	}
	return true
}

// floor is the least the variables cost by themselves.
func (c *core) floor() int64 {
	sum := c.base
	for i := range c.vars {
		sum = min(inf, sum+slices.Min(c.vars[i].own))
	}
	return sum
}

// parts are the pieces of a core that nothing joins; one or none if it is whole.
func (c *core) parts() []*core {
	of := make([]int32, len(c.vars))
	n := int32(0)
	for i := range c.vars {
		if of[i] > 0 {
			continue
		}
		n++
		of[i] = n
		for stack := []int32{int32(i)}; len(stack) > 0; {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			c.eachFactor(v, func(_, other int32) {
				if of[other] == 0 {
					of[other] = n
					stack = append(stack, other)
				}
			})
		}
	}
	if n < 2 {
		return nil
	}
	out, at := make([]*core, n), make([]int32, len(c.vars))
	for i := range out {
		out[i] = &core{}
	}
	for i := range c.vars {
		p := out[of[i]-1]
		at[i] = int32(len(p.vars))
		v := c.vars[i]
		v.in, v.out = nil, nil
		p.vars = append(p.vars, v)
	}
	for _, f := range c.factors {
		p := out[of[f.from]-1]
		f.from, f.to = at[f.from], at[f.to]
		p.factors = append(p.factors, f)
	}
	for _, p := range out {
		p.link()
	}
	return out
}

// branch splits the values of one variable: those that look best first.
func (q *quest) branch() {
	q.s.branched = true
	c := q.c
	at := 0
	for i := range c.vars {
		if v, w := &c.vars[i], &c.vars[at]; v.degree() > w.degree() || v.degree() == w.degree() && len(v.dom) > len(w.dom) {
			at = i
		}
	}
	belief, _ := q.s.newSweep(c).believe(at)
	sorted := slices.Sorted(slices.Values(belief))
	pivot := sorted[(len(sorted)-1)/3]
	if pivot == sorted[len(sorted)-1] {
		pivot-- // all alike
	}
	var good, bad []int32
	for x, b := range belief {
		if b <= pivot || len(good) == 0 && x == argmin(belief) {
			good = append(good, c.vars[at].dom[x])
		} else {
			bad = append(bad, c.vars[at].dom[x])
		}
	}
	lower := inf
	for _, keep := range [][]int32{good, bad} {
		d := c.clone()
		v := &d.vars[at]
		for x, a := range v.dom {
			if !slices.Contains(keep, a) {
				v.own[x] = inf
			}
		}
		if !d.compact(nil) {
			continue
		}
		class := slices.Clone(q.class)
		sub := q.s.quest(d, class, q.limit, q.depth+1)
		sub.lower = q.lower
		sub.run()
		if sub.cost < q.cost {
			copy(q.class, class)
			q.tr.decode(q.class)
			q.cost = sub.cost
			q.limit = min(q.limit, sub.cost)
		}
		lower = min(lower, sub.lower)
	}
	q.lower = max(q.lower, min(q.limit, lower))
}
