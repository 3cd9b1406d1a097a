package optimize

import (
	"context"
	"fmt"
	"math"
)

// maxLPRows bounds the dense inverse: 8 bytes per pair of rows, 512 MB at this size.
const maxLPRows = 8192

// RowSense says how a row of an LP compares with its right-hand side.
type RowSense int

const (
	// AtMost is sum <= RHS.
	AtMost RowSense = iota
	// AtLeast is sum >= RHS.
	AtLeast
	// Exactly is sum = RHS.
	Exactly
)

// LP is a linear program with bounded variables, for what is divisible: rates, shares, hours.
//
//	minimise   sum over j of Columns[j].Cost * x[j]
//	subject to per row i, sum over j of a[i,j]*x[j]  <=, >= or =  Rows[i].RHS
//	           0 <= x[j] <= Columns[j].Upper
//
// Coefficients should lie within some six powers of ten of 1: choose units accordingly. It is plain data, and safe to
// share while nobody writes to it.
type LP struct {
	Columns []LPColumn
	Rows    []LPRow
}

// LPColumn is one variable.
type LPColumn struct {
	// Cost is per unit of the variable; negative to maximise.
	Cost float64
	// Upper is the largest value; math.Inf(1) for none, 0 keeps the variable at 0.
	Upper float64
	// Entries are the column's coefficients other than 0, each row once, in any order.
	Entries []LPEntry
}

// LPEntry is a coefficient of a column.
type LPEntry struct {
	// Row is an index into LP.Rows.
	Row int
	// Value is the coefficient.
	Value float64
}

// LPRow is one constraint.
type LPRow struct {
	Sense RowSense
	RHS   float64
}

// LPStatus says how an LP came out.
type LPStatus int

const (
	// LPOptimal: X is optimal.
	LPOptimal LPStatus = iota
	// LPInfeasible: nothing keeps all rows and bounds.
	LPInfeasible
	// LPUnbounded: the objective falls without end.
	LPUnbounded
)

// String names the status.
func (s LPStatus) String() string {
	switch s {
	case LPOptimal:
		return "optimal"
	case LPInfeasible:
		return "infeasible"
	default:
		return "unbounded"
	}
}

// LPSolution is the answer to an LP, with its proof. It is plain data.
type LPSolution struct {
	Status LPStatus
	// Objective is the value of X; 0 when infeasible.
	Objective float64
	// X holds a value per column: the optimum, or when unbounded a point to start from; nil when infeasible.
	X []float64
	// Duals holds a multiplier per row: by how much the objective changes per unit of RHS, at most 0 for AtMost and at
	// least 0 for AtLeast. When infeasible they are the proof (Farkas): the sum of the rows so multiplied asks for more
	// than the bounds of the variables allow. nil when unbounded.
	Duals []float64
	// Reduced holds a reduced cost per column, Cost minus the duals of its entries: at least 0 where X is 0, at most 0
	// where X is Upper, 0 between. nil unless optimal.
	Reduced []float64
	// Ray, when unbounded, is the direction in which X can go on for ever, the objective falling; otherwise nil.
	Ray []float64
	// Pivots counts the steps of the simplex method.
	Pivots int
}

// LPNumericsError says that rounding defeated the method: its answer did not pass VerifyLP.
type LPNumericsError struct {
	// Pivots counts the steps made.
	Pivots int
	// Cause is what VerifyLP said.
	Cause error
}

// Error says what failed and what helps.
func (e *LPNumericsError) Error() string {
	return fmt.Sprintf("optimize: linear program lost in rounding after %d pivots: bring coefficients nearer to 1: %v", e.Pivots, e.Cause)
}

// Unwrap gives what VerifyLP said.
func (e *LPNumericsError) Unwrap() error { return e.Cause }

// SolveLP solves a linear program. That it is infeasible or unbounded is an answer, not an error, and every answer has passed
// VerifyLP. Limit.Nodes counts pivots. Errors: *ProblemError for a malformed LP; *UnfinishedError when the context or the limit
// ended the work; *LPNumericsError when rounding did.
//
// It is the revised simplex method with bounds on the variables and a dense inverse, so meant for up to a few thousand
// rows; columns may be many more. It is deterministic and keeps no state: safe for concurrent use.
func SolveLP(ctx context.Context, p *LP, limit Limit) (*LPSolution, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := newSimplex(p)
	status, err := s.run(ctx, limit)
	if err != nil {
		return nil, err
	}
	answer := s.answer(p, status)
	if err := VerifyLP(p, answer); err != nil {
		return nil, &LPNumericsError{Pivots: s.pivots, Cause: err}
	}
	return answer, nil
}

// Validate reports all faults of an LP as one *ProblemError; nil when there are none.
func (p *LP) Validate() error {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(p.Rows) > maxLPRows {
		fault("%d rows, at most %d can be solved", len(p.Rows), maxLPRows)
	}
	for i, r := range p.Rows {
		if r.Sense < AtMost || r.Sense > Exactly {
			fault("row %d: no sense %d", i, r.Sense)
		}
		if !finite(r.RHS) {
			fault("row %d: right-hand side %g", i, r.RHS)
		}
	}
	seen := make([]int, len(p.Rows)) // the last column, plus one, that has an entry in the row
	for j, c := range p.Columns {
		if !finite(c.Cost) {
			fault("column %d: cost %g", j, c.Cost)
		}
		if !(c.Upper >= 0) {
			fault("column %d: upper bound %g, below 0 or no number", j, c.Upper)
		}
		for _, e := range c.Entries {
			switch {
			case e.Row < 0 || e.Row >= len(p.Rows):
				fault("column %d: no row %d", j, e.Row)
			case seen[e.Row] == j+1:
				fault("column %d: row %d twice", j, e.Row)
			case !finite(e.Value):
				fault("column %d: coefficient %g in row %d", j, e.Value, e.Row)
			default:
				seen[e.Row] = j + 1
			}
		}
	}
	if faults != nil {
		return &ProblemError{Faults: faults}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
