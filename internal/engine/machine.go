package engine

import (
	"cmp"
	"slices"
	"time"
)

// Machine is the state of one run. Make one with New, Decode or Replay. It is for one goroutine at a time.
type Machine struct {
	s state // all that lasts

	// Derived from the state.
	rules  Rules // with defaults
	users  [][]Edge
	moves  map[string]int
	brings map[CommandID]int // the move each Bring was last issued for
	made   [][]moveRef       // moves of the assignments, by maker
	lanes  map[laneKey]int
	blocks map[Block]blockEntry
	timers timers

	// Volatile: empty between steps, or not to be remembered.
	out      []Command
	ready    []int     // stages to wake
	early    []moveRef // moves to bring ahead, if nobody does yet
	dirty    []*lane
	stalls   timers
	stalling []deadline
	ticks    uint64
	work     int // steps of heaps and indexes, for tests
}

// New returns a machine that waits for Planned.
func New() *Machine {
	m := &Machine{s: state{State: Planning}}
	m.attach()
	return m
}

// attach derives what the state alone does not hold.
func (m *Machine) attach() {
	m.moves, m.brings, m.lanes = make(map[string]int), make(map[CommandID]int), make(map[laneKey]int)
	m.timers = newTimers(&m.s.Timers, &m.s.Ticks, &m.work)
	m.stalls = newTimers(&m.stalling, &m.ticks, &m.work)
	m.indexBlocks()
	for i, mv := range m.s.Moves {
		m.moves[mv.Order.ID] = i
		if mv.Call.ID.Verb == Bring {
			m.brings[mv.Call.ID] = i
		}
	}
	for i, l := range m.s.Lanes {
		m.lanes[laneKey{l.Cloud, l.Verb}] = i
	}
	if m.s.Spec == nil {
		return
	}
	m.rules = m.s.Spec.Rules.withDefaults()
	m.indexMoves()
	m.users = make([][]Edge, len(m.s.Spec.Stages))
	for i, st := range m.s.Spec.Stages {
		for _, e := range st.Needs {
			m.users[e.Stage] = append(m.users[e.Stage], Edge{Stage: i, Until: e.Until})
		}
	}
}

// Step takes facts in and returns the commands to carry out, in order. The facts and the ids of the commands belong in
// the journal before any of them goes out. A now before an earlier one counts as that one. The events are kept, not
// copied: they are not to be changed afterwards.
func (m *Machine) Step(now time.Time, events []Event) []Command {
	if now = now.Round(0).UTC(); now.After(m.s.Now) {
		m.s.Now = now
	}
	m.out = nil
	for _, e := range events {
		m.apply(e)
	}
	m.drain()
	return m.out
}

// drain follows up on what the facts made possible, stage by stage.
func (m *Machine) drain() {
	for len(m.ready) > 0 || len(m.early) > 0 || len(m.dirty) > 0 {
		ready := m.ready
		m.ready = nil
		slices.Sort(ready)
		for _, i := range ready {
			m.wake(i)
		}
		early := m.early
		m.early = nil
		for _, ref := range early {
			m.bringAhead(ref)
		}
		dirty := m.dirty
		m.dirty = nil
		for _, l := range dirty {
			m.pump(l)
		}
	}
	m.askPlan()
	m.finish()
}

// Due returns the timers that are due, earliest first, as facts to journal and Step like any other, so that a replay
// never works out a timer again. Until they are stepped, Due returns them again.
func (m *Machine) Due(now time.Time) []Event {
	due := m.stalls.due(now, m.timers.due(now, nil))
	slices.SortFunc(due, func(a, b deadline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Timer.Kind, b.Timer.Kind), cmp.Compare(a.Seq, b.Seq))
	})
	var events []Event
	for _, d := range due {
		timer := d.Timer
		events = append(events, Event{Kind: TimerFired, Timer: &timer})
	}
	return events
}

// Next is when Due will have something; false: never, as things stand.
func (m *Machine) Next() (time.Time, bool) {
	at, some := m.timers.next()
	if stall, any := m.stalls.next(); any && (!some || stall.Before(at)) {
		return stall, true
	}
	return at, some
}

// Observe is a sign of life of a running attempt. It only moves the moment at which the attempt counts as stalled; it
// is not journaled and not part of Encode.
func (m *Machine) Observe(stage, attempt int, at time.Time) {
	m.watch(AttemptRef{Stage: stage, Attempt: attempt}, at)
}

// Outstanding are the commands without an outcome, in the order in which they went out, to be issued again after a
// Replay. A Stop is among them while what it ends is.
func (m *Machine) Outstanding() []Command {
	type entry struct {
		seq     uint64
		command Command
	}
	var all []entry
	collect := func(c *call, stop asked) {
		if c.Phase != sent {
			return
		}
		all = append(all, entry{c.Seq, m.command(c.ID)})
		if stop.Seq > c.Seq {
			id := CommandID{Stage: c.ID.Stage, Attempt: c.ID.Attempt, Verb: Stop, N: stop.N}
			all = append(all, entry{stop.Seq, m.stopCommand(id, c.ID)})
		}
	}
	collect(&m.s.Replan.Call, asked{})
	for _, mv := range m.s.Moves {
		collect(&mv.Call, mv.Stop)
	}
	for i := range m.s.Stages {
		for _, a := range m.s.Stages[i].Attempts {
			collect(&a.Rel, asked{})
			collect(&a.Work, a.Stop)
			collect(&a.Pub, a.Stop)
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	var out []Command
	for _, e := range all {
		out = append(out, e.command)
	}
	return out
}

// command is all that is needed to carry an id out.
func (m *Machine) command(id CommandID) Command {
	switch id.Verb {
	case Replan:
		return Command{ID: id, Replan: m.request()}
	case Bring:
		mv := m.carried(id)
		return Command{ID: id, Assignment: mv.For, Move: mv.Order}
	}
	a := m.attempt(id.Stage, id.Attempt)
	c := Command{ID: id, Assignment: a.At}
	switch id.Verb {
	case Publish:
		c.Data = a.Outputs
	case Run, Seal, Release:
		c.Data = a.Allocation
	}
	return c
}

// stopCommand asks for the end of a command in flight.
func (m *Machine) stopCommand(id, target CommandID) Command {
	if mv := m.carried(target); mv != nil {
		return Command{ID: id, Target: target, Assignment: mv.For, Move: mv.Order}
	}
	a := m.attempt(target.Stage, target.Attempt)
	return Command{ID: id, Target: target, Assignment: a.At, Data: a.Allocation}
}

// Status is the run at a glance.
func (m *Machine) Status() Status {
	return Status{
		State: m.s.State, Reason: m.s.Reason, Spent: m.s.Spent, Reserved: m.s.Reserved,
		Epoch: m.s.Epoch, Alive: slices.Clone(m.s.Alive),
	}
}

// Len is the number of stages; 0 before Planned.
func (m *Machine) Len() int { return len(m.s.Stages) }

// Stage is stage i of Len, for reports. It is a copy; its raw messages are shared and not to be changed.
func (m *Machine) Stage(i int) StageView {
	s := &m.s.Stages[i]
	v := StageView{Name: m.s.Spec.Stages[i].Name, State: s.State, Assignment: *s.At, Commit: s.Commit}
	for n, a := range s.Attempts {
		v.Attempts = append(v.Attempts, AttemptView{
			Attempt: n + 1, State: a.State, Assignment: *a.At,
			Begun: a.Begun, Asked: a.Asked, Tried: a.Tried, Allocated: a.Allocated, Stalled: a.Stalled, Sealed: a.Sealed,
			Published: a.Published, Released: a.Released, Ended: a.Ended, Cost: a.Cost,
			Tasks: slices.Clone(a.Tasks), Faults: slices.Clone(a.Faults),
			Allocation: a.Allocation, Outputs: a.Outputs, Manifest: a.Manifest, Bill: a.Bill,
		})
	}
	return v
}

// Move is the move of that ID; false when nothing ever needed it.
func (m *Machine) Move(id string) (MoveView, bool) {
	i, known := m.moves[id]
	if !known {
		return MoveView{}, false
	}
	return m.s.Moves[i].view(), true
}

// MoveOf is the move that a Bring was issued for; false when another Bring took it over since, or none did.
func (m *Machine) MoveOf(id CommandID) (MoveView, bool) {
	mv := m.carried(id)
	if mv == nil {
		return MoveView{}, false
	}
	return mv.view(), true
}

// Moves are all moves of the run so far, in the order in which they were first asked for, for reports.
func (m *Machine) Moves() []MoveView {
	var out []MoveView
	for _, mv := range m.s.Moves {
		out = append(out, mv.view())
	}
	return out
}

func (mv *move) view() MoveView {
	return MoveView{
		ID: mv.Order.ID, Order: mv.Order.Data, Owner: mv.Call.ID, Done: mv.Done, At: mv.At, Cost: mv.Cost, Data: mv.Data,
	}
}
