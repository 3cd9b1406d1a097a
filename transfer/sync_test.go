package transfer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// TestSyncAgrees: after a sync the destination is the source, plus what was left alone; a dry run had told exactly that.
func TestSyncAgrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src, dst := mem.New("src"), mem.New("dst")
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[abc](/[abc.]{1,2}x){0,2}`), 0, 12, rapid.ID[string]).Draw(t, "names")
		for i, name := range names {
			where := rapid.IntRange(0, 4).Draw(t, "where")
			if where != 0 {
				put(t, src, "in/"+name, random(uint64(i), 40+i))
			}
			switch where {
			case 0: // only there
				put(t, dst, "out/"+name, random(uint64(i), 50))
			case 1: // the same
				put(t, dst, "out/"+name, random(uint64(i), 40+i))
			case 2: // another size
				put(t, dst, "out/"+name, random(uint64(i), 39+i))
			case 3: // another content
				put(t, dst, "out/"+name, random(uint64(i+100), 40+i))
			}
		}
		put(t, dst, "outside", []byte("stays"))
		opts := transfer.SyncOptions{Delete: rapid.Bool().Draw(t, "delete"), DryRun: true}
		opts.PartSize = 17
		opts.Tariff = &transfer.Tariff{Egress: func(n unit.Bytes) unit.Money { return unit.Money(n) * 1000 }, Read: 7, Write: 5, List: 3}
		before, want := content(t, dst, ""), moved(content(t, src, "in/"), "in/", "out/")
		var would, did []transfer.Change
		opts.Change = func(c transfer.Change) { would = append(would, c) }
		quote, err := transfer.Sync(context.Background(), at(dst, "out/"), at(src, "in/"), opts)
		require.NoError(t, err)
		require.Equal(t, before, content(t, dst, ""), "a dry run changes nothing")

		opts.DryRun = false
		opts.Change = func(c transfer.Change) { did = append(did, c) }
		report, err := transfer.Sync(context.Background(), at(dst, "out/"), at(src, "in/"), opts)
		require.NoError(t, err)
		require.Equal(t, would, did)
		require.Equal(t, quote.Money, report.Money)
		require.Equal(t, [4]int{quote.Same, quote.Copied, quote.Deleted, int(quote.Bytes)}, [4]int{report.Same, report.Copied, report.Deleted, int(report.Bytes)})
		if !opts.Delete {
			for k, v := range before {
				if _, ok := want[k]; !ok {
					want[k] = v
				}
			}
		}
		want["outside"] = "stays"
		require.Equal(t, want, content(t, dst, ""))
		require.Zero(t, dst.OpenUploads())
		again, err := transfer.Sync(context.Background(), at(dst, "out/"), at(src, "in/"), opts)
		require.NoError(t, err)
		require.Zero(t, again.Copied+again.Deleted)
	})
}

func TestSyncByTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	src, dst := mem.NewWith("src", mem.Options{NoChecksum: true, Now: clock}), mem.NewWith("dst", mem.Options{NoChecksum: true, Now: clock})
	put(t, src, "x", []byte("one"))
	now = now.Add(time.Hour)
	report, err := transfer.Sync(t.Context(), at(dst, ""), at(src, ""), transfer.SyncOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, report.Copied)
	report, err = transfer.Sync(t.Context(), at(dst, ""), at(src, ""), transfer.SyncOptions{})
	require.NoError(t, err)
	require.Equal(t, transfer.SyncReport{Same: 1}, report)
	now = now.Add(time.Hour)
	put(t, src, "x", []byte("two"))
	report, err = transfer.Sync(t.Context(), at(dst, ""), at(src, ""), transfer.SyncOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, report.Copied)
	require.Equal(t, map[string]string{"x": "two"}, content(t, dst, ""))
}

func TestSyncGlobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		include, exclude []string
		want             []string
	}{
		{nil, nil, []string{"a.txt", "b.bin", "d/a.txt", "d/e/c.txt"}},
		{[]string{"*.txt"}, nil, []string{"a.txt"}},
		{[]string{"**/*.txt"}, nil, []string{"a.txt", "d/a.txt", "d/e/c.txt"}},
		{[]string{"**/*.txt"}, []string{"d/e/**"}, []string{"a.txt", "d/a.txt"}},
		{nil, []string{"d/**"}, []string{"a.txt", "b.bin"}},
		{[]string{"{a,b}.*"}, nil, []string{"a.txt", "b.bin"}},
	} {
		src, dst := mem.New("src"), mem.New("dst")
		for _, k := range []string{"a.txt", "b.bin", "d/a.txt", "d/e/c.txt"} {
			put(t, src, k, []byte(k))
		}
		put(t, dst, "d/e/extra.txt", nil)
		opts := transfer.SyncOptions{IncludeGlobs: c.include, ExcludeGlobs: c.exclude, Delete: true}
		_, err := transfer.Sync(t.Context(), at(dst, ""), at(src, ""), opts)
		require.NoError(t, err)
		got := keys(content(t, dst, ""))
		if len(got) > 0 && got[len(got)-1] == "d/e/extra.txt" { // what is left out is not deleted either
			got = got[:len(got)-1]
		} else {
			require.True(t, c.include == nil && c.exclude == nil || c.include != nil && c.include[0] == "**/*.txt" && c.exclude == nil)
		}
		require.Equal(t, c.want, got, "%v", c)
	}
}

func TestSyncRefuses(t *testing.T) {
	t.Parallel()
	b, o := mem.New("b"), mem.New("o")
	for _, c := range []struct {
		dst, src transfer.Target
		opts     transfer.SyncOptions
	}{
		{at(o, "x"), at(b, "y"), transfer.SyncOptions{}},
		{at(o, "x"), at(b, ""), transfer.SyncOptions{}},
		{at(b, "x/"), at(b, ""), transfer.SyncOptions{}},
		{at(o, ""), at(b, ""), transfer.SyncOptions{IncludeGlobs: []string{"["}}},
		{at(o, ""), at(b, ""), transfer.SyncOptions{Options: transfer.Options{Publish: "m"}}},
		{transfer.Target{}, at(b, ""), transfer.SyncOptions{}},
	} {
		_, err := transfer.Sync(t.Context(), c.dst, c.src, c.opts)
		require.ErrorIs(t, err, transfer.ErrInvalid)
	}
}

// TestSyncStopsAtAFailure: what could not be read is not taken for missing.
func TestSyncStopsAtAFailure(t *testing.T) {
	t.Parallel()
	src, dst := mem.NewWith("src", mem.Options{Fault: func(op, key string) error {
		if op == "list" {
			return fmt.Errorf("no such bucket: %w", transfer.ErrNotFound)
		}
		return nil
	}}), mem.New("dst")
	put(t, dst, "precious", []byte("data"))
	_, err := transfer.Sync(t.Context(), at(dst, ""), at(src, ""), transfer.SyncOptions{Delete: true})
	require.ErrorIs(t, err, transfer.ErrNotFound)
	require.Equal(t, []string{"precious"}, keys(content(t, dst, "")))
}

func TestSyncGoesOn(t *testing.T) {
	t.Parallel()
	end := &stop{}
	src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: end.fault})
	put(t, src, "a", random(1, 1000))
	put(t, src, "b", random(2, 50))
	opts := transfer.SyncOptions{Options: transfer.Options{PartSize: 100, Streams: 2, Ledger: t.TempDir()}}
	ctx, cancel := context.WithCancel(t.Context())
	end.arm(9, cancel)
	_, err := transfer.Sync(ctx, at(dst, ""), at(src, ""), opts)
	cancel()
	require.Error(t, err)
	end.arm(0, nil)
	report, err := transfer.Sync(t.Context(), at(dst, ""), at(src, ""), opts)
	require.NoError(t, err)
	require.NotZero(t, report.Resumed)
	require.Equal(t, content(t, src, ""), content(t, dst, ""))
	require.Zero(t, dst.OpenUploads())
}

func ExampleSync() {
	ctx := context.Background()
	src, dst := mem.New("src"), mem.New("dst")
	for _, k := range []string{"in/a.txt", "in/b.tmp", "in/c/d.txt"} {
		_, _ = transfer.Put(ctx, src, k, []byte(k), transfer.CreateOptions{})
	}
	_, _ = transfer.Put(ctx, dst, "out/old.txt", nil, transfer.CreateOptions{})
	report, err := transfer.Sync(ctx, transfer.Target{Bucket: dst, Key: "out/"}, transfer.Target{Bucket: src, Key: "in/"}, transfer.SyncOptions{
		ExcludeGlobs: []string{"**/*.tmp"},
		Delete:       true,
		Change:       func(c transfer.Change) { fmt.Println(c.Op, c.Path, c.Reason) },
	})
	fmt.Println(report.Copied, report.Deleted, report.Bytes, err)
	// Output:
	// copy a.txt missing
	// copy c/d.txt missing
	// delete old.txt extra
	// 2 1 18 B <nil>
}
