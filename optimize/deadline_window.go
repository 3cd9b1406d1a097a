package optimize

// window says which choices can end by the horizon if all else is as quick as can be, and how many cannot. ok: every node has one
// that can.
func (t *timed) window(horizon int64) (keep [][]bool, gone int, ok bool) {
	n := len(t.nodes)
	head, tail := make([][]int64, n), make([][]int64, n) // by class: earliest start, least time after the end
	quick := make([][]int64, n)                          // by class: the fastest choice
	for i := range t.nodes {
		quick[i] = t.nodes[i].quick()
	}
	for _, i := range t.topo {
		head[i] = t.reach(i, t.nodes[i].in, head, quick)
	}
	for k := n - 1; k >= 0; k-- {
		i := t.topo[k]
		tail[i] = t.reach(i, t.nodes[i].out, tail, quick)
	}
	keep, ok = make([][]bool, n), true
	for i := range t.nodes {
		nd := &t.nodes[i]
		keep[i] = make([]bool, len(nd.choices))
		left := 0
		for c := range nd.choices {
			ch := &nd.choices[c]
			h, l := head[i][ch.class], tail[i][ch.class]
			if keep[i][c] = h < inf && l < inf && h+ch.time+l <= horizon; keep[i][c] {
				left++
			}
		}
		gone += len(nd.choices) - left
		ok = ok && left > 0
	}
	return keep, gone, ok
}

// quick is the least time of a node by class.
func (nd *tnode) quick() []int64 {
	q := make([]int64, len(nd.classes))
	for k := range q {
		q[k] = inf
	}
	for c := range nd.choices {
		k := nd.choices[c].class
		q[k] = min(q[k], nd.choices[c].time)
	}
	return q
}

// reach is the least time that the neighbours over some links need before (or after) node i, by its class; inf where none can be had.
func (t *timed) reach(i int, links []int, far, quick [][]int64) []int64 {
	out := make([]int64, len(t.nodes[i].classes))
	for _, e := range links {
		l := &t.links[e]
		j, flip := l.from, false
		if j == i {
			j, flip = l.to, true
		}
		for k := range out {
			best := inf
			for x, f := range far[j] {
				at := x*l.width + k
				if flip {
					at = k*l.width + x
				}
				if w := l.time[at]; w < inf && f < inf {
					best = min(best, f+quick[j][x]+w)
				}
			}
			out[k] = max(out[k], best)
		}
	}
	return out
}
