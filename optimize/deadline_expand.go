package optimize

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// texpansion is the work on one node.
type texpansion struct {
	s       *tsearch
	i       int
	front   []int
	stay    []int // slots that stay open
	opens   bool
	in      []int // slot of each link's producer
	bound   []int // slot of the other node of each rule
	keys    map[string]int
	buckets [][]*tlabel
	live    int // labels in all buckets
	sorted  int // and at the last skyline
	buf     []byte
	ends    []int64
	class   []int32
	waits   []wait
	tails   [][]int64 // by slot in stay, class
	times   arena[int64]
	kinds   arena[int32]
	labels  arena[tlabel]
	base    []int64
	ahead   [][]int64 // per bound, class: messages out of the node
	weight  []int64   // per bound: on the end of the node, open or ended
}

func newTexpansion(s *tsearch, i int) *texpansion {
	nd := &s.t.nodes[i]
	x := &texpansion{s: s, i: i, front: s.front[i], keys: map[string]int{}, base: make([]int64, len(s.bounds))}
	for slot, v := range x.front {
		if slices.Contains(s.front[i+1], v) {
			x.stay = append(x.stay, slot)
		}
	}
	x.opens = slices.Contains(s.front[i+1], i)
	for _, e := range nd.in {
		x.in = append(x.in, slices.Index(x.front, s.t.links[e].from))
	}
	for _, e := range nd.rules {
		x.bound = append(x.bound, slices.Index(x.front, s.t.links[e].from))
	}
	if s.t.timely() {
		x.waits = s.waits(i)
	}
	for _, slot := range x.stay { // readers already decided say nothing: for them the node may have ended sooner, see wait
		v := &s.t.nodes[x.front[slot]]
		open := slices.DeleteFunc(slices.Clone(v.out), func(e int) bool { return s.t.links[e].to <= i })
		x.tails = append(x.tails, s.t.reach(x.front[slot], open, s.tails, s.quick))
	}
	for _, b := range s.bounds {
		ahead := make([]int64, len(nd.classes))
		w := b.end[i]
		for _, e := range nd.later {
			addTo(ahead, b.back[e])
			w += b.w.flow[e]
		}
		x.ahead, x.weight = append(x.ahead, ahead), append(x.weight, w)
	}
	return x
}

// open extends one label by every choice.
func (x *texpansion) open(k int32, l *tlabel) {
	s, t := x.s, x.s.t
	nd := &t.nodes[x.i]
	for j, b := range s.bounds {
		sum := l.ended[j] + b.rest[x.i+1]
		for _, slot := range x.stay {
			for _, e := range t.nodes[x.front[slot]].later {
				if t.links[e].to > x.i {
					sum = min(inf, sum+b.w.flow[e]*l.end[slot]+b.back[e][l.class[slot]])
				}
			}
		}
		x.base[j] = sum
	}
	tail := l.time
	for n, slot := range x.stay {
		tail = max(tail, l.end[slot]+x.tails[n][l.class[slot]])
	}
	for class := range nd.classes {
		x.enter(k, l, int32(class), tail)
	}
}

// enter extends label l by the choices of a class; tail is the least makespan through what is decided.
func (x *texpansion) enter(k int32, l *tlabel, class int32, tail int64) {
	s, t := x.s, x.s.t
	nd := &t.nodes[x.i]
	start, move := x.arrive(l, class)
	if start >= inf || s.tails[x.i][class] >= inf {
		return
	}
	paid, credit := x.serve(l, class)
	priced := false
	var pay cost
	for c := nd.first[class]; c < nd.first[class+1]; c++ {
		ch := &nd.choices[c]
		end := start + ch.time
		soonest := max(tail, end+s.tails[x.i][class])
		sum := l.sum + move + t.sum(ch)
		if soonest > s.horizon || sum > t.budget {
			continue
		}
		if t.value(sum, soonest) > s.limit {
			continue
		}
		order, ok := x.bounded(sum-credit, end, class)
		if !ok {
			continue
		}
		if !priced {
			priced, pay = true, x.links(l, class)
		}
		own := ch.cost
		if s.truth != nil {
			own = s.truth.cost(nd.v, ch.index)
		}
		own = own.plus(l.cost).plus(pay)
		if s.truth != nil && s.truth.over(own, soonest) {
			continue
		}
		next := tlabel{parent: k, choice: c, cost: own, sum: sum, time: max(l.time, end), order: order, paid: paid, credit: credit}
		x.insert(l, next, class, end)
	}
}

// arrive is when all data is there in a class, inf if it cannot be, and the sum of the links.
func (x *texpansion) arrive(l *tlabel, class int32) (start, move int64) {
	nd := &x.s.t.nodes[x.i]
	for n, e := range nd.rules {
		if slot := x.bound[n]; slot >= 0 && x.s.t.links[e].to == x.i {
			if link := &x.s.t.links[e]; link.time[int(l.class[slot])*link.width+int(class)] >= inf {
				return inf, 0
			}
		}
	}
	for n, e := range nd.in {
		link := &x.s.t.links[e]
		at := int(l.class[x.in[n]])*link.width + int(class)
		if link.time[at] >= inf {
			return inf, 0
		}
		start = max(start, l.end[x.in[n]]+link.time[at])
		if !l.has(link, nd.classes[class]) {
			move += link.full[at]
		}
	}
	return start, move
}

// bounded is whether all bounds leave room for a choice with this sum and end, and what the first of them makes of it.
func (x *texpansion) bounded(sum, end int64, class int32) (order int64, ok bool) {
	for j := range x.s.bounds {
		b := &x.s.bounds[j]
		total := x.base[j] + b.w.sum*sum + x.weight[j]*end + x.ahead[j][class]
		if total > b.most {
			return 0, false
		}
		if j == 0 {
			order = total
		}
	}
	return order, true
}

// links is what the links into the node cost.
func (x *texpansion) links(l *tlabel, class int32) (sum cost) {
	t := x.s.t
	p, pr := t.p, t.pr
	if u := x.s.truth; u != nil {
		p, pr = u.f.p, u.f.c.pr
	}
	for n, e := range t.nodes[x.i].in {
		link := &t.links[e]
		from, to := t.nodes[link.from].classes[l.class[x.in[n]]], t.nodes[x.i].classes[class]
		if link.twice || l.has(link, to) {
			continue
		}
		c, _, _ := pr.move(p, p.Edges[link.edge], int(from), int(to))
		sum = sum.plus(c)
	}
	return sum
}

// state writes down what the future sees of a label: where the open nodes are, when they end, and what has been paid.
func (x *texpansion) state(l *tlabel, paid [][]int, class int32, end int64) {
	x.class, x.ends, x.buf = x.class[:0], x.ends[:0], x.buf[:0]
	for _, slot := range x.stay {
		x.class, x.ends = append(x.class, l.class[slot]), append(x.ends, l.end[slot])
	}
	if x.opens {
		x.class, x.ends = append(x.class, class), append(x.ends, end)
	}
	for _, k := range x.class {
		x.buf = binary.LittleEndian.AppendUint16(x.buf, uint16(k))
	}
	for _, list := range paid {
		x.buf = binary.LittleEndian.AppendUint16(x.buf, uint16(len(list)))
		for _, k := range list {
			x.buf = binary.LittleEndian.AppendUint16(x.buf, uint16(k))
		}
	}
}

// insert keeps a label unless one of the same state beats it; those it beats go.
func (x *texpansion) insert(l *tlabel, next tlabel, class int32, end int64) {
	x.state(l, next.paid, class, end)
	for _, w := range x.waits {
		if len(w.readers) == 0 { // only a rule looks at it, which does not ask for the time
			x.ends[w.slot] = 0
			continue
		}
		x.ends[w.slot] = max(x.ends[w.slot], w.idle(x))
	}
	next.end = x.ends
	i, known := x.keys[string(x.buf)]
	if !known {
		i = len(x.buckets)
		x.keys[string(x.buf)] = i
		x.buckets = append(x.buckets, nil)
	}
	bucket := x.buckets[i]
	keep := len(bucket)
	if !x.s.sky && !x.s.all { // of a chain's, see skyline
		for _, old := range bucket {
			if x.beats(old, &next) {
				return
			}
		}
		keep = 0
		for _, old := range bucket {
			if !x.beats(&next, old) {
				bucket[keep] = old
				keep++
			}
		}
	}
	next.end = x.times.clone(x.ends)
	next.class = x.kinds.clone(x.class)
	next.ended = l.ended
	for j, b := range x.s.bounds {
		next.ended[j] += b.end[x.i] * end
	}
	x.live += keep + 1 - len(bucket)
	x.buckets[i] = append(bucket[:keep], x.labels.one(next))
}

// beats says that any completion of b is no better than the same completion of a, by the exchange argument of choice.beats, with the ends of open nodes in place of one time.
func (x *texpansion) beats(a, b *tlabel) bool {
	if x.s.truth != nil {
		return x.s.truth.beats(x.s, a, b, x.i+1)
	}
	if a.sum > b.sum || !a.sooner(b) {
		return false
	}
	if a.sum != b.sum {
		return true
	}
	if a.money != b.money {
		return a.money < b.money
	}
	if a.carbon != b.carbon {
		return a.carbon < b.carbon
	}
	return x.s.earlier(a, b, x.i+1)
}

// skyline drops the beaten labels of a chain: in order of their sums, those that do not end sooner than all before.
func (x *texpansion) skyline() {
	x.live = 0
	for i, bucket := range x.buckets {
		slices.SortFunc(bucket, func(a, b *tlabel) int {
			return cmp.Or(cmp.Compare(a.sum, b.sum), cmp.Compare(a.time, b.time), cmp.Compare(a.money, b.money), cmp.Compare(a.carbon, b.carbon),
				cmp.Compare(a.parent, b.parent), cmp.Compare(a.choice, b.choice))
		})
		keep, same, soonest := 0, 0, inf // soonest of those with a smaller sum; same: where those of this sum start
		for _, l := range bucket {
			if keep > same && bucket[same].sum < l.sum {
				for ; same < keep; same++ {
					soonest = min(soonest, bucket[same].time)
				}
			}
			if l.time >= soonest || slices.ContainsFunc(bucket[same:keep], func(k *tlabel) bool { return x.beats(k, l) }) {
				continue
			}
			for n := same; n < keep; {
				if x.beats(l, bucket[n]) {
					keep--
					copy(bucket[n:keep], bucket[n+1:keep+1])
				} else {
					n++
				}
			}
			bucket[keep] = l
			keep++
		}
		x.buckets[i] = bucket[:keep]
		x.live += keep
	}
	x.sorted = x.live
}

// arena hands out small slices of large ones.
type arena[T any] struct {
	free []T
	last int
}

func (a *arena[T]) take(n int) []T {
	if len(a.free) < n {
		a.last = min(512, 2*a.last+8)
		a.free = make([]T, max(n, a.last))
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

func (a *arena[T]) clone(x []T) []T {
	out := a.take(len(x))
	copy(out, x)
	return out
}

func (a *arena[T]) one(x T) *T {
	out := &a.take(1)[0]
	*out = x
	return out
}
