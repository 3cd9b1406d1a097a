package engine

import (
	"slices"
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// blockEntry is a block and its number, by which one knows whether a plan was made with it in mind.
type blockEntry struct {
	Block
	Seq  uint64     `json:"seq"`
	Kind fault.Kind `json:"kind,omitempty"` // of the fault it answers
}

// replan is the one request for a new plan: asked for, waiting for the quiet period, or sent.
type replan struct {
	Call    call   `json:"call,omitzero"`
	Count   int    `json:"count,omitempty"`   // requests so far
	Wanting []int  `json:"wanting,omitempty"` // stages that cannot begin without it
	Asked   []int  `json:"asked,omitempty"`   // stages that must be placed anew by the request in flight
	Basis   uint64 `json:"basis,omitempty"`   // blocks it was made with
	Reason  string `json:"reason,omitempty"`
	Cause   string `json:"cause,omitempty"` // the reason for the request after this one
	Quiet   bool   `json:"quiet,omitempty"` // the quiet period has begun
	Full    bool   `json:"full,omitempty"`  // no place is left until blocks run out: the quiet period lasts until then
}

// reach is how far a fault goes; def is for one that does not say.
func (f *Fault) reach(def fault.Scope) fault.Scope {
	switch {
	case f.kind() == fault.Auth:
		return fault.ScopeCloud
	case f == nil || f.Scope == fault.ScopeNone:
		return def
	}
	return f.Scope
}

// area is the part of the world around an assignment that a scope reaches, as the key of a block.
func area(at *Assignment, scope fault.Scope) Block {
	b := Block{Cloud: at.Cloud}
	switch scope {
	case fault.ScopeCloud:
	case fault.ScopeRegion:
		b.Region = at.Region
	case fault.ScopeZone:
		b.Region, b.Zone = at.Region, at.Zone
	case fault.ScopeMarket:
		b.Region, b.Market = at.Region, at.Market
	default:
		b.Region, b.Zone, b.Offering = at.Region, at.Zone, at.Offering
	}
	return b
}

// scopes are all that block knows how to draw.
func scopes() [5]fault.Scope {
	return [...]fault.Scope{fault.ScopeOffering, fault.ScopeMarket, fault.ScopeZone, fault.ScopeRegion, fault.ScopeCloud}
}

// block avoids the scope around a place for a time. Blocks that have run out are forgotten on the way.
func (m *Machine) block(at *Assignment, scope fault.Scope, f *Fault) {
	hold := m.rules.Block
	entry := blockEntry{Block: area(at, scope)}
	if f != nil {
		entry.Reason, entry.Kind = string(f.Kind)+": "+f.Message, f.Kind
		if f.RetryAfter > 0 {
			hold = f.RetryAfter
		}
	}
	entry.Until = m.now().Add(hold)
	m.s.Basis++
	entry.Seq = m.s.Basis
	m.s.Blocks = slices.DeleteFunc(m.s.Blocks, func(b blockEntry) bool {
		if same := b.key() == entry.key(); same && b.Until.After(entry.Until) {
			entry.Until = b.Until
			return true
		} else if same {
			return true
		}
		return !b.Until.After(m.now())
	})
	m.s.Blocks = append(m.s.Blocks, entry)
	m.indexBlocks()
}

func (m *Machine) indexBlocks() {
	m.blocks = make(map[Block]blockEntry, len(m.s.Blocks))
	for _, b := range m.s.Blocks {
		m.blocks[b.key()] = b
	}
}

func (b blockEntry) key() Block {
	k := b.Block
	k.Until, k.Reason = time.Time{}, ""
	return k
}

// blocked says whether an assignment lies within a block in force, and the number of the newest such.
func (m *Machine) blocked(at *Assignment) (seq uint64, blocked bool) {
	look := func(key Block) {
		m.work++
		if b, found := m.blocks[key]; found && b.Until.After(m.now()) {
			seq, blocked = max(seq, b.Seq), true
		}
	}
	for _, scope := range scopes() {
		look(area(at, scope))
	}
	look(Block{Cloud: at.Cloud, Region: at.Region, Offering: at.Offering}) // refused where zones do not matter
	return seq, blocked
}

// because keeps the first reason for the next plan.
func (m *Machine) because(f *Fault) {
	if f != nil && m.s.Replan.Cause == "" {
		m.s.Replan.Cause = string(f.Kind) + ": " + f.Message
	}
}

// want lists a stage among those that wait for a plan.
func (m *Machine) want(i int) {
	s := m.stage(i)
	s.State = StagePlanning
	if !s.Wanting {
		s.Wanting = true
		m.s.Replan.Wanting = append(m.s.Replan.Wanting, i)
		m.hurry() // there may be a place for this one
	}
}

// askPlan requests a new plan for those that wait, one request at a time, once no refusal came for the quiet period.
func (m *Machine) askPlan() {
	r := &m.s.Replan
	if m.s.State != Running || len(r.Wanting) == 0 || r.Call.Phase == sent || r.Quiet {
		return
	}
	if quiet := m.rules.Quiet; quiet > 0 {
		r.Quiet = true
		m.timers.set(Timer{Kind: TimerQuiet, Stage: -1}, m.now().Add(quiet))
		return
	}
	m.sendPlan()
}

func (m *Machine) sendPlan() {
	r := &m.s.Replan
	if m.s.State != Running || r.Call.Phase == sent {
		return
	}
	r.Quiet, r.Full, r.Basis, r.Asked = false, false, m.s.Basis, nil
	r.Reason, r.Cause = r.Cause, ""
	for i := range m.s.Stages {
		if m.s.Stages[i].NeedsPlan {
			r.Asked = append(r.Asked, i)
		}
	}
	r.Call.ID = CommandID{Stage: -1, Verb: Replan, N: r.Count}
	r.Count++
	m.send(&r.Call)
}

// request is what a new plan must respect, as of now.
func (m *Machine) request() *ReplanRequest {
	req := &ReplanRequest{Reason: m.s.Replan.Reason}
	for i := range m.s.Stages {
		if s := &m.s.Stages[i]; s.pinned() {
			req.Pinned = append(req.Pinned, *s.At)
		}
	}
	for _, b := range m.s.Blocks {
		if b.Until.After(m.now()) {
			req.Blocked = append(req.Blocked, b.Block)
		}
	}
	return req
}

// replanned puts every stage that is not pinned where the plan says, and lets those that waited begin.
func (m *Machine) replanned(e Event) {
	if m.answered(e.ID) == nil || m.s.State != Running {
		return
	}
	r := &m.s.Replan
	given := make(map[int]bool, len(e.Assignments))
	for _, at := range e.Assignments {
		if err := at.check(len(m.s.Stages)); err != nil {
			m.stop(RunFailed, Reason{Kind: ReasonInvalid, Stage: -1, Text: "the new plan: " + err.Error()})
			return
		}
		if s := m.stage(at.Stage); !s.pinned() {
			s.reassign(&at)
			given[at.Stage] = true
			_, blocked := m.blocked(&at)
			s.NeedsPlan = blocked && s.NeedsPlan // those that did not ask are looked at when they begin
		}
	}
	for _, i := range r.Asked {
		// A place blocked meanwhile is answered by the next plan; one that was blocked before would be asked for in vain.
		if seq, blocked := m.blocked(m.stage(i).At); m.stage(i).State != StageDone && (!given[i] || blocked && seq <= r.Basis) {
			m.stop(RunFailed, Reason{
				Kind: ReasonUnplannable, Stage: i, Name: m.s.Spec.Stages[i].Name,
				Text: "the new plan gives the stage no place, or one it was told to avoid",
			})
			return
		}
	}
	m.ready = append(m.ready, r.Wanting...)
	for _, i := range r.Wanting {
		m.stage(i).Wanting = false
	}
	r.Wanting, r.Asked = nil, nil
	m.rethink()
}

// unplannable ends the run, unless there will be a plan once blocks have run out: then that is waited for.
func (m *Machine) unplannable(e Event) {
	if m.answered(e.ID) == nil || m.s.State != Running {
		return
	}
	if until, some := m.unblocked(); some && e.Fault.kind() == fault.Capacity {
		m.s.Replan.Quiet, m.s.Replan.Full = true, true
		m.timers.set(Timer{Kind: TimerQuiet, Stage: -1}, until)
		return
	}
	m.stop(RunFailed, Reason{Kind: ReasonUnplannable, Stage: -1, Fault: e.Fault, Text: e.Reason})
}

// unblocked is when the next block runs out.
func (m *Machine) unblocked() (until time.Time, some bool) {
	for _, b := range m.s.Blocks {
		if b.Until.After(m.now()) && (!some || b.Until.Before(until)) {
			until, some = b.Until, true
		}
	}
	return until, some
}

// hurry has a plan that waits for blocks to run out made after no more than the quiet period.
func (m *Machine) hurry() {
	if r := &m.s.Replan; r.Full {
		r.Full = false
		m.timers.set(Timer{Kind: TimerQuiet, Stage: -1}, m.now().Add(m.rules.Quiet))
	}
}

// lift forgets that there was no room around a place: what was given back there may be had again.
func (m *Machine) lift(at *Assignment) {
	before := len(m.s.Blocks)
	m.s.Blocks = slices.DeleteFunc(m.s.Blocks, func(b blockEntry) bool {
		return (b.Kind == fault.Capacity || b.Kind == fault.Quota) && b.around(at)
	})
	if len(m.s.Blocks) < before {
		m.indexBlocks()
		m.hurry()
	}
}

// around says whether a place lies within the block.
func (b Block) around(at *Assignment) bool {
	fits := func(pattern, value string) bool { return pattern == "" || pattern == value }
	return b.Cloud == at.Cloud && fits(b.Region, at.Region) && fits(b.Zone, at.Zone) && fits(b.Offering, at.Offering) && fits(b.Market, at.Market)
}
