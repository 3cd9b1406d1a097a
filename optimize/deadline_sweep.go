package optimize

// price weighs a plan's sum and times: sum on the sum, unit and flow on the times of nodes and links. Weighted paths never
// take longer than the makespan, so the weighted total of any plan of value v is at most gain*v + spare. All weights are
// whole numbers: what a price excludes is excluded for good.
type price struct {
	sum         int64
	unit, flow  []int64
	gain, spare int64
}

// value is the least value that a plan of this weighted total can have.
func (w *price) value(total int64) int64 {
	if total >= inf/2 {
		return inf
	}
	return ceilDiv(total-w.spare, w.gain)
}

// most is the largest weighted total of plans of at most this value.
func (w *price) most(value int64) int64 {
	if value >= inf/2/w.gain {
		return inf / 2
	}
	return w.gain*value + w.spare
}

// tsweep bounds weighted totals from below by messages along the links, in the order of the nodes. Going backward, the cost
// of everything behind a link is split between the links into each node; going forward likewise. Any split gives a
// valid bound; a good one is half of what the other direction sees (TRW-S). On forests one pass each way is exact.
type tsweep struct {
	t *timed
	// back[link][class of from] is what the link and all behind it adds at least, ahead[link][class of to] the same of
	// all before. rest[i] is what of nodes from i on no message carries.
	back, ahead [][]int64
	rest        []int64
	own         [][]int64 // by node, class: the weighted cheapest choice
	pick        [][]int32 // by node, class: that choice
	belief      []int64
	// held[i][k] is what node i keeps at least if k of its later links are left to others.
	held [][]int64
	// shift is what was taken off ahead to keep it small.
	shift []int64
}

func newTsweep(t *timed) *tsweep {
	s := &tsweep{t: t}
	s.back, s.ahead = make([][]int64, len(t.links)), make([][]int64, len(t.links))
	s.own, s.pick, s.held = make([][]int64, len(t.nodes)), make([][]int32, len(t.nodes)), make([][]int64, len(t.nodes))
	s.rest, s.shift = make([]int64, len(t.nodes)+1), make([]int64, len(t.links))
	most := 0
	for i := range t.nodes {
		k := len(t.nodes[i].classes)
		s.own[i], s.pick[i] = make([]int64, k), make([]int32, k)
		s.held[i] = make([]int64, len(t.nodes[i].later)+1)
		most = max(most, k)
	}
	for e := range t.links {
		l := &t.links[e]
		s.back[e], s.ahead[e] = make([]int64, len(t.nodes[l.from].classes)), make([]int64, l.width)
	}
	s.belief = make([]int64, most)
	return s
}

// copy is a sweep of a copy of the problem that starts from the same messages.
func (s *tsweep) copy(t *timed) *tsweep {
	c := newTsweep(t)
	for e := range s.back {
		copy(c.back[e], s.back[e])
		copy(c.ahead[e], s.ahead[e])
	}
	return c
}

// shrink follows timed.shrink; messages are carried over.
func (s *tsweep) shrink(old [][]int32) {
	carry := func(table []int64, k []int32) []int64 {
		for x, y := range k {
			table[x] = table[y] // k ascends
		}
		return table[:len(k)]
	}
	for e := range s.t.links {
		l := &s.t.links[e]
		s.back[e], s.ahead[e] = carry(s.back[e], old[l.from]), carry(s.ahead[e], old[l.to])
	}
	for i, k := range old {
		s.own[i], s.pick[i] = s.own[i][:len(k)], s.pick[i][:len(k)]
	}
}

func (t *timed) weigh(w *price, i int, c *choice) int64 { return w.sum*t.sum(c) + w.unit[i]*c.time }

// load weighs the choices.
func (s *tsweep) load(w *price) {
	for i := range s.t.nodes {
		nd, own, pick := &s.t.nodes[i], s.own[i], s.pick[i]
		for k := range own {
			own[k] = inf
		}
		for c := range nd.choices {
			ch := &nd.choices[c]
			if x := s.t.weigh(w, i, ch); x < own[ch.class] {
				own[ch.class], pick[ch.class] = x, int32(c)
			}
		}
	}
}

// backward fills back and rest and gives the least weighted total.
func (s *tsweep) backward(w *price) int64 {
	t := s.t
	s.rest[len(t.nodes)] = 0
	for i := len(t.nodes) - 1; i >= 0; i-- {
		nd := &t.nodes[i]
		b := s.believe(i)
		div := int64(s.parts(i))
		for _, e := range nd.earlier {
			s.sendBack(w, e, b, div)
		}
		// What is left: all of it less one part per link.
		left, n := inf, int64(len(nd.earlier))
		for _, x := range b {
			if x < inf/2 {
				left = min(left, x-n*(x/div))
			}
		}
		s.rest[i] = min(inf, s.rest[i+1]+left)
	}
	return s.rest[0]
}

func (s *tsweep) parts(i int) int {
	if s.t.forest {
		return 1
	}
	return max(1, len(s.t.nodes[i].earlier), len(s.t.nodes[i].later))
}

// believe sums up what is known of a node's classes.
func (s *tsweep) believe(i int) []int64 {
	b := s.belief[:len(s.own[i])]
	copy(b, s.own[i])
	for _, e := range s.t.nodes[i].later {
		addTo(b, s.back[e])
	}
	if !s.t.forest { // going outward from a root there is nothing to share with: all goes up the one link
		for _, e := range s.t.nodes[i].earlier {
			addTo(b, s.ahead[e])
		}
	}
	return b
}

func addTo(b, more []int64) {
	for x, m := range more {
		b[x] = min(inf, b[x]+m)
	}
}

func (s *tsweep) sendBack(w *price, e int, belief []int64, div int64) {
	l, msg, ahead := &s.t.links[e], s.back[e], s.ahead[e]
	part := make([]int64, len(belief))
	for x, b := range belief {
		switch {
		case b >= inf/2:
			part[x] = inf
		case s.t.forest:
			part[x] = b
		default:
			part[x] = b/div - ahead[x]
		}
	}
	for a := range msg {
		msg[a] = l.least(w, e, a, part)
	}
}

// least is the cheapest continuation of class a of from, given what the classes of to cost.
func (l *tlink) least(w *price, e, a int, part []int64) int64 {
	best := inf
	ws, wt := w.sum, w.flow[e]
	sum, time := l.sum[a*l.width:(a+1)*l.width], l.time[a*l.width:(a+1)*l.width]
	if len(part) != len(sum) || len(part) != len(time) {
		return best
	}
	if l.forbids {
		for y, p := range part {
			if time[y] < inf {
				best = min(best, p+ws*sum[y]+wt*time[y])
			}
		}
		return best
	}
	if wt == 0 {
		for y, p := range part {
			best = min(best, p+ws*sum[y])
		}
		return best
	}
	for y, p := range part {
		best = min(best, p+ws*sum[y]+wt*time[y])
	}
	return best
}

// forward fills ahead and gives visit, per node, a bound on the weighted totals of all plans by class of that node: to
// base and belief add nothing but the difference between a choice and the cheapest of its class.
func (s *tsweep) forward(w *price, visit func(i int, base int64, belief []int64)) {
	t := s.t
	var before int64 // what nodes before i keep, given that their links beyond i are left to the back messages
	used := make([]int, len(t.nodes))
	for i := range t.nodes {
		nd := &t.nodes[i]
		b := s.believe(i)
		if t.forest {
			for _, e := range nd.earlier {
				addTo(b, s.ahead[e])
			}
			if visit != nil {
				visit(i, s.rest[0]-minOf(b), b)
			}
		} else {
			for _, e := range nd.earlier {
				j := t.links[e].from
				before += s.held[j][used[j]+1] - s.held[j][used[j]] + s.shift[e]
				used[j]++
			}
			if visit != nil {
				visit(i, before+s.rest[i+1], b)
			}
			s.hold(i, b)
			before += s.held[i][0]
		}
		div := int64(s.parts(i))
		for _, e := range nd.later {
			s.sendAhead(w, e, b, div)
		}
	}
}

func minOf(b []int64) int64 {
	least := inf
	for _, x := range b {
		least = min(least, x)
	}
	return least
}

func (s *tsweep) hold(i int, b []int64) {
	div := int64(s.parts(i))
	for k := range s.held[i] {
		least := inf
		for _, x := range b {
			if x < inf/2 {
				least = min(least, x-int64(k)*(x/div))
			}
		}
		s.held[i][k] = least
	}
}

func (s *tsweep) sendAhead(w *price, e int, belief []int64, div int64) {
	l, msg, back := &s.t.links[e], s.ahead[e], s.back[e]
	s.shift[e] = 0
	for y := range msg {
		msg[y] = inf
	}
	ws, wt := w.sum, w.flow[e]
	for a, b := range belief {
		if b >= inf/2 || back[a] >= inf/2 {
			continue
		}
		part := b/div - back[a]
		sum, time := l.sum[a*l.width:(a+1)*l.width], l.time[a*l.width:(a+1)*l.width]
		if len(msg) != len(sum) || len(msg) != len(time) {
			return
		}
		for y := range msg {
			if l.forbids && time[y] >= inf {
				continue
			}
			if m := part + ws*sum[y] + wt*time[y]; m < msg[y] {
				msg[y] = m
			}
		}
	}
	if least := minOf(msg); !s.t.forest && least < inf/2 {
		s.shift[e] = least
		for y := range msg {
			if msg[y] < inf/2 {
				msg[y] -= least
			}
		}
	}
}

// decode follows the messages to a plan, as positions in the nodes' choices: at each node the class that looks best given those
// before it. nil if some node has none left.
func (s *tsweep) decode(w *price) []int32 {
	t := s.t
	plan := make([]int32, len(t.nodes))
	for i := range t.nodes {
		nd := &t.nodes[i]
		best, bestClass := inf/2, -1
		for k := range nd.classes {
			sum := s.own[i][k]
			for _, e := range nd.later {
				sum = min(inf, sum+s.back[e][k])
			}
			for _, e := range nd.earlier {
				l := &t.links[e]
				at := int(t.nodes[l.from].choices[plan[l.from]].class)*l.width + k
				if l.time[at] >= inf {
					sum = inf
					break
				}
				sum += w.sum*l.sum[at] + w.flow[e]*l.time[at]
			}
			if sum < best {
				best, bestClass = sum, k
			}
		}
		if bestClass < 0 {
			return nil
		}
		plan[i] = s.pick[i][bestClass]
	}
	return plan
}
