package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
)

// logged is a decorator: it embeds the interface, so it hides all abilities of what it wraps.
type logged struct{ provider.Provider }

func (l logged) Unwrap() provider.Provider { return l.Provider }

// sealed is one that does not say what it wraps.
type sealed struct{ provider.Provider }

// extended adds an ability of its own.
type extended struct {
	logged
	calls *int
}

func (e extended) Extend(context.Context, provider.Handle, time.Time) error { *e.calls++; return nil }

func TestAsLooksThroughDecorators(t *testing.T) {
	t.Parallel()
	cloud := fake.New(fake.Config{})
	for _, p := range []provider.Provider{cloud, logged{cloud}, logged{logged{cloud}}} {
		storage, ok := provider.As[provider.Storage](p)
		require.True(t, ok)
		require.Same(t, cloud, storage)
	}
}

func TestAsTakesTheOutermost(t *testing.T) {
	t.Parallel()
	calls := 0
	p := logged{extended{logged{fake.New(fake.Config{})}, &calls}}
	e, ok := provider.As[provider.Extender](p)
	require.True(t, ok)
	require.NoError(t, e.Extend(t.Context(), provider.Handle{}, time.Time{}))
	require.Equal(t, 1, calls)
}

func TestAsFindsNothing(t *testing.T) {
	t.Parallel()
	_, ok := provider.As[provider.Storage](sealed{fake.New(fake.Config{})})
	require.False(t, ok)
	_, ok = provider.As[provider.Storage](nil)
	require.False(t, ok)
	_, ok = provider.As[provider.Storage](logged{nil})
	require.False(t, ok)
	_, ok = provider.As[interface{ Fly() }](logged{fake.New(fake.Config{})})
	require.False(t, ok)
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	var err error = provider.Unsupported("start", "gcp", "images")
	require.ErrorIs(t, err, fault.Unsupported)
	require.NotErrorIs(t, err, fault.Capacity)
	require.EqualError(t, err, "start at gcp: unsupported (images)")
}
