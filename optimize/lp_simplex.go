package optimize

import (
	"context"
	"math"
)

const (
	lpTight      = 1e-9  // how far a value may be out of its bounds, relative to 1+|bound|
	lpPrice      = 1e-9  // reduced costs nearer to 0 than this, relative to the largest cost, do not count
	lpPivot      = 1e-9  // the smallest pivot
	lpPatience   = 200   // steps on the spot after which the entering rule is Bland's, which cannot cycle
	lpShortlist  = 64    // columns priced between two looks at all of them
	lpShake      = 20    // steps on the spot after which bounds are moved apart
	lpLoose      = 1e-6  // how far bounds are moved apart, relative to 1+|bound|
	lpRounds     = 3     // how often that is done; from then on Bland's rule alone sees to it that there is an end
	lpRenew      = 1000  // exchanges after which the inverse is made anew
	lpPivotLimit = 300e3 // Limit.Nodes when 0
)

// simplex is the revised simplex method on a.x + slack = rhs. Variable n+i is the slack of row i: its bounds say the row's sense.
// It begins with all slacks in the basis. While a basic variable is out of its bounds (phase one), the objective is the sum of
// what they are out by; no artificial variables are needed.
type simplex struct {
	lpBasis
	cost         []float64
	scale        float64 // of reduced costs in phase two
	y            []float64
	fresh        bool // y is up to date for phase two
	still        int  // steps on the spot since the last real one
	pivots       int
	list         []int32 // shortlist of columns
	best         float64 // the largest price when the list was made
	alpha        []float64
	needsPhase1  bool
	loose        bool // bounds are moved apart
	draw         uint64
	tightened    int // how often they were put back
	program      *LP
	entering     int // the ray, when unbounded
	enteringSign float64
}

// leave is the outcome of a ratio test.
type leave struct {
	row   int // basis position; -1: none, the entering variable goes to its other bound
	step  float64
	upper bool // the leaving variable stops at its upper bound
}

func newSimplex(p *LP) *simplex {
	s := &simplex{lpBasis: newLPBasis(p), scale: 1, program: p}
	s.cost = make([]float64, s.n+s.m)
	for j, c := range p.Columns {
		s.cost[j] = c.Cost
		s.scale = max(s.scale, math.Abs(c.Cost))
	}
	s.y = make([]float64, s.m)
	s.alpha = make([]float64, s.m)
	s.list = make([]int32, 0, lpShortlist)
	return s
}

func (s *simplex) run(ctx context.Context, limit Limit) (LPStatus, error) {
	most := limit.Nodes
	if most <= 0 {
		most = lpPivotLimit
	}
	polished := false
	for {
		if s.pivots >= most {
			return 0, &UnfinishedError{Nodes: s.pivots}
		}
		if s.pivots%16 == 0 && ctx.Err() != nil {
			return 0, &UnfinishedError{Nodes: s.pivots, Cause: context.Cause(ctx)}
		}
		s.duals()
		q, d := s.enter()
		if q < 0 {
			if s.loose {
				s.tighten()
				continue
			}
			if s.since > 0 && !polished { // trust no answer from an inverse that has gone through many hands
				polished = true
				s.renew()
				continue
			}
			if s.needsPhase1 {
				return LPInfeasible, nil
			}
			return LPOptimal, nil
		}
		polished = false
		if unbounded := s.step(q, d); unbounded && s.loose {
			s.tighten()
		} else if unbounded {
			return LPUnbounded, nil
		}
		if s.since >= lpRenew {
			s.renew()
		}
	}
}

// loosen moves the bounds of the basic variables a little apart, each by another amount, so that fewer coincide: networks are
// full of rows that hold at 0, where the method would step on the spot for long. Bounds that coincide stay.
func (s *simplex) loosen() {
	by := func(bound float64) float64 {
		s.draw = s.draw*6364136223846793005 + 1442695040888963407 // a linear congruence: the same on every machine
		return lpLoose * (1 + math.Abs(bound)) * (1 + float64(s.draw>>40)/(1<<24))
	}
	for _, v := range s.basic {
		if l, u := s.lower[v], s.upper[v]; l < u {
			s.lower[v], s.upper[v] = l-by(l), u+by(u)
		}
	}
	s.loose = true
}

// tighten puts the true bounds back. What is out of bounds then is mended by phase one, in a few steps as a rule.
func (s *simplex) tighten() {
	s.bounds(s.program)
	s.loose, s.still = false, 0
	s.tightened++
	s.renew()
}

// renew clears rounding out of inverse, values and duals.
func (s *simplex) renew() {
	s.refactor()
	s.fresh, s.list = false, s.list[:0]
}

// duals brings y up to date. In phase one the objective changes from step to step, so it is made anew; the basic variables
// that are out of bounds tend to be few.
func (s *simplex) duals() {
	was := s.needsPhase1
	s.needsPhase1 = false
	for i := range s.basic {
		if s.out(i) == 0 {
			continue
		}
		if !s.needsPhase1 {
			s.needsPhase1 = true
			clear(s.y)
		}
		s.addRow(s.y, i, float64(s.out(i)))
	}
	if s.needsPhase1 != was {
		s.list = s.list[:0]
	}
	if s.needsPhase1 {
		s.fresh = false
		return
	}
	if !s.fresh {
		clear(s.y)
		for i, v := range s.basic {
			if c := s.cost[v]; c != 0 {
				s.addRow(s.y, i, c)
			}
		}
		s.fresh = true
	}
}

// price is the reduced cost of a variable out of the basis if moving it helps; otherwise 0.
func (s *simplex) price(j int) float64 {
	if s.where[j] >= 0 || s.lower[j] == s.upper[j] {
		return 0
	}
	c, least := 0.0, lpPrice
	if !s.needsPhase1 {
		c, least = s.cost[j], lpPrice*s.scale
	}
	d := c - s.dot(s.y, j)
	if s.where[j] == atLower && d < -least || s.where[j] == atUpper && d > least {
		return d
	}
	return 0
}

// enter chooses the variable to move and its reduced cost; -1: none helps. Dantzig's rule, on a shortlist of the
// steepest columns until the best of them is no longer steep; Bland's after too many steps on the spot.
func (s *simplex) enter() (q int, d float64) {
	if s.still > lpPatience {
		for j := range s.n + s.m {
			if d := s.price(j); d != 0 {
				return j, d
			}
		}
		return -1, 0
	}
	q, d = s.steepest()
	if q >= 0 && math.Abs(d) >= s.best/2 {
		return q, d
	}
	s.shortlist()
	return s.steepest()
}

func (s *simplex) steepest() (q int, d float64) {
	q = -1
	for _, j := range s.list {
		if e := s.price(int(j)); math.Abs(e) > math.Abs(d) {
			q, d = int(j), e
		}
	}
	return q, d
}

func (s *simplex) shortlist() {
	s.best, s.list = 0, s.list[:0]
	for j := range s.n + s.m {
		d := math.Abs(s.price(j))
		s.prices[j] = d
		s.best = max(s.best, d)
	}
	if s.best == 0 {
		return
	}
	first := -1
	for j, d := range s.prices {
		if d == s.best && first < 0 {
			first = j // the list may be full before its turn
			s.list = append(s.list[:min(len(s.list), lpShortlist-1)], int32(j))
		} else if d >= s.best/2 && len(s.list) < lpShortlist {
			s.list = append(s.list, int32(j))
		}
	}
}

// step moves variable q, of reduced cost d, as far as it goes.
func (s *simplex) step(q int, d float64) (unbounded bool) {
	s.pivots++
	sign := 1.0
	if d > 0 {
		sign = -1
	}
	s.column(s.alpha, q)
	l := s.ratio(sign, s.upper[q]-s.lower[q])
	if math.IsInf(l.step, 1) {
		s.entering, s.enteringSign = q, sign
		return true
	}
	if l.step > lpTight {
		s.still = 0
	} else {
		s.still++
		if s.still%lpShake == 0 && s.still <= lpPatience && s.tightened < lpRounds {
			s.loosen()
		}
	}
	for i, a := range s.alpha {
		s.x[i] -= sign * l.step * a
	}
	if l.row < 0 {
		s.where[q] = atLower + atUpper - s.where[q]
		return false
	}
	if s.fresh {
		s.addRow(s.y, l.row, d/s.alpha[l.row])
	}
	out, value := s.basic[l.row], s.rest(q)+sign*l.step
	s.where[out] = atLower
	if l.upper {
		s.where[out] = atUpper
	}
	s.exchange(l.row, q, s.alpha)
	s.x[l.row] = value
	return false
}

// ratio finds what stops the entering variable first, at most at span. Of basic variables that stop it at the same time it takes the
// one with the largest pivot, for accuracy, or by Bland's rule the first.
func (s *simplex) ratio(sign, span float64) leave {
	least := span
	for i := range s.basic {
		if t, _ := s.stop(i, sign); t < least {
			least = t
		}
	}
	l := leave{row: -1, step: least}
	if math.IsInf(least, 1) || least == span {
		return l
	}
	for i := range s.basic {
		t, upper := s.stop(i, sign)
		if t > least+1e-12 {
			continue
		}
		if l.row < 0 || s.before(i, l.row) {
			l.row, l.upper = i, upper
		}
	}
	return l
}

func (s *simplex) before(i, k int) bool {
	a, b := math.Abs(s.alpha[i]), math.Abs(s.alpha[k])
	if s.still <= lpPatience && a != b {
		return a > b
	}
	return s.basic[i] < s.basic[k]
}

// stop is how far the entering variable can go until basic variable i meets a bound, and whether that is the upper one. A variable
// out of bounds stops where it comes in; going further out it stops nothing, as the objective has already counted it.
func (s *simplex) stop(i int, sign float64) (t float64, upper bool) {
	rate := -sign * s.alpha[i]
	if math.Abs(rate) < lpPivot {
		return math.Inf(1), false
	}
	v, out := s.basic[i], s.out(i)
	upper = rate > 0
	switch {
	case out > 0 && rate > 0 || out < 0 && rate < 0:
		return math.Inf(1), false
	case out != 0:
		upper = out > 0
	}
	bound := s.lower[v]
	if upper {
		bound = s.upper[v]
	}
	return max(0, (bound-s.x[i])/rate), upper
}

// answer reads the solution off the final basis.
func (s *simplex) answer(p *LP, status LPStatus) *LPSolution {
	a := &LPSolution{Status: status, Pivots: s.pivots}
	if status != LPUnbounded {
		a.Duals = s.y
	}
	if status == LPInfeasible {
		return a
	}
	a.X = make([]float64, s.n)
	for j, c := range p.Columns {
		if i := s.where[j]; i >= 0 {
			a.X[j] = min(max(s.x[i], 0), c.Upper)
		} else {
			a.X[j] = s.rest(j)
		}
		a.Objective += c.Cost * a.X[j]
	}
	if status == LPUnbounded {
		a.Ray = s.ray()
		return a
	}
	a.Reduced = make([]float64, s.n)
	for j := range a.Reduced {
		if s.where[j] < 0 {
			a.Reduced[j] = s.cost[j] - s.dot(s.y, j)
		}
	}
	return a
}

func (s *simplex) ray() []float64 {
	ray := make([]float64, s.n)
	for i, v := range s.basic {
		if v < s.n && math.Abs(s.alpha[i]) >= lpPivot {
			ray[v] = -s.enteringSign * s.alpha[i]
		}
	}
	if s.entering < s.n {
		ray[s.entering] = s.enteringSign
	}
	return ray
}
