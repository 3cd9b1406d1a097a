package optimize

import "slices"

// timed is a problem with one sum and one makespan: the sum under a deadline, the makespan (under a budget), or a blend of
// both. Every stage has choices, every pair of linked stages a table, and nothing else couples them but outputs that several
// read. Times are small whole numbers, tables dense; only classes that still have a choice have a row.
type timed struct {
	p        *Problem
	pr       pricer
	nodes    []tnode
	links    []tlink
	topo     []int  // positions, producers first
	forest   bool   // every node has at most one earlier neighbour, so one sweep is exact
	line     bool   // all nodes on one path
	sets     []tset //  shared outputs, see deadline_share.go
	deadline int64  // inf: none
	budget   int64  // on the sum, for Aim Time; inf: none
}

// tnode is a stage at its position in the order of the sweeps.
type tnode struct {
	v       int
	choices []choice // by class
	first   []int32  // by local class: where its choices start; one more at the end
	classes []int32  // local class to Problem class
	// earlier and later are links by the order of the sweeps, in and out by time.
	earlier, later []int
	in, out        []int
	rules          []int // links that only forbid pairs
}

// tlink is an edge, or a rule on pairs. from stands earlier than to in the order; the data may flow the other way.
type tlink struct {
	from, to int
	edge     int  // -1: a rule; nobody waits for anybody
	set      int  // 1 plus the shared output it belongs to, an index into timed.sets; 0: none
	against  bool // the data flows from to to from
	twice    bool // its reader reads the same over another link, which pays
	width    int  // local classes of to
	// By from*width+to: what a move costs and takes; time is inf where the pair is forbidden. Of a set, sum is a part of the
	// price and full is all of it; else full is sum.
	sum, full, time []int64
	forbids         bool
}

// sum is the part of a choice that adds up.
func (t *timed) sum(c *choice) int64 {
	if t.pr.aim == Time {
		return c.money
	}
	return c.add
}

// newTimed compiles a problem that fits; every variable has an option. all: with all options that are not set aside, the beaten
// too, and with shared outputs that cost nothing.
func newTimed(p *Problem, all bool) *timed {
	t := &timed{p: p, pr: newPricer(p.Objective), deadline: orInf(p.Deadline), budget: inf}
	if p.Objective.Aim == Time || p.Objective.Aim == Cost {
		t.budget = orInf(p.Budget)
	}
	n := needsOf(p, t.pr)
	rules := p.pairRules(positions(topological(p)))
	order, forest := t.order(rules)
	t.forest = forest
	pos := positions(order)
	t.nodes = make([]tnode, len(order))
	for i, v := range order {
		kept, _ := setAside(p.Vars[v], t.pr)
		if !all {
			kept = prune(kept, n)
		}
		t.nodes[i] = newTnode(v, kept)
	}
	sets := t.share(all)
	for i, e := range p.Edges {
		l := tlink{from: pos[e.From], to: pos[e.To], edge: i, set: max(0, sets[i])}
		if l.from > l.to {
			l.from, l.to, l.against = l.to, l.from, true
		}
		if l.twice = sets[i] == twice; l.twice { // nothing more to pay or to wait for
			e.KB = 0
		}
		t.price(&l, e)
		t.links = append(t.links, l)
	}
	for _, r := range rules {
		t.links = append(t.links, t.rule(r, pos))
	}
	t.connect()
	return t
}

// rule is the link of a rule on pairs.
func (t *timed) rule(r pairRule, pos []int) tlink {
	l := tlink{from: min(pos[r.a], pos[r.b]), to: max(pos[r.a], pos[r.b]), edge: -1}
	from, to := t.nodes[l.from].classes, t.nodes[l.to].classes
	l.width = len(to)
	l.sum, l.time = make([]int64, len(from)*len(to)), make([]int64, len(from)*len(to))
	l.full = l.sum
	for i, a := range from {
		for j, b := range to {
			if (t.p.domain(r.level, int(a)) == t.p.domain(r.level, int(b))) != r.same {
				l.time[i*l.width+j], l.forbids = inf, true
			}
		}
	}
	return l
}

// newTnode groups choices, whose classes are the problem's, by class.
func newTnode(v int, choices []choice) tnode {
	nd := tnode{v: v, choices: choices}
	for i := range choices {
		c := &choices[i]
		if k := len(nd.classes); k == 0 || nd.classes[k-1] != c.class {
			nd.classes, nd.first = append(nd.classes, c.class), append(nd.first, int32(i))
		}
		c.class = int32(len(nd.classes) - 1)
	}
	nd.first = append(nd.first, int32(len(choices)))
	return nd
}

// price fills a link's tables.
func (t *timed) price(l *tlink, e Edge) {
	from, to := t.nodes[l.from].classes, t.nodes[l.to].classes
	l.width = len(to)
	l.sum, l.time = make([]int64, len(from)*len(to)), make([]int64, len(from)*len(to))
	for i, a := range from {
		for j, b := range to {
			x, y := int(a), int(b)
			if l.against {
				x, y = y, x
			}
			c, d, ok := t.pr.move(t.p, e, x, y)
			at := i*l.width + j
			switch {
			case !ok:
				l.time[at], l.forbids = inf, true
			case t.pr.aim == Time:
				l.sum[at], l.time[at] = c.money, d
			default:
				l.sum[at], l.time[at] = c.add, d
			}
		}
	}
	if l.full = l.sum; l.set > 0 {
		l.sum = t.sets[l.set-1].parts(l.full)
	}
}

func (t *timed) connect() {
	for i := range t.links {
		l := &t.links[i]
		t.nodes[l.from].later = append(t.nodes[l.from].later, i)
		t.nodes[l.to].earlier = append(t.nodes[l.to].earlier, i)
		if l.edge < 0 {
			t.nodes[l.from].rules = append(t.nodes[l.from].rules, i)
			t.nodes[l.to].rules = append(t.nodes[l.to].rules, i)
			continue
		}
		a, b := l.ends()
		if l.set > 0 {
			t.sets[l.set-1].add(i, a)
		}
		t.nodes[a].out = append(t.nodes[a].out, i)
		t.nodes[b].in = append(t.nodes[b].in, i)
	}
	waits := make([]int, len(t.nodes))
	t.line = t.forest && len(t.links) == len(t.nodes)-1
	for i := range t.nodes {
		t.line = t.line && len(t.nodes[i].in) < 2 && len(t.nodes[i].out) < 2 && len(t.nodes[i].rules) == 0
		waits[i] = len(t.nodes[i].in)
		if waits[i] == 0 {
			t.topo = append(t.topo, i)
		}
	}
	for at := 0; at < len(t.topo); at++ {
		for _, e := range t.nodes[t.topo[at]].out {
			_, to := t.links[e].ends()
			if waits[to]--; waits[to] == 0 {
				t.topo = append(t.topo, to)
			}
		}
	}
}

// ends are the producer and the consumer.
func (l *tlink) ends() (from, to int) {
	if l.against {
		return l.to, l.from
	}
	return l.from, l.to
}

// at is the place of a pair of local classes in the tables, the producer's first.
func (l *tlink) at(producer, consumer int32) int {
	if l.against {
		return int(consumer)*l.width + int(producer)
	}
	return int(producer)*l.width + int(consumer)
}

// order is the order of the sweeps: of a forest, from roots outward; else the order of decisions. Links must not be double in a forest.
func (t *timed) order(rules []pairRule) (order []int, forest bool) {
	n := len(t.p.Vars)
	near := make([][]int, n)
	for _, e := range t.p.Edges {
		near[e.From], near[e.To] = append(near[e.From], e.To), append(near[e.To], e.From)
	}
	for _, r := range rules {
		near[r.a], near[r.b] = append(near[r.a], r.b), append(near[r.b], r.a)
	}
	seen, trees := make([]bool, n), 0
	for root := range n {
		if seen[root] {
			continue
		}
		trees++
		seen[root] = true
		for at, list := 0, []int{root}; at < len(list); at++ {
			order = append(order, list[at])
			for _, w := range near[list[at]] {
				if !seen[w] {
					seen[w] = true
					list = append(list, w)
				}
			}
		}
	}
	if len(t.p.Edges)+len(rules) == n-trees {
		return order, true
	}
	return decisionOrder(t.p), false
}

// shrink keeps only some choices, and only the classes that have one; it gives, per node, the old class of each new one.
func (t *timed) shrink(keep func(i, c int) bool) [][]int32 {
	old := make([][]int32, len(t.nodes))
	for i := range t.nodes {
		nd := &t.nodes[i]
		left := make([]choice, 0, len(nd.choices))
		for c := range nd.choices {
			if keep(i, c) {
				left = append(left, nd.choices[c])
			}
		}
		if len(left) == len(nd.choices) { // and so all its classes
			for k := range nd.classes {
				old[i] = append(old[i], int32(k))
			}
			continue
		}
		left = slices.Clip(slices.Clone(left))
		for c := range left {
			k := left[c].class
			if m := len(old[i]); m == 0 || old[i][m-1] != k {
				old[i] = append(old[i], k)
			}
			left[c].class = nd.classes[k]
		}
		next := newTnode(nd.v, left)
		next.earlier, next.later, next.in, next.out = nd.earlier, nd.later, nd.in, nd.out
		next.rules = nd.rules
		t.nodes[i] = next
	}
	for e := range t.links {
		l := &t.links[e]
		from, to := old[l.from], old[l.to]
		if len(to) == l.width && len(from)*l.width == len(l.sum) {
			continue
		}
		sum, time := l.some(l.sum, from, to), l.some(l.time, from, to)
		full := sum
		if l.set > 0 {
			full = l.some(l.full, from, to)
		}
		l.sum, l.full, l.time, l.width = sum, full, time, len(to)
		l.forbids = l.forbids && slices.Contains(time, inf)
	}
	return old
}

// some are rows and columns of one of a link's tables.
func (l *tlink) some(table []int64, from, to []int32) []int64 {
	out := make([]int64, 0, len(from)*len(to))
	for _, a := range from {
		for _, b := range to {
			out = append(out, table[int(a)*l.width+int(b)])
		}
	}
	return out
}

// copy is a timed that can be shrunk without harm to t.
func (t *timed) copy() *timed {
	c := *t
	c.nodes, c.links = slices.Clone(t.nodes), slices.Clone(t.links)
	return &c
}

// size counts choices.
func (t *timed) size() (n int) {
	for i := range t.nodes {
		n += len(t.nodes[i].choices)
	}
	return n
}

// room is about how many bytes the tables and choices take.
func (t *timed) room() (bytes int64) {
	for e := range t.links {
		bytes += 16 * int64(len(t.links[e].sum))
	}
	return bytes + 48*int64(t.size())
}
