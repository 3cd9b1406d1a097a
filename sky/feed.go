package sky

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
)

// feed keeps a run's events and hands them to any number of readers. A slow reader holds nobody up: events are kept,
// and of progress only the newest of each stage.
type feed struct {
	mu       sync.Mutex
	events   []Event
	progress map[string]Event // newest of each stage that runs
	version  int              // rises with every change
	seen     map[string]int   // version of each stage's progress
	changed  chan struct{}    // closed and replaced at every change
	closed   bool
}

func newFeed() *feed {
	return &feed{progress: map[string]Event{}, seen: map[string]int{}, changed: make(chan struct{})}
}

// add appends events and numbers them.
func (f *feed) add(events ...Event) {
	if len(events) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		e.Seq = len(f.events) + 1
		f.events = append(f.events, e)
		if !e.Kind.whileRunning() {
			delete(f.progress, e.Stage)
			delete(f.seen, e.Stage)
		}
	}
	f.notify()
}

// whileRunning reports whether a stage may still be running after an event of this kind, so that its progress counts.
func (k EventKind) whileRunning() bool {
	return k == StageRunning || k == StageStalled || k == CallFailed
}

// tell replaces a stage's progress.
func (f *feed) tell(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.progress[e.Stage] = e
	f.notify()
	f.seen[e.Stage] = f.version
}

// close says that nothing more will come.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		f.notify()
	}
}

func (f *feed) notify() {
	f.version++
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *feed) all() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

// read yields the events after a number, then waits for more until the last one or the context's end, whose error is
// yielded last.
func (f *feed) read(ctx context.Context, after int) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for version := 0; ; {
			fresh, changed, done := f.since(&after, &version)
			for _, e := range fresh {
				if !yield(e, nil) || e.Last() {
					return
				}
			}
			if done {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(Event{}, context.Cause(ctx))
				return
			}
		}
	}
}

// since is what a reader has not had yet: events after a number, then progress newer than a version.
func (f *feed) since(after, version *int) (fresh []Event, changed <-chan struct{}, done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *after = max(*after, 0); *after < len(f.events) {
		fresh = slices.Clone(f.events[*after:])
		*after = len(f.events)
	}
	for _, stage := range slices.Sorted(maps.Keys(f.progress)) {
		if f.seen[stage] > *version {
			p := f.progress[stage]
			p.Seq = min(*after, len(f.events)) // so that numbers never fall, and reading on from it misses nothing
			fresh = append(fresh, p)
		}
	}
	*version = f.version
	return fresh, f.changed, f.closed
}
