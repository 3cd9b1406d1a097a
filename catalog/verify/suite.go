package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Suite is what users of a service rely on, as checks of an endpoint of type E: a *sql.DB, a client, an address. It is a
// value: the same suite runs against any number of endpoints, also at once.
type Suite[E any] struct {
	Name    string // "s3-api"
	Version string // of the checks, raised whenever a check is added or asks for more: "1.2"
	Service string // the service of the catalog that the checks are about: "s3"
	// Ready asks whether the endpoint answers these credentials at all, before the first check and again after each that
	// fails: an endpoint that is down, or a wrong password, says nothing about compatibility. nil = it always is.
	Ready  func(ctx context.Context, endpoint E) error
	Checks []Check[E]
}

// Check is one thing that users rely on.
type Check[E any] struct {
	Name        string        // small letters, digits and dashes, its own within the suite: "part-order"
	Requirement string        // in a sentence, for people: "a write on the condition that nothing is there never overwrites"
	Limit       time.Duration // how long it may take before it counts as failed; 0 = a minute
	// Run returns nil when the requirement holds, and an error saying what was seen instead when it does not. What it
	// creates it names by t.Name and removes by t.Cleanup. It must return soon after ctx ends.
	Run func(ctx context.Context, t *Trial, endpoint E) error
}

// DefaultLimit is how long a check may take that does not say.
const DefaultLimit = time.Minute

// cleanupLimit bounds each clean-up, which also runs when the time of its check is over.
const cleanupLimit = 30 * time.Second

// problem is what is wrong with the suite itself.
func (s Suite[E]) problem() error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("suite %q: "+format, append([]any{s.Name}, args...)...))
	}
	for _, f := range []struct{ what, text string }{{"name", s.Name}, {"version", s.Version}, {"service", s.Service}} {
		if f.text == "" {
			bad("has no %s", f.what)
		}
	}
	if len(s.Checks) == 0 {
		bad("has no checks: it would pass anything")
	}
	seen := map[string]bool{}
	for i, c := range s.Checks {
		switch {
		case !dashed(c.Name):
			bad("check %d: name %q: want small letters, digits and dashes", i, c.Name)
		case seen[c.Name]:
			bad("check %q: given twice", c.Name)
		case c.Run == nil:
			bad("check %q: has nothing to run", c.Name)
		case c.Requirement == "":
			bad("check %q: say what users rely on", c.Name)
		}
		seen[c.Name] = true
	}
	return errors.Join(problems...)
}

func dashed(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}
