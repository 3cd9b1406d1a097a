package transfer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A link of 40 MB/s on which one stream reaches 4 MB/s, in virtual time: the gate lets about ten streams through.
func TestGateFindsThePlateau(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Pacing).route(Target{}, Target{})
		var flying atomic.Int64
		var moved atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for g.enter(ctx) == nil {
					speed := min(4e6, 40e6/float64(flying.Add(1)))
					time.Sleep(time.Duration(1e6 / speed * float64(time.Second)))
					flying.Add(-1)
					moved.Add(1e6)
					g.leave(1e6, false, time.Now())
				}
			})
		}
		time.Sleep(time.Minute)
		before := moved.Load()
		time.Sleep(time.Minute)
		stop()
		all.Wait()
		require.Greater(t, moved.Load()-before, int64(0.9*60*40e6))
		require.LessOrEqual(t, g.limit, 22) // ten fill it; a step up may be on trial
	})
}

// Whoever waits is let go when its context ends, and takes no stream with it.
func TestGateForgetsWhoGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Pacing).route(Target{}, Target{})
		for range firstStreams {
			require.NoError(t, g.enter(t.Context()))
		}
		why := errors.New("no more")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error)
		go func() { ended <- g.enter(ctx) }()
		synctest.Wait()
		cancel(why)
		require.ErrorIs(t, <-ended, why)
		for range firstStreams {
			g.leave(0, false, time.Now())
		}
		for range firstStreams {
			require.NoError(t, g.enter(t.Context()))
		}
	})
}

func TestPacingIsByRoute(t *testing.T) {
	var p Pacing
	require.Same(t, p.route(Target{}, Target{}), p.route(Target{Key: "x"}, Target{Key: "y"}))
}
