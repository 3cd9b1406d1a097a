package remote_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/remote"
)

// A task on this machine, which would go on without this process.
func Example() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	r := remote.Runner{Shell: remote.Exec{}, Root: root, Interval: 10 * time.Millisecond}
	fmt.Println(r.Open(ctx, "allocation", time.Now().Add(time.Hour), 1))
	fmt.Println(r.Start(ctx, "allocation", remote.Job{Key: "task", Argv: []string{"echo", "it's done"}, Epoch: 1}))
	id := remote.ID{Allocation: "allocation", Task: "task"}
	fmt.Println(r.Logs(ctx, id, provider.LogOptions{Follow: true}, os.Stdout))
	all, err := r.Status(ctx, []remote.ID{id})
	fmt.Println(all[0].State(), all[0].Exit.Code, err)
	fmt.Println(r.Release(ctx, "allocation"))
	// Output:
	// <nil>
	// <nil>
	// it's done
	// <nil>
	// exited 0 <nil>
	// <nil>
}

// A machine with room for two, shared by all hosts that use the folder.
func ExampleAccount() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	account := remote.Account{Cloud: "attic", Dir: dir}
	req := provider.Request{
		Owner: "me", Nodes: 1, Place: catalog.Place{Cloud: "attic", Region: "home"},
		Offering: catalog.Offering{ID: "shelf", Service: "vm", Capacity: 2},
	}
	for _, req.Key = range []string{"one", "two", "three"} {
		held, err := account.Allocate(ctx, req)
		fmt.Println(held.State, err)
	}
	// Output:
	// ready <nil>
	// ready <nil>
	//  allocate at attic/home: capacity (offering used up): 3 of shelf would be held, of 2
}
