package sky

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/engine"
)

func TestFeedGivesEveryReaderEverythingInOrder(t *testing.T) {
	t.Parallel()
	const n, readers = 200, 5
	f := newFeed()
	var reading sync.WaitGroup
	got := make([][]Event, readers)
	for i := range readers {
		reading.Go(func() {
			for e, err := range f.read(t.Context(), i) {
				if err == nil && e.Kind != StageProgress {
					got[i] = append(got[i], e)
				}
			}
		})
	}
	for i := range n - 1 {
		f.add(Event{Kind: StageRunning, Detail: fmt.Sprint(i)})
		f.tell(Event{Kind: StageProgress, Stage: "a"})
	}
	f.add(Event{Kind: RunSucceeded})
	reading.Wait() // nobody closed the feed: the last event ends them
	for i, events := range got {
		require.Len(t, events, n-i)
		for k, e := range events {
			require.Equal(t, i+k+1, e.Seq)
		}
	}
}

func TestFeedKeepsOnlyTheNewestProgressAndOnlyWhileTheStageRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		f.add(Event{Kind: StageRunning, Stage: "a"}, Event{Kind: StageRunning, Stage: "b"})
		slow := make(chan Event)
		go func() {
			defer close(slow)
			for e := range f.read(t.Context(), 0) {
				slow <- e
			}
		}()
		require.Equal(t, "a", (<-slow).Stage)
		synctest.Wait() // the reader is stuck; the writer is not
		for i := range 100 {
			f.tell(Event{Kind: StageProgress, Stage: "a", Fraction: float64(i) / 100})
			f.tell(Event{Kind: StageProgress, Stage: "b", Fraction: float64(i) / 200})
		}
		f.add(Event{Kind: StageExited, Stage: "b"})
		require.Equal(t, "b", (<-slow).Stage)
		require.Equal(t, StageExited, (<-slow).Kind)
		e := <-slow
		require.Equal(t, "a", e.Stage)
		require.InDelta(t, 0.99, e.Fraction, 1e-9)
		require.Equal(t, 3, e.Seq, "of the event it came after")
		f.close()
		_, more := <-slow
		require.False(t, more, "b's progress went with b")
	})
}

func TestFeedReaderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		f.add(Event{Kind: RunStarted})
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		var errs []error
		for _, err := range f.read(ctx, 0) {
			errs = append(errs, err)
		}
		require.Equal(t, []error{nil, cause}, errs)
		for range f.read(ctx, -7) {
			break // is safe
		}
	})
}

func TestInboxLosesNothing(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 50
	b := newInbox()
	for i := range writers {
		go func() {
			for k := range each {
				b.put(engine.Event{ID: engine.CommandID{Stage: i, N: k}})
			}
		}()
	}
	next := [writers]int{}
	for total := 0; total < writers*each; {
		facts, ok := b.take(t.Context(), 0, false)
		require.True(t, ok)
		for _, f := range facts {
			require.Equal(t, next[f.ID.Stage], f.ID.N, "each writer's facts stay in order")
			next[f.ID.Stage]++
			total++
		}
	}
}

func TestInboxWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		begun := time.Now()
		facts, ok := b.take(t.Context(), time.Hour, true)
		require.True(t, ok)
		require.Empty(t, facts)
		require.Equal(t, time.Hour, time.Since(begun))

		_, ok = b.take(t.Context(), -time.Hour, true)
		require.True(t, ok, "what is due already is not waited for")

		time.AfterFunc(time.Minute, b.wake)
		facts, ok = b.take(t.Context(), 0, false)
		require.True(t, ok)
		require.Empty(t, facts)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, ok = b.take(ctx, 0, false)
		require.False(t, ok)
	})
}
