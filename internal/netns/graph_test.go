//go:build netns

package netns

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer/overlay"
	"github.com/openintercloud/broker/transfer/relay"
)

// graph is machines with an egress each and one-way links between them, in bytes per second. The data is at node 0 and goes to the last.
type graph struct {
	egress []float64
	rate   map[[2]int]float64
}

func (g graph) sink() int { return len(g.egress) - 1 }

// randomGraph has links from each node to some of the later ones; all numbers are drawn.
func randomGraph(seed uint64, nodes int) graph {
	r := rand.New(rand.NewPCG(seed, 6))
	g := graph{rate: map[[2]int]float64{}}
	for u := range nodes {
		g.egress = append(g.egress, (60+100*r.Float64())*mbit)
		for v := u + 1; v < nodes; v++ {
			if v == u+1 || r.Float64() < 0.6 {
				g.rate[[2]int{u, v}] = (15 + 65*r.Float64()) * mbit
			}
		}
	}
	return g
}

const plenty = 1e12

// network is the graph as the planner sees it. The planner knows what machines can do, not wires: a link with a rate of its own is
// a node of that egress in the middle of two links without limit.
func (g graph) network() *overlay.Network {
	n := &overlay.Network{}
	for _, e := range g.egress {
		n.Nodes = append(n.Nodes, overlay.Node{Egress: e, Ingress: plenty, Machines: 1})
	}
	for u := range g.egress {
		for v := range g.egress {
			if rate, ok := g.rate[[2]int{u, v}]; ok {
				wire := len(n.Nodes)
				n.Nodes = append(n.Nodes, overlay.Node{Egress: rate, Ingress: plenty, Machines: 1})
				n.Links = append(n.Links, overlay.Link{From: u, To: wire, Rate: plenty}, overlay.Link{From: wire, To: v, Rate: plenty})
			}
		}
	}
	return n
}

func (g graph) plan(t *testing.T) (*overlay.Network, *overlay.Plan) {
	n := g.network()
	d := overlay.Demand{From: 0, To: []int{g.sink()}, Size: 1 << 30}
	p, err := overlay.Solve(t.Context(), n, d)
	require.NoError(t, err)
	require.NoError(t, overlay.Check(n, d, p))
	return n, p
}

// hops are the machines of a path of the plan, from the source on.
func (g graph) hops(n *overlay.Network, tree overlay.Tree) []int {
	hops := []int{0}
	for _, i := range tree.Links {
		if to := n.Links[i].To; to < len(g.egress) {
			hops = append(hops, to)
		}
	}
	return hops
}

// maxFlow is the most that can flow, by augmenting paths: another way to the number than the planner's.
func (g graph) maxFlow() float64 {
	n := len(g.egress)
	left := make([][]float64, 2*n) // node v enters at v and leaves at n+v
	for i := range left {
		left[i] = make([]float64, 2*n)
	}
	for v, e := range g.egress {
		left[v][n+v] = e
	}
	left[n-1][2*n-1] = plenty
	for l, r := range g.rate {
		left[n+l[0]][l[1]] = r
	}
	var flow float64
	for {
		from := breadthFirst(left, 0)
		if from[2*n-1] < 0 {
			return flow
		}
		most := math.Inf(1)
		for v := 2*n - 1; v != 0; v = from[v] {
			most = min(most, left[from[v]][v])
		}
		for v := 2*n - 1; v != 0; v = from[v] {
			left[from[v]][v] -= most
			left[v][from[v]] += most
		}
		flow += most
	}
}

func breadthFirst(left [][]float64, start int) (from []int) {
	for range left {
		from = append(from, -1)
	}
	from[start] = start
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		for v, c := range left[queue[0]] {
			if c > 1e-6 && from[v] < 0 {
				from[v] = queue[0]
				queue = append(queue, v)
			}
		}
	}
	return from
}

// build makes the graph of real machines.
func (g graph) build(t *testing.T) *lab {
	l := newLab(t, len(g.egress))
	for u := range g.egress {
		to := map[int]float64{}
		for v := range g.egress {
			if r, ok := g.rate[[2]int{u, v}]; ok {
				to[v] = r
			}
		}
		if len(to) > 0 {
			l.shapeLinks(u, g.egress[u], to)
		}
	}
	return l
}

// relays starts a server on every machine in between, which passes on to those that it hears from.
func (g graph) relays(l *lab) {
	for v := 1; v < g.sink(); v++ {
		var next []int
		for u := range v {
			if _, ok := g.rate[[2]int{u, v}]; ok {
				next = append(next, u)
			}
		}
		l.relay(v, l.ids[g.sink()].Key(), next...)
	}
}

// paths are those of a plan for a graph, as the receiver dials them.
func (g graph) paths(l *lab, n *overlay.Network, p *overlay.Plan) (paths []relay.Path) {
	for _, tree := range p.Trees {
		hops := g.hops(n, tree)
		var back []int
		for i := len(hops) - 2; i >= 0; i-- {
			back = append(back, hops[i])
		}
		paths = append(paths, l.path(tree.Rate, back...))
	}
	return paths
}
