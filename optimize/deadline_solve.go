package optimize

import "slices"

const (
	timedRounds = 300 // steps on the price of time before anything else
	partRounds  = 60  // and in a part
	timedBeam   = 64  // partial plans per layer when looking for a plan
	timedWidth  = 4096
	timedLine   = 32       // times as many on a chain, where they are quick to compare
	timedRoom   = 48 << 20 // bytes of open parts beyond which the search goes depth first
	timedDense  = 40       // choices per stage that make a search too dear
)

// timedAnswer solves problems of one sum and one makespan.
func timedAnswer(p *Problem, sp *spent, want goal) result {
	r := newTimedRun(p, sp)
	r.any, r.d.strict = want == anyPlan, p.Objective.Aim == Time || want == bestValue
	r.solve()
	if p.Objective.Aim == Time && want == firstInRank && r.best != nil && r.lower >= r.best.value {
		return r.cheapest()
	}
	return r.result()
}

// cheapest finds the first in rank among the fastest plans: the cheapest that is as fast.
func (r *timedRun) cheapest() result {
	q := *r.p
	q.Objective, q.Deadline, q.Budget = Objective{Aim: Cost}, max(1, r.best.value), 0
	again := newTimedRun(&q, r.sp)
	again.root.deadline = r.best.value
	first := *r.best
	first.value = first.sum
	again.best = &first
	again.solve()
	out := again.result()
	out.ranked = again.lower >= again.best.value
	out.value, out.lower, out.method = r.best.value, r.lower, r.method()
	return out
}

// timedRun is one solve.
type timedRun struct {
	p  *Problem
	sp *spent
	*prize
	root   *timed
	d      *tdual
	lower  int64
	bound  bool // the bound met the plan at once
	kept   int
	width  int  // tests narrow it
	any    bool // any plan will do
	mended bool // the plan in hand has been mended
}

func newTimedRun(p *Problem, sp *spent) *timedRun {
	r := &timedRun{p: p, sp: sp, root: newTimed(p, false), prize: &prize{}, width: max(1, timedWidth>>sp.shrink)}
	r.kept = r.root.size()
	r.d = newTdual(r.root, sp, r.prize)
	return r
}

// solve raises the bound until it meets the plan: under a value that rises from the bound, so that most of the work is done
// with a value close to the optimum, where nearly all choices are excluded.
func (r *timedRun) solve() {
	if r.root.budget < inf && r.d.t.pr.aim == Time {
		r.d.frugal()
	}
	if !r.d.run(timedRounds) {
		r.lower = r.proved()
		return
	}
	r.lower = r.d.lower
	if r.bound = r.d.done(); !r.bound && !r.sp.stopped {
		r.search(r.d, timedBeam, false)
	}
	if r.sp.stopped {
		return
	}
	if r.best == nil {
		if r.under(inf - 1) {
			r.lower = r.proved()
		}
		return
	}
	r.rise()
}

// rise is solve once there is a plan.
func (r *timedRun) rise() {
	for step := int64(0); !r.sp.stopped && !r.any; step *= 2 {
		step = max(step, 1, (r.best.value-r.lower)/256)
		most := min(r.d.limit(), r.lower+step)
		if most >= r.lower && !r.under(most) {
			return
		}
		if r.best.value <= most || r.d.strict && r.best.value <= most+1 {
			r.lower = r.best.value
			return
		}
		r.lower = max(r.lower, most+1)
	}
}

// look is stop for work that comes in large pieces: the context is asked each time.
func (s *spent) look() bool {
	if s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stop()
}

// proved is the bound when nothing is left to look at.
func (r *timedRun) proved() int64 {
	if r.best == nil {
		return inf
	}
	return r.best.value
}

// under finds the first in rank of the plans of at most a value, if there are any; false: the work ended before.
func (r *timedRun) under(most int64) bool {
	d := r.part(r.d)
	d.cap = most
	ok := d.run(partRounds)
	return !ok || r.branch(d)
}

// wide is how wide to search a part: the fewer choices, the wider.
func (r *timedRun) wide(d *tdual) int {
	return max(1, min(r.width, r.width*8*len(d.t.nodes)/d.t.size()))
}

// branch splits a part into smaller ones, until each is searched or excluded. Of those that wait, the one with the lowest bound and
// the newest take turns: the one raises the bound, the other leads to plans.
func (r *timedRun) branch(first *tdual) bool {
	tries := 0
	for queue := []*tdual{first}; len(queue) > 0; tries++ {
		at, room := 0, int64(0)
		for i := range queue {
			room += queue[i].room
			if queue[i].lower < queue[at].lower {
				at = i
			}
		}
		r.lower = max(r.lower, min(queue[at].lower, r.proved(), first.cap+1))
		if tries%2 == 1 || room > timedRoom {
			at = len(queue) - 1
		}
		if tries == mendAfter && r.best != nil && !r.mended && !first.lined() {
			r.mended = true
			r.mend()
		}
		if r.sp.stopped {
			return false
		}
		d := queue[at]
		queue = slices.Delete(queue, at, at+1)
		if d.lower > d.limit() || r.search(d, r.wide(d), true) {
			continue
		}
		if r.sp.stopped {
			return false
		}
		if tries&(tries-1) == 0 {
			r.search(d, timedBeam, false)
		}
		queue = append(queue, r.halves(d)...)
	}
	return !r.sp.stopped
}

// halves splits a part, and gives those that may hold a plan that matters.
func (r *timedRun) halves(d *tdual) (parts []*tdual) {
	cut := d.cut()
	for _, want := range []bool{true, false} {
		h := r.part(d)
		h.rough, h.lower = true, d.lower
		h.s.shrink(h.t.shrink(func(i, c int) bool { return i != cut.node || cut.low(&h.t.nodes[i].choices[c]) == want }))
		if h.run(partRounds) {
			h.shop, h.room = nil, h.t.room()
			parts = append(parts, h)
		}
	}
	return parts
}

// part is a dual for a copy of another's problem, started from its best price and messages.
func (r *timedRun) part(of *tdual) *tdual {
	t := of.t.copy()
	d := &tdual{t: t, prize: r.prize, s: of.s.copy(t), shop: newShop(t), sp: r.sp, cap: of.cap, strict: of.strict, all: of.all, windowed: -1}
	if d.perMs, d.scale, d.roomT = of.perMs, of.scale, of.roomT; t.forest { // no message is worth keeping there
		d.measure()
	}
	n := len(of.bestAt) - 1
	d.paths, d.lam, d.pi = slices.Clone(of.paths), make([]float64, len(of.paths)), of.bestAt[n]
	copy(d.lam, of.bestAt[:n])
	d.dir = make([]float64, len(d.paths))
	d.mean, d.swing = slices.Clone(of.mean), slices.Clone(of.swing)
	return d
}

// search looks for plans of a part; false: it was too narrow to see all that matter.
func (r *timedRun) search(d *tdual, width int, proof bool) bool {
	if d.lined() {
		return r.meet(d, proof)
	}
	if !(d.t.line && proof) && d.t.size() > timedDense*len(d.t.nodes) {
		return false
	}
	if d.t.line && proof {
		width *= timedLine
	}
	s := newTsearch(d, width)
	s.proof = proof
	option, l, cut := s.run()
	if option != nil {
		r.offer(d.t.newTplan(option, l.sum, l.time))
	}
	return !cut
}

// meet is search on a chain. Without proof it begins narrow, as long as better plans make the problem much smaller.
func (r *timedRun) meet(d *tdual, proof bool) bool {
	for {
		width, size := lineWidth, d.t.size()
		if !proof {
			width = min(lineBeam, max(16, 8*lineBeam*len(d.t.nodes)/size))
		}
		found, exact := newTline(d).meet(r.sp, max(1, width>>r.sp.shrink), proof)
		if found != nil {
			r.offer(found)
		}
		if proof || exact || found == nil || r.sp.stopped {
			return exact
		}
		d.sweep(d.top)
		if d.t.size() > size/2 {
			return false
		}
	}
}

// method names what closed the problem.
func (r *timedRun) method() string {
	switch {
	case r.bound:
		return "bound"
	case r.root.line:
		return "chain"
	default:
		return "deadline"
	}
}

// result writes a solve down in the terms of Solve.
func (r *timedRun) result() result {
	out := result{lower: r.lower, kept: r.kept, method: r.method()}
	if r.best == nil {
		return out
	}
	pl := &plan{option: r.best.option, cost: r.best.cost, time: r.best.time, value: r.best.value}
	out.best, out.value = pl, pl.value
	out.ranked = r.lower >= pl.value && !r.d.strict
	return out
}
