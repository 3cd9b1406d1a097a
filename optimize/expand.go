package optimize

import "slices"

// expansion is the work at one position: what depends on the position alone, on a label, and on a label and a class.
type expansion struct {
	s       *search
	pos     int
	front   []int // slots of the label before, as node positions
	stay    []int // slots that stay open after
	opens   bool  // whether the node itself stays open
	keys    map[string]int
	buckets [][]*label
	buf     []byte

	base    []int64 // per bound: what the open nodes other than this add
	tail    int64   // least makespan through those
	classes []entry
}

// entry is what a class of the node costs after a given label.
type entry struct {
	ok     bool
	cost   cost
	start  int64
	credit cost
	paid   [][]int
	seen   [][]int
	ahead  []int64 // per bound: messages out of the node
}

func newExpansion(s *search, pos int) *expansion {
	x := &expansion{s: s, pos: pos, front: s.m.front[pos], keys: map[string]int{}, base: make([]int64, len(s.bounds))}
	for slot, v := range x.front {
		for _, w := range s.m.front[pos+1] {
			if v == w {
				x.stay = append(x.stay, slot)
			}
		}
	}
	next := s.m.front[pos+1]
	x.opens = len(next) > 0 && next[len(next)-1] == pos
	nd := &s.m.nodes[pos]
	x.classes = make([]entry, len(nd.classes))
	for k := range x.classes {
		x.classes[k].ahead = make([]int64, len(s.bounds))
		for j, b := range s.bounds {
			for _, e := range nd.out {
				x.classes[k].ahead[j] = min(inf, x.classes[k].ahead[j]+b.msg[e][k])
			}
		}
	}
	return x
}

// open prepares for the choices after one label.
func (x *expansion) open(l *label) {
	m := x.s.m
	x.tail = 0
	for slot, v := range x.front {
		x.tail = max(x.tail, l.end[slot]+m.nodes[v].tail[l.class[slot]])
	}
	for j, b := range x.s.bounds {
		sum := l.ended[j] + b.rest[x.pos+1]
		for _, slot := range x.stay {
			for _, e := range m.nodes[x.front[slot]].out {
				if m.edges[e].to > x.pos {
					sum = min(inf, sum+b.flow[e]*l.end[slot]+b.msg[e][l.class[slot]])
				}
			}
		}
		x.base[j] = sum
	}
	for k := range x.classes {
		x.enter(l, k)
	}
}

// enter prices the links into class k.
func (x *expansion) enter(l *label, k int) {
	m, n := x.s.m, &x.classes[k]
	nd := &m.nodes[x.pos]
	n.ok, n.cost, n.start, n.paid, n.seen, n.credit = true, cost{}, 0, l.paid, l.seen, l.credit
	slot := 0
	for _, e := range nd.in { // links and slots both ascend by producer
		link := &m.edges[e]
		for x.front[slot] != link.from {
			slot++
		}
		at := int(l.class[slot])*link.width + k
		if link.time[at] >= inf {
			n.ok = false
			return
		}
		if link.orders() {
			n.start = max(n.start, l.end[slot]+link.time[at])
		}
		if link.share < 0 || l.pays(link.share, nd.classes[k]) {
			n.cost = n.cost.plus(link.cost[at])
		}
		if link.share >= 0 {
			x.serve(n, link, l.class[slot], nd.classes[k])
		}
	}
	x.visit(n, nd, nd.classes[k])
}

// serve notes that a sharer sits in class c, and what that leaves uncertain.
func (x *expansion) serve(n *entry, l *link, producer int32, c int) {
	m := x.s.m
	sh := &m.shares[l.share]
	n.credit = n.credit.plus(m.doubt(sh, x.pos, n.paid[l.share], producer).times(-1))
	n.paid = with(n.paid, l.share, c)
	if sh.consumers[len(sh.consumers)-1] == x.pos {
		n.paid = without(n.paid, l.share)
		return
	}
	n.credit = n.credit.plus(m.doubt(sh, x.pos+1, n.paid[l.share], producer))
}

// doubt is the most that bounds may charge the sharers from position pos on although their class is paid.
func (m *model) doubt(sh *share, pos int, paid []int, producer int32) cost {
	left := int64(0)
	for _, c := range sh.consumers {
		if c >= pos {
			left++
		}
	}
	var sum cost
	for _, c := range paid {
		price, _, _ := m.pr.move(m.p, sh.edge, m.nodes[sh.producer].classes[producer], c)
		sum = sum.plus(price.part(int64(len(sh.consumers))).times(left))
	}
	return sum
}

func (c cost) times(n int64) cost { return cost{c.add * n, c.money * n, c.carbon * n} }

// visit notes the domains of spreads, and refuses what can no longer reach its number.
func (x *expansion) visit(n *entry, nd *node, class int) {
	for _, i := range nd.spread {
		sp := &x.s.m.spread[i]
		if len(n.seen[i]) < sp.min {
			n.seen = with(n.seen, i, x.s.m.p.domain(sp.level, class))
		}
		left := 0
		for _, v := range sp.members {
			if v > x.pos {
				left++
			}
		}
		if len(n.seen[i])+left < sp.min {
			n.ok = false
			return
		}
		switch {
		case left == 0:
			n.seen = without(n.seen, i)
		case len(n.seen[i]) >= sp.min:
			n.seen = slices.Clone(n.seen)
			n.seen[i] = sp.full
		}
	}
}

// try makes the label for one choice, and keeps it unless a bound or another label speaks against it.
func (x *expansion) try(l *label, c int32) {
	s, m := x.s, x.s.m
	nd := &m.nodes[x.pos]
	ch := &nd.choices[c]
	n := &x.classes[ch.class]
	if !n.ok {
		return
	}
	total := l.plus(n.cost).plus(ch.cost)
	end := n.start + ch.time
	soonest := max(l.time, x.tail, end+nd.tail[ch.class])
	if total.money > m.budget || total.carbon > m.carbonCap || soonest > m.deadline {
		return
	}
	sure := total.plus(n.credit.times(-1))
	value := int64(0)
	for j, b := range s.bounds {
		sum := min(inf, x.base[j]+b.weigh(sure)+b.unit[x.pos]*end+n.ahead[j])
		v := b.value(m, sum)
		if j == 0 && v < inf { // the objective alone says nothing of time
			v += m.pr.time(soonest)
		}
		if value = max(value, v); value > s.most {
			return
		}
	}
	next := label{parent: l, option: ch.index, cost: total, time: max(l.time, end), value: value}
	if s.hopeless(&next, soonest) {
		return
	}
	x.fill(&next, n, ch.class, end)
	x.insert(&next)
}

// fill completes what only labels that are kept need.
func (x *expansion) fill(next *label, n *entry, class int32, end int64) {
	l, s := next.parent, x.s
	size := len(s.m.front[x.pos+1])
	next.class, next.end = make([]int32, 0, size), make([]int64, 0, size)
	for _, slot := range x.stay {
		next.class, next.end = append(next.class, l.class[slot]), append(next.end, l.end[slot])
	}
	if x.opens {
		next.class, next.end = append(next.class, class), append(next.end, end)
	}
	next.paid, next.seen, next.credit = n.paid, n.seen, n.credit
	next.ended = l.ended
	for j, b := range s.bounds {
		if w := b.end[x.pos]; w > 0 {
			if &next.ended[0] == &l.ended[0] {
				next.ended = append([]int64(nil), l.ended...)
			}
			next.ended[j] += w * end
		}
	}
}

// insert puts a label with those of the same state, unless one of them beats it; those it beats go.
func (x *expansion) insert(next *label) {
	if x.s.want == everyPlan { // also the beaten ones
		x.buckets = append(x.buckets, []*label{next})
		return
	}
	x.buf = next.key(x.buf)
	i, known := x.keys[string(x.buf)]
	if !known {
		x.keys[string(x.buf)] = len(x.buckets)
		x.buckets = append(x.buckets, []*label{next})
		return
	}
	bucket, keep := x.buckets[i], 0
	for _, old := range bucket {
		if x.s.beats(old, next, x.pos+1) {
			return
		}
	}
	for _, old := range bucket {
		if !x.s.beats(next, old, x.pos+1) {
			bucket[keep] = old
			keep++
		}
	}
	x.buckets[i] = append(bucket[:keep], next)
}
