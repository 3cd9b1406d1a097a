package local

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// Allocate reserves CPUs and memory; the allocation is Ready at once. What does not fit beside the others is Capacity,
// what would not fit alone is Unsupported.
func (c *Cloud) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	return c.account.Allocate(ctx, req)
}

// prepare makes the folder that an allocation's wrappers look at.
func (c *Cloud) prepare(_ context.Context, req provider.Request) error {
	return remote.Prepare(c.path("allocations", req.Key), req.Until, req.Epoch)
}

// room says whether a request fits beside what is held, and if not how far the refusal reaches.
func (c *Cloud) room(req provider.Request, held []provider.Request) error {
	if c.cfg.Unlimited {
		return nil
	}
	cpus, memory := size(req)
	if cpus > c.cfg.CPUs || memory > c.cfg.Memory {
		return c.fail("allocate", fault.Unsupported, fault.ScopeOffering, "larger than the machine",
			fmt.Errorf("%d x %s need %d CPUs and %v, of %d CPUs and %v", req.Nodes, req.Offering.Type.Name, cpus, memory, c.cfg.CPUs, c.cfg.Memory))
	}
	for _, r := range held {
		n, m := size(r)
		cpus, memory = cpus+n, memory+m
	}
	if cpus > c.cfg.CPUs || memory > c.cfg.Memory {
		return c.fail("allocate", fault.Capacity, fault.ScopeCloud, "machine used up",
			fmt.Errorf("%d CPUs and %v would be held, of %d CPUs and %v", cpus, memory, c.cfg.CPUs, c.cfg.Memory))
	}
	return nil
}

// size is what a request takes of the machine.
func size(req provider.Request) (cpus int, memory unit.Bytes) {
	return req.Offering.Type.CPUs * req.Nodes, req.Offering.Type.Memory * unit.Bytes(req.Nodes)
}

// Describe finds an allocation. Its absence is proven at once.
func (c *Cloud) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	return c.account.Describe(ctx, h)
}

// Allocations yields what an owner holds, without what has run out of its lease.
func (c *Cloud) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return c.account.Allocations(ctx, owner)
}

// Extend moves the lease of an allocation to a later time; an earlier one changes nothing, nor does any when there is
// no lease.
func (c *Cloud) Extend(ctx context.Context, h provider.Handle, until time.Time) error {
	return c.account.Extend(ctx, h, until)
}

// Release ends the tasks, waits until they are gone, and frees the CPUs and the memory. Logs stay.
func (c *Cloud) Release(ctx context.Context, h provider.Handle) error {
	return c.account.Release(ctx, h, func(ctx context.Context) error { return c.endTasks(ctx, h.Key) })
}
