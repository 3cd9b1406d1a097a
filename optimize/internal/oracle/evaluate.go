package oracle

import "github.com/openintercloud/broker/optimize"

// Totals adds up what a plan costs and takes, in whole numbers, as Problem says. ok: no edge is forbidden.
func Totals(p *optimize.Problem, plan []int) (money, makespan int64, ok bool) {
	ends := make([]int64, len(p.Vars))
	class := make([]int, len(p.Vars))
	for v, o := range plan {
		money += p.Vars[v].Options[o].Money
		ends[v] = p.Vars[v].Options[o].Time
		class[v] = p.Vars[v].Options[o].Class
	}
	type delivery struct{ from, artifact, to int }
	paid := map[delivery]bool{}
	wait := make([]int64, len(p.Edges))
	for i, e := range p.Edges {
		if e.Tariff == optimize.NoTariff {
			continue
		}
		t, cell := p.Tariffs[e.Tariff], class[e.From]*p.Classes+class[e.To]
		if at(t.Money, cell) < 0 {
			return 0, 0, false
		}
		wait[i] = perGB(e.KB, at(t.Time, cell)) + at(t.Fixed, cell)
		d := delivery{e.From, e.Artifact, class[e.To]}
		if e.Artifact == 0 || !paid[d] {
			money += perGB(e.KB, at(t.Money, cell))
		}
		paid[d] = true
	}
	for moved := true; moved; { // a DAG settles after as many rounds as its longest path has edges
		moved = false
		for i, e := range p.Edges {
			if end := ends[e.From] + wait[i] + p.Vars[e.To].Options[plan[e.To]].Time; end > ends[e.To] {
				ends[e.To], moved = end, true
			}
		}
	}
	for _, end := range ends {
		makespan = max(makespan, end)
	}
	return money, makespan, true
}
