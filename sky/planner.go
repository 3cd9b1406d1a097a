package sky

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/optimize"
)

// planVersion is the version of a plan's JSON.
const planVersion = 1

// Plan finds the best plan for a job from what the snapshot knows. It is pure: no network, no clock, no randomness.
// The error is one [*Mistake] or more joined, an [*InfeasibleError], or the context's when it ends before any plan is
// found; when it ends later the best plan so far is returned with its proven gap.
func (s *Snapshot) Plan(ctx context.Context, j *Job) (*Plan, error) {
	return s.plan(ctx, j, past{})
}

func (s *Snapshot) plan(ctx context.Context, j *Job, before past) (*Plan, error) {
	if err := j.Validate(); err != nil {
		return nil, err
	}
	c, err := compile(j, s, before)
	var sol *optimize.Solution
	if err == nil {
		sol, err = c.solve(ctx)
	}
	if err != nil {
		if inf, ok := errors.AsType[*InfeasibleError](err); ok {
			inf.explain(j, s)
		}
		return nil, err
	}
	p, err := c.plan(sol)
	if err != nil {
		return nil, err
	}
	if before.pins != nil {
		return p, nil // a replan needs no comparisons
	}
	p.origin = &origin{snap: s, best: sol, choice: sol.Choice}
	if err := c.addBids(ctx, p, sol); err != nil {
		return nil, err
	}
	p.Singles, err = c.singles(ctx)
	return p, err
}

// plan is the solver's answer as a plan, without comparisons.
func (c *compiled) plan(sol *optimize.Solution) (*Plan, error) {
	p := &Plan{Version: planVersion, Job: c.job, Catalog: c.snap.given.Digest(), Snapshot: c.snap.digest, Proof: proofOf(sol)}
	for _, id := range c.partial {
		p.Warnings = append(p.Warnings, fmt.Sprintf("more stages may run at once on %s than its capacity was checked for", id))
	}
	return p, c.place(p, sol)
}

func (c *compiled) solve(ctx context.Context) (*optimize.Solution, error) {
	sol, err := optimize.Solve(ctx, c.problem, optimize.Limit{})
	if err != nil {
		return nil, c.translate(err)
	}
	return sol, c.verify(c.problem, sol)
}

// verify checks an answer without the solver's code.
func (c *compiled) verify(p *optimize.Problem, sol *optimize.Solution) error {
	if err := optimize.Verify(p, sol); err != nil {
		return fmt.Errorf("job %q: the plan failed its independent check; please report this: %w", c.job.name, err)
	}
	return nil
}

func proofOf(sol *optimize.Solution) Proof {
	return Proof{
		Optimal: sol.Status == optimize.Optimal, Value: sol.Value, Bound: sol.Bound, Gap: sol.Gap(), Method: sol.Stats.Method,
	}
}

// place turns the solver's choice into stages, routes and totals.
func (c *compiled) place(p *Plan, sol *optimize.Solution) error {
	grams := 0.0
	for i, s := range c.job.stages {
		o := c.options[i][sol.Choice[i]]
		chosen := o.offering
		chosen.Place = o.place
		p.Stages = append(p.Stages, PlannedStage{
			Name: s.name, Alternative: o.alternative, Offering: chosen, Hosting: c.snap.hosting(s.options()[o.alternative], chosen),
			Nodes: s.nodes, Time: o.time, Cost: o.cost, Carbon: o.grams,
		})
		if err := c.list(&p.Stages[i], c.inputs[i]); err != nil {
			return err
		}
		p.List += p.Stages[i].List
		p.Cost += o.cost
		if o.grams == nil {
			grams = -1
		} else if grams >= 0 {
			grams += *o.grams
		}
	}
	if grams >= 0 {
		p.Carbon = &grams
	}
	if err := c.addRoutes(p); err != nil {
		return err
	}
	c.schedule(p)
	c.warnOfClosing(p)
	return c.spend(p)
}

// addRoutes says how each artifact gets to each place that reads it: once, however many stages there do.
func (c *compiled) addRoutes(p *Plan) error {
	type way struct {
		artifact string
		to       catalog.Place
	}
	known, counted := map[way]int{}, newTolls(c.snap, c.past)
	for i, s := range c.job.stages {
		to := p.Stages[i].Offering.Place.InRegion()
		for _, ref := range s.reads {
			w := way{ref, to}
			if at, ok := known[w]; ok {
				p.Routes[at].Consumers = append(p.Routes[at].Consumers, s.name)
				continue
			}
			r, warning, err := c.route(p, counted, ref, to)
			if err != nil {
				return err
			}
			if warning != "" && !slices.Contains(p.Warnings, warning) {
				p.Warnings = append(p.Warnings, warning)
			}
			r.Consumers = []string{s.name}
			known[w] = len(p.Routes)
			p.Routes = append(p.Routes, r)
			p.Egress += r.Cost
			p.List += r.List
			p.Cost += r.Cost
		}
	}
	return nil
}

func (c *compiled) route(p *Plan, counted tolls, ref string, to catalog.Place) (Route, string, error) {
	from := c.source(p, ref)
	r := Route{Artifact: ref, From: from, To: to, Kind: InPlace, Bytes: c.sizes[ref]}
	switch {
	case from == to:
		return r, "", nil
	case c.past.holds(ref, to):
		r.Kind = Reuse
		return r, "", nil
	}
	link, ok := c.snap.link(from, to)
	if !ok {
		return r, "", fmt.Errorf("artifact %q: no price is known for moving data from %s to %s", ref, from, to)
	}
	r.Kind, r.Mover, r.Time = Direct, moverHost, transferTime(link, r.Bytes)
	if used, of := counted.used(&link); of.Cloud != "" {
		r.Used, r.Meter = used, of.String()
	}
	counted.pass(&link, r.Bytes)
	var err error
	if r.Cost, r.List, err = c.snap.transferCost(link, r.Bytes, r.Used); err != nil {
		return r, "", fmt.Errorf("artifact %q from %s to %s: %w", ref, from, to, err)
	}
	if link.Bandwidth > 0 {
		return r, "", nil
	}
	return r, fmt.Sprintf("no bandwidth is known from %s to %s: planned with 1 Gbit/s", from, to), nil
}

// moverHost is the mover that every host can be: the process the broker runs in.
const moverHost = "host"

func transferTime(l catalog.Link, b Bytes) time.Duration {
	seconds := float64(b) / bandwidth(l)
	if seconds >= maxEstimate.Seconds() {
		return maxEstimate
	}
	return (l.Latency + time.Duration(seconds*1e9) + time.Millisecond - 1).Truncate(time.Millisecond)
}

// source is where an artifact is made, or where a dataset is.
func (c *compiled) source(p *Plan, ref string) catalog.Place {
	v := c.vars[ref]
	if v < len(p.Stages) {
		return p.Stages[v].Offering.Place.InRegion()
	}
	return c.places[c.problem.Vars[v].Options[0].Class].InRegion()
}

// schedule sets when each stage starts: when the last of what it waits for has ended or arrived.
func (c *compiled) schedule(p *Plan) {
	travel := map[string]time.Duration{} // by artifact and consumer
	for _, r := range p.Routes {
		for _, s := range r.Consumers {
			travel[r.Artifact+" "+s] = r.Time
		}
	}
	for _, i := range c.job.order() {
		s, start := c.job.stages[i], time.Duration(0)
		for _, ref := range s.reads {
			start = max(start, c.end(p, ref)+travel[ref+" "+s.name])
		}
		for _, name := range s.after {
			before := p.Stages[c.job.stage(name).pos]
			start = max(start, before.Start+before.Time)
		}
		p.Stages[i].Start = start
		p.Time = max(p.Time, start+p.Stages[i].Time)
	}
}

func (c *compiled) end(p *Plan, ref string) time.Duration {
	if v := c.vars[ref]; v < len(p.Stages) {
		return p.Stages[v].Start + p.Stages[v].Time
	}
	return 0
}

// addBids ranks, for every stage, the best of each region by what choosing it would add to the whole plan. Of a large job not
// all of that is worked out: then a bid tells the most it can add, or is left out. See [Plan.Explain].
func (c *compiled) addBids(ctx context.Context, p *Plan, sol *optimize.Solution) error {
	all, err := optimize.Rivals(ctx, c.problem, sol, optimize.Limit{})
	if err != nil {
		return fmt.Errorf("bids for job %q: %w", c.job.name, err)
	}
	for i := range p.Stages {
		p.Stages[i].Bids = append(c.rank(i, sol, all[i]), c.excluded(i)...)
	}
	return nil
}

type rankedBid struct {
	bid   Bid
	value int64
}

// rank gives the best bid of each region, the winner first.
func (c *compiled) rank(i int, sol *optimize.Solution, bids []optimize.Bid) []Bid {
	var all []rankedBid
	for _, b := range bids {
		if b.Option == sol.Choice[i] || b.Status != optimize.Dominated && b.Status != optimize.Unknown {
			all = append(all, c.bid(i, sol, b))
		}
	}
	return bestOfRegions(all)
}

// compareBids puts the winner first, then the least value, then the name.
func compareBids(a, b rankedBid) int {
	return cmp.Or(
		cmp.Compare(rankOf(a.bid), rankOf(b.bid)), cmp.Compare(a.value, b.value), cmp.Compare(a.bid.Offering, b.bid.Offering))
}

func rankOf(b Bid) int {
	if b.WhyNot == "" {
		return 0
	}
	return 1
}

func (c *compiled) bid(i int, sol *optimize.Solution, b optimize.Bid) rankedBid {
	o := c.options[i][b.Option]
	r := rankedBid{value: b.Value, bid: Bid{
		Offering: o.offering.ID, Place: o.place, Time: o.time, Cost: o.cost,
		Price: fmt.Sprintf("%s/%s", o.offering.Price, o.offering.Unit),
	}}
	switch {
	case b.Option == sol.Choice[i]:
		r.value = sol.Value
	case b.Status == optimize.Infeasible:
		r.value, r.bid.WhyNot = 1<<62, "breaks the deadline, the budget or a rule over several stages"
	case b.Status == optimize.Feasible:
		r.bid.WhyNot = c.adds(&r.bid, b.Value-sol.Value) + atMost
	default:
		r.bid.WhyNot = c.adds(&r.bid, b.Value-sol.Value)
	}
	return r
}

// atMost ends what a bid would add where that is not worked out to the end.
const atMost = " at most"

// adds says what choosing another option would add to the objective.
func (c *compiled) adds(b *Bid, by int64) string {
	switch c.job.objective.Kind {
	case minTime:
		return fmt.Sprintf("adds %s to the plan", time.Duration(by)*time.Millisecond)
	case minCarbon:
		return fmt.Sprintf("adds %.1f g CO2e to the plan", float64(by)/1000)
	}
	b.Adds = Money(by) * 1000
	if by == 0 {
		return "as good; later in the neutral order"
	}
	return fmt.Sprintf("adds %s to the plan", b.Adds)
}

// excluded lists the clouds that have no option for a stage, with the first condition they fail.
func (c *compiled) excluded(i int) []Bid {
	var out []Bid
	for _, cloud := range c.snap.catalog.Clouds() {
		if slices.ContainsFunc(c.options[i], func(o option) bool { return o.place.Cloud == cloud.Name }) {
			continue
		}
		reason := c.snap.refusal(c.job, c.job.stages[i], cloud.Name)
		out = append(out, Bid{Place: catalog.Place{Cloud: cloud.Name}, WhyNot: "fails " + reason})
	}
	return out
}

// singles is the best plan on each cloud alone.
func (c *compiled) singles(ctx context.Context) ([]SingleCloud, error) {
	var out []SingleCloud
	for _, cloud := range c.snap.catalog.Clouds() {
		single := SingleCloud{Cloud: cloud.Name}
		if err := c.single(ctx, &single); err != nil {
			return nil, fmt.Errorf("plan on %s alone: %w", cloud.Name, err)
		}
		out = append(out, single)
	}
	return out, nil
}

// single finds the best plan on one cloud, or why there is none.
func (c *compiled) single(ctx context.Context, s *SingleCloud) error {
	alone, err := c.only(s.Cloud)
	var sol *optimize.Solution
	if err == nil {
		sol, err = alone.solve(ctx)
	}
	if err == nil {
		p := &Plan{}
		err = alone.place(p, sol)
		s.Cost, s.Time = p.Cost, p.Time
		return err
	}
	if inf, ok := errors.AsType[*InfeasibleError](err); ok {
		s.Reason = c.snap.singleReason(c.job, inf, s.Cloud)
		return nil
	}
	if _, cut := errors.AsType[*optimize.UnfinishedError](err); cut {
		s.Reason = "not known: the search was cut short"
		return nil
	}
	return err
}

func (s *Snapshot) singleReason(j *Job, inf *InfeasibleError, cloud string) string {
	if len(inf.Stages) > 0 {
		first := j.stage(inf.Stages[0].Stage)
		return fmt.Sprintf("stage %q fails %s", first.name, s.refusal(j, first, cloud))
	}
	if len(inf.Conflict) > 0 {
		return fmt.Sprintf("cannot keep %s", inf.Conflict[0])
	}
	return "no plan"
}
