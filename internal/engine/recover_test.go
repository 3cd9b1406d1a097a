package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kindly answers everything that is asked for well, until the run ends. It knows nothing but the commands, as a shell
// after a crash does.
type kindly struct {
	t       *testing.T
	d       *driver
	stages  int
	queue   []Command
	ready   map[CommandID]bool
	stopped map[AttemptRef]bool
}

func newKindly(t *testing.T, d *driver, sc scenario, queue []Command) *kindly {
	return &kindly{t: t, d: d, stages: len(sc.stages), queue: queue, ready: map[CommandID]bool{}, stopped: map[AttemptRef]bool{}}
}

func (k *kindly) finish() Status {
	for steps := 0; !k.d.m.Status().Done(); steps++ {
		require.Less(k.t, steps, 500, "the run does not end: %+v", k.d.m.Status())
		if !k.answerOne() {
			at, any := k.d.m.Next()
			require.True(k.t, any, "nothing can happen: %+v", k.d.m.Status())
			k.queue = append(k.queue, k.d.wait(max(0, at.Sub(k.d.now)))...)
		}
	}
	return k.d.m.Status()
}

func (k *kindly) answerOne() bool {
	for i, c := range k.queue {
		e := k.outcome(c)
		if e.Kind == "" {
			continue
		}
		if e.Kind != ServiceReady {
			k.queue = append(k.queue[:i:i], k.queue[i+1:]...)
		}
		if c.ID.Verb == Stop {
			k.stopped[c.ID.ref()] = true
			return true
		}
		k.queue = append(k.queue, k.d.step(e)...)
		return true
	}
	return false
}

func (k *kindly) outcome(c Command) Event {
	e := Event{ID: c.ID}
	switch c.ID.Verb {
	case Run:
		e.Kind = k.task(c)
	case Replan:
		e.Kind = Replanned
		pinned := map[int]bool{}
		for _, p := range c.Replan.Pinned {
			pinned[p.Stage] = true
		}
		for i := range k.stages {
			if !pinned[i] {
				e.Assignments = append(e.Assignments, at(i, fmt.Sprintf("other%d/r/z/o/m", c.ID.N)))
			}
		}
	default:
		e.Kind = map[Verb]EventKind{
			Allocate: Allocated, Resolve: Absent, Stop: "stop", Seal: Sealed, Publish: Published, Bring: Moved, Release: Released,
		}[c.ID.Verb]
	}
	return e
}

// task ends at once, but a service that is used only when it is stopped.
func (k *kindly) task(c Command) EventKind {
	s := k.d.m.stage(c.ID.Stage)
	serves := (s.Users > 0 || s.Retired) && k.d.m.s.Spec.Stages[c.ID.Stage].Serves && c.ID.N == c.Assignment.Tasks-1
	switch {
	case !serves || k.stopped[c.ID.ref()]:
		return Exited
	case !k.ready[c.ID]:
		k.ready[c.ID] = true
		return ServiceReady
	}
	return ""
}

// cut replays the first n records of a journal into a new driver.
func cut(t *testing.T, d *driver, n int) *driver {
	m, err := Replay(list(d.entries[:n]))
	require.NoError(t, err)
	half := &driver{m: m, now: d.now, entries: append([]Entry{}, d.entries[:n]...)}
	return half
}

func requireNothingAlive(t *testing.T, m *Machine, stuck bool) {
	require.Empty(t, m.Outstanding())
	for i := range m.Len() {
		for _, a := range m.Stage(i).Attempts {
			require.False(t, a.Ended.IsZero() && a.State != StageDone, "stage %d attempt %d is %s", i, a.Attempt, a.State)
		}
	}
	if !stuck {
		require.Empty(t, m.Status().Alive)
		require.Zero(t, m.Status().Reserved)
	}
}

// A crash after any record of any scenario: what is outstanding is issued again, and the run ends with nothing alive.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			whole := play(t, sc)
			for n := 1; n <= len(whole.entries); n++ {
				d := cut(t, whole, n)
				if d.m.Len() == 0 {
					continue
				}
				k := newKindly(t, d, sc, d.m.Outstanding())
				k.queue = append(k.queue, d.step(Event{Kind: Resumed, Epoch: 2})...)
				k.finish()
				requireNothingAlive(t, d.m, sc.reason == ReasonAlive)
				requireReplays(t, d)
			}
		})
	}
}

// A cancel after any record of any scenario ends with nothing alive, without beginning anything.
func TestCancelAnywhere(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			whole := play(t, sc)
			for n := 1; n <= len(whole.entries); n++ {
				d := cut(t, whole, n)
				before := d.m.Status()
				outstanding := d.m.Outstanding()
				commands := d.step(Event{Kind: CancelAsked, Reason: "enough"})
				if !before.Done() && d.m.s.Done < d.m.Len() {
					for _, c := range commands {
						require.Contains(t, []Verb{Stop, Release}, c.ID.Verb, "after a cancel")
					}
				}
				st := newKindly(t, d, sc, append(outstanding, commands...)).finish()
				requireNothingAlive(t, d.m, sc.reason == ReasonAlive)
				if before.State == Running && d.m.s.Done < d.m.Len() {
					require.Contains(t, []ReasonKind{ReasonCancel}, st.Reason.Kind)
				}
			}
		})
	}
}

// Every outcome may arrive again, at any later moment, and changes nothing.
func TestDuplicatesChangeNothing(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			d := newDriver()
			var past []Event
			for _, entry := range play(t, sc).entries {
				d.now = entry.At
				require.Equal(t, entry.Record.ids(), ids(d.step(entry.Record.Events...)))
				for _, e := range entry.Record.Events {
					if e.Kind != CancelAsked && e.Kind != Resumed && !mayBeNews(e) {
						past = append(past, e)
					}
				}
				before := encode(t, d.m)
				for _, e := range past {
					require.Empty(t, d.step(e), "%v again", e)
				}
				require.Equal(t, before, encode(t, d.m))
			}
		})
	}
}

// mayBeNews: a Run or a Bring is issued again under the id it had, so that its failure may come twice in truth.
func mayBeNews(e Event) bool {
	v, failure := e.ID.Verb, e.Kind == Failed
	if e.Timer != nil {
		v, failure = e.Timer.ID.Verb, true
	}
	return failure && (v == Run || v == Bring)
}

// A resume raises the epoch and asks for nothing by itself.
func TestResumeAfterResume(t *testing.T) {
	t.Parallel()
	sc := goldens()[0]
	whole := play(t, sc)
	for n := 1; n < len(whole.entries); n++ {
		d := cut(t, whole, n)
		first := show(d.m.Outstanding())
		for epoch := range uint64(3) {
			require.Empty(t, d.step(Event{Kind: Resumed, Epoch: epoch + 2}), "a resume asks for nothing itself")
			require.Equal(t, first, show(d.m.Outstanding()))
			require.Equal(t, epoch+2, d.m.Status().Epoch)
		}
		d.step(Event{Kind: Resumed, Epoch: 1})
		require.Equal(t, uint64(4), d.m.Status().Epoch, "an epoch never falls")
	}
}

func TestOutstandingOrder(t *testing.T) {
	t.Parallel()
	sc := scenario{
		name:   "order",
		stages: []Stage{{Seals: true, Timeout: time.Minute}, {Timeout: time.Minute}, {}},
		places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "c/r/z/o/m", "x")},
		lines: []line{
			{"plan", "allocate:0.1.0 allocate:1.1.0 move:2.1.0"},
			{"allocated allocate:1.1.0", "run:1.1.0"},
			{"allocated allocate:0.1.0", "run:0.1.0"},
			{"exited run:0.1.0", "seal:0.1.0"},
			{"+1m", "stop:1.1.0"},
			{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
		},
		end: Running,
	}
	d := play(t, sc)
	require.Equal(t, "move:2.1.0 run:1.1.0 stop:1.1.0 publish:0.1.0 release:0.1.0", show(d.m.Outstanding()))
	d.step(Event{Kind: CancelAsked})
	require.Equal(t, "move:2.1.0 publish:0.1.0 release:0.1.0 stop:0.1.0 stop:2.1.0 release:1.1.0", show(d.m.Outstanding()))
	require.Equal(t, 1, strings.Count(show(d.m.Outstanding()), "stop:2"), "one stop for all moves of an attempt")
}
