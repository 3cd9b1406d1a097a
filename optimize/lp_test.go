package optimize

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func solveLP(t *testing.T, p *LP, name any) *LPSolution {
	t.Helper()
	s, err := SolveLP(context.Background(), p, Limit{})
	require.NoError(t, err, name)
	require.NoError(t, VerifyLP(p, s), name)
	return s
}

// dense makes an LP from rows of coefficients; all variables without upper bound.
func dense(cost []float64, senses []RowSense, rhs []float64, a ...[]float64) *LP {
	p := &LP{}
	for i, s := range senses {
		p.Rows = append(p.Rows, LPRow{Sense: s, RHS: rhs[i]})
	}
	for j, c := range cost {
		col := LPColumn{Cost: c, Upper: math.Inf(1)}
		for i := range a {
			if a[i][j] != 0 {
				col.Entries = append(col.Entries, LPEntry{i, a[i][j]})
			}
		}
		p.Columns = append(p.Columns, col)
	}
	return p
}

// randomLP draws small whole numbers, so that ties and degenerate corners are common. Bounds are finite when boxed.
func randomLP(r *rand.Rand, boxed bool) *LP {
	p := &LP{}
	for range r.IntN(5) {
		p.Rows = append(p.Rows, LPRow{Sense: RowSense(r.IntN(3)), RHS: float64(r.IntN(9) - 3)})
	}
	for range 1 + r.IntN(4) {
		c := LPColumn{Cost: float64(r.IntN(9) - 4), Upper: float64(r.IntN(4))}
		if !boxed && r.IntN(2) == 0 {
			c.Upper = math.Inf(1)
		}
		for i := range p.Rows {
			if v := r.IntN(7) - 3; v != 0 {
				c.Entries = append(c.Entries, LPEntry{i, float64(v)})
			}
		}
		p.Columns = append(p.Columns, c)
	}
	return p
}

// corners finds the best corner of a boxed LP by trying every set of n planes among rows and bounds; +Inf: there is none.
func corners(p *LP) float64 {
	n := len(p.Columns)
	var planes [][]float64 // n coefficients and the right-hand side
	for i, r := range p.Rows {
		plane := make([]float64, n+1)
		for j, c := range p.Columns {
			for _, e := range c.Entries {
				if e.Row == i {
					plane[j] = e.Value
				}
			}
		}
		plane[n] = r.RHS
		planes = append(planes, plane)
	}
	for j, c := range p.Columns {
		for _, at := range []float64{0, c.Upper} {
			plane := make([]float64, n+1)
			plane[j], plane[n] = 1, at
			planes = append(planes, plane)
		}
	}
	best := math.Inf(1)
	var choose func(from int, set [][]float64)
	choose = func(from int, set [][]float64) {
		if len(set) == n {
			if x := meet(set); x != nil {
				best = min(best, valueAt(p, planes[:len(p.Rows)], x))
			}
			return
		}
		for k := from; k < len(planes); k++ {
			choose(k+1, append(slices.Clip(set), planes[k]))
		}
	}
	choose(0, nil)
	return best
}

// meet solves n equations by elimination; nil when they have no single solution.
func meet(set [][]float64) []float64 {
	n := len(set)
	a := make([][]float64, n)
	for i := range a {
		a[i] = append([]float64(nil), set[i]...)
	}
	for k := range n {
		top := k
		for i := k; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[top][k]) {
				top = i
			}
		}
		if math.Abs(a[top][k]) < 1e-9 {
			return nil
		}
		a[k], a[top] = a[top], a[k]
		for i := range n {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}

func valueAt(p *LP, rows [][]float64, x []float64) float64 {
	value := 0.0
	for j, c := range p.Columns {
		if x[j] < -1e-7 || x[j] > c.Upper+1e-7 {
			return math.Inf(1)
		}
		value += c.Cost * x[j]
	}
	for i, r := range p.Rows {
		sum := -r.RHS
		for j := range x {
			sum += rows[i][j] * x[j]
		}
		if r.Sense != AtLeast && sum > 1e-7 || r.Sense != AtMost && sum < -1e-7 {
			return math.Inf(1)
		}
	}
	return value
}

func TestLPAgreesWithEveryCorner(t *testing.T) {
	t.Parallel()
	count := map[LPStatus]int{}
	for seed := range uint64(4000) {
		p := randomLP(rand.New(rand.NewPCG(seed, 41)), true)
		s, want := solveLP(t, p, seed), corners(p)
		count[s.Status]++
		if math.IsInf(want, 1) {
			require.Equal(t, LPInfeasible, s.Status, seed)
			continue
		}
		require.Equal(t, LPOptimal, s.Status, seed)
		require.InDelta(t, want, s.Objective, 1e-7, seed)
	}
	require.Greater(t, count[LPInfeasible], 500)
	require.Greater(t, count[LPOptimal], 1000)
}

// Without bounds some have no end. Each answer is proved by VerifyLP; here the best corner within 1,000 must fit it.
func TestLPWithoutBoundsFitsABox(t *testing.T) {
	t.Parallel()
	count := map[LPStatus]int{}
	for seed := range uint64(2000) {
		p := randomLP(rand.New(rand.NewPCG(seed, 42)), false)
		s := solveLP(t, p, seed)
		count[s.Status]++
		for j := range p.Columns {
			p.Columns[j].Upper = min(p.Columns[j].Upper, 1000)
		}
		want := corners(p)
		switch s.Status {
		case LPInfeasible:
			require.True(t, math.IsInf(want, 1), seed)
		case LPUnbounded:
			require.Less(t, want, -50.0, seed)
		default:
			require.InDelta(t, want, s.Objective, 1e-6, seed)
		}
	}
	for _, status := range []LPStatus{LPOptimal, LPInfeasible, LPUnbounded} {
		require.Greater(t, count[status], 100, status)
	}
}

// Classics on which the plain rule runs in circles.
func TestLPDoesNotCycle(t *testing.T) {
	t.Parallel()
	most := []RowSense{AtMost, AtMost, AtMost}
	beale := dense([]float64{-0.75, 150, -0.02, 6}, most, []float64{0, 0, 1},
		[]float64{0.25, -60, -0.04, 9}, []float64{0.5, -90, -0.02, 3}, []float64{0, 0, 1, 0})
	require.InDelta(t, -0.05, solveLP(t, beale, "Beale").Objective, 1e-12)

	chvatal := dense([]float64{-10, 57, 9, 24}, most, []float64{0, 0, 1},
		[]float64{0.5, -5.5, -2.5, 9}, []float64{0.5, -1.5, -0.5, 1}, []float64{1, 0, 0, 0})
	require.InDelta(t, -1, solveLP(t, chvatal, "Chvatal").Objective, 1e-12)

	// Every corner at the origin: Bland's rule alone has to end it when patience has.
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 43))
		p := randomLP(r, true)
		for i := range p.Rows {
			p.Rows[i].RHS = 0
		}
		s := newSimplex(p)
		s.still = math.MaxInt - 1000
		_, err := s.run(context.Background(), Limit{Nodes: 900})
		require.NoError(t, err, seed)
	}
}

// The cube of Klee and Minty makes the plain rule visit each of 2^n corners.
func TestLPKleeMinty(t *testing.T) {
	t.Parallel()
	const n = 8
	p := &LP{}
	for i := range n {
		p.Rows = append(p.Rows, LPRow{RHS: math.Pow(5, float64(i+1))})
	}
	for j := range n {
		c := LPColumn{Cost: -math.Pow(2, float64(n-1-j)), Upper: math.Inf(1), Entries: []LPEntry{{j, 1}}}
		for i := j + 1; i < n; i++ {
			c.Entries = append(c.Entries, LPEntry{i, math.Pow(2, float64(i-j+1))})
		}
		p.Columns = append(p.Columns, c)
	}
	s := solveLP(t, p, n)
	require.InDelta(t, -math.Pow(5, n), s.Objective, 1e-6)
	require.LessOrEqual(t, s.Pivots, 1<<n)
}

func TestLPDualsAreWhatARowIsWorth(t *testing.T) {
	t.Parallel()
	p := dense([]float64{-3, -5}, []RowSense{AtMost, AtMost, AtMost}, []float64{4, 12, 18},
		[]float64{1, 0}, []float64{0, 2}, []float64{3, 2})
	s := solveLP(t, p, nil)
	require.InDeltaSlice(t, []float64{2, 6}, s.X, 1e-12)
	require.InDeltaSlice(t, []float64{0, -1.5, -1}, s.Duals, 1e-12)
	require.InDeltaSlice(t, []float64{0, 0}, s.Reduced, 1e-12)
	p.Rows[2].RHS++
	require.InDelta(t, s.Objective-1, solveLP(t, p, nil).Objective, 1e-12)
}

func TestLPIsDeterministic(t *testing.T) {
	t.Parallel()
	p := flowLP(rand.New(rand.NewPCG(1, 44)), 12)
	first := solveLP(t, p, nil)
	for range 3 {
		require.Equal(t, first, solveLP(t, p, nil))
	}
}

func TestLPMedium(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := flowLP(rand.New(rand.NewPCG(seed, 45)), 15)
		require.Equal(t, LPOptimal, solveLP(t, p, seed).Status, seed)
		p.Rows[0].RHS -= 1e6
		require.Equal(t, LPInfeasible, solveLP(t, p, seed).Status, seed)
	}
}

// flowLP is the cheapest way to send 5 from node 0 to node 1 of a complete graph with capacities on arcs and nodes.
func flowLP(r *rand.Rand, n int) *LP {
	p := &LP{Rows: make([]LPRow, 2*n)}
	for i := range n {
		p.Rows[i].Sense = Exactly
		p.Rows[n+i].RHS = 10
	}
	p.Rows[0].RHS, p.Rows[1].RHS = -5, 5
	for i := range n {
		for j := range n {
			if i != j {
				p.Columns = append(p.Columns, LPColumn{
					Cost: float64(1 + r.IntN(9)), Upper: 1 + r.Float64(),
					Entries: []LPEntry{{i, -1}, {j, 1}, {n + i, 1}},
				})
			}
		}
	}
	return p
}

func TestLPErrors(t *testing.T) {
	t.Parallel()
	bad := &LP{
		Rows: []LPRow{{Sense: 7}, {RHS: math.NaN()}},
		Columns: []LPColumn{
			{Upper: -1, Cost: math.Inf(1)},
			{Upper: math.NaN(), Entries: []LPEntry{{2, 1}, {0, 1}, {0, 2}, {1, math.NaN()}}},
		},
	}
	_, err := SolveLP(context.Background(), bad, Limit{})
	var malformed *ProblemError
	require.ErrorAs(t, err, &malformed)
	require.Len(t, malformed.Faults, 8, malformed)
	require.ErrorAs(t, (&LP{Rows: make([]LPRow, maxLPRows+1)}).Validate(), &malformed)

	p := flowLP(rand.New(rand.NewPCG(2, 44)), 12)
	var unfinished *UnfinishedError
	_, err = SolveLP(context.Background(), p, Limit{Nodes: 3})
	require.ErrorAs(t, err, &unfinished)
	require.Equal(t, 3, unfinished.Nodes)
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	cancel(why)
	_, err = SolveLP(ctx, p, Limit{})
	require.ErrorIs(t, err, why)
	require.ErrorIs(t, &LPNumericsError{Cause: why}, why)
	require.Contains(t, (&LPNumericsError{Pivots: 3, Cause: why}).Error(), "3 pivots")
}

// Each thing that an answer says is checked: a wrong one is refused.
func TestVerifyLPRefuses(t *testing.T) {
	t.Parallel()
	p := dense([]float64{-3, -5}, []RowSense{AtMost, AtMost, AtMost}, []float64{4, 12, 18},
		[]float64{1, 0}, []float64{0, 2}, []float64{3, 2})
	for name, spoil := range map[string]func(*LPSolution){
		"row":           func(s *LPSolution) { s.X[0], s.Objective = 3, -39 },
		"bound":         func(s *LPSolution) { s.X[0] = -1 },
		"objective":     func(s *LPSolution) { s.Objective = -37 },
		"not optimal":   func(s *LPSolution) { s.X[0], s.Objective = 1, -33 },
		"dual":          func(s *LPSolution) { s.Duals[1] = 1.5 },
		"reduced":       func(s *LPSolution) { s.Reduced[1] = 1 },
		"weak duals":    func(s *LPSolution) { s.Duals = []float64{-3, -2.5, 0} },
		"missing":       func(s *LPSolution) { s.Reduced = nil },
		"no number":     func(s *LPSolution) { s.X[1] = math.NaN() },
		"unbounded":     func(s *LPSolution) { s.Status, s.Ray = LPUnbounded, []float64{1, 0} },
		"wrong ray":     func(s *LPSolution) { s.Status, s.Ray = LPUnbounded, []float64{0, 0} },
		"infeasible":    func(s *LPSolution) { s.Status = LPInfeasible },
		"strange":       func(s *LPSolution) { s.Status = 9 },
		"reduced short": func(s *LPSolution) { s.Duals = s.Duals[:1] },
	} {
		s := solveLP(t, p, name)
		spoil(s)
		require.Error(t, VerifyLP(p, s), name)
	}
	names := LPOptimal.String() + LPInfeasible.String() + LPUnbounded.String()
	require.Equal(t, "optimalinfeasibleunbounded", names)
}

func BenchmarkSolveLP(b *testing.B) {
	p := flowLP(rand.New(rand.NewPCG(1, 46)), 40)
	for b.Loop() {
		s, err := SolveLP(context.Background(), p, Limit{})
		require.NoError(b, err)
		b.ReportMetric(float64(s.Pivots), "pivots")
	}
}
