package optimize

import (
	"math"
	"math/bits"
	"slices"
)

// priceBits is the number of bits after the point in a whole-number price of a limit.
const priceBits = 16

// tighten drops options that cannot fit beside the least that all other variables use. false: nothing is left.
func (f *formSolver) tighten(pt *formPart) bool {
	for again := true; again; {
		again = false
		for k, use := range f.use {
			least, sum := f.least(pt, use)
			if sum > f.most[k] {
				return false
			}
			for v, list := range pt.keep {
				if use[v] == nil {
					continue
				}
				room := f.most[k] - sum + least[v]
				fits := func(o int) bool { return use[v][o] <= room }
				if slices.IndexFunc(list, func(o int) bool { return !fits(o) }) >= 0 {
					pt.keep = narrowed(pt.keep, v, fits)
					again = true
				}
			}
		}
	}
	return !empty(pt.keep)
}

// least is what each variable uses of a limit at least, and the sum.
func (f *formSolver) least(pt *formPart, use [][]int64) (least []int64, sum int64) {
	least = make([]int64, len(pt.keep))
	for v, list := range pt.keep {
		if use[v] == nil {
			continue
		}
		most := int64(math.MaxInt64)
		for _, o := range list {
			most = min(most, use[v][o])
		}
		least[v] = most
		sum += most
	}
	return least, sum
}

// over lists the limits that a choice exceeds.
func (f *formSolver) over(t *tally) []int {
	var out []int
	for k, n := range f.used(t) {
		if n > f.most[k] {
			out = append(out, k)
		}
	}
	return out
}

// split splits a part whose relaxed answer exceeds limits, by one of them.
func (f *formSolver) split(pt *formPart, got *tally, over []int) []formPart {
	used := f.used(got)
	k := slices.MaxFunc(over, func(a, b int) int { return f.excess(used, a, b) })
	if k >= len(f.p.Limits) {
		return f.splitCap(pt, got, k)
	}
	return f.splitUse(pt, got, k)
}

// splitUse splits a part whose relaxed answer exceeds a limit. Take the variables that use it: in a plan that keeps it some of them use less. So the first child lets the first variable use less; the second lets the second use less
// and the first not; and so on. None of them holds the relaxed answer.
func (f *formSolver) splitUse(pt *formPart, got *tally, k int) []formPart {
	use := f.use[k]
	var users []int
	for v := range use {
		if use[v] != nil && use[v][got.choice[v]] > 0 {
			users = append(users, v)
		}
	}
	slices.SortStableFunc(users, func(a, b int) int { // the largest first: few children hold much
		return int(min(1, max(-1, use[b][got.choice[b]]-use[a][got.choice[a]])))
	})
	var parts []formPart
	keep := pt.keep
	for _, v := range users {
		now := use[v][got.choice[v]]
		less := narrowed(keep, v, func(o int) bool { return use[v][o] < now })
		if len(less[v]) > 0 {
			parts = append(parts, pt.child(less))
		}
		keep = narrowed(keep, v, func(o int) bool { return use[v][o] >= now })
	}
	return parts
}

// excess compares two exceeded limits by how far, relative to their size.
func (f *formSolver) excess(used []int64, a, b int) int {
	rel := func(k int) float64 { return float64(used[k]) / float64(f.most[k]+1) }
	switch x, y := rel(a), rel(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return b - a
}

// priced raises a part's bound by charging for what limits bound, and crediting the most they allow: subgradient steps, in which
// what is used too much gets dearer. Each step may also meet a plan, or one that can be mended. It gives the choice
// at which the bound was best.
func (f *formSolver) priced(pt *formPart) (near *tally) {
	if len(f.most) == 1 {
		return f.straight(pt)
	}
	steps, idle := 6, 0
	if pt.depth == 0 {
		steps = 60
	}
	size := 1.0
	for range steps {
		if f.sp.stop() || f.closes(pt.lower) || idle > 8 {
			break
		}
		lower, got := f.charge(pt)
		improved := lower > pt.lower
		if improved {
			pt.lower, idle = lower, 0
		} else {
			size, idle = size*0.8, idle+1
		}
		if got == nil {
			return near
		}
		f.offer(got)
		if near == nil || improved {
			near = got
		}
		if improved || f.best == nil {
			f.mend(pt, got)
		}
		f.step(pt, got, lower, size)
	}
	return near
}

// straight is priced for a single limit: each price proves a line, and the next is where the lines of the last too low and the
// last too high one meet.
func (f *formSolver) straight(pt *formPart) (near *tally) {
	var low, high *support
	steps := 3
	if pt.depth == 0 {
		steps = 16
	}
	for range steps {
		if f.sp.stop() || f.closes(pt.lower) {
			break
		}
		lower, got := f.charge(pt)
		improved := lower > pt.lower
		pt.lower = max(pt.lower, lower)
		if got == nil {
			break
		}
		f.offer(got)
		if near == nil || improved {
			near = got
			f.mend(pt, got)
		}
		at := &support{pt.price[0], float64(lower), float64(f.used(got)[0] - f.most[0])}
		if at.slope > 0 {
			low = at
		} else {
			high = at
		}
		if pt.price[0] = f.between(low, high); at.near(pt.price[0]) {
			break
		}
	}
	return near
}

// between is the price to try next.
func (f *formSolver) between(low, high *support) float64 {
	switch {
	case high == nil:
		goal := low.value * 0.05
		if f.best != nil {
			goal = float64(f.best.value) - low.value
		}
		return max(2*low.lam, float64(max(1, goal)/low.slope))
	case low == nil:
		return high.lam / 4
	case low.slope == high.slope || high.lam <= low.lam:
		return high.lam
	}
	meet := (high.value - low.value + float64(low.slope*low.lam) - float64(high.slope*high.lam)) / (low.slope - high.slope)
	return min(high.lam, max(low.lam, meet))
}

// near says that a price is almost the same.
func (s *support) near(lam float64) bool {
	return math.Abs(lam-s.lam) <= 1e-4*s.lam || lam < 1e-4/(1<<priceBits)
}

// step moves the prices towards what keeps the limits.
func (f *formSolver) step(pt *formPart, got *tally, lower int64, size float64) {
	norm := 0.0
	used := f.used(got)
	over := make([]float64, len(used))
	for k, n := range used {
		most := f.most[k]
		over[k] = float64(n-most) / float64(most+1)
		if over[k] < 0 && pt.price[k] == 0 {
			over[k] = 0
		}
		norm += float64(over[k] * over[k])
	}
	if norm == 0 {
		return
	}
	target := float64(lower) * 1.05
	if f.best != nil {
		target = float64(f.best.value)
	}
	far := size * max(1, target-float64(lower)) / norm
	for k := range over {
		pt.price[k] = max(0, pt.price[k]+float64(far*over[k])/float64(f.most[k]+1))
	}
}

// charge solves a part with its limits priced in. The bound is in whole numbers whatever the prices are: options are
// charged rounded down, the credit is rounded up.
func (f *formSolver) charge(pt *formPart) (lower int64, got *tally) {
	rx := f.charged(pt)
	r := answer(rx.Problem, f.sp, bestValue)
	if r.lower >= inf {
		return inf, nil
	}
	if r.best != nil {
		got = f.c.count(rx.lift(r.best.choice()))
	}
	return rx.bound(r.lower), got
}

// charged is a part with its limits priced in.
func (f *formSolver) charged(pt *formPart) relaxed {
	rx := f.relax(pt)
	free(rx.Problem)
	weights := make([]int64, len(pt.price))
	for k, price := range pt.price {
		w := whole(price*(1<<priceBits), 1<<50)
		credit := scaleDown(f.most[k], w)
		if credit >= maxTotal { // no number to reckon with
			continue
		}
		weights[k] = w
		rx.shift = max(-inf, rx.shift-credit-1)
	}
	f.addPrices(&rx, pt, weights)
	if len(f.caps) > 0 {
		f.addRates(&rx, weights)
	}
	return rx
}

// addPrices charges options for what they use.
func (f *formSolver) addPrices(rx *relaxed, pt *formPart, weights []int64) {
	room := maxTotal >> 3 / int64(len(f.p.Vars)+1)
	for v, list := range pt.keep {
		for i, o := range list {
			extra := int64(0)
			for k, w := range weights {
				if use := f.use[k][v]; use != nil && w > 0 {
					extra = min(room, extra+scaleDown(use[o], w))
				}
			}
			rx.Vars[v].Options[i].addTo(rx.Objective.Aim, extra)
		}
	}
}

// scaleDown is a*w without its bits after the point, no more than maxTotal.
func scaleDown(a, w int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(w))
	if hi>>priceBits > 0 {
		return maxTotal
	}
	return int64(min(hi<<(64-priceBits)|lo>>priceBits, uint64(maxTotal)))
}

// free drops the limits that charging would disturb. Of a makespan it makes a blend, in which a unit of carbon is worth a
// millisecond, so that there is something to charge in.
func free(q *Problem) {
	switch q.Objective.Aim {
	case Cost:
		q.Budget = 0
	case Carbon:
		q.CarbonCap = 0
	case Blend:
		q.Budget = 0
	case Time:
		q.Budget, q.CarbonCap = 0, 0
		q.Objective = Objective{Aim: Blend, PerHour: msPerHour}
		for v := range q.Vars {
			for i := range q.Vars[v].Options {
				q.Vars[v].Options[i].Money, q.Vars[v].Options[i].Carbon = 0, 0
			}
		}
		q.Tariffs = slices.Clone(q.Tariffs)
		for i := range q.Tariffs {
			q.Tariffs[i].Money, q.Tariffs[i].Carbon = forbids(q.Tariffs[i].Money), nil
		}
	}
}

// forbids is a money table that forbids the same pairs and is free otherwise.
func forbids(money []int64) []int64 {
	out := slices.Clone(money)
	for i := range out {
		out[i] = min(0, out[i])
	}
	return out
}

func (o *Option) addTo(a Aim, n int64) {
	if a == Carbon {
		o.Carbon += n
	} else {
		o.Money += n
	}
}
