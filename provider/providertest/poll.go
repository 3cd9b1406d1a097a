package providertest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func pollTests() []test {
	return []test{
		{"Poll keeps the order and answers for each ref", pollOrder},
		{"Poll of nothing yields nothing", pollNothing},
		{"Poll can be left early", pollBreak},
		{"Poll says NotFound for a task proven not to exist", pollUnknown},
		{"Poll tells exit codes", exitCodes},
		{"Poll tells 128+n for a signal", exitSignal},
		{"Poll tells start and end", times},
		{"Poll from another host", pollElsewhere},
		{"Serve task becomes Ready and runs until cancelled", serves},
		{"Timeout ends the task", timeout},
		{"Cancel ends a task by its signal", cancelSignal},
		{"Cancel kills after the grace time", cancelKill},
		{"Cancel is idempotent", cancelTwice},
		{"Cancel of what has ended or never was is nil", cancelNothing},
		{"Vanished process is Lost", vanished},
	}
}

func pollOrder(w *world) {
	h, other := w.ready(), w.ready()
	refs := []provider.Ref{
		w.startNew(other, Behaviour{Exit: 1}),
		{Handle: h, TaskKey: w.task(Behaviour{}).Key},
		w.startNew(h, Behaviour{Block: true}),
		w.startNew(h, Behaviour{Exit: 2}),
	}
	refs = append(refs, refs[0])
	w.exited(refs[0])
	w.exited(refs[3])
	w.running(refs[2])
	all := w.pollAll(refs...)
	require.Len(w.t, all, len(refs))
	for i, s := range all {
		require.Equal(w.t, refs[i].TaskKey, s.Ref.TaskKey, "status %d", i)
		require.Equal(w.t, refs[i].Handle.Key, s.Ref.Handle.Key, "status %d", i)
	}
	require.Equal(w.t, []int{1, 2, 1}, []int{all[0].Exit, all[3].Exit, all[4].Exit})
	require.NotNil(w.t, all[1].Err)
	require.Equal(w.t, provider.TaskRunning, all[2].State)
}

func pollNothing(w *world) { require.Empty(w.t, w.pollAll()) }

func pollBreak(w *world) {
	h := w.ready()
	refs := []provider.Ref{w.startNew(h, Behaviour{}), w.startNew(h, Behaviour{})}
	for s, err := range w.p.Poll(w.ctx, refs) {
		require.NoError(w.t, err)
		require.Equal(w.t, refs[0].TaskKey, s.Ref.TaskKey)
		break
	}
}

func pollUnknown(w *world) {
	h := w.ready()
	s := w.poll(provider.Ref{Handle: h, TaskKey: w.task(Behaviour{}).Key})
	require.Empty(w.t, s.State)
	require.NotNil(w.t, s.Err)
	w.refused(s.Err, fault.NotFound)
	s = w.poll(provider.Ref{Handle: w.missing(), TaskKey: w.task(Behaviour{}).Key})
	require.Empty(w.t, s.State)
	require.NotNil(w.t, s.Err)
	w.refused(s.Err, fault.NotFound)
}

func exitCodes(w *world) {
	h := w.ready()
	for _, code := range []int{0, 1, 3, 42, 255} {
		s := w.exited(w.startNew(h, Behaviour{Exit: code}))
		require.Equal(w.t, code, s.Exit)
		require.Nil(w.t, s.Err, "an exit code is an outcome of the task, not a fault of the cloud")
	}
}

func exitSignal(w *world) {
	h := w.ready()
	for _, signal := range []int{9, 15} {
		require.Equal(w.t, 128+signal, w.exited(w.startNew(h, Behaviour{Signal: signal})).Exit)
	}
}

func times(w *world) {
	h := w.ready()
	before := w.h.Now().Add(-time.Second)
	s := w.exited(w.startNew(h, Behaviour{Sleep: 20 * time.Millisecond}))
	after := w.h.Now().Add(time.Second)
	require.False(w.t, s.Ended.Before(s.Started), "ended %v before it started %v", s.Ended, s.Started)
	require.True(w.t, s.Started.After(before) && s.Ended.Before(after), "%v to %v, not within %v to %v", s.Started, s.Ended, before, after)
}

func pollElsewhere(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Print: "hello", Exit: 5})
	w.exited(ref)
	w.p = w.h.New(w.t)
	require.Equal(w.t, 5, w.exited(ref).Exit)
	require.Equal(w.t, "hello", w.logs(ref))
}

func serves(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Block: true})
	task.Kind, task.Health = provider.Serve, []string{"true"}
	if err := w.p.Start(w.ctx, h, task); err != nil {
		w.refused(err, fault.Unsupported)
		return
	}
	ref := provider.Ref{Handle: h, TaskKey: task.Key}
	w.until(ref, "the task is ready", func(s provider.TaskStatus) bool { return s.State == provider.TaskReady })
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	w.exited(ref)
}

func timeout(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Block: true})
	task.Timeout = 200 * time.Millisecond
	task.Grace = 5 * time.Second
	require.Contains(w.t, []int{128 + 15, 128 + 9}, w.exited(w.start(h, task)).Exit)
}

func cancelSignal(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "up", Block: true})
	task.Grace = 10 * w.h.Patience // so that a kill would be seen
	ref := w.start(h, task)
	w.printed(ref, "up")
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	require.Equal(w.t, 128+15, w.exited(ref).Exit)
}

func cancelKill(w *world) {
	h := w.ready()
	task := w.task(Behaviour{Print: "up", Stubborn: true})
	task.Grace = time.Second
	ref := w.start(h, task)
	w.printed(ref, "up")
	asked := time.Now()
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	if s := w.poll(ref); time.Since(asked) < task.Grace {
		require.Equal(w.t, provider.TaskRunning, s.State, "the task was killed before its grace time was over")
	}
	require.Equal(w.t, 128+9, w.exited(ref).Exit)
}

func cancelTwice(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Block: true})
	w.running(ref)
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	require.NoError(w.t, w.h.New(w.t).Cancel(w.ctx, ref))
	first := w.exited(ref)
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	require.Equal(w.t, first.Exit, w.poll(ref).Exit)
}

func cancelNothing(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Exit: 4})
	w.exited(ref)
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	require.Equal(w.t, 4, w.poll(ref).Exit, "Cancel does not rewrite history")
	ref.TaskKey = w.task(Behaviour{}).Key
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
	ref.Handle = w.request().Handle()
	require.NoError(w.t, w.p.Cancel(w.ctx, ref))
}

func vanished(w *world) {
	if w.h.Vanish == nil {
		w.t.Skip("the harness cannot make a process vanish")
	}
	h := w.ready()
	ref := w.startNew(h, Behaviour{Print: "up", Block: true})
	w.printed(ref, "up")
	w.h.Vanish(w.t, ref)
	s := w.until(ref, "the task is lost", ended)
	require.Equal(w.t, provider.TaskLost, s.State)
	require.NotNil(w.t, s.Err, "a Lost task says why")
	require.NotEmpty(w.t, s.Err.Op)
	require.NoError(w.t, w.p.Release(w.ctx, h))
}
