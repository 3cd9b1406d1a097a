package engine

import (
	"slices"

	"github.com/openintercloud/broker/provider/fault"
)

// moveOf is the one move with the ID of an order.
func (m *Machine) moveOf(order Move) *move {
	i, known := m.moves[order.ID]
	if !known {
		i = len(m.s.Moves)
		m.moves[order.ID] = i
		m.s.Moves = append(m.s.Moves, &move{Order: order})
	}
	return m.s.Moves[i]
}

// carried is the move that a Bring was last issued for; nil for any other command.
func (m *Machine) carried(id CommandID) *move {
	i, known := m.brings[id]
	if !known {
		return nil
	}
	return m.s.Moves[i]
}

// carry has a move made on behalf of an assignment.
func (m *Machine) carry(mv *move, at *Assignment, n int, id CommandID) {
	delete(m.brings, mv.Call.ID)
	mv.Order, mv.For, mv.Call, mv.Stop = at.Moves[n], at, call{}, asked{}
	m.brings[id] = m.moves[mv.Order.ID]
	m.issue(&mv.Call, id)
}

// need has an attempt wait for one of its moves, and carries it if nobody does.
func (m *Machine) need(ref AttemptRef, a *attempt, n, base int) {
	order := a.At.Moves[n]
	mv := m.moveOf(order)
	if mv.Done {
		return
	}
	a.MovesLeft++
	mv.Waiters = append(mv.Waiters, ref)
	mv.Ahead = false
	if mv.Reserved == 0 && mv.Call.Phase != sent {
		m.reserve(mv, order.Cost)
	}
	if mv.Call.Phase == idle {
		m.carry(mv, a.At, n, CommandID{Stage: ref.Stage, Attempt: ref.Attempt, Verb: Bring, N: base + n})
	}
}

// moved: the artifact is there. Its cost was reserved, by itself or as part of what its attempt did.
func (m *Machine) moved(e Event) {
	if m.answered(e.ID) == nil {
		return
	}
	mv, ref := m.carried(e.ID), e.ID.ref()
	waiting := mv.waiting(m)
	mv.Done, mv.At, mv.Cost, mv.Data = true, m.now(), max(e.Cost, 0), e.Data
	m.s.Spent = add(m.s.Spent, e.Cost)
	if mv.Reserved == 0 && slices.Contains(waiting, ref) {
		m.unreserve(m.attempt(ref.Stage, ref.Attempt), mv.Cost)
	}
	m.quit(mv)
	for _, ref := range waiting {
		a := m.attempt(ref.Stage, ref.Attempt)
		a.MovesLeft--
		m.arrived(ref, a)
	}
}

// waiting are the attempts that still wait for the move.
func (mv *move) waiting(m *Machine) []AttemptRef {
	var live []AttemptRef
	for _, ref := range mv.Waiters {
		if a := m.attempt(ref.Stage, ref.Attempt); a != nil && a.State == StageMoving && !a.over() {
			live = append(live, ref)
		}
	}
	return live
}

// moveFailed tries again; when that is of no use, those who wait for the move need another place. One that was brought
// ahead is left to the attempt that will need it.
func (m *Machine) moveFailed(e Event) {
	c := m.answered(e.ID)
	if c == nil {
		return
	}
	mv := m.carried(e.ID)
	mv.Waiters = mv.waiting(m)
	m.noteMove(mv, e)
	switch {
	case m.s.State != Running, !mv.Ahead && len(mv.Waiters) == 0:
		m.quit(mv)
	case mv.Stop.Seq > c.Seq: // ended because nobody needed it; now somebody does
		m.rest(c, c.Tries, e.Fault)
	case mv.Ahead:
		m.aheadFailed(mv, e.Fault)
	default:
		m.neededFailed(mv, e.Fault)
	}
}

// noteMove remembers a failure with the attempt that brings it, or else with the first that waits for it.
func (m *Machine) noteMove(mv *move, e Event) {
	a := m.attempt(e.ID.Stage, e.ID.Attempt)
	if a == nil && len(mv.Waiters) > 0 {
		a = m.attempt(mv.Waiters[0].Stage, mv.Waiters[0].Attempt)
	}
	if a != nil {
		a.note(e.Fault)
	}
}

func (m *Machine) neededFailed(mv *move, f *Fault) {
	switch f.kind() {
	case fault.Invalid, fault.NotFound:
		first := mv.Waiters[0]
		m.stop(RunFailed, m.reason(ReasonMove, CommandID{Stage: first.Stage, Attempt: first.Attempt, Verb: Bring}, f))
		return
	case fault.Auth:
	default:
		if m.again(&mv.Call, f) {
			return
		}
	}
	m.block(mv.For, f.reach(fault.ScopeZone), f)
	for _, ref := range mv.Waiters {
		m.elsewhere(ref, f)
	}
	m.quit(mv)
}

// leave forgets what has not gone out of the moves of an attempt that was given up, unless others wait for it, too.
func (m *Machine) leave(a *attempt) {
	for _, order := range a.At.Moves {
		mv := m.moveOf(order)
		if mv.Call.Phase != idle && mv.Call.Phase != sent && len(mv.waiting(m)) == 0 {
			m.quit(mv)
		}
	}
}

// quit is the end of a move's command, however it came.
func (m *Machine) quit(mv *move) {
	m.drop(&mv.Call)
	m.unreserveMove(mv)
	mv.Waiters, mv.Ahead, mv.For = nil, false, nil
}

// reserve sets money aside for a move that says what it is expected to cost.
func (m *Machine) reserve(mv *move, cost int64) {
	mv.Reserved = max(cost, 0)
	m.s.Reserved = add(m.s.Reserved, mv.Reserved)
}

func (m *Machine) unreserveMove(mv *move) {
	if mv.Reserved == 0 {
		return
	}
	m.s.Reserved -= mv.Reserved
	mv.Reserved = 0
	if m.s.State == Running {
		m.unpark()
	}
}
