package optimize

import "slices"

// forest sums up a problem whose value is a sum and whose links form no cycle. Messages go up each tree and down again:
// then every node knows, by class, what its whole tree costs at least with the node there.
type forest struct {
	b      *builder
	c      *core
	order  []int // nodes, every tree from its root down
	parent []int // link to it, by node; -1: a root
	root   []int // of each node's tree
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
	if hopeless(p) || impossible(p) || !isPairs(p) {
		return nil
	}
	b, c := build(p)
	n := len(c.vars)
	f := &forest{b: b, c: c, parent: make([]int, n), root: make([]int, n), up: make([][]int64, n), sums: make([]sums, n), rest: make([]int64, n)}
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

// walk lists the nodes of each tree, parents first. It is false if it comes to a node twice.
func (f *forest) walk() bool {
	near := make([][]int, len(f.c.vars))
	for e, l := range f.c.factors {
		near[l.from], near[l.to] = append(near[l.from], e), append(near[l.to], e)
	}
	seen := make([]bool, len(f.c.vars))
	for root := range f.c.vars {
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

func (f *forest) other(e, i int) int { return int(f.c.factors[e].from+f.c.factors[e].to) - i }

// sum passes the messages up, then down.
func (f *forest) sum() {
	for i := range f.c.vars {
		v := &f.c.vars[i]
		f.sums[i] = sums{make([]int64, len(v.dom)), make([]int32, len(v.dom))}
		f.sums[i].add(v.own)
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

// node is the position of a variable.
func (f *forest) node(v int) int {
	return slices.IndexFunc(f.c.vars, func(n coreVar) bool { return int(n.id) == v })
}

// bids answers for all options of the variable at a node: what the best of an option's class comes to, and the difference.
func (f *forest) bids(i int) []Bid {
	nd := &f.c.vars[i]
	whole := f.sums[i].less(nil)
	out := make([]Bid, len(f.b.p.Vars[nd.id].Options))
	for o, x := range f.b.p.Vars[nd.id].Options {
		k, _ := slices.BinarySearch(nd.dom, int32(x.Class))
		out[o] = Bid{Option: o, By: -1, Status: Infeasible}
		if sum := min(inf, whole[k]+f.rest[f.root[i]]); sum < inf/2 {
			value := (sum-nd.own[k])/f.b.scale + f.b.pr.cost(x.Money, x.Carbon).add
			out[o] = Bid{Option: o, By: -1, Status: Optimal, Value: value, Bound: value}
		}
	}
	return out
}

// across takes sums by class of a node to the other end of link e: the least of them, with the link, by class there.
func (f *forest) across(e, from int, sums []int64) []int64 {
	l := &f.c.factors[e]
	dom, to := f.c.vars[from].dom, f.c.vars[f.other(e, from)].dom
	out := make([]int64, len(to))
	for k := range out {
		out[k] = inf
	}
	for i, n := range sums {
		if n >= inf/2 {
			continue
		}
		for k, b := range to {
			out[k] = min(out[k], n+l.t.between(int(l.from) == from, dom[i], b))
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
