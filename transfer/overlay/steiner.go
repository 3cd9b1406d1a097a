package overlay

import "math"

// trees finds the cheapest trees from the source to all destinations under weights on the links, by the dynamic programme of
// Dreyfus and Wagner over sets of destinations; with one destination that is a shortest path. It proposes the cheapest tree
// through each node, cheapest first of all the one that matters most: the cheapest of all.
type trees struct {
	n      *Network
	d      Demand
	out    [][]int // links by From
	in     [][]int // links by To
	weight []float64
	cost   [][]float64 // by set of destinations and root: the weight of the cheapest tree
	next   [][]step
	dist   []float64 // from the source
	via    []int     // the link by which the shortest path from the source enters, -1 = none
}

// step is how the cheapest tree of a set goes on at a root: over a link, or by splitting the set (link < 0).
type step struct{ link, part int }

const done = -2 // the root is the destination

func newTrees(n *Network, d Demand) *trees {
	t := &trees{n: n, d: d, out: make([][]int, len(n.Nodes)), in: make([][]int, len(n.Nodes)), weight: make([]float64, len(n.Links))}
	for i, l := range n.Links {
		if n.Nodes[l.From].Machines > 0 && n.Nodes[l.To].Machines > 0 && l.To != d.From {
			t.out[l.From] = append(t.out[l.From], i)
			t.in[l.To] = append(t.in[l.To], i)
		}
	}
	sets := 1 << len(d.To)
	t.cost, t.next = make([][]float64, sets), make([][]step, sets)
	for s := 1; s < sets; s++ {
		t.cost[s], t.next[s] = make([]float64, len(n.Nodes)), make([]step, len(n.Nodes))
	}
	t.dist, t.via = make([]float64, len(n.Nodes)), make([]int, len(n.Nodes))
	return t
}

// best returns the weight of the cheapest tree, infinite when there is none.
func (t *trees) best() float64 {
	full := len(t.cost) - 1
	for s := 1; s <= full; s++ {
		t.set(s)
	}
	return t.cost[full][t.d.From]
}

// set computes the cheapest trees for one set of destinations, all smaller sets being done.
func (t *trees) set(s int) {
	cost, next := t.cost[s], t.next[s]
	for v := range cost {
		cost[v], next[v] = math.Inf(1), step{link: -1}
		for part := (s - 1) & s; part > s-part; part = (part - 1) & s {
			if c := t.cost[part][v] + t.cost[s-part][v]; c < cost[v] {
				cost[v], next[v].part = c, part
			}
		}
	}
	for k, to := range t.d.To {
		if s == 1<<k {
			cost[to], next[to] = 0, step{link: done}
		}
	}
	spread(cost, func(v int, reach func(u int, c float64) bool) {
		for _, i := range t.in[v] {
			if u := t.n.Links[i].From; reach(u, cost[v]+t.weight[i]) {
				next[u] = step{link: i}
			}
		}
	})
}

// fromSource computes the shortest paths from the source.
func (t *trees) fromSource() {
	for v := range t.dist {
		t.dist[v], t.via[v] = math.Inf(1), -1
	}
	t.dist[t.d.From] = 0
	spread(t.dist, func(v int, reach func(u int, c float64) bool) {
		for _, i := range t.out[v] {
			if u := t.n.Links[i].To; reach(u, t.dist[v]+t.weight[i]) {
				t.via[u] = i
			}
		}
	})
}

// spread is Dijkstra's algorithm on a dense graph: it settles the nodes by cost and lets each improve the others.
func spread(cost []float64, improve func(v int, reach func(u int, c float64) bool)) {
	settled := make([]bool, len(cost))
	reach := func(u int, c float64) bool {
		if settled[u] || c >= cost[u] {
			return false
		}
		cost[u] = c
		return true
	}
	for range cost {
		v := -1
		for u, c := range cost {
			if !settled[u] && !math.IsInf(c, 1) && (v < 0 || c < cost[v]) {
				v = u
			}
		}
		if v < 0 {
			return
		}
		settled[v] = true
		improve(v, reach)
	}
}

// through returns the links of the cheapest tree that passes a node, after best and fromSource, and its weight before overlaps
// are taken out. nil when there is none.
func (t *trees) through(v int) ([]int, float64) {
	full := len(t.cost) - 1
	weight := t.dist[v] + t.cost[full][v]
	if math.IsInf(weight, 1) {
		return nil, weight
	}
	enter := make(map[int]int) // the link by which each node is entered; the first one wins
	for u := v; u != t.d.From; u = t.n.Links[t.via[u]].From {
		enter[u] = t.via[u]
	}
	t.collect(full, v, enter)
	return t.prune(enter), weight
}

func (t *trees) collect(s, v int, enter map[int]int) {
	switch next := t.next[s][v]; {
	case next.link == done:
	case next.link >= 0:
		to := t.n.Links[next.link].To
		if _, entered := enter[to]; !entered && to != t.d.From {
			enter[to] = next.link
		}
		t.collect(s, to, enter)
	default:
		t.collect(next.part, v, enter)
		t.collect(s-next.part, v, enter)
	}
}

// prune keeps the links that lead from the source to a destination, each after the one that leads to its start.
func (t *trees) prune(enter map[int]int) []int {
	var links []int
	placed := map[int]bool{t.d.From: true}
	var place func(v, hops int) bool
	place = func(v, hops int) bool {
		if placed[v] {
			return true
		}
		i, entered := enter[v]
		if !entered || hops > len(t.n.Nodes) || !place(t.n.Links[i].From, hops+1) {
			return false // overlapping parts closed a circle
		}
		placed[v] = true
		links = append(links, i)
		return true
	}
	for _, to := range t.d.To {
		if !place(to, 0) {
			return nil
		}
	}
	return links
}
