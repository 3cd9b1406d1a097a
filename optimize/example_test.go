package optimize_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/openintercloud/broker/optimize"
)

// two is a producer pinned to class 0 and a consumer that is cheaper, but slower, in class 1.
func two() *optimize.Problem {
	return &optimize.Problem{
		Classes: 2,
		Vars: []optimize.Var{
			{Name: "clean", Options: []optimize.Option{{Class: 0, Money: 100, Time: 1000}}},
			{Name: "train", Options: []optimize.Option{{Class: 0, Money: 900, Time: 3000}, {Class: 1, Money: 500, Time: 4000}}},
		},
		Edges:   []optimize.Edge{{From: 0, To: 1, KB: 2_000_000}},
		Tariffs: []optimize.Tariff{{Money: []int64{0, 90, 90, 0}, Time: []int64{0, 800, 800, 0}}},
	}
}

func ExampleSolve() {
	s, err := optimize.Solve(context.Background(), two(), optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Choice, s.Value, "micro-dollars,", s.Time, "ms, optimal:", s.Status == optimize.Optimal)
	// Output: [0 1] 780 micro-dollars, 6600 ms, optimal: true
}

func ExampleSolve_infeasible() {
	p := two()
	p.Deadline = 3000
	_, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if why, ok := errors.AsType[*optimize.InfeasibleError](err); ok {
		fmt.Println(why.Conflict, why.Relaxations[0].Value)
	}
	fmt.Println(err)
	// Output:
	// [deadline] 4000
	// optimize: no plan keeps all of: deadline; a deadline of 4000 would do
}

func ExampleBids() {
	p := two()
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	bids, err := optimize.Bids(context.Background(), p, s, 1, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range bids {
		fmt.Printf("option %d: %d, %d too dear\n", b.Option, b.Value, b.Value-s.Value)
	}
	// Output:
	// option 0: 1000, 220 too dear
	// option 1: 780, 0 too dear
}

func ExampleVerify() {
	p := two()
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(optimize.Verify(p, s))
	s.Money--
	fmt.Println(optimize.Verify(p, s))
	// Output:
	// <nil>
	// optimize: verify: money is 780, not 779
}
