package local_test

import (
	"context"
	"fmt"
	"os"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
)

// This machine as the cloud "aws": a task reads one object and writes another.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cloud, err := local.New(local.Config{Name: "aws", Scheme: "s3", Dir: dir, Unlimited: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	place := catalog.Place{Cloud: "aws", Region: "us-east-1"}
	a, err := cloud.Allocate(ctx, provider.Request{Key: "first", Place: place, Nodes: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	task := provider.Task{
		Key: "greet", Kind: provider.Exec, Script: `echo "working"; echo "hello" >"$SKY_OUT_TEXT/greeting"`,
		Outputs: []provider.Data{{Name: "text", Variable: provider.OutputVariable("text"), URL: "s3://results/text/"}},
	}
	if err := cloud.Start(ctx, a.Handle, task); err != nil {
		fmt.Println(err)
		return
	}
	ref := provider.Ref{Handle: a.Handle, TaskKey: task.Key}
	for status, err := range cloud.Watch(ctx, ref) {
		if err != nil || status.State == provider.TaskExited {
			fmt.Println(status.State, status.Exit, err)
		}
	}
	_ = cloud.Logs(ctx, ref, provider.LogOptions{}, os.Stdout)
	path, _ := cloud.Path("s3://results/text/greeting")
	text, _ := os.ReadFile(path)
	fmt.Printf("%s", text)
	fmt.Println(cloud.Release(ctx, a.Handle))
	// Output:
	// exited 0 <nil>
	// working
	// hello
	// <nil>
}
