package local_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/local"
)

func TestCapacityIsSharedByHosts(t *testing.T) {
	t.Parallel()
	cfg := local.Config{Dir: t.TempDir(), CPUs: 4, Memory: 100 * unit.GB}
	a, b := newWorld(t, cfg), newWorld(t, cfg)
	_, err := a.Allocate(t.Context(), request("three", 3))
	require.NoError(t, err)
	_, err = b.Allocate(t.Context(), request("two", 2))
	require.ErrorIs(t, err, fault.Capacity)
	require.Equal(t, fault.ScopeCloud, fault.Of("", err).Scope)
	require.ErrorContains(t, err, "5 CPUs")
	_, err = b.Allocate(t.Context(), request("one", 1))
	require.NoError(t, err)
	require.NoError(t, b.Release(t.Context(), request("three", 3).Handle()))
	_, err = b.Allocate(t.Context(), request("two", 2))
	require.NoError(t, err)
}

func TestConcurrentAllocationsNeverHoldTooMuch(t *testing.T) {
	t.Parallel()
	cfg := local.Config{Dir: t.TempDir(), CPUs: 3, Memory: 100 * unit.GB}
	var wg sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for i := range 8 {
		w := newWorld(t, cfg)
		wg.Go(func() {
			if _, err := w.Allocate(t.Context(), request("key"+string(rune('a'+i)), 1)); err == nil {
				mu.Lock()
				granted++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 3, granted)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, local.Config{CPUs: 4, Memory: 4 * unit.GB})
	for name, c := range map[string]struct {
		change func(*provider.Request)
		kind   fault.Kind
		scope  fault.Scope
	}{
		"too many CPUs":   {func(r *provider.Request) { r.Nodes = 5 }, fault.Unsupported, fault.ScopeOffering},
		"too much memory": {func(r *provider.Request) { r.Offering.Type.Memory = 5 * unit.GB }, fault.Unsupported, fault.ScopeOffering},
		"offering's size": {func(r *provider.Request) { r.Nodes, r.Offering.Capacity = 2, 1 }, fault.Capacity, fault.ScopeOffering},
		"elsewhere":       {func(r *provider.Request) { r.Place.Cloud = "aws" }, fault.Invalid, fault.ScopeNone},
		"no node":         {func(r *provider.Request) { r.Nodes = 0 }, fault.Invalid, fault.ScopeNone},
		"bad key":         {func(r *provider.Request) { r.Key = "../x" }, fault.Invalid, fault.ScopeNone},
	} {
		req := request("key", 1)
		c.change(&req)
		_, err := w.Allocate(t.Context(), req)
		require.ErrorIs(t, err, c.kind, name)
		require.Equal(t, c.scope, fault.Of("", err).Scope, name)
		require.Equal(t, req.Place.String(), fault.Of("", err).Place, name)
	}
}

func TestExpiredLeaseFreesTheMachine(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := newWorld(t, local.Config{CPUs: 1, Memory: unit.GB, Clock: func() time.Time { return now }})
	req := request("a", 1)
	req.Until = now.Add(time.Hour)
	_, err := w.Allocate(t.Context(), req)
	require.NoError(t, err)
	_, err = w.Allocate(t.Context(), request("b", 1))
	require.ErrorIs(t, err, fault.Capacity)
	now = req.Until
	_, err = w.Allocate(t.Context(), request("b", 1))
	require.NoError(t, err)
	_, err = w.Allocate(t.Context(), req)
	require.ErrorIs(t, err, fault.Conflict)
	require.NoError(t, w.Release(t.Context(), req.Handle()))
}

func TestRehearse(t *testing.T) {
	t.Parallel()
	source := catalog.Source{Name: "test", AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	cat, err := catalog.New(catalog.Data{Clouds: []catalog.Cloud{
		{Name: "aws", Title: "A", Scheme: "s3", Source: source}, {Name: "mine", Title: "M", Source: source},
	}})
	require.NoError(t, err)
	all, err := local.Rehearse(cat, t.TempDir())
	require.NoError(t, err)
	require.Len(t, all, 2)
	for i, url := range []string{"s3://sky-scratch-r/", "mine://sky-scratch-r/"} {
		place := catalog.Place{Cloud: all[i].Name(), Region: "r"}
		storage, ok := provider.As[provider.Storage](all[i])
		require.True(t, ok)
		got, err := storage.Scratch(t.Context(), place)
		require.NoError(t, err)
		require.Equal(t, url, got)

		req := request("big", 1000)
		req.Place, req.Nodes = place, 100
		a, err := all[i].Allocate(t.Context(), req)
		require.NoError(t, err, "sizes are taken as given")
		require.Len(t, a.Machines, 100)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]local.Config{
		"name": {Name: "a/b"}, "CPUs": {CPUs: -1}, "memory": {Memory: -1},
	} {
		cfg.Dir = t.TempDir()
		_, err := local.New(cfg)
		require.ErrorContains(t, err, name)
		require.NotNil(t, fault.Of("", err))
	}
	w := newWorld(t, local.Config{})
	require.Equal(t, "local", w.Cloud.Name())
	require.NoError(t, w.Check(t.Context()))
	w = newWorld(t, local.Config{Container: []string{"/no/such/thing", "run"}})
	require.ErrorIs(t, w.Check(t.Context()), fault.Unsupported)
}
