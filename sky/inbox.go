package sky

import (
	"context"
	"sync"
	"time"

	"github.com/openintercloud/broker/internal/engine"
)

// inbox collects facts from many goroutines for the one that steps the engine. It never blocks who puts.
type inbox struct {
	mu     sync.Mutex
	facts  []engine.Event
	signal chan struct{} // holds one token while there is something to take
}

func newInbox() *inbox { return &inbox{signal: make(chan struct{}, 1)} }

func (b *inbox) put(e engine.Event) {
	b.mu.Lock()
	b.facts = append(b.facts, e)
	b.mu.Unlock()
	b.wake()
}

// wake makes the next take return, even with nothing.
func (b *inbox) wake() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// take waits for facts, for a wake, or until a time (zero = no limit) has come, and returns what is there. It is false
// when the context ended.
func (b *inbox) take(ctx context.Context, wait time.Duration, limited bool) ([]engine.Event, bool) {
	var alarm <-chan time.Time
	if limited {
		t := time.NewTimer(max(wait, 0))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-b.signal:
	case <-alarm:
	case <-ctx.Done():
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	facts := b.facts
	b.facts = nil
	return facts, ctx.Err() == nil
}
