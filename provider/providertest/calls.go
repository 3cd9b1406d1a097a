package providertest

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func callTests() []test {
	return []test{
		{"Calls are safe concurrently", callsConcurrently},
		{"Cancelled context ends each call", callsCancelled},
		{"Cancelled context does not end the work", cancelledStart},
		{"State is found again by another host", foundAgain},
		{"Watch yields the changes and ends", watch},
		{"Watch ends with its context", watchCancelled},
		{"Watch of an unknown task is NotFound", watchUnknown},
		{"Extend moves the lease and never back", extend},
		{"Check passes on a working account", check},
	}
}

func callsConcurrently(w *world) {
	reqs := []provider.Request{w.request(), w.request(), w.request()}
	for _, req := range reqs {
		w.releaseLater(req.Handle())
	}
	errs := make(chan error, 100)
	var wg sync.WaitGroup
	for _, req := range reqs {
		wg.Go(func() {
			_, err := w.p.Allocate(w.ctx, req)
			errs <- err
			for _, err := range w.p.Allocations(w.ctx, w.owner) {
				errs <- err
			}
			_, err = w.p.Describe(w.ctx, req.Handle())
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(w.t, err)
	}
	require.Len(w.t, w.held(w.owner), len(reqs))
	for _, req := range reqs {
		w.reach(req.Handle(), provider.Ready)
	}
}

func callsCancelled(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Block: true})
	w.running(ref)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	req, task := w.request(), w.task(Behaviour{})
	w.releaseLater(req.Handle())
	_, errAllocate := w.p.Allocate(ctx, req)
	_, errDescribe := w.p.Describe(ctx, h)
	calls := map[string]error{
		"Allocate": errAllocate, "Describe": errDescribe,
		"Start":   w.p.Start(ctx, h, task),
		"Cancel":  w.p.Cancel(ctx, ref),
		"Logs":    w.p.Logs(ctx, ref, provider.LogOptions{}, io.Discard),
		"Release": w.p.Release(ctx, h),
	}
	for _, err := range w.p.Allocations(ctx, w.owner) {
		calls["Allocations"] = err
	}
	for s, err := range w.p.Poll(ctx, []provider.Ref{ref}) {
		calls["Poll"] = err
		if err == nil && s.Err != nil {
			calls["Poll"] = s.Err
		}
	}
	for _, name := range []string{"Allocate", "Describe", "Start", "Cancel", "Logs", "Release", "Allocations", "Poll"} {
		require.ErrorIs(w.t, calls[name], context.Canceled, name)
		require.NotEmpty(w.t, fault.Of("", calls[name]).Op, "%s returns a *fault.Error", name)
	}
}

// cancelledStart requires that what a call has begun goes on when the caller goes away, as a host that dies does.
func cancelledStart(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "up", Block: true})
	ctx, cancel := context.WithCancel(w.ctx)
	require.NoError(w.t, w.p.Start(ctx, h, task))
	cancel()
	ref := provider.Ref{Handle: h, TaskKey: task.Key}
	w.printed(ref, "up")
	w.pass(20 * time.Millisecond)
	require.Equal(w.t, provider.TaskRunning, w.poll(ref).State)
}

func foundAgain(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Print: "up", Block: true})
	w.printed(ref, "up")
	w.p = w.h.New(w.t)
	require.Contains(w.t, w.held(w.owner), h.Key)
	require.Equal(w.t, provider.Ready, w.reach(h, provider.Ready).State)
	require.Equal(w.t, provider.TaskRunning, w.poll(ref).State)
	require.Equal(w.t, "more", w.output(h, w.task(Behaviour{Print: "more"})))
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	w.exited(ref)
}

// watcher finds the ability, or skips the test.
func (w *world) watcher() provider.Watcher {
	w.t.Helper()
	watcher, ok := provider.As[provider.Watcher](w.p)
	if !ok {
		w.t.Skip("the provider has no Watch")
	}
	return watcher
}

// watched is what Watch has yielded, gathered in the background.
type watched struct {
	states []provider.TaskState
	last   provider.TaskStatus
	err    error
	done   chan struct{}
}

func (w *world) watch(ctx context.Context, ref provider.Ref) *watched {
	watcher := w.watcher()
	seen := &watched{done: make(chan struct{})}
	go func() {
		defer close(seen.done)
		for s, err := range watcher.Watch(ctx, ref) {
			if err != nil {
				seen.err = err
				continue
			}
			seen.states, seen.last = append(seen.states, s.State), s
		}
	}()
	w.t.Cleanup(func() { <-seen.done })
	return seen
}

func (s *watched) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func watch(w *world) {
	w.watcher()
	ref := w.startNew(w.ready(), Behaviour{Sleep: 200 * time.Millisecond, Exit: 6})
	seen := w.watch(w.ctx, ref)
	w.eventually("Watch ends when the task does", seen.ended)
	require.NoError(w.t, seen.err)
	require.Equal(w.t, provider.TaskExited, seen.last.State)
	require.Equal(w.t, 6, seen.last.Exit)
	require.Equal(w.t, ref.TaskKey, seen.last.Ref.TaskKey)
	again := w.watch(w.ctx, ref)
	w.eventually("Watch of an ended task ends", again.ended)
	require.Equal(w.t, []provider.TaskState{provider.TaskExited}, again.states)
}

func watchCancelled(w *world) {
	w.watcher()
	ref := w.startNew(w.ready(), Behaviour{Block: true})
	w.running(ref)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	seen := w.watch(ctx, ref)
	cancel()
	w.eventually("Watch ends with its context", seen.ended)
	require.ErrorIs(w.t, seen.err, context.Canceled)
	require.Equal(w.t, provider.TaskRunning, w.poll(ref).State)
}

func watchUnknown(w *world) {
	w.watcher()
	h := w.ready()
	seen := w.watch(w.ctx, provider.Ref{Handle: h, TaskKey: w.task(Behaviour{}).Key})
	w.eventually("Watch of an unknown task ends", seen.ended)
	err := seen.err
	if err == nil && seen.last.Err != nil {
		err = seen.last.Err
	}
	w.refused(err, fault.NotFound)
}

func extend(w *world) {
	extender, ok := provider.As[provider.Extender](w.p)
	if !ok {
		w.t.Skip("the provider has no leases to extend")
	}
	req := w.request()
	h := w.readyFor(req)
	lease := func() time.Time { return w.reach(h, provider.Ready).Until }
	later := req.Until.Add(time.Hour)
	require.NoError(w.t, extender.Extend(w.ctx, h, later))
	require.WithinDuration(w.t, later, lease(), time.Second)
	_ = extender.Extend(w.ctx, h, req.Until) // may be refused; must not shorten
	require.False(w.t, lease().Before(later), "the lease was shortened")
	w.refused(extender.Extend(w.ctx, w.missing(), later), fault.NotFound)
}

func check(w *world) {
	checker, ok := provider.As[provider.Checker](w.p)
	if !ok {
		w.t.Skip("the provider has no Check")
	}
	require.NoError(w.t, checker.Check(w.ctx))
}
