package overlay

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/openintercloud/broker/optimize"
)

// goal is what a linear program of a demand is after.
type goal int

const (
	fastest  goal = iota // the highest rate with all machines there can be
	cheapest             // the least cost at the demand's rate
	within               // the highest rate within the demand's budget
)

// master is the linear program over the trees found so far. Its columns are trees and machines, its rows what each node's
// machines can do: egress, ingress, time to send, time to receive. Missing trees are found by pricing: see [trees].
// Rates are in parts of unit, money in dollars per decimal gigabyte that arrives.
type master struct {
	n     *Network
	d     Demand
	goal  goal
	unit  float64 // bytes per second
	rate  float64 // in units, for cheapest
	fund  float64 // dollars per gigabyte, for within
	trees *trees
	pool  []Tree // Rate is not used
	known map[string]bool
	node  []int // by node: 1 + its number among the rows, 0 = no tree touches it
	nodes []int // the nodes that have rows
}

// flow is an optimum of the linear program.
type flow struct {
	value    float64   // of the goal: rate in units, or dollars per gigabyte
	rates    []float64 // by tree of the pool, in units
	machines []float64 // by node
	bind     []Binding // for fastest
}

func newMaster(n *Network, d Demand, g goal) *master {
	m := &master{n: n, d: d, goal: g, trees: newTrees(n, d), known: map[string]bool{}, node: make([]int, len(n.Nodes))}
	for _, l := range n.Links {
		m.unit = max(m.unit, min(l.Rate, n.Nodes[l.From].Egress, n.Nodes[l.To].Ingress))
	}
	m.rate = d.Rate / m.unit
	m.fund = dollars(int64(d.Budget)) / (float64(d.Size) / gigabyte)
	for i := range n.Links { // the first tree: fewest hops
		m.trees.weight[i] = 1
	}
	m.propose(math.Inf(1))
	return m
}

const gigabyte = 1e9

func dollars(nano int64) float64 { return float64(nano) / 1e9 }

// hourly is the dollars per gigabyte at a rate of one unit that one machine of a node costs.
func (m *master) hourly(v int) float64 {
	return dollars(int64(m.n.Nodes[v].Price)) / 3600 * gigabyte / m.unit
}

// propose adds the trees through each node that weigh less than what they gain. It returns whether there were new ones.
func (m *master) propose(gain float64) bool {
	if best := m.trees.best(); !(best < gain) {
		return false
	}
	m.trees.fromSource()
	added := false
	for v := range m.n.Nodes {
		links, weight := m.trees.through(v)
		key := fmt.Sprint(links)
		if links == nil || weight >= gain || m.known[key] {
			continue
		}
		m.known[key] = true
		m.pool = append(m.pool, Tree{Links: links})
		m.touch(m.d.From)
		for _, i := range links {
			m.touch(m.n.Links[i].To)
		}
		added = true
	}
	return added
}

func (m *master) touch(v int) {
	if m.node[v] == 0 {
		m.nodes = append(m.nodes, v)
		m.node[v] = len(m.nodes)
	}
}

// perNode is how many rows a node has, one for each resource, in this order.
const perNode = 4

func resource(r int) Resource { return [perNode]Resource{Egress, Ingress, Sending, Receiving}[r] }

// solve finds the optimum over all trees with the machines of each node between the given numbers. nil without error when there
// is no flow.
func (m *master) solve(ctx context.Context, lo, hi []int) (*flow, error) {
	for {
		if len(m.pool) == 0 {
			return nil, nil
		}
		p := m.program(lo, hi)
		s, err := optimize.SolveLP(ctx, p, optimize.Limit{})
		if err != nil {
			return nil, fmt.Errorf("plan the flow of %d trees: %w", len(m.pool), err)
		}
		duals := s.Duals // of an infeasible program: the proof, which a new tree must break
		gain := m.reweigh(s, duals, hi)
		if !m.propose(gain - 1e-9*max(1, math.Abs(gain))) {
			if s.Status != optimize.LPOptimal {
				return nil, nil
			}
			return m.read(p, s, lo), nil
		}
	}
}

// program writes the linear program of the trees of the pool. Rows: perNode for each node that has rows, then the goal's own.
func (m *master) program(lo, hi []int) *optimize.LP {
	own := perNode * len(m.nodes)
	p := &optimize.LP{Rows: make([]optimize.LPRow, own, own+1)}
	for k, v := range m.nodes {
		given := lo
		if m.goal == fastest {
			given = hi
		}
		for r := range perNode {
			p.Rows[perNode*k+r].RHS = float64(given[v]) * m.capacity(v, r)
		}
	}
	switch m.goal {
	case cheapest:
		p.Rows = append(p.Rows, optimize.LPRow{Sense: optimize.AtLeast, RHS: m.rate})
	case within: // money spent on given machines cannot be spent on flow
		spent := 0.0
		for v := range lo {
			spent += float64(lo[v]) * m.hourly(v)
		}
		p.Rows = append(p.Rows, optimize.LPRow{RHS: -spent})
	case fastest:
	}
	for _, t := range m.pool {
		p.Columns = append(p.Columns, m.treeColumn(t, own))
	}
	if m.goal != fastest {
		for k, v := range m.nodes {
			p.Columns = append(p.Columns, m.machineColumn(k, v, hi[v]-lo[v], own))
		}
	}
	return p
}

// capacity is what one machine has of a resource: units of rate, or time.
func (m *master) capacity(v, r int) float64 {
	switch resource(r) {
	case Egress:
		return m.n.Nodes[v].Egress / m.unit
	case Ingress:
		return m.n.Nodes[v].Ingress / m.unit
	default:
		return 1
	}
}

func (m *master) treeColumn(t Tree, own int) optimize.LPColumn {
	c := optimize.LPColumn{Upper: math.Inf(1)}
	use := make(map[int]float64, 2*perNode*len(t.Links))
	var rows []int
	add := func(v, r int, amount float64) {
		row := perNode*(m.node[v]-1) + r
		if _, there := use[row]; !there {
			rows = append(rows, row)
		}
		use[row] += amount
	}
	fee := 0.0
	for _, i := range t.Links {
		l := m.n.Links[i]
		add(l.From, 0, 1)
		add(l.To, 1, 1)
		add(l.From, 2, m.unit/l.Rate)
		add(l.To, 3, m.unit/l.Rate)
		fee += dollars(int64(l.Price))
	}
	for _, row := range rows {
		c.Entries = append(c.Entries, optimize.LPEntry{Row: row, Value: use[row]})
	}
	switch m.goal {
	case fastest:
		c.Cost = -1
	case cheapest:
		c.Cost = fee / m.rate
		c.Entries = append(c.Entries, optimize.LPEntry{Row: own, Value: 1})
	case within:
		c.Cost = -1
		c.Entries = append(c.Entries, optimize.LPEntry{Row: own, Value: fee - m.fund})
	}
	return c
}

func (m *master) machineColumn(k, v, most, own int) optimize.LPColumn {
	c := optimize.LPColumn{Upper: float64(most)}
	for r := range perNode {
		c.Entries = append(c.Entries, optimize.LPEntry{Row: perNode*k + r, Value: -m.capacity(v, r)})
	}
	if m.goal == cheapest {
		c.Cost = m.hourly(v) / m.rate
	} else {
		c.Entries = append(c.Entries, optimize.LPEntry{Row: own, Value: m.hourly(v)})
	}
	return c
}

// reweigh turns the duals into weights of links, and returns what a tree must weigh less than to better the flow. A node without
// rows weighs as much as its machines cost for what they send, which is a feasible price too.
func (m *master) reweigh(s *optimize.LPSolution, duals []float64, hi []int) (gain float64) {
	fee, machine := 0.0, 0.0 // weight of a dollar of a link's price, and of a machine's
	own := 0.0
	if m.goal != fastest {
		own = duals[perNode*len(m.nodes)]
	}
	feasible := s.Status == optimize.LPOptimal
	switch {
	case m.goal == fastest && feasible:
		gain = 1
	case m.goal == cheapest:
		gain = own
		if feasible {
			fee, machine = 1/m.rate, 1/m.rate
		}
	case m.goal == within:
		fee, machine, gain = -own, -own, -own*m.fund
		if feasible {
			gain++
		}
	}
	price := func(v, r int) float64 {
		if k := m.node[v]; k > 0 {
			return max(0, -duals[perNode*(k-1)+r])
		}
		if resource(r) == Egress && m.goal != fastest && hi[v] > 0 {
			return machine * m.hourly(v) / m.capacity(v, r)
		}
		return 0
	}
	for i, l := range m.n.Links {
		m.trees.weight[i] = fee*dollars(int64(l.Price)) + price(l.From, 0) + price(l.To, 1) +
			(price(l.From, 2)+price(l.To, 3))*m.unit/l.Rate
		if hi[l.From] == 0 || hi[l.To] == 0 {
			m.trees.weight[i] = math.Inf(1)
		}
	}
	return gain
}

// read takes a flow from the solution.
func (m *master) read(p *optimize.LP, s *optimize.LPSolution, lo []int) *flow {
	f := &flow{value: s.Objective, rates: slices.Clone(s.X[:len(m.pool)]), machines: make([]float64, len(m.n.Nodes))}
	for v := range lo {
		f.machines[v] = float64(lo[v])
		if m.goal == cheapest {
			f.value += float64(lo[v]) * m.hourly(v) / m.rate
		}
	}
	if m.goal != cheapest {
		f.value = -f.value
	}
	if m.goal != fastest {
		for k, v := range m.nodes {
			f.machines[v] += s.X[len(m.pool)+k]
		}
		return f
	}
	for k, v := range m.nodes {
		for r := range perNode {
			if share := -s.Duals[perNode*k+r] * p.Rows[perNode*k+r].RHS / f.value; share > tolerance {
				f.bind = append(f.bind, Binding{Node: v, What: resource(r), Share: share})
			}
		}
	}
	slices.SortStableFunc(f.bind, func(a, b Binding) int { return -cmpFloat(a.Share, b.Share) })
	return f
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
