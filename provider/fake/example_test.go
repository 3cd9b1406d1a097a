package fake_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
)

// A spot machine at 3 dollars an hour boots for a minute, trains for half an hour, and is taken back. No time passes.
func Example() {
	ctx := context.Background()
	clock := fake.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	cloud := fake.New(fake.Config{
		Name:  "gcp",
		Clock: clock,
		Boot:  time.Minute,
		Rules: []fake.Rule{
			{Op: "allocate", Times: 1, Err: &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeZone}},
			{Op: "allocate", Market: catalog.Spot, Preempt: 30 * time.Minute},
		},
		Programs: map[string]fake.Program{"train": func(p *fake.Process) int {
			for step := range 10 {
				_, _ = fmt.Fprintln(p, "epoch", step)
				p.Sleep(8 * time.Minute)
			}
			return 0
		}},
	})
	defer cloud.Close()

	place := catalog.Place{Cloud: "gcp", Region: "us-central1", Zone: "a"}
	req := provider.Request{Key: "k1", Place: place, Nodes: 1, Market: catalog.Spot, Offering: catalog.Offering{
		ID: "v100", Service: "vm", Market: catalog.Spot, Price: unit.Price(3 * unit.Dollar), Unit: catalog.PerHour,
	}}
	_, err := cloud.Allocate(ctx, req)
	fmt.Println(err)
	a, err := cloud.Allocate(ctx, req)
	fmt.Println(a.State, err)

	clock.Advance(time.Minute)
	err = cloud.Start(ctx, a.Handle, provider.Task{Key: "t1", Name: "train", Argv: []string{"train"}})
	fmt.Println("started", err)

	clock.Advance(time.Hour)
	ref := provider.Ref{Handle: a.Handle, TaskKey: "t1"}
	for s, err := range cloud.Poll(ctx, []provider.Ref{ref}) {
		fmt.Println(s.State, s.Err, err)
	}
	if err := cloud.Logs(ctx, ref, provider.LogOptions{}, os.Stdout); err != nil {
		fmt.Println(err)
	}
	fmt.Println("held:", len(cloud.Live()), "spent:", cloud.Spent())
	// Output:
	// allocate at gcp/us-central1/a: capacity
	// pending <nil>
	// started <nil>
	// lost run at gcp/us-central1/a: preempted <nil>
	// epoch 0
	// epoch 1
	// epoch 2
	// epoch 3
	// held: 0 spent: $1.50
}
