package optimize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Instance is a placement problem as a problem file holds it: with names, the options that a rule of residency takes
// away, and the answers somebody has already proved. Its JSON keys are those of the file. Regions, stages and options
// are named by index; a file may also name a region by its id and a stage by its name, and Write puts indices.
//
// An Instance is plain data. Instance.Problem gives what Solve takes, Instance.Plan turns Solve's choice back into options
// of the file.
type Instance struct {
	// Name is for people. Kind is cost, residency, quota, share (all minimise money, and so does an empty kind), deadline
	// (money, Deadline needed), makespan, or budget (both minimise the makespan; budget needs Budget).
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"`
	// Regions are the places. Egress is the price of a GB from one to another in micro-dollars (-1: forbidden),
	// Transfer the time in milliseconds; both have a row per source and an entry per destination.
	Regions  []InstanceRegion `json:"regions"`
	Egress   [][]int64        `json:"egress_microusd_per_gb"`
	Transfer [][]int64        `json:"transfer_ms_per_gb"`
	// Stages are what must be placed, Edges the data between them.
	Stages []InstanceStage `json:"stages"`
	Edges  []InstanceEdge  `json:"edges"`
	// Deadline (milliseconds), Budget (micro-dollars) and Quota are limits; 0 and nil: none.
	Deadline int64           `json:"deadline_ms,omitempty"`
	Budget   int64           `json:"budget_microusd,omitempty"`
	Quota    []InstanceQuota `json:"quota,omitempty"`
	// Sharing: the edges of one producer carry one output, paid and sent once per region it goes to. They must be
	// equally large.
	Sharing bool `json:"egress_sharing,omitempty"`
	// Answers came with the file; nil: none.
	*Answers
}

// InstanceRegion is a place. Country is what allowed countries are compared with.
type InstanceRegion struct {
	ID      string `json:"id"`
	Cloud   string `json:"cloud"`
	Country string `json:"country"`
}

// InstanceStage is something to place. Allowed are the countries it may run in; nil: all.
type InstanceStage struct {
	Name    string           `json:"name"`
	Options []InstanceOption `json:"options"`
	Allowed []string         `json:"allowed_countries,omitempty"`
}

// InstanceOption is one way to place a stage: an index into Regions, milliseconds, micro-dollars, and what it takes of the
// region's quota.
type InstanceOption struct {
	Region int   `json:"region"`
	Time   int64 `json:"time_ms"`
	Cost   int64 `json:"cost_microusd"`
	Units  int64 `json:"quota_units,omitempty"`
}

// InstanceEdge carries data between two stages, given by index; MilliGB is in units of 1,000,000 bytes.
type InstanceEdge struct {
	From    int   `json:"from"`
	To      int   `json:"to"`
	MilliGB int64 `json:"milli_gb"`
}

// InstanceQuota bounds the sum of the units of all stages placed in a region.
type InstanceQuota struct {
	Region int   `json:"region"`
	Max    int64 `json:"max_units"`
}

// Answers are what is known of an instance, to compare a solver with. Nothing here changes the problem.
type Answers struct {
	Feasible bool `json:"feasible"`
	// Optimum is the best value, in Unit ("microusd" or "ms"); 0 when infeasible.
	Optimum int64  `json:"optimum"`
	Unit    string `json:"unit,omitempty"`
	// Plan is one best plan, an option index per stage; Plans counts the best plans.
	Plan  []int `json:"one_optimal_plan,omitempty"`
	Plans int64 `json:"optimal_plan_count,omitempty"`
	// Best are the values of the five best plans, the best first.
	Best []int64 `json:"best_5_plan_objectives,omitempty"`
	// Pareto are all (micro-dollars, milliseconds) that no plan beats in both, deadline and budget set aside.
	Pareto [][]int64 `json:"pareto_cost_time,omitempty"`
	// VerifiedBy names how the answers were proved.
	VerifiedBy []string `json:"verified_by,omitempty"`
}

// FileError lists all faults of a problem file, each with the path of its key, such as "stages[3].options[1].region".
type FileError struct {
	Faults []string
}

// Error lists the faults.
func (e *FileError) Error() string {
	return "optimize: problem file: " + strings.Join(e.Faults, "; ")
}

// ReadInstance reads a problem file: one JSON object, at most 64 MB. Keys it does not know are refused, since a rule that
// is not understood must not be dropped. The error is a *FileError with all faults (of many, the first hundred), or what
// r said.
func ReadInstance(r io.Reader) (*Instance, error) {
	f := newFileReader(r)
	f.instance()
	f.end()
	if f.err != nil {
		return nil, fmt.Errorf("optimize: read problem file: %w", f.err)
	}
	f.resolve()
	if len(f.faults) > 0 {
		f.checkRest()
		return nil, &FileError{f.faults}
	}
	if _, err := f.in.Problem(); err != nil {
		return nil, err
	}
	return &f.in, nil
}

// Write writes the instance as a problem file that ReadInstance reads to an equal one.
func (in *Instance) Write(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(in); err != nil {
		return fmt.Errorf("optimize: write problem file %q: %w", in.Name, err)
	}
	return nil
}

// Problem is the problem to solve. The error is a *FileError that names every fault by its key.
func (in *Instance) Problem() (*Problem, error) {
	c := instanceChecker{in: in}
	c.check()
	if len(c.faults) > 0 {
		return nil, &FileError{c.faults}
	}
	p := in.compile()
	if err := p.Validate(); err != nil {
		if bad, ok := errors.AsType[*ProblemError](err); ok {
			return nil, &FileError{bad.Faults}
		}
		return nil, err
	}
	return p, nil
}

// Plan turns a choice for Instance.Problem into an option index per stage of the file. It gives nil for what is no choice
// for that problem.
func (in *Instance) Plan(choice []int) []int {
	if len(choice) != len(in.Stages) {
		return nil
	}
	plan := make([]int, len(choice))
	for s, c := range choice {
		kept := in.kept(s)
		if c < 0 || c >= len(kept) {
			return nil
		}
		plan[s] = kept[c]
	}
	return plan
}

// kept lists the options of a stage that its countries allow.
func (in *Instance) kept(s int) []int {
	stage := in.Stages[s]
	kept := make([]int, 0, len(stage.Options))
	for o, opt := range stage.Options {
		if stage.Allowed == nil || slices.Contains(stage.Allowed, in.Regions[opt.Region].Country) {
			kept = append(kept, o)
		}
	}
	return kept
}
