package main

import (
	"context"
	"io"
	"iter"
	"maps"
	"path"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// attic is a cloud of one machine you own, which runs commands and scripts. It keeps no state itself: the account tells
// what is held, the machine what runs.
type attic struct {
	account remote.Account
	machine remote.Runner // another Shell makes it a machine far away
}

// newAttic makes a cloud of a machine, whose account is in a folder here that all hosts share.
func newAttic(dir string, machine remote.Runner) attic {
	open := func(ctx context.Context, req provider.Request) error {
		return machine.Open(ctx, req.Key, req.Until, req.Epoch) // the machine ends its tasks by itself at that time
	}
	return attic{remote.Account{Cloud: "attic", Dir: dir, Open: open}, machine}
}

func (a attic) Name() string { return a.account.Cloud }

func (a attic) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	return a.account.Allocate(ctx, req)
}

func (a attic) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	return a.account.Describe(ctx, h)
}

func (a attic) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return a.account.Allocations(ctx, owner)
}

// Extend is an ability a provider may have or not; the broker asks.
func (a attic) Extend(ctx context.Context, h provider.Handle, until time.Time) error {
	return a.account.Extend(ctx, h, until)
}

func (a attic) Release(ctx context.Context, h provider.Handle) error {
	return a.account.Release(ctx, h, func(ctx context.Context) error { return a.machine.Release(ctx, h.Key) })
}

func (a attic) Start(ctx context.Context, h provider.Handle, t provider.Task) error {
	if t.Script != "" && len(t.Argv) == 0 {
		t.Argv, t.Script = []string{"sh", "-c", t.Script}, ""
	}
	if t.Kind != provider.Exec || len(t.Argv) == 0 || t.Script+t.Func+t.Recipe+t.Image != "" || len(t.Inputs)+len(t.Outputs) > 0 {
		return provider.Unsupported("start", a.Name(), "anything but a command or a script without data")
	}
	dir := path.Join(a.machine.Root, h.Key, "tasks", t.Key)
	env := map[string]string{provider.ProgressVariable: dir + "/state/progress", "TMPDIR": dir + "/tmp"}
	maps.Copy(env, t.Env)
	return a.at("start", h.Place, a.machine.Start(ctx, h.Key, remote.Job{
		Key: t.Key, Argv: t.Argv, Env: env, Secrets: t.Secrets, Grace: t.Grace, Timeout: t.Timeout, Epoch: t.Epoch,
	}))
}

func (a attic) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		var ids []remote.ID
		for _, ref := range refs {
			ids = append(ids, id(ref))
		}
		all, err := a.machine.Status(ctx, ids) // one call of the shell for all
		if err != nil {
			yield(provider.TaskStatus{}, a.at("poll", catalog.Place{}, err))
			return
		}
		for i, s := range all {
			if !yield(s.Task(refs[i]), nil) {
				return
			}
		}
	}
}

func (a attic) Cancel(ctx context.Context, ref provider.Ref) error {
	return a.at("cancel", ref.Handle.Place, a.machine.Cancel(ctx, id(ref)))
}

func (a attic) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	return a.at("logs", ref.Handle.Place, a.machine.Logs(ctx, id(ref), opts, w))
}

func id(ref provider.Ref) remote.ID { return remote.ID{Allocation: ref.Handle.Key, Task: ref.TaskKey} }

// at says in an error, where there is one, which cloud it comes from.
func (a attic) at(op string, place catalog.Place, err error) error {
	return fault.At(op, a.Name(), place.String(), err)
}
