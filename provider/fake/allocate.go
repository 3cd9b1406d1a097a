package fake

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Allocate asks for machines.
func (c *Cloud) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	var out provider.Allocation
	call := call{op: "allocate", place: req.Place, offering: req.Offering}
	err := c.call(ctx, call, func(r Rule) error {
		a, err := c.admit(req, r)
		if err != nil {
			return err
		}
		out = a.shown()
		return nil
	})
	if err != nil {
		return provider.Allocation{}, err
	}
	return out, nil
}

// admit finds or makes the allocation of a request.
func (c *Cloud) admit(req provider.Request, r Rule) (*allocation, error) {
	at := id{req.Place, req.Key}
	a := c.allocations[at]
	switch {
	case a != nil && !a.req.Same(req):
		return nil, c.faultf("allocate", req.Place, fault.Conflict, "key %s is taken by another request", req.Key)
	case c.closed[at], a != nil && a.released:
		return nil, c.faultf("allocate", req.Place, fault.Conflict, "key %s was released", req.Key)
	case a != nil:
		return a, nil
	}
	if err := c.possible(req); err != nil {
		return nil, err
	}
	return c.create(at, req, r), nil
}

// possible says why a new request cannot be met.
func (c *Cloud) possible(req provider.Request) error {
	if req.Key == "" || req.Nodes < 1 || req.Place.Cloud != c.cfg.Name {
		return c.faultf("allocate", req.Place, fault.Invalid, "want a key, at least one node and a place of %s", c.cfg.Name)
	}
	limit, limited := c.cfg.Capacity[req.Offering.ID]
	if !limited {
		limit, limited = req.Offering.Capacity, req.Offering.Capacity > 0
	}
	if used := c.used[req.Offering.ID]; limited && req.Nodes > limit-used {
		e := c.faultf("allocate", req.Place, fault.Capacity, "%d of %d %s are taken", used, limit, req.Offering.ID)
		e.Scope = fault.ScopeOffering
		return e
	}
	if c.cfg.Quota > 0 && req.Nodes > c.cfg.Quota-c.machines {
		e := c.faultf("allocate", req.Place, fault.Quota, "%d of %d machines are taken", c.machines, c.cfg.Quota)
		e.Scope = fault.ScopeCloud
		return e
	}
	return nil
}

// hold counts the machines of an allocation as taken, or with -1 as free again.
func (c *Cloud) hold(a *allocation, sign int) {
	c.machines += sign * a.req.Nodes
	c.used[a.req.Offering.ID] += sign * a.req.Nodes
}

// create begins the life of an allocation.
func (c *Cloud) create(at id, req provider.Request, r Rule) *allocation {
	now := c.clock.Now().UTC()
	a := &allocation{req: req, tasks: map[string]*task{}, Allocation: provider.Allocation{
		Handle: req.Handle(), State: provider.Pending, Owner: req.Owner, Labels: maps.Clone(req.Labels),
		Epoch: req.Epoch, Until: req.Until, Created: now,
	}}
	a.Handle.ID = fmt.Sprintf("%s-%d", c.cfg.Name, len(c.order)+1)
	c.allocations[at] = a
	c.order = append(c.order, a)
	c.hold(a, 1)
	if c.cfg.Boot <= 0 && !r.Accept {
		c.boot(a, r)
	} else {
		c.later(c.cfg.Boot, func() { c.boot(a, r) })
	}
	c.lease(a)
	return a
}

// boot makes a Pending allocation Ready, or Refused where a rule says so.
func (c *Cloud) boot(a *allocation, r Rule) {
	if a.State != provider.Pending {
		return
	}
	if r.Accept && r.Err != nil {
		a.State, a.ended = provider.Refused, c.clock.Now()
		c.hold(a, -1)
		a.Err = c.outcome(call{op: "allocate", place: a.req.Place}, r)
		return
	}
	a.State, a.ready = provider.Ready, c.clock.Now()
	for n := range a.req.Nodes {
		name := fmt.Sprintf("%s-%d", a.Handle.ID, n)
		a.Machines = append(a.Machines, provider.Machine{Name: name, Address: name + "." + c.cfg.Name + ".internal"})
	}
	if r.Preempt > 0 {
		c.later(r.Preempt, func() { c.end(a, c.fault("run", a.req.Place, fault.Preempted, nil)) })
	}
}

// lease has the machines end themselves when their time is over.
func (c *Cloud) lease(a *allocation) {
	if a.stop != nil {
		a.stop()
	}
	if a.Until.IsZero() {
		return
	}
	a.stop = c.later(a.Until.Sub(c.clock.Now()), func() {
		e := c.fault("run", a.req.Place, fault.Preempted, nil)
		e.Code = "lease ended"
		c.end(a, e)
	})
}

// end takes everything of an allocation away. why is nil when it was released.
func (c *Cloud) end(a *allocation, why *fault.Error) {
	if a.State == provider.Gone || a.State == provider.Refused {
		return
	}
	a.State, a.ended, a.Err, a.Machines = provider.Gone, c.clock.Now(), why, nil
	c.hold(a, -1)
	if a.stop != nil {
		a.stop()
	}
	if why == nil {
		why = c.faultf("run", a.req.Place, fault.Conflict, "the allocation was released")
	}
	for _, t := range a.order {
		t.lose(a.ended, why)
		c.clock.AfterFunc(0, t.proc.kill)
	}
}

// Describe finds an allocation.
func (c *Cloud) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	var out provider.Allocation
	err := c.call(ctx, call{op: "describe", place: h.Place}, func(Rule) error {
		a, err := c.find("describe", h)
		if err == nil {
			out = a.shown()
		}
		return err
	})
	return out, err
}

// find finds what the cloud still remembers.
func (c *Cloud) find(op string, h provider.Handle) (*allocation, error) {
	at, now := id{h.Place, h.Key}, c.clock.Now()
	a := c.allocations[at]
	switch {
	case a == nil && !c.closed[at] && now.Before(h.IssuedAt.Add(c.cfg.Settle)):
		e := c.faultf(op, h.Place, fault.Unknown, "allocation %s is not seen yet", h.Key)
		e.Ambiguous = true
		return nil, e
	case a == nil, a.State == provider.Gone && now.Sub(a.ended) > c.cfg.Memory:
		return nil, c.faultf(op, h.Place, fault.NotFound, "there is no allocation %s", h.Key)
	}
	return a, nil
}

// Release gives an allocation back.
func (c *Cloud) Release(ctx context.Context, h provider.Handle) error {
	return c.call(ctx, call{op: "release", place: h.Place}, func(Rule) error {
		at := id{h.Place, h.Key}
		if a := c.allocations[at]; a != nil {
			a.released = true
			c.end(a, nil)
		} else {
			c.closed[at] = true
		}
		return nil
	})
}

// Allocations yields what an owner holds, in order of creation.
func (c *Cloud) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return func(yield func(provider.Allocation, error) bool) {
		var held []provider.Allocation
		err := c.call(ctx, call{op: "allocations"}, func(Rule) error {
			held = c.live(func(a *allocation) bool { return a.Owner == owner })
			return nil
		})
		for _, a := range held {
			if !yield(a, nil) {
				return
			}
		}
		if err != nil {
			yield(provider.Allocation{}, err)
		}
	}
}

// Extend moves a lease to a later time.
func (c *Cloud) Extend(ctx context.Context, h provider.Handle, until time.Time) error {
	return c.call(ctx, call{op: "extend", place: h.Place}, func(Rule) error {
		a, err := c.find("extend", h)
		switch {
		case err != nil:
			return err
		case !a.ended.IsZero():
			return c.faultf("extend", h.Place, fault.NotFound, "allocation %s has ended", h.Key)
		case a.Until.IsZero() || !until.After(a.Until):
			return nil
		}
		a.Until = until
		c.lease(a)
		return nil
	})
}
