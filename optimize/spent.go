package optimize

import "context"

// defaultWork is Limit.Nodes if that is zero.
const defaultWork = 300_000

// spent counts the work of one call, over all that solve for it, and knows when to stop.
type spent struct {
	ctx     context.Context
	nodes   int
	limit   int
	stopped bool
	shrink  int // tests narrow the searches by this power of two, to see the branching at work
}

func newSpent(ctx context.Context, lim Limit) *spent {
	if lim.Nodes == 0 {
		lim.Nodes = defaultWork
	}
	return &spent{ctx: ctx, limit: lim.Nodes}
}

func (s *spent) stop() bool {
	s.nodes++
	if s.nodes > s.limit || s.nodes%64 == 0 && s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stopped
}

// goal says how much of an answer is wanted.
type goal int

const (
	firstInRank goal = iota // the first in rank
	bestValue               // any plan of the best value
	anyPlan                 // any plan
)

// plan is a complete choice, by variable, with its totals.
type plan struct {
	option []int32
	cost
	time  int64
	value int64
}

// choice is the plan's options.
func (pl *plan) choice() []int {
	out := make([]int, len(pl.option))
	for v, o := range pl.option {
		out[v] = int(o)
	}
	return out
}

// result is what is known at the end of a solve.
type result struct {
	best   *plan
	value  int64 // of best under the problem's own objective
	lower  int64 // no plan has a lower value; inf: there is none
	ranked bool  // best is also the first among its equals
	agreed bool  // best is among the first in all aims that were asked for, see answerThen
	kept   int   // options left after presolve
	method string
}
