package engine

import (
	"cmp"
	"math"
)

// lane admits commands of one verb to one cloud: at most Rules.MaxInFlight at once, the others wait in stage order.
type lane struct {
	Cloud    string      `json:"cloud"`
	Verb     Verb        `json:"verb"`
	InFlight int         `json:"in_flight,omitempty"`
	Queue    []CommandID `json:"queue,omitempty"` // a heap; commands that were dropped since are skipped
	dirty    bool
}

type laneKey struct {
	cloud string
	verb  Verb
}

func (m *Machine) lane(id CommandID) *lane {
	key := laneKey{verb: id.Verb}
	if mv := m.carried(id); mv != nil {
		key.cloud = mv.For.Cloud
	} else {
		key.cloud = m.attempt(id.Stage, id.Attempt).At.Cloud
	}
	if i, known := m.lanes[key]; known {
		return m.s.Lanes[i]
	}
	m.lanes[key] = len(m.s.Lanes)
	l := &lane{Cloud: key.cloud, Verb: key.verb}
	m.s.Lanes = append(m.s.Lanes, l)
	return l
}

func (m *Machine) queue(l *lane) pile[CommandID] {
	return pile[CommandID]{heap: &l.Queue, less: CommandID.before, work: &m.work}
}

func (id CommandID) before(o CommandID) bool {
	return cmp.Or(cmp.Compare(id.Stage, o.Stage), cmp.Compare(id.Attempt, o.Attempt), cmp.Compare(id.N, o.N)) < 0
}

// touch has the lane looked at before the step ends.
func (m *Machine) touch(l *lane) {
	if !l.dirty {
		l.dirty = true
		m.dirty = append(m.dirty, l)
	}
}

// issue begins a command's life: at once for a Run, which is long and therefore not counted, else through its lane.
func (m *Machine) issue(c *call, id CommandID) {
	c.ID = id
	if id.Verb == Run {
		m.send(c)
		return
	}
	c.Phase = queued
	l := m.lane(id)
	m.queue(l).push(id)
	m.touch(l)
}

// order begins the next command of a verb in an attempt.
func (m *Machine) order(c *call, ref AttemptRef, v Verb) {
	m.issue(c, m.number(ref, v))
}

func (m *Machine) number(ref AttemptRef, v Verb) CommandID {
	n := &m.stage(ref.Stage).Next.Stops // only the Stop of a move can come before its attempt
	if a := m.attempt(ref.Stage, ref.Attempt); a != nil {
		n = a.Counts.of(v)
	}
	*n++
	return CommandID{Stage: ref.Stage, Attempt: ref.Attempt, Verb: v, N: *n - 1}
}

// pump sends what a lane has room for.
func (m *Machine) pump(l *lane) {
	l.dirty = false
	for len(l.Queue) > 0 && l.InFlight < m.rules.MaxInFlight {
		id := m.queue(l).remove(0)
		c := m.find(id)
		if c == nil || c.ID != id || c.Phase != queued || !m.afford(c) {
			continue
		}
		l.InFlight++
		m.send(c)
	}
}

// send puts the command out. What it may bring about is remembered first.
func (m *Machine) send(c *call) {
	m.s.Seq++
	c.Phase, c.Seq = sent, m.s.Seq
	switch c.ID.Verb {
	case Allocate:
		m.hold(c.ID)
	case Bring:
		m.s.Open++
		m.s.Carrying += m.carried(c.ID).load()
	case Publish:
		m.s.Open++
	}
	m.out = append(m.out, m.command(c.ID))
}

// settle takes a command that was sent out of its lane.
func (m *Machine) settle(c *call) {
	c.Phase = idle
	switch c.ID.Verb {
	case Run, Replan:
		return
	case Bring:
		m.s.Open--
		m.s.Carrying -= m.carried(c.ID).load()
	case Publish:
		m.s.Open--
	}
	l := m.lane(c.ID)
	l.InFlight--
	m.touch(l)
}

// answered is the call that waits for this outcome, settled; nil when none does, so that a duplicate changes nothing.
func (m *Machine) answered(id CommandID) *call {
	c := m.find(id)
	if c == nil || c.Phase != sent || c.ID != id {
		return nil
	}
	m.settle(c)
	return c
}

// drop forgets a command, wherever it is; an outcome that still comes is ignored.
func (m *Machine) drop(c *call) {
	switch c.Phase {
	case sent:
		m.settle(c)
	case resting:
		m.timers.cancel(retryTimer(c.ID))
	}
	c.Phase = idle
}

// again has a command that failed issued once more after a while, unless it was tried too often.
func (m *Machine) again(c *call, f *Fault) bool {
	c.Tries++
	if c.Tries >= m.rules.Tries {
		return false
	}
	m.rest(c, c.Tries-1, f)
	return true
}

// rest issues a command again after its backoff.
func (m *Machine) rest(c *call, n int, f *Fault) {
	wait := m.backoff(c.ID, n, f)
	if c.ID.Verb != Run && c.ID.Verb != Bring {
		c.ID = m.number(c.ID.ref(), c.ID.Verb)
	}
	c.Phase = resting
	m.timers.set(retryTimer(c.ID), m.now().Add(wait))
}

func retryTimer(id CommandID) Timer {
	return Timer{Kind: TimerRetry, Stage: id.Stage, Attempt: id.Attempt, ID: id}
}

func (id CommandID) ref() AttemptRef { return AttemptRef{Stage: id.Stage, Attempt: id.Attempt} }

// load is 1 for a move that money is reserved for.
func (mv *move) load() int {
	if mv.Reserved > 0 {
		return 1
	}
	return 0
}

// afford says whether a command that costs money may go out. What is reserved counts as spent. When only releases or
// moves under way stand in between, the command waits for them; else the run stops.
func (m *Machine) afford(c *call) bool {
	if mv := m.carried(c.ID); mv != nil && mv.Ahead {
		return m.affordAhead(mv)
	}
	budget := m.s.Spec.Rules.Budget
	if budget <= 0 || c.ID.Verb != Allocate && c.ID.Verb != Bring || add(m.s.Spent, m.s.Reserved) <= budget {
		return true
	}
	if m.s.Releasing > m.s.Stuck || m.s.Carrying > 0 {
		c.Phase = parked
		m.s.Parked = append(m.s.Parked, c.ID)
		return false
	}
	m.stop(RunFailed, m.reason(ReasonBudget, c.ID, nil))
	return false
}

// unpark lets those that wait for money try again.
func (m *Machine) unpark() {
	ids := m.s.Parked
	m.s.Parked = nil
	for _, id := range ids {
		if c := m.find(id); c != nil && c.ID == id && c.Phase == parked {
			m.issue(c, id)
		}
	}
}

// add is a sum of amounts that stops at the largest instead of turning negative; a negative amount counts as 0.
func add(a, b int64) int64 {
	b = max(b, 0)
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
