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
		for i, nd := range f.m.nodes {
			all[nd.v] = f.bids(i)
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
	p     *Problem
	sol   *Solution
	sp    *spent
	c     *counter
	m     *model
	at    []int   // by variable: its node
	now   []int32 // by node: the choice of the plan; -1 if the model has dropped it
	ends  []int64
	toll  int // what one exact answer costs besides its search
	known bool
	sum   *sumBids
}

func newContest(p *Problem, sol *Solution, sp *spent) *contest {
	q := withMarks(p)
	r := &contest{p: q, sol: sol, sp: sp, c: newCounter(q), m: compile(q), at: make([]int, len(p.Vars))}
	r.now, r.ends, r.known = make([]int32, len(r.m.nodes)), make([]int64, len(r.m.nodes)), true
	for i, nd := range r.m.nodes {
		r.at[nd.v] = i
		k := slices.IndexFunc(nd.choices, func(c choice) bool { return int(c.index) == sol.Choice[nd.v] })
		r.now[i] = int32(k)
		r.known = r.known && k >= 0
	}
	pairs := 0
	for _, l := range r.m.edges {
		pairs += len(l.time)
	}
	r.toll = 1 + pairs/100
	return r
}

// moves gives the bids of one variable when all others stay.
func (r *contest) moves(v int) []Bid {
	out := make([]Bid, len(r.p.Vars[v].Options))
	kept, by := setAside(r.p.Vars[v], r.m.pr)
	if len(r.p.Limits) == 0 { // what beats another may use more of a limit
		for i, d := range beaten(kept, r.m.n) {
			if d >= 0 {
				by[kept[i].index] = int(kept[d].index)
			}
		}
	}
	for o := range out {
		out[o] = Bid{Option: o, By: by[o], Status: Unknown}
		if by[o] >= 0 {
			out[o].Status = Dominated
		}
	}
	i := r.at[v]
	was := r.now[i]
	for k, c := range r.m.nodes[i].choices {
		b := &out[c.index]
		if int(c.index) == r.sol.Choice[v] {
			*b = Bid{Option: b.Option, By: -1, Status: r.sol.Status, Value: r.sol.Value, Bound: r.sol.Bound}
			continue
		}
		if !r.known || r.sp.stopped {
			continue
		}
		r.now[i] = int32(k)
		if value, ok := r.value(); ok {
			*b = Bid{Option: b.Option, By: -1, Status: Feasible, Value: value, Bound: min(value, r.sol.Bound)}
			if value == r.sol.Bound {
				b.Status = Optimal
			}
		}
	}
	r.now[i] = was
	return out
}

// value is what the choice at hand comes to; ok is false if it breaks a rule.
func (r *contest) value() (value int64, ok bool) {
	pl, ok := r.m.evaluate(r.now, r.ends)
	if !ok || !formed(r.p) {
		return pl.value, ok
	}
	choice := make([]int, len(r.now))
	for i, k := range r.now {
		choice[r.m.nodes[i].v] = int(r.m.nodes[i].choices[k].index)
	}
	t := r.c.count(choice)
	return t.value, t.within(r.p)
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
	one.m, one.node, one.sum = r.m, r.at[v], r.sum
	got := &one.bids[b.Option]
	got.Option, got.By = b.Option, -1
	one.solve(b.Option)
	r.sum = one.sum
	if got.Status != Unknown && (got.Status != Feasible || b.Status != Feasible || got.Value < b.Value) {
		*b = *got
	}
}
