package sky

import (
	"time"

	"github.com/openintercloud/broker/catalog"
)

// Report is what became of a run: a pure function of its journal. It renders itself as text ([Report.String]), as
// JSON, and as one self-contained HTML page ([Report.HTML]).
type Report struct {
	Run       string        `json:"run"`
	Job       string        `json:"job"`
	Outcome   EventKind     `json:"outcome"` // RunSucceeded, RunFailed, RunCancelled; "" while it runs
	Reason    string        `json:"reason,omitempty"`
	Started   time.Time     `json:"started"`
	Ended     time.Time     `json:"ended"`
	Plan      *Plan         `json:"plan"`            // the first plan
	Stages    []StageReport `json:"stages"`          // in the job's order
	Ledger    []LedgerLine  `json:"ledger"`          //
	Events    []Event       `json:"events"`          // all that were kept, in order
	Alive     []string      `json:"alive,omitempty"` // allocations that could not be given back, as "stage, attempt n at place": look after them
	Predicted Money         `json:"predicted"`       // sum of the ledger's predictions
	Actual    Money         `json:"actual"`          // sum of the ledger's actual amounts
	List      Money         `json:"list,omitempty"`  // the same at list prices
}

// StageReport is the story of one stage.
type StageReport struct {
	Name     string          `json:"name"`
	State    EventKind       `json:"state"` // the last thing that happened to it; StageDone when it is done
	Attempts []AttemptReport `json:"attempts"`
}

// AttemptReport is one try of one stage at one place. Times that never came are zero.
type AttemptReport struct {
	Attempt   int       `json:"attempt"`
	Place     string    `json:"place"`
	Offering  string    `json:"offering"`
	Phases    []Phase   `json:"phases"`
	Outcome   EventKind `json:"outcome"` // StageSealed or StageExited when it worked, StageRefused, StageLost, …
	Exit      int       `json:"exit"`
	Detail    string    `json:"detail,omitempty"`
	Predicted Money     `json:"predicted"`
	Actual    Money     `json:"actual"`
}

// Phase is a span of an attempt's time.
type Phase struct {
	Name  string    `json:"name"` // "move", "allocate", "run", "seal", "release"
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// LedgerLine is one line of what was estimated and what was spent.
type LedgerLine struct {
	Stage     string       `json:"stage"`
	Attempt   int          `json:"attempt"`
	What      string       `json:"what"` // "compute" or "egress"
	Detail    string       `json:"detail"`
	Predicted Money        `json:"predicted"`
	Actual    Money        `json:"actual"`
	List      Money        `json:"list,omitempty"`  // Actual at list price; 0 until it is known
	Meter     string       `json:"meter,omitempty"` // of egress whose price depends on the volume: see [Report.Sent]
	Use       *catalog.Use `json:"use,omitempty"`   // what Actual is for, at list price; nil until it is known
}
