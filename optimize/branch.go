package optimize

import "slices"

const (
	dualRounds  = 60      // subgradient steps before a search
	beamWidth   = 128     // partial plans per position when looking for a first plan
	proofWidth  = 1 << 11 // the same when looking for proof in a part that can still be split
	fullWidth   = 1 << 17 // the same when it cannot: bounds memory to some tens of megabytes
	defaultWork = 300_000 // partial plans, see Limit.Nodes
)

// part is the problem with some variables confined to some domains, and a bound on its plans.
type part struct {
	m     *model
	lower int64
}

// result is what is known at the end of a solve.
type result struct {
	m      *model
	best   *plan
	value  int64 // of best under the problem's own objective
	lower  int64 // no plan has a lower value; inf: there is none
	ranked bool  // best is also the first among its equals
	agreed bool  // best is among the first in all aims that were asked for, see answerThen
	root   bool  // the bound before any search met the plan
	sum    *sumResult
}

// goal says how much of an answer is wanted.
type goal int

const (
	firstInRank goal = iota // the first in rank
	bestValue               // any plan of the best value
	anyPlan                 // any plan
	everyPlan               // all plans up to search.most, for Best
)

// solve finds the best plan of a model. The part with the lowest bound comes first; one that a search of modest width
// cannot finish is split by the domain of one variable, which makes its bound tighter.
func (m *model) solve(sp *spent, start *plan, want goal) result {
	r := result{m: m, best: start, lower: inf}
	queue := []part{{m: m}}
	if m.impossible {
		queue = nil
	}
	for len(queue) > 0 && !(want == anyPlan && r.best != nil) {
		at := lowest(queue)
		pt := queue[at]
		if r.best != nil && (pt.lower > r.best.value || want != firstInRank && pt.lower == r.best.value) {
			break
		}
		if sp.stopped {
			r.lower = min(r.lower, pt.lower)
			break
		}
		queue = slices.Delete(queue, at, at+1)
		c := pt.m.cut()
		if r.try(sp, &pt, want, max(1, c.width(pt.m)>>sp.shrink)) {
			continue
		}
		if len(c.keep) == 0 || sp.stopped {
			r.lower = min(r.lower, pt.lower)
			continue
		}
		for _, keep := range c.keep {
			queue = append(queue, part{pt.m.confine(c.node, keep), pt.lower})
		}
	}
	if r.best != nil {
		r.value = r.best.value
		r.ranked = r.lower > r.value
		r.lower = min(r.lower, r.value)
	}
	return r
}

func lowest(queue []part) int {
	at := 0
	for i := range queue {
		if queue[i].lower < queue[at].lower {
			at = i
		}
	}
	return at
}

// try bounds and searches a part. closed: it holds no plan that ranks before the best.
func (r *result) try(sp *spent, pt *part, want goal, width int) (closed bool) {
	if m := pt.m; want == bestValue && r.best != nil && m.pr.aim == Time { // only faster plans matter
		m.deadline = min(m.deadline, r.best.value-1)
		m.window()
	}
	m := pt.m
	if slices.ContainsFunc(m.nodes, func(n node) bool { return len(n.choices) == 0 }) {
		return true
	}
	d := newDual(m)
	d.best = r.best
	d.run(sp, dualRounds>>min(2, m.depth))
	r.best = d.best
	pt.lower = max(pt.lower, d.lower)
	if pt.lower >= inf || want == anyPlan && r.best != nil {
		return true
	}
	slices.Reverse(d.kept[1:]) // the strongest are the likeliest to cut
	s := &search{m: m, bounds: d.kept, best: r.best, want: want, spent: sp, width: width}
	closed = s.rise(pt)
	r.best = s.best
	if pt.m.depth == 0 && r.best != nil {
		r.root = d.lower >= r.best.value
	}
	return closed
}

// rise searches a part: narrowly for a first plan, then exhaustively under a value that rises from the bound, so that most
// of the work is done with a value close to the optimum.
func (s *search) rise(pt *part) (closed bool) {
	full := s.width
	for s.width = min(full, beamWidth); ; s.width *= 8 {
		s.most = inf / 2
		if s.best != nil {
			s.most = s.best.value
		}
		if _, cut := s.run(); !cut || s.want == anyPlan && s.best != nil {
			return true
		}
		if s.best != nil || s.spent.stopped || s.width >= full {
			break
		}
	}
	s.width = full
	for step := int64(0); s.best != nil && !s.spent.stopped; step *= 4 {
		step = max(step, 1, (s.best.value-pt.lower)/16)
		s.most = min(s.best.value, pt.lower+step)
		found, cut := s.run()
		if cut {
			return false
		}
		if found || s.most == s.best.value {
			return true
		}
		pt.lower = s.most + 1
	}
	return false
}

// cut confines a node to some of its choices, in several ways that together leave none out.
type cut struct {
	node    int
	keep    []func(choice) bool
	grouped bool // by the domain of a member of a group
}

// width is how wide to search before cutting: not for long where the cut is known to tell the bound much.
func (c cut) width(m *model) int {
	switch {
	case len(c.keep) == 0:
		return fullWidth
	case c.grouped:
		return proofWidth / 4
	case m.depth > 0:
		return proofWidth
	default:
		return proofWidth * 4
	}
}

// cut chooses where to split. Members of groups come first, by the coarsest domain there is, since group rules are
// what the bound sees least of; then the node with most links, by time if time is limited (its neighbours' windows
// shrink), else by domain. Nothing to keep: every variable has one choice that matters.
func (m *model) cut() cut {
	grouped := make([]bool, len(m.p.Vars))
	for _, g := range m.p.Groups {
		for _, v := range g.Vars {
			grouped[v] = true
		}
	}
	if c := m.cutDomain(func(nd *node) bool { return grouped[nd.v] }); len(c.keep) > 0 {
		c.grouped = true
		return c
	}
	if m.n.time {
		if c := m.cutTime(); len(c.keep) > 0 {
			return c
		}
	}
	return m.cutDomain(func(*node) bool { return true })
}

// cutDomain takes the eligible node with the fewest domains, at the coarsest level that has more than one.
func (m *model) cutDomain(eligible func(*node) bool) cut {
	for level := Cloud; level >= Zone-1; level-- {
		best, ids := 0, []int(nil)
		for i := range m.nodes {
			if !eligible(&m.nodes[i]) {
				continue
			}
			if d := m.domains(i, level); len(d) > 1 && (ids == nil || len(d) < len(ids)) {
				best, ids = i, d
			}
		}
		if ids == nil {
			continue
		}
		c := cut{node: best}
		for _, id := range ids {
			c.keep = append(c.keep, func(ch choice) bool { return m.domainAt(level, m.nodes[best].classes[ch.class]) == id })
		}
		return c
	}
	return cut{}
}

// cutTime halves the node with most links by the time of its choices.
func (m *model) cutTime() cut {
	best, most := -1, -1
	var mid int64
	for i := range m.nodes {
		nd := &m.nodes[i]
		if links := len(nd.in) + len(nd.out); links > most {
			if t, ok := middle(nd.choices); ok {
				best, most, mid = i, links, t
			}
		}
	}
	if best < 0 {
		return cut{}
	}
	return cut{node: best, keep: []func(choice) bool{
		func(c choice) bool { return c.time < mid },
		func(c choice) bool { return c.time >= mid },
	}}
}

// middle is a time with choices on both sides; ok is false if all take equally long.
func middle(choices []choice) (mid int64, ok bool) {
	times := make([]int64, len(choices))
	for i, c := range choices {
		times[i] = c.time
	}
	slices.Sort(times)
	times = slices.Compact(times)
	if len(times) < 2 {
		return 0, false
	}
	return times[len(times)/2], true
}

// domains lists the domains that a node's choices lie in, ascending by first class. Below Zone it is the class itself.
func (m *model) domains(i int, level Level) []int {
	var ids []int
	last := int32(-1)
	for _, c := range m.nodes[i].choices {
		if c.class == last {
			continue
		}
		last = c.class
		if id := m.domainAt(level, m.nodes[i].classes[c.class]); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *model) domainAt(level Level, class int) int {
	if level < Zone {
		return class
	}
	return m.p.domain(level, class)
}

// confine is the model with some choices of one node only. Tables are shared, choices are not.
func (m *model) confine(i int, keep func(choice) bool) *model {
	c := *m
	c.depth++
	c.nodes = slices.Clone(m.nodes)
	for j := range c.nodes {
		var left []choice
		for _, ch := range m.nodes[j].choices {
			if j != i || keep(ch) {
				left = append(left, ch)
			}
		}
		c.nodes[j].choices = left
	}
	c.tails()
	c.window()
	return &c
}

// adopt takes over a plan of another model of the same variables; nil if this one lacks some of its options or forbids it.
func (m *model) adopt(pl *plan) *plan {
	at := make([]int32, len(m.nodes))
	for i := range m.nodes {
		k := slices.IndexFunc(m.nodes[i].choices, func(c choice) bool { return c.index == pl.option[i] })
		if k < 0 {
			return nil
		}
		at[i] = int32(k)
	}
	moved, ok := m.evaluate(at, make([]int64, len(m.nodes)))
	if !ok {
		return nil
	}
	return &moved
}

// choice gives a plan's option indices in the order of Problem.Vars.
func (m *model) choice(pl *plan) []int {
	out := make([]int, len(m.nodes))
	for i := range m.nodes {
		out[m.nodes[i].v] = int(pl.option[i])
	}
	return out
}
