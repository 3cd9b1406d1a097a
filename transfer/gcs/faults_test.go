package gcs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/gcs"
	"github.com/openintercloud/broker/transfer/gcs/internal/fake"
)

// content is n bytes of a pattern that does not repeat soon.
func content(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i * i >> 3)
	}
	return p
}

// put stores an object in parts of 1,500 bytes.
func put(t *testing.T, b transfer.Bucket, key string, p []byte, opts transfer.CreateOptions) (transfer.Object, error) {
	t.Helper()
	up, err := b.Create(t.Context(), key, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, up.Abort(context.Background())) })
	const size = 1500
	for n := 0; n*size < len(p); n++ {
		if err := up.Part(t.Context(), n+1, bytes.NewReader(p[n*size:min((n+1)*size, len(p))])); err != nil {
			return transfer.Object{}, err
		}
	}
	return up.Commit(t.Context())
}

func read(t *testing.T, b transfer.Bucket, key, match string) ([]byte, error) {
	t.Helper()
	r, err := b.Read(t.Context(), key, transfer.Whole(), match)
	if err != nil {
		return nil, err
	}
	p, err := io.ReadAll(r)
	return p, errors.Join(err, r.Close())
}

// once makes the first call of an operation fail.
func once(op string, f fake.Fault) func(fake.Call) fake.Fault {
	return func(c fake.Call) fake.Fault {
		if c.Op == op && c.N == 0 {
			return f
		}
		return fake.Fault{}
	}
}

// What passes does not show, nothing is done twice, and no part stays behind.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	faults := map[string]fake.Fault{
		"busy": {Status: http.StatusServiceUnavailable}, "too many": {Status: http.StatusTooManyRequests},
		"broken": {Status: http.StatusInternalServerError}, "reset": {Reset: true}, "lost reply": {Lose: true}, "cut short": {Cut: 200},
	}
	for name, f := range faults {
		for _, op := range []string{"insert", "compose", "get", "read", "list", "delete", "rewrite"} {
			t.Run(name+" "+op, func(t *testing.T) {
				t.Parallel()
				b, store := open(t, fake.Options{Fault: once(op, f), StepSize: 1000}, gcs.Config{})
				for key, size := range map[string]int{"one": 900, "many": 4000} {
					p := content(size)
					obj, err := put(t, b, key, p, transfer.CreateOptions{IfAbsent: true})
					require.NoError(t, err, "a refusal after a lost reply is told apart")
					require.Equal(t, transfer.CRC32C(0, p), obj.CRC32C)
					got, err := read(t, b, key, obj.Version)
					require.NoError(t, err)
					require.True(t, bytes.Equal(p, got))
					stat, err := b.Stat(t.Context(), key)
					require.NoError(t, err)
					require.Equal(t, obj.Version, stat.Version)
					copied, did, err := b.CopyFrom(t.Context(), "copy/"+key, b, stat, transfer.CreateOptions{IfAbsent: true})
					require.NoError(t, err)
					require.True(t, did)
					require.Equal(t, obj.CRC32C, copied.CRC32C)
				}
				require.NoError(t, b.Delete(t.Context(), "one", ""))
				require.Equal(t, []string{"copy/many", "copy/one", "many"}, store.Keys("bucket", ""))
			})
		}
	}
}

func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	always := func(f fake.Fault) fake.Options {
		return fake.Options{Fault: func(c fake.Call) fake.Fault {
			if c.Op == "insert" {
				return f
			}
			return fake.Fault{}
		}}
	}
	for _, size := range []int{900, 4000} {
		b, store := open(t, always(fake.Fault{Status: http.StatusServiceUnavailable}), gcs.Config{Attempts: 3})
		_, err := put(t, b, "x", content(size), transfer.CreateOptions{})
		require.ErrorIs(t, err, transfer.ErrSlowDown)
		require.Equal(t, 3, store.Calls("insert"))
		b, store = open(t, always(fake.Fault{Flip: true}), gcs.Config{})
		_, err = put(t, b, "x", content(size), transfer.CreateOptions{})
		require.ErrorIs(t, err, transfer.ErrCorrupt, "the store compares what arrives")
		require.Empty(t, store.Keys("bucket", ""))
	}
}

// A copy moves no byte through here, however many steps it takes.
func TestCopyMovesNothing(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{StepSize: 1000}, gcs.Config{})
	p := content(9001)
	src, err := put(t, b, "from", p, transfer.CreateOptions{ContentType: "text/x-source", Meta: map[string]string{"k": "source"}})
	require.NoError(t, err)
	in, out := store.Bytes()
	obj, did, err := b.CopyFrom(t.Context(), "to", b, src, transfer.CreateOptions{})
	require.NoError(t, err)
	require.True(t, did)
	require.Equal(t, 10, store.Calls("rewrite"), "each with the token of the one before")
	inAfter, outAfter := store.Bytes()
	require.Equal(t, []int64{in, out}, []int64{inAfter, outAfter})
	require.Equal(t, src.CRC32C, obj.CRC32C)
	require.Empty(t, obj.Meta, "the attributes are those that were asked for, not the source's")
	require.Equal(t, "application/octet-stream", obj.ContentType)
	got, err := read(t, b, "to", obj.Version)
	require.NoError(t, err)
	require.True(t, bytes.Equal(p, got))
}

// The source changes between two steps: nothing becomes visible.
func TestCopyOfAChangingSource(t *testing.T) {
	t.Parallel()
	var b *gcs.Bucket
	fault := func(c fake.Call) fake.Fault {
		if c.Op != "rewrite" || c.N != 1 {
			return fake.Fault{}
		}
		return fake.Fault{Then: func() {
			_, err := put(t, b, "from", content(900), transfer.CreateOptions{})
			require.NoError(t, err)
		}}
	}
	b, _ = open(t, fake.Options{Fault: fault, StepSize: 1000}, gcs.Config{})
	src, err := put(t, b, "from", content(9001), transfer.CreateOptions{})
	require.NoError(t, err)
	_, _, err = b.CopyFrom(t.Context(), "to", b, src, transfer.CreateOptions{})
	require.ErrorIs(t, err, transfer.ErrConflict)
	_, err = b.Stat(t.Context(), "to")
	require.ErrorIs(t, err, transfer.ErrNotFound)
}

// Parts are objects of their own: hidden from listings, refused as keys, removed by commit, abort and Sweep.
func TestPartsAreHidden(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, gcs.Config{})
	p := content(60_000) // 40 parts: two rounds of compose
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.NoError(t, err)
	for n := range 40 {
		require.NoError(t, up.Part(t.Context(), n+1, bytes.NewReader(p[n*1500:(n+1)*1500])))
	}
	hidden := store.Keys("bucket", gcs.PartsPrefix)
	require.Len(t, hidden, 40)
	for _, err := range b.List(t.Context(), "") {
		require.NoError(t, err)
		require.Fail(t, "a part was listed")
	}
	_, err = b.Stat(t.Context(), hidden[0])
	require.ErrorIs(t, err, transfer.ErrInvalid)
	_, err = up.Commit(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, store.Calls("compose"))
	require.Equal(t, []string{"x"}, store.Keys("bucket", ""))
	got, err := read(t, b, "x", "")
	require.NoError(t, err)
	require.True(t, bytes.Equal(p, got))

	for i := range 3 { // processes that die
		up, err := b.Create(t.Context(), fmt.Sprint("dead/", i), transfer.CreateOptions{})
		require.NoError(t, err)
		require.NoError(t, up.Part(t.Context(), 2, bytes.NewReader(p[:10])))
	}
	n, err := b.Sweep(t.Context(), time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = b.Sweep(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, []string{"x"}, store.Keys("bucket", ""))
}

// What another wrote over a part shows at commit, before anything is visible.
func TestTamperedPart(t *testing.T) {
	t.Parallel()
	store := fake.New(fake.Options{})
	b := at(t, serve(t, store), "bucket", gcs.Config{})
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.NoError(t, err)
	for n := range 2 {
		require.NoError(t, up.Part(t.Context(), n+1, bytes.NewReader(content(1500))))
	}
	store.Flip("bucket", store.Keys("bucket", gcs.PartsPrefix)[1])
	_, err = up.Commit(t.Context())
	require.ErrorIs(t, err, transfer.ErrCorrupt)
	require.NoError(t, up.Abort(t.Context()))
	require.Empty(t, store.Keys("bucket", ""))
}

func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "s3://x", "gs://", "gs://x/y", "gs://user:hush@x", "gs://x?key=hush"} {
		_, err := gcs.Open(t.Context(), address, gcs.Config{Anonymous: true})
		require.ErrorIs(t, err, transfer.ErrInvalid, address)
		require.NotContains(t, err.Error(), "hush")
	}
	for _, endpoint := range []string{"x", "http://user:hush@host", "http://host?key=hush"} {
		_, err := gcs.Open(t.Context(), "gs://x", gcs.Config{Anonymous: true, Endpoint: endpoint})
		require.ErrorIs(t, err, transfer.ErrInvalid)
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestMissingBucket(t *testing.T) {
	t.Parallel()
	b := at(t, serve(t, fake.New(fake.Options{})), "missing", gcs.Config{})
	for _, err := range b.List(t.Context(), "") {
		require.ErrorContains(t, err, "bucket")
		require.NotErrorIs(t, err, transfer.ErrNotFound, "that says nothing of an object")
	}
}

// An upload has the name that was wished for, so that a process that died before it heard of it finds the parts.
func TestWishedName(t *testing.T) {
	t.Parallel()
	b, _ := open(t, fake.Options{}, gcs.Config{})
	const token = "ABCDEFGHIJKLMNOPQRSTUVWX23"
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{Token: token})
	require.NoError(t, err)
	require.NoError(t, up.Part(t.Context(), 1, bytes.NewReader(content(2000))))
	again, found, err := b.Resume(t.Context(), "x", token, transfer.CreateOptions{})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, transfer.CRC32C(0, content(2000)), found[0].CRC32C)
	_, _, err = b.Resume(t.Context(), "y", token, transfer.CreateOptions{})
	require.ErrorIs(t, err, transfer.ErrNotFound, "the name is of use for its key only")
	_, err = again.Commit(t.Context())
	require.NoError(t, err)
	got, err := read(t, b, "x", "")
	require.NoError(t, err)
	require.True(t, bytes.Equal(content(2000), got))
}
