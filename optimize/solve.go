package optimize

import (
	"context"
	"slices"
)

// Solve finds the best plan. Always the same plan for the same problem, unless a context or limit ends the work.
//
// The error is a *ProblemError for a malformed problem, an *InfeasibleError when it is proved that no plan keeps every
// rule, an *UnfinishedError when ctx or lim ended the work before a plan was found. If they end it later, the error is
// nil, the status Feasible, and the solution the best so far with its bound. A search that would need more memory than
// some tens of megabytes ends in the same way.
func Solve(ctx context.Context, p *Problem, lim Limit) (*Solution, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sp := newSpent(ctx, lim)
	a := answer(p, sp)
	s := a.solution(p)
	s.Stats.Nodes = sp.nodes
	switch s.Status {
	case Infeasible:
		return s, explain(p, newSpent(ctx, lim))
	case Unknown:
		return s, &UnfinishedError{Nodes: sp.nodes, Cause: context.Cause(ctx)}
	}
	return s, nil
}

// answer solves a valid problem, ties included.
func answer(p *Problem, sp *spent) result {
	if slices.ContainsFunc(p.Vars, func(v Var) bool { return len(v.Options) == 0 }) {
		return result{lower: inf}
	}
	if len(p.Then) > 0 { // several aims: one solve each, see then.go
		return answerThen(p, sp)
	}
	if formed(p) { // limits and meters: branch and bound around the core, see forms.go
		return answerForms(p, sp, firstInRank)
	}
	if isSum(p) && !markedTies(p) { // the value adds up over options and pairs: elimination and message passing, see sum.go
		return solveSum(p, sp)
	}
	if !markedTies(p) { // one sum and one makespan, nothing shared: prices of time and frontier labels, see deadline_solve.go
		if r, ok := timedAnswer(p, sp); ok {
			return r
		}
	}
	want := firstInRank
	if p.Objective.Aim == Time { // the rest of the ranking is another problem, see cheapest
		want = bestValue
	}
	r := compile(p).solve(sp, nil, want)
	if r.best == nil || p.Objective.Aim != Time {
		return r
	}
	if r.lower < r.best.value {
		return r
	}
	return r.cheapest(p, sp)
}

// cheapest finds the first in rank among the fastest plans: the cheapest that is as fast.
func (r result) cheapest(p *Problem, sp *spent) result {
	q := *p
	q.Objective = Objective{Aim: Cost}
	q.Deadline = max(1, r.value) // zero would be none
	m := compile(&q)
	m.deadline = r.value
	m.window()
	again := m.solve(sp, m.adopt(r.best), firstInRank)
	if again.best == nil {
		return r
	}
	again.value, again.ranked = r.value, again.lower >= again.best.value && again.ranked
	again.lower, again.root = r.lower, r.root
	return again
}

// solution writes a result down.
func (r result) solution(p *Problem) *Solution {
	s := &Solution{Stats: Stats{Ranked: r.ranked}}
	for _, v := range p.Vars {
		s.Stats.Options += len(v.Options)
	}
	if r.m != nil {
		for i := range r.m.nodes {
			s.Stats.Kept += len(r.m.nodes[i].choices)
		}
	}
	s.Stats.Method = "search"
	if r.root {
		s.Stats.Method = "bound"
	}
	if formed(p) {
		s.Stats.Method = "forms"
	}
	if r.sum != nil {
		s.Stats.Kept, s.Stats.Method = r.sum.kept, r.sum.method
	}
	switch {
	case r.best == nil && r.lower >= inf:
		s.Status = Infeasible
		return s
	case r.best == nil:
		s.Bound = max(0, r.lower)
		return s
	}
	s.Choice = r.m.choice(r.best)
	s.Value, s.Money, s.Time, s.Carbon = r.value, r.best.money, r.best.time, r.best.carbon
	s.Bound = max(0, min(r.lower, r.value))
	s.Status = Feasible
	if s.Bound == s.Value {
		s.Status = Optimal
	}
	return s
}
