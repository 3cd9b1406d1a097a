package optimize

import "slices"

// forest sums up a problem whose value is a sum and whose links form no cycle. Messages go up each tree and down again:
// then every node knows, by class, what its whole tree costs at least with the node there.
type forest struct {
	m      *model
	links  []link // one for each pair of nodes that any joins
	order  []int  // nodes, every tree from its root down
	parent []int  // link to it, by node; -1: a root
	root   []int  // of each node's tree
	up     [][]int64
	sums   []sums  // by node
	rest   []int64 // by root: the least that all other trees cost
}

// sums are what a node knows, by class: a sum, and how many parts of it cannot be.
type sums struct {
	finite []int64
	never  []int32
}

func (s sums) add(list []int64) {
	for k, x := range list {
		if x < inf/2 {
			s.finite[k] += x
		} else {
			s.never[k]++
		}
	}
}

// less is the sum without one of its parts; nil: all of it.
func (s sums) less(part []int64) []int64 {
	out := make([]int64, 0, len(s.finite))
	if part == nil {
		part = make([]int64, len(s.finite))
	}
	for k, gone := range part {
		n, left := s.never[k], s.finite[k]-gone
		if gone >= inf/2 {
			n, left = n-1, s.finite[k]
		}
		if n > 0 {
			left = inf
		}
		out = append(out, left)
	}
	return out
}

// newForest is nil if p is no such problem.
func newForest(p *Problem) *forest {
	pr := newPricer(p.Objective)
	if (needsOf(p, pr) != needs{}) || formed(p) || hopeless(p) {
		return nil
	}
	plain := *p // what only orders adds nothing to a sum
	plain.Edges = slices.DeleteFunc(slices.Clone(p.Edges), func(e Edge) bool { return e.Tariff == NoTariff })
	m := compile(&plain)
	if len(m.shares)+len(m.spread) > 0 || m.impossible {
		return nil
	}
	n := len(m.nodes)
	f := &forest{m: m, links: merged(m.edges), parent: make([]int, n), root: make([]int, n), up: make([][]int64, n), sums: make([]sums, n), rest: make([]int64, n)}
	if !f.walk() {
		return nil
	}
	f.sum()
	return f
}

// hopeless says that some variable has no option.
func hopeless(p *Problem) bool {
	return slices.ContainsFunc(p.Vars, func(v Var) bool { return len(v.Options) == 0 })
}

// merged adds up links that join the same nodes, which stand side by side.
func merged(edges []link) []link {
	var out []link
	for _, l := range edges {
		k := len(out) - 1
		if k < 0 || out[k].from != l.from || out[k].to != l.to {
			l.cost, l.time = slices.Clone(l.cost), slices.Clone(l.time)
			out = append(out, l)
			continue
		}
		for i, c := range l.cost {
			out[k].cost[i] = out[k].cost[i].plus(c)
			out[k].time[i] = max(out[k].time[i], l.time[i])
		}
	}
	return out
}

// walk lists the nodes of each tree, parents first. It is false if it comes to a node twice.
func (f *forest) walk() bool {
	near := make([][]int, len(f.m.nodes))
	for e, l := range f.links {
		near[l.from], near[l.to] = append(near[l.from], e), append(near[l.to], e)
	}
	seen := make([]bool, len(f.m.nodes))
	for root := range f.m.nodes {
		if seen[root] {
			continue
		}
		seen[root], f.parent[root] = true, -1
		f.order = append(f.order, root)
		for at := len(f.order) - 1; at < len(f.order); at++ {
			i := f.order[at]
			f.root[i] = root
			for _, e := range near[i] {
				other := f.other(e, i)
				if e == f.parent[i] {
					continue
				}
				if seen[other] {
					return false
				}
				seen[other], f.parent[other] = true, e
				f.order = append(f.order, other)
			}
		}
	}
	return true
}

func (f *forest) other(e, i int) int { return f.links[e].from + f.links[e].to - i }

// sum passes the messages up, then down.
func (f *forest) sum() {
	for i := range f.m.nodes {
		f.sums[i] = sums{make([]int64, len(f.m.nodes[i].classes)), make([]int32, len(f.m.nodes[i].classes))}
		f.sums[i].add(f.own(i))
	}
	for _, i := range slices.Backward(f.order) {
		if e := f.parent[i]; e >= 0 {
			f.up[i] = f.across(e, i, f.sums[i].less(nil))
			f.sums[f.other(e, i)].add(f.up[i])
		}
	}
	all := sums{make([]int64, 1), make([]int32, 1)}
	for i, e := range f.parent {
		if e < 0 {
			all.add([]int64{least(f.sums[i].less(nil))})
		}
	}
	for _, i := range f.order {
		e := f.parent[i]
		if e < 0 {
			f.rest[i] = all.less([]int64{least(f.sums[i].less(nil))})[0]
			continue
		}
		above := f.other(e, i)
		f.sums[i].add(f.across(e, above, f.sums[above].less(f.up[i])))
	}
}

// bids answers for all options of the variable at a node: what the best of an option's class comes to, and the difference.
func (f *forest) bids(i int) []Bid {
	nd := &f.m.nodes[i]
	whole, cheapest := f.sums[i].less(nil), f.own(i)
	local := map[int]int{}
	for k, class := range nd.classes {
		local[class] = k
	}
	out := make([]Bid, len(f.m.p.Vars[nd.v].Options))
	for o, x := range f.m.p.Vars[nd.v].Options {
		k := local[x.Class]
		out[o] = Bid{Option: o, By: -1, Status: Infeasible}
		if sum := min(inf, whole[k]+f.rest[f.root[i]]); sum < inf/2 {
			value := sum + f.m.pr.cost(x.Money, x.Carbon).add - cheapest[k]
			out[o] = Bid{Option: o, By: -1, Status: Optimal, Value: value, Bound: value}
		}
	}
	return out
}

// own is the cheapest choice per class of a node.
func (f *forest) own(i int) []int64 {
	nd := &f.m.nodes[i]
	out := make([]int64, len(nd.classes))
	for k := range out {
		out[k] = inf
	}
	for _, c := range nd.choices {
		out[c.class] = min(out[c.class], c.add)
	}
	return out
}

// across takes sums by class of a node to the other end of link e: the least of them, with the link, by class there.
func (f *forest) across(e, from int, sums []int64) []int64 {
	l := &f.links[e]
	out := make([]int64, len(f.m.nodes[f.other(e, from)].classes))
	for k := range out {
		out[k] = inf
	}
	for a, n := range sums {
		if n >= inf/2 {
			continue
		}
		for b := range out {
			i := a*l.width + b
			if l.from != from {
				i = b*l.width + a
			}
			if l.time[i] < inf {
				out[b] = min(out[b], n+l.cost[i].add)
			}
		}
	}
	return out
}

func least(list []int64) int64 {
	best := inf
	for _, n := range list {
		best = min(best, n)
	}
	return best
}

// node is the position of a variable.
func (m *model) node(v int) int {
	return slices.IndexFunc(m.nodes, func(n node) bool { return n.v == v })
}
