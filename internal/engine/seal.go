package engine

import "github.com/openintercloud/broker/provider/fault"

// sealed: the outputs are whole and durable. The first attempt to get here is the stage's commit; the allocation is
// not needed any more.
func (m *Machine) sealed(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	ref, a, s := e.ID.ref(), m.attempt(e.ID.Stage, e.ID.Attempt), m.stage(e.ID.Stage)
	a.Sealed, a.Outputs = m.now(), e.Data
	if s.Commit != 0 {
		m.end(ref, StageStopped)
		return
	}
	s.Commit = ref.Attempt
	m.enter(ref, a, StagePublishing)
	m.order(&a.Pub, ref, Publish)
	m.letGo(ref, a)
}

func (m *Machine) sealFailed(e Event) {
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	switch e.Fault.kind() {
	case fault.Auth, fault.Invalid, fault.NotFound: // asking again cannot help: an output is missing, say
	default:
		if m.again(c, e.Fault) {
			return
		}
	}
	m.failed(e.ID.ref(), m.reason(ReasonSeal, e.ID, e.Fault))
}

// published: others can see the outputs, so the stage is done.
func (m *Machine) published(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	ref, a := e.ID.ref(), m.attempt(e.ID.Stage, e.ID.Attempt)
	a.Published, a.Manifest = m.now(), e.Data
	if m.s.State != Running {
		a.State, m.stage(ref.Stage).State = StageDone, StageDone
		return
	}
	m.end(ref, StageDone)
	m.finished(ref.Stage)
}

func (m *Machine) publishFailed(e Event) {
	c := m.answered(e.ID)
	if c == nil || m.s.State != Running {
		return
	}
	m.attempt(e.ID.Stage, e.ID.Attempt).note(e.Fault)
	switch e.Fault.kind() {
	case fault.Conflict, fault.Auth, fault.Invalid:
	default:
		if m.again(c, e.Fault) {
			return
		}
	}
	m.stop(RunFailed, m.reason(ReasonPublish, e.ID, e.Fault))
}
