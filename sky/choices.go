package sky

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/optimize"
)

// origin is what a plan was made from: what it takes to ask what else could have been planned.
type origin struct {
	snap   *Snapshot
	best   *optimize.Solution // of the job; its choice, like the next, is by variable of the compiled job
	choice []int              // this plan's
}

// DetachedPlanError says that a plan cannot be asked about other choices, because it does not know what it was made from:
// it was read from JSON, or comes from the middle of a run. Plan the job again to get one that can.
type DetachedPlanError struct {
	Job  string // "" when the plan has none
	Want string // what was asked for
}

// Error names the job, what was asked and what to do.
func (e *DetachedPlanError) Error() string {
	return fmt.Sprintf("%s of the plan of job %q: a plan that was read from JSON, or made during a run, does not know the prices it was "+
		"made from: plan it again with Broker.Plan or Snapshot.Plan", e.Want, e.Job)
}

// compiled is the plan's job as a problem again.
func (p *Plan) compiled(want string) (*compiled, error) {
	if p == nil || p.origin == nil || p.Job == nil {
		e := &DetachedPlanError{Want: want}
		if p != nil && p.Job != nil {
			e.Job = p.Job.name
		}
		return nil, e
	}
	return compile(p.Job, p.origin.snap, past{})
}

// Pareto lists the trade-offs between cost and time as whole plans, the cheapest first: each is the cheapest of those that
// are as fast, under all rules of the job. Their proofs compare them, in the job's own objective, with the best plan
// there is. They have no bids; ask [Plan.Explain].
//
// The errors are a [*DetachedPlanError], or the context's when it ends before anything is found; when it ends later, a warning of
// each plan says that some may be missing. It is safe for concurrent use.
func (p *Plan) Pareto(ctx context.Context) ([]*Plan, error) {
	c, err := p.compiled("the trade-offs")
	if err != nil {
		return nil, err
	}
	f, err := optimize.Front(ctx, c.problem, []optimize.Aim{optimize.Cost, optimize.Time}, optimize.Limit{})
	if err != nil {
		return nil, c.translate(err)
	}
	return c.others(ctx, p, f.Points, f.Complete)
}

// Alternatives lists up to k plans to fall back on, the best first. Each puts at least one stage in another region than
// this plan, and than every plan before it, does. There are fewer when no more exist. Proofs, bids and errors are as for
// [Plan.Pareto]. It is safe for concurrent use.
func (p *Plan) Alternatives(ctx context.Context, k int) ([]*Plan, error) {
	c, err := p.compiled("alternatives")
	if err != nil || k <= 0 {
		return nil, err
	}
	r, err := optimize.Diverse(ctx, c.problem, k+1, optimize.Difference{Level: optimize.Region}, optimize.Limit{})
	if err != nil {
		return nil, c.translate(err)
	}
	sols := slices.DeleteFunc(r.Plans, func(s *optimize.Solution) bool { return c.sameRegions(s.Choice, p.origin.choice) })
	return c.others(ctx, p, sols[:min(k, len(sols))], r.Complete)
}

func (c *compiled) sameRegions(a, b []int) bool {
	for i, options := range c.options {
		if options[a[i]].place.InRegion() != options[b[i]].place.InRegion() {
			return false
		}
	}
	return true
}

// others are plans of the same job from the same snapshot as p, measured in the job's objective.
func (c *compiled) others(ctx context.Context, p *Plan, sols []*optimize.Solution, complete bool) ([]*Plan, error) {
	plans := make([]*Plan, 0, len(sols))
	for _, sol := range sols {
		same, err := c.fixed(ctx, sol.Choice)
		if err != nil {
			return nil, err
		}
		q, err := c.plan(same)
		if err != nil {
			return nil, err
		}
		q.Proof = against(q.Proof, p.Proof.Bound)
		q.Singles, q.origin = p.Singles, &origin{snap: c.snap, best: p.origin.best, choice: sol.Choice}
		if !complete {
			q.Warnings = append(q.Warnings, "the search was cut short: other choices may be missing")
		}
		plans = append(plans, q)
	}
	return plans, nil
}

// against is the proof of a plan with a given value, when no plan is better than the bound.
func against(p Proof, bound int64) Proof {
	p.Bound, p.Method, p.Optimal, p.Gap = min(bound, p.Value), "comparison", p.Value <= bound, 0
	if !p.Optimal {
		p.Gap = float64(p.Value-bound) / float64(p.Value)
	}
	return p
}

// fixed measures one choice in the job's objective, and checks it against every rule.
func (c *compiled) fixed(ctx context.Context, choice []int) (*optimize.Solution, error) {
	q := *c.problem
	q.Vars = slices.Clone(q.Vars)
	for v := range q.Vars {
		q.Vars[v].Options = q.Vars[v].Options[choice[v] : choice[v]+1]
	}
	sol, err := optimize.Solve(ctx, &q, optimize.Limit{})
	if err != nil {
		return nil, c.translate(err)
	}
	if err := c.verify(&q, sol); err != nil {
		return nil, err
	}
	sol.Choice = choice
	return sol, nil
}

// Explain ranks the bids for one stage, the best of each region, the winner of the best plan first. For each loser it says
// which rules no plan with it can keep, or what choosing it would add to the plan and, in [Bid.Drop], what its own cost
// would have to fall by to draw level; where the work for that does not suffice, the most it adds. Then come the clouds that have no option, each with the first condition it fails.
//
// The errors are a [*DetachedPlanError], one that names a stage the job does not have, or the context's. It is safe for
// concurrent use.
func (p *Plan) Explain(ctx context.Context, stage string) ([]Bid, error) {
	c, err := p.compiled(fmt.Sprintf("an explanation of stage %q", stage))
	if err != nil {
		return nil, err
	}
	s := c.job.stage(stage)
	if s == nil {
		return nil, fmt.Errorf("explain stage %q: job %q has no such stage", stage, c.job.name)
	}
	sol := p.origin.best
	verdicts, err := optimize.Explain(ctx, c.problem, sol, s.pos, optimize.Limit{})
	if err != nil {
		return nil, c.translate(err)
	}
	var all []rankedBid
	for _, v := range verdicts {
		if v.Reason != optimize.Beaten && v.Reason != optimize.Open {
			all = append(all, c.verdict(s.pos, sol, v))
		}
	}
	return append(bestOfRegions(all), c.excluded(s.pos)...), context.Cause(ctx)
}

// verdict is a bid with all that stands against it.
func (c *compiled) verdict(i int, sol *optimize.Solution, v optimize.Verdict) rankedBid {
	r := c.bid(i, sol, v.Bid)
	if v.Reason == optimize.Broken {
		var rules []string
		for _, rule := range v.Breaks {
			rules = append(rules, c.ruleName(rule))
		}
		r.bid.WhyNot = "breaks " + strings.Join(rules, " and ")
	}
	if v.Reason != optimize.Chosen && v.Drop > 0 {
		r.bid.Drop = Money(v.Drop) * 1000
	}
	return r
}

// bestOfRegions ranks bids and keeps the first of each region.
func bestOfRegions(all []rankedBid) []Bid {
	slices.SortFunc(all, compareBids)
	seen, out := map[catalog.Place]bool{}, make([]Bid, 0, len(all))
	for _, r := range all {
		if region := r.bid.Place.InRegion(); !seen[region] {
			seen[region] = true
			out = append(out, r.bid)
		}
	}
	return out
}
