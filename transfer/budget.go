package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/openintercloud/broker/catalog/unit"
)

// Budget bounds the memory of buffers: those in use and those kept for reuse, together. Several calls may share one.
// It is safe for concurrent use; whoever asks first is served first.
type Budget struct {
	limit int64
	inUse *semaphore.Weighted

	mu   sync.Mutex
	held int64 // bytes of all buffers alive, idle ones included
	peak int64
	idle [][]byte // oldest first
}

// NewBudget returns a budget of limit bytes; less than one byte is taken as one.
func NewBudget(limit unit.Bytes) *Budget {
	limit = max(limit, 1)
	return &Budget{limit: int64(limit), inUse: semaphore.NewWeighted(int64(limit))}
}

// Peak is the most bytes that were held at once; it never exceeds the limit.
func (b *Budget) Peak() unit.Bytes {
	b.mu.Lock()
	defer b.mu.Unlock()
	return unit.Bytes(b.peak)
}

// get waits until a buffer of n bytes fits into the budget.
func (b *Budget) get(ctx context.Context, n int64) ([]byte, error) {
	if n > b.limit {
		return nil, fmt.Errorf("a part of %d bytes does not fit into the memory budget of %d bytes; raise the budget or lower the part size: %w",
			n, b.limit, ErrInvalid)
	}
	size := b.rounded(n)
	if err := b.inUse.Acquire(ctx, size); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := slices.IndexFunc(b.idle, func(x []byte) bool { return int64(cap(x)) == size }); at >= 0 {
		buf := b.idle[at]
		b.idle = slices.Delete(b.idle, at, at+1)
		return buf[:n], nil
	}
	for b.held+size > b.limit { // what is in use fits, so idle buffers are in the way
		b.held -= int64(cap(b.idle[0]))
		b.idle = slices.Delete(b.idle, 0, 1)
	}
	b.held += size
	b.peak = max(b.peak, b.held)
	return make([]byte, n, size), nil
}

// put gives a buffer back.
func (b *Budget) put(buf []byte) {
	b.mu.Lock()
	b.idle = append(b.idle, buf)
	b.mu.Unlock()
	b.inUse.Release(int64(cap(buf)))
}

// rounded makes sizes alike, so that buffers of small objects are reused too.
func (b *Budget) rounded(n int64) int64 {
	const grain = 64 << 10
	return min((n+grain-1)/grain*grain, b.limit)
}
