package sky

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/optimize"
)

// InfeasibleError says that no plan can do what the job asks, why, and what would help.
type InfeasibleError struct {
	Job      string         `json:"job"`
	Stages   []StageRefusal `json:"stages,omitempty"`   // stages that no cloud can run, and why each cloud cannot
	Conflict []string       `json:"conflict,omitempty"` // rules that cannot all hold, none of which is superfluous
	Relax    []string       `json:"relax,omitempty"`    // changes each of which is enough for what it names, the smallest first
}

// StageRefusal says why no cloud can run a stage.
type StageRefusal struct {
	Stage  string        `json:"stage"`
	Clouds []CloudReason `json:"clouds"`
}

// CloudReason is the first condition a cloud fails.
type CloudReason struct {
	Cloud  string `json:"cloud"`
	Reason string `json:"reason"`
}

// Error tells everything, a line for each reason.
func (e *InfeasibleError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "job %q cannot be planned", e.Job)
	for _, s := range e.Stages {
		fmt.Fprintf(&b, "\n  stage %q fits nowhere:", s.Stage)
		for _, c := range s.Clouds {
			fmt.Fprintf(&b, "\n    %s: fails %s", c.Cloud, c.Reason)
		}
	}
	if len(e.Conflict) > 0 {
		fmt.Fprintf(&b, "\n  these cannot all hold: %s", strings.Join(e.Conflict, "; "))
	}
	for _, r := range e.Relax {
		fmt.Fprintf(&b, "\n  would help: %s", r)
	}
	return b.String()
}

// explain fills in, for stages without options, why each cloud fails and what would help.
func (e *InfeasibleError) explain(j *Job, snap *Snapshot) {
	for i, r := range e.Stages {
		s := j.stage(r.Stage)
		for _, cloud := range snap.catalog.Clouds() {
			e.Stages[i].Clouds = append(e.Stages[i].Clouds, CloudReason{cloud.Name, snap.refusal(j, s, cloud.Name)})
		}
		e.Relax = append(e.Relax, snap.relaxations(j, s)...)
	}
}

// translate turns the solver's conflict into the job's words.
func (c *compiled) translate(err error) error {
	inf, ok := errors.AsType[*optimize.InfeasibleError](err)
	if !ok {
		return fmt.Errorf("plan job %q: %w", c.job.name, err)
	}
	out := &InfeasibleError{Job: c.job.name}
	for _, r := range inf.Conflict {
		if !c.implied(r) {
			out.Conflict = append(out.Conflict, c.ruleName(r))
		}
	}
	for _, r := range inf.Relaxations {
		if !c.implied(r.Rule) {
			out.Relax = append(out.Relax, c.relaxation(r))
		}
	}
	return out
}

// implied reports whether a rule of the problem is none of the job's: that a stage is in its zone's region.
func (c *compiled) implied(r optimize.Rule) bool {
	return r.Kind == optimize.RuleEdge && c.isTie(r.Index)
}

func (c *compiled) ruleName(r optimize.Rule) string {
	switch r.Kind {
	case optimize.RuleDeadline:
		return fmt.Sprintf("deadline %s", c.job.deadline)
	case optimize.RuleBudget:
		return fmt.Sprintf("budget %s", c.job.budget)
	case optimize.RuleGroup:
		return c.problem.Groups[r.Index].Name
	case optimize.RuleLimit:
		return c.problem.Limits[r.Index].Name
	case optimize.RuleEdge:
		e := c.problem.Edges[r.Index]
		return fmt.Sprintf("a known price for moving data from %q to %q", c.problem.Vars[e.From].Name, c.problem.Vars[e.To].Name)
	case optimize.RuleOptions:
		return fmt.Sprintf("somewhere to run %q", c.problem.Vars[r.Index].Name)
	}
	return r.String()
}

func (c *compiled) relaxation(r optimize.Relaxation) string {
	atLeast := ""
	if !r.Proved {
		atLeast = " or less"
	}
	switch r.Rule.Kind {
	case optimize.RuleDeadline:
		return fmt.Sprintf("a deadline of %s%s", time.Duration(r.Value)*time.Millisecond, atLeast)
	case optimize.RuleBudget:
		return fmt.Sprintf("a budget of %s%s", Money(r.Value)*1000, atLeast)
	case optimize.RuleLimit:
		return fmt.Sprintf("a capacity of %d%s instead of %d of %s", r.Value, atLeast, c.problem.Limits[r.Rule.Index].Max, c.scarce[r.Rule.Index])
	}
	return "without " + c.ruleName(r.Rule)
}
