package optimize

import (
	"fmt"
	"math"
)

// lpTolerance is VerifyLP's: relative to 1 plus the sum of the sizes of what is added up.
const lpTolerance = 1e-7

// VerifyLP checks an answer and its proof from the LP alone; it shares no code with the solver. Every comparison allows
// 1e-7 times one plus the sum of the sizes of its terms.
//
//   - Optimal: X keeps rows and bounds; duals and reduced costs have the signs that the senses and bounds ask for; where
//     a multiplier is not 0, its row or bound is met with equality; the duals' objective equals that of X.
//   - Infeasible: the rows, multiplied by Duals and added up, ask for more than the bounds allow.
//   - Unbounded: X keeps rows and bounds, going on along Ray keeps them for ever, and Ray lowers the objective.
//
// nil: the answer is proved.
func VerifyLP(p *LP, s *LPSolution) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if s.Status == LPInfeasible {
		return checkFarkas(p, s.Duals)
	}
	if err := checkPrimal(p, s); err != nil {
		return err
	}
	switch s.Status {
	case LPOptimal:
		return checkDual(p, s)
	case LPUnbounded:
		return checkRay(p, s.Ray)
	default:
		return fmt.Errorf("optimize: verify: no status %d", s.Status)
	}
}

// tally adds up products and the sizes of them.
type lpTally struct{ sum, size float64 }

func (t *lpTally) add(v float64) {
	t.sum += v
	t.size += math.Abs(v)
}

// slip is what the sum may be wrong by.
func (t lpTally) slip() float64 { return lpTolerance * (1 + t.size) }

// activity is the left-hand side of each row at x, less by times the right-hand side.
func activity(p *LP, x []float64, by float64) []lpTally {
	out := make([]lpTally, len(p.Rows))
	for i, r := range p.Rows {
		out[i].add(-by * r.RHS)
	}
	for j, c := range p.Columns {
		for _, e := range c.Entries {
			out[e.Row].add(e.Value * x[j])
		}
	}
	return out
}

// reduced is the cost of a column, times by, less the duals of its entries.
func reduced(c LPColumn, y []float64, by float64) (t lpTally) {
	t.add(by * c.Cost)
	for _, e := range c.Entries {
		t.add(-e.Value * y[e.Row])
	}
	return t
}

// lengths refuses a vector of the wrong length or with a value that is no number.
func lengths(name string, v []float64, want int) error {
	if len(v) != want {
		return fmt.Errorf("optimize: verify: %d values of %s for %d", len(v), name, want)
	}
	for i, f := range v {
		if !finite(f) {
			return fmt.Errorf("optimize: verify: %s %d is %g", name, i, f)
		}
	}
	return nil
}

func checkRows(p *LP, x []float64, by float64, what string) error {
	for i, t := range activity(p, x, by) {
		sense := p.Rows[i].Sense
		if sense != AtLeast && t.sum > t.slip() || sense != AtMost && t.sum < -t.slip() {
			return fmt.Errorf("optimize: verify: %s is off row %d by %g", what, i, t.sum)
		}
	}
	return nil
}

func checkPrimal(p *LP, s *LPSolution) error {
	if err := lengths("X", s.X, len(p.Columns)); err != nil {
		return err
	}
	var value lpTally
	for j, c := range p.Columns {
		if s.X[j] < 0 || s.X[j] > c.Upper {
			return fmt.Errorf("optimize: verify: column %d is %g, outside 0 to %g", j, s.X[j], c.Upper)
		}
		value.add(c.Cost * s.X[j])
	}
	if !(math.Abs(value.sum-s.Objective) <= value.slip()) {
		return fmt.Errorf("optimize: verify: the objective is %g, not %g", value.sum, s.Objective)
	}
	return checkRows(p, s.X, 1, "X")
}

func checkDual(p *LP, s *LPSolution) error {
	if err := lengths("Duals", s.Duals, len(p.Rows)); err != nil {
		return err
	}
	if err := lengths("Reduced", s.Reduced, len(p.Columns)); err != nil {
		return err
	}
	gap := lpTally{}
	for i, t := range activity(p, s.X, 1) {
		y := s.Duals[i]
		gap.add(y * p.Rows[i].RHS)
		if wrongSign(p.Rows[i].Sense, y, lpTolerance) {
			return fmt.Errorf("optimize: verify: dual %d is %g", i, y)
		}
		if math.Abs(t.sum) > t.slip() && math.Abs(y) > lpTolerance {
			return fmt.Errorf("optimize: verify: row %d has %g to spare and the dual %g", i, t.sum, y)
		}
	}
	for j, c := range p.Columns {
		t := reduced(c, s.Duals, 1)
		d, x := t.sum, s.X[j]
		if math.Abs(d-s.Reduced[j]) > t.slip() {
			return fmt.Errorf("optimize: verify: reduced cost %d is %g, not %g", j, d, s.Reduced[j])
		}
		if d > t.slip() && x > lpTolerance || d < -t.slip() && c.Upper-x > lpTolerance*(1+x) {
			return fmt.Errorf("optimize: verify: column %d is %g with reduced cost %g", j, x, d)
		}
		gap.add(d * x)
	}
	if math.Abs(gap.sum-s.Objective) > gap.slip() {
		return fmt.Errorf("optimize: verify: the duals prove %g, not %g", gap.sum, s.Objective)
	}
	return nil
}

func wrongSign(sense RowSense, y, slip float64) bool {
	return sense == AtMost && y > slip || sense == AtLeast && y < -slip
}

func checkFarkas(p *LP, y []float64) error {
	if err := lengths("Duals", y, len(p.Rows)); err != nil {
		return err
	}
	var need lpTally
	for i, r := range p.Rows {
		if wrongSign(r.Sense, y[i], lpTolerance) {
			return fmt.Errorf("optimize: verify: dual %d is %g", i, y[i])
		}
		need.add(y[i] * r.RHS)
	}
	for j, c := range p.Columns {
		t := reduced(c, y, 0)
		if t.sum >= 0 {
			continue
		}
		if !math.IsInf(c.Upper, 1) {
			need.add(t.sum * c.Upper)
		} else if t.sum < -t.slip() {
			return fmt.Errorf("optimize: verify: column %d can give what the rows ask for", j)
		}
	}
	if need.sum <= lpTolerance*1e-2*(1+need.size) { // phase one ends at 1e-9
		return fmt.Errorf("optimize: verify: the duals do not show that the rows ask for too much: %g", need.sum)
	}
	return nil
}

func checkRay(p *LP, ray []float64) error {
	if err := lengths("Ray", ray, len(p.Columns)); err != nil {
		return err
	}
	var fall lpTally
	for j, c := range p.Columns {
		if ray[j] < 0 || ray[j] > 0 && !math.IsInf(c.Upper, 1) {
			return fmt.Errorf("optimize: verify: column %d cannot go on by %g", j, ray[j])
		}
		fall.add(c.Cost * ray[j])
	}
	if fall.sum >= -1e-2*fall.slip() {
		return fmt.Errorf("optimize: verify: the ray changes the objective by %g", fall.sum)
	}
	return checkRows(p, ray, 0, "Ray")
}
