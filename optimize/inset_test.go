package optimize

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The three-cloud pipeline of a published table: process reviews on a confidential machine, train, then infer. Data moves at
// 8 s per GB after 50 s; prices are in dollars per hour. Classes are azure, aws, gcp.
const azure, aws, gcp = 0, 1, 2

func offer(class int, perHour, hours float64) Option {
	return Option{Class: class, Money: int64(math.Round(perHour * hours * 1e6)), Time: int64(math.Round(hours * msPerHour))}
}

func inset() *Problem {
	t := Tariff{Money: make([]int64, 9), Time: make([]int64, 9), Fixed: make([]int64, 9)}
	for from, price := range []int64{87_500, 90_000, 120_000} {
		for to := range 3 {
			if from != to {
				t.Money[from*3+to], t.Time[from*3+to], t.Fixed[from*3+to] = price, 8000, 50_000
			}
		}
	}
	return &Problem{
		Classes: 3,
		Vars: []Var{
			{Name: "proc", Options: []Option{offer(azure, 1.335, 0.6)}},
			{Name: "train", Options: []Option{offer(azure, 12.24, 8.4), offer(aws, 12.24, 8.4), offer(gcp, 10.87, 8.4), offer(gcp, 9.81, 4)}},
			{Name: "infer", Options: []Option{offer(azure, 0.756, 1.79), offer(aws, 0.752, 1.79), offer(gcp, 0.73, 1.79), offer(aws, 0.268, 1.11)}},
		},
		Edges:   []Edge{{From: 0, To: 1, KB: 1_000_000}, {From: 1, To: 2, KB: 110_000}},
		Tariffs: []Tariff{t},
	}
}

func must(t *testing.T, p *Problem) *Solution {
	t.Helper()
	s, err := Solve(context.Background(), p, Limit{})
	require.NoError(t, err)
	require.NoError(t, Verify(p, s))
	require.Equal(t, Optimal, s.Status)
	return s
}

// lacking leaves out some options.
func lacking(p *Problem, drop func(Option) bool) *Problem {
	for v := range p.Vars {
		var left []Option
		for _, o := range p.Vars[v].Options {
			if !drop(o) {
				left = append(left, o)
			}
		}
		p.Vars[v].Options = left
	}
	return p
}

func TestInset(t *testing.T) {
	t.Parallel()
	s := must(t, inset())
	require.Equal(t, []int{0, 3, 3}, s.Choice) // azure, gcp TPU, aws Inferentia
	require.EqualValues(t, 40_439_180, s.Money)
	require.InDelta(t, 5.740244, float64(s.Time)/msPerHour, 1e-6)

	fastest := inset()
	fastest.Objective.Aim = Time
	require.Equal(t, s.Choice, must(t, fastest).Choice)

	bids, err := Bids(context.Background(), inset(), s, 2, Limit{})
	require.NoError(t, err)
	require.EqualValues(t, 41_435_200, bids[2].Value) // gcp T4 is next

	alone := must(t, lacking(inset(), func(o Option) bool { return o.Class != azure }))
	require.EqualValues(t, 104_970_240, alone.Money)
	require.EqualValues(t, 38_844_000, alone.Time)

	noTPU := must(t, lacking(inset(), func(o Option) bool { return o.Time == 4*msPerHour }))
	require.InDelta(t, 92.5072, float64(noTPU.Money)/1e6, 5e-5)
	noGCP := must(t, lacking(inset(), func(o Option) bool { return o.Class == gcp }))
	require.InDelta(t, 103.9241, float64(noGCP.Money)/1e6, 5e-5)

	dear := inset()
	for i := range dear.Tariffs[0].Money {
		dear.Tariffs[0].Money[i] *= 100
	}
	require.InDelta(t, 50.0977, float64(must(t, dear).Money)/1e6, 5e-5)

	awsOnly := lacking(inset(), func(o Option) bool { return o.Class != aws })
	_, err = Solve(context.Background(), awsOnly, Limit{})
	var none *InfeasibleError
	require.ErrorAs(t, err, &none)
	require.Equal(t, []Rule{{RuleOptions, 0}}, none.Conflict)
}
