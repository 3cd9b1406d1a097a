package fake

import (
	"maps"
	"math"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Calls is how often each operation was asked for, by the names of [Rule.Op] and "watch". Calls that failed count.
func (c *Cloud) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// Live is what is held, for whatever owner, in order of creation. After a run it is what has leaked.
func (c *Cloud) Live() []provider.Allocation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live(func(*allocation) bool { return true })
}

func (c *Cloud) live(want func(*allocation) bool) []provider.Allocation {
	var held []provider.Allocation
	for _, a := range c.order {
		if a.ended.IsZero() && want(a) {
			held = append(held, a.shown())
		}
	}
	return held
}

// Bill is what one allocation has cost: from Ready until its end, or until now.
type Bill struct {
	Key      string
	Owner    string
	Place    catalog.Place
	Offering string
	Market   catalog.Market
	Machines int
	From, To time.Time
	Amount   unit.Money // 0 for offerings that are not paid by the hour; the largest Money on overflow
}

// Billed is the cloud's invoice, in order of creation.
func (c *Cloud) Billed() []Bill {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bills []Bill
	for _, a := range c.order {
		if !a.ready.IsZero() {
			bills = append(bills, a.bill(c.clock.Now()))
		}
	}
	return bills
}

func (a *allocation) bill(now time.Time) Bill {
	r := a.req
	b := Bill{
		Key: r.Key, Owner: r.Owner, Place: r.Place, Offering: r.Offering.ID, Market: r.Market, Machines: r.Nodes,
		From: a.ready, To: now,
	}
	if !a.ended.IsZero() {
		b.To = a.ended
	}
	if r.Offering.Unit != catalog.PerHour {
		return b
	}
	d := max(b.To.Sub(b.From), r.Offering.Minimum)
	amount, err := r.Offering.Price.For(unit.Hours(d).Times(r.Nodes))
	if err != nil {
		amount = math.MaxInt64
	}
	b.Amount = amount
	return b
}

// Spent is the sum of [Cloud.Billed].
func (c *Cloud) Spent() unit.Money {
	var sum unit.Money
	for _, b := range c.Billed() {
		sum += b.Amount
	}
	return sum
}

// Preempt takes an allocation's machines back, now. It reports whether there were any.
func (c *Cloud) Preempt(h provider.Handle) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.allocations[id{h.Place, h.Key}]
	if a == nil || !a.ended.IsZero() {
		return false
	}
	c.end(a, c.fault("run", h.Place, fault.Preempted, nil))
	return true
}

// Vanish ends a task without an exit code, now. It reports whether it was there and had not ended.
func (c *Cloud) Vanish(ref provider.Ref) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.task("vanish", ref)
	if err != nil || t.ended() {
		return false
	}
	t.lose(c.clock.Now(), c.faultf("run", ref.Handle.Place, fault.Unknown, "the process vanished"))
	c.clock.AfterFunc(0, t.proc.kill)
	return true
}
