package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
)

func dataTests() []test {
	return []test{
		{"Arguments arrive byte for byte", arguments},
		{"Environment arrives byte for byte", environment},
		{"Secrets arrive and are never shown", secrets},
		{"Progress is told", progress},
		{"Inputs and outputs go through the buckets", inputsOutputs},
		{"Inputs can be chosen by key", inputsChosen},
		{"Arguments can name inputs and outputs", argumentsNameData},
		{"Input can be a single object", inputSingle},
		{"Missing input fails the task, not silently", inputMissing},
		{"Scratch is the same for every host", scratchStable},
		{"Open refuses the URL of another cloud", openForeign},
	}
}

func arguments(w *world) {
	args := []string{"plain", "two words", "", "-n", "--long=x y", "it's", `say "hi"`, "a\nb", "tab\there", `back\slash\n`, "$HOME", "`id`", "*", "é漢🙂", awkward}
	want := strings.Join(args, "|\n") + "|\n"
	require.Equal(w.t, want, w.output(w.ready(), w.task(Behaviour{Args: args})))
}

func environment(w *world) {
	names := []string{"SKY_A", "SKY_B", "SKY_C", "SKY_D"}
	values := []string{"plain", awkward, "", "two\nlines = 'x'"}
	task := w.task(Behaviour{ShowEnv: names})
	task.Env = map[string]string{}
	var want strings.Builder
	for i, name := range names {
		task.Env[name] = values[i]
		want.WriteString(name + "=" + values[i] + "\n")
	}
	require.Equal(w.t, want.String(), w.output(w.ready(), task))
}

func secrets(w *world) {
	const value = "s3cr3t-7f0c9d2b61"
	req := w.request()
	h := w.readyFor(req)
	task := w.task(Behaviour{Measure: []string{"SKY_TOKEN"}, Block: true})
	task.Secrets = map[string]secret.Secret{"SKY_TOKEN": secret.New(value)}
	ref := w.start(h, task)
	w.printed(ref, fmt.Sprintf("SKY_TOKEN has %d bytes", len(value)))
	a, err := w.p.Describe(w.ctx, h)
	require.NoError(w.t, err)
	shown := []any{a, w.held(w.owner), w.poll(ref), w.logs(ref)}
	if w.h.Stored != nil {
		shown = append(shown, w.h.Stored(w.t))
	}
	for _, x := range shown {
		text, err := json.Marshal(x)
		require.NoError(w.t, err)
		require.NotContains(w.t, string(text)+fmt.Sprintf("%+v", x), value)
	}
}

func progress(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Progress: "0.25 reading", Block: true})
	s := w.until(ref, "the progress is told", func(s provider.TaskStatus) bool { return s.Progress.Fraction > 0 })
	require.InDelta(w.t, 0.25, s.Progress.Fraction, 1e-9)
	require.Equal(w.t, "reading", s.Progress.Note)
	require.False(w.t, s.Progress.At.IsZero())
	ref = w.startNew(h, Behaviour{Print: "x", Sleep: 20 * time.Millisecond})
	require.False(w.t, w.exited(ref).Progress.At.IsZero(), "a task that has printed has said something")
}

// storage finds the ability, or skips the test.
func (w *world) storage() provider.Storage {
	w.t.Helper()
	s, ok := provider.As[provider.Storage](w.p)
	if !ok {
		w.t.Skip("the provider has no storage")
	}
	return s
}

// folder is a URL that no other test writes under.
func (w *world) folder() string {
	w.t.Helper()
	url, err := w.storage().Scratch(w.ctx, w.h.Request.Place)
	require.NoError(w.t, err)
	require.True(w.t, strings.HasSuffix(url, "/"), "Scratch %q ends in /", url)
	folder := url + w.run + "/"
	w.t.Cleanup(func() { w.clean(folder) })
	return folder
}

// clean deletes everything under a folder.
func (w *world) clean(folder string) {
	ctx, cancel := context.WithTimeout(context.Background(), w.h.Patience)
	defer cancel()
	bucket, prefix, err := w.storage().Open(ctx, folder)
	require.NoError(w.t, err)
	var keys []string
	for o, err := range bucket.List(ctx, prefix) {
		require.NoError(w.t, err)
		keys = append(keys, o.Key)
	}
	for _, key := range keys {
		require.NoError(w.t, bucket.Delete(ctx, key, ""))
	}
}

func (w *world) put(url, content string) {
	w.t.Helper()
	bucket, key, err := w.storage().Open(w.ctx, url)
	require.NoError(w.t, err)
	up, err := bucket.Create(w.ctx, key, transfer.CreateOptions{Size: -1})
	require.NoError(w.t, err)
	require.NoError(w.t, up.Part(w.ctx, 1, strings.NewReader(content)))
	_, err = up.Commit(w.ctx)
	require.NoError(w.t, err)
}

func (w *world) get(url string) string {
	w.t.Helper()
	bucket, key, err := w.storage().Open(w.ctx, url)
	require.NoError(w.t, err)
	r, err := bucket.Read(w.ctx, key, transfer.Whole(), "")
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, r.Close()) }()
	var b bytes.Buffer
	_, err = io.Copy(&b, r)
	require.NoError(w.t, err)
	return b.String()
}

// list is the sorted keys under a folder, relative to it.
func (w *world) list(url string) []string {
	w.t.Helper()
	bucket, prefix, err := w.storage().Open(w.ctx, url)
	require.NoError(w.t, err)
	var keys []string
	for o, err := range bucket.List(w.ctx, prefix) {
		require.NoError(w.t, err)
		keys = append(keys, strings.TrimPrefix(o.Key, prefix))
	}
	slices.Sort(keys)
	return keys
}

// copyTask copies an input to an output under folder+"out/".
func (w *world) copyTask(folder string, in provider.Data) provider.Task {
	w.t.Helper()
	in.Name, in.Variable = "raw", provider.InputVariable("raw")
	out := provider.Data{Name: "clean", Variable: provider.OutputVariable("clean"), URL: folder + "out/"}
	task := w.task(Behaviour{Copy: [2]string{in.Variable, out.Variable}})
	task.Inputs, task.Outputs = []provider.Data{in}, []provider.Data{out}
	return task
}

func inputsOutputs(w *world) {
	folder := w.folder()
	h := w.ready()
	w.put(folder+"in/a.txt", "alpha")
	w.put(folder+"in/sub dir/b ü.txt", awkward)
	w.put(folder+"elsewhere/c.txt", "not an input")
	w.output(h, w.copyTask(folder, provider.Data{URL: folder + "in/"}))
	require.Equal(w.t, []string{"a.txt", "sub dir/b ü.txt"}, w.list(folder+"out/"), "outputs are complete once the task has exited")
	require.Equal(w.t, "alpha", w.get(folder+"out/a.txt"))
	require.Equal(w.t, awkward, w.get(folder+"out/sub dir/b ü.txt"))
	require.NoError(w.t, w.p.Release(w.ctx, h))
	require.Equal(w.t, "alpha", w.get(folder+"out/a.txt"), "artifacts outlive the machine")
}

func inputsChosen(w *world) {
	folder := w.folder()
	for _, name := range []string{"a", "b", "deep/c"} {
		w.put(folder+"in/"+name, name)
	}
	w.output(w.ready(), w.copyTask(folder, provider.Data{URL: folder + "in/", Objects: []string{"deep/c", "a"}}))
	require.Equal(w.t, []string{"a", "deep/c"}, w.list(folder+"out/"))
}

func argumentsNameData(w *world) {
	folder := w.folder()
	w.put(folder+"in/a.txt", "alpha")
	task := w.task(Behaviour{Args: []string{"{in.raw}", "{out.clean}", "{in.none}"}, ShowEnv: []string{"SKY_IN_RAW", "SKY_OUT_CLEAN"}})
	data := w.copyTask(folder, provider.Data{URL: folder + "in/"})
	task.Inputs, task.Outputs = data.Inputs, data.Outputs
	lines := strings.Split(strings.ReplaceAll(w.output(w.ready(), task), "|\n", "\n"), "\n")
	require.Len(w.t, lines, 6)
	require.Equal(w.t, []string{"SKY_IN_RAW=" + lines[0], "SKY_OUT_CLEAN=" + lines[1]}, lines[3:5])
	require.Equal(w.t, "{in.none}", lines[2])
}

func inputSingle(w *world) {
	folder := w.folder()
	w.put(folder+"in/a.txt", "alpha")
	w.output(w.ready(), w.copyTask(folder, provider.Data{URL: folder + "in/a.txt", Single: true}))
	keys := w.list(folder + "out/")
	require.Len(w.t, keys, 1)
	require.Equal(w.t, "alpha", w.get(folder+"out/"+keys[0]))
}

func inputMissing(w *world) {
	folder := w.folder()
	h := w.ready()
	task := w.copyTask(folder, provider.Data{URL: folder + "in/", Objects: []string{"absent"}})
	if err := w.p.Start(w.ctx, h, task); err != nil {
		w.refused(err, fault.Invalid)
		return
	}
	s := w.until(provider.Ref{Handle: h, TaskKey: task.Key}, "the task ends", ended)
	require.False(w.t, s.State == provider.TaskExited && s.Exit == 0, "the task succeeded without its input")
}

func scratchStable(w *world) {
	folder := w.folder()
	other, ok := provider.As[provider.Storage](w.h.New(w.t))
	require.True(w.t, ok)
	again, err := other.Scratch(w.ctx, w.h.Request.Place)
	require.NoError(w.t, err)
	require.Equal(w.t, folder, again+w.run+"/")
	w.put(folder+"x", "content")
	bucket, key, err := other.Open(w.ctx, folder+"x")
	require.NoError(w.t, err)
	o, err := bucket.Stat(w.ctx, key)
	require.NoError(w.t, err)
	require.EqualValues(w.t, len("content"), o.Size)
}

func openForeign(w *world) {
	for _, url := range []string{"no-such-scheme://bucket/key", "", "://", "plain/path"} {
		_, _, err := w.storage().Open(w.ctx, url)
		w.refused(err, fault.Unsupported, fault.Invalid)
	}
	_, _, err := w.storage().Open(w.ctx, "no-such-scheme://bucket/key")
	w.refused(err, fault.Unsupported)
}
