package local_test

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
)

// BenchmarkStage is the whole of a stage that runs "true": Allocate, Start, Watch to the end, Release.
func BenchmarkStage(b *testing.B) {
	c, err := local.New(local.Config{Dir: b.TempDir(), Unlimited: true})
	require.NoError(b, err)
	n := 0
	for b.Loop() {
		n++
		stage(b, c, fmt.Sprintf("key%d", n))
	}
}

func stage(b *testing.B, c *local.Cloud, key string) {
	req := provider.Request{Key: key, Place: here(), Offering: offering(1), Nodes: 1, Until: time.Now().Add(time.Hour)}
	a, err := c.Allocate(b.Context(), req)
	require.NoError(b, err)
	require.NoError(b, c.Start(b.Context(), a.Handle, provider.Task{Key: "task", Kind: provider.Exec, Argv: []string{"true"}}))
	var last provider.TaskStatus
	for s, err := range c.Watch(b.Context(), provider.Ref{Handle: a.Handle, TaskKey: "task"}) {
		require.NoError(b, err)
		last = s
	}
	require.Equal(b, provider.TaskExited, last.State)
	require.NoError(b, c.Release(b.Context(), a.Handle))
}

// BenchmarkBare is what BenchmarkStage is measured against.
func BenchmarkBare(b *testing.B) {
	for b.Loop() {
		require.NoError(b, exec.CommandContext(b.Context(), "true").Run())
	}
}
