package transfer

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
)

func TestBudgetNeverExceeded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	b := NewBudget(limit)
	var wg sync.WaitGroup
	for w := range uint64(8) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(w, w))
			for range 200 {
				buf, err := b.get(context.Background(), r.Int64N(limit)+1)
				if err != nil {
					t.Error(err)
					return
				}
				buf[0], buf[len(buf)-1] = 1, 1
				b.put(buf)
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, b.Peak(), unit.Bytes(limit))
	require.Greater(t, b.Peak(), unit.Bytes(limit/2))
	var idle int64
	for _, buf := range b.idle {
		idle += int64(cap(buf))
	}
	require.Equal(t, b.held, idle, "all that is held is idle now")
}

func TestBudgetReusesBuffers(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	one, err := b.get(t.Context(), 100_000)
	require.NoError(t, err)
	b.put(one)
	two, err := b.get(t.Context(), 110_000)
	require.NoError(t, err)
	require.Same(t, &one[0], &two[0])
	require.Len(t, two, 110_000)
}

func TestBudgetRefuses(t *testing.T) {
	t.Parallel()
	b := NewBudget(1000)
	_, err := b.get(t.Context(), 1001)
	require.ErrorIs(t, err, ErrInvalid)
	buf, err := b.get(t.Context(), 1000)
	require.NoError(t, err)
	require.Equal(t, 1000, cap(buf))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.get(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	b.put(buf)
	_, err = b.get(t.Context(), 1)
	require.NoError(t, err)
}

func TestPartSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ option, size, want int64 }{
		{0, 0, ChunkSize},
		{0, 1, ChunkSize},
		{0, ChunkSize * maxParts, ChunkSize},
		{0, ChunkSize*maxParts + 1, 2 * ChunkSize},
		{7, 70_000, 7},
		{7, 70_001, ChunkSize},
		{5 << 20, 1 << 30, 5 << 20},
	} {
		o := Options{PartSize: unit.Bytes(c.option)}
		require.Equal(t, c.want, o.partSize(c.size), "%+v", c)
		require.LessOrEqual(t, newTally(c.size, o.partSize(c.size), true).parts(), maxParts)
	}
}
