package optimize

import (
	"fmt"
	"strings"
)

// RuleKind names a sort of rule.
type RuleKind int

const (
	// RuleOptions: every variable needs an option; Rule.Index is the variable that has none.
	RuleOptions RuleKind = iota
	// RuleDeadline is Problem.Deadline.
	RuleDeadline
	// RuleBudget is Problem.Budget.
	RuleBudget
	// RuleCarbon is Problem.CarbonCap.
	RuleCarbon
	// RuleGroup is Problem.Groups[Rule.Index].
	RuleGroup
	// RuleEdge: the pairs of classes that Problem.Edges[Rule.Index] forbids through its tariff. For edges of one output
	// (same From, same Artifact) the first stands for all.
	RuleEdge
	// RuleLimit is Problem.Limits[Rule.Index].
	RuleLimit
)

// Rule points at one rule of a problem.
type Rule struct {
	Kind RuleKind
	// Index is a variable, group, edge or limit as Kind says; 0 for deadline, budget and carbon cap.
	Index int
}

// String names the rule, for messages.
func (r Rule) String() string {
	switch r.Kind {
	case RuleOptions:
		return fmt.Sprintf("options of variable %d", r.Index)
	case RuleDeadline:
		return "deadline"
	case RuleBudget:
		return "budget"
	case RuleCarbon:
		return "carbon cap"
	case RuleGroup:
		return fmt.Sprintf("group %d", r.Index)
	case RuleLimit:
		return fmt.Sprintf("limit %d", r.Index)
	default:
		return fmt.Sprintf("forbidden pairs of edge %d", r.Index)
	}
}

// Relaxation is one change that by itself makes an infeasible problem feasible.
type Relaxation struct {
	// Rule is what to relax.
	Rule Rule
	// Value is the smallest limit that works, everything else kept: milliseconds, micro-dollars, milligrams or units of
	// a Capacity. 0 for groups and edges, which must be dropped.
	Value int64
	// Proved is false when the work was cut short: Value works, a smaller one might.
	Proved bool
}

// InfeasibleError says that no plan keeps every rule, and why.
type InfeasibleError struct {
	// Conflict is a minimal set of rules that cannot hold together: without any one of them the others can.
	Conflict []Rule
	// Relaxations are the single changes that would help, in the order of Conflict. It can be empty: then two rules or
	// more have to give.
	Relaxations []Relaxation
	// Minimal is false when the work was cut short before Conflict could be shown to be minimal.
	Minimal bool
}

// Error names the conflict and the relaxations.
func (e *InfeasibleError) Error() string {
	var b strings.Builder
	b.WriteString("optimize: no plan keeps all of: ")
	for i, r := range e.Conflict {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(r.String())
	}
	for _, r := range e.Relaxations {
		switch r.Rule.Kind {
		case RuleDeadline, RuleBudget, RuleCarbon, RuleLimit:
			fmt.Fprintf(&b, "; a %s of %d would do", r.Rule, r.Value)
		default:
			fmt.Fprintf(&b, "; dropping %s would do", r.Rule)
		}
	}
	return b.String()
}

// UnfinishedError says that the work was cut short before any plan was found.
type UnfinishedError struct {
	// Nodes is how many search nodes were looked at.
	Nodes int
	// Cause is the context's cause, or nil when Limit.Nodes ended the work.
	Cause error
}

// Error says what ended the work.
func (e *UnfinishedError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("optimize: no plan found within the limit of %d nodes: allow more", e.Nodes)
	}
	return fmt.Sprintf("optimize: no plan found in %d nodes: %v", e.Nodes, e.Cause)
}

// Unwrap gives the context's cause.
func (e *UnfinishedError) Unwrap() error { return e.Cause }

// ProblemError says that a Problem is malformed; all faults are listed.
type ProblemError struct {
	Faults []string
}

// Error lists the faults.
func (e *ProblemError) Error() string {
	return "optimize: malformed problem: " + strings.Join(e.Faults, "; ")
}
