//go:build unix

package main

import (
	"context"
	"io"
	"iter"
	"maps"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// attic is a cloud of one machine you own, which runs commands and scripts. It keeps no state itself: the ledger tells
// what is held, the machine what runs.
type attic struct {
	ledger  ledger
	machine remote.Runner // another Shell makes it a machine far away
}

func (attic) Name() string { return "attic" }

func (a attic) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	held, err := a.ledger.take(ctx, req, func() error {
		if req.Place.Cloud != a.Name() {
			return refuse(fault.Invalid, "not this cloud")
		}
		return a.machine.Open(ctx, req.Key, req.Until, req.Epoch) // a Conflict once the key was released
	})
	return held, a.explain("allocate", req.Handle(), err)
}

func (a attic) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	held, err := a.ledger.find(ctx, h)
	return held, a.explain("describe", h, err)
}

func (a attic) Release(ctx context.Context, h provider.Handle) error {
	err := a.machine.Release(ctx, h.Key)
	if err == nil {
		err = a.ledger.drop(ctx, h)
	}
	return a.explain("release", h, err)
}

func (a attic) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return func(yield func(provider.Allocation, error) bool) {
		held, err := a.ledger.read(ctx)
		if err != nil {
			yield(provider.Allocation{}, a.explain("list", provider.Handle{}, err))
		}
		for _, req := range held {
			if x := allocation(req); x.Owner == owner && x.State == provider.Ready && !yield(x, nil) {
				return
			}
		}
	}
}

func (a attic) Start(ctx context.Context, h provider.Handle, t provider.Task) error {
	if t.Script != "" && len(t.Argv) == 0 {
		t.Argv, t.Script = []string{"sh", "-c", t.Script}, ""
	}
	if t.Kind != provider.Exec || len(t.Argv) == 0 || t.Script+t.Func+t.Recipe+t.Image != "" || len(t.Inputs)+len(t.Outputs) > 0 {
		return provider.Unsupported("start", a.Name(), "anything but a command or a script without data")
	}
	dir := a.machine.Root + "/" + h.Key + "/tasks/" + t.Key
	env := map[string]string{provider.ProgressVariable: dir + "/state/progress", "TMPDIR": dir + "/tmp"}
	maps.Copy(env, t.Env)
	return a.explain("start", h, a.machine.Start(ctx, h.Key, remote.Job{
		Key: t.Key, Argv: t.Argv, Env: env, Secrets: t.Secrets, Grace: t.Grace, Timeout: t.Timeout, Epoch: t.Epoch,
	}))
}

func (a attic) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		for _, ref := range refs {
			t := provider.TaskStatus{Ref: ref}
			all, err := a.machine.Status(ctx, []remote.ID{id(ref)})
			for _, s := range all { // the one, if it could be learnt
				t.State, t.Started, t.Progress = s.State(), s.Started, s.Progress
				if s.Exit != nil {
					t.Exit, t.Ended = s.Exit.Code, s.Exit.Ended
				}
				err = map[provider.TaskState]error{
					"":                refuse(fault.NotFound, "no such task"),
					provider.TaskLost: refuse(fault.Transient, "no exit code is left"),
				}[t.State]
			}
			t.Err = fault.Of("poll", a.explain("poll", ref.Handle, err))
			if !yield(t, nil) {
				return
			}
		}
	}
}

func (a attic) Cancel(ctx context.Context, ref provider.Ref) error {
	return a.explain("cancel", ref.Handle, a.machine.Cancel(ctx, id(ref)))
}

func (a attic) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	return a.explain("logs", ref.Handle, a.machine.Logs(ctx, id(ref), opts, w))
}

func id(ref provider.Ref) remote.ID { return remote.ID{Allocation: ref.Handle.Key, Task: ref.TaskKey} }

// explain makes any error one of this cloud.
func (a attic) explain(op string, h provider.Handle, err error) error {
	if err == nil {
		return nil
	}
	told := *fault.Of(op, err)
	told.Op, told.Cloud, told.Place = op, a.Name(), h.Place.String()
	return &told
}
