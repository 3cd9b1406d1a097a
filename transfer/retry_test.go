package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// failing answers the first n calls of each operation of a kind with err.
func failing(kind string, n int, err error) func(op, key string) error {
	var mu sync.Mutex
	return func(op, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if op != kind || n == 0 {
			return nil
		}
		n--
		return err
	}
}

func TestRequestsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"stat", "list", "read", "byte", "create", "part", "commit", "stored"} {
		for _, n := range []int{1, 4, 5} {
			synctest.Test(t, func(t *testing.T) {
				fault, used := failing(op, n, errInjected), false
				src := mem.NewWith("src", mem.Options{Fault: func(op, key string) error {
					if !used {
						return nil
					}
					return fault(op, key)
				}})
				dst := mem.NewWith("dst", mem.Options{Fault: func(op, key string) error {
					if op == "stat" || op == "list" || op == "read" {
						return nil
					}
					return fault(op, key)
				}})
				put(t, src, "in/x", random(1, 100))
				used = true
				start := time.Now()
				report, err := transfer.Copy(t.Context(), at(dst, "out/"), at(src, "in/"), transfer.Options{})
				if op == "stat" {
					require.NoError(t, err)
					require.Zero(t, report.Retries, "a prefix needs none")
					return
				}
				if n == 5 && op != "stored" {
					require.ErrorIs(t, err, errInjected, op)
					require.InDelta(t, 0.56, time.Since(start).Seconds(), 0.2, "it waits twice as long each time")
					require.Empty(t, content(t, dst, ""))
				} else {
					require.NoError(t, err, "%s %d", op, n)
					require.Equal(t, map[string]string{"out/x": string(random(1, 100))}, content(t, dst, ""))
					if op != "stored" {
						require.Equal(t, n, report.Retries, "%s %d", op, n)
					}
				}
				require.Zero(t, dst.OpenUploads())
			})
		}
	}
}

func TestFinalErrorsAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, final := range []error{transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid} {
		synctest.Test(t, func(t *testing.T) {
			src := mem.NewWith("src", mem.Options{Fault: failing("read", 1, final)})
			put(t, src, "x", random(1, 100))
			start := time.Now()
			_, err := transfer.Copy(t.Context(), at(mem.New("dst"), "y"), at(src, "x"), transfer.Options{})
			require.ErrorIs(t, err, final)
			require.Zero(t, time.Since(start))
		})
	}
}

// TestBrokenRangeGoesOnWhereItBroke: what has arrived is not asked for again.
func TestBrokenRangeGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.New("src")
		p := random(1, 3<<20)
		put(t, store, "x", p)
		src := &breaking{Bucket: store, after: 1 << 20}
		report, err := transfer.Copy(t.Context(), at(mem.New("dst"), "y"), at(src, "x"), transfer.Options{})
		require.NoError(t, err)
		require.Equal(t, []int64{3 << 20, 2 << 20, 1 << 20}, src.asked)
		require.Equal(t, 2, report.Retries)
		require.Zero(t, report.Resent)
		require.Equal(t, transfer.CRC32C(0, p), report.Copied[0].CRC32C)
	})
}

// breaking breaks every read off after some bytes.
type breaking struct {
	transfer.Bucket
	after int64
	asked []int64
}

func (b *breaking) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	b.asked = append(b.asked, r.Length)
	rd, err := b.Bucket.Read(ctx, key, r, match)
	if err != nil || r.Length <= b.after {
		return rd, err
	}
	broken := io.MultiReader(io.LimitReader(rd, b.after), errReader{})
	return struct {
		io.Reader
		io.Closer
	}{broken, rd}, nil
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errInjected }

// TestStoreAsksForLess: all that were told to slow down at once halve the streams once, and wait.
func TestStoreAsksForLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dst := mem.NewWith("dst", mem.Options{Fault: failing("part", 2, fmt.Errorf("503: %w", transfer.ErrSlowDown))})
		src := mem.New("src")
		put(t, src, "x", random(1, 1000))
		start := time.Now()
		report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{PartSize: 100})
		require.NoError(t, err)
		require.Equal(t, 2, report.Retries)
		require.GreaterOrEqual(t, time.Since(start), 250*time.Millisecond)
		require.Equal(t, string(random(1, 1000)), content(t, dst, "")["y"])
	})
}

// TestLostUploadBeginsAnew: a store that forgets an upload costs time, not the copy.
func TestLostUploadBeginsAnew(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"part", "commit"} {
		synctest.Test(t, func(t *testing.T) {
			src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: failing(op, 1, transfer.ErrNotFound)})
			put(t, src, "x", random(1, 1000))
			report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{PartSize: 100, Streams: 1})
			require.NoError(t, err)
			require.Equal(t, unit.Bytes(1000), report.Resent)
			require.Equal(t, string(random(1, 1000)), content(t, dst, "")["y"])
			require.Zero(t, dst.OpenUploads())
		})
	}
}

// TestFlippedBitIsReadAgain: damage on the way costs one more pass.
func TestFlippedBitIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, size := range []int{90, 1000} {
		flips := 1
		src, dst := mem.NewWith("src", mem.Options{Flip: func(op, _ string, p []byte) {
			if op == "read" && flips > 0 {
				flips--
				p[0] ^= 1
			}
		}}), mem.New("dst")
		put(t, src, "x", random(1, size))
		report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{PartSize: 100, Streams: 1})
		require.NoError(t, err)
		require.Equal(t, unit.Bytes(size), report.Resent)
		require.Equal(t, string(random(1, size)), content(t, dst, "")["y"])
	}
}

// slowly takes a while for each part, and for one of them, once, for ever.
type slowly struct {
	*mem.Bucket
	mu        sync.Mutex
	takes     time.Duration
	stuckRead int64 // the offset of the range that never comes
	stuckPart int   // the part that is never stored
	ended     int   // waits that were cancelled
}

func (s *slowly) wait(ctx context.Context, stuck bool) error {
	d := s.takes
	if stuck {
		d = 1000 * time.Hour
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		s.ended++
		s.mu.Unlock()
		return ctx.Err()
	}
}

func (s *slowly) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	s.mu.Lock()
	stuck := r.Offset == s.stuckRead && s.stuckRead > 0
	if stuck {
		s.stuckRead = 0
	}
	s.mu.Unlock()
	return readAfter{s.wait(ctx, stuck), s, ctx, key, r, match}.open()
}

type readAfter struct {
	err   error
	s     *slowly
	ctx   context.Context
	key   string
	r     transfer.Range
	match string
}

func (a readAfter) open() (io.ReadCloser, error) {
	if a.err != nil {
		return nil, a.err
	}
	return a.s.Bucket.Read(a.ctx, a.key, a.r, a.match)
}

func (s *slowly) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	up, err := s.Bucket.Create(ctx, key, opts)
	return slowUpload{up, s}, err
}

type slowUpload struct {
	transfer.Upload
	s *slowly
}

func (u slowUpload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	u.s.mu.Lock()
	stuck := n == u.s.stuckPart
	if stuck {
		u.s.stuckPart = 0
	}
	u.s.mu.Unlock()
	if err := u.s.wait(ctx, stuck); err != nil {
		return err
	}
	return u.Upload.Part(ctx, n, r)
}

// TestLatePartIsStartedAgain: one part that hangs does not hold up the object.
func TestLatePartIsStartedAgain(t *testing.T) {
	t.Parallel()
	for _, stuck := range []string{"read", "part", "none"} {
		synctest.Test(t, func(t *testing.T) {
			src := &slowly{Bucket: mem.New("src"), takes: time.Second}
			dst := &slowly{Bucket: mem.New("dst"), takes: time.Second}
			put(t, src.Bucket, "x", random(1, 2000))
			switch stuck {
			case "read":
				src.stuckRead = 1500
			case "part":
				dst.stuckPart = 16
			}
			start := time.Now()
			report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), transfer.Options{PartSize: 100})
			require.NoError(t, err)
			require.Less(t, time.Since(start), time.Minute)
			require.Equal(t, string(random(1, 2000)), content(t, dst.Bucket, "")["y"])
			if stuck == "none" {
				require.Zero(t, report.Hedges)
				return
			}
			require.Equal(t, 1, report.Hedges)
			require.Equal(t, unit.Bytes(100), report.Resent)
			require.Equal(t, 1, src.ended+dst.ended, "the loser was cancelled")
		})
	}
}

// TestHedgedPartThatFails: the second run may fail while the first goes on.
func TestHedgedPartThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &slowly{Bucket: mem.New("src"), takes: time.Second, stuckRead: 900}
		dst := mem.New("dst")
		put(t, src.Bucket, "x", random(1, 1000))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errInjected)
		defer cancel()
		var asked atomic.Int32
		opts := transfer.Options{PartSize: 100, Boundary: func(_ context.Context, h transfer.Hop) error {
			if h.Op == "read" && asked.Add(1) > 11 { // one for the object, ten for its parts: the next is the second run
				return errors.New("not any more")
			}
			return nil
		}}
		_, err := transfer.Copy(ctx, at(dst, "y"), at(src, "x"), opts)
		require.Error(t, err, "the first run never ended either")
		require.Empty(t, content(t, dst, ""))
		require.Zero(t, dst.OpenUploads())
	})
}
