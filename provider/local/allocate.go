package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// keys are safe as the name of a folder.
var keys = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$`)

// fail makes an error of this cloud.
func (c *Cloud) fail(op string, kind fault.Kind, scope fault.Scope, code string, err error) *fault.Error {
	return &fault.Error{Op: op, Cloud: c.cfg.Name, Kind: kind, Scope: scope, Code: code, Err: err}
}

// explain makes any error one of this cloud, at a place.
func (c *Cloud) explain(op, place string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		e = c.fail(op, fault.Transient, fault.ScopeNone, "", err)
	}
	told := *e
	told.Op, told.Cloud, told.Place = op, c.cfg.Name, place
	return &told
}

// Allocate reserves CPUs and memory; the allocation is Ready at once. What does not fit beside the others is Capacity,
// what would not fit alone is Unsupported.
func (c *Cloud) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	const op = "allocate"
	var a provider.Allocation
	err := c.checkRequest(req)
	if err == nil {
		err = c.locked(func() (err error) {
			a, err = c.allocate(ctx, req)
			return err
		})
	}
	return a, c.explain(op, req.Place.String(), err)
}

func (c *Cloud) checkRequest(req provider.Request) error {
	const op = "allocate"
	switch {
	case !keys.MatchString(req.Key):
		return c.fail(op, fault.Invalid, "", "key", fmt.Errorf("key %q: want letters, digits, - and _", req.Key))
	case req.Nodes < 1:
		return c.fail(op, fault.Invalid, "", "nodes", fmt.Errorf("%d nodes: want at least 1", req.Nodes))
	case req.Place.Cloud != c.cfg.Name:
		return c.fail(op, fault.Invalid, "", "place", fmt.Errorf("place %v is not of this cloud", req.Place))
	}
	return nil
}

func (c *Cloud) allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	if err := ctx.Err(); err != nil {
		return provider.Allocation{}, err
	}
	if c.closed(req.Key) {
		return provider.Allocation{}, c.fail("allocate", fault.Conflict, "", "the key was released", nil)
	}
	held, err := readHolding(c.heldPath(req.Key))
	switch {
	case err == nil:
		return c.again(req, held)
	case !errors.Is(err, fs.ErrNotExist):
		return provider.Allocation{}, err
	}
	all, err := c.holdings()
	if err != nil {
		return provider.Allocation{}, err
	}
	if refusal := c.room(req, all); refusal != nil {
		return provider.Allocation{}, refusal
	}
	held = holding{Request: req, Created: c.cfg.Clock().UTC()}
	return c.allocation(held, provider.Ready), c.write(held)
}

// again answers a request whose key is held.
func (c *Cloud) again(req provider.Request, held holding) (provider.Allocation, error) {
	if !same(req, held.Request) {
		return provider.Allocation{}, c.fail("allocate", fault.Conflict, "", "the key is used for another request", nil)
	}
	if held.expired(c.cfg.Clock()) {
		return provider.Allocation{}, c.fail("allocate", fault.Conflict, "", "the lease ran out", nil)
	}
	held.Request.Epoch = max(held.Request.Epoch, req.Epoch)
	held.Request.Until = longer(held.Request.Until, req.Until)
	return c.allocation(held, provider.Ready), c.write(held)
}

// longer is the lease that ends later; the zero time never ends.
func longer(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return a
	}
	return b
}

// write notes a holding, in the folder the wrappers look at first.
func (c *Cloud) write(h holding) error {
	dir := c.path("allocations", h.Request.Key)
	if err := remote.Prepare(dir, h.Request.Until, h.Request.Epoch); err != nil {
		return err
	}
	return writeHolding(c.heldPath(h.Request.Key), h)
}

// Describe finds an allocation. Its absence is proven at once.
func (c *Cloud) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	held, err := c.find(h)
	switch {
	case ctx.Err() != nil:
		return provider.Allocation{}, c.explain("describe", h.Place.String(), ctx.Err())
	case err == nil:
		return c.allocation(held, provider.Ready), nil
	case !errors.Is(err, fs.ErrNotExist):
		return provider.Allocation{}, c.explain("describe", h.Place.String(), err)
	}
	gone, err := readHolding(c.gonePath(h.Key))
	if err != nil || gone.Request.Place != h.Place {
		err := c.fail("describe", fault.NotFound, fault.ScopeNone, "", nil)
		return provider.Allocation{}, c.explain("describe", h.Place.String(), err)
	}
	return c.allocation(gone, provider.Gone), nil
}

// find reads what is held under a handle; fs.ErrNotExist when there is nothing.
func (c *Cloud) find(h provider.Handle) (holding, error) {
	if !keys.MatchString(h.Key) {
		return holding{}, c.fail("find", fault.Invalid, "", "key", fmt.Errorf("key %q: want letters, digits, - and _", h.Key))
	}
	held, err := readHolding(c.heldPath(h.Key))
	if err == nil && held.Request.Place != h.Place {
		return holding{}, fs.ErrNotExist
	}
	return held, err
}

// Allocations yields what an owner holds, without what has run out of its lease.
func (c *Cloud) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return func(yield func(provider.Allocation, error) bool) {
		all, err := c.holdings()
		for _, h := range all {
			if err = ctx.Err(); err != nil {
				break
			}
			if h.Request.Owner != owner || h.expired(c.cfg.Clock()) {
				continue
			}
			if !yield(c.allocation(h, provider.Ready), nil) {
				return
			}
		}
		if err != nil {
			yield(provider.Allocation{}, c.explain("list allocations", "", err))
		}
	}
}

// Extend moves the lease of an allocation to a later time; an earlier one changes nothing.
func (c *Cloud) Extend(ctx context.Context, h provider.Handle, until time.Time) error {
	const op = "extend"
	err := c.locked(func() error {
		held, err := c.find(h)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return c.fail(op, fault.NotFound, "", "", nil)
		case err != nil:
			return err
		case c.closed(h.Key) || held.expired(c.cfg.Clock()):
			return c.fail(op, fault.Conflict, "", "the allocation is gone", nil)
		}
		held.Request.Until = longer(held.Request.Until, until)
		return c.write(held)
	})
	return c.explain(op, h.Place.String(), err)
}

// Release ends the tasks, waits until they are gone, and frees the CPUs and the memory. Logs stay.
func (c *Cloud) Release(ctx context.Context, h provider.Handle) error {
	const op = "release"
	if ctx.Err() != nil {
		return c.explain(op, h.Place.String(), ctx.Err())
	}
	held, err := c.close(h)
	if err == nil && held {
		err = c.endTasks(ctx, h.Key)
	}
	if err == nil && held {
		err = c.locked(func() error { return giveBack(c.heldPath(h.Key), c.gonePath(h.Key)) })
	}
	return c.explain(op, h.Place.String(), err)
}

// close makes a key unusable: from here on nothing can be started under it. held says whether there is something to
// end; a key held at another place is not this handle's.
func (c *Cloud) close(h provider.Handle) (held bool, err error) {
	err = c.locked(func() error {
		_, err := c.find(h)
		held = err == nil
		if _, taken := os.Stat(c.heldPath(h.Key)); errors.Is(err, fs.ErrNotExist) && taken == nil {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return remote.Close(c.path("allocations", h.Key))
	})
	return held, err
}

// giveBack turns a holding into a tombstone. Another Release may have done so meanwhile.
func giveBack(held, gone string) error {
	if err := os.MkdirAll(filepath.Dir(gone), 0o700); err != nil {
		return err
	}
	if err := os.Rename(held, gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
