package provider

import (
	"time"

	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
)

// Kind says what sort of work a task is.
type Kind string

// The kinds of task.
const (
	Exec  Kind = "exec"  // a command, a script or a Go function; ends by itself
	Copy  Kind = "copy"  // moves data with a Go binary that has sky.Init
	Relay Kind = "relay" // forwards data for an overlay route
	Serve Kind = "serve" // runs until cancelled and becomes Ready
)

// Task is work for one allocation. Exactly one of Argv, Script and Func says what to run. Image, when set, is the
// container it runs in; Recipe, when set, is the service of the catalog that runs the Script. A provider that cannot run a task as asked refuses it with Unsupported, never silently
// runs something else.
type Task struct {
	Key    string   `json:"key"` // from [TaskKey]
	Kind   Kind     `json:"kind"`
	Name   string   `json:"name"`             // the stage, for people
	Argv   []string `json:"argv,omitempty"`   // see [Task.Arguments]
	Script string   `json:"script,omitempty"` // POSIX shell text
	Func   string   `json:"func,omitempty"`   // a name given to sky.Func; the host's binary is re-executed
	Recipe string   `json:"recipe,omitempty"` // the service that runs Script, such as "spark@3.1"
	Image  string   `json:"image,omitempty"`

	Env     map[string]string        `json:"env,omitempty"`
	Secrets map[string]secret.Secret `json:"-"` // environment variables fetched just before the start; never stored

	Inputs     []Data        `json:"inputs,omitempty"`
	Outputs    []Data        `json:"outputs,omitempty"`
	Ports      []int         `json:"ports,omitempty"`
	Health     []string      `json:"health,omitempty"`     // command that exits 0 once a Serve task is Ready
	Checkpoint string        `json:"checkpoint,omitempty"` // URL prefix the task may keep its state under
	Grace      time.Duration `json:"grace,omitempty"`      // between the end signal and the kill; 0 = 10 s
	Timeout    time.Duration `json:"timeout,omitempty"`    // the task is ended after that; 0 = none
	Rank       int           `json:"rank,omitempty"`       // number of this node in a gang
	Nodes      int           `json:"nodes,omitempty"`      // size of the gang; 0 = 1
	Epoch      uint64        `json:"epoch"`
}

// Data is an artifact as a task sees it. For an input, everything under URL that Objects names; the task finds it as
// the directory (or, with Single, the file) whose path is in the environment variable Variable. For an output the path
// is a fresh directory; what the task leaves in it is stored under URL when the task exits, and is complete before
// Poll says Exited.
type Data struct {
	Name     string   `json:"name"`
	Variable string   `json:"variable"` // see [InputVariable] and [OutputVariable]
	URL      string   `json:"url"`      // ends in "/" unless Single
	Single   bool     `json:"single,omitempty"`
	Objects  []string `json:"objects,omitempty"` // keys relative to URL; empty = all of them
}

// TaskState is where a task is in its life.
type TaskState string

// The states of a task.
const (
	TaskPending TaskState = "pending" // accepted, not running yet
	TaskRunning TaskState = "running"
	TaskReady   TaskState = "ready"  // a Serve task that answers
	TaskExited  TaskState = "exited" // ended by itself or by Cancel; Exit tells how
	TaskLost    TaskState = "lost"   // the machine is gone, or the process vanished without an exit code
)

// TaskStatus is what is known about a task.
type TaskStatus struct {
	Ref       Ref
	State     TaskState
	Exit      int       // exit code; 128+n when ended by signal n. Valid when Exited
	Started   time.Time // zero until it runs
	Ended     time.Time // zero until it ends
	Progress  Progress
	Endpoints []string
	Usage     Usage
	Err       *fault.Error // why it is Lost, or why the status is not known
}

// Progress is what a task says of itself by writing to the file named in the environment variable SKY_PROGRESS.
type Progress struct {
	Fraction float64   `json:"fraction,omitempty"` // 0 to 1
	Note     string    `json:"note,omitempty"`
	At       time.Time `json:"at,omitzero"` // when it last said something, or last printed
}

// Usage is what a service without machines bills for.
type Usage struct {
	Units float64 `json:"units,omitempty"` // in the offering's unit
}
