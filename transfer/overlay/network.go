package overlay

import (
	"errors"
	"fmt"
	"math"

	"github.com/openintercloud/broker/catalog/unit"
)

// Network is the places that data can be in and the links between them. It is plain data.
type Network struct {
	Nodes []Node
	Links []Link // at most one for each ordered pair of nodes
}

// Node is a place where machines can send, receive and pass on.
type Node struct {
	Name     string     // for messages
	Egress   float64    // most bytes per second one machine sends, over all its links
	Ingress  float64    // most bytes per second one machine receives
	Machines int        // most machines there can be; 0 = none, so that nothing passes this place
	Price    unit.Price // of a machine, per hour
}

// Link is a way from one node to another.
type Link struct {
	From, To int        // indexes into Network.Nodes
	Rate     float64    // bytes per second that one pair of machines reaches when it does nothing else
	Price    unit.Price // per decimal gigabyte
}

// Demand is what is to be moved.
type Demand struct {
	From int        // the node that has the data
	To   []int      // the nodes that must have it; one, or at most [MaxDestinations]
	Size unit.Bytes // of the data
	// Rate is the bytes per second at which every destination must receive; 0 = as fast as possible, and as cheap as possible at
	// that rate.
	Rate float64
	// Budget is the most that links and machines may cost when Rate is 0; 0 = no limit.
	Budget unit.Money
}

// MaxDestinations bounds Demand.To: the work of a plan grows threefold with each.
const MaxDestinations = 8

// check reports all that is wrong with the input.
func check(n *Network, d Demand) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	node := func(i int) bool { return i >= 0 && i < len(n.Nodes) }
	for i, v := range n.Nodes {
		if !positive(v.Egress) || !positive(v.Ingress) || v.Machines < 0 || v.Price < 0 {
			bad("node %d (%s): rates must be above 0, machines and price not below", i, v.Name)
		}
	}
	seen := map[[2]int]bool{}
	for i, l := range n.Links {
		switch {
		case !node(l.From) || !node(l.To) || l.From == l.To:
			bad("link %d: no way from node %d to node %d", i, l.From, l.To)
		case seen[[2]int{l.From, l.To}]:
			bad("link %d: a second one from %s to %s", i, n.Nodes[l.From].Name, n.Nodes[l.To].Name)
		case !positive(l.Rate) || l.Price < 0:
			bad("link %d: the rate must be above 0, the price not below", i)
		default:
			seen[[2]int{l.From, l.To}] = true
		}
	}
	return errors.Join(append(errs, append(checkEnds(n, d), checkAmounts(d)...)...)...)
}

// checkEnds reports what is wrong with where the data goes.
func checkEnds(n *Network, d Demand) []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("demand: "+format, args...)) }
	if d.From < 0 || d.From >= len(n.Nodes) {
		bad("no source node %d", d.From)
	}
	if len(d.To) == 0 || len(d.To) > MaxDestinations {
		bad("%d destinations, want 1 to %d", len(d.To), MaxDestinations)
	}
	seen := map[int]bool{d.From: true}
	for _, to := range d.To {
		if to < 0 || to >= len(n.Nodes) || seen[to] {
			bad("destination %d is no node, the source, or named twice", to)
		}
		seen[to] = true
	}
	return errs
}

// checkAmounts reports what is wrong with how much, how fast and for how much.
func checkAmounts(d Demand) []error {
	var errs []error
	if d.Size <= 0 || d.Budget < 0 {
		errs = append(errs, fmt.Errorf("demand: size %s and budget %s: the size must be above 0, the budget not below", d.Size, d.Budget))
	}
	if d.Rate != 0 && !positive(d.Rate) {
		errs = append(errs, fmt.Errorf("demand: rate %g: want bytes per second, or 0", d.Rate))
	}
	if d.Rate > 0 && d.Budget > 0 {
		errs = append(errs, errors.New("demand: a rate is asked and a budget set: the cost at a rate is made least, so leave one out"))
	}
	return errs
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
