package optimize

import (
	"math"
	"slices"
)

// near says that the plan in the shop is not so late that to mend it would be a waste of time.
func (d *tdual) near() bool {
	return d.t.deadline >= inf || d.shop.makespan < d.t.deadline+d.t.deadline/4
}

// support is what a price of a single path's time proved: the bound as a line.
type support struct{ lam, value, slope float64 }

// straight says that there is one path and its time has a limit, so that the best price is found by intersecting lines.
func (d *tdual) straight() bool {
	return d.t.line && d.t.pr.aim != Time && d.t.perMs() == 0
}

// aim sets the next price where the lines of the last too low and the last too high one meet; false: no price will do better.
func (d *tdual) aim(w *price, total int64) bool {
	d.meet(d.shop.late(0, 1)[0])
	at := support{d.lam[0], float64(total-w.spare) / float64(w.gain), float64(d.shop.makespan - d.t.deadline)}
	if at.slope > 0 {
		d.low = &at
	} else {
		d.high = &at
	}
	switch {
	case d.high == nil:
		goal := max(float64(at.value*0.05), float64(d.limit())-at.value)
		if d.limit() >= inf/2 {
			goal = at.value
		}
		d.lam[0] = max(2*d.lam[0], max(1, goal)/at.slope)
	case d.low == nil:
		if d.lam[0] == 0 {
			return false
		}
		if d.lam[0] /= 4; d.lam[0]*float64(d.scale) < 1 {
			d.lam[0] = 0
		}
	default:
		a, b := d.low, d.high
		d.lam[0] = (b.value - a.value + float64(a.slope*a.lam) - float64(b.slope*b.lam)) / (a.slope - b.slope)
		return a.value+float64(a.slope*(d.lam[0]-a.lam)) > float64(d.lower)+0.01
	}
	return true
}

// move takes a step from the plan in the shop: weight goes to what it overdoes.
func (d *tdual) move(got int64, step float64) {
	s, t := d.shop, d.t
	late := t.deadline
	if t.pr.aim == Time || late >= inf {
		late = d.average()
	}
	for _, p := range s.late(late, 16) {
		d.meet(p)
	}
	if t.pr.aim == Time || t.deadline >= inf {
		late = d.average()
	}
	target := float64(float64(got)*1.02) + 1
	if d.best != nil || d.cap < inf-1 {
		target = float64(d.goal())
	}
	norm := 0.0
	for i, p := range d.paths {
		g := float64(s.length(p) - late)
		if g < 0 && d.lam[i] == 0 {
			g = 0
		}
		d.dir[i] = float64(0.7*g) + float64(0.3*d.dir[i])
		norm += float64(d.dir[i] * d.dir[i])
	}
	per := 1.0 // milliseconds worth a unit of the sum
	if t.budget < inf && t.pr.aim == Time {
		per = float64(max(1, late)) / float64(t.budget)
		g := float64(s.sum-t.budget) * per
		d.piDir = float64(0.7*g) + float64(0.3*d.piDir)
		norm += float64(d.piDir * d.piDir)
	}
	if norm == 0 {
		return
	}
	gap := max(1, target-float64(got))
	size := step * gap / norm
	for i := range d.lam {
		d.lam[i] = max(0, d.lam[i]+float64(size*d.dir[i]))
	}
	d.pi = max(0, d.pi+float64(size*d.piDir*per))
	d.project()
}

// goal is the value that the bound shall meet.
func (d *tdual) goal() int64 {
	if d.best == nil {
		return d.limit()
	}
	return min(d.limit(), d.best.value)
}

// average is the length of the paths as weighed now.
func (d *tdual) average() int64 {
	sum, weight := 0.0, 0.0
	for i, p := range d.paths {
		sum, weight = sum+float64(d.lam[i]*float64(d.shop.length(p))), weight+d.lam[i]
	}
	if weight == 0 {
		return d.shop.makespan - 1
	}
	return int64(math.Floor(sum / weight))
}

func (d *tdual) meet(p path) {
	if slices.ContainsFunc(d.paths, p.equal) {
		return
	}
	first := 0.0
	if len(d.paths) == 0 {
		first = d.t.perMs()
	}
	d.paths, d.lam, d.dir = append(d.paths, p), append(d.lam, first), append(d.dir, 0)
}

// project keeps the weights of paths at what the objective pays for time when no deadline can take more.
func (d *tdual) project() {
	if d.t.perMs() == 0 || d.t.pr.aim == Blend && d.t.deadline < inf {
		return
	}
	sum := 0.0
	for _, l := range d.lam {
		sum += l
	}
	if sum == 0 {
		d.lam[0], sum = 1, 1
	}
	for i := range d.lam {
		d.lam[i] *= d.t.perMs() / sum
	}
}

// path is a chain of nodes joined by links that order.
type path struct{ nodes, links []int }

// equal says that two paths are one; paths that end alike and share their links are.
func (p path) equal(q path) bool {
	if p.nodes[0] != q.nodes[0] || len(p.links) != len(q.links) {
		return false
	}
	for i := range p.links {
		if p.links[i] != q.links[i] {
			return false
		}
	}
	return true
}
