package engine

import (
	"encoding/json"
	"time"
)

// Spec is what a run is: fixed when it starts, journaled once, never changed by a newer library.
type Spec struct {
	Run    string  `json:"run"`
	Seed   uint64  `json:"seed"` // of the jitter
	Rules  Rules   `json:"rules"`
	Stages []Stage `json:"stages"`
}

// RulesVersion is the newest behaviour this library knows.
const RulesVersion = 1

// Rules are the behaviour pinned at a run's start. Changed behaviour in a newer library is gated on Version, so that
// an old journal replays to the same commands. A zero field means its default.
type Rules struct {
	Version     int           `json:"version"`
	MaxInFlight int           `json:"max_in_flight,omitempty"` // commands per cloud and verb at once; 0 = 64
	Budget      int64         `json:"budget,omitempty"`        // nano-dollars, a hard stop; 0 = none
	Quiet       time.Duration `json:"quiet,omitempty"`         // refusals within it are answered by one Replan; 0 = none
	Block       time.Duration `json:"block,omitempty"`         // how long a refusal blocks its scope; 0 = 10 min
	Provision   time.Duration `json:"provision,omitempty"`     // how long an allocation may stay pending; 0 = 15 min
	Grace       time.Duration `json:"grace,omitempty"`         // what a task that was asked to stop gets before its machines go; 0 = 10 min
	BackoffBase time.Duration `json:"backoff_base,omitempty"`  // 0 = 1 s
	BackoffCap  time.Duration `json:"backoff_cap,omitempty"`   // 0 = 1 min
	Tries       int           `json:"tries,omitempty"`         // of a call that fails in passing, a copy, a release; 0 = 8
}

// Stage is one node of the run's graph; stages are named by their index in Spec.Stages.
type Stage struct {
	Name    string        `json:"name"`
	Needs   []Edge        `json:"needs,omitempty"`
	Retries int           `json:"retries,omitempty"` // how often a failed task is tried again
	Timeout time.Duration `json:"timeout,omitempty"` // of one attempt's work; 0 = none
	Stall   time.Duration `json:"stall,omitempty"`   // no progress for that long raises Stalled; 0 = never
	Seals   bool          `json:"seals,omitempty"`   // has outputs to make durable and publish
	Serves  bool          `json:"serves,omitempty"`  // a service: runs until nobody needs it any more
}

// Edge says that a stage waits for another.
type Edge struct {
	Stage int   `json:"stage"`
	Until Until `json:"until"`
}

// Until is what an edge waits for.
type Until string

// What an edge can wait for: data, order, a service.
const (
	UntilCommitted Until = "committed"
	UntilExited    Until = "exited"
	UntilReady     Until = "ready"
)

// Assignment is where a plan puts a stage. All its strings are opaque to the engine: it only compares them with blocks.
type Assignment struct {
	Stage    int             `json:"stage"`
	Cloud    string          `json:"cloud"`
	Region   string          `json:"region,omitempty"`
	Zone     string          `json:"zone,omitempty"`
	Offering string          `json:"offering,omitempty"`
	Market   string          `json:"market,omitempty"`
	Cost     int64           `json:"cost,omitempty"`  // expected, nano-dollars, without moves that name their own; reserved when it starts
	Moves    []Move          `json:"moves,omitempty"` // what must be at the place before the stage starts
	Tasks    int             `json:"tasks"`           // tasks run one after another on the allocation, at least 1
	Data     json.RawMessage `json:"data,omitempty"`  // for whoever carries the commands out
}

// Move is one artifact brought to one place. Stages that need the same ID share one copy. It starts as soon as its maker
// is done, though the stage may still wait for others.
type Move struct {
	ID    string          `json:"id"`
	Maker int             `json:"maker,omitempty"` // 1 + the index of the stage whose commit it copies; 0: data that is there from the start
	Cost  int64           `json:"cost,omitempty"`  // expected, nano-dollars, reserved once for all who share it; 0: it is part of the assignment's
	Data  json.RawMessage `json:"data,omitempty"`
}

// Block is something to avoid until a time. An empty field matches anything.
type Block struct {
	Cloud    string    `json:"cloud"`
	Region   string    `json:"region,omitempty"`
	Zone     string    `json:"zone,omitempty"`
	Offering string    `json:"offering,omitempty"`
	Market   string    `json:"market,omitempty"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason"`
}
