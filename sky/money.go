package sky

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// This file is the only one that says what machines cost: plans, bids, baselines, the budget's meter and the ledger ask it.

// usage is what a stage takes of an offering. Machines that are held at all are billed, so that a time of nothing, or of less
// where the clock of another host is behind, counts as an instant.
func usage(nodes int, d time.Duration, inputs Bytes) catalog.Usage {
	return catalog.Usage{Machines: nodes, Time: max(d, 1), Bytes: inputs}
}

// price says what running a stage one way on one offering takes and costs.
func (s *Snapshot) price(st *Stage, w work, o catalog.Offering, inputs Bytes) (option, error) {
	opt := option{offering: o, time: st.takes(w, o, inputs)}
	var err error
	if opt.cost, err = o.Cost(usage(st.nodes, opt.time, inputs)); err != nil {
		return option{}, fmt.Errorf("stage %q on %s: %w", st.name, o.ID, err)
	}
	if g, ok := s.grams(o, opt.time, st.nodes); ok {
		opt.grams = &g
	}
	return opt, nil
}

// priceOf is what holding the machines for a time comes to. A service priced by what it reads comes to what was planned.
func priceOf(o orders, d time.Duration) (Money, error) {
	if o.Offering.Unit != catalog.PerHour {
		return o.Cost, nil
	}
	return o.Offering.Cost(usage(o.Nodes, d, 0))
}

// listed is the offering of some orders at its list price.
func (o orders) listed() catalog.Offering {
	list := o.Offering
	if o.ListPrice != nil {
		list.Price = *o.ListPrice
		list.Free = list.Price == 0
	}
	return list
}

// use is what an attempt took, at list price, for a price book to bill.
func (o orders) use(d time.Duration) catalog.Use {
	return catalog.Use{What: "stage " + o.Stage, Offering: o.listed(), Usage: usage(o.Nodes, d, o.Inputs)}
}
