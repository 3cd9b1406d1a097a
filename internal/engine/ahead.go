package engine

import "github.com/openintercloud/broker/provider/fault"

// moveRef is move n of the current assignment of a stage.
type moveRef struct{ stage, n int }

// indexMoves lists the moves of all assignments by their maker: those of stage i at 1+i, those of nobody at 0.
func (m *Machine) indexMoves() {
	m.made = make([][]moveRef, len(m.s.Stages)+1)
	for i := range m.s.Stages {
		for n, order := range m.stage(i).At.Moves {
			m.made[order.Maker] = append(m.made[order.Maker], moveRef{i, n})
		}
	}
}

// isMade says whether what a move copies is there.
func (m *Machine) isMade(maker int) bool { return maker == 0 || m.stage(maker-1).State == StageDone }

// bringAhead starts a move that an attempt to come will need. The attempt then waits for it, or finds it done.
func (m *Machine) bringAhead(ref moveRef) {
	m.work++
	s := m.stage(ref.stage)
	if !m.expected(ref.stage) || !m.isMade(s.At.Moves[ref.n].Maker) {
		return
	}
	mv := m.moveOf(s.At.Moves[ref.n])
	if mv.Done || mv.Call.Phase != idle {
		return
	}
	mv.Ahead = true
	id := CommandID{Stage: ref.stage, Attempt: len(s.Attempts) + 1, Verb: Bring, N: s.Next.Base + ref.n}
	s.Next.Used = max(s.Next.Used, id.N+1)
	m.carry(mv, s.At, ref.n, id)
}

// awaited says that a stage is between attempts, or before its first.
func (s *stage) awaited() bool {
	a := s.last()
	return s.State != StageDone && (a == nil || a.over())
}

// expected says that the next attempt of a stage will be where its assignment says, as far as one knows.
func (m *Machine) expected(i int) bool {
	s := m.stage(i)
	if m.s.State != Running || !s.awaited() || s.NeedsPlan || !s.pinned() && m.s.Replan.Call.Phase == sent {
		return false
	}
	_, blocked := m.blocked(s.At)
	return !blocked
}

// reassign gives a stage another place. What was brought ahead for the old one keeps its ids.
func (s *stage) reassign(at *Assignment) {
	s.At, s.Next.Base = at, s.Next.Used
}

// rethink follows a new plan: what was brought ahead and is in nobody's way any more ends, what is needed now begins.
func (m *Machine) rethink() {
	wanted := make(map[string]bool)
	for i := range m.s.Stages {
		if s := m.stage(i); s.awaited() {
			for _, order := range s.At.Moves {
				wanted[order.ID] = true
			}
		}
	}
	for _, mv := range m.s.Moves {
		if mv.Ahead && !wanted[mv.Order.ID] {
			m.stopMove(mv)
		}
	}
	m.indexMoves()
	m.early = nil
	for maker, refs := range m.made {
		if m.isMade(maker) {
			m.early = append(m.early, refs...)
		}
	}
}

// aheadFailed tries again, and else leaves the move to the attempt that will need it.
func (m *Machine) aheadFailed(mv *move, f *Fault) {
	switch f.kind() {
	case fault.Invalid, fault.NotFound, fault.Auth:
	default:
		if m.again(&mv.Call, f) {
			m.unreserveMove(mv) // until it goes out again
			return
		}
	}
	m.quit(mv)
}

// affordAhead reserves the money for a move brought ahead. When there is not enough it waits for its attempt.
func (m *Machine) affordAhead(mv *move) bool {
	if budget := m.s.Spec.Rules.Budget; budget > 0 && add(add(m.s.Spent, m.s.Reserved), mv.Order.Cost) > budget {
		m.quit(mv)
		return false
	}
	m.reserve(mv, mv.Order.Cost)
	return true
}
