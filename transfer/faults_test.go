package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

var errInjected = errors.New("injected fault")

// script is a schedule of faults for one bucket: what happens at the n-th operation. It is off until armed.
type script struct {
	mu    sync.Mutex
	armed bool
	count int
	fail  map[int]bool
	flip  map[int]bool
	hit   []string // faults that took place
	hook  func(n int)
}

func (s *script) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = true
}

func (s *script) disarm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
}

func (s *script) fault(op, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.armed || op == "abort" || op == "delete" {
		return nil // what cleans up works
	}
	s.count++
	if s.hook != nil {
		s.hook(s.count)
	}
	if s.fail[s.count] {
		s.hit = append(s.hit, op)
		return errInjected
	}
	return nil
}

func (s *script) damage(op, _ string, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.armed || len(p) == 0 {
		return
	}
	if s.flip[s.count] {
		delete(s.flip, s.count)
		s.hit = append(s.hit, "flip "+op)
		p[len(p)/2] ^= 0x10
	}
}

func (s *script) options() mem.Options { return mem.Options{Fault: s.fault, Flip: s.damage} }

// TestCopyUnderFaults: whatever fails, what can be seen at the destination is whole and right, and after an error
// nothing has been added.
func TestCopyUnderFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { rapid.Check(struct{ rapid.TB }{t}, copyUnderFaults) }) // rapid must not see the deadline
}

func copyUnderFaults(t *rapid.T) {
	steps := rapid.SliceOfN(rapid.IntRange(1, 60), 0, 2)
	from := &script{fail: set(steps.Draw(t, "source fails")), flip: set(steps.Draw(t, "source flips"))}
	to := &script{fail: set(steps.Draw(t, "destination fails")), flip: set(steps.Draw(t, "destination flips"))}
	src, dst := mem.NewWith("src", from.options()), mem.NewWith("dst", to.options())
	for i, size := range rapid.SliceOfN(rapid.IntRange(0, 900), 1, 6).Draw(t, "sizes") {
		put(t, src, fmt.Sprintf("in/%d", i), random(uint64(i), size))
	}
	before := map[string]string{}
	if rapid.Bool().Draw(t, "something there") {
		before["out/1"], before["out/other"] = "old", "other"
		for k, v := range before {
			put(t, dst, k, []byte(v))
		}
	}
	want := moved(content(t, src, "in/"), "in/", "out/")
	from.arm()
	to.arm()
	_, err := transfer.Copy(context.Background(), at(dst, "out/"), at(src, "in/"), transfer.Options{
		PartSize: unit.Bytes(rapid.IntRange(100, 500).Draw(t, "part")),
		Streams:  rapid.IntRange(1, 4).Draw(t, "streams"),
		Publish:  "manifest",
	})
	from.disarm()
	to.disarm()
	check(t, dst, before, want, err, append(from.hit, to.hit...))
}

func set(steps []int) map[int]bool {
	m := map[int]bool{}
	for _, s := range steps {
		m[s] = true
	}
	return m
}

func check(t *rapid.T, dst *mem.Bucket, before, want map[string]string, err error, hit []string) {
	t.Helper()
	got := content(t, dst, "out/")
	require.Zero(t, dst.OpenUploads(), "uploads are left open after %v, %v", hit, err)
	if err == nil {
		for k, v := range want {
			require.True(t, v == got[k], "%s is wrong after %v", k, hit)
		}
		m, err := transfer.ReadManifest(context.Background(), dst, "manifest")
		require.NoError(t, err)
		require.NoError(t, transfer.Verify(context.Background(), dst, "out/", m, transfer.Options{}))
		return
	}
	require.NotEmpty(t, hit, "failed without a fault: %v", err)
	require.True(t, errors.Is(err, errInjected) || errors.Is(err, transfer.ErrCorrupt), "%v", err)
	require.Empty(t, content(t, dst, "manifest"))
	for k, v := range got {
		old, was := before[k]
		require.True(t, was, "%s was left behind after %v, %v", k, hit, err)
		require.True(t, v == old || v == want[k], "%s is neither old nor new after %v", k, hit)
	}
	for k := range before {
		require.Contains(t, got, k)
	}
}

// TestCopyCancelledAnywhere cancels at each operation in turn.
func TestCopyCancelledAnywhere(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"source", "destination"} {
		for step, done := 1, false; !done; step++ {
			ctx, cancel := context.WithCancel(t.Context())
			stop := &script{hook: func(n int) {
				if n == step {
					cancel()
				}
			}}
			src, dst := mem.New("src"), mem.New("dst")
			if side == "source" {
				src = mem.NewWith("src", stop.options())
			} else {
				dst = mem.NewWith("dst", stop.options())
			}
			fill(t, src, "in/", 4, 300)
			put(t, dst, "out/0/part-0", []byte("old"))
			stop.arm()
			_, err := transfer.Copy(ctx, at(dst, "out/"), at(src, "in/"), transfer.Options{PartSize: 100, Publish: "manifest"})
			stop.disarm()
			cancel()
			require.Zero(t, dst.OpenUploads())
			if done = stop.count < step; done || err == nil {
				require.NoError(t, err)
				require.Len(t, content(t, dst, "out/"), 4)
				continue
			}
			require.ErrorIs(t, err, context.Canceled, "%s %d", side, step)
			require.Equal(t, []string{"out/0/part-0"}, keys(content(t, dst, "")), "%s %d", side, step)
		}
	}
}

func TestCopyLostReplyIsSuccess(t *testing.T) {
	t.Parallel()
	lost := false
	dst := mem.NewWith("dst", mem.Options{Fault: func(op, _ string) error {
		if op == "stored" && !lost {
			lost = true
			return errInjected
		}
		return nil
	}})
	src := mem.New("src")
	put(t, src, "x", random(1, 5000))
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{})
	require.NoError(t, err)
	require.True(t, lost)
	require.Equal(t, 1, report.Objects)
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))
}

// plain hides what a bucket can do beyond the contract.
type plain struct{ transfer.Bucket }

func (p plain) String() string { return transfer.Name(p.Bucket) }

func (p plain) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	up, err := p.Bucket.Create(ctx, key, opts)
	return plainUpload{up}, err
}

type plainUpload struct{ transfer.Upload }

// TestCopyDetectsDamage flips one bit at each place it can happen, in stores of each ability.
func TestCopyDetectsDamage(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"read", "part"} {
		for _, checksum := range []bool{true, false} {
			for _, bare := range []bool{true, false} {
				name := fmt.Sprintf("%s, checksum %v, bare %v", op, checksum, bare)
				flip := func(o, key string, p []byte) {
					if o == op && key != "old" && len(p) > 0 {
						p[0] ^= 1
					}
				}
				stored := 0
				count := func(op, _ string) error {
					if op == "stored" {
						stored++
					}
					return nil
				}
				src, store := mem.New("src"), mem.NewWith("dst", mem.Options{NoChecksum: !checksum, Flip: flip, Fault: count})
				if op == "read" {
					src, store = mem.NewWith("src", mem.Options{Flip: flip}), mem.NewWith("dst", mem.Options{NoChecksum: !checksum, Fault: count})
				}
				var dst transfer.Bucket = store
				if bare {
					dst = plain{store}
				}
				_, err := transfer.Put(t.Context(), src, "x", random(1, 5000), transfer.CreateOptions{})
				require.NoError(t, err)
				_, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{PartSize: 999})
				require.ErrorIs(t, err, transfer.ErrCorrupt, name)
				for range store.List(t.Context(), "") {
					t.Errorf("%s: a damaged object is visible", name)
				}
				require.Zero(t, store.OpenUploads(), name)
				if !bare || op == "read" {
					require.Zero(t, stored, "%s: it was visible for a moment", name)
				}
			}
		}
	}
}

func TestCopyReadsBack(t *testing.T) {
	t.Parallel()
	reads := 0
	store := mem.NewWith("dst", mem.Options{NoChecksum: true, Fault: func(op, _ string) error {
		if op == "read" {
			reads++
		}
		return nil
	}})
	src := mem.New("src")
	put(t, src, "x", random(1, 5000))
	for _, skip := range []bool{false, true} {
		reads = 0
		_, err := transfer.Copy(t.Context(), at(plain{store}, "y"), at(src, "x"), transfer.Options{PartSize: 1000, Streams: 1, SkipReadBack: skip})
		require.NoError(t, err)
		require.Equal(t, map[bool]int{false: 5, true: 0}[skip], reads)
	}
}

// liar is a source that sends more, or less, than was asked for.
type liar struct {
	transfer.Bucket
	extra int
}

func (l liar) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	rd, err := l.Bucket.Read(ctx, key, r, match)
	if err != nil || l.extra > 0 {
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(rd, bytes.NewReader(make([]byte, max(l.extra, 0)))), rd}, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(rd, r.Length+int64(l.extra)), rd}, nil
}

func TestCopyFromLiar(t *testing.T) {
	t.Parallel()
	store, dst := mem.New("src"), mem.New("dst")
	put(t, store, "x", random(1, 500))
	for _, extra := range []int{1, -1} {
		_, err := transfer.Copy(t.Context(), at(dst, "y"), at(liar{store, extra}, "x"), transfer.Options{})
		require.ErrorIs(t, err, transfer.ErrCorrupt)
		require.ErrorContains(t, err, "part 1, bytes 0 to 500")
		require.Empty(t, content(t, dst, ""))
	}
}

// counting tells how many reads are open at once.
type counting struct {
	transfer.Bucket
	mu         sync.Mutex
	open, most int
}

func (c *counting) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	c.most = max(c.most, c.open)
	rd, err := c.Bucket.Read(ctx, key, r, match)
	return struct {
		io.Reader
		io.Closer
	}{rd, closer(func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open--
		return rd.Close()
	})}, err
}

type closer func() error

func (c closer) Close() error { return c() }

func TestCopyStreamsAreBounded(t *testing.T) {
	t.Parallel()
	for _, streams := range []int{1, 3} {
		store, dst := mem.New("src"), mem.New("dst")
		fill(t, store, "", 10, 20_000)
		src := &counting{Bucket: store}
		report, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{Streams: streams, PartSize: 500})
		require.NoError(t, err)
		require.LessOrEqual(t, src.most, streams)
		require.LessOrEqual(t, report.Streams, streams)
		require.Zero(t, src.open, "every reader was closed")
		require.True(t, slices.IsSortedFunc(report.Copied, func(a, b transfer.Copied) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) }))
	}
}

// courier is a destination that fetches objects by itself.
type courier struct {
	*mem.Bucket
	refuse, damage, lost bool
	called               int
}

func (c *courier) CopyFrom(ctx context.Context, key string, from transfer.Bucket, src transfer.Object, opts transfer.CreateOptions) (transfer.Object, bool, error) {
	c.called++
	if c.refuse {
		return transfer.Object{}, false, nil
	}
	p, _, err := transfer.Get(ctx, from, src.Key)
	if err != nil {
		return transfer.Object{}, false, err
	}
	if c.damage {
		p[0] ^= 1
	}
	obj, err := transfer.Put(ctx, c.Bucket, key, p, opts)
	if c.lost {
		err = errInjected
	}
	return obj, err == nil, err
}

func TestCopyServerSide(t *testing.T) {
	t.Parallel()
	src := mem.New("src")
	put(t, src, "x", random(1, 5000))
	quick := transfer.Options{SkipDigest: true, Streams: 1}

	dst := &courier{Bucket: mem.New("dst")}
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), quick)
	require.NoError(t, err)
	require.Equal(t, unit.Bytes(5000), report.ServerSide)
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))

	report, err = transfer.Copy(t.Context(), at(dst, "z"), at(src, "x"), transfer.Options{})
	require.NoError(t, err)
	require.Zero(t, report.ServerSide, "a digest was wanted")
	require.Equal(t, 1, dst.called)

	dst = &courier{Bucket: mem.New("dst"), refuse: true}
	report, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), quick)
	require.NoError(t, err)
	require.Zero(t, report.ServerSide)
	require.Equal(t, 1, dst.called)
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))

	dst = &courier{Bucket: mem.New("dst"), damage: true}
	_, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), quick)
	require.ErrorIs(t, err, transfer.ErrCorrupt)
	require.Empty(t, content(t, dst, ""))

	dst = &courier{Bucket: mem.New("dst"), lost: true}
	report, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), quick)
	require.NoError(t, err, "it took effect, whatever the reply")
	require.Equal(t, unit.Bytes(5000), report.ServerSide)

	m, err := transfer.Seal(t.Context(), src, "", transfer.Options{})
	require.NoError(t, err)
	dst = &courier{Bucket: mem.New("dst")}
	quick.Manifest = &m
	report, err = transfer.Copy(t.Context(), at(dst, ""), at(src, ""), quick)
	require.NoError(t, err)
	require.Equal(t, m.Digest, report.Digest, "digests of the manifest are kept")
	quick.Manifest = nil

	no := errors.New("not in this country")
	quick.Boundary = func(_ context.Context, h transfer.Hop) error {
		if h.Op == "copy" {
			return no
		}
		return nil
	}
	dst = &courier{Bucket: mem.New("dst")}
	_, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), quick)
	require.ErrorIs(t, err, no)
	require.Zero(t, dst.called)
}
