package providertest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/providertest"
)

// shell runs a behaviour as a provider would, and returns what it printed, both streams, and its exit code.
func shell(t *testing.T, b providertest.Behaviour, env ...string) (string, int) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no POSIX shell on this machine")
	}
	task := providertest.Script(b)
	argv := task.Argv
	if task.Script != "" {
		argv = []string{"sh", "-c", task.Script}
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	require.NoError(t, err)
	return string(out), 0
}

func TestScripts(t *testing.T) {
	t.Parallel()
	odd := "-n 'a' \"b\" $HOME %s \\n\t`id`\n\né🙂"
	for _, c := range []struct {
		name string
		does providertest.Behaviour
		env  string
		out  string
		exit int
	}{
		{"nothing", providertest.Behaviour{}, "", "", 0},
		{"exit", providertest.Behaviour{Exit: 42}, "", "", 42},
		{"print", providertest.Behaviour{Print: odd, Complain: "!" + odd}, "", odd + "!" + odd, 0},
		{"arguments", providertest.Behaviour{Args: []string{"", odd, "-x"}, Exit: 2}, "", "|\n" + odd + "|\n-x|\n", 2},
		{"environment", providertest.Behaviour{ShowEnv: []string{"SKY_X"}}, "SKY_X=" + odd, "SKY_X=" + odd + "\n", 0},
		{"measure", providertest.Behaviour{Measure: []string{"SKY_X"}}, "SKY_X=abc", "SKY_X has 3 bytes\n", 0},
		{"sleep", providertest.Behaviour{Print: "a", Sleep: 10 * time.Millisecond, Then: "b"}, "", "ab", 0},
	} {
		out, exit := shell(t, c.does, c.env)
		require.Equal(t, c.out, out, c.name)
		require.Equal(t, c.exit, exit, c.name)
	}
}

func TestScriptsUseTheirFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, out, progress := filepath.Join(dir, "in put"), filepath.Join(dir, "out"), filepath.Join(dir, "progress")
	require.NoError(t, os.MkdirAll(filepath.Join(in, "deep"), 0o700))
	require.NoError(t, os.Mkdir(out, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(in, "deep", "x"), []byte("content"), 0o600))
	_, exit := shell(t, providertest.Behaviour{Progress: "0.5 half", Copy: [2]string{"A", "B"}},
		"A="+in, "B="+out, provider.ProgressVariable+"="+progress)
	require.Zero(t, exit)
	for path, want := range map[string]string{filepath.Join(out, "deep", "x"): "content", progress: "0.5 half\n"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	_, exit = shell(t, providertest.Behaviour{Copy: [2]string{"A", "B"}}, "A="+in+"-absent", "B="+out)
	require.NotZero(t, exit, "a missing input is noticed")
}

func TestScriptsEndAsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		does   providertest.Behaviour
		signal string
	}{
		{providertest.Behaviour{Print: "up\n", Block: true}, "TERM"},
		{providertest.Behaviour{Print: "up\n", Stubborn: true}, "KILL"},
	} {
		// A shell plays the provider: it starts the task, waits for its first line, signals it, and passes its exit on.
		driver := `sh -c "$TASK" >"$LOG" & pid=$!
			until grep -q up "$LOG"; do :; done
			[ "$SIGNAL" = TERM ] || kill -TERM $pid
			kill -$SIGNAL $pid; wait $pid 2>/dev/null`
		cmd := exec.CommandContext(t.Context(), "sh", "-c", driver)
		cmd.Env = append(os.Environ(), "TASK="+providertest.Script(c.does).Script, "SIGNAL="+c.signal, "LOG="+filepath.Join(t.TempDir(), "log"))
		err := cmd.Run()
		exit, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, map[string]int{"TERM": 128 + 15, "KILL": 128 + 9}[c.signal], exit.ExitCode())
	}
}

func TestScriptIsOneCommand(t *testing.T) {
	t.Parallel()
	require.Empty(t, providertest.Script(providertest.Behaviour{Print: "x"}).Argv)
	argv := providertest.Script(providertest.Behaviour{Args: []string{"a b"}}).Argv
	require.Equal(t, "sh", argv[0])
	require.Equal(t, "a b", argv[len(argv)-1])
	require.False(t, strings.Contains(argv[2], "a b"), "arguments are not pasted into the script")
}
