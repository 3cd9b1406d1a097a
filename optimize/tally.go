package optimize

import (
	"cmp"
	"slices"
)

// tally is what a choice of options comes to, all forms included, without asking whether it keeps the rules.
type tally struct {
	choice                     []int
	value, money, time, carbon int64
	used                       []int64 // by limit
}

// before is the ranking stated at Objective.
func (t *tally) before(o *tally) bool {
	return cmp.Or(cmp.Compare(t.value, o.value), cmp.Compare(t.money, o.money), cmp.Compare(t.time, o.time),
		cmp.Compare(t.carbon, o.carbon), slices.Compare(t.choice, o.choice)) < 0
}

// within says that the totals keep all limits of p.
func (t *tally) within(p *Problem) bool {
	if t.time > orInf(p.Deadline) || t.money > orInf(p.Budget) || t.carbon > orInf(p.CarbonCap) {
		return false
	}
	for k, n := range t.used {
		if n > p.Limits[k].Max {
			return false
		}
	}
	return !slices.ContainsFunc(p.Groups, func(g Group) bool { return g.loose() && !g.spread(p, t.choice) })
}

// counter adds up choices of one problem.
type counter struct {
	p     *Problem
	pr    pricer
	order []int
	in    [][]int     // by variable: the edges to it
	at    [][]int     // by variable: all its edges
	use   [][][]int64 // by limit, variable (nil: none of its options uses it), option
	sets  []int       // by edge, see sharing
	rules []pairRule
}

func newCounter(p *Problem) *counter {
	c := &counter{p: p, pr: newPricer(p.Objective), order: topological(p), in: make([][]int, len(p.Vars)), at: make([][]int, len(p.Vars)), use: amounts(p)}
	c.sets, c.rules = p.sharing(), p.pairRules(positions(c.order))
	for i, e := range p.Edges {
		c.in[e.To] = append(c.in[e.To], i)
		c.at[e.To], c.at[e.From] = append(c.at[e.To], i), append(c.at[e.From], i)
	}
	return c
}

// of is the total that an aim looks at; Blend has none of its own.
func (t *tally) of(a Aim) int64 {
	switch a {
	case Cost:
		return t.money
	case Time:
		return t.time
	case Carbon:
		return t.carbon
	default:
		return t.value
	}
}

// kept counts the options that are not set aside.
func (c *counter) kept() (n int) {
	for v := range c.p.Vars {
		kept, _ := setAside(c.p.Vars[v], c.pr)
		n += len(kept)
	}
	return n
}

// amounts spreads out what options use of limits: by limit, variable (nil: none of its options uses it), option.
func amounts(p *Problem) [][][]int64 {
	out := make([][][]int64, len(p.Limits))
	for k, l := range p.Limits {
		out[k] = make([][]int64, len(p.Vars))
		for _, u := range l.Uses {
			if out[k][u.Var] == nil {
				out[k][u.Var] = make([]int64, len(p.Vars[u.Var].Options))
			}
			out[k][u.Var][u.Option] = u.Amount
		}
	}
	return out
}

func (c *counter) count(choice []int) *tally {
	t := &tally{choice: choice, used: make([]int64, len(c.use))}
	var sum cost
	ends := make([]int64, len(choice))
	paid, fed := map[[2]int]bool{}, make([]int64, len(c.p.Meters))
	for _, v := range c.order {
		o := c.p.Vars[v].Options[choice[v]]
		for _, i := range c.in[v] {
			e := c.p.Edges[i]
			from := c.p.Vars[e.From].Options[choice[e.From]].Class
			move, wait, _ := c.pr.move(c.p, e, from, o.Class)
			ends[v] = max(ends[v], ends[e.From]+wait)
			set := c.sets[i]
			if e.Tariff == NoTariff || set == twice || set != alone && paid[[2]int{set, o.Class}] {
				continue
			}
			if set != alone {
				paid[[2]int{set, o.Class}] = true
			}
			sum = sum.plus(move)
			if m := c.p.meterOf(e.Tariff, from, o.Class); m >= 0 {
				fed[m] += e.KB
			}
		}
		ends[v] += o.Time
		sum = sum.plus(c.pr.cost(o.Money, o.Carbon))
		t.time = max(t.time, ends[v])
		for k := range c.use {
			if u := c.use[k][v]; u != nil {
				t.used[k] += u[choice[v]]
			}
		}
	}
	for m, kb := range fed {
		sum = sum.plus(c.pr.cost(c.p.Meters[m].Charge(kb), 0))
	}
	t.money, t.carbon, t.value = sum.money, sum.carbon, sum.add+c.pr.time(t.time)
	return t
}

// lawful says whether a choice forms no forbidden pair.
func (c *counter) lawful(choice []int) bool {
	class := func(v int) int { return c.p.Vars[v].Options[choice[v]].Class }
	for _, e := range c.p.Edges {
		if _, _, ok := c.pr.move(c.p, e, class(e.From), class(e.To)); !ok {
			return false
		}
	}
	return !slices.ContainsFunc(c.rules, func(r pairRule) bool {
		return (c.p.domain(r.level, class(r.a)) == c.p.domain(r.level, class(r.b))) != r.same
	})
}

// meterOf is the meter that a pair of classes feeds under a tariff, or -1.
func (p *Problem) meterOf(tariff, from, to int) int {
	t := p.Tariffs[tariff].Meter
	if t == nil {
		return -1
	}
	return t[from*p.Classes+to] - 1
}
