package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/provider/secret"
)

// runtime stands in for podman: it notes its arguments, and for "run" runs what comes after the image with the
// variables it was given, by value or by name.
const runtime = `#!/bin/sh
printf '%s\n' "$*" >>"$(dirname "$0")/calls"
[ "$1" = run ] || exit 0
shift
while [ "$1" != image ]; do
	case $1 in
	-e) case $2 in *=*) export "$2" ;; *) eval ": \${$2:?}" ;; esac; shift ;;
	esac
	shift
done
shift
exec "$@"
`

func TestImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	podman := filepath.Join(dir, "podman")
	require.NoError(t, os.WriteFile(podman, []byte(runtime), 0o700))
	w := newWorld(t, local.Config{Container: []string{podman, "run"}})
	w.put("local://b/in/x", "input")
	h := w.allocate("a")
	ref := w.start(h, provider.Task{
		Image: "image", Argv: []string{"sh", "-c", `cp "$SKY_IN_A/x" "$SKY_OUT_B/y"; echo "$MINE $TOKEN"; echo 0.5 >"$SKY_PROGRESS"`},
		Env:     map[string]string{"MINE": "two words", "PATH": os.Getenv("PATH")},
		Secrets: map[string]secret.Secret{"TOKEN": secret.New("hidden")},
		Inputs:  []provider.Data{{Variable: "SKY_IN_A", URL: "local://b/in/"}},
		Outputs: []provider.Data{{Variable: "SKY_OUT_B", URL: "local://b/out/"}},
	})
	s := w.ended(ref)
	require.Equal(t, 0, s.Exit, w.logs(ref))
	require.Equal(t, "two words hidden\n", w.logs(ref))
	require.Equal(t, "input", w.get("local://b/out/y"))
	require.Equal(t, 0.5, s.Progress.Fraction)
	calls := w.calls(dir)
	require.Contains(t, calls, "run --rm --name sky-task --network host -v ")
	require.Contains(t, calls, "-e TOKEN image")
	require.NotContains(t, calls, "hidden")

	ref = w.start(h, provider.Task{Key: "long", Image: "image", Script: "echo up; exec sleep 1000"})
	w.printed(ref)
	require.NoError(t, w.Release(t.Context(), h))
	require.Contains(t, w.calls(dir), "rm -f sky-long", "a killed client does not take its container with it")
}

func (w world) calls(dir string) string {
	w.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "calls"))
	require.NoError(w, err)
	return strings.TrimSpace(string(b))
}
