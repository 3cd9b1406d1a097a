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
	many            *many // set if the first so many plans are wanted, not one
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
	ties     bool  // keep all plans as good as the best, or as the limit if many are wanted
	lower    int64 // proved: no plan of the core, as it was given, costs less, but for those at limit
	depth    int
	fruitful bool   // whether dead ends are worth looking for again
	outer    *quest // of which this is a branch
	guessed  bool   // see guess
}

func (s *summer) quest(c *core, class []int32, limit int64, depth int) *quest {
	q := &quest{s: s, c: c, class: class, cost: c.cost(class), limit: limit, depth: depth, ties: depth == 0 || s.many != nil}
	if s.many == nil {
		q.limit = min(limit, q.cost)
	}
	q.tr.work = &s.work
	return q
}

// run ends with the best plan, or when the work does; lower says which.
func (q *quest) run() {
	planned := 0
	stage := stage{size: q.c.size() + 1, gap: inf}
	for {
		if !q.s.reduce(q.c, &q.tr) {
			q.lower = inf
			return
		}
		q.lower = max(q.lower, min(q.limit, q.c.base))
		if size := q.c.size(); planned == 0 || size < planned*7/8 || len(q.c.vars) == 0 {
			planned = size
			if q.eliminate(sweepWork) || q.split() {
				return
			}
		}
		if q.s.over() || !q.ties && q.lower >= q.limit {
			return
		}
		again, done := q.shrink(&stage)
		if !again && !done {
			planned = 0
			done = q.last()
		}
		if done {
			return
		}
	}
}

// last is what remains when nothing makes the core smaller: to ask for less, or to branch. done: nothing is left to do.
func (q *quest) last() (done bool) { return !q.fewer() && (q.s.over() || q.branch()) }

// shrink makes the core smaller, or finishes it off. again: it has become much smaller; done: nothing is left to do.
func (q *quest) shrink(s *stage) (again, done bool) {
	if !q.s.off.sweep {
		changed, done := q.tighten()
		if done {
			return false, true
		}
		if changed && s.next(q) || q.guess() {
			return true, false
		}
	}
	return false, q.eliminate(maxWork)
}

// fewer gives up plans that are only as good as the best. It is false if that was done, or must not be.
func (q *quest) fewer() bool {
	if !q.ties || q.s.many != nil || q.s.off.sweep {
		return false
	}
	q.ties = false
	return true
}

// stage is how far a quest has come.
type stage struct {
	size, idle int
	gap        int64
}

// next says whether it has come much further since.
func (s *stage) next(q *quest) bool {
	size, gap := q.c.size(), q.limit-q.lower
	if size > s.size-s.size/16 && gap > s.gap-s.gap/8 {
		s.idle++
		return s.idle%2 > 0
	}
	s.size, s.gap, s.idle = size, gap, 0
	return true
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
	c := q.c
	if len(c.sets) > 0 {
		if c = q.open(); c == nil {
			return false
		}
	}
	s, ok := c.plan(maxTable)
	if !ok || s.work > allowed || s.tables > maxTables || q.s.off.eliminate && q.c.size() > len(q.c.vars) {
		return false
	}
	q.c = c
	q.s.width = max(q.s.width, s.width)
	if !q.s.kernel.eliminate(q.c, s, &q.tr) {
		return false // out of work: the caller sees it
	}
	q.eliminated()
	return true
}

// eliminated takes the answer off a core that has been finished off.
func (q *quest) eliminated() {
	q.lower = max(q.lower, min(q.limit, q.c.base))
	if q.c.base < nowhere && (q.c.base < q.cost || q.depth == 0 && q.ties) {
		q.tr.decode(q.class)
		q.met(q.c.base)
	}
	q.s.many.list(q)
	if q.c.base >= nowhere {
		q.lower = inf
	}
	if q.depth == 0 && q.ties {
		q.s.whole = &q.tr
	}
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
	q.met(cost)
}

// met notes what the plan in class costs: what costs more does not matter any more, unless it is one of many.
func (q *quest) met(cost int64) {
	q.cost = cost
	if q.s.many != nil {
		cost = q.s.many.limit(q.class)
	}
	q.limit = min(q.limit, cost)
}

// sweeps bounds the core until some values can go, or the bound stands still. done: nothing better is left, or no work.
func (q *quest) sweeps() (changed, done bool) {
	q.s.swept = true
	sw := q.s.newSweep(q.c)
	cand := slices.Clone(q.class)
	size := q.c.size()
	mark, patient, little := q.lower, patience, int64(64)
	if len(q.c.sets) > 0 && q.guessed { // prices are shared out slowly
		patient *= 3
	} else if len(q.c.sets) > 0 {
		little = 8
	}
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
		sw.balance()
		if sw.fixed*8 >= size || sw.joined*8 >= len(q.c.vars) {
			return true, false // plans are easier to find among what is left
		}
		q.plans(sw, round, cand)
		if round%patient == patient-1 {
			if q.lower-mark <= (q.limit-mark)/little || round > mostSweeps || sw.fixed*32 >= size || sw.joined > 0 {
				return sw.fixed+sw.joined > 0, false
			}
			mark = q.lower
		}
	}
}

// plans looks for better plans now and then.
func (q *quest) plans(sw *sweep, round int, cand []int32) {
	if round < 2 || round%8 == 0 {
		q.improve(sw, cand)
	}
	if round%4 == 3 {
		q.glean()
	}
}

// mostSweeps is after how many sweeps something else is tried in any case.
const mostSweeps = 128

// patience is after how many sweeps the bound must have come nearer to the best plan.
const patience = 8

// improve looks for a better plan.
func (q *quest) improve(sw *sweep, cand []int32) {
	if sw.round(cand) {
		q.s.descend(q.c, cand)
		q.s.reopen(q.c, cand)
		q.offer(cand)
	}
	if q.cost < nowhere {
		copy(cand, q.class)
		q.s.regrow(q.c, cand, &q.s.rnd)
		q.s.reopen(q.c, cand)
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
	if q.s.many != nil || len(q.c.sets) > 0 {
		return false
	}
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
		q.met(cost)
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
