package optimize

// bound is a weighted sum of the problem's limits that every acceptable plan keeps:
//
//	objective*value + money*budget + carbon*cap + time*deadline
//
// where time enters as weights on paths (flow), each of which is no longer than the makespan. What a partial plan will
// still add to the sum is bounded from below by messages along the links (TRW-S), exact on trees. All weights are
// whole numbers, so a bound proves what it says. Why flows and messages: doc.go.
type bound struct {
	objective, money, carbon int64
	// unit and flow weigh the times of nodes and links; end weighs the end of nodes where a path ends.
	unit, flow, end []int64
	// late is the weight on the deadline, slack what rounding may take away.
	late, slack int64
	// msg[link][class of from]: share of the cost of everything behind the link. rest[i]: the part of nodes from i on
	// that no message carries.
	msg  [][]int64
	rest []int64
}

func (b *bound) weigh(c cost) int64 { return b.objective*c.add + b.money*c.money + b.carbon*c.carbon }

// spare is the part of the limit that does not depend on the value sought.
func (b *bound) spare(m *model) int64 {
	s := b.slack
	if b.late > 0 {
		s += b.late * m.deadline
	}
	if b.money > 0 && m.budget < inf {
		s += b.money * m.budget
	}
	if b.carbon > 0 && m.carbonCap < inf {
		s += b.carbon * m.carbonCap
	}
	return s
}

// value is the least objective value for which a plan with weighted sum at least sum keeps the limit.
func (b *bound) value(m *model, sum int64) int64 {
	if sum >= inf/2 {
		return inf
	}
	if b.objective == 0 {
		if sum > b.spare(m) && b.limits(m) {
			return inf
		}
		return 0
	}
	return ceilDiv(sum-b.spare(m), b.objective)
}

// limits says whether a bound without the objective stands for a limit that exists.
func (b *bound) limits(m *model) bool {
	return b.money > 0 && m.budget < inf || b.carbon > 0 && m.carbonCap < inf
}

func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// sweeper runs messages for one bound after another, and carries the split of the last one over to the next.
type sweeper struct {
	m       *model
	forward [][]int64 // by link, class of to
	pair    [][]int64 // by link: weighted cost and time
	own     [][]int64 // by node, class: weighted cheapest choice
	belief  []int64
	rest    []int64
	cyclic  bool
}

func newSweeper(m *model) *sweeper {
	s := &sweeper{m: m, forward: make([][]int64, len(m.edges)), pair: make([][]int64, len(m.edges)), own: make([][]int64, len(m.nodes))}
	for e, l := range m.edges {
		s.forward[e] = make([]int64, l.width)
		s.pair[e] = make([]int64, len(l.cost))
	}
	most := 0
	for i := range m.nodes {
		s.own[i] = make([]int64, len(m.nodes[i].classes))
		most = max(most, len(m.nodes[i].classes))
		s.cyclic = s.cyclic || len(m.nodes[i].in) > 1
	}
	s.belief, s.rest = make([]int64, most), make([]int64, most)
	return s
}

// load weighs all tables. What no choice is left for stays out.
func (s *sweeper) load(b *bound) {
	for i := range s.m.nodes {
		own := s.own[i]
		for k := range own {
			own[k] = inf
		}
		for _, c := range s.m.nodes[i].choices {
			own[c.class] = min(own[c.class], b.weigh(c.cost)+b.unit[i]*c.time)
		}
	}
	for e := range s.m.edges {
		s.loadLink(b, e)
	}
}

func (s *sweeper) loadLink(b *bound, e int) {
	l, pair := &s.m.edges[e], s.pair[e]
	parts := int64(1)
	if l.share >= 0 {
		parts = int64(len(s.m.shares[l.share].consumers))
	}
	for from, alive := range s.own[l.from] {
		for to, i := 0, from*l.width; to < l.width; to, i = to+1, i+1 {
			if alive >= inf || s.own[l.to][to] >= inf || l.time[i] >= inf {
				pair[i] = inf
			} else {
				c := l.cost[i]
				if parts > 1 {
					c = c.part(parts)
				}
				pair[i] = b.weigh(c) + b.flow[e]*l.time[i]
			}
		}
	}
}

// part is what each of n sharers pays at least.
func (c cost) part(n int64) cost { return cost{c.add / n, c.money / n, c.carbon / n} }

// backward fills b.msg and b.rest.
func (s *sweeper) backward(b *bound) {
	b.msg = make([][]int64, len(s.m.edges))
	b.rest = make([]int64, len(s.m.nodes)+1)
	for i := len(s.m.nodes) - 1; i >= 0; i-- {
		nd := &s.m.nodes[i]
		belief, rest := s.belief[:len(nd.classes)], s.rest[:len(nd.classes)]
		s.believe(b, i, belief, rest)
		div := int64(max(1, len(nd.in)))
		if s.cyclic {
			div = max(div, int64(len(nd.out)))
		}
		for _, e := range nd.in {
			b.msg[e] = s.send(e, belief, rest, div)
		}
		least := inf
		for x, r := range rest {
			if belief[x] < inf/2 {
				least = min(least, r)
			}
		}
		b.rest[i] = min(inf, b.rest[i+1]+least)
	}
}

// believe sums up all that is known of a node's classes; own leaves out what came forward along its in-links.
func (s *sweeper) believe(b *bound, i int, belief, own []int64) {
	nd := &s.m.nodes[i]
	for x := range own {
		sum := s.own[i][x]
		for _, e := range nd.out {
			sum = min(inf, sum+b.msg[e][x])
		}
		own[x] = sum
		for _, e := range nd.in {
			sum += s.forward[e][x]
		}
		belief[x] = sum
		if own[x] >= inf/2 {
			belief[x] = inf
		}
	}
}

// send is the message backward along link e; the share it carries is taken out of rest.
func (s *sweeper) send(e int, belief, rest []int64, div int64) []int64 {
	l := &s.m.edges[e]
	msg := make([]int64, len(l.time)/max(1, l.width))
	for a := range msg {
		msg[a] = inf
	}
	for x, bel := range belief {
		if bel >= inf/2 {
			continue
		}
		part := bel/div - s.forward[e][x]
		rest[x] -= part
		if s.own[l.to][x] >= inf {
			continue
		}
		for a, i := 0, x; a < len(msg); a, i = a+1, i+l.width {
			if p := s.pair[e][i]; p < inf && part+p < msg[a] {
				msg[a] = part + p
			}
		}
	}
	return msg
}

// ahead runs the messages forward, to find a better split for the next backward sweep.
func (s *sweeper) ahead(b *bound) {
	for i := range s.m.nodes {
		nd := &s.m.nodes[i]
		belief := s.belief[:len(nd.classes)]
		s.believe(b, i, belief, s.rest[:len(nd.classes)])
		div := int64(max(1, len(nd.in), len(nd.out)))
		for _, e := range nd.out {
			s.sendAhead(b, e, belief, div)
		}
	}
}

// carry improves the split by the messages of the bound before, if its weights were much the same.
func (s *sweeper) carry(b, before *bound) {
	if s.cyclic && before != nil {
		b.msg = before.msg
		s.ahead(b)
	}
}

func (s *sweeper) sendAhead(b *bound, e int, belief []int64, div int64) {
	l, fw := &s.m.edges[e], s.forward[e]
	for y := range fw {
		fw[y] = inf
	}
	for a, bel := range belief {
		if bel >= inf/2 || b.msg[e][a] >= inf/2 {
			continue
		}
		part := bel/div - b.msg[e][a]
		for y, p := range s.pair[e][a*l.width : (a+1)*l.width] {
			if p < inf && part+p < fw[y] {
				fw[y] = part + p
			}
		}
	}
	least := inf
	for _, f := range fw {
		least = min(least, f)
	}
	for y, f := range fw {
		if f >= inf/2 { // nothing reaches it: any split will do
			fw[y] = 0
		} else {
			fw[y] = f - least
		}
	}
}

// decode follows the messages forward to a plan: at each node the choice that looks best given those before it. nil
// if some node has none left.
func (s *sweeper) decode(b *bound) []int32 {
	plan := make([]int32, len(s.m.nodes))
	for i := range s.m.nodes {
		best, bestSum := int32(-1), inf/2
		for c := range s.m.nodes[i].choices {
			if sum := s.score(b, plan, i, &s.m.nodes[i].choices[c]); sum < bestSum {
				best, bestSum = int32(c), sum
			}
		}
		if best < 0 {
			return nil
		}
		plan[i] = best
	}
	return plan
}

func (s *sweeper) score(b *bound, plan []int32, i int, c *choice) int64 {
	nd := &s.m.nodes[i]
	sum := b.weigh(c.cost) + b.unit[i]*c.time
	for _, e := range nd.in {
		l := &s.m.edges[e]
		from := s.m.nodes[l.from].choices[plan[l.from]].class
		p := s.pair[e][int(from)*l.width+int(c.class)]
		if p >= inf {
			return inf
		}
		sum += p
	}
	for _, e := range nd.out {
		sum += b.msg[e][c.class]
		if b.msg[e][c.class] >= inf/2 {
			return inf
		}
	}
	return sum
}
