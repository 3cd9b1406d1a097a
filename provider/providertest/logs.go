package providertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func logTests() []test {
	return []test{
		{"Logs are what was printed, byte for byte", logsExact},
		{"Logs hold both streams in order", logsBothStreams},
		{"Logs start at the offset", logsOffset},
		{"Logs of a running task end where it is", logsRunning},
		{"Logs follow until the task ends", logsFollow},
		{"Logs follow until the context ends", logsFollowCancelled},
		{"Logs work after Release", logsAfterRelease},
		{"Logs of an unknown task are NotFound", logsUnknown},
		{"Logs report a writer that fails", logsWriter},
	}
}

// A text with everything that shells, formatters and encoders stumble over.
const awkward = "-n --flag 'single' \"double\" `tick` $HOME $(id) \\ \\n %s %d \t tab\r\n  two  spaces ; & | > < * ? ~ # ! { } é 漢字 🙂\n\n- end"

func logsExact(w *world) {
	require.Equal(w.t, awkward, w.output(w.ready(), w.task(Behaviour{Print: awkward})))
}

func logsBothStreams(w *world) {
	got := w.output(w.ready(), w.task(Behaviour{Print: "out\n", Complain: "err\n", Sleep: 20 * time.Millisecond, Then: "more\n"}))
	require.Equal(w.t, "out\nerr\nmore\n", got)
}

func logsOffset(w *world) {
	text := strings.Repeat("0123456789", 10_000)
	ref := w.startNew(w.ready(), Behaviour{Print: text})
	w.exited(ref)
	for _, offset := range []int{0, 1, 65_536, len(text) - 1, len(text), len(text) + 10} {
		var b bytes.Buffer
		require.NoError(w.t, w.p.Logs(w.ctx, ref, provider.LogOptions{Offset: int64(offset)}, &b))
		require.Equal(w.t, text[min(offset, len(text)):], b.String(), "from offset %d", offset)
	}
}

func logsRunning(w *world) {
	ref := w.startNew(w.ready(), Behaviour{Print: "so far", Block: true})
	w.printed(ref, "so far")
	require.Equal(w.t, "so far", w.logs(ref))
	require.Equal(w.t, provider.TaskRunning, w.poll(ref).State)
}

// follow copies the log from an offset on in the background; began is closed by the first bytes, done once Logs has
// returned and err is set.
type follow struct {
	mu    sync.Mutex
	text  bytes.Buffer
	err   error
	began chan struct{}
	first sync.Once
	done  chan struct{}
}

func (f *follow) Write(p []byte) (int, error) {
	if len(p) > 0 {
		f.first.Do(func() { close(f.began) })
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(p)
}

func (f *follow) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

func (f *follow) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

func (w *world) follow(ctx context.Context, ref provider.Ref, offset int64) *follow {
	f := &follow{began: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.err = w.p.Logs(ctx, ref, provider.LogOptions{Offset: offset, Follow: true}, f)
	}()
	w.t.Cleanup(func() { <-f.done })
	return f
}

func logsFollow(w *world) {
	ref := w.startNew(w.ready(), Behaviour{Print: "first\n", Sleep: w.moment(300 * time.Millisecond), Then: "last\n"})
	w.printed(ref, "first\n")
	f := w.follow(w.ctx, ref, 0)
	tail := w.follow(w.ctx, ref, 3)
	for _, x := range []*follow{f, tail} {
		select { // time must not go on before both follow
		case <-x.began:
		case <-x.done:
		}
	}
	w.eventually("Logs return when the task ends", func() bool { return f.ended() && tail.ended() })
	require.NoError(w.t, f.err)
	require.NoError(w.t, tail.err)
	require.Equal(w.t, "first\nlast\n", f.String())
	require.Equal(w.t, "st\nlast\n", tail.String())
	w.exited(ref)
}

func logsFollowCancelled(w *world) {
	ref := w.startNew(w.ready(), Behaviour{Print: "up", Block: true})
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	f := w.follow(ctx, ref, 0)
	w.eventually("Logs copy what is there before the task ends", func() bool { return f.String() == "up" })
	require.False(w.t, f.ended(), "Logs returned while the task runs: %v", f.err)
	cancel()
	w.eventually("Logs return when the context ends", f.ended)
	require.ErrorIs(w.t, f.err, context.Canceled)
	require.Equal(w.t, provider.TaskRunning, w.poll(ref).State, "the end of a call is not the end of the work")
}

func logsAfterRelease(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Print: "remember me"})
	w.exited(ref)
	require.NoError(w.t, w.p.Release(w.ctx, h))
	require.Equal(w.t, "remember me", w.logs(ref))
	w.p = w.h.New(w.t)
	require.Equal(w.t, "remember me", w.logs(ref))
}

func logsUnknown(w *world) {
	h := w.ready()
	ref := provider.Ref{Handle: h, TaskKey: w.task(Behaviour{}).Key}
	w.refused(w.p.Logs(w.ctx, ref, provider.LogOptions{}, io.Discard), fault.NotFound)
	w.refused(w.p.Logs(w.ctx, ref, provider.LogOptions{Follow: true}, io.Discard), fault.NotFound)
}

type brokenPipe struct{ err error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.err }

func logsWriter(w *world) {
	ref := w.startNew(w.ready(), Behaviour{Print: "hello"})
	w.exited(ref)
	broken := errors.New("the reader hung up")
	require.ErrorIs(w.t, w.p.Logs(w.ctx, ref, provider.LogOptions{}, brokenPipe{broken}), broken)
}
