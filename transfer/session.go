package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/openintercloud/broker/catalog/unit"
)

// session is what all objects of one call share.
type session struct {
	opts   Options
	budget *Budget
	slots  *semaphore.Weighted // streams of this call
	gate   *gate               // streams of all calls over this route
	meter  meter
	paces  paces

	mu       sync.Mutex
	progress Progress
	effort   effort
	flying   int // streams in use
	peak     int
}

// effort is what a call did beyond the least that it had to.
type effort struct {
	retries, hedges int
	resent, resumed unit.Bytes
}

func newSession(opts Options, from, to Target) *session {
	return &session{
		opts: opts, budget: opts.budget(), slots: semaphore.NewWeighted(int64(opts.streams())), gate: opts.pacing().route(from, to),
		meter: meter{tariff: opts.Tariff, limit: opts.Spend},
	}
}

// update changes the progress and tells it, one call at a time.
func (s *session) update(change func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.progress)
	if s.opts.Progress != nil {
		s.opts.Progress(s.progress)
	}
}

// count changes the effort.
func (s *session) count(change func(*effort)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.effort)
}

// acquire waits for a stream.
func (s *session) acquire(ctx context.Context) error {
	if err := s.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := s.gate.enter(ctx); err != nil {
		s.slots.Release(1)
		return err
	}
	s.took()
	return nil
}

// tryAcquire takes a stream that nobody else has a use for.
func (s *session) tryAcquire() bool {
	if !s.slots.TryAcquire(1) {
		return false
	}
	if !s.gate.tryEnter() {
		s.slots.Release(1)
		return false
	}
	s.took()
	return true
}

func (s *session) took() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying++
	s.peak = max(s.peak, s.flying)
}

// release gives a stream back that moved so many bytes and ended in err.
func (s *session) release(bytes int64, err error) {
	now := time.Now()
	if errors.Is(err, ErrSlowDown) {
		s.gate.slow(now)
	}
	s.gate.leave(bytes, false, now)
	s.mu.Lock()
	s.flying--
	s.mu.Unlock()
	s.slots.Release(1)
}

// state is the streams, at most, and the effort so far.
func (s *session) state() (int, effort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak, s.effort
}
