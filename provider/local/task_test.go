package local_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/local"
)

func TestTaskOutlivesItsHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(dir+"/go", 0o600))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hostVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started\n", line)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())

	w := newWorld(t, local.Config{Dir: dir, Unlimited: true})
	ref := provider.Ref{Handle: request("orphan", 1).Handle(), TaskKey: "task"}
	w.until(ref, func(s provider.TaskStatus) bool { return s.State == provider.TaskRunning })
	w.printed(ref)
	require.NoError(t, os.WriteFile(dir+"/go", []byte("word\n"), 0o600))
	s := w.ended(ref)
	require.Equal(t, provider.TaskExited, s.State)
	require.Equal(t, 5, s.Exit)
	require.Equal(t, "up\ngot word\n", w.logs(ref))
	require.NoError(t, w.Release(t.Context(), ref.Handle))
	w.leavesNothing()
}

func TestReleaseLeavesNoProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	h := w.allocate("a")
	ref := w.start(h, provider.Task{Script: "trap '' TERM; sleep 1000 & sleep 1000 & echo $!; wait; wait", Grace: time.Hour})
	w.printed(ref)
	w.start(h, provider.Task{Key: "quick", Argv: []string{"true"}})
	sleeper, err := strconv.Atoi(strings.TrimSpace(w.logs(ref)))
	require.NoError(t, err)
	require.NoError(t, w.Release(t.Context(), h))
	w.leavesNothing()
	require.Eventually(t, func() bool { return !strings.Contains(commandLine(sleeper), "sleep") }, 10*time.Second, time.Millisecond, "a process of the task's group is left")
	require.Contains(t, w.logs(ref), strconv.Itoa(sleeper), "logs stay")
	_, err = os.Stat(filepath.Join(w.dir, "local", "allocations", "a", "tasks", "task", "work"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func commandLine(pid int) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return string(b)
}

// A killed wrapper loses the exit code, and the command goes on without it; Release finds it all the same.
func TestKilledWrapper(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	h := w.allocate("a")
	ref := w.start(h, provider.Task{Script: "echo up; sleep 1000", Timeout: time.Hour})
	w.printed(ref)
	w.vanish(t, ref)
	s := w.ended(ref)
	require.Equal(t, provider.TaskLost, s.State)
	require.ErrorContains(t, s.Err, "vanished")
	require.NotEmpty(t, w.leaks(t))
	require.NoError(t, w.Release(t.Context(), h))
	w.leavesNothing()
}

func TestReusedPidIsNotTheTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	h := w.allocate("a")
	ref := w.start(h, provider.Task{Script: "echo up; sleep 1000"})
	w.printed(ref)
	w.vanish(t, ref)
	stranger := exec.Command("sleep", "1000")
	stranger.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, stranger.Start())
	// The account now says that the wrapper had the stranger's pid, and started at another time.
	file := filepath.Join(w.dir, "local", "allocations", "a", "tasks", "task", "state", "pid")
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	fields := strings.Fields(string(b))
	fields[0], fields[1] = strconv.Itoa(stranger.Process.Pid), "1"
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(fields, " ")+"\n"), 0o600))

	require.Equal(t, provider.TaskLost, w.ended(ref).State)
	require.NoError(t, w.Cancel(t.Context(), ref))
	require.NoError(t, w.Release(t.Context(), h))
	require.Contains(t, commandLine(stranger.Process.Pid), "sleep", "a stranger was killed")
	require.NoError(t, stranger.Process.Kill())
	require.Error(t, stranger.Wait())
}

func TestLeaseEndsTheTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	req := request("a", 1)
	req.Until = time.Now().Add(time.Second)
	_, err := w.Allocate(t.Context(), req)
	require.NoError(t, err)
	ref := w.start(req.Handle(), provider.Task{Script: "exec 2>/dev/null; sleep 1000"})
	s := w.ended(ref)
	require.Equal(t, provider.TaskExited, s.State)
	require.Equal(t, 143, s.Exit)
	require.False(t, s.Ended.Before(req.Until))
	require.Equal(t, "broker: the task was ended by its lease\n", w.logs(ref))

	w.until(ref, func(provider.TaskStatus) bool { return !time.Now().Before(req.Until) })
	a, err := w.Describe(t.Context(), req.Handle())
	require.NoError(t, err)
	require.Equal(t, provider.Gone, a.State)
	require.ErrorIs(t, a.Err, fault.Preempted)
	require.ErrorIs(t, w.Start(t.Context(), req.Handle(), provider.Task{Key: "late", Argv: []string{"true"}}), fault.Conflict)
	require.ErrorIs(t, w.Extend(t.Context(), req.Handle(), req.Until.Add(time.Hour)), fault.Conflict)
	require.NoError(t, w.Release(t.Context(), req.Handle()))
}

func TestExtendedLeaseKeepsTheTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	req := request("a", 1)
	req.Until = time.Now().Add(2 * time.Second)
	_, err := w.Allocate(t.Context(), req)
	require.NoError(t, err)
	ref := w.start(req.Handle(), provider.Task{Script: "sleep 3; echo survived"})
	require.NoError(t, w.Extend(t.Context(), req.Handle(), req.Until.Add(time.Hour)))
	s := w.ended(ref)
	require.Equal(t, 0, s.Exit)
	require.Equal(t, "survived\n", w.logs(ref))
	require.NoError(t, w.Release(t.Context(), req.Handle()))
	w.leavesNothing()
}

func TestServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	ref := w.start(w.allocate("a"), provider.Task{
		Kind: provider.Serve, Script: "sleep 0.1; echo up >answer; exec sleep 1000", Health: []string{"test", "-s", "answer"}, Ports: []int{8080},
	})
	s := w.until(ref, func(s provider.TaskStatus) bool { return s.State == provider.TaskReady })
	require.Equal(t, []string{"127.0.0.1:8080"}, s.Endpoints)
	require.NoError(t, w.Cancel(t.Context(), ref))
	require.Equal(t, 143, w.ended(ref).Exit)
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	ref := w.start(w.allocate("a"), provider.Task{Script: `echo "0.25 reading" >"$SKY_PROGRESS"; exec sleep 1000`})
	s := w.until(ref, func(s provider.TaskStatus) bool { return s.Progress.Fraction > 0 })
	require.Equal(t, 0.25, s.Progress.Fraction)
	require.Equal(t, "reading", s.Progress.Note)
	require.WithinDuration(t, time.Now(), s.Progress.At, time.Minute)
}

func TestRefusedTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{Container: []string{}})
	h := w.allocate("a")
	for name, c := range map[string]struct {
		task provider.Task
		kind fault.Kind
	}{
		"image without a runtime": {provider.Task{Image: "busybox", Argv: []string{"true"}}, fault.Unsupported},
		"recipe":                  {provider.Task{Recipe: "spark"}, fault.Unsupported},
		"copy":                    {provider.Task{Kind: provider.Copy}, fault.Unsupported},
		"relay":                   {provider.Task{Kind: provider.Relay}, fault.Unsupported},
		"nothing":                 {provider.Task{}, fault.Invalid},
		"two ways":                {provider.Task{Script: "true", Func: "f"}, fault.Invalid},
		"key":                     {provider.Task{Key: "../x", Script: "true"}, fault.Invalid},
		"NUL":                     {provider.Task{Argv: []string{"echo", "a\x00b"}}, fault.Invalid},
		"variable":                {provider.Task{Script: "true", Env: map[string]string{"A-B": ""}}, fault.Invalid},
		"no input": {provider.Task{Script: "true", Inputs: []provider.Data{{
			Name: "raw", Variable: "SKY_IN_RAW", URL: "local://bucket/none/",
		}}}, fault.Invalid},
		"other cloud's input": {provider.Task{Script: "true", Inputs: []provider.Data{{URL: "s3://bucket/none/"}}}, fault.Unsupported},
		"whole bucket":        {provider.Task{Script: "true", Outputs: []provider.Data{{URL: "local://bucket/"}}}, fault.Invalid},
	} {
		if c.task.Key == "" {
			c.task.Key = "task"
		}
		err := w.Start(t.Context(), h, c.task)
		require.ErrorIs(t, err, c.kind, name)
		require.Equal(t, "local", fault.Of("", err).Cloud, name)
		s, err := first(w.Poll(t.Context(), []provider.Ref{{Handle: h, TaskKey: "task"}}))
		require.NoError(t, err)
		require.ErrorIs(t, s.Err, fault.NotFound, name)
	}
}

func first[A, B any](seq func(yield func(A, B) bool)) (a A, b B) {
	for a, b = range seq {
		break
	}
	return a, b
}
