package buckettest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

func stat(b *bench) {
	b.absent("x")
	want := b.put("dir/x", data(1, 77), transfer.CreateOptions{})
	got, err := b.Stat(b.Context(), "dir/x")
	require.NoError(b, err)
	require.Equal(b, "dir/x", got.Key)
	require.Equal(b, unit.Bytes(77), got.Size)
	require.NotEmpty(b, got.Version)
	require.Equal(b, want.Version, got.Version, "Commit and Stat tell the same version")
	require.Equal(b, want.Size, got.Size)
	require.False(b, got.Modified.IsZero())
	require.Equal(b, time.UTC, got.Modified.Location())
	_, err = b.Stat(b.Context(), "dir")
	require.ErrorIs(b, err, transfer.ErrNotFound, "a prefix is no object")
}

func errorsName(b *bench) {
	_, statErr := b.Stat(b.Context(), "no/such")
	_, readErr := b.read("no/such", transfer.Whole(), "")
	for _, err := range []error{statErr, readErr} {
		named, ok := errors.AsType[*transfer.Error](err)
		require.True(b, ok, "%v is not a *transfer.Error", err)
		require.Equal(b, "no/such", named.Key)
		require.NotEmpty(b, named.Bucket)
		require.NotEmpty(b, named.Op)
		require.Error(b, named.Err)
	}
}

func readRanges(b *bench) {
	p := data(2, 1000)
	b.put("x", p, transfer.CreateOptions{})
	for _, c := range []struct {
		r    transfer.Range
		want []byte
	}{
		{transfer.Whole(), p},
		{transfer.Range{}, nil},
		{transfer.Range{Offset: 0, Length: 1}, p[:1]},
		{transfer.Range{Offset: 10, Length: 20}, p[10:30]},
		{transfer.Range{Offset: 10, Length: -1}, p[10:]},
		{transfer.Range{Offset: 999, Length: 1}, p[999:]},
		{transfer.Range{Offset: 990, Length: 50}, p[990:]},
		{transfer.Range{Offset: 0, Length: 1 << 40}, p},
		{transfer.Range{Offset: 500, Length: 0}, nil},
		{transfer.Range{Offset: 1000, Length: -1}, nil},
		{transfer.Range{Offset: 1000, Length: 5}, nil},
	} {
		got, err := b.read("x", c.r, "")
		require.NoError(b, err, "%+v", c.r)
		require.True(b, bytes.Equal(c.want, got), "%+v gave %d bytes, want %d, or other bytes", c.r, len(got), len(c.want))
	}
	for _, r := range []transfer.Range{{Offset: 1001, Length: 1}, {Offset: 1001, Length: -1}, {Offset: -1, Length: 1}} {
		_, err := b.read("x", r, "")
		require.ErrorIs(b, err, transfer.ErrInvalid, "%+v", r)
	}
}

func readPinned(b *bench) {
	first := b.put("x", []byte("first"), transfer.CreateOptions{})
	got, err := b.read("x", transfer.Whole(), first.Version)
	require.NoError(b, err)
	require.Equal(b, "first", string(got))
	second := b.put("x", []byte("other"), transfer.CreateOptions{})
	_, err = b.read("x", transfer.Whole(), first.Version)
	require.ErrorIs(b, err, transfer.ErrConflict)
	_, err = b.read("x", transfer.Range{Offset: 1, Length: 2}, first.Version)
	require.ErrorIs(b, err, transfer.ErrConflict)
	got, err = b.read("x", transfer.Range{Offset: 1, Length: 2}, second.Version)
	require.NoError(b, err)
	require.Equal(b, "th", string(got))
	_, err = b.read("y", transfer.Whole(), first.Version)
	require.ErrorIs(b, err, transfer.ErrNotFound)
}

func readWhileReplaced(b *bench) {
	old, young := data(3, 300_000), data(4, 300_000)
	obj := b.put("x", old, transfer.CreateOptions{})
	rd, err := b.Read(b.Context(), "x", transfer.Whole(), obj.Version)
	require.NoError(b, err)
	head := make([]byte, 1000)
	_, err = io.ReadFull(rd, head)
	require.NoError(b, err)
	b.put("x", young, transfer.CreateOptions{})
	rest, err := io.ReadAll(rd)
	require.NoError(b, rd.Close())
	if err != nil {
		require.ErrorIs(b, err, transfer.ErrConflict)
	} else {
		require.True(b, bytes.Equal(old, append(head, rest...)), "a pinned read mixed two versions")
	}
	b.holds("x", young)
}

func listOrder(b *bench) {
	require.Empty(b, b.keys(""))
	keys := []string{"a.b", "a/b", "a/b.c", "a/b/c", "a-b/x", "a/c", "b", "ab", "a/", "z/y/x", "z/y/w", "z!/q", "B", "a0"}
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "a/" || k == "a/b" }) // not possible in every store
	for i := range 110 {
		keys = append(keys, fmt.Sprintf("many/%d", i))
	}
	for _, k := range keys {
		b.put(k, []byte(k), transfer.CreateOptions{})
	}
	slices.Sort(keys)
	for _, prefix := range []string{"", "a", "a/", "a/b", "a/b/", "a.", "ab", "many/", "many/1", "z/y/", "z", "none", "a/b/c", "a/b/c/", "../", "/"} {
		want := []string{}
		for _, k := range keys {
			if len(k) >= len(prefix) && k[:len(prefix)] == prefix {
				want = append(want, k)
			}
		}
		require.Equal(b, want, b.keys(prefix), "prefix %q", prefix)
	}
}

func listAgrees(b *bench) {
	for i := range 5 {
		b.put(fmt.Sprintf("d/%d", i), data(5, i*100), transfer.CreateOptions{})
	}
	for _, listed := range b.list("d/") {
		want, err := b.Stat(b.Context(), listed.Key)
		require.NoError(b, err)
		require.Equal(b, want.Size, listed.Size)
		require.Equal(b, want.Version, listed.Version)
		require.True(b, want.Modified.Equal(listed.Modified))
		if listed.HasCRC && want.HasCRC {
			require.Equal(b, want.CRC32C, listed.CRC32C)
		}
	}
}

func listStops(b *bench) {
	for i := range 10 {
		b.put(fmt.Sprintf("%d", i), nil, transfer.CreateOptions{})
	}
	var seen []string
	for o, err := range b.List(b.Context(), "") {
		require.NoError(b, err)
		if seen = append(seen, o.Key); len(seen) == 3 {
			break
		}
	}
	require.Equal(b, []string{"0", "1", "2"}, seen)
	again := b.List(b.Context(), "")
	for range 2 { // a listing can be walked twice
		n := 0
		for _, err := range again {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 10, n)
	}
}

func checksum(b *bench) {
	p := data(6, 3*b.cfg.PartSize+17)
	up := b.open("x", transfer.CreateOptions{})
	for n := range 4 {
		b.part(up, n+1, p[n*b.cfg.PartSize:min((n+1)*b.cfg.PartSize, len(p))])
	}
	committed := b.commit(up)
	found, err := b.Stat(b.Context(), "x")
	require.NoError(b, err)
	for _, o := range append(b.list(""), committed, found) {
		if o.HasCRC {
			require.Equal(b, transfer.CRC32C(0, p), o.CRC32C)
		}
	}
	b.holds("x", p)
}
