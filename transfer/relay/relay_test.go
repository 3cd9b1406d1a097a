package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
	"github.com/openintercloud/broker/transfer/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func identity(t testing.TB) *relay.Identity {
	t.Helper()
	id, err := relay.NewIdentity()
	require.NoError(t, err)
	return id
}

// listen runs a server until the test ends, or until the returned function is called.
func listen(t testing.TB, cfg relay.Config) (peer relay.Peer, stop func()) {
	t.Helper()
	s, err := relay.NewServer(cfg)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l) }()
	stop = func() {
		cancel()
		if err, open := <-ended; open {
			require.NoError(t, err)
			close(ended)
		}
	}
	t.Cleanup(stop)
	return relay.Peer{Address: l.Addr().String(), Key: cfg.Identity.Key()}, stop
}

// network is a source with objects and two relays before it.
type network struct {
	me                  *relay.Identity
	src                 *mem.Bucket
	source, left, right relay.Peer
	stopLeft            func()
}

func build(t testing.TB) *network {
	n := &network{me: identity(t), src: mem.New("src")}
	put := func(key string, size int) {
		p := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(p)
		_, err := transfer.Put(t.Context(), n.src, key, p, transfer.CreateOptions{ContentType: "x/y", Meta: map[string]string{"a": "b"}})
		require.NoError(t, err)
	}
	put("in/big", 3<<20)
	put("in/empty", 0)
	put("in/with space & ü?#%", 1000)
	left, right := identity(t), identity(t)
	n.source, _ = listen(t, relay.Config{Identity: identity(t), Peers: []relay.Key{n.me.Key()}, Serve: n.src})
	n.left, n.stopLeft = listen(t, relay.Config{Identity: left, Peers: []relay.Key{n.me.Key()}, Next: []string{n.source.Address}})
	n.right, _ = listen(t, relay.Config{Identity: right, Peers: []relay.Key{n.me.Key()}, Next: []string{n.left.Address, n.source.Address}})
	return n
}

func open(t testing.TB, n *network, paths ...[]relay.Peer) *relay.Bucket {
	t.Helper()
	var all []relay.Path
	for _, p := range paths {
		all = append(all, relay.Path{Peers: p})
	}
	b, err := relay.Open(all, relay.Options{Identity: n.me})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func contents(t testing.TB, b transfer.Bucket, prefix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for o, err := range b.List(t.Context(), prefix) {
		require.NoError(t, err)
		p, _, err := transfer.Get(t.Context(), b, o.Key)
		require.NoError(t, err)
		all[o.Key] = string(p)
	}
	return all
}

func TestCopyOverEveryKindOfPath(t *testing.T) {
	t.Parallel()
	n := build(t)
	for name, paths := range map[string][][]relay.Peer{
		"direct":       {{n.source}},
		"one relay":    {{n.left, n.source}},
		"two relays":   {{n.right, n.left, n.source}},
		"all together": {{n.source}, {n.left, n.source}, {n.right, n.left, n.source}},
	} {
		b, dst := open(t, n, paths...), mem.New("dst")
		report, err := transfer.Copy(t.Context(), transfer.Target{Bucket: dst}, transfer.Target{Bucket: b, Key: "in/"}, transfer.Options{PartSize: 64 << 10})
		require.NoError(t, err, name)
		require.Equal(t, 3, report.Objects)
		want := map[string]string{}
		for k, v := range contents(t, n.src, "in/") {
			want[k[len("in/"):]] = v
		}
		require.Equal(t, want, contents(t, dst, ""), name)
		obj, err := dst.Stat(t.Context(), "big")
		require.NoError(t, err)
		require.Equal(t, "x/y", obj.ContentType)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	n := build(t)
	b := open(t, n, []relay.Peer{n.left, n.source})
	_, err := b.Stat(t.Context(), "nothing")
	require.ErrorIs(t, err, transfer.ErrNotFound)
	_, err = b.Read(t.Context(), "in/big", transfer.Whole(), "another version")
	require.ErrorIs(t, err, transfer.ErrConflict)
	_, err = b.Read(t.Context(), "in/big", transfer.Range{Offset: 1 << 40, Length: 1}, "")
	require.ErrorIs(t, err, transfer.ErrInvalid)
	_, err = b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.ErrorIs(t, b.Delete(t.Context(), "x", ""), transfer.ErrInvalid)
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	n := build(t)
	for name, path := range map[string][]relay.Peer{
		"another key than expected":  {{Address: n.source.Address, Key: n.left.Key}},
		"a relay with another key":   {{Address: n.left.Address, Key: n.right.Key}, n.source},
		"a source with another key":  {n.left, {Address: n.source.Address, Key: n.left.Key}},
		"where a relay may not pass": {n.left, n.right, n.source},
		"a relay that has no data":   {n.left},
	} {
		_, err := open(t, n, path).Stat(t.Context(), "in/big")
		require.Error(t, err, name)
	}
	n.me = identity(t) // a key that no server knows
	_, err := open(t, n, []relay.Peer{n.source}).Stat(t.Context(), "in/big")
	require.Error(t, err)
	_, err = open(t, n, []relay.Peer{{Address: n.source.Address, Key: "another"}}).Stat(t.Context(), "in/big")
	require.ErrorIs(t, err, relay.ErrStranger)
}

func TestADeadPathIsLeftAlone(t *testing.T) {
	t.Parallel()
	n := build(t)
	b := open(t, n, []relay.Peer{n.left, n.source}, []relay.Peer{n.right, n.source})
	n.stopLeft()
	failures := 0
	for range 20 {
		if _, err := b.Stat(t.Context(), "in/big"); err != nil {
			failures++
		}
	}
	require.LessOrEqual(t, failures, 3, "reads go to the path that lives")
}

func TestACutAnswerIsNoEnd(t *testing.T) {
	t.Parallel()
	me, id := identity(t), identity(t)
	src := mem.New("src")
	_, err := transfer.Put(t.Context(), src, "x", make([]byte, 1<<20), transfer.CreateOptions{})
	require.NoError(t, err)
	peer, _ := listen(t, relay.Config{Identity: id, Peers: []relay.Key{me.Key()}, Serve: torn{src}})
	b, err := relay.Open([]relay.Path{{Peers: []relay.Peer{peer}}}, relay.Options{Identity: me})
	require.NoError(t, err)
	defer b.Close()
	r, err := b.Read(t.Context(), "x", transfer.Whole(), "")
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.Error(t, err)
	require.NoError(t, r.Close())
	for _, err = range b.List(t.Context(), "") { // only how it ends is of interest
		continue
	}
	require.Error(t, err)
}

// torn is a bucket whose answers break off.
type torn struct{ *mem.Bucket }

var errTorn = errors.New("torn")

func (b torn) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	body, err := b.Bucket.Read(ctx, key, r, match)
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(body, 100_000), failing{}), body}, err
}

func (b torn) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		for o := range b.Bucket.List(ctx, prefix) {
			if !yield(o, nil) {
				return
			}
		}
		yield(transfer.Object{}, errTorn)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errTorn }

func TestIdentityTravels(t *testing.T) {
	t.Parallel()
	a := identity(t)
	b, err := relay.ParseIdentity(a.Marshal())
	require.NoError(t, err)
	require.Equal(t, a.Key(), b.Key())
	require.NotContains(t, fmt.Sprintf("%v %+v %s", a, a, a), string(a.Marshal()))
	_, err = relay.ParseIdentity([]byte("short"))
	require.Error(t, err)
}
