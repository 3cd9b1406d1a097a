//go:build bench

package bench

import "github.com/openintercloud/broker/optimize"

// width is the treewidth of the graph of the stages that have a choice, as a greedy order by least degree finds it: an upper
// bound, and a measure of how far from a tree a problem is.
func width(p *optimize.Problem) int {
	free := make([]bool, len(p.Vars))
	for v := range p.Vars {
		for _, o := range p.Vars[v].Options {
			free[v] = free[v] || o.Class != p.Vars[v].Options[0].Class
		}
	}
	near := make([]map[int]bool, len(p.Vars))
	for v := range near {
		near[v] = map[int]bool{}
	}
	for _, e := range p.Edges {
		if free[e.From] && free[e.To] {
			near[e.From][e.To], near[e.To][e.From] = true, true
		}
	}
	widest := 0
	for range p.Vars {
		least := -1
		for v := range near {
			if free[v] && (least < 0 || len(near[v]) < len(near[least])) {
				least = v
			}
		}
		if least < 0 {
			break
		}
		widest = max(widest, len(near[least]))
		for a := range near[least] {
			delete(near[a], least)
			for b := range near[least] {
				if a != b {
					near[a][b] = true
				}
			}
		}
		free[least] = false
	}
	return widest
}
