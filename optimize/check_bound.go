package optimize

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
)

// Prove is Verify, and tells besides whether it could confirm the bound by itself, without any of the solver's code: no
// plan has a lower value. It can where the value is a sum over variables and edges that hang together loosely, as trees do:
// then it eliminates one variable after another; and where it is the makespan and no edges meet. Limits and shared outputs
// are left out, or split evenly, so that what it finds still is a bound; a solution that depends on them is seldom
// confirmed. proved is false where it cannot tell.
func Prove(p *Problem, s *Solution) (proved bool, err error) {
	if err := verify(p, s); err != nil {
		return false, err
	}
	x := newBounder(p)
	least, ok := x.value()
	if !ok {
		return false, nil
	}
	if x.exact && s.Bound > least {
		return false, fmt.Errorf("optimize: verify: bound %d is wrong: there is a plan of value %d", s.Bound, least)
	}
	return s.Bound <= least, nil
}

const (
	// forbidden stands for what may not be; sums of a few of them do not overflow.
	forbidden = int64(math.MaxInt64 / 16)
	// cheapTable and cheapWork are what Prove may spend: entries of one table, and of all together.
	cheapTable, cheapWork = 1 << 18, 1 << 24
)

// factor is a cost over the classes of some variables, ascending: as a table, the last changing fastest, or as a function of two.
type factor struct {
	vars  []int
	cost  []int64
	price func(a, b int) int64
}

// bounder finds the least value of a problem by elimination, or less if exact is false.
type bounder struct {
	p       *Problem
	exact   bool
	classes [][]int
	sharers map[[2]int]int64 // by producer and artifact
	factors [][]factor       // by each of their variables; those with one that is gone count no more
	gone    []bool           // eliminated
	near    []map[int]bool   // variables that share a factor
	sum     int64
}

func newBounder(p *Problem) *bounder {
	x := &bounder{p: p, exact: p.Deadline == 0 && p.Budget == 0 && p.CarbonCap == 0 && len(p.Limits)+len(p.Meters) == 0}
	return x
}

// value is the least value of any plan, or less if not exact.
func (x *bounder) value() (least int64, ok bool) {
	o := x.p.Objective
	switch {
	case o.Aim == Time:
		return x.makespan(), true
	case o.Aim == Blend && o.PerHour > 0:
		x.exact = false
		sum, ok := x.total()
		hours := new(big.Int).Mul(big.NewInt(x.makespan()), big.NewInt(o.PerHour))
		return sum + halfUp(hours, 3_600_000).Int64(), ok
	default:
		return x.total()
	}
}

// total is the least sum over variables and edges.
func (x *bounder) total() (least int64, ok bool) {
	p := x.p
	x.classes, x.factors, x.near = make([][]int, len(p.Vars)), make([][]factor, len(p.Vars)), make([]map[int]bool, len(p.Vars))
	x.gone = make([]bool, len(p.Vars))
	x.sharers = map[[2]int]int64{}
	for v := range p.Vars {
		x.near[v] = map[int]bool{}
		x.addVar(v)
	}
	for _, e := range p.Edges {
		x.sharers[[2]int{e.From, e.Artifact}]++
	}
	for i := range p.Edges {
		x.addEdge(p.Edges[i])
	}
	for _, g := range p.Groups {
		x.addGroup(g)
	}
	return x.bound()
}

// worth is the value of money and carbon.
func (x *bounder) worth(money, carbon int64) int64 {
	switch x.p.Objective.Aim {
	case Cost:
		return money
	case Carbon:
		return carbon
	default:
		return money + half(carbon, x.p.Objective.PerKg)
	}
}

// half is a*b in millionths, half up; a valid problem has none that overflow.
func half(a, b int64) int64 {
	n := a * b
	whole := n / 1_000_000
	if n%1_000_000 >= 500_000 {
		whole++
	}
	return whole
}

func (x *bounder) addVar(v int) {
	least := map[int]int64{}
	for _, o := range x.p.Vars[v].Options {
		n := x.worth(o.Money, o.Carbon)
		if old, seen := least[o.Class]; !seen {
			x.classes[v] = append(x.classes[v], o.Class)
			least[o.Class] = n
		} else {
			least[o.Class] = min(old, n)
		}
	}
	f := factor{vars: []int{v}}
	for _, c := range x.classes[v] {
		f.cost = append(f.cost, least[c])
	}
	x.add(f)
}

func (x *bounder) addPair(u, v int, price func(a, b int) int64) {
	if u > v {
		u, v, price = v, u, func(p func(a, b int) int64) func(a, b int) int64 {
			return func(a, b int) int64 { return p(b, a) }
		}(price)
	}
	x.add(factor{vars: []int{u, v}, price: price})
}

func (x *bounder) addEdge(e Edge) {
	if e.Tariff < 0 {
		return
	}
	sharers := int64(1)
	if e.Artifact > 0 {
		sharers = x.sharers[[2]int{e.From, e.Artifact}]
	}
	x.exact = x.exact && sharers == 1
	t := x.p.Tariffs[e.Tariff]
	x.addPair(e.From, e.To, func(a, b int) int64 {
		cell := a*x.p.Classes + b
		money := entry64(t.Money, cell)
		if money < 0 {
			return forbidden
		}
		return x.worth(half(e.KB, money), half(e.KB, entry64(t.Carbon, cell))) / sharers
	})
}

func (x *bounder) addGroup(g Group) {
	if g.Kind == Spread {
		x.exact = x.exact && g.Min < 2
		return
	}
	home := func(c int) int {
		if ids := [...][]int{x.p.Zones, x.p.Regions, x.p.Clouds}[g.Level]; ids != nil {
			return ids[c]
		}
		return c
	}
	for i, v := range g.Vars {
		for _, u := range g.Vars[:i] {
			x.addPair(u, v, func(a, b int) int64 {
				if (home(a) == home(b)) == (g.Kind == Together) {
					return 0
				}
				return forbidden
			})
		}
	}
}

// add files a factor under each of its variables.
func (x *bounder) add(f factor) {
	if len(f.vars) == 0 {
		x.sum = min(forbidden, x.sum+f.cost[0])
	}
	for _, v := range f.vars {
		x.factors[v] = append(x.factors[v], f)
		for _, u := range f.vars {
			if u != v {
				x.near[v][u] = true
			}
		}
	}
}

// bound eliminates all variables. ok is false if that would take too much.
func (x *bounder) bound() (least int64, ok bool) {
	order, ok := x.order()
	if !ok {
		return 0, false
	}
	for _, v := range order {
		x.eliminate(v)
	}
	return x.sum, true
}

// order plans the elimination: next comes the variable with the smallest table. ok is false if a table or the work is too
// large.
func (x *bounder) order() (order []int, ok bool) {
	plan := &bounder{classes: x.classes, near: make([]map[int]bool, len(x.near))}
	sizes := make([]int, len(x.near)) // 0: eliminated
	for v := range x.near {
		plan.near[v] = maps.Clone(x.near[v])
		sizes[v] = plan.size(v)
	}
	work := 0
	for range sizes {
		best := -1
		for v, n := range sizes {
			if n > 0 && (best < 0 || n < sizes[best]) {
				best = v
			}
		}
		work += sizes[best] * max(1, len(x.near[best]))
		if sizes[best] > cheapTable || work > cheapWork {
			return nil, false
		}
		for v := range plan.near[best] { // in any order the outcome is the same
			delete(plan.near[v], best)
			for u := range plan.near[best] {
				if u != v {
					plan.near[v][u] = true
				}
			}
			sizes[v] = plan.size(v)
		}
		sizes[best] = 0
		order = append(order, best)
	}
	return order, true
}

// size is that of the table over a variable and all near it.
func (x *bounder) size(v int) int {
	n := len(x.classes[v])
	for u := range x.near[v] { // in any order the outcome is the same
		if n *= len(x.classes[u]); n > cheapTable {
			return cheapTable + 1
		}
	}
	return n
}

// eliminate replaces all factors with v by one without: for all others' classes, the least over v's.
func (x *bounder) eliminate(v int) {
	scope := slices.Sorted(maps.Keys(x.near[v]))
	with := slices.DeleteFunc(x.factors[v], func(f factor) bool {
		return slices.ContainsFunc(f.vars, func(u int) bool { return x.gone[u] })
	})
	x.gone[v] = true
	for _, u := range scope {
		delete(x.near[u], v)
	}
	out := factor{vars: slices.Clone(scope)}
	scope = append(scope, v)
	at := make([]int, len(scope)) // class positions, v's last
	for {
		least := forbidden
		for at[len(scope)-1] = range x.classes[v] {
			sum := int64(0)
			for _, f := range with {
				sum = min(forbidden, sum+x.cost(f, scope, at))
			}
			least = min(least, sum)
		}
		out.cost = append(out.cost, least)
		if !x.advance(out.vars, at) {
			break
		}
	}
	x.add(out)
}

// cost is a factor's at some positions of the variables in scope.
func (x *bounder) cost(f factor, scope, at []int) int64 {
	if f.price != nil {
		a, b := at[slices.Index(scope, f.vars[0])], at[slices.Index(scope, f.vars[1])]
		return f.price(x.classes[f.vars[0]][a], x.classes[f.vars[1]][b])
	}
	i := 0
	for _, v := range f.vars {
		i = i*len(x.classes[v]) + at[slices.Index(scope, v)]
	}
	return f.cost[i]
}

// advance counts up, the last variable fastest; false when all are through.
func (x *bounder) advance(vars, at []int) bool {
	for i := len(vars) - 1; i >= 0; i-- {
		if at[i]++; at[i] < len(x.classes[vars[i]]) {
			return true
		}
		at[i] = 0
	}
	return false
}
