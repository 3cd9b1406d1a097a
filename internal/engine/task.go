package engine

import "github.com/openintercloud/broker/provider/fault"

// run starts task n on the attempt's allocation.
func (m *Machine) run(ref AttemptRef, a *attempt, n int) {
	m.enter(ref, a, StageRunning)
	a.Tasks = append(a.Tasks, TaskView{Asked: m.now()})
	a.Work = call{}
	m.issue(&a.Work, CommandID{Stage: ref.Stage, Attempt: ref.Attempt, Verb: Run, N: n})
	m.watch(ref, m.now())
}

// running is the attempt and the task an event of a Run in flight is about; nil when it is late.
func (m *Machine) running(id CommandID) (*attempt, *TaskView) {
	c := m.find(id)
	if c == nil || c.Phase != sent || c.ID != id || id.Verb != Run {
		return nil, nil
	}
	a := m.attempt(id.Stage, id.Attempt)
	return a, &a.Tasks[id.N]
}

func (m *Machine) started(e Event) {
	if _, t := m.running(e.ID); t != nil && t.Started.IsZero() {
		t.Started = m.now()
	}
}

// serviceReady: those who wait for the service may begin.
func (m *Machine) serviceReady(e Event) {
	a, t := m.running(e.ID)
	if a == nil || !t.Ready.IsZero() || !m.s.Spec.Stages[e.ID.Stage].Serves {
		return
	}
	s := m.stage(e.ID.Stage)
	t.Ready, t.Endpoint = m.now(), e.Data
	if s.Retired {
		m.halt(e.ID.ref(), a, haltRetire)
		return
	}
	s.Ready = true
	m.met(e.ID.Stage, UntilReady)
}

// exited: a task came to its end; what that means depends on why it did.
func (m *Machine) exited(e Event) {
	a, t := m.running(e.ID)
	if a == nil {
		return
	}
	m.answered(e.ID)
	t.Ended, t.Exit, t.Result = m.now(), e.Exit, e.Data
	ref := e.ID.ref()
	switch {
	case a.Halt == haltTimeout:
		m.failed(ref, m.reason(ReasonTimeout, e.ID, e.Fault))
	case e.Fault.kind() == fault.Preempted:
		m.lose(ref, a, e)
	case a.Halt == haltRetire:
		m.obeyed(ref, a)
		m.proceed(e.ID, a)
	case e.Exit != 0, m.deserted(e.ID, a):
		r := m.reason(ReasonTask, e.ID, e.Fault)
		r.Exit = e.Exit
		m.failed(ref, r)
	default:
		m.proceed(e.ID, a)
	}
}

// deserted says that a service has ended although others still need it.
func (m *Machine) deserted(id CommandID, a *attempt) bool {
	s := m.stage(id.Stage)
	serves := m.s.Spec.Stages[id.Stage].Serves && s.Users > 0 && !s.Retired
	return serves && (a.ready() || id.N == a.At.Tasks-1)
}

// proceed follows a task that ended well: the next task, the sealing, or the end.
func (m *Machine) proceed(id CommandID, a *attempt) {
	ref := id.ref()
	if id.N+1 < a.At.Tasks {
		m.run(ref, a, id.N+1)
		return
	}
	m.timers.cancel(timeoutTimer(ref))
	m.stalls.cancel(stallTimer(ref))
	if m.s.Spec.Stages[ref.Stage].Seals {
		m.enter(ref, a, StageSealing)
		a.Work = call{}
		m.order(&a.Work, ref, Seal)
		return
	}
	m.stage(ref.Stage).Commit = ref.Attempt
	m.end(ref, StageDone)
	m.finished(ref.Stage)
}

// lost: the machines are gone, or so it seems.
func (m *Machine) lost(e Event) {
	a, t := m.running(e.ID)
	if a == nil {
		return
	}
	m.answered(e.ID)
	t.Ended, t.Result = m.now(), e.Data
	if a.Halt == haltTimeout {
		m.failed(e.ID.ref(), m.reason(ReasonTimeout, e.ID, e.Fault))
		return
	}
	m.lose(e.ID.ref(), a, e)
}

// lose gives up an attempt whose machines are said to be gone. The next one waits until that is proven.
func (m *Machine) lose(ref AttemptRef, a *attempt, e Event) {
	a.note(e.Fault)
	s := m.stage(ref.Stage)
	s.Losses++
	m.end(ref, StageLost)
	if s.Losses > m.rules.Tries {
		m.stop(RunFailed, m.reason(ReasonLost, e.ID, e.Fault))
		return
	}
	if e.Fault != nil && e.Fault.Scope != fault.ScopeNone {
		m.block(a.At, e.Fault.Scope, e.Fault)
		m.because(e.Fault)
		s.NeedsPlan = true
	}
	m.awaitRelease(ref, a)
}

// runFailed: a task could not be started or watched.
func (m *Machine) runFailed(e Event) {
	a, t := m.running(e.ID)
	if a == nil {
		return
	}
	c := m.answered(e.ID)
	ref := e.ID.ref()
	switch k := e.Fault.kind(); {
	case a.Halt == haltTimeout:
		t.Ended = m.now()
		m.failed(ref, m.reason(ReasonTimeout, e.ID, e.Fault))
	case a.Halt == haltRetire:
		t.Ended = m.now()
		m.obeyed(ref, a)
		m.proceed(e.ID, a)
	case k == fault.Invalid:
		m.stop(RunFailed, m.reason(ReasonInvalid, e.ID, e.Fault))
	case k == fault.Throttled, k == fault.Transient, k == fault.Unknown:
		if !m.again(c, e.Fault) {
			m.lose(ref, a, e)
		}
	case k == fault.Preempted, k == fault.NotFound: // of the machines, that is
		m.lose(ref, a, e)
	default:
		a.note(e.Fault)
		m.block(a.At, e.Fault.reach(fault.ScopeOffering), e.Fault)
		m.elsewhere(ref, e.Fault)
	}
}

// failed gives up an attempt whose work went wrong, and tries it again at the same place while the stage may.
func (m *Machine) failed(ref AttemptRef, why Reason) {
	s := m.stage(ref.Stage)
	m.attempt(ref.Stage, ref.Attempt).note(why.Fault)
	s.Failures++
	m.end(ref, StageFailed)
	if m.retired(ref.Stage) {
		return
	}
	if s.Failures > m.s.Spec.Stages[ref.Stage].Retries {
		m.stop(RunFailed, why)
		return
	}
	m.retryLater(ref, s.Failures-1, why.Fault)
}

// obeyed: the task of a service that was asked to stop has done so. Others may follow it.
func (m *Machine) obeyed(ref AttemptRef, a *attempt) {
	a.Halt = ""
	m.timers.cancel(graceTimer(ref))
}

// tooLong stops an attempt that ran out of time.
func (m *Machine) tooLong(ref AttemptRef) {
	a := m.attempt(ref.Stage, ref.Attempt)
	if a == nil || a.over() || a.State != StageRunning {
		return
	}
	if a.Work.Phase == sent {
		m.halt(ref, a, haltTimeout)
		return
	}
	m.failed(ref, m.reason(ReasonTimeout, a.Work.ID, nil)) // between two tries to start it
}

// unstopped gives an attempt up whose task did not stop when asked to: the release of its machines will end it.
func (m *Machine) unstopped(ref AttemptRef) {
	if a := m.attempt(ref.Stage, ref.Attempt); a != nil && !a.over() && a.Halt != "" {
		m.failed(ref, m.reason(ReasonTimeout, a.Work.ID, nil))
	}
}

// halt asks for the end of the task that runs.
func (m *Machine) halt(ref AttemptRef, a *attempt, why halt) {
	a.Halt = why
	m.timers.set(graceTimer(ref), m.now().Add(m.rules.Grace))
	m.askStop(&a.Stop, a.Work.ID)
}

// askStop asks for the end of a command in flight.
func (m *Machine) askStop(stop *asked, target CommandID) {
	m.s.Seq++
	id := m.number(target.ref(), Stop)
	*stop = asked{N: id.N, Seq: m.s.Seq}
	m.out = append(m.out, m.stopCommand(id, target))
}
