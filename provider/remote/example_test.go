package remote_test

import (
	"context"
	"fmt"
	"os"
	"time"

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
