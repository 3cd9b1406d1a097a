package sky

import (
	"fmt"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/optimize"
)

// volume is what has left a cloud, or one region of it, in the month of a snapshot.
type volume struct {
	From catalog.Place `json:"from"`
	Sent Bytes         `json:"sent"`
}

// toll is whose volumes of a month add up: moves that leave one cloud at one price, or one region where the host counts it
// by itself. Moves of one cloud at other prices are counted apart.
type toll struct {
	scope  catalog.Place
	prices string
}

// counted says whose volume decides the price of a link, and how much of it was sent before this plan; ok is false where the
// price is the same for all volumes.
func (s *Snapshot) counted(l *catalog.Link) (scope catalog.Place, used Bytes, ok bool) {
	if len(l.Tiers) == 0 {
		return scope, 0, false
	}
	scope.Cloud = l.From.Cloud
	for _, v := range s.used {
		switch v.From {
		case l.From.InRegion():
			return v.From, v.Sent, true
		case scope:
			used = v.Sent
		}
	}
	return scope, used, true
}

func tollOf(scope catalog.Place, l *catalog.Link) toll {
	return toll{scope, fmt.Sprint(l.Egress, l.Tiers)}
}

// tolls counts the moves of one plan, in its order.
type tolls struct {
	snap *Snapshot
	sent map[toll]Bytes
}

// newTolls begins after what a run has moved before it was planned anew.
func newTolls(snap *Snapshot, before past) tolls {
	t := tolls{snap, map[toll]Bytes{}}
	for _, c := range before.moved {
		if l, ok := snap.link(c.From, c.To); ok {
			t.pass(&l, c.Bytes)
		}
	}
	return t
}

// used is the volume that comes before the next move over a link, and whose it is: nobody's where it decides nothing.
func (t tolls) used(l *catalog.Link) (used Bytes, of catalog.Place) {
	of, used, ok := t.snap.counted(l)
	if ok && len(t.sent) > 0 {
		used += min(t.sent[tollOf(of, l)], maxBytes-used)
	}
	return used, of
}

func (t tolls) pass(l *catalog.Link, size Bytes) {
	if scope, _, ok := t.snap.counted(l); ok {
		at := tollOf(scope, l)
		t.sent[at] += min(size, maxBytes-t.sent[at])
	}
}

// maxBytes keeps sums of volumes from overflow.
const maxBytes = Bytes(1) << 62

// gates are the meters of a problem.
type gates struct {
	tolls
	most  Bytes // all that the plan can move
	index map[toll]int
}

// rate is how the solver is to price a link: micro-dollars for each gigabyte, and the meter it feeds besides, as the solver
// counts them; 0 = none. A meter that cannot leave the tier it is in is a plain price.
func (c *compiled) rate(l *catalog.Link) (perGB int64, meter int) {
	used, of := c.gates.used(l)
	price, left := l.Egress, maxBytes
	for _, t := range l.Tiers {
		if t.From > used {
			left = t.From - used
			break
		}
		price = t.Price
	}
	if c.gates.most <= left {
		return micros(Money(price)), 0
	}
	at := tollOf(of, l)
	if i, known := c.gates.index[at]; known {
		return 0, i
	}
	c.problem.Meters = append(c.problem.Meters, meterOf(of, l, used))
	c.gates.index[at] = len(c.problem.Meters)
	return 0, len(c.problem.Meters)
}

// meterOf is a tiered price as the solver counts it. Tiers that begin at one kilobyte are one, the last of them.
func meterOf(scope catalog.Place, l *catalog.Link, used Bytes) optimize.Meter {
	m := optimize.Meter{Name: "egress of " + scope.String(), Used: kilobytes(used), Tiers: []optimize.Tier{{Money: micros(Money(l.Egress))}}}
	for _, t := range l.Tiers {
		next := optimize.Tier{From: kilobytes(t.From), Money: micros(Money(t.Price))}
		if last := &m.Tiers[len(m.Tiers)-1]; last.From == next.From {
			*last = next
			continue
		}
		m.Tiers = append(m.Tiers, next)
	}
	return m
}

// addGates begins the count of what can pass meters: every edge once.
func (c *compiled) addGates() {
	c.gates = gates{tolls: newTolls(c.snap, c.past), index: map[toll]int{}}
	for _, e := range c.problem.Edges {
		if e.Tariff != optimize.NoTariff && e.Tariff != tie {
			c.gates.most += min(Bytes(e.KB)*KB, maxBytes-c.gates.most)
		}
	}
}

// supposed is a price at so many thousandths, in whole micro-dollars, as the solver's are, so that both agree on where a
// plan changes.
func supposed(p unit.Price, permille int64) unit.Price {
	return unit.Price((micros(Money(p))*permille+500)/1000) * 1000
}
