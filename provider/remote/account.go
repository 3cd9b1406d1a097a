package remote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Account is what is held of a machine, for a provider that runs its tasks with a [Runner]. Its methods are those of
// [provider.Provider] and keep that contract: an allocation is Ready at once, and its absence is proven at once. It
// reserves; it does not confine.
//
// All it knows is in files, so that any number of hosts share one account by its folder; it is safe for concurrent use
// among goroutines and processes. That needs the file locks of a Unix system: elsewhere every change fails.
//
//	<dir>/lock               held for the few moments in which the account changes
//	<dir>/held/<key>.json    one for each allocation held; together they are the account
//	<dir>/gone/<key>.json    one for each key whose Release has begun, which is never used again
type Account struct {
	Cloud string // the cloud's name; required
	Dir   string // the folder, made where it is missing; required

	// Open makes the machine ready for a request that is held now, or held until later, or from a later epoch. It must
	// be safe to repeat; calls for one key do not overlap. A request it fails for is not held. Default: nothing is done.
	Open func(ctx context.Context, req provider.Request) error
	// Room says whether a request fits beside what is held, without what has run out of its lease. A refusal is a
	// *fault.Error with its Scope. Default: it does. What an offering's Capacity does not allow is refused before.
	Room func(req provider.Request, held []provider.Request) error
	// Clock tells the time. Default: time.Now.
	Clock func() time.Time
}

// holding is one allocation as its file tells. A key that was released without ever being held has no Created.
type holding struct {
	Request provider.Request `json:"request"`
	Created time.Time        `json:"created,omitzero"`
}

// Allocate holds what is asked for, if there is room.
func (a Account) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	var h holding
	err := a.checkRequest(req)
	if err == nil {
		err = a.locked(ctx, func() (err error) {
			h, err = a.take(ctx, req)
			return err
		})
	}
	if err != nil {
		return provider.Allocation{}, a.at("allocate", req.Handle(), err)
	}
	return a.allocation(h), nil
}

func (a Account) checkRequest(req provider.Request) error {
	switch {
	case req.Place.Cloud != a.Cloud:
		return refuse(fault.Invalid, "place", fmt.Errorf("place %v is not of this cloud", req.Place))
	case req.Nodes < 1:
		return refuse(fault.Invalid, "nodes", fmt.Errorf("%d nodes: want at least 1", req.Nodes))
	}
	return checkKey(req.Key)
}

// take finds or makes the holding of a request.
func (a Account) take(ctx context.Context, req provider.Request) (holding, error) {
	h, err := a.read(held, req.Key)
	switch {
	case a.closed(req.Key):
		return h, refuse(fault.Conflict, "the key was released", nil)
	case errors.Is(err, fs.ErrNotExist):
		h = holding{Request: req, Created: a.now().UTC()}
		err = a.room(req)
	case err != nil:
	case !h.Request.Same(req):
		return h, refuse(fault.Conflict, "the key is used for another request", nil)
	case a.expired(h.Request):
		return h, refuse(fault.Conflict, "the lease ran out", nil)
	default:
		h.Request.Epoch = max(h.Request.Epoch, req.Epoch)
		h.Request.Until = longer(h.Request.Until, req.Until)
	}
	if err != nil {
		return h, err
	}
	return h, a.note(ctx, h)
}

// note has the machine made ready for a holding, and writes it down.
func (a Account) note(ctx context.Context, h holding) error {
	if a.Open != nil {
		if err := a.Open(ctx, h.Request); err != nil {
			return err
		}
	}
	return a.write(held, h)
}

// room refuses what does not fit beside what is held.
func (a Account) room(req provider.Request) error {
	all, err := a.holdings()
	if err != nil {
		return err
	}
	var others []provider.Request
	nodes := req.Nodes
	for _, h := range all {
		others = append(others, h.Request)
		if h.Request.Offering.ID == req.Offering.ID {
			nodes += h.Request.Nodes
		}
	}
	if limit := req.Offering.Capacity; limit > 0 && nodes > limit {
		e := refuse(fault.Capacity, "offering used up", fmt.Errorf("%d of %s would be held, of %d", nodes, req.Offering.ID, limit))
		e.Scope = fault.ScopeOffering
		return e
	}
	if a.Room == nil {
		return nil
	}
	return a.Room(req, others)
}

// longer is the lease that ends later. The zero time never ends, and a lease that ends does not become it.
func longer(now, then time.Time) time.Time {
	if !now.IsZero() && then.After(now) {
		return then
	}
	return now
}

// Describe finds what is held, or was, under a handle.
func (a Account) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	found, err := a.find(ctx, held, h)
	if err == nil {
		return a.allocation(found), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		found, err = a.find(ctx, gone, h)
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && found.Created.IsZero() {
		err = refuse(fault.NotFound, "nothing is held", nil)
	}
	if err != nil {
		return provider.Allocation{}, a.at("describe", h, err)
	}
	shown := a.allocation(found)
	shown.State, shown.Err, shown.Machines = provider.Gone, nil, nil
	return shown, nil
}

// find reads what one folder has under a handle; fs.ErrNotExist when there is nothing.
func (a Account) find(ctx context.Context, in folder, h provider.Handle) (holding, error) {
	if err := errors.Join(ctx.Err(), checkKey(h.Key)); err != nil {
		return holding{}, err
	}
	found, err := a.read(in, h.Key)
	if err == nil && found.Request.Place != h.Place {
		return holding{}, fs.ErrNotExist
	}
	return found, err
}

// Allocations yields what an owner holds, without what has run out of its lease, in the order of the keys.
func (a Account) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return func(yield func(provider.Allocation, error) bool) {
		all, err := a.holdings()
		if err = errors.Join(ctx.Err(), err); err != nil {
			yield(provider.Allocation{}, a.at("list allocations", provider.Handle{}, err))
			return
		}
		for _, h := range all {
			if h.Request.Owner == owner && !yield(a.allocation(h), nil) {
				return
			}
		}
	}
}

// Extend moves the lease of an allocation to a later time. An earlier one changes nothing, nor does any when there is
// no lease.
func (a Account) Extend(ctx context.Context, h provider.Handle, until time.Time) error {
	return a.at("extend", h, a.locked(ctx, func() error {
		found, err := a.find(ctx, held, h)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return refuse(fault.NotFound, "nothing is held", nil)
		case err != nil:
			return err
		case a.closed(h.Key) || a.expired(found.Request):
			return refuse(fault.Conflict, "the allocation is gone", nil)
		}
		found.Request.Until = longer(found.Request.Until, until)
		return a.note(ctx, found)
	}))
}

// Release closes a key for good, has end end what runs under it, and gives back what is held. end is called only while
// something is held, and again by a repeated Release when it fails; it is nil only once nothing runs any more.
func (a Account) Release(ctx context.Context, h provider.Handle, end func(context.Context) error) error {
	var holds bool
	err := a.locked(ctx, func() (err error) {
		holds, err = a.close(ctx, h)
		return err
	})
	if err == nil && holds {
		if err = end(ctx); err == nil {
			err = a.giveBack(h.Key)
		}
	}
	return a.at("release", h, err)
}

// close makes a key unusable, and says whether anything is held under the handle. What is held at another place is
// another's, and stays.
func (a Account) close(ctx context.Context, h provider.Handle) (holds bool, err error) {
	found, err := a.find(ctx, held, h)
	switch {
	case err == nil:
		return true, a.write(gone, found)
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	case a.closed(h.Key) || a.exists(held, h.Key):
		return false, nil
	}
	return false, a.write(gone, holding{Request: provider.Request{Key: h.Key, Place: h.Place}})
}

// allocation is a holding as the contract shows it. All its nodes are the one machine.
func (a Account) allocation(h holding) provider.Allocation {
	req := h.Request
	shown := provider.Allocation{
		Handle: req.Handle(), State: provider.Ready, Owner: req.Owner, Labels: req.Labels,
		Epoch: req.Epoch, Until: req.Until, Created: h.Created,
	}
	shown.Handle.ID = req.Key
	if a.expired(req) {
		shown.State = provider.Gone
		shown.Err = fault.Of("hold", a.at("hold", req.Handle(), refuse(fault.Preempted, "the lease ran out", nil)))
		return shown
	}
	for n := range req.Nodes {
		shown.Machines = append(shown.Machines, provider.Machine{Name: fmt.Sprintf("%s-%d", req.Key, n), Address: "127.0.0.1"})
	}
	return shown
}

func (a Account) now() time.Time {
	if a.Clock == nil {
		return time.Now()
	}
	return a.Clock()
}

func (a Account) expired(req provider.Request) bool {
	return !req.Until.IsZero() && !a.now().Before(req.Until)
}

func (a Account) at(op string, h provider.Handle, err error) error {
	return fault.At(op, a.Cloud, h.Place.String(), err)
}

func refuse(kind fault.Kind, code string, err error) *fault.Error {
	return &fault.Error{Kind: kind, Code: code, Err: err}
}

func checkKey(key string) error {
	if !validKey(key) {
		return refuse(fault.Invalid, "key", fmt.Errorf("key %q: want letters, digits, _ and, but at the start, -", key))
	}
	return nil
}
