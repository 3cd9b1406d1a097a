//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// Attic is a cloud of one machine you own. It runs commands and scripts; images, functions and data it refuses. It keeps
// no state itself: what is held stands in one file, and what runs is known by the machine.
type Attic struct {
	Dir     string        // folder of that file, shared by all hosts that use the machine
	Machine remote.Runner // reaches the machine: over remote.Exec here, over a Shell of yours elsewhere
}

// ledger is what is held, by key.
type ledger map[string]provider.Request

func (Attic) Name() string { return "attic" }

func (a Attic) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	err := a.change(ctx, func(held ledger) error {
		old, again := held[req.Key]
		switch {
		case req.Place.Cloud != a.Name() || req.Nodes < 1:
			return fmt.Errorf("%d nodes at %v: %w", req.Nodes, req.Place, fault.Invalid)
		case again && !same(old, req):
			return fmt.Errorf("the key is that of another request: %w", fault.Conflict)
		case again:
			req = old
		case req.Offering.Capacity > 0 && held.nodes(req.Offering.ID)+req.Nodes > req.Offering.Capacity:
			return &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeOffering, Code: "the attic is full"}
		}
		held[req.Key] = req
		return a.Machine.Open(ctx, req.Key, req.Until, req.Epoch) // Conflict, if it was released
	})
	return allocation(req), a.explain("allocate", req.Place, err)
}

// same says whether a key is used again as it may be: epoch, lease, labels and time of issue can differ.
func same(a, b provider.Request) bool {
	return a.Owner == b.Owner && a.Place == b.Place && a.Offering.ID == b.Offering.ID && a.Market == b.Market &&
		a.Nodes == b.Nodes && a.Image == b.Image
}

func (l ledger) nodes(offering string) (n int) {
	for _, req := range l {
		if req.Offering.ID == offering {
			n += len(allocation(req).Machines)
		}
	}
	return n
}

func allocation(req provider.Request) provider.Allocation {
	a := provider.Allocation{Handle: req.Handle(), State: provider.Ready, Owner: req.Owner, Labels: req.Labels, Epoch: req.Epoch, Until: req.Until}
	if !req.Until.IsZero() && time.Now().After(req.Until) {
		a.State = provider.Gone // the machine has ended the tasks
		a.Err = &fault.Error{Op: "hold", Cloud: req.Place.Cloud, Place: req.Place.String(), Kind: fault.Preempted, Code: "the lease ran out"}
		return a
	}
	for n := range req.Nodes {
		a.Machines = append(a.Machines, provider.Machine{Name: fmt.Sprintf("%s-%d", req.Key, n), Address: "127.0.0.1"})
	}
	return a
}

func (a Attic) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	held, err := a.held(ctx)
	req, ok := held[h.Key]
	if err == nil && (!ok || req.Place != h.Place) {
		err = fault.NotFound
	}
	return allocation(req), a.explain("describe", h.Place, err)
}

func (a Attic) Release(ctx context.Context, h provider.Handle) error {
	err := a.Machine.Release(ctx, h.Key) // from here on Allocate is Conflict
	if err == nil {
		err = a.change(ctx, func(held ledger) error { delete(held, h.Key); return nil })
	}
	return a.explain("release", h.Place, err)
}

func (a Attic) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return func(yield func(provider.Allocation, error) bool) {
		held, err := a.held(ctx)
		if err != nil {
			yield(provider.Allocation{}, a.explain("list", catalog.Place{}, err))
		}
		for _, req := range held {
			if x := allocation(req); x.Owner == owner && x.State == provider.Ready && !yield(x, nil) {
				return
			}
		}
	}
}

func (a Attic) Start(ctx context.Context, h provider.Handle, task provider.Task) error {
	job, err := a.job(h, task)
	if err == nil {
		err = a.Machine.Start(ctx, h.Key, job)
	}
	return a.explain("start", h.Place, err)
}

func (a Attic) job(h provider.Handle, task provider.Task) (remote.Job, error) {
	other := task.Kind != provider.Exec || task.Image+task.Func+task.Recipe != "" || len(task.Inputs)+len(task.Outputs) > 0
	switch script := task.Script != ""; {
	case other:
		return remote.Job{}, provider.Unsupported("start", a.Name(), "only commands and scripts, without data")
	case script == (len(task.Argv) > 0):
		return remote.Job{}, fmt.Errorf("want either a command or a script: %w", fault.Invalid)
	case script:
		task.Argv = []string{"sh", "-c", task.Script}
	}
	dir := filepath.Join(a.Machine.Root, h.Key, "tasks", task.Key)
	env := map[string]string{provider.ProgressVariable: dir + "/state/progress", "TMPDIR": dir + "/tmp"}
	maps.Copy(env, task.Env)
	return remote.Job{
		Key: task.Key, Argv: task.Argv, Env: env, Secrets: task.Secrets, Grace: task.Grace, Timeout: task.Timeout, Epoch: task.Epoch,
	}, nil
}

func (a Attic) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		ids := make([]remote.ID, len(refs))
		for i, ref := range refs {
			ids[i] = id(ref)
		}
		all, err := a.Machine.Status(ctx, ids)
		if err != nil {
			yield(provider.TaskStatus{}, a.explain("poll", catalog.Place{}, err))
		}
		for i, s := range all {
			if !yield(a.status(refs[i], s), nil) {
				return
			}
		}
	}
}

func id(ref provider.Ref) remote.ID { return remote.ID{Allocation: ref.Handle.Key, Task: ref.TaskKey} }

func (a Attic) status(ref provider.Ref, s remote.Status) provider.TaskStatus {
	t := provider.TaskStatus{Ref: ref, State: s.State(), Started: s.Started, Progress: s.Progress}
	var err error
	switch t.State {
	case "":
		err = fault.NotFound
	case provider.TaskLost:
		err = fmt.Errorf("no exit code is left: %w", fault.Transient)
	case provider.TaskExited:
		t.Exit, t.Ended = s.Exit.Code, s.Exit.Ended
	}
	t.Err = fault.Of("poll", a.explain("poll", ref.Handle.Place, err))
	return t
}

func (a Attic) Cancel(ctx context.Context, ref provider.Ref) error {
	return a.explain("cancel", ref.Handle.Place, a.Machine.Cancel(ctx, id(ref)))
}

func (a Attic) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	return a.explain("logs", ref.Handle.Place, a.Machine.Logs(ctx, id(ref), opts, w))
}

func (a Attic) held(ctx context.Context) (ledger, error) {
	held := ledger{}
	text, err := os.ReadFile(filepath.Join(a.Dir, "held.json"))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return held, nil
	case err != nil:
		return nil, err
	}
	return held, json.Unmarshal(text, &held)
}

// change rewrites what is held while no other host does, or leaves it as it is when f fails.
func (a Attic) change(ctx context.Context, f func(ledger) error) error {
	path := filepath.Join(a.Dir, "held.json")
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // and lets go of it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	held, err := a.held(ctx)
	if err == nil {
		err = f(held)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(held)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path))
}

// explain makes any error one of this cloud.
func (a Attic) explain(op string, place catalog.Place, err error) error {
	if err == nil {
		return nil
	}
	told := *fault.Of(op, err)
	told.Op, told.Cloud, told.Place = op, a.Name(), place.String()
	return &told
}
