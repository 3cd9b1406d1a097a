package optimize

import (
	"cmp"
	"math"
	"slices"
)

// tsearch decides the nodes of a timed in the order of time and keeps the partial plans that no bound excludes and no
// other beats: what the rest can see of a partial plan is its totals and, of nodes with links to come, class and end.
// Exhaustive unless cut.
type tsearch struct {
	t      *timed
	bounds []tbound
	sp     *spent
	horizon,
	limit int64 // makespan and value of plans that still matter
	width  int // partial plans kept per layer
	front  [][]int
	heads, // by node, class: the earliest end
	tails, // and the least time from there
	quick [][]int64 // and the fastest choice
	layer []tlayer // one per position decided, for the way back
	proof bool     // a cut search is of no use
	all   bool     // all plans are wanted, also the beaten
	plans [][]int  // those, by variable
	sky   bool     // labels of a chain are compared once in a while, see skyline
	truth *truth   // what plans come to if the problem is priced; nil: it is not
	over  bool     // and it is
	work  int
}

// tbound is a price and what its messages say lies ahead.
type tbound struct {
	w    *price
	back [][]int64
	rest []int64
	end  []int64 // weight of paths that end at a node
	most int64
}

// tlabel is a partial plan.
type tlabel struct {
	parent, choice int32
	cost
	sum, time int64   // time: the makespan so far
	class     []int32 // of nodes in the front, as end
	end       []int64
	ended     [5]int64 // per bound: weighted ends of paths that have ended
	order     int64    // by the first bound
	paid      [][]int  // by shared output: the classes that have it, ascending; nil once nobody else will read it
	credit    int64    // what bounds may not count on: readers to come may find theirs paid already
}

// tlayer remembers how labels came about.
type tlayer struct{ parent, choice []int32 }

// inTime is t with its nodes in an order of time, and where each stands there.
func (t *timed) inTime() (*timed, []int) {
	pos := make([]int, len(t.nodes))
	if !slices.ContainsFunc(t.links, func(l tlink) bool { return l.against }) {
		for i := range pos {
			pos[i] = i
		}
		return t, pos
	}
	at := make([]int, len(t.nodes)) // by variable: position in t
	for i := range t.nodes {
		at[t.nodes[i].v] = i
	}
	u := &timed{p: t.p, pr: t.pr, deadline: t.deadline, budget: t.budget, sets: t.blank()}
	for k, v := range decisionOrder(t.p) {
		old := &t.nodes[at[v]]
		pos[at[v]] = k
		u.nodes = append(u.nodes, tnode{v: v, choices: old.choices, first: old.first, classes: old.classes})
	}
	for e := range t.links {
		l := t.links[e]
		if pos[l.from] > pos[l.to] {
			l = l.turned()
		}
		l.from, l.to = pos[l.from], pos[l.to]
		u.links = append(u.links, l)
	}
	u.connect()
	return u, pos
}

// turned is the link with from and to exchanged.
func (l *tlink) turned() tlink {
	r := *l
	r.from, r.to, r.against = l.to, l.from, !l.against
	r.width = len(l.sum) / max(1, l.width)
	r.sum, r.time = make([]int64, len(l.sum)), make([]int64, len(l.sum))
	for i := range l.sum {
		a, b := i/l.width, i%l.width
		r.sum[b*r.width+a], r.time[b*r.width+a] = l.sum[i], l.time[i]
	}
	if r.full = r.sum; l.set > 0 {
		r.full = make([]int64, len(l.full))
		for i, x := range l.full {
			r.full[i%l.width*r.width+i/l.width] = x
		}
	}
	return r
}

// newTsearch prepares a search of a dual's problem, with bounds at and around its best price.
func newTsearch(d *tdual, width int) *tsearch {
	t, pos := d.t.inTime()
	s := &tsearch{t: t, sp: d.sp, horizon: d.horizon(), limit: d.limit(), width: width, sky: t.line}
	last := make([]int, len(t.nodes))
	for _, l := range t.links {
		last[l.from] = max(last[l.from], l.to)
	}
	s.front = make([][]int, len(t.nodes)+1)
	for v := range t.nodes {
		for i := v + 1; i <= last[v]; i++ {
			s.front[i] = append(s.front[i], v)
		}
	}
	s.heads, s.tails = t.heads(), t.tails()
	for i := range t.nodes {
		s.quick = append(s.quick, t.nodes[i].quick())
	}
	s.price(d, pos)
	return s
}

// tails is by node and class the least time from its end to the end of the plan.
func (t *timed) tails() [][]int64 {
	tail, quick := make([][]int64, len(t.nodes)), make([][]int64, len(t.nodes))
	for _, i := range slices.Backward(t.topo) {
		quick[i] = t.nodes[i].quick()
		tail[i] = t.reach(i, t.nodes[i].out, tail, quick)
	}
	return tail
}

// heads is by node and class the earliest end.
func (t *timed) heads() [][]int64 {
	head, quick := make([][]int64, len(t.nodes)), make([][]int64, len(t.nodes))
	for _, i := range t.topo {
		quick[i] = t.nodes[i].quick()
		head[i] = t.reach(i, t.nodes[i].in, head, quick)
	}
	for i := range head {
		for k := range head[i] {
			head[i][k] = min(inf, head[i][k]+quick[i][k])
		}
	}
	return head
}

// price makes the bounds: partial plans that are ahead of time or behind it are judged best by a lower or higher price of time.
func (s *tsearch) price(d *tdual, pos []int) {
	spread := math.Min(1, math.Sqrt(20/float64(len(s.t.nodes)))) // the longer the plan, the less a part of it strays
	factors := []float64{1, 1 - 0.2*spread, 1 + 0.25*spread, 1 - 0.5*spread, 1 + spread}
	if d.t.pr.aim == Blend {
		factors = factors[:1]
	}
	for _, f := range factors {
		w := d.scaled(f)
		unit := make([]int64, len(w.unit))
		for i, x := range w.unit {
			unit[pos[i]] = x
		}
		w.unit = unit
		sw := newTsweep(s.t)
		sw.load(w)
		sw.backward(w)
		if !s.t.forest && !s.t.chained() {
			for range 3 {
				sw.forward(w, nil)
				if sw.backward(w) >= inf/2 {
					break
				}
			}
		}
		b := tbound{w: w, back: sw.back, rest: sw.rest, end: slices.Clone(w.unit), most: w.most(s.limit)}
		for e, l := range s.t.links {
			b.end[l.from] -= w.flow[e]
		}
		s.bounds = append(s.bounds, b)
	}
}

// chained says that no node has two earlier neighbours.
func (t *timed) chained() bool {
	for i := range t.nodes {
		if len(t.nodes[i].earlier) > 1 {
			return false
		}
	}
	return true
}

// scaled is the dual's best price with the price of time multiplied.
func (d *tdual) scaled(f float64) *price {
	n := len(d.bestAt) - 1
	lam, pi := slices.Clone(d.bestAt[:n]), d.bestAt[n]
	if d.t.pr.aim == Time {
		return d.price(lam, pi/f)
	}
	for i := range lam {
		lam[i] *= f
	}
	return d.price(lam, pi)
}

// run searches; found is the first in rank of the plans that matter, or nil. cut: something was dropped for want of width
// or work, so nothing is proved.
func (s *tsearch) run() (found []int32, total tlabel, cut bool) {
	labels := []*tlabel{{paid: make([][]int, len(s.t.sets))}}
	for i := range s.t.nodes {
		next := s.expand(labels, i)
		if s.sp.stopped {
			return nil, total, true
		}
		if next == nil && s.proof && len(labels) > 0 && s.over {
			return nil, total, true
		}
		if len(next) > s.width {
			slices.SortStableFunc(next, func(a, b *tlabel) int { return cmp.Compare(a.order, b.order) })
			next, cut = next[:s.width], true
		}
		ly := tlayer{make([]int32, len(next)), make([]int32, len(next))}
		for k := range next {
			ly.parent[k], ly.choice[k] = next[k].parent, next[k].choice
		}
		s.layer = append(s.layer, ly)
		labels = next
	}
	best := s.pick(labels)
	if best < 0 {
		return nil, total, cut
	}
	return s.trace(int32(best), len(s.t.nodes)), *labels[best], cut
}

// pick is the first in rank of the last labels, -1 when none matters; on the way it shows each to who wants to see all.
func (s *tsearch) pick(labels []*tlabel) int {
	best := -1
	for k := range labels {
		if s.all {
			s.list(k, labels[k])
		}
		if s.truth != nil {
			s.truth.take(s.trace(int32(k), len(s.t.nodes)))
		}
		if s.t.value(labels[k].sum, labels[k].time) <= s.limit && (best < 0 || s.before(labels[k], labels[best], len(s.t.nodes))) {
			best = k
		}
	}
	return best
}

// list notes the plan of a last label.
func (s *tsearch) list(k int, l *tlabel) {
	if s.t.value(l.sum, l.time) > s.limit {
		return
	}
	plan := make([]int, len(s.t.nodes))
	for v, o := range s.trace(int32(k), len(s.t.nodes)) {
		plan[v] = int(o)
	}
	s.plans = append(s.plans, plan)
}

// trace gives options by variable; -1 where not decided.
func (s *tsearch) trace(k int32, n int) []int32 {
	out := make([]int32, len(s.t.nodes))
	for i := range out {
		out[i] = -1
	}
	for i := n - 1; i >= 0; i-- {
		nd := &s.t.nodes[i]
		out[nd.v] = nd.choices[s.layer[i].choice[k]].index
		k = s.layer[i].parent[k]
	}
	return out
}

// before is the ranking stated at Objective, of whole plans.
func (s *tsearch) before(a, b *tlabel, n int) bool {
	if c := cmp.Or(cmp.Compare(s.t.value(a.sum, a.time), s.t.value(b.sum, b.time)), cmp.Compare(a.money, b.money),
		cmp.Compare(a.time, b.time), cmp.Compare(a.carbon, b.carbon)); c != 0 {
		return c < 0
	}
	return s.earlier(a, b, n)
}

// earlier compares the options of labels that decide nodes up to n-1 included, by variable; the layer of that node may not be
// written yet. It looks back only to where the two part.
func (s *tsearch) earlier(a, b *tlabel, n int) bool {
	if n == 0 {
		return false
	}
	first, less := len(s.t.nodes), false
	look := func(i int, x, y int32) {
		if nd := &s.t.nodes[i]; x != y && nd.v < first {
			first, less = nd.v, nd.choices[x].index < nd.choices[y].index
		}
	}
	look(n-1, a.choice, b.choice)
	x, y := a.parent, b.parent
	for i := n - 2; i >= 0 && x != y; i-- {
		ly := &s.layer[i]
		look(i, ly.choice[x], ly.choice[y])
		x, y = ly.parent[x], ly.parent[y]
	}
	return less
}

// expand makes the labels that decide node i too.
func (s *tsearch) expand(labels []*tlabel, i int) []*tlabel {
	x := newTexpansion(s, i)
	for k := range labels {
		if s.work++; s.work%16 == 0 && s.sp.look() {
			return nil
		}
		x.open(int32(k), labels[k])
		if s.sky && x.live > 2*x.sorted+1024 {
			x.skyline()
		}
		if s.proof && x.live > s.width {
			s.over = true
			return nil
		}
	}
	if s.sky {
		x.skyline()
	}
	out := make([]*tlabel, 0, x.live)
	for _, b := range x.buckets {
		out = append(out, b...)
	}
	return out
}
