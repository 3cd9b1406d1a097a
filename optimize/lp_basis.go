package optimize

import "math"

// Places of a variable that is not in the basis.
const (
	atLower int32 = -1
	atUpper int32 = -2
)

// lpBasis holds the columns of an LP with slacks, which variables are basic, and the inverse of those columns.
type lpBasis struct {
	m, n         int // rows; columns without slacks
	start        []int32
	rows         []int32
	values       []float64
	lower, upper []float64
	rhs          []float64
	basic        []int     // the variable at each basis position
	where        []int32   // of each variable: its basis position, atLower or atUpper
	x            []float64 // of the basic variables
	inverse      [][]float64
	since        int       // exchanges since the inverse was made
	support      []int32   // work space
	prices       []float64 // work space
}

func newLPBasis(p *LP) lpBasis {
	b := lpBasis{m: len(p.Rows), n: len(p.Columns)}
	all := b.n + b.m
	b.lower, b.upper = make([]float64, all), make([]float64, all)
	b.prices = make([]float64, all)
	b.start = make([]int32, 1, b.n+1)
	for _, c := range p.Columns {
		for _, e := range c.Entries {
			if e.Value != 0 {
				b.rows, b.values = append(b.rows, int32(e.Row)), append(b.values, e.Value)
			}
		}
		b.start = append(b.start, int32(len(b.rows)))
	}
	b.where = make([]int32, all)
	for v := range b.where {
		b.where[v] = atLower
	}
	b.rhs, b.x = make([]float64, b.m), make([]float64, b.m)
	b.basic = make([]int, b.m)
	b.inverse = make([][]float64, b.m)
	cells := make([]float64, b.m*b.m)
	for i, r := range p.Rows {
		b.rhs[i] = r.RHS
		b.inverse[i] = cells[i*b.m : (i+1)*b.m]
		b.basic[i] = b.n + i
		b.where[b.n+i] = int32(i)
	}
	b.bounds(p)
	b.refactor()
	return b
}

// bounds sets the bounds of variables and slacks.
func (b *lpBasis) bounds(p *LP) {
	clear(b.lower)
	clear(b.upper)
	for j, c := range p.Columns {
		b.upper[j] = c.Upper
	}
	for i, r := range p.Rows {
		switch r.Sense {
		case AtMost:
			b.upper[b.n+i] = math.Inf(1)
		case AtLeast:
			b.lower[b.n+i] = math.Inf(-1)
		}
	}
}

// out tells whether the basic variable at position i is above (1) or below (-1) its bounds.
func (b *lpBasis) out(i int) int {
	v, x := b.basic[i], b.x[i]
	if u := b.upper[v]; x > u+lpTight*(1+math.Abs(u)) {
		return 1
	}
	if l := b.lower[v]; x < l-lpTight*(1+math.Abs(l)) {
		return -1
	}
	return 0
}

// rest is the value of a variable that is not basic.
func (b *lpBasis) rest(j int) float64 {
	if b.where[j] == atUpper {
		return b.upper[j]
	}
	return b.lower[j]
}

// dot is the product of a row vector with the column of variable j.
func (b *lpBasis) dot(y []float64, j int) float64 {
	if j >= b.n {
		return y[j-b.n]
	}
	sum := 0.0
	for k := b.start[j]; k < b.start[j+1]; k++ {
		sum += y[b.rows[k]] * b.values[k]
	}
	return sum
}

// addRow adds a multiple of a row of the inverse to y.
func (b *lpBasis) addRow(y []float64, i int, by float64) {
	for k, v := range b.inverse[i] {
		y[k] += by * v
	}
}

// column puts inverse times the column of variable j into alpha.
func (b *lpBasis) column(alpha []float64, j int) {
	for i, row := range b.inverse {
		alpha[i] = b.dot(row, j)
	}
}

// exchange puts variable q into basis position r; alpha is its column. The caller says where the old one rests.
func (b *lpBasis) exchange(r, q int, alpha []float64) {
	pivot, by := b.inverse[r], 1/alpha[r]
	b.support = b.support[:0]
	for k, v := range pivot {
		if v != 0 {
			pivot[k] = v * by
			b.support = append(b.support, int32(k))
		}
	}
	dense := len(b.support) > b.m/2
	for i, a := range alpha {
		if a == 0 || i == r {
			continue
		}
		row := b.inverse[i][:len(pivot)]
		if dense {
			for k, v := range pivot {
				row[k] -= a * v
			}
			continue
		}
		for _, k := range b.support {
			row[k] -= a * pivot[k]
		}
	}
	b.basic[r], b.where[q] = q, int32(r)
	b.since++
}

// refactor makes the inverse anew from the columns in the basis, and the values of the basic variables from that. A column
// that depends on those before it gives way to a slack.
func (b *lpBasis) refactor() {
	var columns []int
	free := make([]bool, b.m) // rows whose slack is not basic
	for i := range free {
		free[i] = b.where[b.n+i] < 0
		clear(b.inverse[i])
		b.inverse[i][i] = 1
	}
	for j := range b.n {
		if b.where[j] >= 0 {
			columns = append(columns, j)
		}
	}
	for i := range b.basic {
		b.basic[i] = b.n + i
		if !free[i] {
			b.where[b.n+i] = int32(i)
		}
	}
	alpha := make([]float64, b.m)
	for _, j := range columns {
		b.column(alpha, j)
		r := -1
		for i, a := range alpha {
			if free[i] && math.Abs(a) > lpPivot && (r < 0 || math.Abs(a) > math.Abs(alpha[r])) {
				r = i
			}
		}
		if r < 0 {
			b.where[j] = atLower
			continue
		}
		free[r] = false
		b.exchange(r, j, alpha)
	}
	for i, f := range free {
		if f {
			b.where[b.n+i] = int32(i)
		}
	}
	b.since = 0
	b.solve()
}

// solve computes the values of the basic variables.
func (b *lpBasis) solve() {
	left := append([]float64(nil), b.rhs...)
	for j := range b.n + b.m {
		v := b.rest(j)
		if b.where[j] >= 0 || v == 0 {
			continue
		}
		if j >= b.n {
			left[j-b.n] -= v
			continue
		}
		for k := b.start[j]; k < b.start[j+1]; k++ {
			left[b.rows[k]] -= v * b.values[k]
		}
	}
	for i, row := range b.inverse {
		b.x[i] = 0
		for k, v := range row {
			b.x[i] += v * left[k]
		}
	}
}
