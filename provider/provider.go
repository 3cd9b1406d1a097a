package provider

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fault"
)

// Provider is what one cloud must offer. It keeps no state of its own: after a restart of the host it finds everything
// by place and key alone. Every call is safe to repeat and to make concurrently. A cancelled context ends the call,
// not the work it began; the caller repeats the call to learn the outcome.
type Provider interface {
	// Name is the cloud's name as catalogs and places spell it. It never changes.
	Name() string

	// Allocate asks for req.Nodes machines of one offering at one place, all or nothing, under req.Key, and returns
	// once the cloud has accepted or refused. A long wait is an allocation in state Pending, not a blocked call. The
	// same key again returns the same allocation; a key already used for another request, or already released, is
	// Conflict. What makes it another request is told by [Request.Same]. A refusal is an error whose Kind and Scope say
	// how far it reaches.
	Allocate(ctx context.Context, req Request) (Allocation, error)

	// Describe finds an allocation by its handle, even if its create was never answered. NotFound is proof of absence
	// and may be returned only after the settle window since h.IssuedAt; before that an absent allocation is Unknown
	// and Ambiguous. A released allocation is Gone for as long as the cloud remembers it, then NotFound.
	Describe(ctx context.Context, h Handle) (Allocation, error)

	// Release gives everything under the handle back, tasks included, which are ended. It is nil only once nothing is
	// billed and nothing can still appear; later Allocates of that key fail with Conflict. Releasing what was never
	// allocated is nil, under the same promise.
	Release(ctx context.Context, h Handle) error

	// Allocations yields everything held for an owner, in an unspecified order, without what is Gone. An incomplete
	// list must end in an error.
	Allocations(ctx context.Context, owner string) iter.Seq2[Allocation, error]

	// Start begins a task on a Ready allocation and returns once it is accepted. The same task key again is the same
	// task and starts nothing, even after it has exited. Several tasks may share an allocation, in turn or together. A
	// task with a lower epoch than one already seen on the allocation is refused with Conflict, one whose input is not
	// there with Invalid.
	Start(ctx context.Context, h Handle, task Task) error

	// Poll yields one status for each ref, in the order given. A task that is proven not to exist is an error of kind
	// NotFound in its status; a status that could not be learnt is an error of any other kind, never a state.
	Poll(ctx context.Context, refs []Ref) iter.Seq2[TaskStatus, error]

	// Cancel asks a task to end: its signal first, a kill after its grace time. It returns once asked; Poll tells when
	// it has ended. Cancelling a task that has ended or never was is nil.
	Cancel(ctx context.Context, ref Ref) error

	// Logs copies what the task has printed (both streams, in order of arrival) to w, from opts.Offset; with
	// opts.Follow until the task ends. It still works after Release, for as long as the cloud keeps logs.
	Logs(ctx context.Context, ref Ref, opts LogOptions, w io.Writer) error
}

// Request describes an allocation. It is plain data and holds no secret.
type Request struct {
	Key      string            `json:"key"`      // from [AllocationKey]
	Owner    string            `json:"owner"`    // the broker the allocation belongs to
	Place    catalog.Place     `json:"place"`    // with a zone where the offering is zonal
	Offering catalog.Offering  `json:"offering"` // what to allocate
	Market   catalog.Market    `json:"market"`   //
	Nodes    int               `json:"nodes"`    // at least 1
	Image    string            `json:"image,omitempty"`
	Until    time.Time         `json:"until,omitzero"` // dead-man lease: the machine ends itself then; zero = no lease
	Labels   map[string]string `json:"labels,omitempty"`
	Epoch    uint64            `json:"epoch"`
	IssuedAt time.Time         `json:"issued_at"` // when the request was first journaled
}

// Handle is the handle a request's allocation has, before and after it exists.
func (r Request) Handle() Handle {
	return Handle{Key: r.Key, Place: r.Place, Service: r.Offering.Service, IssuedAt: r.IssuedAt}
}

// Same says whether o, under the same key, asks for the same: owner, place, offering and its service, market, nodes and
// image are equal. Epoch, lease, labels and time of issue may differ, since a later life of the same broker asks again;
// so may an offering's price and source.
func (r Request) Same(o Request) bool {
	return r.Owner == o.Owner && r.Place == o.Place && r.Offering.ID == o.Offering.ID && r.Offering.Service == o.Offering.Service &&
		r.Market == o.Market && r.Nodes == o.Nodes && r.Image == o.Image
}

// Handle names an allocation. It is plain data, known and journaled before the call that creates it.
type Handle struct {
	Key      string        `json:"key"`
	Place    catalog.Place `json:"place"`
	Service  string        `json:"service"`
	ID       string        `json:"id,omitempty"` // the cloud's own name for it, once known; never needed to find it
	IssuedAt time.Time     `json:"issued_at"`
}

// Ref names a task on an allocation.
type Ref struct {
	Handle  Handle `json:"handle"`
	TaskKey string `json:"task_key"`
}

// AllocationState is where an allocation is in its life.
type AllocationState string

// The states: Pending → Ready → Gone, or Pending → Refused.
const (
	Pending AllocationState = "pending" // accepted, not usable yet
	Ready   AllocationState = "ready"   // tasks can be started
	Refused AllocationState = "refused" // the cloud said no after accepting; Err says why
	Gone    AllocationState = "gone"    // was there and is not any more: released or taken back; Err says why if taken
)

// Allocation is a set of machines held under one key.
type Allocation struct {
	Handle   Handle
	State    AllocationState
	Owner    string
	Labels   map[string]string
	Epoch    uint64
	Until    time.Time
	Created  time.Time // as far as the cloud tells; zero = unknown
	Machines []Machine // one per node when Ready
	Err      *fault.Error
}

// Machine is one node of an allocation.
type Machine struct {
	Name    string // unique in the allocation
	Address string // how the other nodes reach it; "" = not reachable
}

// LogOptions select what Logs copies. The zero value copies all there is and returns.
type LogOptions struct {
	Offset int64 // bytes to leave out at the start
	Follow bool  // go on until the task ends or the context does
}
