package optimize

import (
	"cmp"
	"slices"
)

// tplan is a complete plan of a timed, by options of Problem.Vars.
type tplan struct {
	option []int32
	cost
	sum, time, value int64
}

// before is the ranking stated at Objective.
func (a *tplan) before(b *tplan) bool {
	return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.money, b.money), cmp.Compare(a.time, b.time), cmp.Compare(a.carbon, b.carbon),
		slices.Compare(a.option, b.option)) < 0
}

// newTplan writes a plan down whose sum and makespan are known.
func (t *timed) newTplan(option []int32, sum, time int64) *tplan {
	pl := &tplan{option: option, sum: sum, time: time, value: t.value(sum, time)}
	for v, o := range option {
		x := &t.p.Vars[v].Options[o]
		pl.cost = pl.plus(t.pr.cost(x.Money, x.Carbon))
	}
	paid := map[[3]int]bool{}
	for _, e := range t.p.Edges {
		if e.Artifact > 0 {
			key := [3]int{e.From, e.Artifact, t.p.Vars[e.To].Options[option[e.To]].Class}
			if e.Tariff == NoTariff || paid[key] {
				continue
			}
			paid[key] = true
		}
		c, _, _ := t.pr.move(t.p, e, t.p.Vars[e.From].Options[option[e.From]].Class, t.p.Vars[e.To].Options[option[e.To]].Class)
		pl.cost = pl.plus(c)
	}
	return pl
}

// prize is the best plan of a solve so far, shared by all its parts.
type prize struct{ best *tplan }

func (p *prize) offer(pl *tplan) {
	if p.best == nil || pl.before(p.best) {
		p.best = pl
	}
}

// value is the objective's value.
func (t *timed) value(sum, time int64) int64 {
	if t.pr.aim == Time {
		return time
	}
	return sum + t.pr.time(time)
}

// shop is a plan being improved, one choice at a time.
type shop struct {
	t        *timed
	pick     []int32 // by node: position in its choices
	sum      int64
	end      []int64 // by node: when it ends
	tail     []int64 // by node: the longest way from its end to the end of the plan
	makespan int64
	start    []int64 // by class of one node: when it could start
	after    []int64 // by class of one node: its tail
	move     []int64 // by class of one node: sum of its links
}

func newShop(t *timed) *shop {
	n := len(t.nodes)
	most := 0
	for i := range t.nodes {
		most = max(most, len(t.nodes[i].classes))
	}
	return &shop{
		t: t, end: make([]int64, n), tail: make([]int64, n), pick: make([]int32, n),
		start: make([]int64, most), after: make([]int64, most), move: make([]int64, most),
	}
}

func (s *shop) class(i int) int32 { return s.t.nodes[i].choices[s.pick[i]].class }

// set takes a plan and gives whether its links allow it.
func (s *shop) set(pick []int32) bool {
	copy(s.pick, pick)
	s.sum = 0
	for i := range s.t.nodes {
		s.sum += s.t.sum(&s.t.nodes[i].choices[pick[i]])
	}
	for e := range s.t.links {
		l := &s.t.links[e]
		at := int(s.class(l.from))*l.width + int(s.class(l.to))
		if l.time[at] >= inf {
			return false
		}
		if s.pays(e) {
			s.sum += l.full[at]
		}
	}
	s.clock()
	return true
}

// link is the time link e takes.
func (s *shop) link(e int) int64 {
	l := &s.t.links[e]
	return l.time[int(s.class(l.from))*l.width+int(s.class(l.to))]
}

// clock computes ends, tails and makespan.
func (s *shop) clock() {
	t := s.t
	s.makespan = 0
	for _, i := range t.topo {
		var start int64
		for _, e := range t.nodes[i].in {
			from, _ := t.links[e].ends()
			start = max(start, s.end[from]+s.link(e))
		}
		s.end[i] = start + t.nodes[i].choices[s.pick[i]].time
		s.makespan = max(s.makespan, s.end[i])
	}
	for _, i := range slices.Backward(t.topo) {
		s.tail[i] = 0
		for _, e := range t.nodes[i].out {
			_, to := t.links[e].ends()
			s.tail[i] = max(s.tail[i], s.link(e)+t.nodes[to].choices[s.pick[to]].time+s.tail[to])
		}
	}
}

// around prices the classes of node i with its neighbours as they are.
func (s *shop) around(i int) {
	t := s.t
	nd := &t.nodes[i]
	for k := range nd.classes {
		s.start[k], s.after[k], s.move[k] = 0, 0, 0
	}
	for _, e := range nd.in {
		l := &t.links[e]
		from, _ := l.ends()
		c := s.class(from)
		for k := range nd.classes {
			at := l.at(c, int32(k))
			s.start[k] = max(s.start[k], s.end[from]+l.time[at])
			if !s.served(e, nd.classes[k]) {
				s.move[k] += l.full[at]
			}
		}
	}
	for _, e := range nd.out {
		l := &t.links[e]
		_, to := l.ends()
		c := s.class(to)
		rest := t.nodes[to].choices[s.pick[to]].time + s.tail[to]
		pays := s.pays(e)
		for k := range nd.classes {
			at := l.at(int32(k), c)
			s.after[k] = max(s.after[k], rest+l.time[at])
			if pays {
				s.move[k] += l.full[at]
			}
		}
	}
	for _, e := range nd.rules {
		l := &t.links[e]
		for k := range nd.classes {
			at := int(s.class(l.from))*l.width + k
			if l.from == i {
				at = k*l.width + int(s.class(l.to))
			}
			s.start[k] = max(s.start[k], l.time[at])
		}
	}
}

// through is the longest path through node i with choice c, after around.
func (s *shop) through(c *choice) int64 {
	if s.start[c.class] >= inf || s.after[c.class] >= inf {
		return inf
	}
	return s.start[c.class] + c.time + s.after[c.class]
}

func (s *shop) swap(i int, c int32) {
	nd := &s.t.nodes[i]
	old, now := &nd.choices[s.pick[i]], &nd.choices[c]
	s.sum += s.t.sum(now) + s.move[now.class] - s.t.sum(old) - s.move[old.class]
	s.pick[i] = c
	s.clock()
}

// deal is a swap worth making.
type deal struct {
	node   int
	choice int32
	rate   float64
}

// bargain finds the swap of node i with the lowest rate; ok is false if none gets one.
func (s *shop) bargain(i int, rate func(c *choice, cost, long int64) (float64, bool)) (d deal, ok bool) {
	nd := &s.t.nodes[i]
	s.around(i)
	now := &nd.choices[s.pick[i]]
	cost := s.t.sum(now) + s.move[now.class]
	for c := range nd.choices {
		ch := &nd.choices[c]
		long := s.through(ch)
		if long >= inf {
			continue
		}
		if r, yes := rate(ch, s.t.sum(ch)+s.move[ch.class]-cost, long); yes && (!ok || r < d.rate) {
			d, ok = deal{i, int32(c), r}, true
		}
	}
	return d, ok
}

// trade makes swaps, the cheapest first, until done; each is looked for again right before, as others may have changed its worth.
// false: there was none.
func (s *shop) trade(eligible func(i int) bool, rate func(c *choice, cost, long int64) (float64, bool), done func() bool) bool {
	var deals []deal
	for i := range s.t.nodes {
		if eligible(i) {
			if d, ok := s.bargain(i, rate); ok {
				deals = append(deals, d)
			}
		}
	}
	slices.SortStableFunc(deals, func(a, b deal) int { return cmp.Compare(a.rate, b.rate) })
	for n, d := range deals {
		if done() || n > len(deals)/4+1 {
			break
		}
		if d, ok := s.bargain(d.node, rate); ok && eligible(d.node) {
			s.swap(d.node, d.choice)
		}
	}
	return len(deals) > 0
}

// hurry shortens the plan to the limit, by the swaps on longest paths that cost least per millisecond won, again and
// again, and never to a sum above the budget. false: it got stuck.
func (s *shop) hurry(limit, budget int64) bool {
	done := func() bool { return s.makespan <= limit }
	critical := func(i int) bool { return s.end[i]+s.tail[i] >= s.makespan }
	rate := func(_ *choice, cost, long int64) (float64, bool) {
		return float64(cost) / float64(s.makespan-max(long, limit)), long < s.makespan && s.sum+cost <= budget
	}
	for range 2*len(s.t.nodes) + 20 {
		if done() || !s.trade(critical, rate, done) {
			break
		}
	}
	return done()
}

// save brings the sum down to the budget, by the swaps that delay least per unit saved, again and again.
func (s *shop) save(budget int64) bool {
	done := func() bool { return s.sum <= budget }
	rate := func(_ *choice, cost, long int64) (float64, bool) {
		return float64(max(0, long-s.makespan)) / float64(min(-cost, s.sum-budget)), cost < 0
	}
	for range 2*len(s.t.nodes) + 20 {
		if done() || !s.trade(func(int) bool { return true }, rate, done) {
			break
		}
	}
	return done()
}

// thrift cuts the sum one swap at a time while the makespan stays in the limit.
func (s *shop) thrift(limit int64) {
	for moved, rounds := true, 0; moved && rounds < 20; rounds++ {
		moved = false
		for i := range s.t.nodes {
			nd := &s.t.nodes[i]
			s.around(i)
			now := &nd.choices[s.pick[i]]
			best, bestCost := s.pick[i], s.t.sum(now)+s.move[now.class]
			for c := range nd.choices {
				ch := &nd.choices[c]
				if cost := s.t.sum(ch) + s.move[ch.class]; cost < bestCost && s.through(ch) <= limit {
					best, bestCost = int32(c), cost
				}
			}
			if best != s.pick[i] {
				s.swap(i, best)
				moved = true
			}
		}
	}
}

// plan writes the present plan down.
func (s *shop) plan() *tplan {
	option := make([]int32, len(s.pick))
	for i, c := range s.pick {
		option[s.t.nodes[i].v] = s.t.nodes[i].choices[c].index
	}
	return s.t.newTplan(option, s.sum, s.makespan)
}

// late gives the longest path to each last node that ends after a time, the longest first, at most most of them; at least one.
func (s *shop) late(after int64, most int) []path {
	var last []int
	longest := 0
	for i := range s.t.nodes {
		if s.end[i] > s.end[longest] {
			longest = i
		}
		if len(s.t.nodes[i].out) == 0 && s.end[i] > after {
			last = append(last, i)
		}
	}
	if len(last) == 0 {
		last = append(last, longest)
	}
	slices.SortStableFunc(last, func(a, b int) int { return int(s.end[b] - s.end[a]) })
	var out []path
	for _, i := range last[:min(most, len(last))] {
		out = append(out, s.trace(i))
	}
	return out
}

// trace is the longest path to the end of node i.
func (s *shop) trace(i int) path {
	p := path{nodes: []int{i}}
	for {
		best, bestEnd := -1, int64(-1)
		for _, e := range s.t.nodes[i].in {
			from, _ := s.t.links[e].ends()
			if end := s.end[from] + s.link(e); end > bestEnd {
				best, bestEnd = e, end
			}
		}
		if best < 0 {
			return p
		}
		i, _ = s.t.links[best].ends()
		p.nodes, p.links = append(p.nodes, i), append(p.links, best)
	}
}

// length is how long a path takes.
func (s *shop) length(p path) (sum int64) {
	for _, i := range p.nodes {
		sum += s.t.nodes[i].choices[s.pick[i]].time
	}
	for _, e := range p.links {
		sum += s.link(e)
	}
	return sum
}
