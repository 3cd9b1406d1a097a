package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Run runs every check of a suite against an endpoint, one after the other; at is the date of the result. A check that
// fails does not stop the others. A failure counts only if the endpoint still answers after it: when it does not, or when
// ctx ends, the checks that are left stay undecided, and Run returns what it found so far together with the reason.
func Run[E any](ctx context.Context, s Suite[E], endpoint E, at time.Time) (Result, error) {
	r := Result{Service: s.Service, Suite: s.Name, Version: s.Version, At: at}
	if err := s.problem(); err != nil {
		return r, err
	}
	for _, c := range s.Checks {
		r.Outcomes = append(r.Outcomes, Outcome{Check: c.Name, Requirement: c.Requirement, State: Undecided, Problem: "not run"})
	}
	if err := s.answers(ctx, endpoint); err != nil {
		return r, fmt.Errorf("suite %s: before the first check: %w", s.Name, err)
	}
	for i, c := range s.Checks {
		o := &r.Outcomes[i]
		err := c.try(ctx, endpoint, o)
		if err == nil {
			o.State, o.Problem = Held, ""
			continue
		}
		o.Problem = err.Error()
		if down := s.answers(ctx, endpoint); down != nil {
			return r, fmt.Errorf("suite %s: check %s is undecided (%w): %w", s.Name, c.Name, err, down)
		}
		o.State = Broken
	}
	return r, nil
}

// answers says why nothing can be learnt from the endpoint now; nil when it can.
func (s Suite[E]) answers(ctx context.Context, endpoint E) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, DefaultLimit)
	defer cancel()
	if err := s.Ready(ctx, endpoint); err != nil {
		return fmt.Errorf("the endpoint does not answer, try again when it does: %w", err)
	}
	return nil
}

// try runs one check within its time, and then cleans up after it even when ctx has ended.
func (c Check[E]) try(ctx context.Context, endpoint E, o *Outcome) (err error) {
	limit := cmp.Or(c.Limit, DefaultLimit)
	t := newTrial(c.Name)
	defer func() {
		if left := t.clean(context.WithoutCancel(ctx)); left != nil {
			o.Left = left.Error()
		}
	}()
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = c.Run(timed, t, endpoint)
	if err != nil && ctx.Err() == nil && errors.Is(timed.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not done within %s: %w", limit, err)
	}
	return err
}
