package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A random world for a while, then one without faults: the run must end, with nothing alive, and its journal must
// replay to the same bytes from the start and from each snapshot.
func TestWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.start()
		cancelAt := w.upTo(400, "cancel at")
		for i := 0; i < 150 && !w.done(); i++ {
			if i == cancelAt {
				w.step(Event{Kind: CancelAsked, Reason: "enough"})
				continue
			}
			w.act()
		}
		w.faults = false
		for i := 0; !w.done(); i++ {
			require.Less(t, i, 1000, "the run does not end: %+v", w.d.m.Status())
			w.act()
		}
		requireReplays(t, w.d)
	})
}

// A cancel at any moment ends with nothing alive.
func TestWalkCancel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.start()
		for n := w.upTo(40, "steps before"); n > 0 && !w.done(); n-- {
			w.act()
		}
		w.faults = false
		before := w.d.m.Status()
		w.step(Event{Kind: CancelAsked})
		for i := 0; !w.done(); i++ {
			require.Less(t, i, 300, "the run does not end: %+v", w.d.m.Status())
			w.act()
		}
		if !before.Done() {
			require.Empty(t, w.d.m.Status().Alive)
		}
	})
}
