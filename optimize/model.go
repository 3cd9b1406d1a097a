package optimize

import (
	"cmp"
	"slices"
)

// model is a problem compiled for the search: variables in the order they will be decided, small dense tables.
type model struct {
	p      *Problem
	pr     pricer
	n      needs
	nodes  []node
	edges  []link
	shares []share
	spread []spread
	// deadline, budget, carbonCap are inf when there is none.
	deadline, budget, carbonCap int64
	// front[i] are the nodes before i that something at i or later still looks at.
	front [][]int
	depth int // times confined
	// impossible: a group asks for more domains than it has members.
	impossible bool
}

// node is a variable at its position in the order.
type node struct {
	v       int // in Problem.Vars
	choices []choice
	classes []int // local class to Problem class
	in, out []int // links, ascending
	shares  []int // as producer or consumer
	spread  []int
	tail    []int64 // by local class: least time from its end to the end of the plan
}

// link is an edge between positions, or a pairwise group rule made one.
type link struct {
	from, to int
	edge     int // in Problem.Edges, or -1
	share    int // in model.shares, or -1
	width    int // local classes of to
	// By from*width+to: what a consumer pays alone, and the time; time is inf where the pair is forbidden.
	cost []cost
	time []int64
}

// share is one output paid once per class of its consumers.
type share struct {
	edge      Edge
	producer  int
	consumers []int // positions, ascending
}

// spread is a group that needs a number of different domains.
type spread struct {
	level   Level
	members []int // positions, ascending
	min     int
	full    []int // stands for any min domains: which ones no longer matters
}

func orInf(limit int64) int64 {
	if limit == 0 {
		return inf
	}
	return limit
}

// compile builds the model; every variable has at least one option.
func compile(p *Problem) *model {
	pr := newPricer(p.Objective)
	m := &model{p: p, pr: pr, n: needsOf(p, pr), deadline: orInf(p.Deadline), budget: orInf(p.Budget), carbonCap: orInf(p.CarbonCap)}
	order := decisionOrder(p)
	pos := make([]int, len(order))
	for i, v := range order {
		pos[v] = i
	}
	for _, v := range order {
		kept, _ := setAside(p.Vars[v], pr)
		nd := node{v: v, choices: prune(kept, m.n)}
		for i := range nd.choices {
			c := &nd.choices[i]
			if k := len(nd.classes); k == 0 || nd.classes[k-1] != int(c.class) {
				nd.classes = append(nd.classes, int(c.class))
			}
			c.class = int32(len(nd.classes) - 1)
		}
		m.nodes = append(m.nodes, nd)
	}
	m.addEdges(pos)
	m.addGroups(pos)
	m.connect()
	m.tails()
	m.window()
	return m
}

// decisionOrder is a topological order that keeps few variables open at a time: of those whose producers are all
// decided, next comes the one that leaves the fewest undecided neighbours dangling.
func decisionOrder(p *Problem) []int {
	n := len(p.Vars)
	waits, near := make([]int, n), make([][]int, n)
	for _, e := range p.Edges {
		waits[e.To]++
		near[e.From] = append(near[e.From], e.To)
		near[e.To] = append(near[e.To], e.From)
	}
	open := make([]int, n) // undecided neighbours, each edge counted
	for v := range near {
		open[v] = len(near[v])
	}
	done := make([]bool, n)
	outs := make([][]int, n)
	for _, e := range p.Edges {
		outs[e.From] = append(outs[e.From], e.To)
	}
	var order []int
	for len(order) < n {
		best, bestGrowth := -1, 0
		for v := range n {
			if done[v] || waits[v] > 0 {
				continue
			}
			growth := growth(v, near[v], open, done)
			if best < 0 || growth < bestGrowth {
				best, bestGrowth = v, growth
			}
		}
		done[best] = true
		order = append(order, best)
		for _, u := range near[best] {
			open[u]--
		}
		for _, to := range outs[best] {
			waits[to]--
		}
	}
	return order
}

// growth is by how much deciding v changes the number of variables that undecided neighbours can still see.
func growth(v int, near, open []int, done []bool) int {
	n := min(1, open[v])
	for _, u := range near {
		if done[u] && open[u] == 1 {
			n--
		}
	}
	return n
}

func (m *model) addEdges(pos []int) {
	type output struct{ from, artifact int }
	counts := map[output]int{}
	for _, e := range m.p.Edges {
		counts[output{e.From, e.Artifact}]++
	}
	shares := map[output]int{}
	for i, e := range m.p.Edges {
		l := link{from: pos[e.From], to: pos[e.To], edge: i, share: -1}
		key := output{e.From, e.Artifact}
		if e.Artifact > 0 && e.Tariff != NoTariff && counts[key] > 1 {
			s, seen := shares[key]
			if !seen {
				s = len(m.shares)
				shares[key] = s
				m.shares = append(m.shares, share{edge: e, producer: l.from})
			}
			if slices.Contains(m.shares[s].consumers, l.to) {
				e.KB = 0 // it reads the same twice: nothing more to pay or to wait for
			} else {
				l.share = s
				m.shares[s].consumers = append(m.shares[s].consumers, l.to)
			}
		}
		m.addLink(l, func(a, b int) (cost, int64, bool) { return m.pr.move(m.p, e, a, b) })
	}
	for s := range m.shares {
		slices.Sort(m.shares[s].consumers)
	}
}

func (m *model) addLink(l link, price func(a, b int) (cost, int64, bool)) {
	from, to := m.nodes[l.from].classes, m.nodes[l.to].classes
	l.width = len(to)
	l.cost = make([]cost, len(from)*len(to))
	l.time = make([]int64, len(from)*len(to))
	for i, a := range from {
		for j, b := range to {
			c, t, ok := price(a, b)
			if !ok {
				c, t = cost{}, inf
			}
			l.cost[i*l.width+j], l.time[i*l.width+j] = c, t
		}
	}
	m.edges = append(m.edges, l)
}

// addGroups turns together and apart into links that forbid pairs, so that bounds see them; spreads stay.
func (m *model) addGroups(pos []int) {
	for _, g := range m.p.Groups {
		at := make([]int, len(g.Vars))
		for i, v := range g.Vars {
			at[i] = pos[v]
		}
		slices.Sort(at)
		switch {
		case g.Kind == Together:
			for i := 1; i < len(at); i++ {
				m.addPair(at[i-1], at[i], g.Level, true)
			}
		case g.Kind == Apart || g.Min == len(at):
			for i := range at {
				for j := range i {
					m.addPair(at[j], at[i], g.Level, false)
				}
			}
		case g.Min > len(at):
			m.impossible = true
		case g.Min > 1:
			m.spread = append(m.spread, spread{g.Level, at, g.Min, make([]int, g.Min)})
		}
	}
}

func (m *model) addPair(from, to int, l Level, same bool) {
	m.addLink(link{from: from, to: to, edge: -1, share: -1}, func(a, b int) (cost, int64, bool) {
		return cost{}, 0, (m.p.domain(l, a) == m.p.domain(l, b)) == same
	})
}

// connect fills what nodes know of links, and which nodes are open where.
func (m *model) connect() {
	slices.SortStableFunc(m.edges, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	last := make([]int, len(m.nodes)) // last position that looks back at the node
	for i, l := range m.edges {
		m.nodes[l.from].out = append(m.nodes[l.from].out, i)
		m.nodes[l.to].in = append(m.nodes[l.to].in, i)
		last[l.from] = max(last[l.from], l.to)
	}
	for s, sh := range m.shares {
		for _, c := range sh.consumers {
			m.nodes[c].shares = append(m.nodes[c].shares, s)
		}
	}
	for s, sp := range m.spread {
		for _, c := range sp.members {
			m.nodes[c].spread = append(m.nodes[c].spread, s)
		}
	}
	m.front = make([][]int, len(m.nodes)+1)
	for i := range m.front {
		for v := range min(i, len(m.nodes)) {
			if last[v] >= i {
				m.front[i] = append(m.front[i], v)
			}
		}
	}
}

// tails fills node.tail, backwards.
func (m *model) tails() {
	for i := len(m.nodes) - 1; i >= 0; i-- {
		nd := &m.nodes[i]
		nd.tail = make([]int64, len(nd.classes))
		for _, e := range nd.out {
			l := &m.edges[e]
			quick := m.nodes[l.to].quickest()
			for a := range nd.tail {
				best := inf
				for b, q := range quick {
					if t := l.time[a*l.width+b]; t < inf && q < inf {
						best = min(best, t+q)
					}
				}
				if !l.orders() && best < inf {
					best = 0
				}
				nd.tail[a] = max(nd.tail[a], best)
			}
		}
	}
}

// orders is false for rules made links: they forbid pairs, but nobody waits for anybody.
func (l *link) orders() bool { return l.edge >= 0 }

// quickest is, per class, the least time from a node's start to the end of the plan.
func (nd *node) quickest() []int64 {
	q := make([]int64, len(nd.classes))
	for a := range q {
		q[a] = inf
	}
	for _, c := range nd.choices {
		if nd.tail[c.class] < inf {
			q[c.class] = min(q[c.class], c.time+nd.tail[c.class])
		}
	}
	return q
}

// least is a lower bound on any plan's makespan.
func (m *model) least() int64 {
	var most int64
	for i := range m.nodes {
		most = max(most, slices.Min(m.nodes[i].quickest()))
	}
	return most
}

// window drops choices that cannot meet the deadline even if all else is as quick as can be, and those whose class
// every choice of some neighbour forbids.
func (m *model) window() {
	head := make([][]int64, len(m.nodes)) // by local class: earliest end
	for i := range m.nodes {
		nd := &m.nodes[i]
		head[i] = make([]int64, len(nd.classes))
		start := make([]int64, len(nd.classes))
		for _, e := range nd.in {
			l := &m.edges[e]
			for b := range start {
				best := inf
				for a, h := range head[l.from] {
					if t := l.time[a*l.width+b]; t < inf && h < inf {
						best = min(best, h+t)
					}
				}
				if !l.orders() && best < inf {
					best = 0
				}
				start[b] = max(start[b], best)
			}
		}
		for b := range head[i] {
			head[i][b] = inf
		}
		nd.choices = slices.DeleteFunc(nd.choices, func(c choice) bool {
			s, t := start[c.class], nd.tail[c.class]
			if s >= inf || t >= inf || m.deadline < inf && s+c.time+t > m.deadline {
				return true
			}
			head[i][c.class] = min(head[i][c.class], s+c.time)
			return false
		})
	}
}
