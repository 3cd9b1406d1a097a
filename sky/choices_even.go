package sky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openintercloud/broker/optimize"
)

// BreakEven is where the best plan of a job changes when one number of it does.
type BreakEven struct {
	Found  bool    // false when the plan stays the best as far as was looked: a thousandfold
	Factor float64 // the first multiple of the number, to a thousandth for prices, at which another plan is better
	Size   Bytes   // the size at that point; 0 where prices change
	After  *Plan   // the best plan there, at the prices and sizes there; nil when there is none
}

// mostFold is how far break-evens are looked for.
const mostFold = 1000

// EgressBreakEven multiplies all prices of moving data by one factor, from 1 on, and finds where the best plan changes. The
// plan after is a supposition: its costs are at the multiplied prices, so it is no plan to run.
//
// The errors are a [*DetachedPlanError], or the context's, or one that says the search was cut short. It is safe for concurrent use.
func (p *Plan) EgressBreakEven(ctx context.Context) (*BreakEven, error) {
	c, err := p.compiled("the break-even of egress")
	if err != nil {
		return nil, err
	}
	at := optimize.ScaleTariff(c.problem, 0)
	flip, err := optimize.BreakEven(ctx, at, 1000, farthest(at, 1000, mostFold*1000), optimize.Limit{})
	if err != nil || !flip.Found {
		return noBreakEven(c, err)
	}
	dear, err := c.snap.supposing(flip.At)
	if err != nil {
		return nil, err
	}
	out := &BreakEven{Found: true, Factor: float64(flip.At) / 1000}
	out.After, err = dear.after(c.job, flip)
	return out, err
}

// SizeBreakEven makes one artifact larger, a dataset ("raw") or an output ("clean/reviews"), with all that its size
// decides: moving it, the time of stages that read it and their price, and finds where the best plan changes. An artifact
// without a size is looked at up to 1 TB.
//
// Errors are as for [Plan.EgressBreakEven], and one that names an artifact the job does not have. It is safe for concurrent
// use.
func (p *Plan) SizeBreakEven(ctx context.Context, artifact string) (*BreakEven, error) {
	c, err := p.compiled(fmt.Sprintf("the break-even of the size of %q", artifact))
	if err != nil {
		return nil, err
	}
	size, ok := c.sizes[artifact]
	if !ok {
		return nil, fmt.Errorf("break-even of the size of %q: job %q has no such artifact", artifact, c.job.name)
	}
	var failed error
	at := func(kb int64) *optimize.Problem {
		larger, err := c.resized(artifact, kb)
		if err != nil {
			failed = errors.Join(failed, err)
			return &optimize.Problem{Classes: -1} // refused by the solver
		}
		return larger.problem
	}
	from, to := kilobytes(size), kilobytes(TB)
	if from > 0 {
		to = farthest(at, from, mostFold*min(from, maxKB/mostFold))
	}
	failed = nil // sizes too large to price were left out
	flip, err := optimize.BreakEven(ctx, at, from, to, optimize.Limit{})
	if failed != nil {
		return nil, failed
	}
	if err != nil || !flip.Found {
		return noBreakEven(c, err)
	}
	larger, err := c.resized(artifact, flip.At)
	if err != nil {
		return nil, err
	}
	out := &BreakEven{Found: true, Size: Bytes(flip.At) * KB}
	if size > 0 {
		out.Factor = float64(out.Size) / float64(size)
	}
	out.After, err = c.snap.after(larger.job, flip)
	return out, err
}

// maxKB is an exabyte, more than any artifact.
const maxKB = 1_000_000_000_000_000

func noBreakEven(c *compiled, err error) (*BreakEven, error) {
	if err != nil {
		return nil, c.translate(err)
	}
	return &BreakEven{}, nil
}

// farthest is the last number, halving the way from the end, that still makes a problem whose totals fit.
func farthest(at func(int64) *optimize.Problem, from, to int64) int64 {
	for to > from && at(to).Validate() != nil {
		to = from + (to-from)/2
	}
	return to
}

// resized is the same job with another size of one artifact.
func (c *compiled) resized(artifact string, kb int64) (*compiled, error) {
	text, err := json.Marshal(c.job)
	if err != nil {
		return nil, err
	}
	j := &Job{}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, err
	}
	if d := j.dataset(artifact); d != nil {
		d.size = Bytes(kb) * KB
	} else if o := j.output(artifact); o != nil {
		o.size = Bytes(kb) * KB
	}
	return compile(j, c.snap, past{})
}

// after is the plan on the other side of a break-even.
func (s *Snapshot) after(j *Job, flip *optimize.Flip) (*Plan, error) {
	if flip.After == nil {
		return nil, nil
	}
	c, err := compile(j, s, past{})
	if err != nil {
		return nil, err
	}
	if err := c.verify(c.problem, flip.After); err != nil {
		return nil, err
	}
	p, err := c.plan(flip.After)
	if err != nil {
		return nil, err
	}
	p.origin = &origin{snap: s, best: flip.After, choice: flip.After.Choice}
	return p, nil
}
