package sky

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// executor carries the engine's commands out, one goroutine each, and says what came of them. It keeps no state: all it
// needs is in the command and its briefing.
type executor struct {
	run       string
	job       *Job
	snap      *Snapshot
	providers map[string]provider.Provider
	owner     string
	lease     time.Duration
	now       func() time.Time
	log       *slog.Logger
	observe   func(stage, attempt int, p provider.Progress)
	emit      func(engine.Event) // for facts that are no outcome
}

// errand is one command with what the run knew when it was issued.
type errand struct {
	cmd    engine.Command
	orders orders
	asked  time.Time               // when the attempt's machines were last asked for
	data   map[string]sealedOutput // committed outputs, by artifact
	moved  map[string]carried      // moves that are done, by move ID
	replan replanBrief
	epoch  uint64
}

func (e errand) attempt() engine.AttemptRef {
	return engine.AttemptRef{Stage: e.cmd.ID.Stage, Attempt: e.cmd.ID.Attempt}
}

// do carries a command out and returns its outcome; none when the context ended first or the command has no outcome.
func (x *executor) do(ctx context.Context, e errand) (engine.Event, bool) {
	var out engine.Event
	switch e.cmd.ID.Verb {
	case engine.Allocate:
		out = x.allocate(ctx, e)
	case engine.Resolve:
		out = x.resolve(ctx, e)
	case engine.Run:
		out = x.runTask(ctx, e)
	case engine.Stop:
		x.stop(ctx, e)
		return out, false
	case engine.Seal:
		out = x.seal(ctx, e)
	case engine.Publish:
		out = x.publish(ctx, e)
	case engine.Bring:
		out = x.bring(ctx, e)
	case engine.Release:
		out = x.release(ctx, e)
	case engine.Replan:
		out = x.replan(ctx, e)
	}
	out.ID = e.cmd.ID
	return out, ctx.Err() == nil
}

// failed is the outcome of a command that did not work.
func failed(kind engine.EventKind, err error) engine.Event {
	f := fault.Of("call", err)
	return engine.Event{Kind: kind, Fault: &engine.Fault{
		Kind: f.Kind, Scope: f.Scope, RetryAfter: f.RetryAfter, Message: err.Error(),
	}}
}

func (x *executor) provider(cloud string) (provider.Provider, error) {
	p, ok := x.providers[cloud]
	if !ok {
		return nil, &fault.Error{
			Op: "find provider", Cloud: cloud, Kind: fault.Unsupported, Scope: fault.ScopeCloud,
			Err: errors.New("no provider of that name is in Config.Providers"),
		}
	}
	return p, nil
}

// request is the same for every try of an attempt, on any host.
func (x *executor) request(e errand) provider.Request {
	o, s := e.orders.Offering, x.job.stage(e.orders.Stage)
	image := s.options()[e.orders.Alternative].Image
	key := provider.AllocationKey(x.run, s.name, e.cmd.ID.Attempt, o.Place, o.ID, o.Market, fmt.Sprintf("%d nodes, image %s", e.orders.Nodes, image))
	return provider.Request{
		Key: key, Owner: x.owner, Place: o.Place, Offering: o, Market: o.Market, Nodes: e.orders.Nodes, Image: image,
		Labels: map[string]string{"run": x.run, "job": x.job.name, "stage": s.name, "attempt": fmt.Sprint(e.cmd.ID.Attempt)},
		Epoch:  e.epoch, IssuedAt: e.asked,
	}
}

func (x *executor) allocate(ctx context.Context, e errand) engine.Event {
	p, err := x.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return failed(engine.Refused, err)
	}
	req := x.request(e)
	if _, can := provider.As[provider.Extender](p); can {
		req.Until = x.now().Add(x.lease)
	}
	a, err := p.Allocate(ctx, req)
	if err != nil {
		return allocationError(err)
	}
	return x.settle(ctx, p, a)
}

// resolve finds out what became of an allocation nobody answered for.
func (x *executor) resolve(ctx context.Context, e errand) engine.Event {
	p, err := x.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return failed(engine.Unresolved, err)
	}
	a, err := p.Describe(ctx, x.request(e).Handle())
	switch {
	case errors.Is(err, fault.NotFound):
		return engine.Event{Kind: engine.Absent}
	case err != nil:
		return failed(engine.Unresolved, err)
	}
	return x.settle(ctx, p, a)
}

func allocationError(err error) engine.Event {
	if f := fault.Of("allocate", err); f.Ambiguous || f.Kind == fault.Unknown {
		return failed(engine.Unresolved, err)
	}
	return failed(engine.Refused, err)
}

// settle waits until a pending allocation is something else.
func (x *executor) settle(ctx context.Context, p provider.Provider, a provider.Allocation) engine.Event {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		switch a.State {
		case provider.Ready:
			return engine.Event{Kind: engine.Allocated, Data: write(held{Handle: a.Handle, Since: x.now()})}
		case provider.Refused, provider.Gone:
			return failed(engine.Refused, goneError(a))
		}
		if !sleep(ctx, pause) {
			return failed(engine.Unresolved, ctx.Err())
		}
		next, err := p.Describe(ctx, a.Handle)
		switch {
		case err == nil:
			a = next
		case errors.Is(err, fault.NotFound):
			return engine.Event{Kind: engine.Absent}
		default:
			x.log.WarnContext(ctx, "describe allocation", "run", x.run, "key", a.Handle.Key, "error", err)
		}
	}
}

func goneError(a provider.Allocation) error {
	if a.Err != nil {
		return a.Err
	}
	return &fault.Error{
		Op: "allocate", Cloud: a.Handle.Place.Cloud, Place: a.Handle.Place.String(), Kind: fault.Capacity, Scope: fault.ScopeOffering,
		Code: string(a.State),
	}
}

// release gives everything back and says what it came to.
func (x *executor) release(ctx context.Context, e errand) engine.Event {
	p, err := x.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return failed(engine.Failed, err)
	}
	if err := p.Release(ctx, x.request(e).Handle()); err != nil {
		return failed(engine.Failed, err)
	}
	out, err := x.bill(e)
	if err != nil {
		return failed(engine.Failed, err)
	}
	return out
}

// bill is what an allocation came to, at the plan's price: from ready to released, the minimum at least. A service
// priced by what it reads comes to what was planned.
func (x *executor) bill(e errand) (engine.Event, error) {
	if len(e.cmd.Data) == 0 {
		return engine.Event{Kind: engine.Released}, nil // never became ready
	}
	h, err := read[held](e.cmd.Data)
	if err != nil {
		return engine.Event{}, err
	}
	d := x.now().Sub(h.Since)
	cost, err := priceOf(e.orders, d)
	return engine.Event{Kind: engine.Released, Cost: int64(cost), Data: write(billed{d})}, err
}

// replan makes a new plan for what is left, around what is pinned and blocked.
func (x *executor) replan(ctx context.Context, e errand) engine.Event {
	assignments, err := x.replanned(ctx, e)
	if err != nil {
		return failed(engine.Unplannable, x.hopeless(ctx, e, err))
	}
	return engine.Event{Kind: engine.Replanned, Assignments: assignments}
}

// hopeless tells a job that has no plan from one that has none for now: once there is room again it would.
func (x *executor) hopeless(ctx context.Context, e errand, err error) error {
	f := &fault.Error{Op: "plan anew", Kind: fault.Invalid, Err: err}
	if request := *e.cmd.Replan; slices.ContainsFunc(request.Blocked, passing) {
		request.Blocked = slices.DeleteFunc(slices.Clone(request.Blocked), passing)
		e.cmd.Replan = &request
		if _, err := x.replanned(ctx, e); err == nil {
			f.Kind = fault.Capacity
		}
	}
	return f
}

// passing reports whether waiting may help against a block: there is no room now. What a place cannot do, or may not, it
// will not do later.
func passing(b engine.Block) bool {
	kind, _, _ := strings.Cut(b.Reason, ":")
	switch fault.Kind(kind) {
	case fault.Unsupported, fault.Auth, fault.Invalid:
		return false
	}
	return true
}

func (x *executor) replanned(ctx context.Context, e errand) ([]engine.Assignment, error) {
	left, err := x.job.left(e.replan.elapsed, e.replan.spent)
	if err != nil {
		return nil, err
	}
	snap, err := x.snap.with(e.cmd.Replan.Blocked, x.now().UTC())
	if err != nil {
		return nil, err
	}
	p, err := snap.plan(ctx, left, e.replan.past)
	if err != nil {
		return nil, err
	}
	return lowerPlan(p, e.replan.past.pins)
}

// replanBrief is what a replan starts from.
type replanBrief struct {
	past    past
	elapsed time.Duration
	spent   Money
}

// left is the job with what remains of its deadline and budget.
func (j *Job) left(elapsed time.Duration, spent Money) (*Job, error) {
	rest := *j
	if j.deadline > 0 {
		if rest.deadline -= elapsed; rest.deadline <= 0 {
			return nil, &InfeasibleError{Job: j.name, Conflict: []string{fmt.Sprintf("deadline %s, of which %s have passed", j.deadline, elapsed)}}
		}
	}
	if j.budget > 0 {
		if rest.budget -= spent; rest.budget <= 0 {
			return nil, &InfeasibleError{Job: j.name, Conflict: []string{fmt.Sprintf("budget %s, of which %s are spent or reserved", j.budget, spent)}}
		}
	}
	return &rest, nil
}

// sleep waits; false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
