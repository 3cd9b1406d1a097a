package optimize

import (
	"math/bits"
	"slices"
)

// maxFill is the degree from which on the order no longer counts fill: hubs would make that quadratic.
const maxFill = 40

// graph is what elimination leaves of a core: who meets whom in a table.
type graph struct {
	near []([]int32) // with those gone still in it, see live
	gone []bool
	left []int // live neighbours
	bit  []uint64
	n    int
	heap []turn
	mark []uint64 // last key given
}

// turn is a variable waiting to be eliminated.
type turn struct {
	key uint64
	v   int32
}

func newGraph(c *core) *graph {
	n := len(c.vars)
	g := &graph{near: make([][]int32, n), gone: make([]bool, n), left: make([]int, n), mark: make([]uint64, n), n: n}
	if n <= 1<<12 {
		g.bit = make([]uint64, (n*n+63)/64)
	}
	for i := range c.factors {
		g.join(c.factors[i].from, c.factors[i].to)
	}
	return g
}

func (g *graph) joined(a, b int32) bool {
	if g.bit != nil {
		i := int(a)*g.n + int(b)
		return g.bit[i>>6]>>(i&63)&1 > 0
	}
	if g.left[a] > g.left[b] {
		a, b = b, a
	}
	return slices.Contains(g.near[a], b)
}

func (g *graph) join(a, b int32) {
	if g.joined(a, b) {
		return
	}
	if g.bit != nil {
		for _, i := range [...]int{int(a)*g.n + int(b), int(b)*g.n + int(a)} {
			g.bit[i>>6] |= 1 << (i & 63)
		}
	}
	g.near[a], g.near[b] = append(g.near[a], b), append(g.near[b], a)
	g.left[a]++
	g.left[b]++
}

// live are the neighbours not yet eliminated.
func (g *graph) live(v int32) []int32 {
	if len(g.near[v]) > 2*g.left[v] {
		kept := g.near[v][:0]
		for _, u := range g.near[v] {
			if !g.gone[u] {
				kept = append(kept, u)
			}
		}
		g.near[v] = kept
	}
	return g.near[v]
}

// fillOf counts the pairs of neighbours that eliminating v would join.
func (g *graph) fillOf(v int32) (fill int) {
	list := g.live(v)
	for i, a := range list {
		if g.gone[a] {
			continue
		}
		for _, b := range list[:i] {
			if !g.gone[b] && !g.joined(a, b) {
				fill++
			}
		}
	}
	return fill
}

// weigh puts v into the heap: least fill first, then the smallest degree, then the lowest index.
func (g *graph) weigh(v int32) {
	d := g.left[v]
	fill := d * d / 2
	if d <= maxFill {
		fill = g.fillOf(v)
	}
	key := uint64(fill)<<20 | uint64(min(d, 1<<20-1))
	if g.mark[v] == key+1 {
		return
	}
	g.mark[v] = key + 1
	g.push(turn{key, v})
}

func (t turn) less(u turn) bool { return t.key < u.key || t.key == u.key && t.v < u.v }

func (g *graph) push(t turn) {
	g.heap = append(g.heap, t)
	for i := len(g.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !g.heap[i].less(g.heap[up]) {
			return
		}
		g.heap[i], g.heap[up] = g.heap[up], g.heap[i]
		i = up
	}
}

// pop gives the next variable whose key is up to date; -1 when none is left.
func (g *graph) pop() int32 {
	for len(g.heap) > 0 {
		t := g.heap[0]
		last := len(g.heap) - 1
		g.heap[0] = g.heap[last]
		g.heap = g.heap[:last]
		for i := 0; ; {
			low := i
			for _, j := range [...]int{2*i + 1, 2*i + 2} {
				if j < last && g.heap[j].less(g.heap[low]) {
					low = j
				}
			}
			if low == i {
				break
			}
			g.heap[i], g.heap[low] = g.heap[low], g.heap[i]
			i = low
		}
		if !g.gone[t.v] && g.mark[t.v] == t.key+1 {
			return t.v
		}
	}
	return -1
}

// schedule is an order of elimination and what following it takes.
type schedule struct {
	order []int32
	// work is the number of sums, tables the cells of all tables together, width the most variables in one table.
	work, tables, width int
}

// plan orders a core for elimination: few new joins first. ok is false if a table would have more than most cells.
func (c *core) plan(most int) (s schedule, ok bool) {
	g := newGraph(c)
	for v := range c.vars {
		g.weigh(int32(v))
	}
	for v := g.pop(); v >= 0; v = g.pop() {
		cells, met := 1, 1
		for _, u := range g.live(v) {
			if g.gone[u] {
				continue
			}
			met++
			over, low := bits.Mul64(uint64(cells), uint64(len(c.vars[u].dom)))
			if over > 0 || low > uint64(most) {
				return s, false
			}
			cells = int(low)
		}
		s.order = append(s.order, v)
		s.work += cells * len(c.vars[v].dom)
		s.tables += cells
		s.width = max(s.width, met-1)
		g.eliminate(v)
	}
	return s, true
}

// eliminate joins the neighbours of v with each other.
func (g *graph) eliminate(v int32) {
	var list []int32
	for _, u := range g.live(v) {
		if !g.gone[u] {
			list = append(list, u)
		}
	}
	g.gone[v] = true
	for i, a := range list {
		g.left[a]--
		for _, b := range list[:i] {
			g.join(a, b)
		}
	}
	for _, a := range list {
		g.weigh(a)
	}
}
