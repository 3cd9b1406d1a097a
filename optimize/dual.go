package optimize

import (
	"math/bits"
	"slices"
)

// dual looks for weights (on critical paths, money, carbon) that make the bound high, by subgradient steps, and keeps
// the best bounds it met on the way. The weights are floats, but only advice: each bound proves itself in integers.
type dual struct {
	m     *model
	sw    *sweeper
	best  *plan // the incumbent
	lower int64
	kept  []*bound
	fixed int   // the first of kept, from plain
	scale int64 // weight on the objective
	room  weights

	paths  []path
	lam    []float64 // by path, in objective units per millisecond
	pi, ka float64   // per micro-dollar, per milligram
	perMs  float64   // weight of the makespan in the objective itself
	ends   []int64
}

// weights are the largest that keep weighted sums far from overflow.
type weights struct{ objective, money, carbon, time int64 }

// shave takes off more than floats can be wrong by: path weights must not exceed what the objective and the deadline pay for.
const shave = 1 - 1e-9

// keepBounds is how many bounds the search tests: more cut more, and cost more.
const keepBounds = 6

func newDual(m *model) *dual {
	d := &dual{m: m, sw: newSweeper(m), ends: make([]int64, len(m.nodes))}
	var most cost
	var time int64
	for i := range m.nodes {
		var c cost
		var t int64
		for _, o := range m.nodes[i].choices {
			c, t = c.most(o.cost), max(t, o.time)
		}
		most, time = most.plus(c), time+t
	}
	for e := range m.edges {
		var c cost
		var t int64
		for i, w := range m.edges[e].time {
			if w < inf {
				c, t = c.most(m.edges[e].cost[i]), max(t, w)
			}
		}
		most, time = most.plus(c), time+t
	}
	d.room = weights{room(most.add), room(most.money), room(most.carbon), room(time)}
	d.scale = min(1<<16, d.room.objective)
	d.perMs = float64(m.pr.perHour) / msPerHour
	if d.perMs > 0 {
		d.scale = max(1, min(d.scale, int64(float64(d.room.time)/d.perMs)))
	}
	return d
}

func (c cost) most(o cost) cost {
	return cost{max(c.add, o.add), max(c.money, o.money), max(c.carbon, o.carbon)}
}

func room(total int64) int64 { return int64(1) << (54 - min(53, bits.Len64(uint64(total)))) }

// run does up to rounds steps, and stops earlier when bound and plan meet or the bound stands still.
func (d *dual) run(sp *spent, rounds int) {
	d.plain()
	d.fixed = len(d.kept)
	if d.lower >= inf {
		return
	}
	if !d.priced() && !d.sw.cyclic {
		return
	}
	idle, step := 0, 1.0
	var previous *bound
	for range rounds {
		if idle > 12 || d.best != nil && d.lower >= d.best.value || d.lower >= inf || sp.stop() {
			return
		}
		b := d.bound()
		d.sw.load(b)
		d.sw.carry(b, previous)
		d.sw.backward(b)
		previous = b
		got := b.value(d.m, b.rest[0])
		if got > d.lower {
			if got-d.lower > d.lower/10000 {
				idle = 0
			}
			d.lower = got
			d.keep(b)
		} else {
			step *= 0.9
		}
		idle++
		if choice := d.sw.decode(b); choice != nil {
			d.offer(choice)
			d.move(choice, got, step)
		}
	}
}

// priced is whether there are prices to find: of time, or of a limit.
func (d *dual) priced() bool {
	return d.perMs > 0 || d.m.deadline < inf || d.m.budget < inf || d.m.carbonCap < inf
}

// plain lays down the bounds that are always tested: the objective alone first, then each limited criterion alone.
func (d *dual) plain() {
	ws := []bound{{objective: d.scale}}
	if d.m.budget < inf {
		ws = append(ws, bound{money: min(1<<10, d.room.money)})
	}
	if d.m.carbonCap < inf {
		ws = append(ws, bound{carbon: min(1<<10, d.room.carbon)})
	}
	for i, w := range ws {
		b := d.blank(w)
		d.sw.load(b)
		d.sw.backward(b)
		if d.sw.cyclic {
			d.polish(b)
		}
		d.kept = append(d.kept, b)
		d.lower = max(d.lower, b.value(d.m, b.rest[0]))
		if i == 0 && d.lower < inf {
			d.lower += d.m.pr.time(d.m.least())
		}
		if choice := d.sw.decode(b); choice != nil {
			d.offer(choice)
		}
	}
}

// polish repeats sweeps over one set of weights while they help.
func (d *dual) polish(b *bound) {
	best := *b
	for idle := 0; idle < 4; idle++ {
		d.sw.ahead(b)
		d.sw.backward(b)
		if b.rest[0] > best.rest[0] {
			if b.rest[0]-best.rest[0] > best.rest[0]/100000 {
				idle = 0
			}
			best = *b
		}
		if choice := d.sw.decode(b); choice != nil {
			d.offer(choice)
		}
	}
	*b = best
}

func (d *dual) blank(w bound) *bound {
	w.unit, w.end, w.flow = make([]int64, len(d.m.nodes)), make([]int64, len(d.m.nodes)), make([]int64, len(d.m.edges))
	return &w
}

// bound turns the present weights into whole numbers.
func (d *dual) bound() *bound {
	s := float64(d.scale)
	b := d.blank(bound{objective: d.scale, money: whole(d.pi*s, d.room.money), carbon: whole(d.ka*s, d.room.carbon)})
	var total int64
	for i, p := range d.paths {
		w := whole(d.lam[i]*shave*s, d.room.time/int64(len(d.paths)))
		total += w
		b.end[p.nodes[0]] += w
		for _, v := range p.nodes {
			b.unit[v] += w
		}
		for _, e := range p.links {
			b.flow[e] += w
		}
	}
	b.late = max(0, total-int64(d.perMs*shave*s))
	if d.m.deadline >= inf {
		b.late = 0
	}
	if d.m.pr.aim == Blend {
		b.slack = d.scale/2 + 1
	}
	return b
}

func whole(w float64, most int64) int64 {
	if w >= float64(most) {
		return most
	}
	return int64(w)
}

// offer takes a plan as the incumbent if it keeps the rules and ranks first.
func (d *dual) offer(choice []int32) {
	pl, ok := d.m.evaluate(choice, d.ends)
	if ok && (d.best == nil || d.m.before(&pl, d.best)) {
		d.best = &pl
	}
}

// keep stores a bound that raised the lower bound, in place of the oldest if there are too many.
func (d *dual) keep(b *bound) {
	d.kept = append(d.kept, b)
	if len(d.kept) > d.fixed+keepBounds {
		d.kept = append(d.kept[:d.fixed], d.kept[d.fixed+1:]...)
	}
}

// move takes a subgradient step from a decoded plan: weight goes to what the plan overdoes.
func (d *dual) move(choice []int32, got int64, step float64) {
	pl, _ := d.m.evaluate(choice, d.ends)
	if d.m.n.time {
		d.meet(d.m.critical(choice, d.ends))
	}
	target := float64(got) * 1.02
	if d.best != nil {
		target = float64(d.best.value)
	}
	late := d.m.deadline
	if late >= inf {
		late = d.average(choice)
	}
	paths := make([]float64, len(d.paths))
	norm := 0.0
	for i, p := range d.paths {
		paths[i] = over(d.m.length(p, choice), late, target)
		norm += float64(paths[i] * paths[i])
	}
	money, carbon := over(pl.money, d.m.budget, target), over(pl.carbon, d.m.carbonCap, target)
	norm += float64(money*money) + float64(carbon*carbon)
	if norm == 0 {
		return
	}
	size := step * max(1, target-float64(got)) / norm
	for i, g := range paths {
		d.lam[i] = max(0, d.lam[i]+float64(size*g)*target/float64(max(1, late)))
	}
	d.pi = max(0, d.pi+float64(size*money)*target/float64(d.m.budget))
	d.ka = max(0, d.ka+float64(size*carbon)*target/float64(d.m.carbonCap))
	d.project()
}

// over is by how much a limit is exceeded, in units that make the limit worth the target: so unlike limits weigh alike.
func over(used, limit int64, target float64) float64 {
	if limit >= inf {
		return 0
	}
	return float64(used-limit) * target / float64(max(1, limit))
}

// average is the length of the paths as they are weighed now: with no deadline, weight moves from short ones to long ones.
func (d *dual) average(choice []int32) int64 {
	sum, weight := 0.0, 0.0
	for i, p := range d.paths {
		sum += float64(d.lam[i] * float64(d.m.length(p, choice)))
		weight += d.lam[i]
	}
	return int64(sum / max(weight, 1e-12))
}

// meet adds a path if it is new.
func (d *dual) meet(p path) {
	if slices.ContainsFunc(d.paths, p.equal) {
		return
	}
	first := 0.0
	if len(d.paths) == 0 {
		first = d.perMs
	}
	d.paths, d.lam = append(d.paths, p), append(d.lam, first)
}

// project keeps the path weights at the objective's own when no deadline can take more.
func (d *dual) project() {
	if d.m.deadline < inf || len(d.paths) == 0 {
		return
	}
	sum := 0.0
	for _, l := range d.lam {
		sum += l
	}
	if sum == 0 {
		d.lam[0], sum = d.perMs, d.perMs
	}
	for i := range d.lam {
		d.lam[i] = float64(d.lam[i] * d.perMs / sum)
	}
}
