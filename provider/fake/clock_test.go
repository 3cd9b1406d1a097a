package fake_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
)

func TestClockRunsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := fake.NewClock(start)
		delays := rapid.SliceOfN(rapid.IntRange(-2, 10), 0, 20).Draw(t, "delays")
		stopped := map[int]bool{}
		var ran, want []int
		for i, d := range delays {
			stop := clock.AfterFunc(time.Duration(d)*time.Second, func() {
				require.Equal(t, start.Add(time.Duration(max(d, 0))*time.Second), clock.Now())
				ran = append(ran, i)
			})
			if rapid.Bool().Draw(t, "stop") {
				require.True(t, stop())
				require.False(t, stop(), "a timer is stopped once")
				stopped[i] = true
			}
		}
		for i := range delays {
			if !stopped[i] {
				want = append(want, i)
			}
		}
		slices.SortStableFunc(want, func(i, j int) int { return max(delays[i], 0) - max(delays[j], 0) })
		for range 11 {
			clock.Advance(time.Second)
		}
		require.Equal(t, want, ran)
		_, more := clock.Next()
		require.False(t, more)
	})
}

func TestClockRunsWhatItsFunctionsAskFor(t *testing.T) {
	t.Parallel()
	clock := fake.NewClock(start)
	var at []time.Duration
	var tick func()
	tick = func() {
		at = append(at, clock.Now().Sub(start))
		clock.AfterFunc(time.Minute, tick)
	}
	clock.AfterFunc(0, tick)
	clock.Advance(150 * time.Second)
	require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, at)
	require.Equal(t, start.Add(150*time.Second), clock.Now())
}

func TestClockSteps(t *testing.T) {
	t.Parallel()
	clock := fake.NewClock(start)
	require.False(t, clock.Step())
	ran := 0
	clock.AfterFunc(time.Hour, func() { ran++ })
	next, ok := clock.Next()
	require.True(t, ok)
	require.Equal(t, start.Add(time.Hour), next)
	require.True(t, clock.Step())
	require.Equal(t, 1, ran)
	require.Equal(t, next, clock.Now())
	require.False(t, clock.Step())
}

// Without a clock of its own a cloud lives in real time, which a synctest bubble makes its own.
func TestRealClockInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fake.New(fake.Config{Boot: time.Minute, Program: fake.Takes(time.Hour)})
		defer cloud.Close()
		begun := time.Now()
		req := fresh(offering("small"))
		_, err := cloud.Allocate(t.Context(), req)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.NoError(t, cloud.Start(t.Context(), req.Handle(), provider.Task{Key: "t", Script: "work"}))
		var last provider.TaskStatus
		for s, err := range cloud.Watch(t.Context(), provider.Ref{Handle: req.Handle(), TaskKey: "t"}) {
			require.NoError(t, err)
			last = s
		}
		require.Equal(t, provider.TaskExited, last.State)
		require.Equal(t, 61*time.Minute, time.Since(begun))
	})
}
