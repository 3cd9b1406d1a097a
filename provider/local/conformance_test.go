package local_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/provider/providertest"
	"github.com/openintercloud/broker/provider/remote"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		cfg := local.Config{Dir: t.TempDir(), CPUs: 8, Memory: 8 * unit.GB}
		w := newWorld(t, cfg)
		full := provider.Request{Place: here(), Offering: offering(1), Nodes: 3}
		full.Offering.Capacity = 2
		return providertest.Harness{
			New:         func(t *testing.T) provider.Provider { return newWorld(t, cfg).Cloud },
			Request:     provider.Request{Place: here(), Offering: offering(1)},
			Refused:     full,
			RefusedKind: fault.Capacity,
			Lease:       2 * time.Second,
			Preempt:     w.preempt,
			Vanish:      w.vanish,
			Stored:      w.stored,
			Leaks:       w.leaks,
		}
	})
}

// preempt leaves what a machine leaves that is taken back: tasks whose wrappers are no more, and a time that is over.
func (w world) preempt(t *testing.T, h provider.Handle) {
	tasks, err := os.ReadDir(filepath.Join(w.dir, "local", "allocations", h.Key, "tasks"))
	require.NoError(t, err)
	for _, task := range tasks {
		w.vanish(t, provider.Ref{Handle: h, TaskKey: task.Name()})
	}
	held := filepath.Join(w.dir, "local", "held", h.Key+".json")
	text, err := os.ReadFile(held)
	require.NoError(t, err)
	until := regexp.MustCompile(`"until":"[^"]*"`)
	require.Regexp(t, until, string(text))
	text = until.ReplaceAll(text, []byte(`"until":"2001-01-01T00:00:00Z"`))
	require.NoError(t, os.WriteFile(held, text, 0o600))
}

// vanish kills a task's wrapper, which takes the exit code with it.
func (w world) vanish(t *testing.T, ref provider.Ref) {
	b, err := os.ReadFile(filepath.Join(w.dir, "local", "allocations", ref.Handle.Key, "tasks", ref.TaskKey, "state", "pid"))
	require.NoError(t, err)
	p, err := remote.ParseProcess(string(b))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
}

// stored is all text and all names of files, but for what tasks print.
func (w world) stored(t *testing.T) string {
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		all.WriteString(path + "\n")
		if err == nil && e.Type().IsRegular() && e.Name() != "log" {
			var b []byte
			b, err = os.ReadFile(path)
			all.Write(b)
		}
		return err
	}))
	return all.String()
}

// leaks are the processes that still run in the cloud's folders, and the allocations held.
func (w world) leaks(*testing.T) []string {
	var all []string
	processes, err := filepath.Glob("/proc/[0-9]*/cwd")
	require.NoError(w, err)
	for _, p := range processes {
		if at, err := os.Readlink(p); err == nil && strings.HasPrefix(at, w.dir) {
			all = append(all, p+" "+at)
		}
	}
	held, err := filepath.Glob(filepath.Join(w.dir, "local", "held", "*"))
	require.NoError(w, err)
	return append(all, held...)
}

// leavesNothing waits for killed timers to disappear; the wrappers and commands themselves are gone after Release.
func (w world) leavesNothing() {
	w.Helper()
	require.Eventually(w, func() bool { return len(w.leaks(nil)) == 0 }, 10*time.Second, time.Millisecond)
}
