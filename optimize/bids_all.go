package optimize

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Rivals answers for all variables at once what Bids answers for one, as far as little work tells. Where the value is a sum
// over links without a cycle, every bid is exact. Elsewhere a bid is at first the plan of sol with that variable moved and all
// others left: Status Feasible, and Value the most that the option comes to. Those are then made exact one after another, the
// best of each variable first, while lim lasts: its nodes (0: 5,000) count the size of the problem too. What is left
// Unknown or Dominated is for Bids to tell. Rivals[v][o] is the bid of option o of variable v.
//
// sol must be a solution of p. The error is that of Solve for a malformed problem, or says that sol is none.
func Rivals(ctx context.Context, p *Problem, sol *Solution, lim Limit) ([][]Bid, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if sol == nil || len(sol.Choice) != len(p.Vars) {
		return nil, fmt.Errorf("optimize: rivals: the solution has no choice for the %d variables", len(p.Vars))
	}
	for v, o := range sol.Choice {
		if !(Pick{v, o}).exists(p) {
			return nil, fmt.Errorf("optimize: rivals: option %d of variable %d does not exist", o, v)
		}
	}
	all := make([][]Bid, len(p.Vars))
	if f := newForest(p); f != nil {
		for i := range f.c.vars {
			all[f.c.vars[i].id] = f.bids(i)
		}
		return all, nil
	}
	if lim.Nodes == 0 {
		lim.Nodes = rivalNodes
	}
	r := newContest(p, sol, newSpent(ctx, lim))
	for v := range all {
		all[v] = r.moves(v)
	}
	r.settle(all)
	return all, nil
}

// rivalNodes is a tenth of a second or so.
const rivalNodes = 5000

// contest compares options with a plan.
type contest struct {
	p    *Problem
	sol  *Solution
	sp   *spent
	c    *counter
	now  []int // the plan, with one variable moved
	toll int   // what one exact answer costs besides its search
	sum  *sumBids
}

func newContest(p *Problem, sol *Solution, sp *spent) *contest {
	q := withMarks(p)
	r := &contest{p: q, sol: sol, sp: sp, c: newCounter(q), now: slices.Clone(sol.Choice)}
	pairs, classes := 0, make([]int, len(p.Vars))
	for v := range p.Vars {
		classes[v] = len(p.Vars[v].classes())
	}
	for _, e := range p.Edges {
		pairs += classes[e.From] * classes[e.To]
	}
	r.toll = 1 + pairs/100
	return r
}

// moves gives the bids of one variable when all others stay.
func (r *contest) moves(v int) []Bid {
	out := make([]Bid, len(r.p.Vars[v].Options))
	kept, by := setAside(r.p.Vars[v], r.c.pr)
	if len(r.p.Limits) == 0 { // what beats another may use more of a limit
		for i, d := range beaten(kept, needsOf(r.p, r.c.pr)) {
			if d >= 0 {
				by[kept[i].index] = int(kept[d].index)
			}
		}
	}
	for o := range out {
		b := &out[o]
		*b = Bid{Option: o, By: by[o], Status: Unknown}
		switch {
		case o == r.sol.Choice[v]:
			*b = Bid{Option: o, By: -1, Status: r.sol.Status, Value: r.sol.Value, Bound: r.sol.Bound}
		case by[o] >= 0:
			b.Status = Dominated
		case !r.sp.stopped:
			r.now[v] = o
			r.move(b)
		}
	}
	r.now[v] = r.sol.Choice[v]
	return out
}

// move bids the plan at hand, if it keeps the rules.
func (r *contest) move(b *Bid) {
	if !r.c.lawful(r.now) {
		return
	}
	t := r.c.count(r.now)
	if !t.within(r.p) {
		return
	}
	b.Status, b.Value, b.Bound = Feasible, t.value, min(t.value, r.sol.Bound)
	if t.value == r.sol.Bound {
		b.Status = Optimal
	}
}

// settle makes bids exact while the work lasts: in rounds, the best open one of each variable.
func (r *contest) settle(all [][]Bid) {
	rank := make([][]int, len(all))
	most := 0
	for v, bids := range all {
		for o, b := range bids {
			if b.Status == Feasible && o != r.sol.Choice[v] || b.Status == Unknown {
				rank[v] = append(rank[v], o)
			}
		}
		slices.SortStableFunc(rank[v], func(x, y int) int { return cmp.Compare(order(bids[x]), order(bids[y])) })
		most = max(most, len(rank[v]))
	}
	for round := range most {
		for v := range all {
			if round >= len(rank[v]) {
				continue
			}
			if r.sp.nodes += r.toll; r.sp.nodes > r.sp.limit || r.sp.stop() {
				return
			}
			r.exact(&all[v][rank[v][round]], v)
		}
	}
}

func order(b Bid) int64 {
	if b.Status == Unknown {
		return inf
	}
	return b.Value
}

// exact replaces a bid by what is found with the work that is left, if that is better known.
func (r *contest) exact(b *Bid, v int) {
	one := &bidder{p: r.p, v: v, sol: r.sol, sp: r.sp, bids: make([]Bid, len(r.p.Vars[v].Options))}
	one.sum = r.sum
	got := &one.bids[b.Option]
	got.Option, got.By = b.Option, -1
	one.solve(b.Option)
	r.sum = one.sum
	if got.Status != Unknown && (got.Status != Feasible || b.Status != Feasible || got.Value < b.Value) {
		*b = *got
	}
}
