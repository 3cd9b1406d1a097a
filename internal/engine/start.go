package engine

import (
	"errors"
	"fmt"
)

// planned starts the run, unless what it was given makes no sense.
func (m *Machine) planned(e Event) {
	if err := m.accept(e); err != nil {
		m.s.State = RunFailed
		m.s.Reason = Reason{Kind: ReasonInvalid, Stage: -1, Text: err.Error()}
		return
	}
	m.s.Spec, m.s.State = e.Spec, Running
	m.s.Epoch = max(m.s.Epoch, e.Epoch)
	m.s.Stages = make([]stage, len(e.Spec.Stages))
	for _, at := range e.Assignments {
		m.s.Stages[at.Stage] = stage{State: StageWaiting, At: &at}
	}
	m.attach()
	m.early = append(m.early, m.made[0]...)
	for i, st := range e.Spec.Stages {
		m.s.Stages[i].Waits = len(st.Needs)
		for _, need := range st.Needs {
			if need.Until == UntilReady {
				m.s.Stages[need.Stage].Users++
			}
		}
		if len(st.Needs) == 0 {
			m.ready = append(m.ready, i)
		}
	}
}

// accept checks all that the machine relies on later.
func (m *Machine) accept(e Event) error {
	if e.Spec == nil {
		return errors.New("the plan has no spec")
	}
	if e.Spec.Rules.Version > RulesVersion {
		return fmt.Errorf("rules of version %d, this library knows %d", e.Spec.Rules.Version, RulesVersion)
	}
	n := len(e.Spec.Stages)
	placed := make([]bool, n)
	for _, at := range e.Assignments {
		if err := at.check(n); err != nil {
			return err
		}
		if placed[at.Stage] {
			return fmt.Errorf("stage %d is assigned twice", at.Stage)
		}
		placed[at.Stage] = true
	}
	for i, st := range e.Spec.Stages {
		if !placed[i] {
			return fmt.Errorf("stage %d (%s) is not assigned", i, st.Name)
		}
		if err := e.Spec.checkNeeds(st); err != nil {
			return fmt.Errorf("stage %d (%s): %w", i, st.Name, err)
		}
	}
	return e.Spec.checkOrder()
}

func (a Assignment) check(stages int) error {
	switch {
	case a.Stage < 0 || a.Stage >= stages:
		return fmt.Errorf("an assignment names stage %d of %d", a.Stage, stages)
	case a.Cloud == "":
		return fmt.Errorf("stage %d is assigned to no cloud", a.Stage)
	case a.Tasks < 1:
		return fmt.Errorf("stage %d is assigned %d tasks, not at least 1", a.Stage, a.Tasks)
	}
	for n, mv := range a.Moves {
		switch {
		case mv.ID == "":
			return fmt.Errorf("move %d of stage %d has no id", n, a.Stage)
		case mv.Maker < 0, mv.Maker > stages, mv.Maker == a.Stage+1:
			return fmt.Errorf("move %d of stage %d is of what stage %d makes", n, a.Stage, mv.Maker-1)
		}
	}
	return nil
}

func (s *Spec) checkNeeds(st Stage) error {
	for _, e := range st.Needs {
		switch {
		case e.Stage < 0 || e.Stage >= len(s.Stages):
			return fmt.Errorf("needs stage %d of %d", e.Stage, len(s.Stages))
		case e.Until != UntilCommitted && e.Until != UntilExited && e.Until != UntilReady:
			return fmt.Errorf("waits until %q, not committed, exited or ready", e.Until)
		case e.Until == UntilReady && !s.Stages[e.Stage].Serves:
			return fmt.Errorf("waits until stage %d is ready, which is no service", e.Stage)
		}
	}
	return nil
}

// checkOrder finds stages that would wait for each other for ever. Each stage begins and ends: it begins after the end
// (or, for a service, the beginning) of what it needs, and a service ends after its users do.
func (s *Spec) checkOrder() error {
	n := len(s.Stages) // node i is the beginning of stage i, n+i its end
	after := make([][]int, 2*n)
	left := make([]int, 2*n)
	follows := func(first, second int) {
		after[first] = append(after[first], second)
		left[second]++
	}
	for i, st := range s.Stages {
		follows(i, n+i)
		for _, e := range st.Needs {
			if e.Until == UntilReady {
				follows(e.Stage, i)
				follows(n+i, n+e.Stage)
			} else {
				follows(n+e.Stage, i)
			}
		}
	}
	var free []int
	for node, count := range left {
		if count == 0 {
			free = append(free, node)
		}
	}
	for k := 0; k < len(free); k++ {
		for _, node := range after[free[k]] {
			if left[node]--; left[node] == 0 {
				free = append(free, node)
			}
		}
	}
	for node, count := range left {
		if count > 0 {
			return fmt.Errorf("stage %d (%s) waits for itself by way of others", node%n, s.Stages[node%n].Name)
		}
	}
	return nil
}
