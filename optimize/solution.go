package optimize

// Status says what is known of an answer.
type Status int

const (
	// Unknown: stopped before any plan was found; whether there is one is open.
	Unknown Status = iota
	// Feasible: a plan that keeps every rule, with a proven bound but no proof that none is better.
	Feasible
	// Optimal: proved that no plan has a lower value.
	Optimal
	// Infeasible: proved that no plan keeps every rule.
	Infeasible
	// Dominated is for bids only: not solved, since another option of the same class is no worse in anything that the
	// objective and the limits look at, so that no plan with this option can win.
	Dominated
)

// Solution is the answer to a Problem. It is plain data.
type Solution struct {
	Status Status
	// Choice holds an option index per variable; nil without a plan.
	Choice []int
	// Value is the objective's value of Choice.
	Value int64
	// Money (micro-dollars), Time (makespan, milliseconds) and Carbon (milligrams) are the plan's totals.
	Money, Time, Carbon int64
	// Bound is proved: no plan has a lower value. It equals Value when Status is Optimal.
	Bound int64
	// Stats say how the answer was found.
	Stats Stats
}

// Gap is the proven distance to the optimum relative to Value: 0 when optimal, 1 when nothing is known.
func (s *Solution) Gap() float64 {
	switch {
	case s.Status == Optimal:
		return 0
	case s.Choice == nil || s.Value <= 0:
		return 1
	default:
		return float64(s.Value-s.Bound) / float64(s.Value)
	}
}

// Stats say how an answer was found. They are deterministic unless a context ended the call.
type Stats struct {
	// Method is the strongest method that was needed, one of:
	//   - "tree", "elimination", "trws", "branch": the value is a sum, see sum.go, each stronger than the one before;
	//   - "bound": with time in play, the bound before any search already met the plan, or a rule that nothing can keep;
	//   - "chain", "deadline": one sum and one makespan, along a single path or not, see deadline_solve.go;
	//   - "forms": limits, meters, and what else needs branch and bound around these, see forms.go;
	//   - "kept": Resolve had nothing to do.
	Method string
	// Nodes is the number of partial plans looked at.
	Nodes int
	// Ranked: proved also to be first in rank among plans of equal value, see Objective and Problem.Then. An Optimal answer
	// without it has the best value all the same: a large sum may have too many equals to go through. For the plans of
	// Best it says that none that is missing ranks before.
	Ranked bool
	// Options counts the options given, Kept those left after presolve.
	Options, Kept int
}

// Bid is the best that can be had with one option forced; see Bids.
type Bid struct {
	// Option is the index into the variable's options.
	Option int
	// Status: Optimal (Value is exact), Feasible (the work was cut short), Infeasible, Unknown, or Dominated (see By).
	Status Status
	// Value is the objective's value of the best plan found with this option forced; 0 without one.
	Value int64
	// Bound is proved: no plan with this option has a lower value. For a Dominated option it is its dominator's Bound.
	Bound int64
	// By is the option that dominates this one, or -1.
	By int
}
