package engine

import "github.com/openintercloud/broker/provider/fault"

// letGo gives back what an attempt holds, or its reservation when it holds nothing.
func (m *Machine) letGo(ref AttemptRef, a *attempt) {
	if a.Held {
		m.release(ref, a)
		return
	}
	m.unreserve(a, a.Reserved)
}

func (m *Machine) release(ref AttemptRef, a *attempt) {
	if a.Releasing {
		return
	}
	a.Releasing = true
	m.s.Releasing++
	a.Rel = call{}
	m.order(&a.Rel, ref, Release)
}

// released: the attempt holds nothing and nothing is billed any more.
func (m *Machine) released(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	m.proven(e.ID.ref(), e)
}

func (m *Machine) proven(ref AttemptRef, e Event) {
	a := m.attempt(ref.Stage, ref.Attempt)
	a.Released, a.Bill = m.now(), e.Data
	a.Cost = add(a.Cost, e.Cost)
	m.s.Spent = add(m.s.Spent, e.Cost)
	a.Releasing = false
	m.s.Releasing--
	if a.Stuck {
		a.Stuck = false
		m.s.Stuck--
	}
	m.free(a)
	m.unpark()
	if !a.Allocated.IsZero() {
		m.lift(a.At)
	}
	m.gone(ref, a)
}

// releaseFailed keeps trying as long as the run goes on, since what is alive costs money. A run with nothing else left
// to do ends without it, after one more round of tries; a stage that cannot go on without it ends the run.
func (m *Machine) releaseFailed(e Event) {
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	ref, a := e.ID.ref(), m.attempt(e.ID.Stage, e.ID.Attempt)
	a.note(e.Fault)
	hopeless := false
	switch e.Fault.kind() {
	case fault.NotFound:
		m.proven(ref, e)
		return
	case fault.Auth, fault.Invalid, fault.Unsupported:
		hopeless = true
	}
	c.Tries++
	m.rest(c, c.Tries-1, e.Fault)
	if a.Stuck || !hopeless && c.Tries < m.rules.Tries {
		return
	}
	a.Stuck = true
	m.s.Stuck++
	m.unpark()
	if m.stage(ref.Stage).Await == ref.Attempt {
		m.stop(RunFailed, m.reason(ReasonAlive, e.ID, e.Fault))
	}
}
