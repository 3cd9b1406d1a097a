package engine

import (
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// wake lets a stage that waits for its next attempt begin it, if nothing stands in the way any more.
func (m *Machine) wake(i int) {
	s := &m.s.Stages[i]
	a := s.last()
	if m.s.State != Running || s.State == StageDone || s.Waits > 0 || s.Await != 0 || a != nil && !a.over() {
		return
	}
	if !s.NeedsPlan {
		_, s.NeedsPlan = m.blocked(s.At)
	}
	// A plan that is being made counts on stages it may place to wait for it.
	if s.NeedsPlan || !s.pinned() && m.s.Replan.Call.Phase == sent {
		m.want(i)
		return
	}
	m.begin(i)
}

// begin starts the next attempt of a stage: first what must be at the place, then the machines.
func (m *Machine) begin(i int) {
	s := &m.s.Stages[i]
	a := &attempt{State: StageMoving, At: s.At, facts: facts{Begun: m.now()}}
	a.Reserved = max(s.At.Cost, 0)
	m.s.Reserved = add(m.s.Reserved, a.Reserved)
	s.Attempts = append(s.Attempts, a)
	s.State = StageMoving
	ref := AttemptRef{Stage: i, Attempt: len(s.Attempts)}
	for n := range s.At.Moves {
		m.need(ref, a, n)
	}
	m.arrived(ref, a)
}

// need has an attempt wait for one of its moves, and carries it if nobody does.
func (m *Machine) need(ref AttemptRef, a *attempt, n int) {
	id := a.At.Moves[n].ID
	i, known := m.moves[id]
	if !known {
		i = len(m.s.Moves)
		m.moves[id] = i
		m.s.Moves = append(m.s.Moves, &move{ID: id})
	}
	mv := m.s.Moves[i]
	if mv.Done {
		return
	}
	a.MovesLeft++
	mv.Waiters = append(mv.Waiters, ref)
	if mv.Call.Phase == idle {
		mv.Call = call{}
		m.issue(&mv.Call, CommandID{Stage: ref.Stage, Attempt: ref.Attempt, Verb: Bring, N: n})
	}
}

// arrived asks for machines once every move is done.
func (m *Machine) arrived(ref AttemptRef, a *attempt) {
	if a.MovesLeft > 0 {
		return
	}
	m.enter(ref, a, StageAllocating)
	m.order(&a.Work, ref, Allocate)
}

// enter notes a step of the newest attempt and of its stage.
func (m *Machine) enter(ref AttemptRef, a *attempt, state StageState) {
	a.State = state
	m.s.Stages[ref.Stage].State = state
}

// moved: the artifact is there. Its cost was part of what its attempt reserved.
func (m *Machine) moved(e Event) {
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	owner := m.attempt(e.ID.Stage, e.ID.Attempt)
	mv := m.moveOf(owner, e.ID.N)
	mv.Done, mv.At, mv.Cost, mv.Data = true, m.now(), max(e.Cost, 0), e.Data
	m.s.Spent = add(m.s.Spent, e.Cost)
	m.unreserve(owner, mv.Cost)
	for _, ref := range mv.waiting(m) {
		a := m.attempt(ref.Stage, ref.Attempt)
		a.MovesLeft--
		m.arrived(ref, a)
	}
	mv.Waiters = nil
}

// waiting are the attempts that still wait for the move.
func (mv *move) waiting(m *Machine) []AttemptRef {
	var live []AttemptRef
	for _, ref := range mv.Waiters {
		if a := m.attempt(ref.Stage, ref.Attempt); a != nil && a.State == StageMoving && !a.over() {
			live = append(live, ref)
		}
	}
	return live
}

// moveFailed tries again; when that is of no use, those who wait for the move need another place.
func (m *Machine) moveFailed(e Event) {
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	owner := m.attempt(e.ID.Stage, e.ID.Attempt)
	owner.note(e.Fault)
	mv := m.moveOf(owner, e.ID.N)
	mv.Waiters = mv.waiting(m)
	if m.s.State != Running || len(mv.Waiters) == 0 {
		return
	}
	switch e.Fault.kind() {
	case fault.Invalid, fault.NotFound:
		m.stop(RunFailed, m.reason(ReasonMove, e.ID, e.Fault))
		return
	case fault.Auth:
	default:
		if m.again(c, e.Fault) {
			return
		}
	}
	m.block(owner.At, e.Fault.reach(fault.ScopeZone), e.Fault)
	for _, ref := range mv.Waiters {
		m.elsewhere(ref, e.Fault)
	}
	mv.Waiters = nil
}

// elsewhere gives an attempt up and asks for another place for its stage.
func (m *Machine) elsewhere(ref AttemptRef, f *Fault) {
	s := &m.s.Stages[ref.Stage]
	m.end(ref, StageRefused)
	if m.retired(ref.Stage) {
		return
	}
	s.State, s.NeedsPlan = StageRetrying, true
	m.because(f)
	m.ready = append(m.ready, ref.Stage)
}

// retryLater begins the stage's next attempt after a backoff.
func (m *Machine) retryLater(ref AttemptRef, n int, f *Fault) {
	m.s.Stages[ref.Stage].State = StageRetrying
	id := CommandID{Stage: ref.Stage, Attempt: ref.Attempt + 1, Verb: Allocate}
	m.timers.set(restartTimer(ref), m.now().Add(m.backoff(id, n, f)))
}

func restartTimer(ref AttemptRef) Timer {
	return Timer{Kind: TimerRetry, Stage: ref.Stage, Attempt: ref.Attempt + 1}
}

func provisionTimer(ref AttemptRef) Timer {
	return Timer{Kind: TimerProvision, Stage: ref.Stage, Attempt: ref.Attempt}
}

func timeoutTimer(ref AttemptRef) Timer {
	return Timer{Kind: TimerTimeout, Stage: ref.Stage, Attempt: ref.Attempt}
}

func graceTimer(ref AttemptRef) Timer {
	return Timer{Kind: TimerGrace, Stage: ref.Stage, Attempt: ref.Attempt}
}

func stallTimer(ref AttemptRef) Timer {
	return Timer{Kind: TimerStall, Stage: ref.Stage, Attempt: ref.Attempt}
}

// watch starts, or moves, the volatile stall deadline of a running attempt.
func (m *Machine) watch(ref AttemptRef, at time.Time) {
	a := m.attempt(ref.Stage, ref.Attempt)
	if a == nil || a.State != StageRunning || a.over() {
		return
	}
	if stall := m.s.Spec.Stages[ref.Stage].Stall; stall > 0 {
		m.stalls.set(stallTimer(ref), at.Add(stall))
	}
}
