package engine

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// state is all that a snapshot keeps: plain data. Everything else in a Machine can be derived from it.
type state struct {
	Now      time.Time    `json:"now"`
	Epoch    uint64       `json:"epoch,omitempty"`
	State    RunState     `json:"state"`
	Ending   RunState     `json:"ending,omitempty"` // what Stopping becomes
	Reason   Reason       `json:"reason,omitzero"`
	Spec     *Spec        `json:"spec,omitempty"`
	Spent    int64        `json:"spent,omitempty"`
	Reserved int64        `json:"reserved,omitempty"`
	Seq      uint64       `json:"seq,omitempty"` // commands sent so far
	Ticks    uint64       `json:"ticks,omitempty"`
	Stages   []stage      `json:"stages,omitempty"`
	Moves    []*move      `json:"moves,omitempty"`
	Lanes    []*lane      `json:"lanes,omitempty"`
	Timers   []deadline   `json:"timers,omitempty"`
	Parked   []CommandID  `json:"parked,omitempty"` // wait for money that a release will give back
	Blocks   []blockEntry `json:"blocks,omitempty"`
	Basis    uint64       `json:"basis,omitempty"` // blocks made so far
	Replan   replan       `json:"replan,omitzero"`
	Alive    []AttemptRef `json:"alive,omitempty"`

	Done      int `json:"done,omitempty"`      // stages
	Held      int `json:"held,omitempty"`      // attempts that may hold an allocation
	Releasing int `json:"releasing,omitempty"` // of those, attempts whose Release is under way
	Stuck     int `json:"stuck,omitempty"`     // of those, attempts whose Release was tried too often
	Open      int `json:"open,omitempty"`      // Bring and Publish commands in flight
	Carrying  int `json:"carrying,omitempty"`  // of those, moves in flight for which money is reserved

	LastRound bool `json:"last_round,omitempty"` // nothing is left but releases that were tried too often
}

type stage struct {
	State     StageState  `json:"state"`
	At        *Assignment `json:"at"`                   // of the next attempt, or of the current one
	Waits     int         `json:"waits,omitempty"`      // needs not met
	Users     int         `json:"users,omitempty"`      // edges until ready from stages that are not done
	Ready     bool        `json:"ready,omitempty"`      // a live attempt answers
	Retired   bool        `json:"retired,omitempty"`    // a service that nobody needs any more
	NeedsPlan bool        `json:"needs_plan,omitempty"` // its place will not do
	Wanting   bool        `json:"wanting,omitempty"`    // listed in replan.Wanting
	Await     int         `json:"await,omitempty"`      // the attempt that must be released before the next begins
	Commit    int         `json:"commit,omitempty"`
	Failures  int         `json:"failures,omitempty"` // count against Stage.Retries
	Losses    int         `json:"losses,omitempty"`   // count against Rules.Tries
	Attempts  []*attempt  `json:"attempts,omitempty"` // number n at index n-1
	Next      next        `json:"next,omitzero"`
}

// next is what moves brought ahead have used up of the ids of the attempt to come.
type next struct {
	Base  int `json:"base,omitempty"`  // the N of the first move of the assignment: what others before it have used
	Used  int `json:"used,omitempty"`  // the first N that was never used
	Stops int `json:"stops,omitempty"` // that went out
}

// last is the newest attempt, or nil.
func (s *stage) last() *attempt {
	if len(s.Attempts) == 0 {
		return nil
	}
	return s.Attempts[len(s.Attempts)-1]
}

// pinned says that a new plan must leave the stage where it is.
func (s *stage) pinned() bool { return len(s.Attempts) > 0 && !s.NeedsPlan }

type attempt struct {
	State     StageState  `json:"state"`
	At        *Assignment `json:"at,omitempty"`
	Reserved  int64       `json:"reserved,omitempty"`
	MovesLeft int         `json:"moves_left,omitempty"`
	Held      bool        `json:"held,omitempty"`      // something may be allocated
	Releasing bool        `json:"releasing,omitempty"` // a Release is under way
	Stuck     bool        `json:"stuck,omitempty"`     // it failed too often
	Reissued  bool        `json:"reissued,omitempty"`  // an Allocate without an outcome was issued again after a resume
	Halt      halt        `json:"halt,omitempty"`      // why its task was asked to stop
	Block     fault.Scope `json:"block,omitempty"`     // to be blocked once it is released
	Work      call        `json:"work,omitzero"`       // Allocate, Resolve, Run or Seal: one at a time
	Rel       call        `json:"release,omitzero"`
	Pub       call        `json:"publish,omitzero"`
	Tries     int         `json:"tries,omitempty"` // Allocates that came to nothing
	Counts    counts      `json:"counts,omitzero"`
	Stop      asked       `json:"stop,omitzero"` // the last Stop of its work
	facts
}

// facts are what reports want to know of an attempt.
type facts struct {
	Begun      time.Time       `json:"begun,omitzero"`
	Asked      time.Time       `json:"asked,omitzero"`
	Tried      time.Time       `json:"tried,omitzero"`
	Allocated  time.Time       `json:"allocated,omitzero"`
	Stalled    time.Time       `json:"stalled,omitzero"`
	Sealed     time.Time       `json:"sealed,omitzero"`
	Published  time.Time       `json:"published,omitzero"`
	Released   time.Time       `json:"released,omitzero"`
	Ended      time.Time       `json:"ended,omitzero"`
	Cost       int64           `json:"cost,omitempty"`
	Tasks      []TaskView      `json:"tasks,omitempty"`
	Faults     []Fault         `json:"faults,omitempty"`
	Allocation json.RawMessage `json:"allocation,omitempty"`
	Outputs    json.RawMessage `json:"outputs,omitempty"`
	Manifest   json.RawMessage `json:"manifest,omitempty"`
	Bill       json.RawMessage `json:"bill,omitempty"`
}

// counts number the commands of an attempt, by verb.
type counts struct {
	Allocate int `json:"allocate,omitempty"`
	Resolve  int `json:"resolve,omitempty"`
	Seal     int `json:"seal,omitempty"`
	Publish  int `json:"publish,omitempty"`
	Release  int `json:"release,omitempty"`
	Stop     int `json:"stop,omitempty"`
}

func (c *counts) of(v Verb) *int {
	switch v {
	case Allocate:
		return &c.Allocate
	case Resolve:
		return &c.Resolve
	case Seal:
		return &c.Seal
	case Publish:
		return &c.Publish
	case Release:
		return &c.Release
	}
	return &c.Stop
}

// over says that the attempt was finished or given up.
func (a *attempt) over() bool { return !a.Ended.IsZero() }

// ready says that the task that runs now has answered as a service.
func (a *attempt) ready() bool {
	return len(a.Tasks) > 0 && !a.Tasks[len(a.Tasks)-1].Ready.IsZero()
}

// halt is why a task was asked to stop.
type halt string

const (
	haltTimeout halt = "timeout" // it ran too long: its end is a failure
	haltRetire  halt = "retire"  // nobody needs the service: its end is a success
)

// move is one artifact on its way to one place, for all stages that need it there.
type move struct {
	Order    Move            `json:"order"` // as the assignment has it that it was last brought for
	Call     call            `json:"call,omitzero"`
	For      *Assignment     `json:"for,omitempty"`      // of the command, while it lasts; a new plan may have replaced it
	Ahead    bool            `json:"ahead,omitempty"`    // no attempt waits for it yet, but one that is to come will
	Reserved int64           `json:"reserved,omitempty"` // apart from what attempts reserve
	Stop     asked           `json:"stop,omitzero"`
	Waiters  []AttemptRef    `json:"waiters,omitempty"`
	Done     bool            `json:"done,omitempty"`
	At       time.Time       `json:"at,omitzero"`
	Cost     int64           `json:"cost,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// asked is a Stop that went out.
type asked struct {
	N   int    `json:"n,omitempty"`
	Seq uint64 `json:"seq,omitempty"` // when, among all commands
}

// call is the life of one command.
type call struct {
	ID    CommandID `json:"id,omitzero"`
	Phase phase     `json:"phase,omitempty"`
	Tries int       `json:"tries,omitempty"` // failed so far
	Seq   uint64    `json:"seq,omitempty"`   // when it was sent, among all commands
}

// phase says where a command is.
type phase string

const (
	idle    phase = ""
	queued  phase = "queued"  // for its turn in its lane
	parked  phase = "parked"  // for money
	sent    phase = "sent"    // for its outcome
	resting phase = "resting" // until its retry timer
)

func (m *Machine) attempt(stage, n int) *attempt {
	if stage < 0 || stage >= len(m.s.Stages) || n < 1 || n > len(m.s.Stages[stage].Attempts) {
		return nil
	}
	return m.s.Stages[stage].Attempts[n-1]
}

// find is the place where a command with that id would be kept; it may hold another one now. nil: there is none.
func (m *Machine) find(id CommandID) *call {
	switch id.Verb {
	case Replan:
		return &m.s.Replan.Call
	case Bring:
		if mv := m.carried(id); mv != nil {
			return &mv.Call
		}
		return nil
	}
	a := m.attempt(id.Stage, id.Attempt)
	if a == nil {
		return nil
	}
	switch id.Verb {
	case Allocate, Resolve, Run, Seal:
		return &a.Work
	case Release:
		return &a.Rel
	case Publish:
		return &a.Pub
	}
	return nil
}

// now is the time of the step, for what is remembered.
func (m *Machine) now() time.Time { return m.s.Now }

// note remembers why an attempt had trouble.
func (a *attempt) note(f *Fault) {
	if f != nil {
		a.Faults = append(slices.Clip(a.Faults), *f)
	}
}
