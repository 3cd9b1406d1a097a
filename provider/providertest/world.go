package providertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// The epoch of requests and tasks that do not say otherwise, so that tests can go below it.
const epoch = 7

// world is one test's view of the account: an owner and a run of its own, and a provider.
type world struct {
	t     *testing.T
	h     Harness
	p     provider.Provider
	ctx   context.Context
	owner string
	run   string
	count int
}

func newWorld(t *testing.T, h Harness) *world {
	t.Helper()
	h = h.withDefaults(t)
	id := strings.ToLower(rand.Text()[:10])
	w := &world{t: t, h: h, owner: "owner-" + id, run: "run-" + id}
	t.Cleanup(w.checkLeaks) // runs last, after all releases
	w.p = h.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*h.Patience)
	t.Cleanup(cancel)
	w.ctx = ctx
	return w
}

func (w *world) checkLeaks() {
	if w.h.Leaks != nil {
		w.eventually("nothing is left in the account", func() bool { return len(w.h.Leaks(w.t)) == 0 })
	}
}

// request is a fresh request that can be met.
func (w *world) request() provider.Request { return w.fill(w.h.Request) }

func (w *world) fill(req provider.Request) provider.Request {
	w.count++
	req.Owner = w.owner
	if req.Nodes == 0 {
		req.Nodes = 1
	}
	if req.Market == "" {
		req.Market = req.Offering.Market
	}
	if req.Market == "" {
		req.Market = catalog.OnDemand
	}
	labels := map[string]string{"sky-run": w.run, "sky-stage": "conformance"}
	maps.Copy(labels, req.Labels)
	req.Labels = labels
	req.Epoch = epoch
	req.IssuedAt = w.h.Now().UTC().Truncate(time.Millisecond)
	req.Until = req.IssuedAt.Add(time.Hour)
	req.Key = provider.AllocationKey(w.run, "conformance", w.count, req.Place, req.Offering.ID, req.Market, "")
	return req
}

// missing is a handle proven to name nothing.
func (w *world) missing() provider.Handle {
	h := w.request().Handle()
	h.IssuedAt = h.IssuedAt.Add(-24*time.Hour - w.h.Settle)
	return h
}

// allocate asks for req, which must be accepted, and gives it back when the test ends.
func (w *world) allocate(req provider.Request) provider.Allocation {
	w.t.Helper()
	w.releaseLater(req.Handle())
	a, err := w.p.Allocate(w.ctx, req)
	require.NoError(w.t, err, "Allocate")
	return a
}

func (w *world) releaseLater(h provider.Handle) {
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), w.h.Patience)
		defer cancel()
		require.NoError(w.t, w.p.Release(ctx, h), "Release at the end of the test")
	})
}

// ready allocates and waits until tasks can be started.
func (w *world) ready() provider.Handle { w.t.Helper(); return w.readyFor(w.request()) }

func (w *world) readyFor(req provider.Request) provider.Handle {
	w.t.Helper()
	w.allocate(req)
	a := w.reach(req.Handle(), provider.Ready)
	require.Len(w.t, a.Machines, req.Nodes, "a Ready allocation has one machine per node")
	return req.Handle()
}

// reach waits until an allocation is in a state.
func (w *world) reach(h provider.Handle, state provider.AllocationState) provider.Allocation {
	w.t.Helper()
	var last provider.Allocation
	w.eventually("the allocation is "+string(state), func() bool {
		a, err := w.p.Describe(w.ctx, h)
		if fault.Of("describe", err) != nil && fault.Of("describe", err).Ambiguous {
			return false
		}
		require.NoError(w.t, err, "Describe")
		last = a
		over := a.State == provider.Gone || a.State == provider.Refused
		require.False(w.t, over && a.State != state, "the allocation is %s (%v), want %s", a.State, a.Err, state)
		return a.State == state
	})
	return last
}

// task makes a task that behaves so, under a fresh key. It skips the test when the harness has none.
func (w *world) task(b Behaviour) provider.Task {
	w.t.Helper()
	task := w.h.Task(b)
	if len(task.Argv) == 0 && task.Script == "" && task.Func == "" && task.Recipe == "" && task.Image == "" {
		w.t.Skipf("the harness has no task for %+v", b)
	}
	w.count++
	task.Key = provider.TaskKey(w.run, "conformance", 1, provider.Exec, w.count)
	task.Kind = provider.Exec
	if task.Name == "" {
		task.Name = "conformance"
	}
	task.Epoch = epoch
	return task
}

func (w *world) start(h provider.Handle, task provider.Task) provider.Ref {
	w.t.Helper()
	require.NoError(w.t, w.p.Start(w.ctx, h, task), "Start")
	return provider.Ref{Handle: h, TaskKey: task.Key}
}

// startNew starts a fresh task that behaves so.
func (w *world) startNew(h provider.Handle, b Behaviour) provider.Ref {
	w.t.Helper()
	return w.start(h, w.task(b))
}

// poll asks for one status.
func (w *world) poll(ref provider.Ref) provider.TaskStatus {
	w.t.Helper()
	all := w.pollAll(ref)
	require.Len(w.t, all, 1)
	return all[0]
}

func (w *world) pollAll(refs ...provider.Ref) []provider.TaskStatus {
	w.t.Helper()
	var all []provider.TaskStatus
	for s, err := range w.p.Poll(w.ctx, refs) {
		require.NoError(w.t, err, "Poll")
		all = append(all, s)
	}
	return all
}

// until waits until a task's status is as wanted. A status that could not be learnt is asked for again.
func (w *world) until(ref provider.Ref, what string, ok func(provider.TaskStatus) bool) provider.TaskStatus {
	w.t.Helper()
	var last provider.TaskStatus
	w.eventually(what, func() bool {
		last = w.poll(ref)
		return ok(last)
	})
	return last
}

func (w *world) running(ref provider.Ref) provider.TaskStatus {
	w.t.Helper()
	return w.until(ref, "the task runs", func(s provider.TaskStatus) bool { return s.State == provider.TaskRunning })
}

// exited waits until a task has ended by itself or by Cancel.
func (w *world) exited(ref provider.Ref) provider.TaskStatus {
	w.t.Helper()
	s := w.until(ref, "the task ends", ended)
	require.Equal(w.t, provider.TaskExited, s.State, "state of an ended task (%v)", s.Err)
	return s
}

func ended(s provider.TaskStatus) bool {
	return s.State == provider.TaskExited || s.State == provider.TaskLost
}

func (w *world) logs(ref provider.Ref) string {
	w.t.Helper()
	var b bytes.Buffer
	require.NoError(w.t, w.p.Logs(w.ctx, ref, provider.LogOptions{}, &b), "Logs")
	return b.String()
}

// printed waits until a task that still runs has printed a text.
func (w *world) printed(ref provider.Ref, text string) {
	w.t.Helper()
	w.eventually("the task prints "+text, func() bool { return strings.Contains(w.logs(ref), text) })
}

// output runs a task to its end, which must be success, and returns what it printed.
func (w *world) output(h provider.Handle, task provider.Task) string {
	w.t.Helper()
	ref := w.start(h, task)
	s := w.exited(ref)
	text := w.logs(ref)
	require.Equal(w.t, 0, s.Exit, "exit code; the task printed %q", text)
	return text
}

// held lists what the owner holds, by key.
func (w *world) held(owner string) map[string]provider.Allocation {
	w.t.Helper()
	all := map[string]provider.Allocation{}
	for a, err := range w.p.Allocations(w.ctx, owner) {
		require.NoError(w.t, err, "Allocations")
		require.NotContains(w.t, all, a.Handle.Key, "an allocation is listed twice")
		all[a.Handle.Key] = a
	}
	return all
}

// eventually asks until the answer is yes, letting time pass in between.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(w.h.Patience)
	for pause := time.Millisecond; !ok(); pause = min(2*pause, 250*time.Millisecond) {
		require.False(w.t, time.Now().After(deadline), "waited %v until %s", w.h.Patience, what)
		w.pass(pause)
	}
}

// pass lets a little time go by: on the virtual clock, or for real until the next question is due.
func (w *world) pass(pause time.Duration) {
	if w.h.Advance != nil {
		w.h.Advance(min(1000*pause, 16*time.Second))
		pause = time.Millisecond // lets other goroutines run
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	<-timer.C
}

// moment is a time that other calls fit into: d of real time, or a hundred steps of a virtual clock.
func (w *world) moment(d time.Duration) time.Duration {
	if w.h.Advance != nil {
		return 100 * time.Second
	}
	return d
}

// refused requires that err is a complete fault of one of the kinds.
func (w *world) refused(err error, kinds ...fault.Kind) *fault.Error {
	w.t.Helper()
	require.Error(w.t, err)
	f := fault.Of("", err)
	require.NotEmpty(w.t, f.Op, "%v is not a *fault.Error that says what was being done", err)
	require.Equal(w.t, w.p.Name(), f.Cloud, "cloud of %v", err)
	require.Contains(w.t, kinds, f.Kind, "kind of %v", err)
	return f
}
