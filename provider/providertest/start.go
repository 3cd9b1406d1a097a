package providertest

import (
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func startTests() []test {
	return []test{
		{"Start returns once accepted", startReturns},
		{"Start is idempotent by task key", startIsIdempotent},
		{"Start is idempotent after the exit", startAfterExit},
		{"Start concurrently under one key runs once", startConcurrently},
		{"Start several tasks in turn", startInTurn},
		{"Start several tasks together", startTogether},
		{"Start the same task key on another allocation", startSameKeyElsewhere},
		{"Start from a lower epoch is Conflict", startLowerEpoch},
		{"Start on the never allocated fails", startNowhere},
		{"Start on the released fails", startReleased},
		{"Start of a task that says nothing or too much is refused", startNonsense},
	}
}

func startReturns(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Block: true})
	s := w.poll(ref)
	require.Nil(w.t, s.Err, "an accepted task is known at once")
	require.Contains(w.t, []provider.TaskState{provider.TaskPending, provider.TaskRunning}, s.State)
	s = w.running(ref)
	require.False(w.t, s.Started.IsZero(), "a running task has a start time")
	require.True(w.t, s.Ended.IsZero(), "a running task has no end time")
}

func startIsIdempotent(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "once\n", Block: true})
	ref := w.start(h, task)
	w.printed(ref, "once")
	first := w.running(ref)
	require.NoError(w.t, w.p.Start(w.ctx, h, task))
	require.NoError(w.t, w.h.New(w.t).Start(w.ctx, h, task))
	require.WithinDuration(w.t, first.Started, w.running(ref).Started, 0, "the task was started anew")
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	w.exited(ref)
	require.Equal(w.t, "once\n", w.logs(ref))
}

func startAfterExit(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "once\n", Exit: 3})
	ref := w.start(h, task)
	first := w.exited(ref)
	require.NoError(w.t, w.p.Start(w.ctx, h, task))
	require.NoError(w.t, w.h.New(w.t).Start(w.ctx, h, task))
	w.pass(50 * time.Millisecond)
	again := w.poll(ref)
	require.Equal(w.t, provider.TaskExited, again.State)
	require.Equal(w.t, 3, again.Exit)
	require.WithinDuration(w.t, first.Ended, again.Ended, 0)
	require.Equal(w.t, "once\n", w.logs(ref))
}

func startConcurrently(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "once\n"})
	hosts := []provider.Provider{w.p, w.h.New(w.t), w.p, w.h.New(w.t)}
	errs := make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, p := range hosts {
		wg.Go(func() { errs[i] = p.Start(w.ctx, h, task) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(w.t, err)
	}
	ref := provider.Ref{Handle: h, TaskKey: task.Key}
	w.exited(ref)
	require.Equal(w.t, "once\n", w.logs(ref))
}

func startInTurn(w *world) {
	h := w.ready()
	for _, text := range []string{"first", "second", "third"} {
		require.Equal(w.t, text, w.output(h, w.task(Behaviour{Print: text})))
	}
}

func startTogether(w *world) {
	h := w.ready()
	a := w.startNew(h, Behaviour{Print: "a", Block: true})
	b := w.startNew(h, Behaviour{Print: "b", Block: true})
	w.printed(a, "a")
	w.printed(b, "b")
	require.Equal(w.t, "c", w.output(h, w.task(Behaviour{Print: "c"})))
	require.NoError(w.t, w.p.Cancel(w.ctx, a))
	w.exited(a)
	require.Equal(w.t, provider.TaskRunning, w.poll(b).State, "cancelling one task ended another")
	require.NoError(w.t, w.p.Cancel(w.ctx, b))
	w.exited(b)
	require.Equal(w.t, "ab", w.logs(a)+w.logs(b))
}

func startSameKeyElsewhere(w *world) {
	a, b := w.ready(), w.ready()
	task := w.task(Behaviour{Print: "mine"})
	require.Equal(w.t, "mine", w.output(a, task))
	require.Equal(w.t, "mine", w.output(b, task), "a task is named by allocation and task key together")
}

func startLowerEpoch(w *world) {
	h := w.ready()
	at := func(n uint64) error {
		task := w.task(Behaviour{Print: "x"})
		task.Epoch = n
		return w.p.Start(w.ctx, h, task)
	}
	require.NoError(w.t, at(epoch))
	require.NoError(w.t, at(epoch), "the same epoch goes on")
	require.NoError(w.t, at(epoch+2), "a later one takes over")
	w.refused(at(epoch+1), fault.Conflict)
	w.refused(at(epoch), fault.Conflict)
	require.NoError(w.t, at(epoch+2))
}

func startNowhere(w *world) {
	w.refused(w.p.Start(w.ctx, w.missing(), w.task(Behaviour{})), fault.NotFound)
}

func startReleased(w *world) {
	h := w.ready()
	require.NoError(w.t, w.p.Release(w.ctx, h))
	w.refused(w.p.Start(w.ctx, h, w.task(Behaviour{})), fault.NotFound, fault.Conflict)
}

func startNonsense(w *world) {
	h := w.ready()
	task := w.task(Behaviour{})
	nothing := provider.Task{Key: w.task(Behaviour{}).Key, Kind: provider.Exec, Epoch: epoch}
	w.refused(w.p.Start(w.ctx, h, nothing), fault.Invalid, fault.Unsupported)
	task.Argv, task.Script, task.Func = []string{"true"}, "true", "true"
	w.refused(w.p.Start(w.ctx, h, task), fault.Invalid, fault.Unsupported)
}
