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
	a := answer(p, sp, firstInRank)
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

// answer solves a valid problem, ties included if they are wanted.
func answer(p *Problem, sp *spent, want goal) result {
	if impossible(p) || slices.ContainsFunc(p.Vars, func(v Var) bool { return len(v.Options) == 0 }) {
		return result{lower: inf, method: "bound"}
	}
	if len(p.Then) > 0 && want == firstInRank { // several aims: one solve each, see then.go
		return answerThen(p, sp)
	}
	if q, most, ok := ownCap(p); ok {
		if want == anyPlan { // not any keeps the cap
			want = bestValue
		}
		return answer(q, sp, want).upTo(most)
	}
	if formed(p) { // limits and meters: branch and bound around the core, see forms.go
		return answerForms(p, sp, want)
	}
	if isSum(p) { // the value adds up over options and pairs: elimination and message passing, see sum.go
		return solveSum(p, sp)
	}
	return timedAnswer(p, sp, want) // one sum and one makespan: prices of time and frontier labels, see deadline_solve.go
}

// solution writes a result down.
func (r result) solution(p *Problem) *Solution {
	s := &Solution{Stats: Stats{Ranked: r.ranked, Kept: r.kept, Method: r.method}}
	for _, v := range p.Vars {
		s.Stats.Options += len(v.Options)
	}
	switch {
	case r.best == nil && r.lower >= inf:
		s.Status = Infeasible
		return s
	case r.best == nil:
		s.Bound = max(0, r.lower)
		return s
	}
	s.Choice = r.best.choice()
	s.Value, s.Money, s.Time, s.Carbon = r.value, r.best.money, r.best.time, r.best.carbon
	s.Bound = max(0, min(r.lower, r.value))
	s.Status = Feasible
	if s.Bound == s.Value {
		s.Status = Optimal
	}
	return s
}
