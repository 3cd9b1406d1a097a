package azblob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/azblob/internal/fake"
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

// What passes does not show, and nothing is done twice.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	faults := map[string]fake.Fault{
		"busy": {Status: http.StatusServiceUnavailable, Code: "ServerBusy"}, "broken": {Status: http.StatusInternalServerError, Code: "InternalError"},
		"reset": {Reset: true}, "lost reply": {Lose: true}, "cut short": {Cut: 700},
	}
	for name, f := range faults {
		for _, op := range []string{"block", "blocks", "put", "get", "head", "list", "delete"} {
			t.Run(name+" "+op, func(t *testing.T) {
				t.Parallel()
				b, _ := open(t, fake.Options{Fault: once(op, f)}, azblob.Config{})
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
				}
				n := 0
				for _, err := range b.List(t.Context(), "") {
					require.NoError(t, err)
					n++
				}
				require.Equal(t, 2, n)
				require.NoError(t, b.Delete(t.Context(), "one", ""))
			})
		}
	}
}

// A refusal after a lost reply that is somebody else's object stays a refusal, even if the content is the same.
func TestLostReplyIsNotTakenForSuccess(t *testing.T) {
	t.Parallel()
	var other *azblob.Bucket
	var raced atomic.Bool
	fault := func(c fake.Call) fake.Fault {
		if c.Op != "put" || raced.Swap(true) {
			return fake.Fault{}
		}
		return fake.Fault{Status: http.StatusInternalServerError, Then: func() {
			_, err := put(t, other, "x", content(500), transfer.CreateOptions{})
			require.NoError(t, err)
		}}
	}
	b, _ := open(t, fake.Options{Fault: fault}, azblob.Config{})
	other = b
	_, err := put(t, b, "x", content(500), transfer.CreateOptions{IfAbsent: true})
	require.ErrorIs(t, err, transfer.ErrConflict)
}

func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	always := func(f fake.Fault) fake.Options {
		return fake.Options{Fault: func(c fake.Call) fake.Fault {
			if c.Op == "block" || c.Op == "put" {
				return f
			}
			return fake.Fault{}
		}}
	}
	for _, size := range []int{900, 4000} {
		b, store := open(t, always(fake.Fault{Status: http.StatusServiceUnavailable, Code: "ServerBusy"}), azblob.Config{Attempts: 3})
		_, err := put(t, b, "x", content(size), transfer.CreateOptions{})
		require.ErrorIs(t, err, transfer.ErrSlowDown)
		require.Equal(t, 3, store.Calls("block")+store.Calls("put"))
		b, _ = open(t, always(fake.Fault{Flip: true}), azblob.Config{})
		_, err = put(t, b, "x", content(size), transfer.CreateOptions{})
		require.ErrorIs(t, err, transfer.ErrCorrupt, "the service compares what arrives")
		_, err = b.Stat(t.Context(), "x")
		require.ErrorIs(t, err, transfer.ErrNotFound)
	}
}

// A copy within Azure moves no byte through here, and holds what its source held.
func TestCopyMovesNothing(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, azblob.Config{})
	p := content(9001)
	src, err := put(t, b, "from", p, transfer.CreateOptions{})
	require.NoError(t, err)
	in, out := store.Bytes()
	obj, did, err := b.CopyFrom(t.Context(), "to", b, src, transfer.CreateOptions{IfAbsent: true})
	require.NoError(t, err)
	require.True(t, did)
	require.Equal(t, 5, store.Calls("block from url"), "ranges of 2,000 bytes")
	inAfter, outAfter := store.Bytes()
	require.Equal(t, []int64{in, out}, []int64{inAfter, outAfter})
	require.Equal(t, src.CRC32C, obj.CRC32C)
	got, err := read(t, b, "to", obj.Version)
	require.NoError(t, err)
	require.True(t, bytes.Equal(p, got))
}

// The source changes between two ranges: nothing becomes visible.
func TestCopyOfAChangingSource(t *testing.T) {
	t.Parallel()
	var b *azblob.Bucket
	fault := func(c fake.Call) fake.Fault {
		if c.Op != "block from url" || c.N != 1 {
			return fake.Fault{}
		}
		return fake.Fault{Then: func() {
			_, err := put(t, b, "from", content(900), transfer.CreateOptions{})
			require.NoError(t, err)
		}}
	}
	b, _ = open(t, fake.Options{Fault: fault}, azblob.Config{CopyStreams: 1})
	src, err := put(t, b, "from", content(9001), transfer.CreateOptions{})
	require.NoError(t, err)
	_, _, err = b.CopyFrom(t.Context(), "to", b, src, transfer.CreateOptions{})
	require.ErrorIs(t, err, transfer.ErrConflict)
	_, err = b.Stat(t.Context(), "to")
	require.ErrorIs(t, err, transfer.ErrNotFound)
}

// A checksum is known only of what carries the stamp.
func TestChecksumIsKnownOnlyOfOurs(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, azblob.Config{})
	obj, err := put(t, b, "x", content(100), transfer.CreateOptions{})
	require.NoError(t, err)
	require.True(t, obj.HasCRC)
	store.Forget("container", "x")
	obj, err = b.Stat(t.Context(), "x")
	require.NoError(t, err)
	require.False(t, obj.HasCRC)
	_, did, err := b.CopyFrom(t.Context(), "y", b, obj, transfer.CreateOptions{})
	require.NoError(t, err)
	require.False(t, did, "a copy could not be compared")
}

// Two uploads of one key in parts: Azure keeps the blocks of the one that commits first.
func TestRivalUploads(t *testing.T) {
	t.Parallel()
	b, _ := open(t, fake.Options{}, azblob.Config{})
	slow, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, slow.Part(t.Context(), 1, bytes.NewReader(content(2000))))
	_, err = put(t, b, "x", content(4000), transfer.CreateOptions{})
	require.NoError(t, err)
	_, err = slow.Commit(t.Context())
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.NoError(t, slow.Abort(t.Context()))
}

func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "gs://x/y", "az://account", "az://account/", "az://account/a/b", "az://user:hush@account/c", "az://a/c?sig=hush"} {
		_, err := azblob.Open(t.Context(), address, azblob.Config{Key: key()})
		require.ErrorIs(t, err, transfer.ErrInvalid, address)
		require.NotContains(t, err.Error(), "hush")
	}
	for _, endpoint := range []string{"x", "http://user:hush@host", "http://host?sig=hush"} {
		_, err := azblob.Open(t.Context(), "az://account/c", azblob.Config{Key: key(), Endpoint: endpoint})
		require.ErrorIs(t, err, transfer.ErrInvalid)
		require.NotContains(t, err.Error(), "hush")
	}
	_, err := azblob.Open(t.Context(), "az://account/c", azblob.Config{Key: secret.New("no base64!")})
	require.ErrorIs(t, err, transfer.ErrInvalid)
}

// No error shows a signature.
func TestErrorsHideSignatures(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, fake.New(fake.Options{}))
	hush := secret.New("se=2001-01-01T00:00:00Z&sp=r&sig=hush")
	b := at(t, endpoint, "account", "container", azblob.Config{SAS: hush, Attempts: 1})
	gone := at(t, "http://127.0.0.1:1/account", "account", "container", azblob.Config{SAS: hush, Attempts: 1})
	for _, bucket := range []*azblob.Bucket{b, gone} {
		_, statErr := bucket.Stat(t.Context(), "x")
		_, putErr := put(t, bucket, "x", nil, transfer.CreateOptions{})
		_, signErr := bucket.SignRead(t.Context(), "x", "", time.Minute)
		for _, err := range []error{statErr, putErr, signErr} {
			require.Error(t, err)
			require.False(t, strings.Contains(fmt.Sprintf("%v %+v", err, err), "hush"), "%v", err)
		}
	}
}

func TestMissingContainer(t *testing.T) {
	t.Parallel()
	b := at(t, serve(t, fake.New(fake.Options{})), "account", "missing", azblob.Config{Key: key()})
	for _, err := range b.List(t.Context(), "") {
		require.ErrorContains(t, err, "ContainerNotFound")
		require.NotErrorIs(t, err, transfer.ErrNotFound, "that says nothing of an object")
	}
}

// An upload has the name that was wished for, so that a process that died before it heard of it finds the parts.
func TestWishedName(t *testing.T) {
	t.Parallel()
	b, _ := open(t, fake.Options{}, azblob.Config{})
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
