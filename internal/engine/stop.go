package engine

// reason says why the run stops, by the command that showed it.
func (m *Machine) reason(kind ReasonKind, id CommandID, f *Fault) Reason {
	r := Reason{Kind: kind, Stage: id.Stage, Name: m.s.Spec.Stages[id.Stage].Name, Attempt: id.Attempt, Fault: f}
	if a := m.attempt(id.Stage, id.Attempt); a != nil {
		r.Cloud = a.At.Cloud
	} else if mv := m.carried(id); mv != nil && mv.For != nil {
		r.Cloud = mv.For.Cloud
	}
	return r
}

// blames says that the stage itself went wrong, rather than being stopped on the way.
func (r Reason) blames(i int) bool {
	switch r.Kind {
	case ReasonCancel, ReasonBudget, ReasonAlive:
		return false
	}
	return r.Stage == i
}

// stop gives up everything that is not finished. It is the one place that looks at all stages, once in a run.
func (m *Machine) stop(ending RunState, why Reason) {
	if m.s.State != Running {
		return
	}
	m.s.State, m.s.Ending, m.s.Reason = Stopping, ending, why
	for i := range m.s.Stages {
		state := StageStopped
		if why.blames(i) {
			state = StageFailed
		}
		m.stopStage(i, state)
	}
	for _, mv := range m.s.Moves {
		m.stopMove(mv)
	}
	m.timers.keep(func(t Timer) bool { return t.Kind == TimerRetry && t.ID.Verb == Release })
	m.s.Parked = nil
	m.s.Replan = replan{Count: m.s.Replan.Count}
}

func (m *Machine) stopStage(i int, state StageState) {
	s := &m.s.Stages[i]
	if s.State == StageDone {
		return
	}
	s.State, s.Await, s.NeedsPlan, s.Wanting = state, 0, false, false
	a := s.last()
	if a == nil || a.over() {
		return
	}
	ref := AttemptRef{Stage: i, Attempt: len(s.Attempts)}
	running := a.Work.Phase == sent && a.Work.ID.Verb == Run
	if running && a.Halt == "" {
		m.askStop(&a.Stop, a.Work.ID)
	}
	if a.Pub.Phase == sent { // it says for itself how it ends
		m.askStop(&a.Stop, a.Pub.ID)
	} else {
		m.drop(&a.Pub)
	}
	m.end(ref, state)
}

// stopMove ends a move that is under way and forgets one that is not.
func (m *Machine) stopMove(mv *move) {
	mv.Waiters, mv.Ahead = nil, false
	if mv.Call.Phase != sent {
		m.quit(mv)
		return
	}
	if mv.Stop.Seq < mv.Call.Seq {
		m.askStop(&mv.Stop, mv.Call.ID)
	}
}

// finish ends the run once there is nothing left to wait for.
func (m *Machine) finish() {
	done := m.s.State == Running && m.s.Done == len(m.s.Stages)
	if done && m.s.Open > 0 {
		for _, mv := range m.s.Moves { // on their way to places that were given up
			if mv.Call.Phase == sent {
				m.stopMove(mv)
			}
		}
	}
	if !done && m.s.State != Stopping || m.s.Open > 0 || m.s.Held > m.s.Stuck {
		return
	}
	if m.s.Held > 0 && !m.s.LastRound {
		m.lastRound()
		return
	}
	ending := m.s.Ending
	if done {
		ending = Succeeded
	}
	if m.s.Held > 0 {
		ending = RunFailed
		m.giveUp()
	}
	m.settled(ending)
}

// settled: nothing goes on any more.
func (m *Machine) settled(ending RunState) {
	m.s.State = ending
	for _, mv := range m.s.Moves { // that waited for another try
		m.quit(mv)
	}
	m.s.Parked = nil
	m.s.Replan = replan{Count: m.s.Replan.Count}
	m.timers.keep(func(Timer) bool { return false })
}

// lastRound gives releases that were tried too often while the run went on their full number of tries once more.
func (m *Machine) lastRound() {
	m.s.LastRound, m.s.Stuck = true, 0
	for i := range m.s.Stages {
		for _, a := range m.s.Stages[i].Attempts {
			if a.Stuck {
				a.Stuck, a.Rel.Tries = false, 0
			}
		}
	}
}

// giveUp lists what could not be released.
func (m *Machine) giveUp() {
	for i := range m.s.Stages {
		for n, a := range m.s.Stages[i].Attempts {
			if a.Held {
				m.s.Alive = append(m.s.Alive, AttemptRef{Stage: i, Attempt: n + 1})
				m.drop(&a.Rel)
			}
		}
	}
	if k := m.s.Reason.Kind; k == "" || k == ReasonCancel {
		first := m.s.Alive[0]
		id := CommandID{Stage: first.Stage, Attempt: first.Attempt}
		var f *Fault
		if seen := m.attempt(first.Stage, first.Attempt).Faults; len(seen) > 0 {
			f = &seen[len(seen)-1]
		}
		text := m.s.Reason.Text
		m.s.Reason = m.reason(ReasonAlive, id, f)
		m.s.Reason.Text = text
	}
}
