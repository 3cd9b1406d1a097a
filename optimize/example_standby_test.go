package optimize_test

import (
	"context"
	"fmt"

	"github.com/openintercloud/broker/optimize"
)

func ExamplePrepare() {
	p := three()
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	standby, err := optimize.Prepare(context.Background(), p, s, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := standby.Resolve(context.Background(), optimize.Change{Block: []int{1}}, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("without class 1", again.Choice, again.Value)
	// Output:
	// without class 1 [0 0 2] 1890
}
