package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// Poll reads the tasks' files.
func (c *Cloud) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		for _, ref := range refs {
			if err := ctx.Err(); err != nil {
				yield(provider.TaskStatus{}, c.explain("poll", "", err))
				return
			}
			if s, _ := c.status(ref); !yield(s, nil) {
				return
			}
		}
	}
}

// status is what a task's files say, as the contract shows it and as they are.
func (c *Cloud) status(ref provider.Ref) (provider.TaskStatus, remote.Status) {
	t := provider.TaskStatus{Ref: ref}
	if !keys.MatchString(ref.TaskKey) || !keys.MatchString(ref.Handle.Key) {
		t.Err = c.taskFault(ref, fault.Invalid, "the key is not one")
		return t, remote.Status{}
	}
	dir := c.taskDir(ref.Handle.Key, ref.TaskKey)
	s := remote.Read(dir, alive)
	t.State, t.Started, t.Progress = s.State(), s.Started, s.Progress
	switch t.State {
	case "":
		t.Err = c.taskFault(ref, fault.NotFound, "no such task")
	case provider.TaskExited:
		t.Exit, t.Ended = s.Exit.Code, s.Exit.Ended
	case provider.TaskReady:
		t.Endpoints = endpoints(dir)
	case provider.TaskLost:
		t.Err = c.taskFault(ref, fault.Transient, "the process vanished without an exit code")
	}
	return t, s
}

func (c *Cloud) taskFault(ref provider.Ref, kind fault.Kind, code string) *fault.Error {
	e := c.fail("poll", kind, fault.ScopeNone, code, fmt.Errorf("task %q", ref.TaskKey))
	e.Place = ref.Handle.Place.String()
	return e
}

// endpoints is where a task that serves is reached; nil when its record cannot be read.
func endpoints(dir string) []string {
	b, err := os.ReadFile(filepath.Join(dir, "task.json"))
	var record provider.TaskFile
	if err != nil || json.Unmarshal(b, &record) != nil {
		return nil
	}
	var all []string
	for _, port := range record.Task.Ports {
		all = append(all, fmt.Sprintf("127.0.0.1:%d", port))
	}
	return all
}

// tasks reads all tasks of an allocation.
func (c *Cloud) tasks(key string) ([]remote.Status, error) {
	entries, err := os.ReadDir(c.path("allocations", key, "tasks"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []remote.Status
	for _, e := range entries {
		if s := remote.Read(c.taskDir(key, e.Name()), alive); s.Exists {
			all = append(all, s)
		}
	}
	return all, nil
}

// sweep removes what the ended tasks of an allocation needed only while they ran, as far as it can: a container may
// have left what only it can remove.
func (c *Cloud) sweep(key string) {
	entries, _ := os.ReadDir(c.path("allocations", key, "tasks"))
	for _, e := range entries {
		for _, dir := range []string{"work", "tmp", "in"} {
			_ = os.RemoveAll(filepath.Join(c.taskDir(key, e.Name()), dir))
		}
	}
}

// Cancel signals the task's process group, and has it killed after its grace time.
func (c *Cloud) Cancel(ctx context.Context, ref provider.Ref) error {
	err := c.runner.Cancel(ctx, remote.ID{Allocation: ref.Handle.Key, Task: ref.TaskKey})
	return c.explain("cancel", ref.Handle.Place.String(), err)
}
