package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// Longest script and word of a command that every kernel passes on.
const wordLimit = 120_000

// Start runs a command, a script, a Go function or a container as a process of this machine.
func (c *Cloud) Start(ctx context.Context, h provider.Handle, task provider.Task) error {
	const op = "start"
	err := c.startable(h)
	if err == nil {
		var job remote.Job
		if job, err = c.job(ctx, h, task); err == nil {
			err = c.runner.Start(ctx, h.Key, job)
		}
	}
	return c.explain(op, h.Place.String(), err)
}

// startable refuses early what the start script, which has the last word, would refuse too, and what it cannot see.
func (c *Cloud) startable(h provider.Handle) error {
	const op = "start"
	held, err := c.find(h)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.closed(h.Key):
		return c.fail(op, fault.Conflict, "", "the allocation was released", nil)
	case errors.Is(err, fs.ErrNotExist):
		return c.fail(op, fault.NotFound, "", "no such allocation", nil)
	case err != nil:
		return err
	case held.expired(c.cfg.Clock()):
		return c.fail(op, fault.Conflict, "", "the lease ran out", nil)
	}
	return nil
}

// job is a task as the wrapper runs it.
func (c *Cloud) job(ctx context.Context, h provider.Handle, task provider.Task) (remote.Job, error) {
	if err := c.runnable(task); err != nil {
		return remote.Job{}, err
	}
	dir := c.taskDir(h.Key, task.Key)
	d, err := c.place(ctx, dir, task)
	if err != nil {
		return remote.Job{}, err
	}
	progress := dir + "/state/progress"
	record, err := json.Marshal(provider.TaskFile{Task: task, Paths: d.paths, Progress: progress})
	if err != nil {
		return remote.Job{}, c.fail("start", fault.Invalid, "", "task", err)
	}
	env := maps.Clone(d.paths)
	env[provider.ProgressVariable] = progress
	job := remote.Job{
		Key: task.Key, Env: env, Secrets: task.Secrets, Record: record, Fresh: d.fresh, Parents: d.parents,
		Serve: task.Kind == provider.Serve, Health: task.Health,
		Grace: task.Grace, Timeout: task.Timeout, Epoch: task.Epoch,
	}
	if task.Image != "" {
		c.contain(&job, task, d)
		return job, nil
	}
	job.Argv = c.argv(task, d.paths)
	env["TMPDIR"], env[provider.TaskVariable] = dir+"/tmp", dir+"/task.json"
	maps.Copy(env, task.Env)
	if task.Func != "" {
		env[provider.FuncVariable] = task.Func
	}
	return job, nil
}

func (c *Cloud) taskDir(allocation, task string) string {
	return c.path("allocations", allocation, "tasks", task)
}

// argv is the command of a task without a container.
func (c *Cloud) argv(task provider.Task, paths map[string]string) []string {
	switch {
	case task.Func != "":
		return []string{c.cfg.Executable}
	case task.Script != "":
		return []string{"sh", "-c", task.Script, "sh"}
	}
	return task.Arguments(paths)
}

// runnable refuses what cannot be run as asked.
func (c *Cloud) runnable(task provider.Task) error {
	const op = "start"
	unsupported := func(code string) error {
		e := provider.Unsupported(op, c.cfg.Name, code)
		e.Err = fmt.Errorf("task %s (%s)", task.Name, task.Key)
		return e
	}
	invalid := func(format string, args ...any) error {
		return c.fail(op, fault.Invalid, "", "task", fmt.Errorf("task %s: "+format, append([]any{task.Name}, args...)...))
	}
	ways := 0
	for _, set := range []bool{len(task.Argv) > 0, task.Script != "", task.Func != "", task.Recipe != ""} {
		if set {
			ways++
		}
	}
	switch {
	case !keys.MatchString(task.Key):
		return invalid("key %q: want letters, digits, - and _", task.Key)
	case task.Kind != provider.Exec && task.Kind != provider.Serve && task.Kind != "":
		return unsupported("kind " + string(task.Kind) + " is not run on this machine")
	case task.Recipe != "":
		return unsupported("recipe " + task.Recipe + ": services of a catalog are not run on this machine")
	case ways > 1 || ways == 0 && task.Image == "":
		return invalid("want exactly one of Argv, Script and Func")
	case task.Image != "" && task.Func != "":
		return unsupported("a Go function cannot run in an image")
	case task.Image != "" && len(c.cfg.Container) == 0:
		return unsupported("image " + task.Image + " needs podman or docker on the PATH, or Config.Container")
	case len(task.Script) > wordLimit:
		return invalid("a script of %d bytes is too long, at most %d: read it from a file", len(task.Script), wordLimit)
	case task.Grace < 0 || task.Timeout < 0:
		return invalid("grace %v and timeout %v must not be negative", task.Grace, task.Timeout)
	}
	return nil
}

// endTasks ends all tasks of a closed allocation and waits until their processes are gone.
func (c *Cloud) endTasks(ctx context.Context, key string) error {
	all, err := c.tasks(key)
	if err != nil {
		return err
	}
	over := true
	for _, s := range all {
		over = over && s.Exit != nil && c.leave(ctx, s)
	}
	if over {
		c.sweep(key)
		return nil
	}
	return c.runner.Release(ctx, key)
}

// How long a wrapper that has written its exit may take to end itself before it is made to.
const leaveDelay = time.Second

// leave waits for the wrapper of an ended task, which is on its way out.
func (c *Cloud) leave(ctx context.Context, s remote.Status) bool {
	if s.Wrapper == nil || !s.Alive {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, leaveDelay)
	defer cancel()
	return awaitEnd(ctx, *s.Wrapper) == nil
}
