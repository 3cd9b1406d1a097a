package transfer

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Pacing finds and remembers how many streams fill each route, a pair of stores. Calls that share one share what it knows and
// the streams themselves, so that many copies over one link do not crowd it. It is safe for concurrent use; the zero value is
// ready.
type Pacing struct {
	mu    sync.Mutex
	gates map[[2]string]*gate
}

// route is the gate between two stores.
func (p *Pacing) route(from, to Target) *gate {
	key := [2]string{Name(from.Bucket), ""}
	if to.Bucket != nil {
		key[1] = Name(to.Bucket)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gates[key] == nil {
		if p.gates == nil {
			p.gates = map[[2]string]*gate{}
		}
		least := 1
		if b, ok := from.Bucket.(interface{ LeastStreams() int }); ok { // a source over several paths: each wants some
			least = b.LeastStreams()
		}
		p.gates[key] = &gate{pace: newPace(least), limit: max(firstStreams, least)}
	}
	return p.gates[key]
}

const (
	mostStreams  = 64
	windowTime   = 250 * time.Millisecond
	longWindow   = 40 * windowTime
	requestBytes = 256 << 10 // what a request is worth beside its bytes, so that small objects count
)

// gate lets streams through, first come first served, and learns how many from what they bring.
type gate struct {
	mu    sync.Mutex
	pace  pace
	limit int
	inUse int
	queue []chan struct{} // closed when its stream may go

	since     time.Time // start of the window
	work      int64     // bytes since then
	ended     int       // streams ended since then
	starved   bool      // for a moment since then there was nothing to do
	throttled bool
	slowed    time.Time // when the store last asked for fewer requests
}

// enter waits for a stream.
func (g *gate) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	g.mu.Lock()
	if g.inUse < g.limit && len(g.queue) == 0 {
		g.inUse++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.queue = append(g.queue, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.queue, turn); at >= 0 {
		g.queue = slices.Delete(g.queue, at, at+1)
	} else { // its turn came at the same moment
		g.inUse--
		g.admit()
	}
	return context.Cause(ctx)
}

// tryEnter takes a stream when one is free and nobody waits for it.
func (g *gate) tryEnter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inUse >= g.limit || len(g.queue) > 0 {
		return false
	}
	g.inUse++
	return true
}

// slow halves the streams at once, because the store has asked for fewer requests. All that were under way when it did are told the
// same: one halving answers them.
func (g *gate) slow(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.slowed.IsZero() && now.Sub(g.slowed) < windowTime {
		return
	}
	g.slowed = now
	g.limit = g.pace.next(window{length: max(now.Sub(g.since), time.Millisecond), throttled: true})
	g.restart(now)
}

// leave gives a stream back, with what it brought.
func (g *gate) leave(bytes int64, throttled bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inUse--
	g.work += bytes + requestBytes
	g.ended++
	g.throttled = g.throttled || throttled
	g.starved = g.starved || len(g.queue) == 0 && g.inUse < g.limit
	if g.since.IsZero() {
		g.restart(now)
	}
	length := now.Sub(g.since)
	switch {
	case g.throttled || !g.starved && (length >= windowTime && g.ended >= 2*g.limit || length >= longWindow):
		g.limit = g.pace.next(window{bytes: g.work, length: max(length, time.Millisecond), throttled: g.throttled})
		g.restart(now)
	case g.starved && length >= windowTime:
		g.restart(now)
	}
	g.admit()
}

func (g *gate) restart(now time.Time) {
	g.since, g.work, g.ended, g.starved, g.throttled = now, 0, 0, false, false
}

func (g *gate) admit() {
	for g.inUse < g.limit && len(g.queue) > 0 {
		close(g.queue[0])
		g.queue = g.queue[1:]
		g.inUse++
	}
}
