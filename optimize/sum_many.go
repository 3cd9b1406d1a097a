package optimize

import (
	"cmp"
	"container/heap"
	"slices"
)

// many is what a summer knows when the first k plans are wanted, every option counting. It says which value cannot be
// missed, so that the core keeps every plan up to it; then those plans are listed off the trails of the elimination.
type many struct {
	k     int
	p     *Problem
	scale int64
	price func(o *Option) int64 // scaled
	whole *core                 // as it was built
	place []int32               // by variable: its position in whole
	less  [][]int32             // by variable: options by class, then price, then index
	sheet [][]int32             // by variable, class: where its options begin in less
	lists []listing
	most  int64 // no less than the value of the k-th plan

	sums, next, base, costs []int64 // scratch
}

// listing is a trail of all plans of a part, and what the best of them costs.
type listing struct {
	steps []step
	cost  int64
}

func newMany(p *Problem, k int, b *builder, c *core) *many {
	m := &many{k: k, p: p, scale: b.scale, most: nowhere, whole: c.clone(), place: make([]int32, len(p.Vars))}
	m.price = func(o *Option) int64 { return b.pr.cost(o.Money, o.Carbon).add * b.scale }
	for i := range c.vars {
		m.place[c.vars[i].id] = int32(i)
	}
	m.less, m.sheet = make([][]int32, len(p.Vars)), make([][]int32, len(p.Vars))
	return m
}

// list notes that a quest has eliminated all of its core.
func (m *many) list(q *quest) {
	if m == nil || q.c.base >= nowhere {
		return
	}
	var steps []step
	for o := q.outer; o != nil; o = o.outer {
		steps = slices.Concat(o.tr.steps, steps)
	}
	m.lists = append(m.lists, listing{append(steps, q.tr.steps...), q.c.base})
}

// options are those of a variable in a class, the cheapest first.
func (m *many) options(v int, class int32) []int32 {
	if m.less[v] == nil {
		m.sort(v)
	}
	return m.less[v][m.sheet[v][class]:m.sheet[v][class+1]]
}

// sort orders the options of a variable.
func (m *many) sort(v int) {
	options := m.p.Vars[v].Options
	if v > 0 && len(options) > 0 && len(options) == len(m.p.Vars[v-1].Options) && &options[0] == &m.p.Vars[v-1].Options[0] && m.less[v-1] != nil {
		m.less[v], m.sheet[v] = m.less[v-1], m.sheet[v-1] // stages of like needs share their options
		return
	}
	prices := make([]int64, len(options))
	m.less[v], m.sheet[v] = make([]int32, len(options)), make([]int32, m.p.Classes+1)
	for i := range options {
		m.less[v][i], prices[i] = int32(i), m.price(&options[i])
		m.sheet[v][options[i].Class+1]++
	}
	for c := range m.p.Classes {
		m.sheet[v][c+1] += m.sheet[v][c]
	}
	slices.SortFunc(m.less[v], func(a, b int32) int {
		return cmp.Or(cmp.Compare(options[a].Class, options[b].Class), cmp.Compare(prices[a], prices[b]), cmp.Compare(a, b))
	})
}

// dearer is what the option of a rank in its class costs more than the cheapest there; inf if there is none.
func (m *many) dearer(v int, class, rank int32) int64 {
	list := m.options(v, class)
	if int(rank) >= len(list) {
		return inf
	}
	options := m.p.Vars[v].Options
	return m.price(&options[list[rank]]) - m.price(&options[list[0]])
}

// limit is a value that k plans do not exceed, now that the plan in class is known: the k-th of those that differ from it in
// variables that do not touch each other. nowhere if there are not so many.
func (m *many) limit(class []int32) int64 {
	cost := m.whole.cost(class)
	if cost >= m.most {
		return m.most
	}
	sums, next := append(m.sums[:0], cost), m.next
	for _, steps := range m.steps(class, m.most-cost) {
		if len(sums) == m.k && cost+steps[0] >= sums[m.k-1] {
			break // so are those of all after it
		}
		base := append(m.base[:0], sums...)
		for _, d := range steps {
			next = merge(next[:0], sums, base, d, m.k)
			sums, next = next, sums
		}
		m.base = base
	}
	m.sums, m.next = sums, next
	if len(sums) == m.k {
		m.most = min(m.most, sums[m.k-1])
	}
	return m.most
}

// merge gives the k least of two ascending lists, the second raised by d.
func merge(out, a, b []int64, d int64, k int) []int64 {
	for len(out) < k && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0]+d {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]+d), b[1:]
		}
	}
	return out
}

// fewMoves is how many other classes of a variable are tried.
const fewMoves = 10

// steps are, per variable, by how much less than room its other options make the plan dearer, ascending: those in its class,
// and some in others as far as no two variables that touch each other move. The variables with the least step come first.
func (m *many) steps(class []int32, room int64) (out [][]int64) {
	n := len(m.place)
	moves, order := make([][]int64, n), make([]int, 0, n)
	buf := make([]int64, 0, n*fewMoves)
	for v := range moves {
		moves[v] = m.moves(v, class, room, buf[len(buf):])
		buf = buf[:len(buf)+len(moves[v])]
		if len(moves[v]) > 0 {
			order = append(order, v)
		}
	}
	slices.SortFunc(order, func(v, w int) int { return cmp.Or(cmp.Compare(moves[v][0], moves[w][0]), v-w) })
	moved := make([]bool, n)
	for _, v := range order {
		i := m.place[v]
		m.whole.eachFactor(i, func(_, other int32) {
			if moved[other] {
				moves[v] = nil
			}
		})
		moved[i] = moves[v] != nil
	}
	for v, list := range moves {
		for r := int32(1); int(r) < m.k; r++ {
			d := m.dearer(v, class[v], r)
			if d >= room {
				break
			}
			list = append(slices.Clip(list), d)
		}
		if len(list) > 0 {
			slices.Sort(list)
			out = append(out, list)
		}
	}
	slices.SortFunc(out, func(a, b []int64) int { return cmp.Compare(a[0], b[0]) })
	return out
}

// moves are by how much other classes of one variable make the plan dearer, ascending: the least few.
func (m *many) moves(v int, class []int32, room int64, out []int64) []int64 {
	cv := &m.whole.vars[m.place[v]]
	sum := append(m.costs[:0], cv.own...)
	m.costs = sum
	m.whole.around(m.place[v], class, sum)
	at, _ := slices.BinarySearch(cv.dom, class[v])
	for x, s := range sum {
		d := s - sum[at]
		if x == at || d < 0 || d >= room || len(out) == fewMoves && d >= out[fewMoves-1] {
			continue
		}
		i := min(len(out), fewMoves-1)
		for out = append(out[:i], d); i > 0 && out[i-1] > d; i-- {
			out[i] = out[i-1]
		}
		out[i] = d
	}
	return out
}

// parting is a plan yet to be listed: it is the best of those that follow another until one step, and part from it there.
type parting struct {
	cost int64
	from []int32 // the other's state: class by variable, then rank by variable of its option in the class
	list *listing
	at   int   // the step: those of the trail from its end, then the options of each variable
	to   int32 // class or rank
}

// lister of sums: the plans to come, the cheapest first.
type partings struct {
	m     *many
	tr    trail
	queue []parting
	most  int64 // what costs more does not matter
	left  int   // how many are wanted yet
}

// pick lists the k first plans, and all as good as the last of them, as choices. ok is false if these are too many, or time
// is up.
func (m *many) pick(w *work) (out [][]int, ok bool) {
	q := &partings{m: m, tr: trail{work: w}, most: inf - 1, left: m.k}
	n := len(m.place)
	for i := range m.lists {
		heap.Push(q, parting{cost: m.lists[i].cost, from: make([]int32, 2*n), list: &m.lists[i], at: -1})
	}
	for q.Len() > 0 && q.queue[0].cost <= q.most {
		if w.over() || len(out) > m.k+maxEquals {
			return out, false
		}
		next := heap.Pop(q).(parting)
		out = append(out, q.follow(&next))
		if q.left--; q.left == 0 {
			q.most = next.cost
		}
		q.trim()
	}
	return out, true
}

// follow completes a plan by the best of each step, and queues those that part from it.
func (q *partings) follow(f *parting) []int {
	m, n := q.m, len(q.m.place)
	state := slices.Clone(f.from)
	class, rank := state[:n], state[n:]
	steps := f.list.steps
	if f.at >= len(steps) {
		v := f.at - len(steps)
		rank[v] = f.to
		q.option(f, v, f.cost-m.dearer(v, class[v], f.to), f.from, f.to+1)
	}
	for at := max(f.at, 0); at < len(steps); at++ {
		s := &steps[len(steps)-1-at]
		switch {
		case s.with > 0:
			class[s.id] = class[s.with-1]
		case at == f.at:
			class[s.id] = f.to
		default:
			class[s.id] = q.step(f, s, at, state)
		}
	}
	for v := max(0, f.at+1-len(steps)); v < n; v++ {
		q.option(f, v, f.cost, state, 1)
	}
	choice := make([]int, n)
	for v := range choice {
		choice[v] = int(m.options(v, class[v])[rank[v]])
	}
	return choice
}

// step gives the best class of a step, and queues the others.
func (q *partings) step(f *parting, s *step, at int, state []int32) int32 {
	scores := q.tr.scores(s, state[:len(q.m.place)])
	best := argmin(scores)
	for x, score := range scores {
		if cost := f.cost + score - scores[best]; x != best && score < nowhere && cost <= q.most {
			heap.Push(q, parting{cost, state, f.list, at, s.dom[x]})
		}
	}
	return s.dom[best]
}

// option queues the plan with the option of a rank of one variable, if there is one.
func (q *partings) option(f *parting, v int, cost int64, state []int32, rank int32) {
	if d := q.m.dearer(v, state[v], rank); d < inf && cost+d <= q.most {
		heap.Push(q, parting{cost + d, state, f.list, len(f.list.steps) + v, rank})
	}
}

// trim drops what is dearer than enough others: each that waits is a plan of its own.
func (q *partings) trim() {
	if q.left <= 0 || len(q.queue) < 64+4*q.left {
		return
	}
	slices.SortFunc(q.queue, func(a, b parting) int { return cmp.Compare(a.cost, b.cost) })
	q.most = min(q.most, q.queue[q.left-1].cost)
	for keep := len(q.queue); ; keep-- {
		if q.queue[keep-1].cost <= q.most {
			clear(q.queue[keep:])
			q.queue = q.queue[:keep]
			return
		}
	}
}

// Len, Less, Swap, Push and Pop make a heap of the queue.

func (q *partings) Len() int { return len(q.queue) }

func (q *partings) Less(i, j int) bool { return q.queue[i].cost < q.queue[j].cost }

func (q *partings) Swap(i, j int) { q.queue[i], q.queue[j] = q.queue[j], q.queue[i] }

func (q *partings) Push(x any) { q.queue = append(q.queue, x.(parting)) }

func (q *partings) Pop() any {
	last := q.queue[len(q.queue)-1]
	q.queue = q.queue[:len(q.queue)-1]
	return last
}
