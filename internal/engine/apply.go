package engine

import "slices"

// apply takes one fact in. What does not fit (an answer nobody waits for, a kind that cannot answer that verb) changes
// nothing.
func (m *Machine) apply(e Event) {
	if m.s.State == Planning {
		m.first(e)
		return
	}
	if verbs := answers(e.Kind); verbs != nil {
		if slices.Contains(verbs, e.ID.Verb) {
			m.outcome(e)
		}
		return
	}
	switch e.Kind {
	case TimerFired:
		m.fired(e.Timer)
	case CancelAsked:
		if m.s.Done < len(m.s.Stages) { // else there is nothing left to cancel
			m.stop(Cancelled, Reason{Kind: ReasonCancel, Stage: -1, Text: e.Reason})
		}
	case Overspent:
		if m.s.Done < len(m.s.Stages) {
			m.stop(RunFailed, Reason{Kind: ReasonBudget, Stage: -1, Text: e.Reason})
		}
	case Resumed:
		m.resumed(e)
	}
}

// first is what a run without a plan understands.
func (m *Machine) first(e Event) {
	switch e.Kind {
	case Planned:
		m.planned(e)
	case CancelAsked:
		m.s.State, m.s.Reason = Cancelled, Reason{Kind: ReasonCancel, Stage: -1, Text: e.Reason}
	case Resumed:
		m.s.Epoch = max(m.s.Epoch, e.Epoch)
	}
}

// answers are the verbs an event can be about; nil for one that is not about a command.
func answers(k EventKind) []Verb {
	switch k {
	case Allocated, Unresolved:
		return []Verb{Allocate, Resolve}
	case Absent:
		return []Verb{Allocate, Resolve}
	case Started, ServiceReady, Exited, Lost:
		return []Verb{Run}
	case Sealed:
		return []Verb{Seal}
	case Published:
		return []Verb{Publish}
	case Moved:
		return []Verb{Bring}
	case Released:
		return []Verb{Release}
	case Refused, Failed:
		return []Verb{Allocate, Resolve, Run, Seal, Publish, Bring, Release}
	case Replanned, Unplannable:
		return []Verb{Replan}
	}
	return nil
}

func (m *Machine) outcome(e Event) {
	switch e.Kind {
	case Allocated:
		m.allocated(e)
	case Refused, Failed:
		m.failure(e)
	case Unresolved:
		m.unresolved(e)
	case Absent:
		m.absent(e)
	case Started:
		m.started(e)
	case ServiceReady:
		m.serviceReady(e)
	case Exited:
		m.exited(e)
	case Lost:
		m.lost(e)
	case Sealed:
		m.sealed(e)
	case Published:
		m.published(e)
	case Moved:
		m.moved(e)
	case Released:
		m.released(e)
	case Replanned:
		m.replanned(e)
	case Unplannable:
		m.unplannable(e)
	}
}

// failure is about any verb: a refusal and a failure differ only in how sure one is, which the fault says as well.
func (m *Machine) failure(e Event) {
	switch e.ID.Verb {
	case Run:
		m.runFailed(e)
	case Seal:
		m.sealFailed(e)
	case Publish:
		m.publishFailed(e)
	case Bring:
		m.moveFailed(e)
	case Release:
		m.releaseFailed(e)
	default:
		m.refused(e)
	}
}

// fired does what a timer was set for. One that is not set any more does nothing, so that firing twice is harmless.
func (m *Machine) fired(t *Timer) {
	if t == nil {
		return
	}
	ref := AttemptRef{Stage: t.Stage, Attempt: t.Attempt}
	if t.Kind == TimerStall {
		m.stalls.cancel(*t)
		if a := m.attempt(t.Stage, t.Attempt); a != nil && !a.over() {
			a.Stalled = m.now()
		}
		return
	}
	if !m.timers.cancel(*t) {
		return
	}
	switch t.Kind {
	case TimerProvision:
		m.pendingTooLong(ref)
	case TimerTimeout:
		m.tooLong(ref)
	case TimerGrace:
		m.unstopped(ref)
	case TimerQuiet:
		m.sendPlan()
	case TimerRetry:
		m.retry(t)
	}
}

func (m *Machine) retry(t *Timer) {
	if t.ID == (CommandID{}) {
		m.ready = append(m.ready, t.Stage)
		return
	}
	if c := m.find(t.ID); c != nil && c.ID == t.ID && c.Phase == resting {
		m.issue(c, t.ID)
	}
}

// resumed: another process goes on with the run. It has seen no sign of life yet, and what is outstanding will be
// carried out once more.
func (m *Machine) resumed(e Event) {
	m.s.Epoch = max(m.s.Epoch, e.Epoch)
	for i := range m.s.Stages {
		s := &m.s.Stages[i]
		m.watch(AttemptRef{Stage: i, Attempt: len(s.Attempts)}, m.now())
		if a := s.last(); a != nil && a.Work.Phase == sent && a.Work.ID.Verb == Allocate {
			a.Reissued, a.Tried = true, m.now()
		}
	}
}
