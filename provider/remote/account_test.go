package remote_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

func noon() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }

func request(key string) provider.Request {
	place := catalog.Place{Cloud: "attic", Region: "home"}
	return provider.Request{
		Key: key, Owner: "me", Place: place, Market: catalog.OnDemand, Nodes: 1, Epoch: 1,
		Offering: catalog.Offering{ID: "attic/home/vm/shelf", Service: "vm", Place: place, Capacity: 2},
	}
}

func newAccount(t *testing.T) remote.Account {
	return remote.Account{Cloud: "attic", Dir: filepath.Join(t.TempDir(), "account"), Clock: noon}
}

func nothingRuns(context.Context) error { return nil }

func heldKeys(t require.TestingT, a remote.Account, owner string) []string {
	var all []string
	for held, err := range a.Allocations(tContext(t), owner) {
		require.NoError(t, err)
		all = append(all, held.Handle.Key)
	}
	return all
}

func TestAccountRefuses(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Room = func(req provider.Request, held []provider.Request) error {
		if len(held) > 0 && req.Image == "huge" {
			return &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeCloud}
		}
		return nil
	}
	_, err := a.Allocate(t.Context(), request("first"))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*provider.Request)
		kind   fault.Kind
		scope  fault.Scope
	}{
		"another request":  {func(r *provider.Request) { r.Key, r.Image = "first", "other" }, fault.Conflict, fault.ScopeNone},
		"another cloud":    {func(r *provider.Request) { r.Place.Cloud = "cellar" }, fault.Invalid, fault.ScopeNone},
		"no node":          {func(r *provider.Request) { r.Nodes = 0 }, fault.Invalid, fault.ScopeNone},
		"no key":           {func(r *provider.Request) { r.Key = "" }, fault.Invalid, fault.ScopeNone},
		"a path as key":    {func(r *provider.Request) { r.Key = "../x" }, fault.Invalid, fault.ScopeNone},
		"offering used up": {func(r *provider.Request) { r.Nodes = 2 }, fault.Capacity, fault.ScopeOffering},
		"machine used up":  {func(r *provider.Request) { r.Image = "huge" }, fault.Capacity, fault.ScopeCloud},
	} {
		req := request("second")
		c.change(&req)
		_, err := a.Allocate(t.Context(), req)
		require.ErrorIs(t, err, c.kind, name)
		f := fault.Of("", err)
		require.Equal(t, []string{"allocate", "attic", req.Place.String()}, []string{f.Op, f.Cloud, f.Place}, name)
		require.Equal(t, c.scope, f.Scope, name)
	}
	require.Equal(t, []string{"first"}, heldKeys(t, a, "me"))
	require.Empty(t, heldKeys(t, a, "you"))
}

func TestAccountOpensTheMachine(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	var opened []provider.Request
	broken := errors.New("the cable is out")
	a.Open = func(_ context.Context, r provider.Request) error {
		opened = append(opened, r)
		if len(opened) == 1 {
			return broken
		}
		return nil
	}
	req := request("a")
	req.Until = noon().Add(time.Hour)
	_, err := a.Allocate(t.Context(), req)
	require.ErrorIs(t, err, broken)
	require.Empty(t, heldKeys(t, a, "me"), "what the machine is not ready for is not held")

	_, err = a.Allocate(t.Context(), req)
	require.NoError(t, err)
	later := req
	later.Epoch, later.Until = 2, req.Until.Add(time.Hour)
	_, err = a.Allocate(t.Context(), later)
	require.NoError(t, err)
	again, err := a.Allocate(t.Context(), req) // from a host that does not know yet
	require.NoError(t, err)
	require.Equal(t, later.Until, again.Until)
	require.Equal(t, uint64(2), again.Epoch)
	require.NoError(t, a.Extend(t.Context(), req.Handle(), later.Until.Add(time.Hour)))
	require.NoError(t, a.Extend(t.Context(), req.Handle(), req.Until))
	require.NoError(t, a.Extend(t.Context(), req.Handle(), time.Time{}))
	require.Len(t, opened, 7)
	require.Equal(t, later.Until.Add(time.Hour), opened[6].Until, "a lease is never shortened, and never becomes none")
}

func TestAccountWithoutLease(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	req := request("a")
	_, err := a.Allocate(t.Context(), req)
	require.NoError(t, err)
	require.NoError(t, a.Extend(t.Context(), req.Handle(), noon().Add(time.Hour)))
	got, err := a.Describe(t.Context(), req.Handle())
	require.NoError(t, err)
	require.Zero(t, got.Until)
	require.ErrorIs(t, a.Extend(t.Context(), request("b").Handle(), noon()), fault.NotFound)
}

func TestAccountReleases(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	req := request("a")
	_, err := a.Allocate(t.Context(), req)
	require.NoError(t, err)

	elsewhere := req.Handle()
	elsewhere.Place.Region = "cellar"
	require.NoError(t, a.Release(t.Context(), elsewhere, func(context.Context) error { return errors.New("nothing is held there") }))
	_, err = a.Describe(t.Context(), elsewhere)
	require.ErrorIs(t, err, fault.NotFound)

	busy := errors.New("it does not end")
	require.ErrorIs(t, a.Release(t.Context(), req.Handle(), func(context.Context) error { return busy }), busy)
	require.Equal(t, []string{"a"}, heldKeys(t, a, "me"), "what may still run is still held")
	_, err = a.Allocate(t.Context(), req)
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorIs(t, a.Extend(t.Context(), req.Handle(), noon()), fault.Conflict)

	require.NoError(t, a.Release(t.Context(), req.Handle(), nothingRuns))
	require.NoError(t, a.Release(t.Context(), req.Handle(), func(context.Context) error { return busy }), "there is nothing left to end")
	got, err := a.Describe(t.Context(), req.Handle())
	require.NoError(t, err)
	require.Equal(t, provider.Gone, got.State)
	require.Nil(t, got.Err)
	require.Empty(t, got.Machines)

	never := request("never")
	require.NoError(t, a.Release(t.Context(), never.Handle(), nothingRuns))
	_, err = a.Describe(t.Context(), never.Handle())
	require.ErrorIs(t, err, fault.NotFound)
	_, err = a.Allocate(t.Context(), never)
	require.ErrorIs(t, err, fault.Conflict)
}

func TestAccountEndsLeases(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	now := noon()
	a.Clock = func() time.Time { return now }
	req := request("a")
	req.Nodes, req.Until = 2, now.Add(time.Hour)
	_, err := a.Allocate(t.Context(), req)
	require.NoError(t, err)
	_, err = a.Allocate(t.Context(), request("b"))
	require.ErrorIs(t, err, fault.Capacity)
	now = req.Until
	_, err = a.Allocate(t.Context(), request("b"))
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, heldKeys(t, a, "me"))
	got, err := a.Describe(t.Context(), req.Handle())
	require.NoError(t, err)
	require.Equal(t, provider.Gone, got.State)
	require.ErrorIs(t, got.Err, fault.Preempted)
	require.Equal(t, "attic/home", got.Err.Place)
	require.Empty(t, got.Machines)
	_, err = a.Allocate(t.Context(), req)
	require.ErrorIs(t, err, fault.Conflict)
}

func TestAccountIsSharedByHosts(t *testing.T) {
	t.Parallel()
	dir := newAccount(t).Dir
	var wg sync.WaitGroup
	var granted atomic.Int32
	for i := range 8 {
		wg.Go(func() {
			host := remote.Account{Cloud: "attic", Dir: dir}
			if _, err := host.Allocate(t.Context(), request(fmt.Sprintf("key%d", i))); err == nil {
				granted.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(2), granted.Load())
}

func TestAccountEndsWithItsContext(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := request("a")
	_, allocated := a.Allocate(ctx, req)
	_, described := a.Describe(ctx, req.Handle())
	var listed error
	for _, listed = range a.Allocations(ctx, "me") {
		continue
	}
	for _, err := range []error{
		allocated, described, listed,
		a.Extend(ctx, req.Handle(), noon()), a.Release(ctx, req.Handle(), nothingRuns),
	} {
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, "attic", fault.Of("", err).Cloud)
	}
	_, err := a.Allocate(t.Context(), req)
	require.NoError(t, err, "nothing was done")
}

func TestAccountNamesADamagedFile(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	req := request("a")
	_, err := a.Allocate(t.Context(), req)
	require.NoError(t, err)
	file := filepath.Join(a.Dir, "held", "a.json")
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	_, err = a.Describe(t.Context(), req.Handle())
	require.ErrorContains(t, err, file)
	_, err = a.Allocate(t.Context(), request("b"))
	require.ErrorContains(t, err, file)
	for _, err = range a.Allocations(t.Context(), "me") {
		require.ErrorContains(t, err, file)
	}
	require.ErrorContains(t, a.Release(t.Context(), req.Handle(), nothingRuns), file)
}

// Any sequence of calls by several hosts gives what a map in memory gives.
func TestAccountIsAMap(t *testing.T) {
	t.Parallel()
	root, worlds := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		worlds++
		dir := filepath.Join(root, strconv.Itoa(worlds))
		host := func() remote.Account { return remote.Account{Cloud: "attic", Dir: dir, Clock: noon} }
		held, closed := map[string]bool{}, map[string]bool{}
		key := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		t.Repeat(map[string]func(*rapid.T){
			"allocate": func(t *rapid.T) {
				k := key.Draw(t, "key")
				_, err := host().Allocate(tContext(t), request(k))
				switch {
				case closed[k]:
					require.ErrorIs(t, err, fault.Conflict)
				case !held[k] && len(held) == 2:
					require.ErrorIs(t, err, fault.Capacity)
				default:
					require.NoError(t, err)
					held[k] = true
				}
			},
			"release": func(t *rapid.T) {
				k := key.Draw(t, "key")
				ended := false
				end := func(context.Context) error { ended = true; return nil }
				require.NoError(t, host().Release(tContext(t), request(k).Handle(), end))
				require.Equal(t, held[k], ended)
				delete(held, k)
				closed[k] = true
			},
			"": func(t *rapid.T) {
				require.ElementsMatch(t, slices.Collect(maps.Keys(held)), heldKeys(t, host(), "me"))
			},
		})
	})
}
