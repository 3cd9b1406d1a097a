package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
)

// hostVariable makes the test binary a host that starts a task and then hangs, to be killed.
const hostVariable = "LOCAL_TEST_HOST"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(provider.TaskVariable) != "":
		os.Exit(childFunc())
	case os.Getenv(hostVariable) != "":
		os.Exit(host(os.Getenv(hostVariable)))
	}
	goleak.VerifyTestMain(m)
}

// childFunc is what sky.Init does in a re-executed binary: run the function the task names.
func childFunc() int {
	b, err := os.ReadFile(os.Getenv(provider.TaskVariable))
	var record provider.TaskFile
	if err != nil || json.Unmarshal(b, &record) != nil {
		return 90
	}
	text, err := os.ReadFile(filepath.Join(record.Paths["SKY_IN_RAW"], "words"))
	if err != nil {
		return 91
	}
	out := filepath.Join(record.Paths["SKY_OUT_CLEAN"], "by-"+record.Task.Func)
	if os.WriteFile(out, append(text, '!'), 0o600) != nil || os.WriteFile(record.Progress, []byte("1 done"), 0o600) != nil {
		return 92
	}
	return 0
}

// host starts a task that waits for a line from the pipe "go" in dir, says so, and hangs.
func host(dir string) int {
	c, err := local.New(local.Config{Dir: dir, Unlimited: true})
	if err != nil {
		return 90
	}
	req := request("orphan", 1)
	if _, err := c.Allocate(context.Background(), req); err != nil {
		return 91
	}
	task := provider.Task{Key: "task", Kind: provider.Exec, Script: "echo up; read line <" + dir + "/go; echo got $line; exit 5"}
	if c.Start(context.Background(), req.Handle(), task) != nil {
		return 92
	}
	fmt.Println("started")
	time.Sleep(time.Hour)
	return 93
}

func here() catalog.Place { return catalog.Place{Cloud: "local", Region: "here"} }

func offering(cpus int) catalog.Offering {
	return catalog.Offering{
		ID: fmt.Sprintf("local/here/vm/size-%d/on-demand", cpus), Service: "vm", Place: here(),
		Type:   catalog.InstanceType{Cloud: "local", Name: fmt.Sprintf("size-%d", cpus), CPUs: cpus, Memory: unit.Bytes(cpus) * unit.GB},
		Market: catalog.OnDemand, Unit: catalog.PerHour,
	}
}

func request(key string, cpus int) provider.Request {
	return provider.Request{
		Key: key, Owner: "me", Place: here(), Offering: offering(cpus), Market: catalog.OnDemand,
		Nodes: 1, IssuedAt: time.Now().UTC(),
	}
}

// world is a local cloud with what tests do to it.
type world struct {
	testing.TB
	*local.Cloud
	dir string
}

func newWorld(t testing.TB, cfg local.Config) world {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	c, err := local.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return world{t, c, cfg.Dir}
}

// allocate holds one CPU under a key until the end of the test.
func (w world) allocate(key string) provider.Handle {
	w.Helper()
	req := request(key, 1)
	a, err := w.Allocate(w.Context(), req)
	require.NoError(w, err)
	w.Cleanup(func() { require.NoError(w, w.Release(context.Background(), req.Handle())) })
	return a.Handle
}

func (w world) start(h provider.Handle, task provider.Task) provider.Ref {
	w.Helper()
	if task.Key == "" {
		task.Key = "task"
	}
	require.NoError(w, w.Start(w.Context(), h, task))
	return provider.Ref{Handle: h, TaskKey: task.Key}
}

// until watches a task until ok, and fails when it ends before.
func (w world) until(ref provider.Ref, ok func(provider.TaskStatus) bool) provider.TaskStatus {
	w.Helper()
	var last provider.TaskStatus
	for s, err := range w.Watch(w.Context(), ref) {
		require.NoError(w, err)
		if last = s; ok(s) {
			return s
		}
	}
	require.Fail(w, "the task ended before", "%+v", last)
	return last
}

func (w world) ended(ref provider.Ref) provider.TaskStatus {
	w.Helper()
	return w.until(ref, func(s provider.TaskStatus) bool {
		return s.State == provider.TaskExited || s.State == provider.TaskLost
	})
}

func (w world) logs(ref provider.Ref) string {
	w.Helper()
	var b writer
	require.NoError(w, w.Logs(w.Context(), ref, provider.LogOptions{}, &b))
	return string(b)
}

// printed follows a running task's log until it has printed something.
func (w world) printed(ref provider.Ref) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	_ = w.Logs(ctx, ref, provider.LogOptions{Follow: true}, onWrite(cancel))
	require.Error(w, ctx.Err(), "the task ended without printing")
}

type writer []byte

func (b *writer) Write(p []byte) (int, error) { *b = append(*b, p...); return len(p), nil }

type onWrite func()

func (f onWrite) Write(p []byte) (int, error) { f(); return len(p), nil }
