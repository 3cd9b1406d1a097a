package overlay

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Plan is how a demand is met.
type Plan struct {
	Rate     float64       // bytes per second that every destination receives
	Time     time.Duration // of the whole transfer, machines being there
	Cost     unit.Money    // links and machines for that time, at list price
	Trees    []Tree        // the parts of the flow; paths when there is one destination
	Machines []int         // for each node of the network
	// BestRate is proved: no plan with these machines is faster, whatever it costs. CostBound is proved too: no plan of this Rate
	// costs less than it, whole machines or not.
	BestRate  float64
	CostBound unit.Money
	// Direct says that the flow uses no relay.
	Direct bool
	// Binding names what keeps the rate from being higher, with the share of the blame that each has.
	Binding []Binding
}

// Tree is a part of the flow: every byte of it takes the same hops.
type Tree struct {
	Rate  float64 // bytes per second
	Links []int   // indexes into Network.Links, each after the one that leads to its From
}

// Binding is a limit that is reached.
type Binding struct {
	Node  int
	What  Resource
	Share float64 // how much the best rate would rise, in parts of itself, if the limit rose by one part; all sum to 1
}

// Resource is what a node runs out of.
type Resource string

// The resources of a node. Time is that of its machines on slow links.
const (
	Egress    Resource = "egress"
	Ingress   Resource = "ingress"
	Sending   Resource = "time to send"
	Receiving Resource = "time to receive"
)

// ErrUnreachable is wrapped by the error of Solve when a destination cannot be reached at the rate or within the budget asked.
var ErrUnreachable = errors.New("no flow meets the demand")

// Describe writes the plan in words, one line for each path and one for what limits it.
func (p *Plan) Describe(n *Network) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.2f Gbit/s, %s, %s\n", p.Rate*8/1e9, p.Time.Round(time.Second), p.Cost.Cents())
	for _, t := range p.Trees {
		fmt.Fprintf(&b, "%5.1f %%", 100*t.Rate/p.Rate)
		for _, i := range t.Links {
			fmt.Fprintf(&b, "  %s > %s", n.Nodes[n.Links[i].From].Name, n.Nodes[n.Links[i].To].Name)
		}
		b.WriteByte('\n')
	}
	if p.Direct {
		b.WriteString("direct is best\n")
	}
	for _, l := range p.Binding {
		fmt.Fprintf(&b, "limit: %s of %s (%.0f %%)\n", l.What, n.Nodes[l.Node].Name, 100*l.Share)
	}
	return b.String()
}

// tolerance is the relative error that sums of rates may have.
const tolerance = 1e-6

// Check tests a plan against the network and the demand, sharing no more with the planner than the price of a flow: trees reach
// every destination, no node does more than its machines can, and rate and cost are what the parts add up to.
func Check(n *Network, d Demand, p *Plan) error {
	if err := check(n, d); err != nil {
		return err
	}
	if len(p.Machines) != len(n.Nodes) {
		return fmt.Errorf("machines for %d nodes, the network has %d", len(p.Machines), len(n.Nodes))
	}
	var errs []error
	var rate float64
	for i, t := range p.Trees {
		rate += t.Rate
		errs = append(errs, checkTree(n, d, i, t))
	}
	if !near(rate, p.Rate) || p.Rate < d.Rate*(1-tolerance) {
		errs = append(errs, fmt.Errorf("the trees carry %g, the plan says %g, asked is %g bytes per second", rate, p.Rate, d.Rate))
	}
	errs = append(errs, checkNodes(n, p)...)
	if cost, err := p.price(n, d); err != nil || cost != p.Cost {
		errs = append(errs, fmt.Errorf("the plan says %s, its parts cost %s: %w", p.Cost, cost, err))
	}
	if d.Budget > 0 && p.Cost > d.Budget {
		errs = append(errs, fmt.Errorf("cost %s is above the budget %s", p.Cost, d.Budget))
	}
	return errors.Join(errs...)
}

func checkTree(n *Network, d Demand, at int, t Tree) error {
	has := map[int]bool{d.From: true}
	for _, i := range t.Links {
		if i < 0 || i >= len(n.Links) {
			return fmt.Errorf("tree %d: no link %d", at, i)
		}
		if l := n.Links[i]; !has[l.From] || has[l.To] {
			return fmt.Errorf("tree %d: link %d leaves a node that has nothing or enters one twice", at, i)
		}
		has[n.Links[i].To] = true
	}
	for _, to := range d.To {
		if !has[to] {
			return fmt.Errorf("tree %d does not reach %s", at, n.Nodes[to].Name)
		}
	}
	if !positive(t.Rate) {
		return fmt.Errorf("tree %d carries %g", at, t.Rate)
	}
	return nil
}

func checkNodes(n *Network, p *Plan) []error {
	type use struct{ out, in, sending, receiving float64 }
	uses := make([]use, len(n.Nodes))
	for _, t := range p.Trees {
		for _, i := range t.Links {
			l := n.Links[i]
			uses[l.From].out += t.Rate
			uses[l.From].sending += t.Rate / l.Rate
			uses[l.To].in += t.Rate
			uses[l.To].receiving += t.Rate / l.Rate
		}
	}
	var errs []error
	for i, u := range uses {
		v, m := n.Nodes[i], float64(p.Machines[i])*(1+tolerance)
		if p.Machines[i] < 0 || p.Machines[i] > v.Machines {
			errs = append(errs, fmt.Errorf("%s has %d machines, at most %d can be", v.Name, p.Machines[i], v.Machines))
		}
		if u.out > m*v.Egress || u.in > m*v.Ingress || u.sending > m || u.receiving > m {
			errs = append(errs, fmt.Errorf("%d machines in %s do more than they can: %+v", p.Machines[i], v.Name, u))
		}
	}
	return errs
}

func near(a, b float64) bool { return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b)) }

// price is what the flow of the whole size costs: each tree carries its share, the last one the rest.
func (p *Plan) price(n *Network, d Demand) (unit.Money, error) {
	var sum unit.Money
	add := func(price unit.Price, q unit.Quantity) error {
		m, err := price.For(q)
		sum += m
		return err
	}
	left := d.Size
	for k, t := range p.Trees {
		share := unit.Bytes(math.Round(float64(d.Size) * t.Rate / p.Rate))
		if share = min(share, left); k == len(p.Trees)-1 {
			share = left
		}
		left -= share
		for _, i := range t.Links {
			if err := add(n.Links[i].Price, unit.Gigabytes(share)); err != nil {
				return 0, err
			}
		}
	}
	for i, m := range p.Machines {
		if err := add(n.Nodes[i].Price, unit.Hours(p.Time).Times(m)); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
