package sky

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
)

// pollEvery is how often a provider that cannot be watched is asked.
const pollEvery = time.Second

// runTask starts the work on every node and stays until all of it has ended.
func (x *executor) runTask(ctx context.Context, e errand) engine.Event {
	p, err := x.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return failed(engine.Refused, err)
	}
	h, err := read[held](e.cmd.Data)
	if err != nil {
		return failed(engine.Failed, err)
	}
	tasks, err := x.tasks(ctx, p, e)
	if err != nil {
		return startError(err)
	}
	for _, t := range tasks {
		if err := p.Start(ctx, h.Handle, t); err != nil {
			return startError(err)
		}
	}
	x.emit(engine.Event{Kind: engine.Started, ID: e.cmd.ID})
	return x.await(ctx, p, h.Handle, e, tasks)
}

// startError says whether work could not be started for good, for now, or because its machine is gone.
func startError(err error) engine.Event {
	switch f := fault.Of("start", err); f.Kind {
	case fault.Unsupported, fault.Auth, fault.Invalid, fault.Quota, fault.Capacity, fault.Conflict:
		return failed(engine.Refused, err)
	case fault.NotFound, fault.Preempted:
		return failed(engine.Lost, err)
	}
	return failed(engine.Failed, err)
}

// await watches all nodes of a gang. The first that fails ends the others; its exit code counts.
func (x *executor) await(ctx context.Context, p provider.Provider, h provider.Handle, e errand, tasks []provider.Task) engine.Event {
	ends := make([]provider.TaskStatus, len(tasks))
	g, gctx := errgroup.WithContext(ctx)
	for i, t := range tasks {
		g.Go(func() error {
			end, err := x.watch(gctx, p, provider.Ref{Handle: h, TaskKey: t.Key}, e)
			ends[i] = end
			if err == nil && (end.State != provider.TaskExited || end.Exit != 0) {
				err = errGangMember
			}
			return err
		})
	}
	if err := g.Wait(); err != nil && len(tasks) > 1 && ctx.Err() == nil {
		for _, t := range tasks {
			if err := p.Cancel(ctx, provider.Ref{Handle: h, TaskKey: t.Key}); err != nil {
				x.log.WarnContext(ctx, "end the rest of a gang", "run", x.run, "stage", e.orders.Stage, "error", err)
			}
		}
	}
	return gangOutcome(ends)
}

var errGangMember = errors.New("a node of the gang has failed")

func gangOutcome(ends []provider.TaskStatus) engine.Event {
	out := engine.Event{Kind: engine.Exited}
	for _, end := range ends {
		switch {
		case end.State == provider.TaskLost:
			return failed(engine.Lost, lostError(end))
		case end.State == provider.TaskExited && out.Exit == 0:
			out.Exit = end.Exit
		}
	}
	return out
}

func lostError(end provider.TaskStatus) error {
	if end.Err != nil {
		return end.Err
	}
	return &fault.Error{
		Op: "watch", Cloud: end.Ref.Handle.Place.Cloud, Place: end.Ref.Handle.Place.String(), Kind: fault.Preempted,
		Err: errors.New("the process or its machine went away without an exit code"),
	}
}

// watch follows one task to its end, however often the connection to its cloud is lost, and keeps its lease up.
func (x *executor) watch(ctx context.Context, p provider.Provider, ref provider.Ref, e errand) (provider.TaskStatus, error) {
	extending, stop := context.WithCancel(ctx)
	var extender sync.WaitGroup
	extender.Go(func() { x.extend(extending, p, e) })
	defer func() { stop(); extender.Wait() }()
	for pause := pollEvery; ; pause = min(2*pause, time.Minute) {
		end, err := x.follow(ctx, p, ref, e)
		if err == nil {
			return end, nil
		}
		if errors.Is(err, fault.NotFound) {
			return provider.TaskStatus{Ref: ref, State: provider.TaskLost, Err: fault.Of("watch", err)}, nil
		}
		x.log.WarnContext(ctx, "watch task", "run", x.run, "stage", e.orders.Stage, "error", err)
		if !sleep(ctx, pause) {
			return provider.TaskStatus{}, ctx.Err()
		}
	}
}

// follow reports progress until the task has ended or nothing more can be learnt.
func (x *executor) follow(ctx context.Context, p provider.Provider, ref provider.Ref, e errand) (provider.TaskStatus, error) {
	w, ok := provider.As[provider.Watcher](p)
	if !ok {
		w = poller{p}
	}
	for st, err := range w.Watch(ctx, ref) {
		if err != nil {
			return st, err
		}
		if st.Err != nil && st.State == "" {
			return st, st.Err
		}
		if st.State == provider.TaskExited || st.State == provider.TaskLost {
			return st, nil
		}
		x.observe(e.cmd.ID.Stage, e.cmd.ID.Attempt, st.Progress)
	}
	if err := ctx.Err(); err != nil {
		return provider.TaskStatus{}, err
	}
	return provider.TaskStatus{}, &fault.Error{
		Op: "watch", Cloud: p.Name(), Kind: fault.Unknown, Ambiguous: true, Err: errors.New("the watch ended before the task"),
	}
}

// extend moves the lease of an allocation when a third of it has passed, as long as the work goes on. After a resume the
// first time may be due at once.
func (x *executor) extend(ctx context.Context, p provider.Provider, e errand) {
	lease, ok := provider.As[provider.Extender](p)
	h, err := read[held](e.cmd.Data)
	if !ok || err != nil {
		return
	}
	for due := h.Since.Add(x.lease / 3); sleep(ctx, due.Sub(x.now())); due = x.now().Add(x.lease / 3) {
		if err := lease.Extend(ctx, h.Handle, x.now().Add(x.lease)); err != nil && ctx.Err() == nil {
			x.log.WarnContext(ctx, "extend lease", "run", x.run, "key", h.Handle.Key, "error", err)
		}
	}
}

// stop asks the attempt's tasks to end; the Run that watches them tells when they have. A copy is ended by the run itself,
// and to publish takes no time.
func (x *executor) stop(ctx context.Context, e errand) {
	if e.cmd.Target.Verb != engine.Run {
		return
	}
	p, err := x.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return
	}
	h := x.request(e).Handle()
	for n := range e.orders.Nodes {
		ref := provider.Ref{Handle: h, TaskKey: x.taskKey(e, n)}
		if err := p.Cancel(ctx, ref); err != nil {
			x.log.WarnContext(ctx, "cancel task", "run", x.run, "stage", e.orders.Stage, "error", err)
		}
	}
}

func (x *executor) taskKey(e errand, rank int) string {
	return provider.TaskKey(x.run, e.orders.Stage, e.cmd.ID.Attempt, provider.Exec, rank)
}

// tasks is the stage's work, once for each node.
func (x *executor) tasks(ctx context.Context, p provider.Provider, e errand) ([]provider.Task, error) {
	s := x.job.stage(e.orders.Stage)
	w := s.options()[e.orders.Alternative]
	secrets, err := resolveSecrets(ctx, s.secrets)
	if err != nil {
		return nil, &fault.Error{Op: "fetch secrets", Cloud: p.Name(), Kind: fault.Invalid, Err: err}
	}
	inputs, outputs, err := x.data(ctx, p, e)
	if err != nil {
		return nil, err
	}
	tasks := make([]provider.Task, e.orders.Nodes)
	for rank := range tasks {
		env := maps.Clone(s.env)
		if env == nil {
			env = map[string]string{}
		}
		env["SKY_RANK"], env["SKY_NODES"] = strconv.Itoa(rank), strconv.Itoa(e.orders.Nodes)
		tasks[rank] = provider.Task{
			Key: x.taskKey(e, rank), Kind: provider.Exec, Name: s.name, Argv: w.Argv, Script: w.Script, Func: w.Func, Image: w.Image, Recipe: w.recipe(x.snap.hosting(w, e.orders.Offering)),
			Env: env, Secrets: secrets, Inputs: inputs, Outputs: outputs, Grace: s.grace, Timeout: wrapperTimeout(s.timeout),
			Rank: rank, Nodes: e.orders.Nodes, Epoch: e.epoch,
		}
	}
	return tasks, nil
}

// wrapperTimeout is when the machine itself ends the work, should there be no broker to do so: a little later than the
// broker, which then tells a timeout from a failure.
func wrapperTimeout(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + 30*time.Second
}

func resolveSecrets(ctx context.Context, refs map[string]secret.Ref) (map[string]secret.Secret, error) {
	out := make(map[string]secret.Secret, len(refs))
	for name, ref := range refs {
		s, err := ref.Resolve(ctx)
		if err != nil {
			return nil, fmt.Errorf("environment variable %s: %w", name, err)
		}
		out[name] = s
	}
	return out, nil
}

// data says where the task finds its inputs and leaves its outputs.
func (x *executor) data(ctx context.Context, p provider.Provider, e errand) (inputs, outputs []provider.Data, err error) {
	s := x.job.stage(e.orders.Stage)
	if len(s.reads)+len(s.writes) == 0 {
		return nil, nil, nil
	}
	scratch, err := x.scratch(ctx, p.Name(), e.orders.Offering.Place)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range s.data() {
		if !d.input {
			url := x.outputURL(scratch, s.name, e.cmd.ID.Attempt, d.name)
			outputs = append(outputs, provider.Data{Name: d.name, Variable: d.variable, URL: url})
			continue
		}
		in, err := x.input(e, d)
		if err != nil {
			return nil, nil, err
		}
		inputs = append(inputs, in)
	}
	return inputs, outputs, nil
}

// input is an artifact where it was brought to, or where it is.
func (x *executor) input(e errand, d dataRef) (provider.Data, error) {
	in := provider.Data{Name: d.name, Variable: d.variable}
	place := e.orders.Offering.Place.InRegion()
	if c, ok := e.moved[d.artifact+"@"+place.String()]; ok {
		in.URL, in.Objects = c.URL, c.Only
	} else if out, ok := e.data[d.artifact]; ok {
		in.URL, in.Objects = out.URL, paths(out.Manifest)
	} else if set := x.job.dataset(d.artifact); set != nil {
		in.URL = set.url
	} else {
		return in, &fault.Error{Op: "find input", Kind: fault.Invalid, Err: fmt.Errorf("artifact %q was never committed", d.artifact)}
	}
	in.Single = !strings.HasSuffix(in.URL, "/")
	return in, nil
}

// poller makes a watcher of a provider that can only be asked.
type poller struct{ provider.Provider }

// Watch asks again and again.
func (p poller) Watch(ctx context.Context, ref provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return func(yield func(provider.TaskStatus, error) bool) {
		for {
			for st, err := range p.Poll(ctx, []provider.Ref{ref}) {
				if !yield(st, err) || err != nil || st.State == provider.TaskExited || st.State == provider.TaskLost {
					return
				}
			}
			if !sleep(ctx, pollEvery) {
				return
			}
		}
	}
}
