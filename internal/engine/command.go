package engine

import (
	"encoding/json"
	"fmt"
)

// Verb is what a command asks for.
type Verb string

// The verbs. Each is idempotent by its ID: carrying it out twice has the effect of once.
const (
	Allocate Verb = "allocate" // until machines are Ready → Allocated, Refused, Unresolved, Absent
	Resolve  Verb = "resolve"  // find out what became of an Allocate → Allocated, Refused, Absent, Unresolved
	Run      Verb = "run"      // start task N and watch it to its end → Started, then Exited, Lost, Refused, Failed
	Stop     Verb = "stop"     // end the Run, Bring or Publish that is its Target; no outcome of its own: that one ends
	Seal     Verb = "seal"     // make outputs whole and durable, describe them → Sealed, Failed
	Publish  Verb = "publish"  // make a commit visible to others → Published, Failed
	Bring    Verb = "move"     // bring an artifact to a place, perhaps before the attempt begins → Moved, Failed
	Release  Verb = "release"  // give the attempt's allocation back, after ending its other commands → Released, Failed
	Replan   Verb = "replan"   // make a new plan → Replanned, Unplannable
)

// CommandID names a command for good. Stage is -1 for a Replan. N counts the commands of that verb in the attempt, from
// 0, so that a command issued again after a failure has a new id; but for Run it is the task and for Bring the move, and
// these two are issued again under the id they had. A Bring ahead of its attempt has the number the attempt will have;
// when a new plan replaces moves that were brought ahead, N counts on: Command.Move, not N, says what to bring.
type CommandID struct {
	Stage   int  `json:"stage"`
	Attempt int  `json:"attempt"`
	Verb    Verb `json:"verb"`
	N       int  `json:"n"`
}

// String is short, for errors and logs: "stage 3 attempt 1 run 0".
func (id CommandID) String() string {
	if id.Verb == Replan {
		return fmt.Sprintf("%s %d", id.Verb, id.N)
	}
	return fmt.Sprintf("stage %d attempt %d %s %d", id.Stage, id.Attempt, id.Verb, id.N)
}

// Command asks the shell to do something. It holds all that is needed to do it, and is not to be changed. Release ends
// the attempt's Allocate, Resolve, Run and Seal, which then need no outcome of their own; it does not touch its Publish.
type Command struct {
	ID         CommandID
	Assignment *Assignment     // of the attempt, or of the one to come; nil for Replan
	Move       Move            // Bring: what to bring
	Target     CommandID       // Stop: the command to end
	Data       json.RawMessage // Publish: what Sealed said. Run, Seal, Release, Stop of those: what Allocated said
	Replan     *ReplanRequest  // for Replan
}

// ReplanRequest is what a new plan must respect.
type ReplanRequest struct {
	Reason  string       `json:"reason"`
	Pinned  []Assignment `json:"pinned"`  // stages that are finished or running stay where they are
	Blocked []Block      `json:"blocked"` // not to be used, in force now
}
