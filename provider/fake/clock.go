package fake

import (
	"container/heap"
	"sync"
	"time"
)

// Clock tells a cloud the time and wakes it up. It is safe for concurrent use, and never runs f inside AfterFunc: the
// caller may hold a lock that f needs.
type Clock interface {
	// Now is the time on the clock.
	Now() time.Time
	// AfterFunc has f run once d has passed, unless stop is called before; stop says whether it came in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// realClock is time itself, also inside a testing/synctest bubble.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// VirtualClock is a clock that stands still until told to go on. What falls due runs in the goroutine that advances
// it, in order of time, then of request. It is safe for concurrent use; of several goroutines that advance it, one
// does so at a time. A function it runs must not advance it.
type VirtualClock struct {
	advancing sync.Mutex

	mu     sync.Mutex
	now    time.Time
	timers timers
	count  int
}

// NewClock returns a clock that stands at start.
func NewClock(start time.Time) *VirtualClock { return &VirtualClock{now: start} }

// Now is the time on the clock.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has f run when the clock has been advanced by d; for d <= 0, by anything, even nothing.
func (c *VirtualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	t := &timer{at: c.now.Add(max(d, 0)), order: c.count, run: f}
	heap.Push(&c.timers, t)
	return func() bool { return c.stop(t) }
}

func (c *VirtualClock) stop(t *timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&c.timers, t.index)
	return true
}

// Next is when something falls due; false when nothing ever does.
func (c *VirtualClock) Next() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return time.Time{}, false
	}
	return c.timers[0].at, true
}

// Advance lets d pass, and runs what falls due on the way.
func (c *VirtualClock) Advance(d time.Duration) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	until := c.Now().Add(d)
	for c.runNext(until) {
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = until
}

// Step goes on to the next thing that falls due and runs it. It reports whether there was one.
func (c *VirtualClock) Step() bool {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	next, ok := c.Next()
	return ok && c.runNext(next)
}

// runNext runs the first thing that falls due no later than until.
func (c *VirtualClock) runNext(until time.Time) bool {
	c.mu.Lock()
	if len(c.timers) == 0 || c.timers[0].at.After(until) {
		c.mu.Unlock()
		return false
	}
	t := heap.Pop(&c.timers).(*timer)
	c.now = t.at
	c.mu.Unlock()
	t.run()
	return true
}

// timer is one thing that will happen. Its index in the heap is -1 once it has, or was stopped.
type timer struct {
	at    time.Time
	order int
	index int
	run   func()
}

type timers []*timer

func (h timers) Len() int { return len(h) }

func (h timers) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
