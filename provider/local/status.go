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

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// Poll reads the tasks' files.
func (c *Cloud) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		for _, ref := range refs {
			if err := ctx.Err(); err != nil {
				yield(provider.TaskStatus{}, c.explain("poll", catalog.Place{}, err))
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
	if !keys.MatchString(ref.TaskKey) || !keys.MatchString(ref.Handle.Key) {
		err := c.fail("poll", fault.Invalid, fault.ScopeNone, "key", fmt.Errorf("task %q: want letters, digits, - and _", ref.TaskKey))
		err.Place = ref.Handle.Place.String()
		return provider.TaskStatus{Ref: ref, Err: err}, remote.Status{}
	}
	dir := c.taskDir(ref.Handle.Key, ref.TaskKey)
	s := remote.Read(dir, alive)
	t := s.Task(ref)
	if t.State == provider.TaskReady {
		t.Endpoints = endpoints(dir)
	}
	return t, s
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
	return c.explain("cancel", ref.Handle.Place, err)
}
