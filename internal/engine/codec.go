package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// SnapshotFormat is the format Encode writes, and the newest Decode reads.
const SnapshotFormat = 1

type snapshot struct {
	Format int    `json:"format"`
	State  *state `json:"state"`
}

// Encode is the machine as versioned bytes: the same facts give the same bytes. It fails when a fact held data that
// is not JSON.
func (m *Machine) Encode() ([]byte, error) {
	b, err := json.Marshal(snapshot{Format: SnapshotFormat, State: &m.s})
	if err != nil {
		return nil, fmt.Errorf("encode the state of a run of %d stages: %w", m.Len(), err)
	}
	return b, nil
}

// Decode reads back what Encode wrote. What is damaged or of a newer format is refused with a *FormatError. Stall
// deadlines are not part of it; Resumed starts them.
func Decode(b []byte) (*Machine, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, &FormatError{What: "snapshot", Err: err}
	}
	if head.Format < 1 || head.Format > SnapshotFormat {
		return nil, &FormatError{What: "snapshot", Found: head.Format, Known: SnapshotFormat}
	}
	var snap snapshot
	if err := strict(b, &snap); err != nil {
		return nil, &FormatError{What: "snapshot", Err: err}
	}
	if err := snap.State.check(); err != nil {
		return nil, &FormatError{What: "snapshot", Err: err}
	}
	m := &Machine{s: *snap.State}
	m.attach()
	return m, nil
}

// check makes sure that a machine with this state cannot stumble over it.
func (s *state) check() error {
	switch {
	case s == nil:
		return errors.New("no state")
	case s.Spec == nil && len(s.Stages) > 0, s.Spec == nil && s.State == Running:
		return errors.New("stages without a spec")
	case s.Spec == nil:
		return nil
	case s.Spec.Rules.Version > RulesVersion:
		return fmt.Errorf("rules of version %d, this library knows %d", s.Spec.Rules.Version, RulesVersion)
	case len(s.Spec.Stages) != len(s.Stages):
		return fmt.Errorf("%d stages where the spec has %d", len(s.Stages), len(s.Spec.Stages))
	}
	for i := range s.Stages {
		if err := s.checkStage(i); err != nil {
			return fmt.Errorf("stage %d: %w", i, err)
		}
	}
	return errors.Join(s.checkQueues(), s.checkMoves())
}

// checkQueues looks at what waits: for its turn, for the time, for a plan.
func (s *state) checkQueues() error {
	for _, l := range s.Lanes {
		if l == nil {
			return errors.New("an empty lane")
		}
	}
	for _, d := range s.Timers {
		if d.Timer.Kind != TimerQuiet && !s.hasStage(d.Timer.Stage) {
			return fmt.Errorf("a timer of stage %d of %d", d.Timer.Stage, len(s.Stages))
		}
	}
	for _, i := range slices.Concat(s.Replan.Wanting, s.Replan.Asked) {
		if !s.hasStage(i) {
			return fmt.Errorf("a plan for stage %d of %d", i, len(s.Stages))
		}
	}
	return nil
}

func (s *state) hasStage(i int) bool { return i >= 0 && i < len(s.Stages) }

func (s *state) checkMoves() error {
	seen := make(map[CommandID]bool, len(s.Moves))
	for _, mv := range s.Moves {
		if mv == nil {
			return errors.New("an empty move")
		}
		id := mv.Call.ID
		if seen[id] && id.Verb == Bring {
			return fmt.Errorf("move %q by %v, which makes another", mv.Order.ID, id)
		}
		seen[id] = true
		switch {
		case mv.Call.Phase == idle:
		case !s.hasStage(id.Stage) || id.Verb != Bring || id.Attempt < 1 || id.Attempt > len(s.Stages[id.Stage].Attempts)+1:
			return fmt.Errorf("move %q by nobody", mv.Order.ID)
		case mv.For == nil:
			return fmt.Errorf("move %q by %v, which has no assignment", mv.Order.ID, id)
		}
	}
	if c := s.Replan.Call; c.Phase != idle && c.ID.Verb != Replan {
		return fmt.Errorf("a plan asked for by %v", c.ID)
	}
	return nil
}

func (s *state) checkStage(i int) error {
	st := &s.Stages[i]
	if st.At == nil {
		return errors.New("no assignment")
	}
	if err := st.At.check(len(s.Stages)); err != nil {
		return err
	}
	if err := s.Spec.checkNeeds(s.Spec.Stages[i]); err != nil {
		return err
	}
	for k, a := range st.Attempts {
		if a == nil || a.At == nil {
			return errors.New("an attempt without an assignment")
		}
		if n := a.Work.ID.N; a.Work.ID.Verb == Run && (n < 0 || n >= len(a.Tasks)) {
			return fmt.Errorf("task %d of %d runs", n, len(a.Tasks))
		}
		ref := AttemptRef{Stage: i, Attempt: k + 1}
		ok := a.Work.belongs(ref, Allocate, Resolve, Run, Seal) && a.Rel.belongs(ref, Release) && a.Pub.belongs(ref, Publish)
		if !ok {
			return fmt.Errorf("attempt %d has commands of another", ref.Attempt)
		}
	}
	return nil
}

// belongs says whether a command that is under way is where it should be.
func (c call) belongs(ref AttemptRef, verbs ...Verb) bool {
	return c.Phase == idle || c.ID.ref() == ref && slices.Contains(verbs, c.ID.Verb)
}
