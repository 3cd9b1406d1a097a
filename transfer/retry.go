package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	mostTries = 5
	firstWait = 50 * time.Millisecond // before the second try; doubled with each
	slowWait  = 500 * time.Millisecond
	lastWait  = 8 * time.Second
)

// again runs step until it succeeds, its error is final, or it has failed mostTries times. seed tells the waits of different
// callers apart, so that what failed together is not tried again together.
func (s *session) again(ctx context.Context, seed uint32, step func() error) error {
	for try := 1; ; try++ {
		err := step()
		if err == nil || try == mostTries || final(err) || ctx.Err() != nil {
			return err
		}
		slow := errors.Is(err, ErrSlowDown)
		if slow {
			s.gate.slow(time.Now())
		}
		if stopped := pause(ctx, backoff(seed, try, slow)); stopped != nil {
			return fmt.Errorf("%w, after: %w", stopped, err)
		}
		s.count(func(e *effort) { e.retries++ })
	}
}

// final reports whether trying again cannot help. What a store says for good is one; what any other error means is not known.
func final(err error) bool {
	for _, known := range []error{ErrNotFound, ErrConflict, ErrInvalid, context.Canceled, errRefused} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// backoff is the wait after try failed: between the half and the whole of a time that doubles.
func backoff(seed uint32, try int, slow bool) time.Duration {
	whole := firstWait
	if slow {
		whole = slowWait
	}
	whole = min(lastWait, whole<<(try-1))
	mixed := CRC32C(seed, []byte{byte(try), 0, 0, 0})
	return whole/2 + time.Duration(int64(whole/2)*int64(mixed>>8)/(1<<24))
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// seedOf names one part of one object for backoff.
func seedOf(key string, n int) uint32 { return CRC32C(uint32(n), []byte(key)) }

// errRefused marks what the caller's own rules forbid, so that it is not tried again.
var errRefused = errors.New("not allowed")

// refusal is an error of a rule, under its own name.
type refusal struct{ error }

// Is makes errors.Is(err, errRefused) true.
func (r refusal) Is(target error) bool { return target == errRefused }

// Unwrap returns the rule's error.
func (r refusal) Unwrap() error { return r.error }
