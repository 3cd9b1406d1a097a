package remote_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
	"github.com/openintercloud/broker/provider/secret"
)

// bench is a runner on this machine with one open allocation "a".
type bench struct {
	*testing.T
	remote.Runner
	count int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, Runner: remote.Runner{Shell: remote.Exec{}, Root: t.TempDir(), Interval: time.Millisecond}}
	require.NoError(t, b.Open(t.Context(), "a", time.Time{}, 1))
	t.Cleanup(func() {
		require.NoError(t, b.Release(context.Background(), "a"))
		require.Eventually(t, func() bool { return len(b.stray()) == 0 }, 10*time.Second, time.Millisecond)
	})
	return b
}

func (b *bench) start(job remote.Job) remote.ID {
	b.Helper()
	if job.Key == "" {
		b.count++
		job.Key = fmt.Sprintf("t%d", b.count)
	}
	if job.Epoch == 0 {
		job.Epoch = 1
	}
	require.NoError(b, b.Start(b.Context(), "a", job))
	return remote.ID{Allocation: "a", Task: job.Key}
}

func (b *bench) sh(text string) remote.ID {
	b.Helper()
	return b.start(remote.Job{Argv: []string{"sh", "-c", text}})
}

func (b *bench) status(id remote.ID) remote.Status {
	b.Helper()
	all, err := b.Status(b.Context(), []remote.ID{id})
	require.NoError(b, err)
	return all[0]
}

// wait follows the task's log to its end, and returns its status and what it printed.
func (b *bench) wait(id remote.ID) (remote.Status, string) {
	b.Helper()
	var out bytes.Buffer
	require.NoError(b, b.Logs(b.Context(), id, provider.LogOptions{Follow: true}, &out))
	return b.status(id), out.String()
}

// printed follows the log of a running task until it holds a line.
func (b *bench) printed(id remote.ID) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	_ = b.Logs(ctx, id, provider.LogOptions{Follow: true}, writerFunc(func(p []byte) { cancel() }))
	require.Error(b, ctx.Err(), "the task ended without printing")
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.Root, "a"}, parts...)...)
}

func TestExit(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137, "kill -15 $$": 143, "nosuchthing": 127} {
		b := newBench(t)
		before := time.Now().Add(-time.Second)
		s, _ := b.wait(b.sh(text))
		require.Equal(t, provider.TaskExited, s.State(), text)
		require.Equal(t, code, s.Exit.Code, text)
		require.WithinRange(t, s.Exit.Started, before, time.Now())
		require.WithinRange(t, s.Exit.Ended, s.Exit.Started, time.Now())
	}
}

func TestStreamsInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.sh("echo one; echo two >&2; echo three")
	_, out := b.wait(id)
	require.Equal(t, "one\ntwo\nthree\n", out)
	var rest bytes.Buffer
	require.NoError(t, b.Logs(t.Context(), id, provider.LogOptions{Offset: 4}, &rest))
	require.Equal(t, "two\nthree\n", rest.String())
}

func TestStartAgainStartsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := remote.Job{Key: "same", Argv: []string{"sh", "-c", "echo once"}}
	errs := make(chan error, 8)
	for range cap(errs) {
		job := job
		job.Epoch = 1
		go func() { errs <- b.Start(t.Context(), "a", job) }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	id := b.start(job)
	_, out := b.wait(id)
	require.Equal(t, "once\n", out)
	b.start(job)
	_, out = b.wait(id)
	require.Equal(t, "once\n", out)
}

func TestStartAfterACrashBeforeTheLaunch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, dir := range []string{"state", "work", "tmp"} {
		require.NoError(t, os.MkdirAll(b.path("tasks", "torn", dir), 0o700))
	}
	require.Equal(t, provider.TaskPending, b.status(remote.ID{Allocation: "a", Task: "torn"}).State())
	_, out := b.wait(b.start(remote.Job{Key: "torn", Argv: []string{"echo", "recovered"}}))
	require.Equal(t, "recovered\n", out)
}

func TestEpochs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start(remote.Job{Argv: []string{"true"}, Epoch: 10})
	err := b.Start(t.Context(), "a", remote.Job{Key: "late", Argv: []string{"true"}, Epoch: 9})
	require.ErrorIs(t, err, fault.Conflict)
	require.Empty(t, b.status(remote.ID{Allocation: "a", Task: "late"}).State())
	b.start(remote.Job{Argv: []string{"true"}, Epoch: 11})
}

func TestStartWhereNothingIsOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := remote.Job{Key: "x", Argv: []string{"true"}}
	require.ErrorIs(t, b.Start(t.Context(), "nowhere", job), fault.NotFound)
	require.NoError(t, b.Release(t.Context(), "closed"))
	require.ErrorIs(t, b.Start(t.Context(), "closed", job), fault.Conflict)
	require.ErrorIs(t, b.Open(t.Context(), "closed", time.Time{}, 1), fault.Conflict)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		code int
		said string
	}{
		"by default":   {"echo up; sleep 1000", 143, "up\n"},
		"in order":     {"exec 2>/dev/null; trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done", 3, "up\nbye\n"},
		"after grace":  {"trap '' TERM; echo up; while :; do sleep 0.01; done", 137, "up\n"},
		"with a group": {"(trap '' TERM; sleep 1000) & echo up; wait", 143, "up\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.start(remote.Job{Argv: []string{"sh", "-c", c.text}, Grace: 300 * time.Millisecond})
			b.printed(id)
			require.NoError(t, b.Cancel(t.Context(), id))
			s, out := b.wait(id)
			require.Equal(t, provider.TaskExited, s.State())
			require.Equal(t, c.code, s.Exit.Code)
			require.Equal(t, c.said, out)
			require.NoError(t, b.Cancel(t.Context(), id))
			require.NoError(t, b.Cancel(t.Context(), remote.ID{Allocation: "a", Task: "never"}))
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, out := b.wait(b.start(remote.Job{Argv: []string{"sleep", "1000"}, Timeout: 50 * time.Millisecond}))
	require.Equal(t, 143, s.Exit.Code)
	require.Equal(t, "broker: the task was ended by its timeout\n", out)
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const word = "open-sesame-4711"
	id := b.start(remote.Job{
		Argv:    []string{"sh", "-c", `test "$TOKEN" = "$WANT$EVER" && echo ok; ps -o args= -p $PPID >&2; echo up; sleep 1000`},
		Env:     map[string]string{"WANT": "open-sesame", "EVER": "-4711"},
		Secrets: map[string]secret.Secret{"TOKEN": secret.New(word)},
	})
	b.printed(id)
	require.NoError(t, filepath.WalkDir(b.Root, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		if d.Type().IsRegular() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NotContains(t, string(text), word, path)
		}
		return nil
	}))
	require.NoError(t, b.Cancel(t.Context(), id))
	_, out := b.wait(id)
	require.Contains(t, out, "ok\n")
}
