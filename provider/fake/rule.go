package fake

import (
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fault"
)

// Rule makes calls go wrong. The first fields choose the calls, and match every call when zero; the others say what
// happens. The first rule that matches a call decides it.
type Rule struct {
	Op       string         // "allocate", "describe", "release", "allocations", "extend", "start", "poll", "cancel", "logs", "open", "check"
	Place    catalog.Place  // calls about this place, or places inside it
	Offering string         // Allocates of the offering with this ID, or on the instance type with this name
	Market   catalog.Market // Allocates on this market
	Task     string         // Starts of tasks with this name
	Skip     int            // leaves the first so many matching calls alone
	Times    int            // applies so many times; 0 = always
	From     time.Time      // applies from then on; zero = from the start
	Until    time.Time      // applies before then; zero = without end

	Err     *fault.Error  // the call fails so; Op, Cloud and Place are filled in. nil = it does not fail
	Accept  bool          // Allocate succeeds, and becomes Refused with Err when it should have become Ready
	Lost    bool          // the call takes effect, but fails with Err; without one, as an ambiguous timeout
	Late    time.Duration // with Lost, an Allocate takes effect only so much later; keep it below Config.Settle
	Delay   time.Duration // the call takes so long
	Preempt time.Duration // the machines of an Allocate are taken back so long after they were Ready
}

// rule is a Rule and how often it has matched.
type rule struct {
	Rule
	seen, used int
}

// Add makes a rule hold from now on, after the rules there are.
func (c *Cloud) Add(r Rule) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = append(c.rules, &rule{Rule: r})
}

// Clear drops all rules: from now on everything works.
func (c *Cloud) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = nil
}

// match is the rule that decides a call; the zero Rule lets it be.
func (c *Cloud) match(call call) Rule {
	now := c.clock.Now()
	for _, r := range c.rules {
		if !r.matches(call, now) {
			continue
		}
		r.seen++
		if r.seen > r.Skip && (r.Times == 0 || r.used < r.Times) {
			r.used++
			return r.Rule
		}
	}
	return Rule{}
}

func (r *rule) matches(call call, now time.Time) bool {
	return (r.Op == "" || r.Op == call.op) &&
		(r.Place == catalog.Place{} || r.Place.Contains(call.place)) &&
		(r.Offering == "" || r.Offering == call.offering.ID || r.Offering == call.offering.Type.Name) &&
		(r.Market == "" || r.Market == call.offering.Market) &&
		(r.Task == "" || r.Task == call.task) &&
		!now.Before(r.From) && (r.Until.IsZero() || now.Before(r.Until))
}
