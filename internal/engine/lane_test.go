package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// star is n stages that one stage waits for, and n that wait for it.
func star(n int) Event {
	spec := &Spec{Run: "star", Rules: Rules{Version: RulesVersion, MaxInFlight: 8}}
	e := Event{Kind: Planned, Spec: spec}
	middle := n
	for i := range 2*n + 1 {
		st := Stage{Name: "s"}
		switch {
		case i == middle:
			for j := range n {
				st.Needs = append(st.Needs, Edge{j, UntilExited})
			}
		case i > middle:
			st.Needs = needs(UntilCommitted, middle)
		}
		spec.Stages = append(spec.Stages, st)
		e.Assignments = append(e.Assignments, at(i, "a/r/z/o/m"))
	}
	return e
}

// A wide star goes through a narrow lane: never more in flight than allowed, in stage order, and the work of the one
// event that frees all grows with its degree only.
func TestStarThroughNarrowLane(t *testing.T) {
	t.Parallel()
	const n = 500
	plan := star(n)
	m := New()
	queue := m.Step(time.Unix(0, 0), []Event{plan})
	inFlight := map[Verb]int{}
	last := -1
	var worst int
	for _, c := range queue {
		inFlight[c.ID.Verb]++
	}
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		if c.ID.Verb == Allocate {
			require.Greater(t, c.ID.Stage, last, "allocations go out in stage order")
			last = c.ID.Stage
		}
		inFlight[c.ID.Verb]--
		kind := map[Verb]EventKind{Allocate: Allocated, Run: Exited, Release: Released}[c.ID.Verb]
		before := m.work
		for _, next := range m.Step(time.Unix(1, 0), []Event{{Kind: kind, ID: c.ID}}) {
			inFlight[next.ID.Verb]++
			queue = append(queue, next)
		}
		worst = max(worst, m.work-before)
		require.LessOrEqual(t, inFlight[Allocate], 8)
		require.LessOrEqual(t, inFlight[Release], 8)
	}
	require.Equal(t, Succeeded, m.Status().State)
	require.Greater(t, worst, n, "all are told")
	require.Less(t, worst, 40*n, "and each costs a few steps")
}

// Whatever things really cost, nothing that costs money is asked for when what is spent and reserved exceeds the
// budget; and a run whose costs are as expected is never stopped by a budget that covers them.
func TestBudgetHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan := forest(rapid.IntRange(1, 40).Draw(t, "stages"))
		honest := rapid.Bool().Draw(t, "honest")
		var sum int64
		for i := range plan.Assignments {
			a := &plan.Assignments[i]
			a.Cost = int64(rapid.IntRange(0, 20).Draw(t, "cost"))
			sum += a.Cost
		}
		budget := sum
		if !honest {
			budget = int64(rapid.IntRange(1, 400).Draw(t, "budget"))
		}
		plan.Spec.Rules.Budget = max(budget, 1)
		m := New()
		queue := m.Step(time.Unix(0, 0), []Event{plan})
		for len(queue) > 0 {
			i := rapid.IntRange(0, len(queue)-1).Draw(t, "which")
			c := queue[i]
			queue = append(queue[:i:i], queue[i+1:]...)
			e := Event{ID: c.ID}
			switch c.ID.Verb {
			case Allocate:
				e.Kind = Allocated
			case Run:
				e.Kind = Exited
			case Release:
				e.Kind, e.Cost = Released, c.Assignment.Cost
				if !honest {
					e.Cost = int64(rapid.IntRange(0, 30).Draw(t, "real cost"))
				}
			case Stop:
				continue
			}
			next := m.Step(time.Unix(1, 0), []Event{e})
			requireCovered(t, m, next)
			queue = append(queue, next...)
		}
		st := m.Status()
		require.True(t, st.Done(), "%+v", st)
		require.Zero(t, st.Reserved)
		if honest {
			require.Equal(t, Succeeded, st.State)
			require.Equal(t, sum, st.Spent)
		}
	})
}

func requireCovered(t *rapid.T, m *Machine, commands []Command) {
	st := m.Status()
	for _, c := range commands {
		if c.ID.Verb == Allocate && st.State == Running && len(m.s.Parked) == 0 {
			require.LessOrEqual(t, st.Spent+st.Reserved, m.s.Spec.Rules.Budget)
		}
	}
}

// What waits in a lane and is given up there never goes out, and its place is taken by the next.
func TestLaneSkipsWhatWasDropped(t *testing.T) {
	t.Parallel()
	play(t, scenario{
		name: "skip", rules: Rules{MaxInFlight: 1}, end: Running,
		stages: []Stage{{Serves: true}, {Needs: needs(UntilReady, 0)}, {}, {}},
		places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "a/r/z/o/m"), at(3, "a/r/z/o/m")},
		lines: []line{
			{"plan", "allocate:0.1.0"},
			{"allocated allocate:0.1.0", "run:0.1.0 allocate:2.1.0"},
			{"ready run:0.1.0", "allocate:1.1.0"},
			{"allocated allocate:1.1.0", "run:1.1.0"},
			{"lost run:0.1.0", "release:0.1.0"},
			{"released release:0.1.0", ""},
			{"+1s", ""}, // the service's next attempt waits in the lane
			{"exited run:1.1.0", "release:1.1.0"},
			{"allocated allocate:2.1.0", "run:2.1.0 allocate:3.1.0"},
		},
	})
}
