package fake_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
)

func TestRulesChooseCalls(t *testing.T) {
	t.Parallel()
	spot := offering("small")
	spot.Market = catalog.Spot
	elsewhere := offering("small")
	elsewhere.Place.Region = "south"
	refusal := &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeZone}
	for _, c := range []struct {
		name string
		rule fake.Rule
		ask  catalog.Offering
		want fault.Kind
	}{
		{"every call", fake.Rule{}, offering("small"), fault.Capacity},
		{"this call", fake.Rule{Op: "allocate"}, offering("small"), fault.Capacity},
		{"another call", fake.Rule{Op: "release"}, offering("small"), ""},
		{"the region of the zone", fake.Rule{Place: catalog.Place{Cloud: "fake", Region: "north"}}, offering("small"), fault.Capacity},
		{"another region", fake.Rule{Place: catalog.Place{Cloud: "fake", Region: "north"}}, elsewhere, ""},
		{"the offering by ID", fake.Rule{Offering: "fake/north/a/vm/small"}, offering("small"), fault.Capacity},
		{"the offering by type", fake.Rule{Offering: "small"}, offering("small"), fault.Capacity},
		{"another offering", fake.Rule{Offering: "large"}, offering("small"), ""},
		{"the market", fake.Rule{Market: catalog.Spot}, spot, fault.Capacity},
		{"another market", fake.Rule{Market: catalog.Spot}, offering("small"), ""},
		{"later", fake.Rule{From: start.Add(time.Second)}, offering("small"), ""},
		{"no longer", fake.Rule{Until: start}, offering("small"), ""},
		{"now", fake.Rule{From: start, Until: start.Add(1)}, offering("small"), fault.Capacity},
		{"the second call", fake.Rule{Skip: 1}, offering("small"), ""},
	} {
		c.rule.Err = refusal
		cloud, _ := virtual(t, fake.Config{Rules: []fake.Rule{c.rule}})
		req := fresh(c.ask)
		req.Place = c.ask.Place
		_, err := cloud.Allocate(t.Context(), req)
		require.Equal(t, c.want, fault.KindOf(err), c.name)
		require.Equal(t, c.want == "", len(cloud.Live()) == 1, c.name)
	}
}

func TestRulesCount(t *testing.T) {
	t.Parallel()
	cloud, _ := virtual(t, fake.Config{})
	cloud.Add(fake.Rule{Op: "describe", Skip: 1, Times: 2, Err: &fault.Error{Kind: fault.Throttled, RetryAfter: time.Second, Code: "slow down"}})
	h := allocate(t, cloud, fresh(offering("small")))
	var got []fault.Kind
	for range 5 {
		_, err := cloud.Describe(t.Context(), h)
		got = append(got, fault.KindOf(err))
	}
	require.Equal(t, []fault.Kind{"", fault.Throttled, fault.Throttled, "", ""}, got)
	cloud.Add(fake.Rule{Err: &fault.Error{Kind: fault.Auth}})
	require.ErrorIs(t, cloud.Check(t.Context()), fault.Auth)
	cloud.Clear()
	require.NoError(t, cloud.Check(t.Context()))
}

func TestRefusalIsCompleted(t *testing.T) {
	t.Parallel()
	cloud, _ := virtual(t, fake.Config{})
	cloud.Add(fake.Rule{Op: "allocate", Err: &fault.Error{Kind: fault.Quota, Scope: fault.ScopeRegion, Code: "VcpuLimitExceeded"}})
	_, err := cloud.Allocate(t.Context(), fresh(offering("small")))
	require.Equal(t, &fault.Error{
		Op: "allocate", Cloud: "fake", Place: "fake/north/a", Kind: fault.Quota, Scope: fault.ScopeRegion, Code: "VcpuLimitExceeded",
	}, err)
}

// The most valuable fault: the call took effect, and nobody was told.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Rules: []fake.Rule{{Lost: true}}})
	req, task := fresh(offering("small")), provider.Task{Key: "t", Script: "x", Grace: time.Second}
	_, err := cloud.Allocate(t.Context(), req)
	requireLost(t, err)
	require.Len(t, cloud.Live(), 1)
	requireLost(t, cloud.Start(t.Context(), req.Handle(), task))
	requireLost(t, cloud.Release(t.Context(), req.Handle()))
	require.Empty(t, cloud.Live())
	s := status(t, cloud, provider.Ref{Handle: req.Handle(), TaskKey: "t"})
	requireLost(t, s.Err)
	require.Empty(t, s.State, "a status that is not known is no state")
	cloud.Clear()
	clock.Advance(0)
	require.Equal(t, provider.TaskLost, status(t, cloud, provider.Ref{Handle: req.Handle(), TaskKey: "t"}).State)
}

func requireLost(t *testing.T, err error) {
	t.Helper()
	f := fault.Of("", err)
	require.NotNil(t, f)
	require.Equal(t, fault.Unknown, f.Kind)
	require.True(t, f.Ambiguous)
}

// late is a cloud whose next create is seen only after 20 seconds, within its settle window of a minute.
func late(t *testing.T) (*fake.Cloud, *fake.VirtualClock, provider.Request) {
	cloud, clock := virtual(t, fake.Config{Settle: time.Minute})
	cloud.Add(fake.Rule{Op: "allocate", Times: 1, Lost: true, Late: 20 * time.Second})
	req := fresh(offering("small"))
	_, err := cloud.Allocate(t.Context(), req)
	requireLost(t, err)
	_, err = cloud.Describe(t.Context(), req.Handle())
	requireLost(t, err)
	require.Empty(t, cloud.Live())
	return cloud, clock, req
}

func TestLateCreateAppears(t *testing.T) {
	t.Parallel()
	cloud, clock, req := late(t)
	clock.Advance(20 * time.Second)
	a, err := cloud.Describe(t.Context(), req.Handle())
	require.NoError(t, err)
	require.Equal(t, provider.Ready, a.State)
}

func TestLateCreateDoesNotOutliveRelease(t *testing.T) {
	t.Parallel()
	cloud, clock, req := late(t)
	require.NoError(t, cloud.Release(t.Context(), req.Handle()))
	clock.Advance(time.Hour)
	require.Empty(t, cloud.Live())
	_, err := cloud.Describe(t.Context(), req.Handle())
	require.ErrorIs(t, err, fault.NotFound)
}

func TestLateCreateIsTheRepeatedOne(t *testing.T) {
	t.Parallel()
	cloud, clock, req := late(t)
	a, err := cloud.Allocate(t.Context(), req)
	require.NoError(t, err)
	clock.Advance(time.Hour)
	require.Len(t, cloud.Live(), 1)
	require.Equal(t, a.Handle.ID, cloud.Live()[0].Handle.ID)
}

func TestDelay(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Rules: []fake.Rule{{Op: "check", Delay: time.Minute}}})
	answer := make(chan error)
	go func() { answer <- cloud.Check(context.Background()) }()
	for {
		if _, waiting := clock.Next(); waiting {
			break
		}
	}
	clock.Advance(59 * time.Second)
	select {
	case err := <-answer:
		t.Fatalf("answered too early: %v", err)
	default:
	}
	clock.Advance(time.Second)
	require.NoError(t, <-answer)

	ctx, cancel := context.WithCancel(t.Context())
	go func() { answer <- cloud.Check(ctx) }()
	cancel()
	require.ErrorIs(t, <-answer, context.Canceled)
}

func TestPreemptRule(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Boot: time.Minute, Program: fake.Takes(time.Hour)})
	cloud.Add(fake.Rule{Op: "allocate", Market: catalog.Spot, Preempt: 10 * time.Minute})
	o := offering("small")
	o.Market = catalog.Spot
	h := allocate(t, cloud, fresh(o))
	clock.Advance(time.Minute)
	ref := run(t, cloud, h, provider.Task{Key: "t"})
	clock.Advance(9 * time.Minute)
	require.Equal(t, provider.TaskRunning, status(t, cloud, ref).State)
	clock.Advance(time.Minute)
	s := status(t, cloud, ref)
	require.Equal(t, provider.TaskLost, s.State)
	require.ErrorIs(t, s.Err, fault.Preempted)
	a, err := cloud.Describe(t.Context(), h)
	require.NoError(t, err)
	require.Equal(t, provider.Gone, a.State)
	require.ErrorIs(t, a.Err, fault.Preempted)
	require.Equal(t, start.Add(11*time.Minute), cloud.Billed()[0].To)
}
