package buckettest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
)

func ifAbsent(b *bench) {
	only := transfer.CreateOptions{IfAbsent: true}
	b.put("x", []byte("first"), only)
	_, err := store(b.Context(), b.Bucket, "x", []byte("second"), only)
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("x", []byte("first"))

	// The condition holds at commit, not only at the start.
	up := b.open("y", only)
	b.part(up, 1, []byte("slow"))
	b.put("y", []byte("quick"), transfer.CreateOptions{})
	_, err = up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("y", []byte("quick"))

	require.NoError(b, b.Delete(b.Context(), "x", ""))
	b.put("x", []byte("again"), only)
	b.holds("x", []byte("again"))
}

func ifAbsentRace(b *bench) { b.race(transfer.CreateOptions{IfAbsent: true}) }

func ifMatch(b *bench) {
	_, err := store(b.Context(), b.Bucket, "x", nil, transfer.CreateOptions{IfMatch: "no-such-version"})
	require.ErrorIs(b, err, transfer.ErrConflict, "nothing there to match")
	b.absent("x")
	first := b.put("x", []byte("one"), transfer.CreateOptions{})
	second := b.put("x", []byte("two"), transfer.CreateOptions{IfMatch: first.Version})
	b.holds("x", []byte("two"))
	_, err = store(b.Context(), b.Bucket, "x", []byte("bad"), transfer.CreateOptions{IfMatch: first.Version})
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("x", []byte("two"))

	up := b.open("x", transfer.CreateOptions{IfMatch: second.Version})
	b.part(up, 1, []byte("slow"))
	b.put("x", []byte("quick"), transfer.CreateOptions{})
	_, err = up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("x", []byte("quick"))
}

func ifMatchRace(b *bench) {
	first := b.put("x", []byte("first"), transfer.CreateOptions{})
	b.race(transfer.CreateOptions{IfMatch: first.Version})
}

// race lets several uploads of "x" commit at once under a condition that only one can meet.
func (b *bench) race(opts transfer.CreateOptions) {
	const racers = 8
	ups := make([]transfer.Upload, racers)
	for i := range ups {
		ups[i] = b.open("x", opts)
		b.part(ups[i], 1, []byte(fmt.Sprint("racer ", i)))
	}
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i, up := range ups {
		wg.Go(func() { _, errs[i] = up.Commit(b.Context()) })
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil {
			require.Equal(b, -1, winner, "two uploads won")
			winner = i
			continue
		}
		require.ErrorIs(b, err, transfer.ErrConflict)
	}
	require.NotEqual(b, -1, winner, "nobody won")
	b.holds("x", []byte(fmt.Sprint("racer ", winner)))
}

func versionsDiffer(b *bench) {
	seen := map[string]int{}
	for i := range 20 {
		obj := b.put("x", data(uint64(i), 64), transfer.CreateOptions{})
		before, again := seen[obj.Version]
		require.False(b, again, "version %q of content %d came again with content %d", obj.Version, before, i)
		seen[obj.Version] = i
		if i%3 == 0 {
			require.NoError(b, b.Delete(b.Context(), "x", ""))
		}
	}
}

func remove(b *bench) {
	ctx := b.Context()
	require.NoError(b, b.Delete(ctx, "never/was", ""))
	require.NoError(b, b.Delete(ctx, "never/was", "some-version"))
	first := b.put("d/x", []byte("one"), transfer.CreateOptions{})
	second := b.put("d/x", []byte("two"), transfer.CreateOptions{})
	b.put("d/y", []byte("stays"), transfer.CreateOptions{})
	require.ErrorIs(b, b.Delete(ctx, "d/x", first.Version), transfer.ErrConflict)
	b.holds("d/x", []byte("two"))
	require.NoError(b, b.Delete(ctx, "d/x", second.Version))
	b.absent("d/x")
	require.NoError(b, b.Delete(ctx, "d/x", second.Version), "deleting may be repeated")
	require.NoError(b, b.Delete(ctx, "d", ""), "a prefix is no object")
	require.Equal(b, []string{"d/y"}, b.keys(""))
	require.NoError(b, b.Delete(ctx, "d/y", ""))
	require.Empty(b, b.keys(""))
}

func cancelled(b *bench) {
	b.put("x", []byte("x"), transfer.CreateOptions{})
	up := b.open("y", transfer.CreateOptions{})
	b.part(up, 1, []byte("y"))
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	_, err := b.Stat(ctx, "x")
	require.ErrorIs(b, err, context.Canceled)
	_, err = b.Read(ctx, "x", transfer.Whole(), "")
	require.ErrorIs(b, err, context.Canceled)
	_, err = b.Create(ctx, "z", transfer.CreateOptions{})
	require.ErrorIs(b, err, context.Canceled)
	require.ErrorIs(b, b.Delete(ctx, "x", ""), context.Canceled)
	_, err = up.Commit(ctx)
	require.ErrorIs(b, err, context.Canceled)
	var last error
	for _, err := range b.List(ctx, "") {
		require.NoError(b, last, "a failure is yielded once, last")
		last = err
	}
	require.ErrorIs(b, last, context.Canceled)
	b.holds("x", []byte("x"))
	require.Equal(b, []string{"x"}, b.keys(""))
}

func manyAtOnce(b *bench) {
	const workers, each = 8, 12
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprintf("shared/%d/%d", i, w)
				_, err := store(b.Context(), b.Bucket, key, []byte(key), transfer.CreateOptions{})
				errs[w] = errors.Join(errs[w], err)
				if i%2 == 1 {
					errs[w] = errors.Join(errs[w], b.Delete(b.Context(), key, ""))
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(b, err)
	}
	require.Len(b, b.keys("shared/"), workers*each/2)
	for _, k := range b.keys("") {
		b.holds(k, []byte(k))
	}
}

// copied checks the ability to copy between stores, where there is one.
func copied(b *bench) {
	able, ok := b.Bucket.(transfer.Copier)
	if !ok {
		b.Log("the bucket is no transfer.Copier: nothing to check")
		return
	}
	from := &bench{T: b.T, Bucket: b.cfg.Open(b.T), cfg: b.cfg}
	p := data(7, 5*b.cfg.PartSize)
	src := from.put("dir/src", p, transfer.CreateOptions{})
	opts := transfer.CreateOptions{IfAbsent: true, ContentType: "text/x-test", Meta: map[string]string{"k": "v"}}
	obj, did, err := able.CopyFrom(b.Context(), "to/dst", from.Bucket, src, opts)
	require.NoError(b, err)
	if !did {
		b.absent("to/dst")
		return
	}
	b.holds("to/dst", p)
	found, err := b.Stat(b.Context(), "to/dst")
	require.NoError(b, err)
	require.Equal(b, obj.Version, found.Version)
	require.Equal(b, "text/x-test", found.ContentType)
	require.Equal(b, opts.Meta, found.Meta)
	_, _, err = able.CopyFrom(b.Context(), "to/dst", from.Bucket, src, opts)
	require.ErrorIs(b, err, transfer.ErrConflict)
	from.put("dir/src", data(8, 5*b.cfg.PartSize), transfer.CreateOptions{})
	b.holds("to/dst", p) // a copy is independent of its source
	_, _, err = able.CopyFrom(b.Context(), "to/late", from.Bucket, src, opts)
	require.ErrorIs(b, err, transfer.ErrConflict, "the source is another version by now")
	b.absent("to/late")
}
