package optimize

import "cmp"

// plan is a complete choice with its totals.
type plan struct {
	option []int32 // by node, into Var.Options, so that it means the same in every model of a problem
	cost
	time  int64
	value int64
}

// evaluate takes a choice by node, into node.choices, and gives the plan with its totals, and whether it keeps all rules. ends are the times the nodes end, for critical.
func (m *model) evaluate(choice []int32, ends []int64) (plan, bool) {
	pl := plan{option: make([]int32, len(choice))}
	ok := true
	for i := range m.nodes {
		nd := &m.nodes[i]
		c := &nd.choices[choice[i]]
		pl.option[i] = c.index
		var start int64
		for _, e := range nd.in {
			l := &m.edges[e]
			at := int(m.classOf(choice, l.from))*l.width + int(c.class)
			if l.time[at] >= inf {
				ok = false
				continue
			}
			if l.orders() {
				start = max(start, ends[l.from]+l.time[at])
			}
			if l.share < 0 || m.first(choice, l, i) {
				pl.cost = pl.plus(l.cost[at])
			}
		}
		ends[i] = start + c.time
		pl.cost = pl.plus(c.cost)
		pl.time = max(pl.time, ends[i])
	}
	pl.value = pl.add + m.pr.time(pl.time)
	return pl, ok && pl.time <= m.deadline && pl.money <= m.budget && pl.carbon <= m.carbonCap && m.spreads(choice)
}

func (m *model) classOf(choice []int32, i int) int32 { return m.nodes[i].choices[choice[i]].class }

func (m *model) place(choice []int32, i int) int { return m.nodes[i].classes[m.classOf(choice, i)] }

// first says whether consumer i is the first of its share in its class, and so the one that pays.
func (m *model) first(choice []int32, l *link, i int) bool {
	for _, c := range m.shares[l.share].consumers {
		if c == i {
			return true
		}
		if m.place(choice, c) == m.place(choice, i) {
			return false
		}
	}
	return true
}

func (m *model) spreads(choice []int32) bool {
	for _, sp := range m.spread {
		seen := map[int]bool{}
		for _, v := range sp.members {
			seen[m.p.domain(sp.level, m.place(choice, v))] = true
		}
		if len(seen) < sp.min {
			return false
		}
	}
	return true
}

// before is the ranking stated at Objective.
func (m *model) before(a, b *plan) bool {
	if c := cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.money, b.money), cmp.Compare(a.time, b.time), cmp.Compare(a.carbon, b.carbon)); c != 0 {
		return c < 0
	}
	return m.earlier(a.option, b.option, len(m.nodes))
}

// earlier compares the options of the first n nodes, in the order of Problem.Vars.
func (m *model) earlier(a, b []int32, n int) bool {
	first, less := len(m.nodes), false
	for i := range n {
		if v := m.nodes[i].v; a[i] != b[i] && v < first {
			first, less = v, a[i] < b[i]
		}
	}
	return less
}

// path is a chain of nodes joined by links that order.
type path struct{ nodes, links []int }

// critical is the path that makes the plan as long as it is.
func (m *model) critical(choice []int32, ends []int64) path {
	last := 0
	for i, t := range ends {
		if t > ends[last] {
			last = i
		}
	}
	p := path{nodes: []int{last}}
	for {
		nd := &m.nodes[last]
		best, bestEnd := -1, int64(-1)
		for _, e := range nd.in {
			l := &m.edges[e]
			if t := l.time[int(m.classOf(choice, l.from))*l.width+int(m.classOf(choice, last))]; l.orders() && t < inf && ends[l.from]+t > bestEnd {
				best, bestEnd = e, ends[l.from]+t
			}
		}
		if best < 0 {
			return p
		}
		last = m.edges[best].from
		p.nodes, p.links = append(p.nodes, last), append(p.links, best)
	}
}

// length is how long a path takes under a plan.
func (m *model) length(p path, choice []int32) int64 {
	var t int64
	for _, i := range p.nodes {
		t += m.nodes[i].choices[choice[i]].time
	}
	for _, e := range p.links {
		l := &m.edges[e]
		if w := l.time[int(m.classOf(choice, l.from))*l.width+int(m.classOf(choice, l.to))]; w < inf {
			t += w
		}
	}
	return t
}

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
