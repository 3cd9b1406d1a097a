package engine

import (
	"encoding/json"
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// EventKind names a fact.
type EventKind string

// The facts. Each outcome names the command it answers; an outcome of a command that was answered before, or of an
// attempt that was given up, changes nothing but may yield a Release.
const (
	Planned      EventKind = "planned"      // first of a run: Spec and Assignments
	Allocated    EventKind = "allocated"    // Allocate or Resolve: machines are ready
	Refused      EventKind = "refused"      // Allocate, Resolve or Run: a definite no; Fault says how far it reaches
	Unresolved   EventKind = "unknown"      // Allocate or Resolve: may or may not have happened
	Absent       EventKind = "absent"       // Resolve or Allocate: proven not to exist
	Started      EventKind = "started"      // Run: the task was accepted (no outcome: Exited or Lost follows)
	ServiceReady EventKind = "ready"        // Run of a stage that serves: it answers (no outcome)
	Exited       EventKind = "exited"       // Run: with Exit
	Lost         EventKind = "lost"         // Run: the machine or the process is gone; Fault says why
	Sealed       EventKind = "sealed"       // Seal: outputs are whole and durable; Data describes them
	Published    EventKind = "published"    // Publish: others can see the outputs
	Moved        EventKind = "moved"        // Bring: the artifact is there
	Released     EventKind = "released"     // Release: nothing is billed any more; Cost is what it came to
	Failed       EventKind = "failed"       // Seal, Publish, Bring, Release, Run: did not work; Fault says why
	Replanned    EventKind = "replanned"    // Replan: Assignments for every stage that was not pinned
	Unplannable  EventKind = "unplannable"  // Replan: no plan exists; Fault says why, by Capacity that there is one once blocks have run out
	Overspent    EventKind = "overspent"    // what runs has come to the budget, whatever was expected; Reason says how
	CancelAsked  EventKind = "cancel asked" // somebody wants the run to end; Reason says why
	TimerFired   EventKind = "timer fired"  // from Due; Timer says which
	Resumed      EventKind = "resumed"      // another host took over, with a higher epoch
)

// Event is one fact, as journaled. Only the fields its kind names are set.
type Event struct {
	Kind        EventKind       `json:"kind"`
	ID          CommandID       `json:"id,omitzero"`
	Exit        int             `json:"exit,omitempty"`
	Cost        int64           `json:"cost,omitempty"` // nano-dollars spent
	Fault       *Fault          `json:"fault,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Timer       *Timer          `json:"timer,omitempty"`
	Epoch       uint64          `json:"epoch,omitempty"`
	Spec        *Spec           `json:"spec,omitempty"`
	Assignments []Assignment    `json:"assignments,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"` // kept with the stage for whoever carries commands out
}

// Fault is a *fault.Error as plain data.
type Fault struct {
	Kind       fault.Kind    `json:"kind"`
	Scope      fault.Scope   `json:"scope,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	Message    string        `json:"message"`
}

// Timer is one entry of the deadline heap.
type Timer struct {
	Kind    TimerKind `json:"kind"`
	Stage   int       `json:"stage"`
	Attempt int       `json:"attempt,omitempty"`
	ID      CommandID `json:"id,omitzero"` // the command to issue again, for TimerRetry
}

// TimerKind says what a timer is for.
type TimerKind string

// The timers.
const (
	TimerRetry     TimerKind = "retry"     // issue a command again, or begin the next attempt
	TimerProvision TimerKind = "provision" // an allocation has been pending too long
	TimerTimeout   TimerKind = "timeout"   // the work has run too long
	TimerGrace     TimerKind = "grace"     // a task that was asked to stop has not
	TimerStall     TimerKind = "stall"     // no progress for the stage's stall time
	TimerQuiet     TimerKind = "quiet"     // the quiet period before a Replan is over
)
