package sky

import "time"

// EventKind names what happened in a run.
type EventKind string

// What can happen, roughly in the order of a stage's life. Stage and Attempt are set unless said otherwise.
const (
	RunStarted      EventKind = "run started"     // no stage; Detail is the job's name
	RunResumed      EventKind = "run resumed"     // no stage; another process took the run over
	StageMoving     EventKind = "moving"          // inputs are being brought to Place; Detail names the artifact
	StageMoved      EventKind = "moved"           // an input has arrived; Bytes were sent
	StageAllocating EventKind = "allocating"      // machines were asked for at Place
	StageAllocated  EventKind = "allocated"       // machines are ready
	StageRefused    EventKind = "refused"         // Place said no; Detail says why
	StageUnknown    EventKind = "outcome unknown" // an allocation may or may not exist; it is being looked up
	StageRunning    EventKind = "running"         // the work was started, or adopted after a resume
	StageProgress   EventKind = "progress"        // Fraction and Detail as the work tells them; not kept, only the newest is delivered
	StageStalled    EventKind = "stalled"         // no progress for the stage's stall time; Detail tells since when
	StageExited     EventKind = "exited"          // the work ended with Exit
	StageLost       EventKind = "lost"            // the machine or process went away; Detail says why
	StageRetrying   EventKind = "retrying"        // the next attempt waits its turn
	StageSealed     EventKind = "sealed"          // the outputs are durable and belong to this attempt
	StageDone       EventKind = "done"            // consumers may start
	StageReleased   EventKind = "released"        // nothing is billed any more; Cost is what it came to
	RunReplanned    EventKind = "replanned"       // no stage; Detail says how many stages were placed anew, or why none could be
	RunCancelling   EventKind = "cancelling"      // no stage; Detail says why
	RunSucceeded    EventKind = "run succeeded"   // no stage; last event
	RunFailed       EventKind = "run failed"      // no stage; last event; Detail says why
	RunCancelled    EventKind = "run cancelled"   // no stage; last event
	CallFailed      EventKind = "call failed"     // a copy, seal, publish or release did not work; it is tried again
)

// Event is one thing that happened in a run.
type Event struct {
	Seq      int       `json:"seq"` // counts from 1; an event of kind StageProgress repeats the newest number
	Time     time.Time `json:"time"`
	Kind     EventKind `json:"kind"`
	Stage    string    `json:"stage,omitempty"`
	Attempt  int       `json:"attempt,omitempty"`
	Place    string    `json:"place,omitempty"`    // cloud/region/zone
	Offering string    `json:"offering,omitempty"` // instance type and market, for people
	Exit     int       `json:"exit,omitempty"`
	Bytes    Bytes     `json:"bytes,omitempty"`
	Cost     Money     `json:"cost,omitempty"`
	Fraction float64   `json:"fraction,omitempty"` // 0 to 1
	Detail   string    `json:"detail,omitempty"`
}

// Last reports whether no event follows this one.
func (e Event) Last() bool {
	return e.Kind == RunSucceeded || e.Kind == RunFailed || e.Kind == RunCancelled
}
