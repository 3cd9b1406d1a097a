package local

import (
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/remote"
)

// How often a watched task is looked at all the same: for what it prints, and where changes cannot be told of.
const lookAgain = 5 * time.Second

// Watch yields a task's status when its files change or its process ends.
func (c *Cloud) Watch(ctx context.Context, ref provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		f := c.follow(ref, "state")
		defer f.close()
		var last provider.TaskStatus
		for told := true; ; told = f.wait(ctx) {
			now, s := c.status(ref)
			if now.State == "" {
				yield(now, now.Err)
				return
			}
			if !told {
				yield(last, c.explain("watch", ref.Handle.Place, ctx.Err()))
				return
			}
			if differs(now, last) && !yield(now, nil) || over(now) {
				return
			}
			last = now
			f.attach(s.Wrapper)
		}
	}
}

func over(s provider.TaskStatus) bool {
	return s.State == provider.TaskExited || s.State == provider.TaskLost
}

// differs tells whether there is news. The error of a task follows from its state.
func differs(a, b provider.TaskStatus) bool {
	return a.State != b.State || a.Exit != b.Exit || a.Started != b.Started || a.Ended != b.Ended ||
		a.Progress != b.Progress || !slices.Equal(a.Endpoints, b.Endpoints)
}

// Logs copies a task's log.
func (c *Cloud) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	return c.explain("logs", ref.Handle.Place, c.logs(ctx, ref, opts, w))
}

func (c *Cloud) logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	f := c.follow(ref, ".", "state")
	defer f.close()
	offset := max(opts.Offset, 0)
	for ctx.Err() == nil {
		now, s := c.status(ref) // before the copy: what was printed before the end is then in the log
		if now.State == "" {
			return now.Err
		}
		n, err := copyFrom(filepath.Join(c.taskDir(ref.Handle.Key, ref.TaskKey), "log"), offset, w)
		offset += n
		if err != nil || !opts.Follow || over(now) {
			return err
		}
		f.attach(s.Wrapper)
		f.wait(ctx)
	}
	return ctx.Err()
}

// copyFrom copies a file from a byte on. A file that is not there yet is empty.
func copyFrom(path string, offset int64, w io.Writer) (int64, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, f)
}

// follower waits for changes of one task.
type follower struct {
	news    chan struct{} // capacity 1: something changed
	stop    []func()
	ended   chan struct{} // closed when the wrapper has ended; nil when none is attached
	tick    *time.Ticker
	process func()
}

// follow starts to watch the named parts of a task's folder.
func (c *Cloud) follow(ref provider.Ref, parts ...string) *follower {
	f := &follower{news: make(chan struct{}, 1), tick: time.NewTicker(lookAgain)}
	if !keys.MatchString(ref.TaskKey) || !keys.MatchString(ref.Handle.Key) {
		return f
	}
	for _, part := range parts {
		dir := filepath.Join(c.taskDir(ref.Handle.Key, ref.TaskKey), part)
		f.stop = append(f.stop, c.hub.add(dir, f.news))
	}
	return f
}

// attach has the end of a process told, which leaves no trace in the files when it is killed.
func (f *follower) attach(p *remote.Process) {
	if p == nil || f.process != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	f.ended, f.process = ended, func() { cancel(); <-ended }
	go func() {
		_ = awaitEnd(ctx, *p)
		close(ended)
	}()
}

// wait returns when there may be something new, or false when ctx has ended.
func (f *follower) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-f.news:
	case <-f.tick.C:
	case <-f.ended:
		f.ended = nil // told once; the files are as they will stay
	}
	return true
}

func (f *follower) close() {
	f.tick.Stop()
	if f.process != nil {
		f.process()
	}
	for _, stop := range f.stop {
		stop()
	}
}
