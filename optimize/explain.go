package optimize

import (
	"context"
	"errors"
)

// Reason says why an option is not in the best plan.
type Reason int

const (
	// Chosen: it is in the plan.
	Chosen Reason = iota
	// Beaten: another of its class, Verdict.By, is no worse in anything that counts.
	Beaten
	// Dearer: plans with it are worse by Verdict.More.
	Dearer
	// Equal: a plan with it has the same value, and comes later in rank.
	Equal
	// Broken: no plan with it keeps all of Verdict.Breaks.
	Broken
	// Open: the work was cut short.
	Open
)

// Verdict is the answer to: why not this option?
type Verdict struct {
	Bid
	// Reason says what stands against the option.
	Reason Reason
	// More is by how much the best plan with the option is worse, in the objective's unit; 0 unless Dearer.
	More int64
	// Drop is by how much Option.Money would have to fall for a plan with it to draw level, in micro-dollars; -1 if even for
	// free it would not, if money is no part of the objective, or if it was not worked out (Beaten, Open).
	Drop int64
	// Breaks is a minimal set of rules that cannot hold together with the option; nil unless Broken.
	Breaks []Rule
}

// Explain answers for every option of variable v, in option order. sol is a solution of p, or nil to find one first.
// lim bounds the whole call. Errors are as for Bids, and those of Solve if sol is nil.
func Explain(ctx context.Context, p *Problem, sol *Solution, v int, lim Limit) ([]Verdict, error) {
	if sol == nil {
		var err error
		if sol, err = Solve(ctx, p, lim); err != nil {
			return nil, err
		}
	}
	sp := newSpent(ctx, lim)
	bids, err := bidsOf(p, sol, v, sp)
	if err != nil {
		return nil, err
	}
	x := explainer{p: p, sol: sol, v: v, sp: sp}
	out := make([]Verdict, len(bids))
	for i, b := range bids {
		out[i] = x.verdict(b)
	}
	return out, nil
}

type explainer struct {
	p   *Problem
	sol *Solution
	v   int
	sp  *spent
}

func (x *explainer) verdict(b Bid) Verdict {
	out := Verdict{Bid: b, Reason: Open, Drop: -1}
	switch {
	case x.v < len(x.sol.Choice) && x.sol.Choice[x.v] == b.Option:
		out.Reason, out.Drop = Chosen, 0
	case b.Status == Dominated:
		out.Reason = Beaten
	case b.Status == Infeasible:
		x.broken(&out)
	case b.Status == Optimal && x.sol.Status == Optimal && b.Value > x.sol.Value:
		out.Reason, out.More = Dearer, b.Value-x.sol.Value
		out.Drop = x.drop(b)
	case b.Status == Optimal && x.sol.Status == Optimal:
		out.Reason, out.Drop = Equal, 0
	}
	return out
}

// forced is the problem with one option of the variable.
func (x *explainer) forced(o int) *Problem {
	keep := narrowed(everything(x.p), x.v, func(i int) bool { return i == o })
	q := restrict(x.p, keep).Problem
	q.Then = nil
	return q
}

// broken names the rules that an option cannot keep, and the price at which it could if they are about money.
func (x *explainer) broken(out *Verdict) {
	q := x.forced(out.Option)
	if err, ok := errors.AsType[*InfeasibleError](explain(q, x.sp)); ok {
		out.Reason, out.Breaks = Broken, err.Conflict
	}
	out.Drop = x.drop(out.Bid)
}

// drop is by how much the option's money must fall. Without a budget each micro-dollar less is one less in the value of every
// plan with the option; under a budget it also opens more plans, so the value is found by bisection.
func (x *explainer) drop(b Bid) int64 {
	aim, money := x.p.Objective.Aim, x.p.Vars[x.v].Options[b.Option].Money
	if x.sol.Status != Optimal || aim != Cost && aim != Blend || x.p.Budget == 0 && b.Status != Optimal {
		return -1
	}
	if aim == Blend && x.p.Budget > 0 {
		return x.bisect(b.Option, money)
	}
	value := b.Value
	if b.Status != Optimal { // money is all that counts: at the price that draws level the budget is kept too
		q := x.forced(b.Option)
		q.Budget = 0
		r := answer(q, x.sp, firstInRank)
		if r.best == nil || r.lower < r.value {
			return -1
		}
		value = r.value
	}
	if d := value - x.sol.Value; d <= money {
		return d
	}
	return -1
}

// bisect finds the smallest drop at which the option draws level.
func (x *explainer) bisect(o int, money int64) int64 {
	level := func(drop int64) bool {
		q := x.forced(o)
		q.Vars[x.v].Options[0].Money = money - drop
		r := answer(q, x.sp, firstInRank)
		return r.best != nil && r.value <= x.sol.Value
	}
	if !level(money) {
		return -1
	}
	low, high := int64(-1), money
	for high-low > 1 {
		if mid := low + (high-low)/2; level(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	if x.sp.stopped {
		return -1
	}
	return high
}
