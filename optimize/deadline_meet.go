package optimize

import (
	"cmp"
	"slices"
)

// thalf grows partial plans from one end of a tline. Per class of the last stop they are in order of x, and y falls: none beats another.
type thalf struct {
	n     *tline
	lists [][]titem
	layer [][]tmark // by stop, all classes one after the other
	total int
	cut   bool
}

// titem is a partial plan: parent is its place in the layer before, choice that at the last stop or -1 if still on the way there.
type titem struct {
	x, y           int64
	parent, choice int32
}

type tmark struct{ parent, choice int32 }

func newThalf(n *tline) *thalf {
	return &thalf{n: n, lists: [][]titem{{{parent: -1, choice: -1}}}}
}

// grow adds a stop. Of more than width partial plans it keeps those with the best bounds.
func (h *thalf) grow(width int) {
	s := len(h.layer)
	nd := &h.n.t.nodes[h.n.stops[s].node]
	lists, count := make([][]titem, len(nd.classes)), 0
	for b := range lists {
		lists[b] = h.choose(s, int32(b), h.arrive(s, int32(b)))
		count += len(lists[b])
	}
	if count > width {
		h.thin(s, lists, width)
		h.cut = true
	}
	var marks []tmark
	for _, list := range lists {
		for i := range list {
			marks = append(marks, tmark{list[i].parent, list[i].choice})
		}
	}
	h.lists, h.layer, h.total = lists, append(h.layer, marks), h.total+len(marks)
}

// width counts the partial plans of the last layer.
func (h *thalf) width() (sum int) {
	for _, l := range h.lists {
		sum += len(l)
	}
	return sum
}

// arrive are the partial plans on their way to a class of stop s.
func (h *thalf) arrive(s int, b int32) []titem {
	hop := &h.n.hops[s]
	var parts [][]titem
	at := int32(0)
	for a, list := range h.lists {
		dx, dy := hop.x[a*hop.width+int(b)], hop.y[a*hop.width+int(b)]
		if dx < inf {
			probe := h.n.probe(h.n.stops[s].into, b)
			part := make([]titem, 0, len(list))
			for i := range list {
				it := titem{list[i].x + dx, list[i].y + dy, at + int32(i), -1}
				if s == 0 {
					it.parent = -1
				}
				if probe.excess(&it) <= 0 {
					part = append(part, it)
				}
			}
			if len(part) > 0 {
				parts = append(parts, part)
			}
		}
		at += int32(len(list))
	}
	return h.merge(s, b, parts)
}

// choose extends those that arrive by the choices of the class.
func (h *thalf) choose(s int, b int32, in []titem) []titem {
	if len(in) == 0 {
		return nil
	}
	st := &h.n.stops[s]
	nd := &h.n.t.nodes[st.node]
	var parts [][]titem
	for c := nd.first[b]; c < nd.first[b+1]; c++ {
		probe := h.n.probe(st.ease, b)
		part := make([]titem, 0, len(in))
		for i := range in {
			it := titem{in[i].x + st.x[c], in[i].y + st.y[c], in[i].parent, c}
			if probe.excess(&it) <= 0 {
				part = append(part, it)
			}
		}
		if len(part) > 0 {
			parts = append(parts, part)
		}
	}
	return h.merge(s, b, parts)
}

// merge keeps what is not beaten in several lists.
func (h *thalf) merge(s int, class int32, parts [][]titem) []titem {
	for len(parts) > 1 {
		k := 0
		for i := 0; i < len(parts); i += 2 {
			if parts[k] = parts[i]; i+1 < len(parts) {
				parts[k] = h.both(s, class, parts[i], parts[i+1])
			}
			k++
		}
		parts = parts[:k]
	}
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

func (h *thalf) both(s int, class int32, a, b []titem) []titem {
	out := make([]titem, 0, len(a)+len(b))
	last := inf
	for len(a) > 0 || len(b) > 0 {
		var it titem
		if len(b) == 0 || len(a) > 0 && h.before(s, class, &a[0], &b[0]) {
			it, a = a[0], a[1:]
		} else {
			it, b = b[0], b[1:]
		}
		if it.y < last {
			out, last = append(out, it), it.y
		}
	}
	return out
}

// before ranks two partial plans in one class of stop s, ties as stated at Objective.
func (h *thalf) before(s int, class int32, a, b *titem) bool {
	if a.x != b.x {
		return a.x < b.x
	}
	if a.y != b.y {
		return a.y < b.y
	}
	r := trank{first: len(h.n.t.nodes)}
	r.look(h.n, s, a.choice, b.choice)
	h.trail(&r, s, class, class, a.parent, b.parent)
	return r.carbon < 0 || r.carbon == 0 && r.less
}

// trank compares two plans of equal x and y.
type trank struct {
	carbon int64 // that of the one less that of the other
	first  int   // the first variable where they differ
	less   bool  // and there the one has the option that comes first
}

func (r *trank) look(n *tline, s int, a, b int32) {
	if a == b || a < 0 {
		return
	}
	nd := &n.t.nodes[n.stops[s].node]
	r.carbon += nd.choices[a].carbon - nd.choices[b].carbon
	if nd.v < r.first {
		r.first, r.less = nd.v, nd.choices[a].index < nd.choices[b].index
	}
}

// trail goes back from classes x and y at stop s to where two plans part.
func (h *thalf) trail(r *trank, s int, x, y, a, b int32) {
	for ; a != b || x != y; s-- {
		hop := &h.n.hops[s]
		if s == 0 {
			r.carbon += h.n.carbon(hop, 0, x) - h.n.carbon(hop, 0, y)
			return
		}
		p, q := h.layer[s-1][a], h.layer[s-1][b]
		nd := &h.n.t.nodes[h.n.stops[s-1].node]
		from, to := nd.choices[p.choice].class, nd.choices[q.choice].class
		r.carbon += h.n.carbon(hop, from, x) - h.n.carbon(hop, to, y)
		r.look(h.n, s-1, p.choice, q.choice)
		x, y, a, b = from, to, p.parent, q.parent
	}
}

// tprobe tells by how much bounds exclude partial plans: the bounds at the prices are tried from the last best one on.
type tprobe struct {
	n      *tline
	behind [][]int64
	class  int32
	k      int
}

func (n *tline) probe(behind [][]int64, class int32) tprobe {
	return tprobe{n, behind, class, len(n.worth) / 2}
}

func (p *tprobe) at(k int, it *titem) int64 {
	w := &p.n.worth[k]
	return w.x*it.x + w.y*it.y + p.behind[k][p.class] - w.most
}

func (p *tprobe) excess(it *titem) int64 {
	most := p.at(p.k, it)
	for p.k+1 < len(p.n.worth) {
		e := p.at(p.k+1, it)
		if e < most {
			break
		}
		most, p.k = e, p.k+1
	}
	for p.k > 0 {
		e := p.at(p.k-1, it)
		if e <= most {
			break
		}
		most, p.k = e, p.k-1
	}
	return most
}

// thin drops the partial plans with the worst bounds.
func (h *thalf) thin(s int, lists [][]titem, width int) {
	var all []int64
	bound := make([][]int64, len(lists))
	for b, list := range lists {
		probe := h.n.probe(h.n.stops[s].ease, int32(b))
		for i := range list {
			bound[b] = append(bound[b], probe.excess(&list[i]))
		}
		all = append(all, bound[b]...)
	}
	slices.Sort(all)
	most := all[width-1]
	for b := range lists {
		kept := lists[b][:0]
		for i := range lists[b] {
			if bound[b][i] <= most {
				kept = append(kept, lists[b][i])
			}
		}
		lists[b] = kept
	}
}

// tmeet are two halves that grow toward one another.
type tmeet struct {
	n    *tline
	fore *thalf
	aft  *thalf
	best *tpair
}

// tpair is a plan: a partial plan of each half.
type tpair struct {
	x, y int64
	a, b int32 // classes
	i, j int32 // places in their lists
}

// meet looks for the first in rank of the plans that matter. exact: the search saw all of them. Otherwise what it saw depends on
// width, and with proof it gives up when more is needed.
func (n *tline) meet(sp *spent, width int, proof bool) (found *tplan, exact bool) {
	m := &tmeet{n: n, fore: newThalf(n), aft: newThalf(n.turned())}
	for len(m.fore.layer)+len(m.aft.layer) < len(n.stops) {
		h := m.fore
		if m.aft.width() < h.width() {
			h = m.aft
		}
		h.grow(width)
		if sp.look() || proof && h.cut || m.fore.total+m.aft.total > lineTotal {
			return nil, false
		}
	}
	hop := &n.hops[len(m.fore.layer)]
	for a := range m.fore.lists {
		for b := range m.aft.lists {
			if at := a*hop.width + b; hop.x[at] < inf {
				m.join(int32(a), int32(b), hop.x[at], hop.y[at])
			}
		}
	}
	if m.best == nil {
		return nil, !m.fore.cut && !m.aft.cut
	}
	return m.plan(m.best), !m.fore.cut && !m.aft.cut
}

// join pairs partial plans over a hop: for each of the one side, the first of the other that leaves y in its limit.
func (m *tmeet) join(a, b int32, dx, dy int64) {
	one, two := m.fore.lists[a], m.aft.lists[b]
	j := len(two) - 1
	for i := range one { // y falls, so that of the other side may rise
		for j >= 0 && one[i].y+dy+two[j].y <= m.n.y {
			j--
		}
		if j+1 == len(two) {
			continue
		}
		p := tpair{one[i].x + dx + two[j+1].x, one[i].y + dy + two[j+1].y, a, b, int32(i), int32(j + 1)}
		if p.x <= m.n.x && (m.best == nil || m.before(&p, m.best)) {
			m.best = &p
		}
	}
}

func (m *tmeet) before(p, q *tpair) bool {
	if c := cmp.Or(cmp.Compare(p.x, q.x), cmp.Compare(p.y, q.y)); c != 0 {
		return c < 0
	}
	return m.plan(p).before(m.plan(q))
}

// plan writes a pair down.
func (m *tmeet) plan(p *tpair) *tplan {
	t := m.n.t
	option := make([]int32, len(t.nodes))
	for i := range t.nodes {
		option[t.nodes[i].v] = t.nodes[i].choices[0].index
	}
	m.fore.write(option, p.a, p.i)
	m.aft.write(option, p.b, p.j)
	sum, time := m.n.split(p.x, p.y)
	return t.newTplan(option, sum, time)
}

// write writes down the choices of one partial plan of the last layer.
func (h *thalf) write(option []int32, class, at int32) {
	for _, l := range h.lists[:class] {
		at += int32(len(l))
	}
	for s, marks := range slices.Backward(h.layer) {
		mark := marks[at]
		nd := &h.n.t.nodes[h.n.stops[s].node]
		option[nd.v] = nd.choices[mark.choice].index
		at = mark.parent
	}
}
