package engine

// stage is one stage's state; i must exist.
func (m *Machine) stage(i int) *stage { return &m.s.Stages[i] }

// end closes an attempt: nothing more is done for it but giving back what it holds.
func (m *Machine) end(ref AttemptRef, state StageState) {
	a := m.attempt(ref.Stage, ref.Attempt)
	if a.over() {
		return
	}
	moving := a.State == StageMoving
	a.State, a.Ended = state, m.now()
	if moving {
		m.leave(a)
	}
	m.timers.cancel(provisionTimer(ref))
	m.timers.cancel(timeoutTimer(ref))
	m.timers.cancel(graceTimer(ref))
	m.stalls.cancel(stallTimer(ref))
	m.drop(&a.Work)
	if s := m.stage(ref.Stage); s.Ready && state != StageDone {
		s.Ready = false
		m.unmet(ref.Stage)
	}
	m.letGo(ref, a)
}

// finished: the stage is done for good.
func (m *Machine) finished(i int) {
	s := m.stage(i)
	s.State = StageDone
	m.s.Done++
	m.met(i, UntilCommitted)
	m.met(i, UntilExited)
	m.early = append(m.early, m.made[i+1]...)
	for _, e := range m.s.Spec.Stages[i].Needs {
		if e.Until != UntilReady {
			continue
		}
		server := m.stage(e.Stage)
		if server.Users--; server.Users == 0 {
			m.retire(e.Stage)
		}
	}
}

// met tells the stages that wait for that of stage i.
func (m *Machine) met(i int, until Until) {
	for _, u := range m.users[i] {
		if u.Until != until || until == UntilReady && len(m.s.Stages[u.Stage].Attempts) > 0 {
			continue
		}
		m.work++
		user := m.stage(u.Stage)
		if user.Waits--; user.Waits == 0 {
			m.ready = append(m.ready, u.Stage)
		}
	}
}

// unmet takes a service's readiness back from those that have not begun.
func (m *Machine) unmet(i int) {
	for _, u := range m.users[i] {
		if u.Until == UntilReady && len(m.s.Stages[u.Stage].Attempts) == 0 {
			m.work++
			m.s.Stages[u.Stage].Waits++
		}
	}
}

// retire ends a service that nobody needs any more. One with outputs is brought to its end in order.
func (m *Machine) retire(i int) {
	s := m.stage(i)
	if s.Retired || s.State == StageDone || m.s.State != Running {
		return
	}
	s.Retired = true
	a := s.last()
	if a == nil {
		return
	}
	ref := AttemptRef{Stage: i, Attempt: len(s.Attempts)}
	switch {
	case a.over():
		m.retired(i)
	case a.State == StageRunning && a.ready():
		if a.Work.Phase == sent && a.Halt == "" {
			m.halt(ref, a, haltRetire)
		}
	case !m.s.Spec.Stages[i].Seals:
		m.end(ref, StageStopped)
		m.retired(i)
	}
}

// retired finishes a service between attempts that nobody needs any more, unless its outputs are still wanted.
func (m *Machine) retired(i int) bool {
	s := m.stage(i)
	if !s.Retired || m.s.Spec.Stages[i].Seals || m.s.State != Running {
		return false
	}
	s.Await, s.NeedsPlan = 0, false
	m.timers.cancel(restartTimer(AttemptRef{Stage: i, Attempt: len(s.Attempts)}))
	m.finished(i)
	return true
}
