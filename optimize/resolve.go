package optimize

import (
	"context"
	"fmt"
	"slices"
)

// Pick is one option of one variable, by index.
type Pick struct{ Var, Option int }

func (x Pick) exists(p *Problem) bool {
	return x.Var >= 0 && x.Var < len(p.Vars) && x.Option >= 0 && x.Option < len(p.Vars[x.Var].Options)
}

// Change is what happened since a problem was solved. Indices are those of the problem; they stay the same.
type Change struct {
	// Remove lists options that are gone.
	Remove []Pick
	// Block lists classes that are gone: every option there is removed, except a pinned one.
	Block []int
	// Pin fixes variables to one option each: stages that have finished or run on. A pin outweighs Remove.
	Pin []Pick
}

// Resolve finds the best plan after a change, from a solution of p before it. If sol was optimal and its plan is still
// there, it stays optimal, since fewer options cannot make anything better: it comes back at once, and Stats.Method is
// "kept". (Among plans that equal it, another may rank first by now: a plan that need not change does not.) Otherwise
// the problem that is left is solved.
//
// To make the solve that is left short, see Prepare.
//
// sol may be nil. The errors are those of Solve, or name a pick that does not exist. The rules of an InfeasibleError are those
// of p, with RuleOptions for a variable of which nothing is left.
func Resolve(ctx context.Context, p *Problem, sol *Solution, c Change, lim Limit) (*Solution, error) {
	if err := c.check(p); err != nil {
		return nil, err
	}
	if c.leaves(p, sol) {
		kept := *sol
		kept.Choice = slices.Clone(sol.Choice)
		kept.Stats.Method, kept.Stats.Nodes = "kept", 0
		return &kept, nil
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := restrict(withMarks(p), c.keep(p))
	sp := newSpent(ctx, lim)
	r := answer(s.Problem, sp, firstInRank)
	out := r.solution(s.Problem)
	out.Stats.Nodes = sp.nodes
	switch out.Status {
	case Infeasible:
		return out, explain(s.Problem, newSpent(ctx, lim))
	case Unknown:
		return out, &UnfinishedError{Nodes: sp.nodes, Cause: context.Cause(ctx)}
	}
	out.Choice = s.lift(out.Choice)
	return out, nil
}

// check finds picks and classes that do not exist.
func (c Change) check(p *Problem) error {
	for _, x := range slices.Concat(c.Remove, c.Pin) {
		if !x.exists(p) {
			return fmt.Errorf("optimize: resolve: option %d of variable %d does not exist", x.Option, x.Var)
		}
	}
	for _, b := range c.Block {
		if b < 0 || b >= p.Classes {
			return fmt.Errorf("optimize: resolve: class %d of %d does not exist", b, p.Classes)
		}
	}
	return nil
}

// leaves says that a solution is optimal and its plan untouched.
func (c Change) leaves(p *Problem, sol *Solution) bool {
	if sol == nil || sol.Status != Optimal || len(sol.Choice) != len(p.Vars) {
		return false
	}
	pinned := map[int]bool{}
	for _, x := range c.Pin {
		if sol.Choice[x.Var] != x.Option {
			return false
		}
		pinned[x.Var] = true
	}
	for _, x := range c.Remove {
		if !pinned[x.Var] && sol.Choice[x.Var] == x.Option {
			return false
		}
	}
	for v, o := range sol.Choice {
		if !(Pick{v, o}).exists(p) {
			return false
		}
		if !pinned[v] && slices.Contains(c.Block, p.Vars[v].Options[o].Class) {
			return false
		}
	}
	return true
}

// keep lists what is left of each variable's options.
func (c Change) keep(p *Problem) [][]int {
	gone := map[Pick]bool{}
	for _, x := range c.Remove {
		gone[x] = true
	}
	blocked := map[int]bool{}
	for _, b := range c.Block {
		blocked[b] = true
	}
	keep := everything(p)
	for v := range keep {
		keep[v] = slices.DeleteFunc(keep[v], func(o int) bool { return gone[Pick{v, o}] || blocked[p.Vars[v].Options[o].Class] })
	}
	for _, x := range c.Pin {
		keep[x.Var] = []int{x.Option}
	}
	return keep
}
