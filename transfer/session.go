package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/openintercloud/broker/catalog/unit"
)

// session is what all objects of one call share.
type session struct {
	opts   Options
	budget *Budget
	slots  *semaphore.Weighted // streams of this call
	gate   *gate               // streams of all calls over this route

	mu       sync.Mutex
	progress Progress
	flying   int // streams in use
	peak     int
}

func newSession(opts Options, from, to Target) *session {
	return &session{
		opts: opts, budget: opts.budget(), slots: semaphore.NewWeighted(int64(opts.streams())), gate: opts.pacing().route(from, to),
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

// acquire waits for a stream.
func (s *session) acquire(ctx context.Context) error {
	if err := s.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := s.gate.enter(ctx); err != nil {
		s.slots.Release(1)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying++
	s.peak = max(s.peak, s.flying)
	return nil
}

// release gives a stream back that moved so many bytes and ended in err.
func (s *session) release(bytes int64, err error) {
	s.gate.leave(bytes, errors.Is(err, ErrSlowDown), time.Now())
	s.mu.Lock()
	s.flying--
	s.mu.Unlock()
	s.slots.Release(1)
}

func (s *session) peakStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// reading is one object to be read in parts.
type reading struct {
	from Target
	obj  Object // its Version pins what is read
	to   Target // where the bytes will go; empty when nowhere
	// take, unless nil, is given every part, numbered from 1, while it is held in memory.
	take  func(ctx context.Context, n int, p []byte) error
	check bool // only to compare: without digest, and no progress
}

// spans reads an object in parallel ranges and sums it.
func (s *session) spans(ctx context.Context, r reading) (Sum, error) {
	size := int64(r.obj.Size)
	sums := newTally(size, s.opts.partSize(size), !s.opts.SkipDigest && !r.check)
	g, gctx := errgroup.WithContext(ctx)
	var stopped error
	for n := range sums.parts() {
		if stopped = s.acquire(gctx); stopped != nil {
			break
		}
		g.Go(func() (err error) {
			first, last := sums.span(n)
			defer func() { s.release(last-first, err) }()
			if err := s.span(gctx, r, n+1, first, last-first, sums.hasher(n)); err != nil {
				return fmt.Errorf("part %d, bytes %d to %d: %w", n+1, first, last, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Sum{}, err
	}
	if stopped != nil {
		return Sum{}, stopped
	}
	return sums.sum(), nil
}

// span moves part n.
func (s *session) span(ctx context.Context, r reading, n int, first, length int64, h *Hasher) error {
	buf, err := s.budget.get(ctx, length)
	if err != nil {
		return err
	}
	defer s.budget.put(buf)
	if err := s.opts.allow(ctx, Hop{Op: "read", From: r.from, To: r.to}); err != nil {
		return err
	}
	if err := readSpan(ctx, r.from.Bucket, r.obj, first, buf, h); err != nil {
		return err
	}
	if r.take != nil {
		if err := r.take(ctx, n, buf); err != nil {
			return err
		}
	}
	if !r.check {
		s.update(func(p *Progress) { p.Bytes += unit.Bytes(length) })
	}
	return nil
}

// readSpan fills buf from the pinned object and sums it while it is warm in the cache.
func readSpan(ctx context.Context, b Bucket, obj Object, first int64, buf []byte, h *Hasher) (err error) {
	r, err := b.Read(ctx, obj.Key, Range{Offset: first, Length: int64(len(buf))}, obj.Version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	const stride = 256 << 10
	for rest := buf; len(rest) > 0; {
		piece := rest[:min(stride, len(rest))]
		if n, err := io.ReadFull(r, piece); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("the source ended %d bytes early: %w", len(rest)-n, ErrCorrupt)
		} else if err != nil {
			return err
		}
		_, _ = h.Write(piece) // never fails
		rest = rest[len(piece):]
	}
	return expectEnd(r)
}

// expectEnd asks for the end of the range, where a bucket may still report that the object changed meanwhile.
func expectEnd(r io.Reader) error {
	n, err := io.ReadFull(r, make([]byte, 1))
	if n > 0 {
		return fmt.Errorf("the source sent more than was asked for: %w", ErrCorrupt)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
