package verify

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// Result is what a suite found at an endpoint. Its JSON can be kept and read back.
type Result struct {
	Service  string    `json:"service"`
	Suite    string    `json:"suite"`
	Version  string    `json:"version"`
	At       time.Time `json:"at"`
	Outcomes []Outcome `json:"outcomes"` // one per check of the suite, in its order
}

// State says how a check ended.
type State string

// The states of an outcome.
const (
	Held      State = "held"      // the requirement holds
	Broken    State = "broken"    // it does not, at an endpoint that answers
	Undecided State = "undecided" // the check was not run, or the endpoint was gone afterwards
)

// Outcome is how one check ended.
type Outcome struct {
	Check       string `json:"check"`
	Requirement string `json:"requirement"`
	State       State  `json:"state"`
	Problem     string `json:"problem,omitempty"` // what was seen instead; "" when it holds
	Left        string `json:"left,omitempty"`    // what could not be cleaned up, and why
}

// Verdict is the result as the catalog keeps it: failed at the first broken check, passed if every check held, and
// unverified as long as none is broken and not all held.
func (r Result) Verdict() catalog.Verdict {
	v := catalog.Verdict{State: catalog.Passed, Suite: r.Suite, Version: r.Version, At: r.At}
	if broken := r.Broken(); len(broken) > 0 {
		v.State, v.Failed = catalog.Failed, broken[0]
		return v
	}
	if len(r.Outcomes) == 0 || len(r.in(Held)) < len(r.Outcomes) {
		return catalog.Verdict{}
	}
	return v
}

// Broken names the checks that do not hold, in the order of the suite.
func (r Result) Broken() []string { return r.in(Broken) }

func (r Result) in(s State) []string {
	var names []string
	for _, o := range r.Outcomes {
		if o.State == s {
			names = append(names, o.Check)
		}
	}
	return names
}

// String is the result as a table, a line per check.
func (r Result) String() string {
	var b strings.Builder
	v := r.Verdict()
	fmt.Fprintf(&b, "%s, suite %s %s, %s: %s\n", r.Service, r.Suite, r.Version, r.At.Format(time.DateOnly), cmp.Or(string(v.State), "unverified"))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, o := range r.Outcomes {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", o.State, o.Check, o.remark())
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// remark is what a line says beside the state: the requirement, or what went against it, on one line.
func (o Outcome) remark() string {
	text := o.Requirement
	if o.Problem != "" {
		text = o.Problem
	}
	if o.Left != "" {
		text += "; left behind: " + o.Left
	}
	return strings.Join(strings.Fields(text), " ")
}
