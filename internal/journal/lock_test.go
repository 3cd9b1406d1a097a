package journal_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/journal"
)

// These make the test binary a child that opens the journal in the directory they name.
const (
	holdEnv  = "JOURNAL_TEST_HOLD"  // says "held" and holds it until killed
	writeEnv = "JOURNAL_TEST_WRITE" // writes records, each number printed once it is durable, until killed
)

func TestMain(m *testing.M) {
	switch hold, write := os.Getenv(holdEnv), os.Getenv(writeEnv); {
	case hold != "":
		os.Exit(holdUntilKilled(hold))
	case write != "":
		os.Exit(writeUntilKilled(write))
	}
	os.Exit(m.Run())
}

func holdUntilKilled(dir string) int {
	f, _, err := journal.Open(dir, journal.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin) // ends with the parent, if it forgets us
	if errors.Join(err, f.Close()) != nil {
		return 1
	}
	return 0
}

func writeUntilKilled(dir string) int {
	f, _, err := journal.Open(dir, journal.Options{})
	for err == nil {
		err = errors.Join(f.Append(record(1, "not acted upon before it is durable")), f.Sync())
		fmt.Println(f.Next() - 1)
	}
	fmt.Println(err)
	return 1
}

// child starts this test binary with env=dir and gives it with what it prints.
func child(t *testing.T, env, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), env+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	_, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// kill ends a child at once and collects it.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "killed")
}

func TestOneOpenerInAProcess(t *testing.T) {
	t.Parallel()
	dir := written(t, "a")
	host, err := os.Hostname()
	require.NoError(t, err)
	f, _, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)

	for _, open := range []func() error{
		func() error { _, _, err := journal.Open(dir, journal.Options{}); return err },
		func() error { _, err := journal.Create(dir, journal.Options{}); return err },
	} {
		locked, ok := errors.AsType[*journal.LockedError](open())
		require.True(t, ok)
		require.Equal(t, os.Getpid(), locked.PID)
		require.Equal(t, host, locked.Host)
	}
	_, err = journal.Read(dir)
	require.NoError(t, err, "looking needs no lock")

	require.NoError(t, f.Append(record(1, "b")), "the holder was not disturbed")
	require.NoError(t, f.Close())
	f, recs, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Len(t, recs, 2)
	require.NoError(t, f.Close())
}

// The lock of a process that was killed is free at once; nothing stale is left to break.
func TestKilledHolderLetsGo(t *testing.T) {
	t.Parallel()
	dir := written(t, "a")
	holder, out := child(t, holdEnv, dir)
	require.True(t, out.Scan())
	require.Equal(t, "held", out.Text())

	_, _, err := journal.Open(dir, journal.Options{})
	locked, ok := errors.AsType[*journal.LockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, holder.Process.Pid, locked.PID)
	require.ErrorContains(t, err, fmt.Sprintf("held by process %d on host", holder.Process.Pid))

	kill(t, holder)
	f, recs, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, texts(t, recs))
	require.NoError(t, f.Close())
}

// A writer killed at any moment leaves every record it was told is durable, and perhaps the one it was writing.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	dir := written(t)
	before := 0
	for round := range 12 {
		writer, out := child(t, writeEnv, dir)
		for range 1 + 3*round {
			require.True(t, out.Scan())
		}
		confirmed, err := strconv.Atoi(out.Text())
		require.NoError(t, err)
		require.Equal(t, before+1+3*round, confirmed)
		kill(t, writer)

		f, recs, err := journal.Open(dir, journal.Options{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(recs), confirmed)
		require.NoError(t, f.Close())
		before = len(recs)
		require.Len(t, texts(t, recs), before)
	}
}
