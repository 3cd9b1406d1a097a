package engine

import (
	"encoding/json"
	"time"
)

// RunState says where a run is.
type RunState string

// The states of a run. The last three are final.
const (
	Planning  RunState = "planning" // before Planned
	Running   RunState = "running"
	Stopping  RunState = "stopping" // it failed or was cancelled; what it holds is being given back
	Succeeded RunState = "succeeded"
	RunFailed RunState = "failed"
	Cancelled RunState = "cancelled"
)

// ReasonKind says why a run did not succeed.
type ReasonKind string

// The reasons.
const (
	ReasonCancel      ReasonKind = "cancel"      // somebody asked; Text says why
	ReasonTask        ReasonKind = "task"        // a task ended with Exit, and its retries are used up
	ReasonTimeout     ReasonKind = "timeout"     // a stage ran too long, and its retries are used up
	ReasonLost        ReasonKind = "lost"        // machines were lost too often
	ReasonSeal        ReasonKind = "seal"        // outputs could not be made durable
	ReasonPublish     ReasonKind = "publish"     // outputs could not be published, or something else is there already
	ReasonMove        ReasonKind = "move"        // an input cannot be brought to any place
	ReasonInvalid     ReasonKind = "invalid"     // the spec, the plan or a request is wrong; it would fail anywhere
	ReasonBudget      ReasonKind = "budget"      // the next step could cost more than the budget leaves
	ReasonUnplannable ReasonKind = "unplannable" // no plan avoids what is blocked
	ReasonAlive       ReasonKind = "alive"       // an allocation cannot be released; Status.Alive lists them
)

// Reason is why a run did not succeed. Kind "" means there is nothing to say. Stage is -1 when no stage is to blame.
type Reason struct {
	Kind    ReasonKind `json:"kind,omitempty"`
	Stage   int        `json:"stage"`
	Name    string     `json:"name,omitempty"` // of the stage
	Attempt int        `json:"attempt,omitempty"`
	Cloud   string     `json:"cloud,omitempty"`
	Exit    int        `json:"exit,omitempty"`
	Fault   *Fault     `json:"fault,omitempty"`
	Text    string     `json:"text,omitempty"`
}

// AttemptRef names one attempt.
type AttemptRef struct {
	Stage   int `json:"stage"`
	Attempt int `json:"attempt"`
}

// Status is a run at a glance. Money is in nano-dollars.
type Status struct {
	State    RunState
	Reason   Reason       // why it is stopping, failed or was cancelled
	Spent    int64        // what releases and moves came to so far
	Reserved int64        // expected cost of what is started and not yet released or moved
	Epoch    uint64       // raised by each Resumed
	Alive    []AttemptRef // allocations that could not be released, when the run ended nevertheless
}

// Done says that the run has ended and nothing more will be asked for.
func (s Status) Done() bool {
	return s.State == Succeeded || s.State == RunFailed || s.State == Cancelled
}

// StageState says where a stage, or one attempt of it, is.
type StageState string

// The states of stages and attempts.
const (
	StageWaiting    StageState = "waiting"    // for what it needs
	StagePlanning   StageState = "planning"   // for a new plan
	StageRetrying   StageState = "retrying"   // for the time, or the release, before its next attempt
	StageMoving     StageState = "moving"     // its inputs are on the way
	StageAllocating StageState = "allocating" // machines were asked for
	StageRunning    StageState = "running"
	StageSealing    StageState = "sealing"
	StagePublishing StageState = "publishing"
	StageDone       StageState = "done"
	StageFailed     StageState = "failed"  // tried, and given up
	StageRefused    StageState = "refused" // of an attempt: the place did not take it
	StageLost       StageState = "lost"    // of an attempt: its machines went away
	StageStopped    StageState = "stopped" // the run ended first, or nobody needs the service any more
)

// StageView is one stage, for reports.
type StageView struct {
	Name       string
	State      StageState
	Assignment Assignment // where it is, or where the next attempt goes
	Commit     int        // the attempt whose outputs count; 0 = none yet
	Attempts   []AttemptView
}

// AttemptView is one attempt, for reports. A zero time means that it has not happened.
type AttemptView struct {
	Attempt    int
	State      StageState
	Assignment Assignment
	Begun      time.Time // moves started, or machines were asked for
	Asked      time.Time // the first Allocate was issued
	Tried      time.Time // the latest was, again after a resume included: how long NotFound proves nothing counts from here
	Allocated  time.Time
	Stalled    time.Time // the last time no progress was noticed
	Sealed     time.Time
	Published  time.Time
	Released   time.Time
	Ended      time.Time // the attempt was finished or given up; its Release may follow
	Cost       int64     // nano-dollars, as Released said
	Tasks      []TaskView
	Faults     []Fault
	Allocation json.RawMessage // what Allocated said
	Outputs    json.RawMessage // what Sealed said
	Manifest   json.RawMessage // what Published said
	Bill       json.RawMessage // what Released said
}

// TaskView is one task of an attempt, for reports.
type TaskView struct {
	Asked    time.Time       `json:"asked,omitzero"`
	Started  time.Time       `json:"started,omitzero"`
	Ready    time.Time       `json:"ready,omitzero"`
	Ended    time.Time       `json:"ended,omitzero"`
	Exit     int             `json:"exit,omitempty"`
	Endpoint json.RawMessage `json:"endpoint,omitempty"` // what ServiceReady said
	Result   json.RawMessage `json:"result,omitempty"`   // what Exited or Lost said
}

// MoveView is one move of the run, for reports and for whoever needs to know where a copy is.
type MoveView struct {
	ID    string
	Order json.RawMessage // what the owner's assignment said of it: Move.Data
	Owner CommandID       // the Bring that carried it, or carries it; its attempt may not have begun, or be elsewhere by now
	Done  bool
	At    time.Time       // when it was there
	Cost  int64           // nano-dollars, as Moved said
	Data  json.RawMessage // what Moved said
}
