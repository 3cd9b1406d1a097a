//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// ledger is the folder of a file that tells what is held of a machine, to all hosts that use it.
type ledger string

// take notes a request, unless its key is taken by another one, or what it asks for is used up, or open fails.
func (l ledger) take(ctx context.Context, req provider.Request, open func() error) (provider.Allocation, error) {
	err := l.change(ctx, func(held map[string]provider.Request) error {
		old, again := held[req.Key]
		switch {
		case again && facts(old) != facts(req):
			return refuse(fault.Conflict, "the key is that of another request")
		case req.Nodes < 1:
			return refuse(fault.Invalid, "want at least one node")
		case again:
			req = old
		case !fits(req, held):
			return &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeOffering, Code: "used up"}
		}
		held[req.Key] = req
		return open()
	})
	if err != nil {
		return provider.Allocation{}, err
	}
	return allocation(req), nil
}

// facts are what makes a request another one; epoch, lease, labels and time of issue do not.
func facts(r provider.Request) any {
	return [...]any{r.Owner, r.Place, r.Offering.ID, r.Market, r.Nodes, r.Image}
}

func fits(req provider.Request, held map[string]provider.Request) bool {
	nodes := req.Nodes
	for _, other := range held {
		if other.Offering.ID == req.Offering.ID {
			nodes += len(allocation(other).Machines)
		}
	}
	return req.Offering.Capacity == 0 || nodes <= req.Offering.Capacity
}

// allocation is a request as the contract shows it. One whose lease has run out is Gone: the machine has ended its tasks.
func allocation(r provider.Request) provider.Allocation {
	a := provider.Allocation{Handle: r.Handle(), State: provider.Gone, Owner: r.Owner, Labels: r.Labels, Epoch: r.Epoch, Until: r.Until}
	if !r.Until.IsZero() && time.Now().After(r.Until) {
		a.Err = &fault.Error{Op: "hold", Cloud: r.Place.Cloud, Place: r.Place.String(), Kind: fault.Preempted, Code: "the lease ran out"}
		return a
	}
	a.State = provider.Ready
	for n := range r.Nodes {
		a.Machines = append(a.Machines, provider.Machine{Name: fmt.Sprintf("%s-%d", r.Key, n), Address: "127.0.0.1"})
	}
	return a
}

func (l ledger) find(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	held, err := l.read(ctx)
	if err != nil {
		return provider.Allocation{}, err
	}
	req, ok := held[h.Key]
	if !ok || req.Place != h.Place {
		return provider.Allocation{}, refuse(fault.NotFound, "nothing is held")
	}
	return allocation(req), nil
}

func (l ledger) drop(ctx context.Context, h provider.Handle) error {
	return l.change(ctx, func(held map[string]provider.Request) error { delete(held, h.Key); return nil })
}

func (l ledger) path() string { return string(l) + "/held.json" }

func (l ledger) read(ctx context.Context) (map[string]provider.Request, error) {
	held := map[string]provider.Request{}
	text, err := os.ReadFile(l.path())
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrNotExist):
		return held, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &held); err != nil {
		return nil, fmt.Errorf("%s: %w", l.path(), err)
	}
	return held, nil
}

// change lets f change what is held while no other host does, and leaves it as it was when f fails.
func (l ledger) change(ctx context.Context, f func(held map[string]provider.Request) error) error {
	lock, err := os.OpenFile(l.path()+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // lets go of it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	held, err := l.read(ctx)
	if err == nil {
		err = f(held)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(held)
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.path()+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(l.path()+".new", l.path())
}

func refuse(kind fault.Kind, why string) error { return &fault.Error{Kind: kind, Code: why} }
