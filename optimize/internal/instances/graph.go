package instances

import (
	"math/rand/v2"
	"slices"
)

// Graph is a DAG: every edge goes from a lower to a higher stage.
type Graph struct {
	Name   string
	Stages int
	Edges  [][2]int
}

func (g *Graph) add(from, to int) { g.Edges = append(g.Edges, [2]int{from, to}) }

// Chain is one stage after the other.
func Chain(n int) Graph {
	g := Graph{Name: "chain", Stages: n}
	for i := 1; i < n; i++ {
		g.add(i-1, i)
	}
	return g
}

// Tree gives every stage but the first one parent, any earlier one.
func Tree(r *rand.Rand, n int) Graph {
	g := Graph{Name: "tree", Stages: n}
	for i := 1; i < n; i++ {
		g.add(r.IntN(i), i)
	}
	return g
}

// Reduction is a binary tree from 2^(levels-1) leaves down to one stage.
func Reduction(levels int) Graph {
	n := 1<<levels - 1
	g := Graph{Name: "reduction", Stages: n}
	for i := range n - 1 {
		g.add(i, (i+n+1)/2)
	}
	return g
}

// Random gives every stage but the first one to so many parents among all earlier ones.
func Random(r *rand.Rand, n, parents int) Graph {
	g := Local(r, n, parents, n)
	g.Name = "random"
	return g
}

// Local is Random with parents among the last few stages only.
func Local(r *rand.Rand, n, parents, window int) Graph {
	g := Graph{Name: "local", Stages: n}
	for i := 1; i < n; i++ {
		low := max(0, i-window)
		for _, p := range draw(r, min(1+r.IntN(parents), i-low), i-low) {
			g.add(low+p, i)
		}
	}
	return g
}

// Layered has so many layers of one width; each stage has one to so many parents in the layer before.
func Layered(r *rand.Rand, layers, width, parents int) Graph {
	g := Graph{Name: "layered", Stages: layers * width}
	for i := width; i < g.Stages; i++ {
		before := (i/width - 1) * width
		for _, p := range draw(r, min(1+r.IntN(parents), width), width) {
			g.add(before+p, i)
		}
	}
	return g
}

// Joined has so many layers of one width; each stage has all of the layer before as parents.
func Joined(layers, width int) Graph {
	g := Graph{Name: "joined", Stages: layers * width}
	for i := width; i < g.Stages; i++ {
		for p := range width {
			g.add((i/width-1)*width+p, i)
		}
	}
	return g
}

// Fan is a source, n-2 workers, and a sink.
func Fan(n int) Graph {
	g := Graph{Name: "fan", Stages: n}
	for i := 1; i < n-1; i++ {
		g.add(0, i)
		g.add(i, n-1)
	}
	return g
}

// Hub is one stage with so many leaves.
func Hub(leaves int) Graph {
	g := Graph{Name: "hub", Stages: leaves + 1}
	for i := 1; i <= leaves; i++ {
		g.add(0, i)
	}
	return g
}

// draw gives k different numbers below n, rising.
func draw(r *rand.Rand, k, n int) []int {
	seen := map[int]bool{}
	for len(seen) < k {
		seen[r.IntN(n)] = true
	}
	out := make([]int, 0, k)
	for i := range seen {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}
