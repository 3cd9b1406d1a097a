package optimize_test

import (
	"context"
	"fmt"
	"math"

	"github.com/openintercloud/broker/optimize"
)

// Send 8 Gbit/s as cheaply as can be: the direct link carries 5, a detour at three times the price carries the rest.
func ExampleSolveLP() {
	p := &optimize.LP{
		Columns: []optimize.LPColumn{
			{Cost: 0.02, Upper: 5, Entries: []optimize.LPEntry{{Row: 0, Value: 1}}},
			{Cost: 0.06, Upper: math.Inf(1), Entries: []optimize.LPEntry{{Row: 0, Value: 1}}},
		},
		Rows: []optimize.LPRow{{Sense: optimize.AtLeast, RHS: 8}},
	}
	s, err := optimize.SolveLP(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: direct %.0f, detour %.0f, cost %.2f, one more costs %.2f\n", s.Status, s.X[0], s.X[1], s.Objective, s.Duals[0])
	// Output: optimal: direct 5, detour 3, cost 0.28, one more costs 0.06
}
