package engine

import "github.com/openintercloud/broker/provider/fault"

// hold notes that an attempt may hold an allocation from now on, and how long it may stay pending.
func (m *Machine) hold(id CommandID) {
	a := m.attempt(id.Stage, id.Attempt)
	if !a.Held {
		a.Held = true
		m.s.Held++
	}
	a.Tried = m.now()
	if a.Asked.IsZero() {
		a.Asked = m.now()
		m.timers.set(provisionTimer(id.ref()), m.now().Add(m.rules.Provision))
	}
}

// free notes that an attempt holds nothing, for sure.
func (m *Machine) free(a *attempt) {
	if a.Held {
		a.Held = false
		m.s.Held--
	}
	m.unreserve(a, a.Reserved)
}

// unreserve gives back up to amount of what an attempt reserved.
func (m *Machine) unreserve(a *attempt, amount int64) {
	amount = min(amount, a.Reserved)
	a.Reserved -= amount
	m.s.Reserved -= amount
}

// allocated: the machines are there, or came too late.
func (m *Machine) allocated(e Event) {
	a := m.attempt(e.ID.Stage, e.ID.Attempt)
	if a == nil || e.ID.N < 0 || e.ID.N >= *a.Counts.of(e.ID.Verb) { // never asked for
		return
	}
	ref := e.ID.ref()
	if m.answered(e.ID) == nil {
		m.late(ref, a, e)
		return
	}
	m.timers.cancel(provisionTimer(ref))
	a.Allocated, a.Allocation = m.now(), e.Data
	if t := m.s.Spec.Stages[ref.Stage].Timeout; t > 0 {
		m.timers.set(timeoutTimer(ref), m.now().Add(t))
	}
	m.run(ref, a, 0)
}

// late: an attempt that was given up got machines after all. Unless they are being released, they are now.
func (m *Machine) late(ref AttemptRef, a *attempt, e Event) {
	if !a.over() || !a.Allocated.IsZero() {
		return
	}
	a.Allocated, a.Allocation = m.now(), e.Data
	if !a.Held {
		a.Held = true
		m.s.Held++
		m.release(ref, a)
	}
}

// refused: a definite no to an Allocate, or to what became of one.
func (m *Machine) refused(e Event) {
	ref, a := e.ID.ref(), m.attempt(e.ID.Stage, e.ID.Attempt)
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	a.note(e.Fault)
	switch k := e.Fault.kind(); {
	case k == fault.Unknown, e.ID.Verb == Resolve && !definite(k):
		m.doubt(ref, a)
	case k == fault.Throttled, k == fault.Transient:
		m.askAgain(ref, a, e.Fault)
	case k == fault.Invalid:
		m.free(a)
		m.stop(RunFailed, m.reason(ReasonInvalid, e.ID, e.Fault))
	case k == fault.Conflict: // something else may stand under our key: only a release proves that nothing does
		m.retreat(ref, a, e.Fault.reach(fault.ScopeOffering))
	case k == fault.Auth && a.Reissued: // says nothing of the first time
		m.retreat(ref, a, fault.ScopeCloud)
	default:
		m.free(a)
		m.block(a.At, e.Fault.reach(fault.ScopeOffering), e.Fault)
		m.elsewhere(ref, e.Fault)
	}
}

// definite says whether a refusal of that kind tells what became of an earlier call, rather than of the question.
func definite(k fault.Kind) bool {
	switch k {
	case fault.Auth, fault.Conflict, fault.Throttled, fault.Transient, fault.Unknown:
		return false
	}
	return true
}

// askAgain sends the same request to the same place after a while, under the same attempt and therefore the same key.
func (m *Machine) askAgain(ref AttemptRef, a *attempt, f *Fault) {
	a.Tries++
	if a.Tries < m.rules.Tries {
		a.Work.ID.Verb = Allocate
		m.rest(&a.Work, a.Tries-1, f)
		return
	}
	if a.Reissued { // none of the refusals tells what became of the one without an outcome
		m.retreat(ref, a, f.reach(fault.ScopeZone))
		return
	}
	m.free(a)
	m.block(a.At, f.reach(fault.ScopeZone), f)
	m.elsewhere(ref, f)
}

// doubt: nobody knows whether machines were allocated. The stage must not move before that is known.
func (m *Machine) doubt(ref AttemptRef, a *attempt) {
	if a.Work.ID.Verb == Resolve {
		a.Work.Tries++
		m.rest(&a.Work, a.Work.Tries-1, nil)
		return
	}
	a.Work = call{}
	m.order(&a.Work, ref, Resolve)
}

// unresolved: see doubt.
func (m *Machine) unresolved(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	a := m.attempt(e.ID.Stage, e.ID.Attempt)
	a.note(e.Fault)
	m.doubt(e.ID.ref(), a)
}

// absent: nothing came of the Allocate, for sure.
func (m *Machine) absent(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	a := m.attempt(e.ID.Stage, e.ID.Attempt)
	a.Reissued = false
	m.askAgain(e.ID.ref(), a, e.Fault)
}

// pendingTooLong gives up waiting for machines. Only their release proves that they will not appear.
func (m *Machine) pendingTooLong(ref AttemptRef) {
	a := m.attempt(ref.Stage, ref.Attempt)
	if a == nil || a.over() || a.State != StageAllocating {
		return
	}
	a.note(&Fault{Kind: fault.Capacity, Scope: fault.ScopeZone, Message: "pending too long"})
	m.retreat(ref, a, fault.ScopeZone)
}

// retreat gives an attempt up; its place is blocked and left once the allocation is released.
func (m *Machine) retreat(ref AttemptRef, a *attempt, scope fault.Scope) {
	a.Block = scope
	m.end(ref, StageRefused)
	m.awaitRelease(ref, a)
}

// awaitRelease lets the next attempt begin only when this one is proven gone.
func (m *Machine) awaitRelease(ref AttemptRef, a *attempt) {
	if m.retired(ref.Stage) {
		return
	}
	s := &m.s.Stages[ref.Stage]
	s.State, s.Await = StageRetrying, ref.Attempt
	s.NeedsPlan = s.NeedsPlan || a.Block != fault.ScopeNone
	if !a.Held {
		m.gone(ref, a)
	}
}

// gone: the attempt its stage waited for holds nothing any more.
func (m *Machine) gone(ref AttemptRef, a *attempt) {
	s := &m.s.Stages[ref.Stage]
	if s.Await != ref.Attempt {
		return
	}
	s.Await = 0
	var f *Fault
	if len(a.Faults) > 0 {
		f = &a.Faults[len(a.Faults)-1]
	}
	if a.Block != fault.ScopeNone {
		m.block(a.At, a.Block, f)
		m.because(f)
	}
	if s.NeedsPlan {
		m.ready = append(m.ready, ref.Stage)
		return
	}
	m.retryLater(ref, max(s.Losses-1, 0), f)
}
