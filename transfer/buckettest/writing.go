package buckettest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

func invisible(b *bench) {
	up := b.open("d/x", transfer.CreateOptions{})
	b.absent("d/x")
	b.part(up, 1, data(1, b.cfg.PartSize))
	b.part(up, 2, []byte("end"))
	b.absent("d/x")
	require.Empty(b, b.keys(""))
	obj := b.commit(up)
	require.Equal(b, "d/x", obj.Key)
	require.Equal(b, unit.Bytes(b.cfg.PartSize+3), obj.Size)
	b.holds("d/x", append(data(1, b.cfg.PartSize), "end"...))
	require.Equal(b, []string{"d/x"}, b.keys(""))
}

func replacing(b *bench) {
	b.put("x", []byte("old"), transfer.CreateOptions{})
	one, two := b.open("x", transfer.CreateOptions{}), b.open("x", transfer.CreateOptions{})
	b.part(one, 1, []byte("one"))
	b.part(two, 1, []byte("two"))
	b.holds("x", []byte("old"))
	b.commit(two)
	b.holds("x", []byte("two"))
	b.commit(one)
	b.holds("x", []byte("one"))
	require.Len(b, b.list(""), 1)
}

func partsAnyOrder(b *bench) {
	p := data(2, 6*b.cfg.PartSize+b.cfg.PartSize/2)
	up := b.open("x", transfer.CreateOptions{Size: unit.Bytes(len(p))})
	for _, n := range rand.New(rand.NewPCG(1, 2)).Perm(7) {
		r := bytes.NewReader(p[n*b.cfg.PartSize : min((n+1)*b.cfg.PartSize, len(p))])
		_, err := r.Seek(3, io.SeekStart) // the reader is read from its start, wherever it stands
		require.NoError(b, err)
		require.NoError(b, up.Part(b.Context(), n+1, r))
	}
	b.commit(up)
	b.holds("x", p)
}

func partsAtOnce(b *bench) {
	const parts = 16
	p := data(3, parts*b.cfg.PartSize)
	for _, promise := range []int{0, b.cfg.PartSize} {
		up := b.open("x", transfer.CreateOptions{PartSize: unit.Bytes(promise)})
		errs := make([]error, parts)
		var wg sync.WaitGroup
		for n := range parts {
			wg.Go(func() {
				errs[n] = up.Part(b.Context(), n+1, bytes.NewReader(p[n*b.cfg.PartSize:(n+1)*b.cfg.PartSize]))
			})
		}
		wg.Wait()
		for _, err := range errs {
			require.NoError(b, err)
		}
		b.commit(up)
		b.holds("x", p)
	}
}

func partAgain(b *bench) {
	size := b.cfg.PartSize
	for _, promise := range []int{0, size} {
		up := b.open("x", transfer.CreateOptions{PartSize: unit.Bytes(promise)})
		b.part(up, 1, data(1, size))
		b.part(up, 2, data(2, size))
		b.part(up, 1, data(3, size))
		b.part(up, 2, data(4, size/2)) // the last one may shrink
		b.part(up, 1, data(5, size))
		b.commit(up)
		b.holds("x", append(data(5, size), data(4, size/2)...))
	}
}

func partMissing(b *bench) {
	up := b.open("x", transfer.CreateOptions{})
	b.part(up, 1, data(1, b.cfg.PartSize))
	b.part(up, 3, []byte("end"))
	_, err := up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrInvalid)
	b.absent("x")

	up = b.open("y", transfer.CreateOptions{})
	b.part(up, 2, []byte("end"))
	_, err = up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrInvalid)
	b.absent("y")
}

func partNumbers(b *bench) {
	up := b.open("x", transfer.CreateOptions{})
	require.ErrorIs(b, up.Part(b.Context(), 0, bytes.NewReader(nil)), transfer.ErrInvalid)
	require.ErrorIs(b, up.Part(b.Context(), -1, bytes.NewReader(nil)), transfer.ErrInvalid)
}

// partPromise: parts that break the promise are refused, at once or by Commit.
func partPromise(b *bench) {
	size := b.cfg.PartSize
	for _, sizes := range [][]int{{size + 1}, {size - 1, size}, {size, size + 1}, {size - 1, 1}} {
		up := b.open("x", transfer.CreateOptions{PartSize: unit.Bytes(size)})
		var err error
		for n, s := range sizes {
			if err = up.Part(b.Context(), n+1, bytes.NewReader(data(1, s))); err != nil {
				break
			}
		}
		if err == nil {
			_, err = up.Commit(b.Context())
		}
		require.ErrorIs(b, err, transfer.ErrInvalid, "%v", sizes)
		b.absent("x")
	}
	p := data(2, 2*size+1)
	up := b.open("x", transfer.CreateOptions{PartSize: unit.Bytes(size)})
	b.part(up, 3, p[2*size:])
	b.part(up, 2, p[size:2*size])
	if err := up.Part(b.Context(), 1, bytes.NewReader(data(3, size+1))); err != nil {
		require.ErrorIs(b, err, transfer.ErrInvalid)
	}
	b.part(up, 1, p[:size]) // a part that was too long has harmed no other
	b.commit(up)
	b.holds("x", p)
}

func zeroBytes(b *bench) {
	none := b.commit(b.open("none", transfer.CreateOptions{}))
	require.Zero(b, none.Size)
	require.NotEmpty(b, none.Version)
	empty := b.put("empty", nil, transfer.CreateOptions{})
	require.Zero(b, empty.Size)
	for _, o := range []transfer.Object{none, empty} {
		b.holds(o.Key, nil)
		got, err := b.read(o.Key, transfer.Range{Length: 5}, o.Version)
		require.NoError(b, err)
		require.Empty(b, got)
		if o.HasCRC {
			require.Zero(b, o.CRC32C)
		}
	}
	require.Equal(b, []string{"empty", "none"}, b.keys(""))
}

func abort(b *bench) {
	up := b.open("d/x", transfer.CreateOptions{})
	b.part(up, 1, []byte("never"))
	require.NoError(b, up.Abort(b.Context()))
	require.NoError(b, up.Abort(b.Context()), "abort may be repeated")
	b.absent("d/x")
	require.Error(b, up.Part(b.Context(), 2, bytes.NewReader(nil)))
	_, err := up.Commit(b.Context())
	require.Error(b, err)
	b.absent("d/x")
	require.NoError(b, b.open("untouched", transfer.CreateOptions{}).Abort(b.Context()))
	require.Empty(b, b.keys(""))
}

func afterCommit(b *bench) {
	up := b.open("x", transfer.CreateOptions{})
	b.part(up, 1, []byte("kept"))
	b.commit(up)
	require.ErrorIs(b, up.Part(b.Context(), 1, bytes.NewReader([]byte("late"))), transfer.ErrInvalid)
	_, err := up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrInvalid)
	require.NoError(b, up.Abort(b.Context()), "without effect")
	b.holds("x", []byte("kept"))
}

func attributes(b *bench) {
	meta := map[string]string{"origin": "here", "note": "two words"}
	committed := b.put("x", []byte("x"), transfer.CreateOptions{ContentType: "text/x-test; charset=utf-8", Meta: meta})
	meta["origin"] = "changed by the caller"
	found, err := b.Stat(b.Context(), "x")
	require.NoError(b, err)
	for _, o := range []transfer.Object{committed, found} {
		require.Equal(b, "text/x-test; charset=utf-8", o.ContentType)
		require.Equal(b, map[string]string{"origin": "here", "note": "two words"}, o.Meta)
	}
	b.put("x", []byte("y"), transfer.CreateOptions{ContentType: "text/other"})
	found, err = b.Stat(b.Context(), "x")
	require.NoError(b, err)
	require.Equal(b, "text/other", found.ContentType)
	require.Empty(b, found.Meta, "attributes are replaced with the content")
	for _, o := range b.list("") {
		require.Subset(b, found.Meta, o.Meta, "a listing tells the truth or nothing")
	}
}

// expected: an upload that can compare refuses what was not meant.
func expected(b *bench) {
	p := data(9, 2*b.cfg.PartSize)
	for _, c := range []struct {
		size unit.Bytes
		crc  uint32
		ok   bool
	}{
		{unit.Bytes(len(p)), transfer.CRC32C(0, p) ^ 1, false},
		{unit.Bytes(len(p) - 1), transfer.CRC32C(0, p), false},
		{unit.Bytes(len(p)), transfer.CRC32C(0, p), true},
	} {
		up := b.open("x", transfer.CreateOptions{})
		e, able := up.(transfer.Expecter)
		if !able {
			b.Log("uploads cannot be told what to expect: nothing to check")
			return
		}
		b.part(up, 1, p[:b.cfg.PartSize])
		b.part(up, 2, p[b.cfg.PartSize:])
		e.Expect(c.size, c.crc)
		_, err := up.Commit(b.Context())
		if c.ok {
			require.NoError(b, err)
			b.holds("x", p)
			continue
		}
		require.ErrorIs(b, err, transfer.ErrCorrupt)
		b.absent("x")
	}
}
