package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	err := c.startable(ctx, h)
	if err == nil {
		var job remote.Job
		if job, err = c.job(ctx, h, task); err == nil {
			err = c.runner.Start(ctx, h.Key, job)
		}
	}
	return c.explain("start", h.Place, err)
}

// startable refuses early what the start script, which has the last word, would refuse too, and what it cannot see.
func (c *Cloud) startable(ctx context.Context, h provider.Handle) error {
	a, err := c.account.Describe(ctx, h)
	if err == nil && a.State != provider.Ready {
		err = c.fail("start", fault.Conflict, fault.ScopeNone, "the allocation is gone", nil)
	}
	return err
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
	if what := c.beyond(task); what != "" {
		e := provider.Unsupported(op, c.cfg.Name, what)
		e.Err = fmt.Errorf("task %s (%s)", task.Name, task.Key)
		return e
	}
	if err := checkTask(task); err != nil {
		return c.fail(op, fault.Invalid, fault.ScopeNone, "task", fmt.Errorf("task %s: %w", task.Name, err))
	}
	return nil
}

// beyond names what this machine does not do and a task asks for; "" when there is nothing.
func (c *Cloud) beyond(task provider.Task) string {
	switch {
	case task.Kind != provider.Exec && task.Kind != provider.Serve && task.Kind != "":
		return "kind " + string(task.Kind) + " is not run on this machine"
	case task.Recipe != "":
		return "recipe " + task.Recipe + ": services of a catalog are not run on this machine"
	case task.Image != "" && task.Func != "":
		return "a Go function cannot run in an image"
	case task.Image != "" && len(c.cfg.Container) == 0:
		return "image " + task.Image + " needs podman or docker on the PATH, or Config.Container"
	}
	return ""
}

// checkTask finds what makes no sense on any machine.
func checkTask(task provider.Task) error {
	ways := 0
	for _, set := range []bool{len(task.Argv) > 0, task.Script != "", task.Func != ""} {
		if set {
			ways++
		}
	}
	switch {
	case !keys.MatchString(task.Key):
		return fmt.Errorf("key %q: want letters, digits, - and _", task.Key)
	case ways > 1 || ways == 0 && task.Image == "":
		return errors.New("want exactly one of Argv, Script and Func")
	case len(task.Script) > wordLimit:
		return fmt.Errorf("a script of %d bytes is too long, at most %d: read it from a file", len(task.Script), wordLimit)
	case task.Grace < 0 || task.Timeout < 0:
		return fmt.Errorf("grace %v and timeout %v must not be negative", task.Grace, task.Timeout)
	}
	return nil
}

// endTasks closes an allocation's folder, ends all its tasks and waits until their processes are gone.
func (c *Cloud) endTasks(ctx context.Context, key string) error {
	if err := remote.Close(c.path("allocations", key)); err != nil {
		return err
	}
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
