package fake

import (
	"context"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// task is the cloud's own record of one. All of it is guarded by the cloud's lock.
type task struct {
	spec      provider.Task // without its secrets
	status    provider.TaskStatus
	log       []byte
	changed   chan struct{} // closed and replaced whenever status or log change
	cancelled bool
	proc      *Process
}

func (t *task) ended() bool {
	return t.status.State == provider.TaskExited || t.status.State == provider.TaskLost
}

// update changes what is known of a task that has not ended, and wakes those who watch it.
func (t *task) update(change func(*provider.TaskStatus)) {
	if t.ended() {
		return
	}
	change(&t.status)
	close(t.changed)
	t.changed = make(chan struct{})
}

// lose ends a task without an exit code.
func (t *task) lose(now time.Time, why *fault.Error) {
	t.update(func(s *provider.TaskStatus) { s.State, s.Ended, s.Err = provider.TaskLost, now, why })
}

func (t *task) shown() provider.TaskStatus {
	s := t.status
	s.Endpoints = slices.Clone(s.Endpoints)
	return s
}

// Start begins a task.
func (c *Cloud) Start(ctx context.Context, h provider.Handle, spec provider.Task) error {
	return c.call(ctx, call{op: "start", place: h.Place, task: spec.Name}, func(Rule) error {
		a, err := c.find("start", h)
		if err != nil {
			return err
		}
		if err := c.startable(a, spec); err != nil {
			return err
		}
		a.epoch = spec.Epoch
		if a.tasks[spec.Key] != nil {
			return nil
		}
		program, ok := c.program(spec)
		if !ok {
			return c.faultf("start", h.Place, fault.Unsupported, "no program for a %s task %q", spec.Kind, spec.Name)
		}
		t := &task{changed: make(chan struct{}), status: provider.TaskStatus{State: provider.TaskPending}}
		t.status.Ref = provider.Ref{Handle: h, TaskKey: spec.Key}
		t.proc = newProcess(c, t, spec, program)
		a.tasks[spec.Key], a.order = t, append(a.order, t)
		c.clock.AfterFunc(0, t.proc.begin)
		return nil
	})
}

// startable says why a task cannot start now.
func (c *Cloud) startable(a *allocation, spec provider.Task) error {
	commands := 0
	for _, set := range []bool{len(spec.Argv) > 0, spec.Script != "", spec.Func != ""} {
		if set {
			commands++
		}
	}
	place := a.Handle.Place
	switch {
	case a.State == provider.Pending:
		return c.faultf("start", place, fault.Transient, "allocation %s is not ready yet", a.Handle.Key)
	case a.State != provider.Ready:
		return c.faultf("start", place, fault.Conflict, "allocation %s has ended", a.Handle.Key)
	case spec.Key == "" || commands > 1 || commands == 0 && spec.Image == "", spec.Recipe != "" && spec.Script == "":
		return c.faultf("start", place, fault.Invalid, "task %q needs a key and exactly one of Argv, Script and Func, with a Recipe a Script", spec.Name)
	case spec.Epoch < a.epoch:
		return c.faultf("start", place, fault.Conflict, "epoch %d is over, now is %d", spec.Epoch, a.epoch)
	}
	return nil
}

// Poll yields a status for each ref.
func (c *Cloud) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		if len(refs) == 0 {
			return
		}
		all := make([]provider.TaskStatus, len(refs))
		err := c.call(ctx, call{op: "poll", place: refs[0].Handle.Place}, func(Rule) error {
			for i, ref := range refs {
				all[i] = c.status(ref)
			}
			return nil
		})
		for i, ref := range refs {
			if err != nil {
				all[i] = provider.TaskStatus{Ref: ref, Err: fault.Of("poll", err)}
			}
			if !yield(all[i], nil) {
				return
			}
		}
	}
}

func (c *Cloud) status(ref provider.Ref) provider.TaskStatus {
	t, err := c.task("poll", ref)
	if err != nil {
		return provider.TaskStatus{Ref: ref, Err: fault.Of("poll", err)}
	}
	s := t.shown()
	s.Ref = ref
	return s
}

// task finds a task, also after its allocation has ended.
func (c *Cloud) task(op string, ref provider.Ref) (*task, error) {
	a, err := c.find(op, ref.Handle)
	if a == nil {
		if a = c.allocations[id{ref.Handle.Place, ref.Handle.Key}]; a == nil {
			return nil, err
		}
	}
	if t := a.tasks[ref.TaskKey]; t != nil {
		return t, nil
	}
	return nil, c.faultf(op, ref.Handle.Place, fault.NotFound, "there is no task %s", ref.TaskKey)
}

// Cancel asks a task to end.
func (c *Cloud) Cancel(ctx context.Context, ref provider.Ref) error {
	return c.call(ctx, call{op: "cancel", place: ref.Handle.Place}, func(Rule) error {
		if t, err := c.task("cancel", ref); err == nil {
			c.terminate(t)
		}
		return nil
	})
}

// terminate sends the end signal now, and a kill after the grace time. The lock is held.
func (c *Cloud) terminate(t *task) {
	if t.cancelled || t.ended() {
		return
	}
	t.cancelled = true
	grace := t.spec.Grace
	if grace <= 0 {
		grace = 10 * time.Second
	}
	c.clock.AfterFunc(0, t.proc.signal)
	t.proc.timers = append(t.proc.timers, c.clock.AfterFunc(grace, t.proc.kill))
}

// Logs copies what a task has printed.
func (c *Cloud) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	var t *task
	err := c.call(ctx, call{op: "logs", place: ref.Handle.Place}, func(Rule) (err error) {
		t, err = c.task("logs", ref)
		return err
	})
	for offset := max(opts.Offset, 0); err == nil; {
		chunk, ended, changed := c.tail(t, offset)
		if _, werr := w.Write(chunk); werr != nil {
			return c.fault("logs", ref.Handle.Place, fault.Unknown, werr)
		}
		offset += int64(len(chunk))
		if ended || !opts.Follow {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			err = c.fault("logs", ref.Handle.Place, fault.Transient, ctx.Err())
		}
	}
	return err
}

// tail is what a task has printed from an offset on; changed is closed when there may be more.
func (c *Cloud) tail(t *task, offset int64) (chunk []byte, ended bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset = min(offset, int64(len(t.log)))
	return t.log[offset:len(t.log):len(t.log)], t.ended(), t.changed
}

// Watch yields a task's status whenever it changes.
func (c *Cloud) Watch(ctx context.Context, ref provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		for {
			var changed <-chan struct{}
			var status provider.TaskStatus
			err := c.call(ctx, call{op: "watch", place: ref.Handle.Place}, func(Rule) error {
				t, err := c.task("watch", ref)
				if err != nil {
					return err
				}
				status, changed = t.shown(), t.changed
				return nil
			})
			if err != nil {
				yield(provider.TaskStatus{}, err)
				return
			}
			status.Ref = ref
			if !yield(status, nil) || status.State == provider.TaskExited || status.State == provider.TaskLost {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
}
