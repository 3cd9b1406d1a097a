package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/transfer/mem"
)

// Config shapes a cloud. The zero value is a cloud named "fake" that has everything, at once.
type Config struct {
	Name     string         // the cloud's name. Default: "fake"
	Scheme   string         // URL scheme of its buckets. Default: Name
	Clock    Clock          // what time it is. Default: real time
	Capacity map[string]int // most machines held at once, by offering ID. Default: what the offering says, 0 there = no limit
	Quota    int            // most machines held at once in all. Default: no limit
	Boot     time.Duration  // from accepted to Ready. Default: Ready at once
	Settle   time.Duration  // how long a create may stay unseen. Default: what is not seen is not there
	Memory   time.Duration  // how long a released allocation is Gone before it is NotFound. Default: 1 hour
	Rules    []Rule         // what goes wrong, from the start. Default: nothing. See also [Cloud.Add]

	// Programs are what tasks do, by the name of the stage, the Go function, the first argument or the image, tried in
	// this order. Default: none.
	Programs map[string]Program
	// Program is what the other tasks do. Default: Takes(0).
	Program Program
}

// Cloud is one account at one cloud. It offers all of [provider.Provider] and the abilities Storage, Watcher, Extender
// and Checker. It is safe for concurrent use. Every host of a test may share the one value: it is the account.
type Cloud struct {
	cfg   Config
	clock Clock

	mu          sync.Mutex
	allocations map[id]*allocation
	order       []*allocation
	closed      map[id]bool    // released before they ever were
	used        map[string]int // machines held, by offering ID
	machines    int            // machines held in all
	rules       []*rule
	calls       map[string]int
	buckets     map[string]*mem.Bucket
}

// id is all it takes to find an allocation.
type id struct {
	place catalog.Place
	key   string
}

// allocation is the cloud's own record of one.
type allocation struct {
	provider.Allocation
	req      provider.Request
	ready    time.Time // when billing began; zero = not yet
	ended    time.Time // when it was Gone or Refused; zero = not yet
	released bool
	epoch    uint64 // highest of any task
	tasks    map[string]*task
	order    []*task
	stop     func() bool // the lease's timer
}

// New returns a cloud.
func New(cfg Config) *Cloud {
	if cfg.Name == "" {
		cfg.Name = "fake"
	}
	if cfg.Scheme == "" {
		cfg.Scheme = cfg.Name
	}
	if cfg.Clock == nil {
		cfg.Clock = realClock{}
	}
	if cfg.Memory == 0 {
		cfg.Memory = time.Hour
	}
	if cfg.Program == nil {
		cfg.Program = Takes(0)
	}
	cfg.Capacity, cfg.Programs = maps.Clone(cfg.Capacity), maps.Clone(cfg.Programs)
	c := &Cloud{
		cfg: cfg, clock: cfg.Clock,
		allocations: map[id]*allocation{}, closed: map[id]bool{}, used: map[string]int{},
		calls: map[string]int{}, buckets: map[string]*mem.Bucket{},
	}
	for _, r := range cfg.Rules {
		c.Add(r)
	}
	return c
}

// Name is the cloud's name.
func (c *Cloud) Name() string { return c.cfg.Name }

// Check finds nothing wrong, unless a rule does.
func (c *Cloud) Check(ctx context.Context) error {
	return c.call(ctx, call{op: "check"}, func(Rule) error { return nil })
}

// Close ends every task, so that no goroutine is left. The cloud still answers afterwards.
func (c *Cloud) Close() {
	c.mu.Lock()
	var all []*Process
	for _, a := range c.order {
		for _, t := range a.order {
			t.lose(c.clock.Now(), c.faultf("run", a.Handle.Place, fault.Transient, "the cloud was closed"))
			all = append(all, t.proc)
		}
	}
	c.mu.Unlock()
	for _, p := range all {
		p.kill()
	}
}

// call is one question to the cloud, as rules match it.
type call struct {
	op       string
	place    catalog.Place
	offering catalog.Offering // of Allocate
	task     string           // of Start: its name
}

// call counts one call and carries it out: do runs under the lock, with the rule that decides it. A rule may let it fail, wait, or lose its answer.
func (c *Cloud) call(ctx context.Context, call call, do func(Rule) error) error {
	c.mu.Lock()
	c.calls[call.op]++
	r := c.match(call)
	c.mu.Unlock()
	if err := c.wait(ctx, r.Delay); err != nil {
		return c.fault(call.op, call.place, fault.Transient, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case r.Lost && r.Late > 0 && call.op == "allocate":
		c.later(r.Late, func() { _ = do(r) })
	case r.Lost:
		_ = do(r)
	case r.Err == nil || r.Accept:
		return do(r)
	}
	return c.outcome(call, r)
}

// outcome is the error of a call that a rule lets fail.
func (c *Cloud) outcome(call call, r Rule) *fault.Error {
	e := c.fault(call.op, call.place, fault.Unknown, nil)
	if r.Err != nil {
		e.Kind, e.Scope, e.RetryAfter, e.Ambiguous, e.Code, e.Err = r.Err.Kind, r.Err.Scope, r.Err.RetryAfter, r.Err.Ambiguous, r.Err.Code, r.Err.Err
	} else {
		e.Code = "timeout"
	}
	e.Ambiguous = e.Ambiguous || r.Lost
	return e
}

// wait lets d pass, or less when the context ends.
func (c *Cloud) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	over := make(chan struct{})
	stop := c.clock.AfterFunc(d, func() { close(over) })
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		stop()
		return ctx.Err()
	}
}

// later runs f under the lock once d has passed.
func (c *Cloud) later(d time.Duration, f func()) func() bool {
	return c.clock.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		f()
	})
}

func (c *Cloud) fault(op string, place catalog.Place, kind fault.Kind, err error) *fault.Error {
	return &fault.Error{Op: op, Cloud: c.cfg.Name, Place: place.String(), Kind: kind, Err: err}
}

func (c *Cloud) faultf(op string, place catalog.Place, kind fault.Kind, format string, args ...any) *fault.Error {
	return c.fault(op, place, kind, fmt.Errorf(format, args...))
}

// shown is a copy of an allocation that the caller may keep.
func (a *allocation) shown() provider.Allocation {
	out := a.Allocation
	out.Labels = maps.Clone(a.Labels)
	out.Machines = slices.Clone(a.Machines)
	if a.Err != nil {
		e := *a.Err
		out.Err = &e
	}
	return out
}
