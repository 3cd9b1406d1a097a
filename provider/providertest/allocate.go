package providertest

import (
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func allocateTests() []test {
	return []test{
		{"Name is stable and the place's cloud", nameIsCloud},
		{"Allocate returns a state, not a wait", allocateReturnsState},
		{"Allocate gives the facts of the request back", allocateKeepsFacts},
		{"Allocate is idempotent by key", allocateIsIdempotent},
		{"Allocate again from a later epoch is the same request", allocateLaterEpoch},
		{"Allocate concurrently under one key makes one", allocateConcurrently},
		{"Allocate under a used key is Conflict", allocateUsedKey},
		{"Allocate is all or nothing", allocateAllOrNothing},
		{"Allocate without a node is Invalid", allocateNothing},
		{"Allocate that cannot be met is refused", allocateRefused},
		{"Allocate on another cloud is refused", allocateElsewhere},
	}
}

func nameIsCloud(w *world) {
	require.Equal(w.t, w.h.Request.Place.Cloud, w.p.Name())
	require.Equal(w.t, w.p.Name(), w.h.New(w.t).Name())
}

func allocateReturnsState(w *world) {
	a := w.allocate(w.request())
	require.Contains(w.t, []provider.AllocationState{provider.Pending, provider.Ready}, a.State)
	ready := w.reach(a.Handle, provider.Ready)
	require.Nil(w.t, ready.Err)
	require.Len(w.t, ready.Machines, 1)
	require.NotEmpty(w.t, ready.Machines[0].Name)
}

func allocateKeepsFacts(w *world) {
	req := w.request()
	check := func(from string, a provider.Allocation) {
		require.Equal(w.t, req.Key, a.Handle.Key, from)
		require.Equal(w.t, req.Place, a.Handle.Place, from)
		require.Equal(w.t, req.Offering.Service, a.Handle.Service, from)
		require.Equal(w.t, req.Owner, a.Owner, from)
		require.Equal(w.t, req.Epoch, a.Epoch, from)
		require.WithinDuration(w.t, req.Until, a.Until, 0, from)
		for k, v := range req.Labels {
			require.Equal(w.t, v, a.Labels[k], "%s: label %s", from, k)
		}
	}
	check("Allocate", w.allocate(req))
	w.reach(req.Handle(), provider.Ready)
	found, err := w.h.New(w.t).Describe(w.ctx, req.Handle())
	require.NoError(w.t, err)
	check("Describe on another host", found)
	check("Allocations", w.held(w.owner)[req.Key])
}

func allocateIsIdempotent(w *world) {
	req := w.request()
	first := w.allocate(req)
	again, err := w.p.Allocate(w.ctx, req)
	require.NoError(w.t, err)
	require.Equal(w.t, first.Handle.ID, again.Handle.ID)
	elsewhere, err := w.h.New(w.t).Allocate(w.ctx, req)
	require.NoError(w.t, err)
	require.Equal(w.t, first.Handle.ID, elsewhere.Handle.ID)
	require.Len(w.t, w.held(w.owner), 1)
}

// allocateLaterEpoch is what Resume does: the same request, issued by a later life of the same broker.
func allocateLaterEpoch(w *world) {
	req := w.request()
	first := w.allocate(req)
	req.Epoch++
	req.Until = req.Until.Add(req.Until.Sub(req.IssuedAt))
	again, err := w.p.Allocate(w.ctx, req)
	require.NoError(w.t, err)
	require.Equal(w.t, first.Handle.ID, again.Handle.ID)
	require.Len(w.t, w.held(w.owner), 1)
}

func allocateConcurrently(w *world) {
	req := w.request()
	w.releaseLater(req.Handle())
	hosts := []provider.Provider{w.p, w.h.New(w.t), w.p, w.h.New(w.t)}
	ids, errs := make([]string, len(hosts)), make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, p := range hosts {
		wg.Go(func() {
			a, err := p.Allocate(w.ctx, req)
			ids[i], errs[i] = a.Handle.ID, err
		})
	}
	wg.Wait()
	for i := range hosts {
		require.NoError(w.t, errs[i])
		require.Equal(w.t, ids[0], ids[i])
	}
	require.Len(w.t, w.held(w.owner), 1)
}

func allocateUsedKey(w *world) {
	req := w.request()
	w.allocate(req)
	changes := map[string]func(*provider.Request){
		"nodes":  func(r *provider.Request) { r.Nodes++ },
		"owner":  func(r *provider.Request) { r.Owner += "-other" },
		"market": func(r *provider.Request) { r.Market = otherMarket(r.Market) },
	}
	for what, change := range changes {
		other := req
		change(&other)
		_, err := w.p.Allocate(w.ctx, other)
		require.Error(w.t, err, "same key, other %s", what)
		w.refused(err, fault.Conflict)
	}
	a := w.reach(req.Handle(), provider.Ready)
	require.Len(w.t, a.Machines, req.Nodes)
}

func otherMarket(m catalog.Market) catalog.Market {
	if m == catalog.Spot {
		return catalog.OnDemand
	}
	return catalog.Spot
}

// allocateAllOrNothing asks for more and more machines until they are refused, and requires that nothing came of it.
func allocateAllOrNothing(w *world) {
	req := w.request()
	req.Nodes = 2
	w.releaseLater(req.Handle())
	if _, err := w.p.Allocate(w.ctx, req); err != nil {
		w.refused(err, fault.Capacity, fault.Quota, fault.Unsupported)
		require.Empty(w.t, w.held(w.owner))
		return
	}
	var last provider.Allocation
	w.eventually("both nodes are there, or none", func() bool {
		a, err := w.p.Describe(w.ctx, req.Handle())
		require.NoError(w.t, err)
		require.NotEqual(w.t, 1, len(a.Machines), "half of an allocation is shown")
		last = a
		return a.State != provider.Pending
	})
	if last.State == provider.Ready {
		require.Len(w.t, last.Machines, 2)
		require.NotEqual(w.t, last.Machines[0].Name, last.Machines[1].Name)
	}
}

func allocateNothing(w *world) {
	req := w.request()
	req.Nodes = -1
	_, err := w.p.Allocate(w.ctx, req)
	w.refused(err, fault.Invalid)
	require.Empty(w.t, w.held(w.owner))
}

func allocateRefused(w *world) {
	if w.h.Refused.Place == (catalog.Place{}) {
		w.t.Skip("the harness has no request that is refused")
	}
	req := w.fill(w.h.Refused)
	w.releaseLater(req.Handle())
	_, err := w.p.Allocate(w.ctx, req)
	if err == nil {
		a := w.reach(req.Handle(), provider.Refused)
		require.NotNil(w.t, a.Err, "a Refused allocation says why")
		require.Empty(w.t, a.Machines)
		err = a.Err
	}
	f := w.refused(err, w.h.RefusedKind)
	require.False(w.t, f.Ambiguous, "a refusal is certain")
	require.NotEmpty(w.t, f.Place)
	require.NotEqual(w.t, fault.ScopeNone, f.Scope, "a refusal says how far it reaches")
}

func allocateElsewhere(w *world) {
	req := w.request()
	req.Place.Cloud += "-other"
	req.Offering.Place.Cloud = req.Place.Cloud
	_, err := w.p.Allocate(w.ctx, req)
	w.refused(err, fault.Invalid, fault.Unsupported, fault.NotFound)
	require.Empty(w.t, w.held(w.owner))
}
