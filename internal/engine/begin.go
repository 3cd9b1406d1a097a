package engine

import "time"

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
	a.Reserved, a.Counts.Stop = max(s.At.Cost, 0), s.Next.Stops
	m.s.Reserved = add(m.s.Reserved, a.Reserved)
	s.Attempts = append(s.Attempts, a)
	s.State = StageMoving
	ref := AttemptRef{Stage: i, Attempt: len(s.Attempts)}
	base := s.Next.Base
	s.Next = next{}
	for n := range s.At.Moves {
		m.need(ref, a, n, base)
	}
	m.arrived(ref, a)
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
