package optimize_test

import (
	"context"
	"fmt"

	"github.com/openintercloud/broker/optimize"
)

// three is a producer and two consumers; class 0 is dear but near, classes 1 and 2 are cheap or fast but far.
func three() *optimize.Problem {
	work := []optimize.Option{
		{Class: 0, Money: 900, Time: 3000},
		{Class: 1, Money: 500, Time: 4000},
		{Class: 2, Money: 800, Time: 1000},
	}
	return &optimize.Problem{
		Classes: 3,
		Clouds:  []int{0, 0, 1},
		Vars: []optimize.Var{
			{Name: "clean", Options: []optimize.Option{{Class: 0, Money: 100, Time: 1000}}},
			{Name: "train", Options: work},
			{Name: "test", Options: work},
		},
		Edges:   []optimize.Edge{{From: 0, To: 1, KB: 2_000_000}, {From: 0, To: 2, KB: 1_000_000}},
		Tariffs: []optimize.Tariff{{Money: []int64{0, 90, 90, 90, 0, 90, 90, 90, 0}, Time: []int64{0, 800, 800, 800, 0, 800, 800, 800, 0}}},
	}
}

func ExampleFront() {
	f, err := optimize.Front(context.Background(), three(), []optimize.Aim{optimize.Cost, optimize.Time}, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range f.Points {
		fmt.Println(s.Choice, s.Money, "micro-dollars,", s.Time, "ms")
	}
	fmt.Println("complete:", f.Complete)
	// Output:
	// [0 1 1] 1370 micro-dollars, 6600 ms
	// [0 0 1] 1590 micro-dollars, 5800 ms
	// [0 0 2] 1890 micro-dollars, 4000 ms
	// [0 2 2] 1970 micro-dollars, 3600 ms
	// complete: true
}

func ExampleBest() {
	best, err := optimize.Best(context.Background(), three(), 3, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range best.Plans {
		fmt.Printf("%v %d, %.0f %% more\n", s.Choice, s.Value, 100*float64(s.Value-s.Bound)/float64(s.Bound))
	}
	// Output:
	// [0 1 1] 1370, 0 % more
	// [0 0 1] 1590, 16 % more
	// [0 2 1] 1670, 22 % more
}

func ExampleDiverse() {
	plans, err := optimize.Diverse(context.Background(), three(), 3, optimize.Difference{Level: optimize.Cloud, Vars: 2}, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plans.Plans {
		fmt.Println(s.Choice, s.Value)
	}
	// Output:
	// [0 1 1] 1370
	// [0 2 2] 1970
}

func ExampleResolve() {
	p := three()
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, class := range []int{2, 1} {
		again, err := optimize.Resolve(context.Background(), p, s, optimize.Change{Block: []int{class}}, optimize.Limit{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("without class", class, again.Choice, again.Value, again.Stats.Method == "kept")
	}
	// Output:
	// without class 2 [0 1 1] 1370 true
	// without class 1 [0 0 2] 1890 false
}

func ExampleExplain() {
	p := three()
	p.Budget = 1700
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	why, err := optimize.Explain(context.Background(), p, s, 1, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range why {
		switch v.Reason {
		case optimize.Chosen:
			fmt.Println("option", v.Option, "is the best")
		case optimize.Dearer:
			fmt.Println("option", v.Option, "must get", v.Drop, "cheaper")
		case optimize.Broken:
			fmt.Println("option", v.Option, "breaks", v.Breaks)
		}
	}
	// Output:
	// option 0 must get 220 cheaper
	// option 1 is the best
	// option 2 must get 300 cheaper
}

func ExampleBreakEven() {
	flip, err := optimize.BreakEven(context.Background(), optimize.ScaleTariff(three(), 0), 1000, 10_000, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("at %d thousandths of today's egress %v becomes %v\n", flip.At, flip.Before.Choice, flip.After.Choice)
	// Output:
	// at 2228 thousandths of today's egress [0 1 1] becomes [0 0 1]
}

func ExampleQuota() {
	p := three()
	p.Limits = []optimize.Capacity{optimize.Quota(p, "machines in class 1", 1, func(_ int, o optimize.Option) int64 {
		if o.Class == 1 {
			return 1
		}
		return 0
	})}
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Choice, s.Value)
	// Output: [0 0 1] 1590
}

func ExampleMeter() {
	p := three()
	p.Tariffs[0].Money = nil
	p.Tariffs[0].Meter = []int{0, 1, 1, 1, 0, 1, 1, 1, 0}
	p.Meters = []optimize.Meter{{Name: "egress", Used: 9_000_000, Tiers: []optimize.Tier{{From: 0, Money: 90}, {From: 10_000_000, Money: 50}}}}
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Choice, s.Value) // 3 GB: one at 90, two at 50
	// Output: [0 1 1] 1290
}
