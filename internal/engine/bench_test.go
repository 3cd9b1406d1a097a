package engine

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forest is n stages in chains of ten, over three clouds.
func forest(n int) Event {
	spec := &Spec{Run: "bench", Rules: Rules{Version: RulesVersion}}
	e := Event{Kind: Planned, Spec: spec}
	for i := range n {
		st := Stage{Name: fmt.Sprint(i), Stall: time.Hour, Timeout: time.Hour}
		if i%10 > 0 {
			st.Needs = needs(UntilCommitted, i-1)
		}
		spec.Stages = append(spec.Stages, st)
		e.Assignments = append(e.Assignments, at(i, string(rune('a'+i%3))+"/r/z/o/m"))
	}
	return e
}

// drive answers every command well, one event per step, and returns the number of events and the most work one took.
func drive(m *Machine, plan Event, each func(work int)) int {
	now := time.Unix(0, 0)
	queue := m.Step(now, []Event{plan})
	events := 0
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		e := Event{ID: c.ID}
		switch c.ID.Verb {
		case Allocate:
			e.Kind = Allocated
		case Run:
			e.Kind = Exited
		case Release:
			e.Kind = Released
		case Bring:
			e.Kind = Moved
		}
		now = now.Add(time.Millisecond)
		before := m.work
		queue = append(queue, m.Step(now, []Event{e})...)
		each(m.work - before)
		events++
	}
	return events
}

// The work of one event grows at most with the logarithm of the number of stages: counted steps, not time.
func TestWorkPerEvent(t *testing.T) {
	t.Parallel()
	measure := func(n int) (mean float64, worst int) {
		m, sum := New(), 0
		events := drive(m, forest(n), func(work int) {
			sum += work
			worst = max(worst, work)
		})
		require.Equal(t, Succeeded, m.Status().State)
		require.Equal(t, 3*n, events)
		return float64(sum) / float64(events), worst
	}
	small, smallWorst := measure(100)
	large, largeWorst := measure(10_000)
	require.Less(t, large, small+15, "mean steps per event, 100 and 10,000 stages")
	require.Less(t, largeWorst, smallWorst+60, "worst event, 100 and 10,000 stages")
}

func BenchmarkEvents(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n, " stages"), func(b *testing.B) {
			plan := forest(n)
			events := 0
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var m *Machine
			for b.Loop() {
				m = New()
				events += drive(m, plan, func(int) {})
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "heapB/stage")
			runtime.KeepAlive(m)
		})
	}
}
