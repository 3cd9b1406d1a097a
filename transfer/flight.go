package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
)

// flight is the parts of one object on their way. When all of them have been started and a stream is free, a part that takes much
// longer than the others is started a second time; the first to arrive counts, the other is cancelled.
type flight struct {
	s    *session
	r    reading
	sums *tally
	g    *errgroup.Group

	mu    sync.Mutex
	parts map[int]*attempt // started and not ended, by index from 0
	left  int              // parts that have not ended
	ended chan struct{}    // closed when none is left
}

// attempt is one part being moved, by one run or two.
type attempt struct {
	ctx    context.Context
	cancel context.CancelFunc
	since  time.Time
	runs   int
	hedged bool
}

// lateness is how many times the median a part takes before it is started again; less than leastLate is never late.
const (
	lateness  = 3
	leastLate = 200 * time.Millisecond
)

// fly moves the parts of todo, indices from 0.
func (s *session) fly(ctx context.Context, r reading, sums *tally, todo []int) error {
	g, gctx := errgroup.WithContext(ctx)
	f := &flight{s: s, r: r, sums: sums, g: g, parts: map[int]*attempt{}, left: len(todo), ended: make(chan struct{})}
	var stopped error
	for _, i := range todo {
		if stopped = s.acquire(gctx); stopped != nil {
			break
		}
		f.start(gctx, i)
	}
	if stopped == nil {
		f.watch(gctx)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return stopped
}

// start moves a part for the first time. A stream is held.
func (f *flight) start(ctx context.Context, i int) {
	a := &attempt{since: time.Now(), runs: 1}
	a.ctx, a.cancel = context.WithCancel(ctx)
	f.mu.Lock()
	f.parts[i] = a
	f.mu.Unlock()
	f.g.Go(func() error { return f.run(i, a) })
}

// run moves a part and gives the stream back. Of two runs only the first success counts, and only the last failure.
func (f *flight) run(i int, a *attempt) (err error) {
	first, last := f.sums.span(i)
	moved := int64(0)
	defer func() { f.s.release(moved, err) }()
	h := f.sums.empty()
	err = f.s.span(a.ctx, f.r, i+1, first, last-first, &h)
	if !f.decide(i, a, err) {
		return nil
	}
	a.cancel()
	if err != nil {
		return fmt.Errorf("part %d, bytes %d to %d: %w", i+1, first, last, err)
	}
	moved = last - first
	f.s.paces.add(time.Since(a.since))
	f.sums.hashers[i] = h
	return f.s.arrived(f.r, i+1, &h)
}

// decide reports whether a run that ended in err decides its part: the other run may have arrived, or still be able to.
func (f *flight) decide(i int, a *attempt, err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.runs--
	if f.parts[i] != a || err != nil && a.runs > 0 {
		return false
	}
	delete(f.parts, i)
	if f.left--; f.left == 0 {
		close(f.ended)
	}
	return true
}

// watch starts late parts again until none is left. A second run writes what the first writes: a part sent twice is replaced.
func (f *flight) watch(ctx context.Context) {
	for {
		i, late, wait := f.latest(time.Now())
		if late != nil && f.s.tryAcquire() {
			f.hedge(i, late)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			continue
		case <-f.ended:
		case <-ctx.Done():
		}
		timer.Stop()
		return
	}
}

// hedge starts a part again, unless it has just ended. A stream is held.
func (f *flight) hedge(i int, a *attempt) {
	f.mu.Lock()
	gone := f.parts[i] != a
	if !gone {
		a.hedged = true
		a.runs++
	}
	f.mu.Unlock()
	if gone {
		f.s.release(0, nil)
		return
	}
	first, last := f.sums.span(i)
	f.s.count(func(e *effort) { e.hedges++; e.resent += unit.Bytes(last - first) })
	f.g.Go(func() error { return f.run(i, a) })
}

// latest is the part that is late for the longest time, and how long to wait before looking again.
func (f *flight) latest(now time.Time) (index int, late *attempt, wait time.Duration) {
	limit, known := f.s.paces.late()
	if !known {
		return 0, nil, leastLate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	wait = limit
	for i, a := range f.parts {
		age := now.Sub(a.since)
		switch {
		case a.hedged:
		case age < limit:
			wait = min(wait, limit-age)
		case late == nil || a.since.Before(late.since) || a.since.Equal(late.since) && i < index:
			index, late = i, a
		}
	}
	return index, late, wait
}

// paces remembers how long the last parts took. The zero value is ready; it is safe for concurrent use.
type paces struct {
	mu   sync.Mutex
	took [33]time.Duration
	n    int
}

func (p *paces) add(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took[p.n%len(p.took)] = d
	p.n++
}

// late is how long a part may take; too few parts tell nothing.
func (p *paces) late() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n < 3 {
		return 0, false
	}
	took := slices.Clone(p.took[:min(p.n, len(p.took))])
	slices.Sort(took)
	return max(leastLate, lateness*took[len(took)/2]), true
}
