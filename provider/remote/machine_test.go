package remote_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// shellFunc is a shell made of a function.
type shellFunc func(ctx context.Context, cmd remote.Command) (int, error)

func (f shellFunc) Run(ctx context.Context, cmd remote.Command) (int, error) { return f(ctx, cmd) }

// stray lists the wrappers and timers of a root that still run.
func (b *bench) stray() []string {
	var all []string
	dirs, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, d := range dirs {
		if at, err := os.Readlink(d); err == nil && strings.HasPrefix(at, b.Root) {
			all = append(all, d+" "+at)
		}
	}
	return all
}

// running says whether a process that a state file names runs, as ps sees it.
func (b *bench) running(task, file string) bool {
	b.Helper()
	text, err := os.ReadFile(b.path("tasks", task, "state", file))
	require.NoError(b, err)
	p, err := remote.ParseProcess(string(text))
	require.NoError(b, err)
	out, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(p.PID)).Output()
	return len(out) > 0 && out[0] != 'Z'
}

func (b *bench) killWrapper(id remote.ID) {
	b.Helper()
	require.NoError(b, syscall.Kill(b.status(id).Wrapper.PID, syscall.SIGKILL))
}

func TestKilledWrapperIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.start(remote.Job{Argv: []string{"sh", "-c", "echo up; sleep 1000"}, Timeout: time.Hour})
	b.printed(id)
	b.killWrapper(id)
	s, _ := b.wait(id)
	require.Equal(t, provider.TaskLost, s.State())
	require.True(t, b.running(id.Task, "child"))
	require.NoError(t, b.Release(t.Context(), "a"))
	require.False(t, b.running(id.Task, "child"))
}

// The guard of the lease outlives its wrapper.
func TestLeaseEndsAnOrphan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.NoError(t, b.Open(t.Context(), "a", time.Now().Add(time.Second), 1))
	id := b.sh("echo up; sleep 1000")
	b.printed(id)
	b.killWrapper(id)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	wait := exec.CommandContext(ctx, "sh", "-c", "while kill -0 $0 2>/dev/null && ! grep -q '^State:.Z' /proc/$0/status; do sleep 0.05; done", strconv.Itoa(b.status(id).Child.PID))
	require.NoError(t, wait.Run())
	require.False(t, b.running(id.Task, "child"))
}

func TestLeaseIsMovedOnlyForward(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lease := func() string {
		text, err := os.ReadFile(b.path("lease"))
		require.NoError(t, err)
		return strings.TrimSpace(string(text))
	}
	require.NoError(t, b.Extend(t.Context(), "a", time.Unix(50, 0)))
	require.NoFileExists(t, b.path("lease"), "no lease never ends")
	require.NoError(t, b.Open(t.Context(), "a", time.Unix(100, 1), 1))
	require.Equal(t, "101", lease())
	require.NoError(t, b.Extend(t.Context(), "a", time.Unix(90, 0)))
	require.Equal(t, "101", lease())
	require.NoError(t, b.Extend(t.Context(), "a", time.Unix(1000, 0)))
	require.Equal(t, "1000", lease())
	require.NoError(t, b.Open(t.Context(), "a", time.Unix(900, 0), 2))
	require.NoError(t, b.Open(t.Context(), "a", time.Time{}, 2))
	require.Equal(t, "1000", lease())
	require.NoError(t, b.Open(t.Context(), "a", time.Unix(2000, 0), 2))
	require.Equal(t, "2000", lease())
	require.ErrorIs(t, b.Extend(t.Context(), "nowhere", time.Unix(1, 0)), fault.NotFound)
}

func TestReleaseIsSwift(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []remote.ID
	for range 5 {
		id := b.start(remote.Job{Argv: []string{"sh", "-c", "trap '' TERM; echo up; sleep 1000 & wait; wait"}, Grace: time.Hour})
		b.printed(id)
		ids = append(ids, id)
	}
	require.NoError(t, b.Release(t.Context(), "a"))
	all, err := b.Status(t.Context(), ids)
	require.NoError(t, err)
	for i, s := range all {
		require.Equal(t, provider.TaskExited, s.State())
		require.Equal(t, 137, s.Exit.Code)
		require.False(t, b.running(ids[i].Task, "pid"))
		require.False(t, b.running(ids[i].Task, "child"))
	}
	require.NoDirExists(t, b.path("tasks", ids[0].Task, "work"))
	require.NoError(t, b.Release(t.Context(), "a"))
}

// Start and Release race: whoever wins, nothing runs afterwards.
func TestReleaseRacesWithStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 20 {
		allocation := "race" + strconv.Itoa(i)
		require.NoError(t, b.Open(t.Context(), allocation, time.Time{}, 1))
		started := make(chan error, 1)
		go func() {
			started <- b.Start(t.Context(), allocation, remote.Job{Key: "x", Argv: []string{"sleep", "1000"}, Epoch: 1})
		}()
		require.NoError(t, b.Release(t.Context(), allocation))
		if err := <-started; err != nil {
			require.Contains(t, []fault.Kind{fault.Conflict, fault.Transient}, fault.KindOf(err), "%v", err)
		}
		require.NoError(t, b.Release(t.Context(), allocation))
		all, err := b.Status(t.Context(), []remote.ID{{Allocation: allocation, Task: "x"}})
		require.NoError(t, err)
		require.Contains(t, []provider.TaskState{"", provider.TaskExited, provider.TaskLost}, all[0].State())
		if all[0].Child != nil {
			require.Error(t, exec.Command("sh", "-c", `grep -q sleep /proc/$0/cmdline`, strconv.Itoa(all[0].Child.PID)).Run())
		}
	}
}

// What a cut connection leaves of the wrapper's text starts nothing, wherever it was cut.
func TestCutTextStartsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	whole := -1
	job := remote.Job{Argv: []string{"touch", b.Root + "/ran"}, Env: map[string]string{"A": "x y"}, Epoch: 1}
	for i, cut := range []int{0, 5, 30, 55, 80, 95, 99} {
		job.Key = "cut" + strconv.Itoa(i)
		r := b.Runner
		r.Shell = shellFunc(func(ctx context.Context, cmd remote.Command) (int, error) {
			text, err := io.ReadAll(cmd.Stdin)
			require.NoError(t, err)
			whole = len(text)
			cmd.Stdin = bytes.NewReader(text[:len(text)*cut/100])
			return remote.Exec{}.Run(ctx, cmd)
		})
		err := r.Start(t.Context(), "a", job)
		require.ErrorIs(t, err, fault.Transient)
		require.NotEqual(t, provider.TaskRunning, b.status(remote.ID{Allocation: "a", Task: job.Key}).State())
		require.NoFileExists(t, b.Root+"/ran")
		s, _ := b.wait(b.start(job))
		require.Zero(t, s.Exit.Code, "the same start again works")
		require.NoError(t, os.Remove(b.Root+"/ran"))
	}
	require.Less(t, whole, 8000, "the text is sent for each task")
}

func TestOneRoundTripEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var trips atomic.Int32
	b.Shell = shellFunc(func(ctx context.Context, cmd remote.Command) (int, error) {
		trips.Add(1)
		return remote.Exec{}.Run(ctx, cmd)
	})
	a, c := b.sh("exit 1"), b.sh("exit 2")
	require.EqualValues(t, 2, trips.Load())
	all, err := b.Status(t.Context(), []remote.ID{a, {Allocation: "a", Task: "never"}, c, {Allocation: "never", Task: "x"}})
	require.NoError(t, err)
	require.EqualValues(t, 3, trips.Load())
	require.True(t, all[0].Exists && !all[1].Exists && all[2].Exists && !all[3].Exists)
}

// On the same machine, files tell the same as the shell.
func TestReadTellsWhatStatusTells(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	alive := func(remote.Process) bool { return true }
	for _, id := range []remote.ID{b.sh("exit 3"), {Allocation: "a", Task: "never"}} {
		if id.Task != "never" {
			b.wait(id)
		}
		want, got := b.status(id), remote.Read(b.path("tasks", id.Task), alive)
		got.Alive = want.Alive
		got.Progress.At = got.Progress.At.Truncate(time.Second)
		require.Equal(t, want, got)
	}
	id := b.start(remote.Job{Argv: []string{"sh", "-c", "echo up; sleep 1000"}, Serve: true})
	b.printed(id)
	require.Eventually(t, func() bool { return b.status(id).Ready }, time.Minute, 10*time.Millisecond)
	want, got := b.status(id), remote.Read(b.path("tasks", id.Task), alive)
	got.Started, got.Progress.At = got.Started.Truncate(time.Second), got.Progress.At.Truncate(time.Second)
	require.Equal(t, want, got)
	require.Equal(t, provider.TaskReady, got.State())
}

// Without setsid, as on macOS, a shell with job control gives the groups.
func TestWithoutSetsid(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash, whose job control works without a terminal")
	}
	tools := t.TempDir()
	for _, name := range []string{"cat", "date", "ln", "mkdir", "rm", "sleep", "stat", "tail", "env"} {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(tools, name)))
	}
	require.NoError(t, os.Symlink(bash, filepath.Join(tools, "sh")))
	b := newBench(t)
	b.Shell = shellFunc(func(ctx context.Context, cmd remote.Command) (int, error) {
		c := exec.CommandContext(ctx, bash, "--posix", "-c", cmd.Script)
		c.Env, c.Stdin, c.Stdout, c.Stderr = []string{"PATH=" + tools}, cmd.Stdin, cmd.Stdout, cmd.Stderr
		_ = c.Run()
		return c.ProcessState.ExitCode(), nil
	})
	id := b.sh("(trap '' TERM; sleep 1000) & echo up; wait")
	b.printed(id)
	require.NoError(t, b.Cancel(t.Context(), id))
	s, out := b.wait(id)
	require.Equal(t, 143, s.Exit.Code)
	require.Equal(t, "up\n", out)
	id = b.sh("echo up; sleep 1000")
	b.printed(id)
	require.NoError(t, b.Release(t.Context(), "a"))
	require.False(t, b.running(id.Task, "child"))
	require.False(t, b.running(id.Task, "pid"))
}

func TestShellThatFails(t *testing.T) {
	t.Parallel()
	r := remote.Runner{Shell: shellFunc(func(context.Context, remote.Command) (int, error) { return 0, io.ErrUnexpectedEOF })}
	err := r.Start(t.Context(), "a", remote.Job{Key: "x", Argv: []string{"true"}})
	require.ErrorIs(t, err, fault.Transient)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, fault.Of("", err).Ambiguous, "it may have been started")
}
