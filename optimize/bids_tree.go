package optimize

// onTree answers for all options at once where the value is a sum and the links form a forest: messages up to the variable
// from all sides say what the best rest of the plan costs beside each of its classes. false: it is not such a problem.
func (b *bidder) onTree(pr pricer, n needs) bool {
	if n != (needs{}) || formed(b.p) || b.hopeless || len(b.bids) == 0 {
		return false
	}
	m := compile(b.p)
	if len(m.shares)+len(m.spread) > 0 || m.impossible {
		return false
	}
	t := &treeSum{m: m, near: make([][]int, len(m.nodes)), seen: make([]bool, len(m.nodes))}
	for e, l := range m.edges {
		t.near[l.from], t.near[l.to] = append(t.near[l.from], e), append(t.near[l.to], e)
	}
	var total int64
	var at []int64
	var node int
	for i := range m.nodes {
		if m.nodes[i].v == b.v {
			node = i
			at = t.up(i)
		}
	}
	for i := range m.nodes { // the rest of a forest
		if !t.seen[i] {
			total = min(inf, total+least(t.up(i)))
		}
	}
	if t.cyclic {
		return false
	}
	b.fromClasses(m, node, at, total, pr)
	return true
}

// fromClasses writes the bids: what the best of an option's class comes to, and the difference.
func (b *bidder) fromClasses(m *model, node int, at []int64, rest int64, pr pricer) {
	cheapest := (&treeSum{m: m}).own(node)
	local := map[int]int{}
	for k, class := range m.nodes[node].classes {
		local[class] = k
	}
	for o, x := range b.p.Vars[b.v].Options {
		k := local[x.Class]
		sum := min(inf, at[k]+rest)
		b.bids[o] = Bid{Option: o, By: -1, Status: Infeasible}
		if sum < inf/2 {
			value := sum + pr.cost(x.Money, x.Carbon).add - cheapest[k]
			b.bids[o] = Bid{Option: o, By: -1, Status: Optimal, Value: value, Bound: value}
		}
	}
}

// treeSum sums up a tree from the leaves.
type treeSum struct {
	m      *model
	near   [][]int // links by node
	seen   []bool
	cyclic bool
}

// up gives by class of a node what its whole tree costs at least. It walks with a stack of its own: chains can be long.
func (t *treeSum) up(root int) []int64 {
	type visit struct {
		node, from, next int
		sum              []int64
	}
	stack := []visit{{root, -1, 0, t.own(root)}}
	t.seen[root] = true
	for {
		top := &stack[len(stack)-1]
		if top.next == len(t.near[top.node]) {
			if len(stack) == 1 {
				return top.sum
			}
			done := *top
			stack = stack[:len(stack)-1]
			below := &stack[len(stack)-1]
			t.join(below.sum, below.node, done.sum, done.from)
			continue
		}
		e := t.near[top.node][top.next]
		top.next++
		if e == top.from {
			continue
		}
		other := t.m.edges[e].from + t.m.edges[e].to - top.node
		if t.seen[other] {
			t.cyclic = true
			continue
		}
		t.seen[other] = true
		stack = append(stack, visit{other, e, 0, t.own(other)})
	}
}

// own is the cheapest choice per class.
func (t *treeSum) own(i int) []int64 {
	out := make([]int64, len(t.m.nodes[i].classes))
	for k := range out {
		out[k] = inf
	}
	for _, c := range t.m.nodes[i].choices {
		out[c.class] = min(out[c.class], c.add)
	}
	return out
}

// join adds to sum, of node, what lies behind link e.
func (t *treeSum) join(sum []int64, node int, behind []int64, e int) {
	l := &t.m.edges[e]
	for a := range sum {
		best := inf
		for b, n := range behind {
			i := a*l.width + b
			if l.from != node {
				i = b*l.width + a
			}
			if l.time[i] < inf && n < inf/2 {
				best = min(best, n+l.cost[i].add)
			}
		}
		sum[a] = min(inf, sum[a]+best)
	}
}

func least(list []int64) int64 {
	best := inf
	for _, n := range list {
		best = min(best, n)
	}
	return best
}
