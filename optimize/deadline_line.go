package optimize

import "slices"

const (
	lineBeam  = 1 << 10 // partial plans in one layer of a chain when looking for a plan
	lineWidth = 1 << 18 // and for proof
	lineTotal = 4 << 20 // and in all that are remembered
)

// tline is a chain whose stages without a choice are folded into the hops between the others. x is what is made small, y what
// has a limit: sum and time, or the reverse for Aim Time.
type tline struct {
	t     *timed
	stops []tstop
	hops  []thop // one into each stop and one to the end
	x, y  int64  // the most that matters
	worth []tworth
}

// tstop is a stage with a choice, at node of the timed.
type tstop struct {
	node int
	x, y []int64   // by choice
	ease [][]int64 // by price, class: what all after the stop weighs at least
	into [][]int64 // the same with the stop itself
}

// thop is what it takes, by class of the stop before and that of the stop after, to get from the one to the other.
type thop struct {
	via   []int // links in the order of time
	flip  bool  // the stop after is earlier in time
	width int
	x, y  []int64 // x is inf where forbidden
}

// tworth is a price.
type tworth struct{ x, y, most int64 }

// lined says whether ranks on a chain are just x, then y: what folding needs.
func (d *tdual) lined() bool {
	return d.t.line && (d.t.pr.aim == Cost || d.t.pr.aim == Time && d.strict)
}

func newTline(d *tdual) *tline {
	t := d.t
	n := &tline{t: t, x: d.limit(), y: d.t.deadline}
	if t.pr.aim == Time {
		n.x, n.y = d.horizon(), t.budget
	} else {
		n.x = min(n.x, t.budget)
	}
	first := len(t.nodes[t.topo[0]].classes)
	hop := thop{width: first, x: make([]int64, first), y: make([]int64, first)}
	for k, i := range t.topo {
		nd := &t.nodes[i]
		if k > 0 {
			hop = n.extend(hop, nd.in[0])
		}
		if len(nd.choices) > 1 {
			n.hops, n.stops = append(n.hops, hop), append(n.stops, n.stop(i))
			hop = start(len(nd.classes))
		} else {
			x, y := n.split(t.sum(&nd.choices[0]), nd.choices[0].time)
			for a := range hop.x {
				hop.x[a], hop.y[a] = min(inf, hop.x[a]+x), hop.y[a]+y
			}
		}
	}
	if len(hop.via) == 0 && len(n.stops) > 0 { // the last stage has a choice
		rows := len(hop.x) / hop.width
		hop = thop{width: 1, x: make([]int64, rows), y: make([]int64, rows)}
	}
	n.hops = append(n.hops, hop)
	n.price(d)
	return n
}

// start is the hop to itself.
func start(classes int) thop {
	h := thop{width: classes, x: make([]int64, classes*classes), y: make([]int64, classes*classes)}
	for i := range h.x {
		if i%(classes+1) != 0 {
			h.x[i] = inf
		}
	}
	return h
}

func (n *tline) split(sum, time int64) (x, y int64) {
	if n.t.pr.aim == Time {
		return time, sum
	}
	return sum, time
}

func (n *tline) stop(i int) tstop {
	s := tstop{node: i}
	for c := range n.t.nodes[i].choices {
		ch := &n.t.nodes[i].choices[c]
		x, y := n.split(n.t.sum(ch), ch.time)
		s.x, s.y = append(s.x, x), append(s.y, y)
	}
	return s
}

// extend is a hop with a link after it. The stage between has one choice, or is the stop before itself.
func (n *tline) extend(h thop, e int) thop {
	l := &n.t.links[e]
	from, to := l.ends()
	mid, wide := len(n.t.nodes[from].classes), len(n.t.nodes[to].classes)
	rows := len(h.x) / mid
	out := thop{via: append(slices.Clip(h.via), e), width: wide, x: make([]int64, rows*wide), y: make([]int64, rows*wide)}
	for a := range rows {
		for b := range wide {
			m := min(a, mid-1) // see above
			at, to := l.at(int32(m), int32(b)), a*wide+b
			if out.x[to] = inf; l.time[at] < inf && h.x[a*mid+m] < inf {
				x, y := n.split(l.sum[at], l.time[at])
				out.x[to], out.y[to] = h.x[a*mid+m]+x, h.y[a*mid+m]+y
			}
		}
	}
	return out
}

// price makes the bounds, at prices of time close to the best one and further away.
func (n *tline) price(d *tdual) {
	for _, f := range lineFactors() {
		w := d.scaled(f)
		v := tworth{x: w.sum, y: w.unit[n.t.topo[0]]}
		if n.t.pr.aim == Time {
			v.x, v.y = v.y, v.x
		}
		if v.y == 0 && f != 1 {
			continue
		}
		v.most = inf / 2
		if n.x < inf/4/max(1, v.x) && n.y < inf/4/max(1, v.y) {
			v.most = v.x*n.x + v.y*n.y
		}
		n.worth = append(n.worth, v)
	}
	n.weigh()
}

// lineFactors are what the best price of time is multiplied with: the further the less dense.
func lineFactors() []float64 {
	return []float64{0.25, 0.5, 0.7, 0.84, 0.92, 0.96, 0.98, 0.99, 0.995, 0.9975, 1, 1.0025, 1.005, 1.01, 1.02, 1.04, 1.08, 1.16, 1.35, 1.8, 3}
}

// weigh fills in what lies behind each stop.
func (n *tline) weigh() {
	for s := range n.stops {
		n.stops[s].ease, n.stops[s].into = nil, nil
	}
	for _, w := range n.worth {
		into := []int64{0}
		for s := len(n.stops) - 1; s >= 0; s-- {
			st, h := &n.stops[s], &n.hops[s+1]
			nd := &n.t.nodes[st.node]
			ease := make([]int64, len(nd.classes))
			for a := range ease {
				ease[a] = inf
				for b, rest := range into {
					if at := a*h.width + b; h.x[at] < inf && rest < inf {
						ease[a] = min(ease[a], rest+w.x*h.x[at]+w.y*h.y[at])
					}
				}
			}
			into = make([]int64, len(nd.classes))
			for a := range into {
				own := inf
				for c := nd.first[a]; c < nd.first[a+1]; c++ {
					own = min(own, w.x*st.x[c]+w.y*st.y[c])
				}
				into[a] = min(inf, own+ease[a])
			}
			st.ease, st.into = append(st.ease, ease), append(st.into, into)
		}
	}
}

// turned is the chain seen from its end.
func (n *tline) turned() *tline {
	r := &tline{t: n.t, x: n.x, y: n.y, worth: n.worth}
	for _, s := range slices.Backward(n.stops) {
		r.stops = append(r.stops, s)
	}
	for _, h := range slices.Backward(n.hops) {
		o := thop{via: h.via, flip: true, width: len(h.x) / h.width, x: make([]int64, len(h.x)), y: make([]int64, len(h.x))}
		for i := range h.x {
			at := i%h.width*o.width + i/h.width
			o.x[at], o.y[at] = h.x[i], h.y[i]
		}
		r.hops = append(r.hops, o)
	}
	r.weigh()
	return r
}

// carbon is what a hop between two classes of its stops adds, stages without a choice left out.
func (n *tline) carbon(h *thop, a, b int32) (sum int64) {
	if h.flip {
		a, b = b, a
	}
	for i, e := range h.via {
		from, to := n.t.links[e].ends()
		x, y := int32(0), int32(0)
		if i == 0 {
			x = a
		}
		if i == len(h.via)-1 {
			y = b
		}
		c, _, _ := n.t.pr.move(n.t.p, n.t.p.Edges[n.t.links[e].edge], int(n.t.nodes[from].classes[x]), int(n.t.nodes[to].classes[y]))
		sum += c.carbon
	}
	return sum
}
