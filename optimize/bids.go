package optimize

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Bids answers, for every option of variable v: what is the best plan with this option forced? The answers stand in
// option order. sol is a solution of p that saves work, or nil. A bid's Value less the solution's is what the option would
// have to drop in price to draw level, when the objective is Cost or Blend.
//
// An option that another of its class beats is Dominated and not solved; except that its value follows, and is given, if
// neither time nor any limit counts. lim bounds the whole call; when it or ctx ends the work, the bids left are
// Unknown, with Bound zero. The error is that of Solve for a malformed problem, or names a variable that does not exist.
func Bids(ctx context.Context, p *Problem, sol *Solution, v int, lim Limit) ([]Bid, error) {
	return bidsOf(p, sol, v, newSpent(ctx, lim))
}

func bidsOf(p *Problem, sol *Solution, v int, sp *spent) ([]Bid, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if v < 0 || v >= len(p.Vars) {
		return nil, fmt.Errorf("optimize: bids: variable %d of %d", v, len(p.Vars))
	}
	b := &bidder{p: withMarks(p), v: v, sp: sp, bids: make([]Bid, len(p.Vars[v].Options))}
	if sol != nil && sol.Status == Optimal && len(sol.Choice) == len(p.Vars) {
		b.sol = sol
	}
	b.hopeless = hopeless(p)
	if f := newForest(p); f != nil {
		return f.bids(f.node(v)), nil
	}
	b.run()
	return b.bids, nil
}

type bidder struct {
	p        *Problem
	v        int
	sol      *Solution
	sp       *spent
	bids     []Bid
	sum      *sumBids // the same, where the value is a sum
	hopeless bool     // another variable has no option at all
}

func (b *bidder) run() {
	pr := newPricer(b.p.Objective)
	n := needsOf(b.p, pr)
	kept, by := setAside(b.p.Vars[b.v], pr)
	for o, d := range by {
		b.bids[o] = Bid{Option: o, By: d, Status: Dominated}
	}
	over := beaten(kept, n)
	if len(b.p.Limits) > 0 { // what beats another may use more of a limit
		for i := range over {
			over[i] = -1
		}
	}
	rough := b.rough()
	var open []int
	for i, d := range over {
		if d < 0 {
			open = append(open, int(kept[i].index))
		}
	}
	slices.SortStableFunc(open, func(x, y int) int { return cmp.Compare(order(rough[x]), order(rough[y])) })
	for _, o := range open {
		b.solve(o)
		if was, now := rough[o], &b.bids[o]; was.Status == Feasible && (now.Status == Unknown || now.Status == Feasible && now.Value > was.Value) {
			now.Status, now.Value, now.Bound = Feasible, was.Value, max(was.Bound, now.Bound)
		}
	}
	for i, d := range over {
		if d >= 0 {
			b.derive(kept[i].index, kept[d].index, pr, n)
		}
	}
	for o, d := range by {
		if d >= 0 {
			b.derive(int32(o), int32(d), pr, n)
		}
	}
}

// rough gives, by option, the solution with this variable moved: the best come first, and what the work does not suffice for
// is left at that.
func (b *bidder) rough() []Bid {
	if b.sol == nil {
		return make([]Bid, len(b.bids))
	}
	return newContest(b.p, b.sol, b.sp).moves(b.v)
}

// derive answers for an option from one of its class that beats it: if neither time nor a limit counts, the rest of the plan
// is the same.
func (b *bidder) derive(o, better int32, pr pricer, n needs) {
	out, from := &b.bids[o], b.bids[better]
	if n != (needs{}) || from.Status == Dominated {
		out.By, out.Bound = from.Option, from.Bound
		return
	}
	x, y := b.p.Vars[b.v].Options[o], b.p.Vars[b.v].Options[better]
	more := pr.cost(x.Money, x.Carbon).add - pr.cost(y.Money, y.Carbon).add
	out.Status, out.By, out.Bound = from.Status, -1, from.Bound
	if from.Status != Infeasible {
		out.Bound += more
	}
	if from.Status == Optimal || from.Status == Feasible {
		out.Value = from.Value + more
	}
}

// solve solves the problem with one option forced.
func (b *bidder) solve(o int) {
	out := &b.bids[o]
	out.Status = Unknown
	if b.sol != nil && b.sol.Choice[b.v] == o {
		out.Status, out.Value, out.Bound = Optimal, b.sol.Value, b.sol.Bound
		return
	}
	if b.hopeless {
		out.Status = Infeasible
		return
	}
	if b.sp.stopped {
		return
	}
	if isSum(b.p) && !impossible(b.p) {
		if b.sum == nil {
			b.sum = newSumBids(b.p, b.sol, b.sp)
		}
		b.known(out, o)
		return
	}
	b.write(out, answer(b.without(o), b.sp, bestValue))
}

// without is the problem without the variable's other options.
func (b *bidder) without(o int) *Problem {
	q := restrict(b.p, narrowed(everything(b.p), b.v, func(i int) bool { return i == o })).Problem
	q.Then = nil
	return q
}

// known writes down what is found of an option where the value is a sum.
func (b *bidder) known(out *Bid, o int) {
	value, lower := b.sum.bid(b.v, o, b.sp)
	switch {
	case lower >= inf:
		out.Status = Infeasible
	case value >= inf:
		out.Bound = max(0, lower)
	default:
		out.Status, out.Value, out.Bound = Feasible, value, max(0, min(lower, value))
		if lower >= value {
			out.Status = Optimal
		}
	}
}

func (b *bidder) write(out *Bid, r result) {
	switch {
	case r.best == nil && r.lower >= inf:
		out.Status = Infeasible
	case r.best == nil:
		out.Bound = max(0, r.lower)
	default:
		out.Value, out.Bound, out.Status = r.value, max(0, r.lower), Feasible
		if r.lower >= r.value {
			out.Status = Optimal
		}
	}
}
