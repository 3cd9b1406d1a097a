package optimize

import (
	"math"
	"math/bits"
)

// tdual looks for the price of time that makes the bound high, and on the way drops choices that no plan worth having can
// contain, and improves the plan in hand. The prices are floats, but only advice: see price.
type tdual struct {
	t    *timed
	s    *tsweep
	shop *shop
	sp   *spent
	*prize
	lower int64  // no plan has a lower value, as far as cap goes
	cap   int64  // plans above this value do not matter
	peak  int64  // the best that a step of this dual gave
	top   *price // the price that gave it
	// strict: only plans better than the best matter, not its equals.
	strict bool
	all    bool  // all plans up to cap matter
	rough  bool  // little time is spent on plans
	room   int64 // bytes, of a part that waits

	scale     int64
	roomT     int64
	windowed  int64 // the horizon of the last window, if nothing changed since
	perMs     float64
	low, high *support // see aim
	paths     []path
	lam       []float64 // objective units per millisecond
	dir       []float64 // the last direction
	pi        float64   // milliseconds per unit of the sum, for Aim Time
	piDir     float64
	bestAt    []float64 // lam and pi at top
	// mean is, by node, the time it took in the plans of late, and swing how far plans strayed from it.
	mean, swing []float64
}

func newTdual(t *timed, sp *spent, pz *prize) *tdual {
	d := &tdual{t: t, prize: pz, s: newTsweep(t), shop: newShop(t), sp: sp, cap: inf - 1, windowed: -1, mean: make([]float64, len(t.nodes)), swing: make([]float64, len(t.nodes))}
	d.measure()
	return d
}

// measure chooses units for weights, as fine as the sizes of sums and times allow.
func (d *tdual) measure() {
	t := d.t
	var sum, time int64
	for i := range t.nodes {
		var a, b int64
		for c := range t.nodes[i].choices {
			a, b = max(a, t.sum(&t.nodes[i].choices[c])), max(b, t.nodes[i].choices[c].time)
		}
		sum, time = sum+a, time+b
	}
	for e := range t.links {
		var a, b int64
		for k, w := range t.links[e].time {
			if w < inf {
				a, b = max(a, t.links[e].sum[k]), max(b, w)
			}
		}
		sum, time = sum+a, time+b
	}
	d.perMs = float64(t.pr.perHour) / msPerHour
	big := sum
	if t.pr.aim == Time {
		big = time
	}
	d.scale = min(1<<20, int64(1)<<max(0, 50-bits.Len64(uint64(big))))
	if d.perMs > 0 && t.pr.aim == Blend {
		d.scale = min(d.scale, max(1, int64(float64(int64(1)<<max(0, 50-bits.Len64(uint64(time))))/d.perMs)))
	}
	d.roomT = int64(1) << max(0, 54-bits.Len64(uint64(time)))
	if t.pr.aim == Time {
		d.roomT = int64(1) << max(0, 54-bits.Len64(uint64(sum)))
	}
}

// limit is the value above which plans do not matter.
func (d *tdual) limit() int64 {
	if d.best == nil || d.all {
		return d.cap
	}
	if d.strict {
		return min(d.cap, d.best.value-1)
	}
	return min(d.cap, d.best.value)
}

// horizon is the longest makespan that matters.
func (d *tdual) horizon() int64 {
	if d.t.pr.aim == Time {
		return min(d.t.deadline, d.limit())
	}
	return d.t.deadline
}

// price turns weights into whole numbers.
func (d *tdual) price(lam []float64, pi float64) *price {
	s := float64(d.scale)
	w := &price{sum: d.scale, gain: d.scale, unit: make([]int64, len(d.t.nodes)), flow: make([]int64, len(d.t.links))}
	most := d.roomT / int64(max(1, len(d.paths)))
	if d.t.pr.aim == Time {
		most = d.scale
	}
	var total int64
	for i, p := range d.paths {
		if i == len(lam) {
			break
		}
		l := whole(lam[i]*s, most)
		if l == 0 {
			continue
		}
		total += l
		for _, v := range p.nodes {
			w.unit[v] += l
		}
		for _, e := range p.links {
			w.flow[e] += l
		}
	}
	switch d.t.pr.aim {
	case Time:
		w.sum = 0
		if d.t.budget < inf {
			w.sum = whole(pi*s, d.roomT)
			w.spare = w.sum * d.t.budget
		}
		w.gain = max(1, total)
	case Blend:
		free := int64(d.perMs * s * shave)
		w.spare = d.scale/2 + 1
		if total > free {
			w.spare += (total - free) * d.t.deadline
		}
	default:
		w.spare = total * d.t.deadline
	}
	return w
}

// sweep bounds all plans at one price, and drops what the bound excludes. It gives the least weighted total.
func (d *tdual) sweep(w *price) int64 {
	d.s.load(w)
	total := d.s.backward(w)
	if total >= inf/2 {
		return total
	}
	most := w.most(d.limit())
	gone := 0
	keep := make([][]bool, len(d.t.nodes))
	d.s.forward(w, func(i int, base int64, belief []int64) {
		nd := &d.t.nodes[i]
		keep[i] = make([]bool, len(nd.choices))
		total = max(total, base+minOf(belief))
		for c := range nd.choices {
			ch := &nd.choices[c]
			b := belief[ch.class]
			keep[i][c] = b < inf/2 && base+b+d.t.weigh(w, i, ch)-d.s.own[i][ch.class] <= most
			if !keep[i][c] {
				gone++
			}
		}
	})
	d.drop(gone, keep, d.t.size()/6)
	return total
}

// drop carries out what a sweep found if it is enough to pay.
func (d *tdual) drop(gone int, keep [][]bool, enough int) {
	if gone > 0 && gone >= enough {
		d.windowed = -1
		d.s.shrink(d.t.shrink(func(i, c int) bool { return keep[i][c] }))
	}
}

// window drops choices that cannot end in time even if all else is as quick as can be. false: some stage has none left.
func (d *tdual) window() bool {
	keep, gone, ok := d.t.window(d.horizon())
	if ok {
		d.drop(gone, keep, 1+d.t.size()/50)
	}
	return ok
}

// take makes a decoded plan keep the rules, improves it and offers it.
func (d *tdual) take(pick []int32) {
	s := d.shop
	if !s.set(pick) {
		return
	}
	switch d.t.pr.aim {
	case Time:
		if d.t.budget < inf && !s.save(d.t.budget) {
			return
		}
		s.hurry(0, d.t.budget)
		if d.t.budget < inf {
			s.thrift(s.makespan)
			s.hurry(0, d.t.budget)
		}
	default:
		if !s.hurry(d.t.deadline, inf) {
			return
		}
		s.thrift(min(d.t.deadline, s.makespan))
		if d.t.perMs() == 0 {
			s.thrift(d.t.deadline)
		}
	}
	if s.makespan <= d.t.deadline && s.sum <= d.t.budget {
		d.offer(s.plan())
	}
}

// timely says that the makespan counts.
func (t *timed) timely() bool { return t.deadline < inf || t.perMs() > 0 }

// perMs is the objective's price of a millisecond, 0 without one.
func (t *timed) perMs() float64 { return float64(t.pr.perHour) / msPerHour }

// climb is how the steps of a dual go: how long they are, and for how many of them the bound has not risen, by much or at all.
type climb struct {
	step        float64
	idle, since int
}

// run takes up to rounds steps, and stops earlier when bound and plan meet or the bound stands still. false: no plan of at
// most cap exists.
func (d *tdual) run(rounds int) bool {
	c := climb{step: 1}
	for r := range rounds {
		if !d.narrow() {
			d.lower = inf
			return false
		}
		if d.sp.look() {
			return true
		}
		w := d.price(d.lam, d.pi)
		total := d.sweep(w)
		if total >= inf/2 {
			d.lower = inf
			return false
		}
		got := w.value(total)
		if got > d.limit() {
			d.lower = max(d.lower, got)
			return false
		}
		d.note(&c, w, got)
		if c.idle++; d.done() || c.idle > d.patience() || c.step < 1e-4 {
			return true
		}
		d.s.load(w) // choices may have gone
		if pick := d.s.decode(w); pick != nil && !d.follow(pick, w, total, c.step, r) {
			return true
		}
	}
	return true
}

// patience is how many steps may bring little.
func (d *tdual) patience() int {
	if d.rough {
		return 6
	}
	return 24
}

// narrow shrinks the windows when the horizon has come nearer. false: nothing fits them.
func (d *tdual) narrow() bool {
	if d.horizon() == d.windowed {
		return true
	}
	if !d.window() {
		return false
	}
	d.windowed = d.horizon()
	return true
}

// note keeps prices that raise the bound. When none has for a while, it goes back to the best, with shorter steps.
func (d *tdual) note(c *climb, w *price, got int64) {
	if got > d.peak || d.top == nil {
		if d.top == nil || got-d.peak > max(1, min(d.peak/20000, (d.limit()-d.peak)/32)) {
			c.idle = 0
		}
		d.peak, d.lower, d.top, c.since = got, max(d.lower, got), w, 0
		d.bestAt = append(append(d.bestAt[:0], d.lam...), d.pi)
		return
	}
	if c.since++; c.since < 4 || d.straight() {
		return
	}
	c.step, c.since = c.step/2, 0
	d.lam = append(d.lam[:0], d.bestAt[:len(d.bestAt)-1]...)
	d.pi = d.bestAt[len(d.bestAt)-1]
	for len(d.lam) < len(d.paths) {
		d.lam = append(d.lam, 0)
	}
	clear(d.dir)
}

// follow takes the step of round r that a plan shows, and in some rounds mends the plan. false: no step is left.
func (d *tdual) follow(pick []int32, w *price, total int64, step float64, r int) bool {
	if !d.shop.set(pick) {
		return true
	}
	d.remember()
	more := true
	switch {
	case !d.t.timely(): // no price to find
	case d.straight():
		more = d.aim(w, total)
	default:
		d.move(w.value(total), step)
	}
	if (!d.rough || r == 3) && (r < 10 || r%4 == 0) && (r > 12 || d.near()) {
		d.take(pick)
	}
	return more
}

// remember notes the times of the plan in the shop.
func (d *tdual) remember() {
	for i := range d.mean {
		off := float64(d.t.nodes[i].choices[d.shop.pick[i]].time) - d.mean[i]
		d.mean[i] += float64(off * 0.1)
		d.swing[i] = float64(0.9*d.swing[i]) + float64(0.1*math.Abs(off))
	}
}

// frugal looks for a plan within the budget where the sum alone counts.
func (d *tdual) frugal() {
	w := &price{sum: d.scale, gain: 1, unit: make([]int64, len(d.t.nodes)), flow: make([]int64, len(d.t.links))}
	w.sum = min(w.sum, d.roomT)
	d.s.load(w)
	for range 8 {
		if d.s.backward(w) >= inf/2 {
			return
		}
		if pick := d.s.decode(w); pick != nil {
			d.take(pick)
		}
		if d.t.forest {
			return
		}
		d.s.forward(w, nil)
	}
}

func (d *tdual) done() bool { return d.best != nil && d.lower >= d.best.value }

// shave takes off more than floats can be wrong by: the weights of paths must not exceed what the objective pays for.
const shave = 1 - 1e-9

func whole(w float64, most int64) int64 {
	if w >= float64(most) {
		return most
	}
	return int64(w)
}
