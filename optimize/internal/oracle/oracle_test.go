package oracle

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
)

func two() *optimize.Problem {
	return &optimize.Problem{
		Classes: 2,
		Vars: []optimize.Var{
			{Options: []optimize.Option{{Class: 0, Money: 100, Time: 1000}, {Class: 0, Money: 100, Time: 900}, {Class: 0, Money: 90, Time: 2000}}},
			{Options: []optimize.Option{{Class: 0, Money: 900, Time: 3000}, {Class: 1, Money: 500, Time: 4000}}},
		},
		Edges:   []optimize.Edge{{From: 0, To: 1, KB: 2_000_000}},
		Tariffs: []optimize.Tariff{{Money: []int64{0, 90, -1, 0}, Time: []int64{0, 800, 800, 0}}},
	}
}

func TestModelIsReduced(t *testing.T) {
	t.Parallel()
	m, err := NewModel(two())
	require.NoError(t, err)
	var b strings.Builder
	_, err = m.WriteTo(&b)
	require.NoError(t, err)
	require.Equal(t, `Minimize
 goal: + 90 x0_2 + 900 x1_0 + 500 x1_1 + 0 y0_0_0 + 180 y0_0_1
Subject To
 s0: + 1 x0_2 = 1
 s1: + 1 x1_0 + 1 x1_1 = 1
 o0_0: + 1 y0_0_0 + 1 y0_0_1 - 1 x0_2 = 0
 i0_0: + 1 y0_0_0 - 1 x1_0 = 0
 i0_1: + 1 y0_0_1 - 1 x1_1 = 0
Bounds
Binaries
 x0_2
 x1_0
 x1_1
End
`, b.String())
	require.Equal(t, 3, m.Binaries())
	require.Equal(t, 5, m.Columns())
}

func TestTimedModelKeepsWhatIsFaster(t *testing.T) {
	t.Parallel()
	p := two()
	p.Deadline = 6000
	m, err := NewModel(p)
	require.NoError(t, err)
	require.Equal(t, [][]int{{2, 1}, {0, 1}}, m.kept)
	money, makespan, ok := Totals(p, []int{1, 1})
	require.True(t, ok)
	require.Equal(t, []int64{780, 6500}, []int64{money, makespan})
}

func TestReadAnswers(t *testing.T) {
	t.Parallel()
	m, err := NewModel(two())
	require.NoError(t, err)
	want := Answer{Status: optimize.Optimal, Value: 770, Plan: []int{2, 1}}
	a, err := readCBC(m, []byte("Optimal - objective value 770.00000000\n      0 x0_2     1    90\n **   2 x1_1   1    500\n      4 y0_0_1  1  180\n"), nil)
	require.NoError(t, err)
	require.Equal(t, want, a)
	a, err = readGLPK(m, []byte("c x\ns mip 5 5 o 770\ni 1 1\nj 1 1\nj 2 0\nj 3 1\nj 4 0\nj 5 1\ne o f\n"), nil)
	require.NoError(t, err)
	require.Equal(t, want, a)
	a, err = readHiGHS(m, []byte("status kOptimal\nvalue 770.0\nseconds 0\nx0_2 1.0\nx1_1 0.9999999\n"), nil)
	require.NoError(t, err)
	require.Equal(t, want, a)
	a, err = readCBC(m, []byte("Infeasible - objective value 0.00000000\n"), nil)
	require.NoError(t, err)
	require.Equal(t, Answer{Status: optimize.Infeasible}, a)
	for _, text := range []string{"", "Lost\n"} {
		_, err = readCBC(m, []byte(text), nil)
		require.Error(t, err)
	}
	_, err = readGLPK(m, nil, nil)
	require.Error(t, err)
}
