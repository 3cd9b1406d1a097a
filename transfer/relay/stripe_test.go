package relay_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/relay"
)

// three is a bucket over all kinds of paths, with little room to read ahead, and the object that it is to read.
func three(t testing.TB, n *network, opts relay.Options) (*relay.Bucket, transfer.Object, []byte) {
	want, obj, err := transfer.Get(t.Context(), n.src, "in/big")
	require.NoError(t, err)
	opts.Identity = n.me
	b, err := relay.Open([]relay.Path{
		{Peers: []relay.Peer{n.left, n.source}}, {Peers: []relay.Peer{n.source}, Rate: 1e8}, {Peers: []relay.Peer{n.right, n.source}},
	}, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b, obj, want
}

func TestLongReadsAreExact(t *testing.T) {
	t.Parallel()
	b, obj, want := three(t, build(t), relay.Options{Window: 512 << 10})
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.IntRange(0, len(want)-1).Draw(rt, "from")
		length := rapid.IntRange(0, 2*len(want)).Draw(rt, "length") // past the end too
		step := rapid.IntRange(1, 1<<20).Draw(rt, "step")
		in, err := b.Read(t.Context(), obj.Key, transfer.Range{Offset: int64(from), Length: int64(length)}, obj.Version)
		require.NoError(rt, err)
		got, err := io.ReadAll(io.MultiReader(io.LimitReader(in, int64(step)), in))
		require.NoError(rt, err)
		require.Equal(rt, want[from:min(len(want), from+length)], got)
		require.NoError(rt, in.Close())
	})
}

func TestAReadPastTheEndOfTheObjectEndsThere(t *testing.T) {
	t.Parallel()
	b, obj, want := three(t, build(t), relay.Options{})
	in, err := b.Read(t.Context(), obj.Key, transfer.Range{Length: 64 << 20}, obj.Version)
	require.NoError(t, err)
	got, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, in.Close())
}

func TestEveryPathBringsItsShare(t *testing.T) {
	t.Parallel()
	n := build(t)
	var mu sync.Mutex
	dialled := map[string]bool{}
	b, obj, _ := three(t, n, relay.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		dialled[address] = true
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	require.Equal(t, []float64{0, 1e8, 0}, b.Rates(), "nothing but the plan is known yet")
	in, err := b.Read(t.Context(), obj.Key, transfer.Range{Length: int64(obj.Size)}, obj.Version)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, in)
	require.NoError(t, err)
	require.NoError(t, in.Close())
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, map[string]bool{n.left.Address: true, n.right.Address: true, n.source.Address: true}, dialled)
}

func TestAReadOutlivesItsPath(t *testing.T) {
	t.Parallel()
	n := build(t)
	b, obj, want := three(t, n, relay.Options{Window: 256 << 10})
	in, err := b.Read(t.Context(), obj.Key, transfer.Range{Length: int64(obj.Size)}, obj.Version)
	require.NoError(t, err)
	got := make([]byte, 200_000, obj.Size)
	_, err = io.ReadFull(in, got)
	require.NoError(t, err)
	n.stopLeft()
	rest, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Equal(t, want, append(got, rest...))
	require.NoError(t, in.Close())
}

func TestAStalledPathIsGivenUp(t *testing.T) {
	t.Parallel()
	n := build(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // connects and never says a word
	require.NoError(t, err)
	defer l.Close()
	silent := relay.Path{Peers: []relay.Peer{{Address: l.Addr().String(), Key: n.left.Key}}, Rate: 1e9}
	b, err := relay.Open([]relay.Path{silent, {Peers: []relay.Peer{n.source}}}, relay.Options{Identity: n.me, Stall: 100 * time.Millisecond})
	require.NoError(t, err)
	defer b.Close()
	obj, err := b.Stat(t.Context(), "in/big")
	require.NoError(t, err)
	report, err := transfer.Copy(t.Context(), transfer.Target{Bucket: n.src, Key: "out"}, transfer.Target{Bucket: b, Key: "in/big"}, transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, unit.Bytes(3<<20), report.Bytes)
	require.Equal(t, obj.Size, report.Bytes)
}

func TestAChangedObjectIsNeverMixed(t *testing.T) {
	t.Parallel()
	b, obj, _ := three(t, build(t), relay.Options{})
	in, err := b.Read(t.Context(), obj.Key, transfer.Range{Length: int64(obj.Size)}, "another version")
	require.NoError(t, err)
	_, err = io.ReadAll(in)
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.NoError(t, in.Close())
}

func TestAReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b, obj, _ := three(t, build(t), relay.Options{Window: 256 << 10})
	ctx, cancel := context.WithCancel(t.Context())
	in, err := b.Read(ctx, obj.Key, transfer.Range{Length: int64(obj.Size)}, obj.Version)
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(in)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, in.Close())
}
