package engine

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider/fault"
)

// branch is one state of a small run and the truth about it: what is allocated, and what was asked and not answered.
type branch struct {
	snapshot string
	live     map[AttemptRef]bool
	pending  []Command
	faults   int // how many more things may go wrong
}

// Every order of outcomes of two stages, with one or two things going wrong at every possible moment, a cancel at every
// moment included: nothing is ever allocated twice, and every path ends with nothing alive.
func TestEveryOrder(t *testing.T) {
	t.Parallel()
	for name, sc := range map[string]scenario{
		"side by side":  {stages: []Stage{{Retries: 1}, {}}},
		"data":          {stages: []Stage{{Seals: true}, {Needs: needs(UntilCommitted, 0)}}, places: []Assignment{at(0, "a/r/z/o/m", "x"), at(1, "b/r/z/o/m")}},
		"ahead":         {stages: []Stage{{}, {Needs: needs(UntilExited, 0)}}, places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m", "x$2", "0>y")}, rules: Rules{Budget: 24}},
		"one at a time": {stages: []Stage{{}, {}}, rules: Rules{MaxInFlight: 1, Budget: 40}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc.rules.Tries = 3
			sc.rules.BackoffBase, sc.rules.BackoffCap = 1, 1
			faults := 1
			if name == "data" {
				faults = 2
			}
			ends := exhaust(t, sc, faults)
			require.Positive(t, ends[Succeeded])
			require.Positive(t, ends[Cancelled])
		})
	}
}

func exhaust(t *testing.T, sc scenario, faults int) map[RunState]int {
	m := New()
	pending := m.Step(time.Unix(0, 0), []Event{{Kind: Planned, Spec: sc.spec(), Assignments: sc.assignments()}})
	ends, seen := map[RunState]int{}, map[string]bool{}
	stack := []branch{{snapshot: encode(t, m), live: map[AttemptRef]bool{}, pending: pending, faults: faults}}
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		key := b.key()
		if seen[key] {
			continue
		}
		seen[key] = true
		m, err := Decode([]byte(b.snapshot))
		require.NoError(t, err)
		if st := m.Status(); st.Done() {
			ends[st.State]++
			for ref, live := range b.live {
				require.False(t, live, "%v is alive at the end: %s", ref, b.snapshot)
			}
			continue
		}
		next := b.successors(t, m)
		require.NotEmpty(t, next, "nothing can happen: %s", b.snapshot)
		stack = append(stack, next...)
	}
	require.Greater(t, len(seen), 100)
	return ends
}

func (b branch) key() string {
	var all []string
	for _, c := range b.pending {
		all = append(all, c.ID.String())
	}
	for ref, live := range b.live {
		if live {
			all = append(all, CommandID{ref.Stage, ref.Attempt, "live", 0}.String())
		}
	}
	slices.Sort(all)
	return b.snapshot + string(rune('0'+b.faults)) + strings.Join(all, ",")
}

// successors are the states one fact later.
func (b branch) successors(t *testing.T, m *Machine) []branch {
	var next []branch
	for i, c := range b.pending {
		for _, o := range b.outcomes(c) {
			if o.wrong && b.faults == 0 {
				continue
			}
			n := branch{live: map[AttemptRef]bool{}, faults: b.faults, pending: slices.Delete(slices.Clone(b.pending), i, i+1)}
			if o.wrong {
				n.faults--
			}
			maps.Copy(n.live, b.live)
			switch {
			case o.executed && c.ID.Verb == Allocate:
				n.live[c.ID.ref()] = true
			case o.executed && c.ID.Verb == Release:
				n.live[c.ID.ref()] = false
				n.pending = slices.DeleteFunc(n.pending, func(p Command) bool {
					return p.ID.ref() == c.ID.ref() && p.ID.Verb != Publish && p.ID.Verb != Bring
				})
			}
			if o.event.Kind != "" {
				o.event.ID = c.ID
				n.step(t, b.snapshot, o.event)
			} else {
				n.snapshot = b.snapshot
			}
			next = append(next, n)
		}
	}
	if len(m.Due(time.Unix(2, 0))) > 0 { // a backoff is over
		n := branch{live: b.live, faults: b.faults, pending: slices.Clone(b.pending)}
		n.step(t, b.snapshot, m.Due(time.Unix(2, 0))...)
		next = append(next, n)
	}
	if b.faults > 0 && m.Status().State == Running {
		n := branch{live: b.live, faults: 0, pending: slices.Clone(b.pending)}
		n.step(t, b.snapshot, Event{Kind: CancelAsked})
		next = append(next, n)
	}
	return next
}

func (b *branch) step(t *testing.T, from string, events ...Event) {
	m, err := Decode([]byte(from))
	require.NoError(t, err)
	for _, c := range m.Step(time.Unix(1, 0), events) {
		if c.ID.Verb == Allocate {
			for ref, live := range b.live {
				known := m.attempt(ref.Stage, ref.Attempt)
				require.False(t, live && ref.Stage == c.ID.Stage && ref.Attempt != c.ID.Attempt && (known.Allocated.IsZero() || !known.Releasing),
					"%v while nobody knows about %v", c.ID, ref)
			}
		}
		if c.ID.Verb != Stop {
			b.pending = append(b.pending, c)
		}
	}
	b.snapshot = encode(t, m)
}

type outcome struct {
	event    Event
	executed bool
	wrong    bool
}

func (b branch) outcomes(c Command) []outcome {
	passing := &Fault{Kind: fault.Transient}
	live := b.live[c.ID.ref()]
	switch c.ID.Verb {
	case Allocate:
		out := []outcome{
			{event: Event{Kind: Allocated}, executed: true},
			{event: Event{Kind: Unresolved}, executed: true, wrong: true},
			{event: Event{Kind: Unresolved}, wrong: true},
			{event: Event{Kind: Refused, Fault: passing}, wrong: true},
		}
		if !live {
			out = append(out, outcome{event: Event{Kind: Refused, Fault: &Fault{Kind: fault.Capacity, Scope: fault.ScopeZone}}, wrong: true})
		}
		return out
	case Resolve:
		if live {
			return []outcome{{event: Event{Kind: Allocated}}}
		}
		return []outcome{{event: Event{Kind: Absent}}}
	case Run:
		if !live {
			return []outcome{{event: Event{Kind: Lost, Fault: passing}}}
		}
		return []outcome{
			{event: Event{Kind: Exited}},
			{event: Event{Kind: Exited, Exit: 1}, wrong: true},
			{event: Event{Kind: Lost}, wrong: true},
			{event: Event{Kind: Failed, Fault: passing}, wrong: true},
		}
	case Replan:
		return []outcome{{event: replanAway(c)}}
	case Release:
		return []outcome{
			{event: Event{Kind: Released, Cost: 1}, executed: true},
			{event: Event{Kind: Failed, Fault: passing}, executed: true, wrong: true},
			{event: Event{Kind: Failed, Fault: passing}, wrong: true},
		}
	}
	done := map[Verb]EventKind{Seal: Sealed, Publish: Published, Bring: Moved}[c.ID.Verb]
	return []outcome{{event: Event{Kind: done}}, {event: Event{Kind: Failed, Fault: passing}, wrong: true}}
}

// replanAway puts everything that is not pinned on a cloud that was not used yet.
func replanAway(c Command) Event {
	e := Event{Kind: Replanned}
	for i := range 2 {
		if !slices.ContainsFunc(c.Replan.Pinned, func(p Assignment) bool { return p.Stage == i }) {
			e.Assignments = append(e.Assignments, at(i, string(rune('k'+c.ID.N))+"/r/z/o/m"))
		}
	}
	return e
}
