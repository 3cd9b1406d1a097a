package overlay

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// nodesOfSearch bounds the search over whole machines. The relaxed bound is within half a percent except at tiny rates, so a few
// steps suffice; when they do not, the plan says how far its cost is from the bound.
const nodesOfSearch = 64

// Solve plans a demand: at its rate as cheap as possible, or as fast as its budget and the machines allow and then as cheap as
// possible. What is not reachable at the rate or within the budget is [ErrUnreachable]; a demand or network that makes no sense is
// refused with all that is wrong. The context ends the work.
//
// Rates are linear programs over paths (trees, for several destinations) that are made as they are needed, so the best rate and
// the bound on cost are exact; whole machines are found by branch and bound.
func Solve(ctx context.Context, n *Network, d Demand) (*Plan, error) {
	if err := check(n, d); err != nil {
		return nil, err
	}
	none, most := make([]int, len(n.Nodes)), make([]int, len(n.Nodes))
	for v, node := range n.Nodes {
		most[v] = node.Machines
	}
	fast := newMaster(n, d, fastest)
	top, err := fast.solve(ctx, none, most)
	if err != nil {
		return nil, err
	}
	if top == nil || top.value*fast.unit < d.Rate*(1-tolerance) {
		return nil, unreachable(n, d, top, fast.unit)
	}
	best := top.value * fast.unit
	rate := d.Rate
	if rate == 0 {
		rate = best
	}
	if d.Budget > 0 {
		if rate, err = affordable(ctx, n, d, none, most); err != nil {
			return nil, err
		}
	}
	p, err := cheap(ctx, n, d, min(rate, best*(1-1e-9)), none, most)
	if err != nil {
		return nil, err
	}
	p.BestRate, p.Binding = best, top.bind
	return p, nil
}

func unreachable(n *Network, d Demand, top *flow, unit float64) error {
	if top == nil {
		return fmt.Errorf("from %s to all destinations: %w", n.Nodes[d.From].Name, ErrUnreachable)
	}
	return fmt.Errorf("from %s at %.0f bytes per second, at most %.0f can be: %w", n.Nodes[d.From].Name, d.Rate, top.value*unit, ErrUnreachable)
}

// affordable is the highest rate within the budget, with whole machines.
func affordable(ctx context.Context, n *Network, d Demand, lo, hi []int) (float64, error) {
	m := newMaster(n, d, within)
	parts := float64(len(n.Nodes) + len(n.Links)) // each is rounded to a nano-dollar
	m.fund = (m.fund - parts*1e-9/(float64(d.Size)/gigabyte)) * (1 - 1e-7)
	best, _, err := m.search(ctx, lo, hi)
	if err != nil {
		return 0, err
	}
	if best == nil || best.value <= 0 {
		return 0, fmt.Errorf("move %s from %s for %s: %w", d.Size, n.Nodes[d.From].Name, d.Budget, ErrUnreachable)
	}
	return best.value * m.unit * (1 - 1e-9), nil
}

// cheap is the cheapest plan at a rate.
func cheap(ctx context.Context, n *Network, d Demand, rate float64, lo, hi []int) (*Plan, error) {
	budget := d.Budget
	d.Rate, d.Budget = rate, 0
	m := newMaster(n, d, cheapest)
	best, bound, err := m.search(ctx, lo, hi)
	if err != nil {
		return nil, err
	}
	if best == nil {
		return nil, fmt.Errorf("from %s at %.0f bytes per second: %w", n.Nodes[d.From].Name, rate, ErrUnreachable)
	}
	p := m.plan(best)
	if p.Cost, err = p.price(n, d); err != nil {
		return nil, err
	}
	if budget > 0 && p.Cost > budget {
		return nil, fmt.Errorf("the cheapest plan at %.0f bytes per second costs %s: %w", rate, p.Cost, ErrUnreachable)
	}
	p.CostBound = min(p.Cost, unit.Money(bound*float64(d.Size)/gigabyte*1e9*(1-tolerance)))
	return p, nil
}

// plan writes a flow with whole machines down.
func (m *master) plan(f *flow) *Plan {
	p := &Plan{Machines: make([]int, len(m.n.Nodes)), Direct: true}
	for v, k := range f.machines {
		p.Machines[v] = int(math.Round(k))
	}
	for i, rate := range f.rates {
		if rate <= tolerance*m.rate/100 {
			continue
		}
		t := Tree{Rate: rate * m.unit, Links: m.pool[i].Links}
		p.Trees = append(p.Trees, t)
		p.Rate += t.Rate
		p.Direct = p.Direct && !slices.ContainsFunc(t.Links, func(l int) bool { return m.n.Links[l].From != m.d.From })
	}
	slices.SortStableFunc(p.Trees, func(a, b Tree) int { return -cmpFloat(a.Rate, b.Rate) })
	p.Time = time.Duration(math.Ceil(float64(m.d.Size) / p.Rate * float64(time.Second)))
	return p
}

// branch is a part of the search: the machines of each node lie between two numbers.
type branch struct {
	lo, hi []int
	flow   *flow
}

type branches struct {
	goal goal
	list []branch
}

func (b *branches) Len() int { return len(b.list) }
func (b *branches) Less(i, j int) bool {
	return b.goal.better(b.list[i].flow.value, b.list[j].flow.value)
}
func (b *branches) Swap(i, j int) { b.list[i], b.list[j] = b.list[j], b.list[i] }
func (b *branches) Push(x any)    { b.list = append(b.list, x.(branch)) }
func (b *branches) Pop() any {
	last := b.list[len(b.list)-1]
	b.list = b.list[:len(b.list)-1]
	return last
}

func (g goal) better(a, b float64) bool {
	if g == cheapest {
		return a < b*(1-tolerance)
	}
	return a > b*(1+tolerance)
}

// search finds the best flow with whole machines, best branch first, and the bound that no flow betters, whole machines or not.
func (m *master) search(ctx context.Context, lo, hi []int) (best *flow, bound float64, err error) {
	root, err := m.solve(ctx, lo, hi)
	if root == nil || err != nil {
		return nil, 0, err
	}
	open := &branches{goal: m.goal, list: []branch{{lo, hi, root}}}
	for range nodesOfSearch {
		if open.Len() == 0 {
			break
		}
		b := heap.Pop(open).(branch)
		if best != nil && !m.goal.better(b.flow.value, best.value) {
			break
		}
		if best, err = m.round(ctx, b, best); err != nil {
			return nil, 0, err
		}
		if err := m.split(ctx, b, open); err != nil {
			return nil, 0, err
		}
	}
	return best, root.value, nil
}

// round makes the machines of a branch whole by taking one more, and keeps the better flow.
func (m *master) round(ctx context.Context, b branch, best *flow) (*flow, error) {
	whole := make([]int, len(b.hi))
	for v, k := range b.flow.machines {
		whole[v] = min(b.hi[v], int(math.Ceil(k-tolerance)))
	}
	f, err := m.solve(ctx, whole, whole)
	if err != nil || f == nil || best != nil && !m.goal.better(f.value, best.value) {
		return best, err
	}
	return f, nil
}

// split puts the two halves of a branch where its machines are least whole.
func (m *master) split(ctx context.Context, b branch, open *branches) error {
	at, worst := -1, tolerance
	for v, k := range b.flow.machines {
		if part := math.Abs(k - math.Round(k)); part > worst {
			at, worst = v, part
		}
	}
	if at < 0 {
		return nil
	}
	down, up := slices.Clone(b.hi), slices.Clone(b.lo)
	down[at] = int(math.Floor(b.flow.machines[at]))
	up[at] = down[at] + 1
	for _, half := range []branch{{lo: b.lo, hi: down}, {lo: up, hi: b.hi}} {
		f, err := m.solve(ctx, half.lo, half.hi)
		if err != nil {
			return err
		}
		if f != nil {
			half.flow = f
			heap.Push(open, half)
		}
	}
	return nil
}
