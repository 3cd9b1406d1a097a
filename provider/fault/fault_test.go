package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/fault"
)

func kinds() []fault.Kind {
	return []fault.Kind{
		fault.Unknown, fault.Capacity, fault.Quota, fault.Unsupported, fault.Auth, fault.Throttled, fault.Invalid,
		fault.Transient, fault.Preempted, fault.NotFound, fault.Conflict,
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  fault.Error
		want string
	}{
		{fault.Error{Op: "allocate", Kind: fault.Unknown}, "allocate: unknown"},
		{fault.Error{Op: "allocate", Cloud: "aws", Kind: fault.Auth}, "allocate at aws: auth"},
		{fault.Error{Op: "allocate", Cloud: "aws", Place: "aws/eu-west-1/a", Kind: fault.Capacity}, "allocate at aws/eu-west-1/a: capacity"},
		{
			fault.Error{Op: "allocate", Place: "aws/eu-west-1", Kind: fault.Quota, Code: "VcpuLimitExceeded", Err: errors.New("32 of 32 in use")},
			"allocate at aws/eu-west-1: quota (VcpuLimitExceeded): 32 of 32 in use",
		},
		{
			fault.Error{Op: "start", Cloud: "gcp", Kind: fault.Unknown, Ambiguous: true, Err: context.DeadlineExceeded},
			"start at gcp: unknown, outcome unknown: context deadline exceeded",
		},
		{fault.Error{Op: "describe", Cloud: "azure", Kind: fault.NotFound, Scope: fault.ScopeZone, RetryAfter: time.Second}, "describe at azure: not found"},
	} {
		require.EqualError(t, &c.err, c.want)
	}
}

func TestIsFindsKindAndCause(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		var err error = &fault.Error{Op: "poll", Kind: kind, Err: fmt.Errorf("read: %w", io.ErrUnexpectedEOF)}
		err = fmt.Errorf("stage train: %w", err)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		for _, other := range kinds() {
			require.Equal(t, kind == other, errors.Is(err, other), "%v is %v", kind, other)
		}
		f, ok := errors.AsType[*fault.Error](err)
		require.True(t, ok)
		require.Equal(t, "poll", f.Op)
		require.Equal(t, kind, fault.KindOf(err))
		require.Equal(t, string(kind), kind.Error())
	}
}

func TestIsWithoutCause(t *testing.T) {
	t.Parallel()
	require.NotErrorIs(t, &fault.Error{Op: "x", Kind: fault.Quota}, io.EOF)
	require.ErrorIs(t, errors.Join(io.EOF, &fault.Error{Op: "x", Kind: fault.Quota}), fault.Quota)
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	inner := &fault.Error{Op: "a", Kind: fault.Throttled}
	for _, c := range []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"nil", nil, ""},
		{"foreign", io.EOF, fault.Unknown},
		{"a bare kind", fmt.Errorf("no rights: %w", fault.Auth), fault.Auth},
		{"a fault", inner, fault.Throttled},
		{"the outer of two faults", &fault.Error{Op: "b", Kind: fault.Transient, Err: inner}, fault.Transient},
		{"the first of several", errors.Join(io.EOF, inner, &fault.Error{Op: "c", Kind: fault.Auth}), fault.Throttled},
	} {
		require.Equal(t, c.want, fault.KindOf(c.err), c.name)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	require.Nil(t, fault.Of("x", nil))

	f := &fault.Error{Op: "allocate", Kind: fault.Capacity}
	require.Same(t, f, fault.Of("x", fmt.Errorf("wrapped: %w", f)))

	foreign := fault.Of("poll", io.EOF)
	require.Equal(t, &fault.Error{Op: "poll", Kind: fault.Unknown, Ambiguous: true, Err: io.EOF}, foreign)

	bare := fault.Of("poll", fmt.Errorf("denied: %w", fault.Auth))
	require.Equal(t, fault.Auth, bare.Kind)
	require.False(t, bare.Ambiguous, "a known kind is a known outcome")
	require.ErrorIs(t, bare, fault.Auth)
}

func TestOfNeverLosesTheCause(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cause := errors.New("cause")
		err := cause
		for range rapid.IntRange(0, 5).Draw(t, "depth") {
			if rapid.Bool().Draw(t, "fault") {
				err = &fault.Error{Op: "op", Kind: rapid.SampledFrom(kinds()).Draw(t, "kind"), Err: err}
			} else {
				err = fmt.Errorf("wrapped: %w", err)
			}
		}
		f := fault.Of("op", err)
		require.ErrorIs(t, f, cause)
		require.Equal(t, fault.KindOf(err), f.Kind)
		require.NotEmpty(t, f.Op)
	})
}

func TestAtSaysWhere(t *testing.T) {
	t.Parallel()
	require.NoError(t, fault.At("poll", "aws", "aws/eu-west-1", nil))
	known := &fault.Error{Op: "open", Kind: fault.Conflict, Scope: fault.ScopeZone, Code: "released", Err: io.EOF}
	for name, c := range map[string]struct {
		err  error
		want fault.Error
	}{
		"a fault":         {known, fault.Error{Kind: fault.Conflict, Scope: fault.ScopeZone, Code: "released", Err: io.EOF}},
		"a fault in more": {fmt.Errorf("stage: %w", known), fault.Error{Kind: fault.Conflict, Scope: fault.ScopeZone, Code: "released", Err: io.EOF}},
		"a foreign error": {io.EOF, fault.Error{Kind: fault.Unknown, Ambiguous: true, Err: io.EOF}},
		"an ended call":   {context.Canceled, fault.Error{Kind: fault.Unknown, Ambiguous: true, Err: context.Canceled}},
	} {
		c.want.Op, c.want.Cloud, c.want.Place = "start", "aws", "aws/eu-west-1"
		require.Equal(t, &c.want, fault.At("start", "aws", "aws/eu-west-1", c.err), name)
	}
	require.Equal(t, "open", known.Op, "the error itself is left as it is")
	kept := fault.At("", "", "", &fault.Error{Op: "open", Cloud: "aws", Place: "aws/eu", Kind: fault.Auth})
	require.EqualError(t, kept, "open at aws/eu: auth")
	require.ErrorIs(t, fault.At("poll", "aws", "", context.DeadlineExceeded), context.DeadlineExceeded)
}
