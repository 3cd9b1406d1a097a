package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/local"
)

// put writes an object the way another task would: as a file.
func (w world) put(url, text string) {
	w.Helper()
	path, err := w.Path(url)
	require.NoError(w, err)
	require.NoError(w, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(w, os.WriteFile(path, []byte(text), 0o600))
}

func (w world) get(url string) string {
	w.Helper()
	path, err := w.Path(url)
	require.NoError(w, err)
	b, err := os.ReadFile(path)
	require.NoError(w, err)
	return string(b)
}

func TestFunc(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{Scheme: "gs"})
	w.put("gs://data/raw/words", "hello")
	ref := w.start(w.allocate("a"), provider.Task{
		Func:    "upper",
		Inputs:  []provider.Data{{Name: "raw", Variable: "SKY_IN_RAW", URL: "gs://data/raw/"}},
		Outputs: []provider.Data{{Name: "clean", Variable: "SKY_OUT_CLEAN", URL: "gs://data/clean/"}},
	})
	s := w.ended(ref)
	require.Equal(t, 0, s.Exit, w.logs(ref))
	require.Equal(t, 1.0, s.Progress.Fraction)
	require.Equal(t, "hello!", w.get("gs://data/clean/by-upper"))
}

func TestDataPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	w.put("local://b/in/x/1", "one")
	w.put("local://b/in/2", "two")
	w.put("local://b/in/3", "three")
	w.put("local://b/out/stale", "from a try that failed")
	h := w.allocate("a")
	list := `cd "$SKY_IN_A" && find . -type f | LC_ALL=C sort; pwd`
	in := provider.Data{Variable: "SKY_IN_A", URL: "local://b/in/"}
	run := func(key, script string, d provider.Data) string {
		task := provider.Task{Key: key, Script: script, Inputs: []provider.Data{d}, Outputs: []provider.Data{{Variable: "SKY_OUT_B", URL: "local://b/out/"}}}
		ref := w.start(h, task)
		require.Equal(t, 0, w.ended(ref).Exit, w.logs(ref))
		return w.logs(ref)
	}
	real, err := w.Path("local://b/in")
	require.NoError(t, err)
	require.Equal(t, "./2\n./3\n./x/1\n"+real+"\n", run("all", list, in), "read in place")
	in.Objects = []string{"x/1", "2", "3"}
	require.Equal(t, "./2\n./3\n./x/1\n"+real+"\n", run("named", list, in), "read in place")
	in.Objects = []string{"x/1", "2"}
	require.Contains(t, run("some", list, in), "./2\n./x/1\n/", "only what is named")
	in = provider.Data{Variable: "SKY_IN_A", URL: "local://b/in/2", Single: true}
	require.Equal(t, "two", run("single", `cat "$SKY_IN_A"; ls "$SKY_OUT_B"`, in), "outputs start empty")
	in = provider.Data{Variable: "SKY_IN_A", URL: "local://sky-scratch-here/run/empty/"}
	require.Equal(t, "", run("none", `ls "$SKY_IN_A"`, in), "an artifact without objects")

	in = provider.Data{Variable: "SKY_IN_A", URL: "local://b/in/", Objects: []string{"4"}}
	err = w.Start(t.Context(), h, provider.Task{Key: "missing", Script: "true", Inputs: []provider.Data{in}})
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "local://b/in/")
	in.Objects = []string{"../x"}
	require.ErrorIs(t, w.Start(t.Context(), h, provider.Task{Key: "escape", Script: "true", Inputs: []provider.Data{in}}), fault.Invalid)
}

func TestRepeatedStartKeepsTheOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{})
	h := w.allocate("a")
	task := provider.Task{Script: `echo done >"$SKY_OUT_B/x"`, Outputs: []provider.Data{{Variable: "SKY_OUT_B", URL: "local://b/out/"}}}
	require.Equal(t, 0, w.ended(w.start(h, task)).Exit)
	w.start(h, task)
	require.Equal(t, "done\n", w.get("local://b/out/x"))
}

func TestEnvironmentIsMinimal(t *testing.T) {
	t.Setenv("SURELY_NOT_WANTED", "1")
	w := newWorld(t, local.Config{})
	ref := w.start(w.allocate("a"), provider.Task{
		Script: `env | sed 's/=.*//' | sort | tr '\n' ' '; echo here >"$TMPDIR/x" && pwd`, Env: map[string]string{"MINE": "1"},
	})
	require.Equal(t, 0, w.ended(ref).Exit)
	text := w.logs(ref)
	require.Contains(t, text, "HOME LANG MINE PATH PWD SKY_PROGRESS SKY_TASK TMPDIR")
	require.Contains(t, text, filepath.Join("task", "work"))
}

func TestStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{Name: "aws", Scheme: "s3"})
	url, err := w.Scratch(t.Context(), catalog.Place{Cloud: "aws", Region: "us-east-1", Zone: "a"})
	require.NoError(t, err)
	require.Equal(t, "s3://sky-scratch-us-east-1/", url)
	url, err = w.Scratch(t.Context(), catalog.Place{Cloud: "aws"})
	require.NoError(t, err)
	require.Equal(t, "s3://sky-scratch-local/", url)
	_, err = w.Scratch(t.Context(), here())
	require.ErrorIs(t, err, fault.Invalid)

	w.put("s3://data/a/b", "text")
	b, key, err := w.Open(t.Context(), "s3://data/a/b")
	require.NoError(t, err)
	require.Equal(t, "a/b", key)
	o, err := b.Stat(t.Context(), key)
	require.NoError(t, err)
	require.EqualValues(t, 4, o.Size)
	again, key, err := w.Open(t.Context(), "s3://data")
	require.NoError(t, err)
	require.Empty(t, key)
	require.Same(t, b, again)

	for url, kind := range map[string]fault.Kind{
		"gs://data/a": fault.Unsupported, "data/a": fault.Unsupported, "s3://../a": fault.Invalid, "s3:///a": fault.Invalid,
		"s3://data/../../x": fault.Invalid, "s3://Data/x": fault.Invalid, "s3://data//x": fault.Invalid,
	} {
		_, _, err := w.Open(t.Context(), url)
		require.ErrorIs(t, err, kind, url)
		require.ErrorContains(t, err, url)
	}
}

// What a task writes has the permissions it would have without the wrapper.
func TestUmaskIsTheUsers(t *testing.T) {
	w := newWorld(t, local.Config{})
	ref := w.start(w.allocate("a"), provider.Task{Script: `umask`})
	require.Equal(t, 0, w.ended(ref).Exit)
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	require.Equal(t, fmt.Sprintf("%04o\n", mask), w.logs(ref))
}
