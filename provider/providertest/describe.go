package providertest

import (
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func describeTests() []test {
	return []test{
		{"Describe of the absent is Unknown within the settle window", describeFresh},
		{"Describe of the absent is NotFound after the settle window", describeOld},
		{"Describe needs no ID and no first host", describeByKey},
		{"Describe after Release is Gone or NotFound", describeGone},
		{"Describe in another place finds nothing", describeElsewhere},
		{"Release is idempotent", releaseTwice},
		{"Release from another host", releaseElsewhere},
		{"Release of the never allocated is nil and lasts", releaseNever},
		{"Release closes the key", releaseClosesKey},
		{"Release while Pending", releasePending},
		{"Release races with Allocate and nothing is left", releaseRace},
		{"Release ends the tasks", releaseEndsTasks},
		{"Release leaves other allocations alone", releaseOnlyOne},
		{"Allocations are those of the owner", listOwner},
		{"Allocations leave out what is Gone", listWithoutGone},
		{"Allocations can be left early", listBreak},
		{"Lease ends the machine without a host", leaseEnds},
		{"Preemption makes the allocation Gone and says why", preempted},
	}
}

func describeFresh(w *world) {
	h := w.request().Handle()
	_, err := w.p.Describe(w.ctx, h)
	f := w.refused(err, fault.Unknown, fault.NotFound)
	if w.h.Settle > 0 {
		require.Equal(w.t, fault.Unknown, f.Kind, "within the settle window nothing is proven")
	}
	require.Equal(w.t, f.Kind == fault.Unknown, f.Ambiguous)
	if w.h.Advance != nil {
		w.h.Advance(w.h.Settle + time.Second)
		_, err = w.p.Describe(w.ctx, h)
		w.refused(err, fault.NotFound)
	}
}

func describeOld(w *world) {
	_, err := w.p.Describe(w.ctx, w.missing())
	require.False(w.t, w.refused(err, fault.NotFound).Ambiguous)
}

func describeByKey(w *world) {
	req := w.request()
	a := w.allocate(req)
	h := req.Handle()
	require.Empty(w.t, h.ID)
	found, err := w.h.New(w.t).Describe(w.ctx, h)
	require.NoError(w.t, err)
	require.Equal(w.t, a.Handle.ID, found.Handle.ID)
	if !a.Created.IsZero() && !found.Created.IsZero() {
		require.WithinDuration(w.t, a.Created, found.Created, time.Second)
	}
}

func describeGone(w *world) {
	h := w.ready()
	require.NoError(w.t, w.p.Release(w.ctx, h))
	w.requireGone(w.p, h)
	w.requireGone(w.h.New(w.t), h)
}

// requireGone accepts what may be said of a released allocation: Gone, or proven absent.
func (w *world) requireGone(p provider.Provider, h provider.Handle) {
	w.t.Helper()
	a, err := p.Describe(w.ctx, h)
	if err != nil {
		w.refused(err, fault.NotFound)
		return
	}
	require.Equal(w.t, provider.Gone, a.State)
}

func describeElsewhere(w *world) {
	req := w.request()
	w.allocate(req)
	h := req.Handle()
	h.Place.Region += "-other"
	h.IssuedAt = h.IssuedAt.Add(-24*time.Hour - w.h.Settle)
	_, err := w.p.Describe(w.ctx, h)
	w.refused(err, fault.NotFound, fault.Invalid, fault.Unsupported)
}

func releaseTwice(w *world) {
	h := w.ready()
	require.NoError(w.t, w.p.Release(w.ctx, h))
	require.NoError(w.t, w.p.Release(w.ctx, h))
	require.Empty(w.t, w.held(w.owner))
}

func releaseElsewhere(w *world) {
	h := w.ready()
	require.NoError(w.t, w.h.New(w.t).Release(w.ctx, h))
	w.requireGone(w.p, h)
	require.Empty(w.t, w.held(w.owner))
}

func releaseNever(w *world) {
	req := w.request()
	require.NoError(w.t, w.p.Release(w.ctx, req.Handle()))
	_, err := w.h.New(w.t).Allocate(w.ctx, req)
	w.refused(err, fault.Conflict)
	w.requireGone(w.p, req.Handle())
	require.Empty(w.t, w.held(w.owner))
}

func releaseClosesKey(w *world) {
	req := w.request()
	w.allocate(req)
	require.NoError(w.t, w.p.Release(w.ctx, req.Handle()))
	for _, p := range []provider.Provider{w.p, w.h.New(w.t)} {
		_, err := p.Allocate(w.ctx, req)
		w.refused(err, fault.Conflict)
	}
	require.Empty(w.t, w.held(w.owner))
}

func releasePending(w *world) {
	a := w.allocate(w.request()) // Ready at once on some clouds, which is as well
	require.NoError(w.t, w.p.Release(w.ctx, a.Handle))
	w.requireGone(w.p, a.Handle)
	w.pass(time.Millisecond)
	require.Empty(w.t, w.held(w.owner))
}

func releaseRace(w *world) {
	req := w.request()
	w.releaseLater(req.Handle())
	other := w.h.New(w.t)
	var allocated, released error
	var wg sync.WaitGroup
	wg.Go(func() { _, allocated = w.p.Allocate(w.ctx, req) })
	wg.Go(func() { released = other.Release(w.ctx, req.Handle()) })
	wg.Wait()
	require.NoError(w.t, released)
	if allocated != nil {
		w.refused(allocated, fault.Conflict)
	}
	require.Empty(w.t, w.held(w.owner), "Release was nil, so nothing can still appear")
}

func releaseEndsTasks(w *world) {
	h := w.ready()
	ref := w.startNew(h, Behaviour{Block: true})
	w.running(ref)
	require.NoError(w.t, w.p.Release(w.ctx, h))
	s := w.poll(ref)
	if s.State == "" {
		w.refused(s.Err, fault.NotFound)
		return
	}
	require.True(w.t, ended(s), "task is %s after Release", s.State)
}

func releaseOnlyOne(w *world) {
	a, b := w.ready(), w.request()
	w.allocate(b)
	require.NoError(w.t, w.p.Release(w.ctx, b.Handle()))
	held := w.held(w.owner)
	require.Len(w.t, held, 1)
	require.Contains(w.t, held, a.Key)
	require.Equal(w.t, "still here", w.output(a, w.task(Behaviour{Print: "still here"})))
}

func listOwner(w *world) {
	mine, hers := w.request(), w.request()
	hers.Owner += "-other"
	w.allocate(mine)
	w.allocate(hers)
	require.Len(w.t, w.held(mine.Owner), 1)
	require.Contains(w.t, w.held(mine.Owner), mine.Key)
	require.Len(w.t, w.held(hers.Owner), 1)
	require.Contains(w.t, w.held(hers.Owner), hers.Key)
	require.Empty(w.t, w.held(w.owner+"-nobody"))
}

func listWithoutGone(w *world) {
	kept, gone := w.request(), w.request()
	w.allocate(kept)
	w.allocate(gone)
	require.Len(w.t, w.held(w.owner), 2)
	require.NoError(w.t, w.p.Release(w.ctx, gone.Handle()))
	held := w.held(w.owner)
	require.Len(w.t, held, 1)
	require.Contains(w.t, held, kept.Key)
}

func listBreak(w *world) {
	w.allocate(w.request())
	w.allocate(w.request())
	seen := 0
	for _, err := range w.p.Allocations(w.ctx, w.owner) {
		require.NoError(w.t, err)
		seen++
		break
	}
	require.Equal(w.t, 1, seen)
}

func leaseEnds(w *world) {
	if w.h.Lease == 0 {
		w.t.Skip("the harness has no lease short enough to wait for")
	}
	req := w.request()
	req.Until = w.h.Now().UTC().Add(w.h.Lease)
	h := w.readyFor(req)
	ref := w.startNew(h, Behaviour{Block: true})
	w.reach(h, provider.Gone)
	s := w.until(ref, "the task ends with its machine", func(s provider.TaskStatus) bool { return s.State == "" || ended(s) })
	require.False(w.t, s.State == provider.TaskExited && s.Exit == 0)
	require.Empty(w.t, w.held(w.owner))
}

func preempted(w *world) {
	if w.h.Preempt == nil {
		w.t.Skip("the harness cannot take machines back")
	}
	h := w.ready()
	ref := w.startNew(h, Behaviour{Block: true})
	w.running(ref)
	w.h.Preempt(w.t, h)
	a := w.reach(h, provider.Gone)
	require.NotNil(w.t, a.Err, "a Gone allocation that was taken back says why")
	w.refused(a.Err, fault.Preempted)
	s := w.until(ref, "the task is lost", ended)
	require.Equal(w.t, provider.TaskLost, s.State)
	require.NotNil(w.t, s.Err, "a Lost task says why")
	require.Empty(w.t, w.held(w.owner))
	require.NoError(w.t, w.p.Release(w.ctx, h))
}
