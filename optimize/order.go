package optimize

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

// positions is where each variable stands in an order.
func positions(order []int) []int {
	at := make([]int, len(order))
	for i, v := range order {
		at[v] = i
	}
	return at
}
