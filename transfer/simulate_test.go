package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// storm is a store that goes wrong, by a schedule drawn from a seed: what happens at the n-th operation.
type storm struct {
	*mem.Bucket
	careless bool // it ignores conditions

	mu    sync.Mutex
	count int
	asked int
	plan  map[int]string
	flip  bool
	calm  bool
	hit   []string
}

func newStorm(name string, dice *rand.Rand, kinds []string, opts mem.Options) *storm {
	s := &storm{plan: map[int]string{}, calm: true}
	for range dice.IntN(7) {
		s.plan[1+dice.IntN(90)] = kinds[dice.IntN(len(kinds))]
	}
	opts.Fault, opts.Flip = s.fault, s.damage
	s.Bucket = mem.NewWith(name, opts)
	return s
}

// next is what happens now.
func (s *storm) next(op string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm {
		return ""
	}
	s.count++
	if op != "byte" && op != "open" && op != "answer" && op != "stored" {
		s.asked++
	}
	kind := s.plan[s.count]
	if kind != "" {
		s.hit = append(s.hit, kind+" at "+op)
	}
	if kind == "flip" {
		s.flip = true
	}
	return kind
}

func (s *storm) fault(op, _ string) error {
	if op == "abort" || op == "delete" || op == "stat" {
		return nil // what cleans up works: the rest is for Discard and Sweep
	}
	switch s.next(op) {
	case "reset":
		return errInjected
	case "busy":
		return fmt.Errorf("503: %w", transfer.ErrSlowDown)
	case "forget":
		_, err := s.Sweep(context.Background(), time.Now().Add(time.Hour))
		return err
	}
	return nil
}

func (s *storm) damage(_, _ string, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flip && !s.calm {
		s.flip = false
		p[len(p)/3] ^= 4
	}
}

func (s *storm) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	rd, err := s.Bucket.Read(ctx, key, r, match)
	if err == nil && s.next("open") == "short" {
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(rd, r.Length/2), rd}, nil
	}
	return rd, err
}

func (s *storm) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	if s.careless {
		opts.IfAbsent, opts.IfMatch = false, ""
	}
	up, err := s.Bucket.Create(ctx, key, opts)
	if err != nil {
		return nil, err
	}
	return stormUpload{up.(memUpload), s}, nil
}

func (s *storm) Resume(ctx context.Context, key, token string, opts transfer.CreateOptions) (transfer.Upload, []transfer.StoredPart, error) {
	up, parts, err := s.Bucket.Resume(ctx, key, token, opts)
	if err != nil {
		return nil, nil, err
	}
	return stormUpload{up.(memUpload), s}, parts, nil
}

type memUpload interface {
	transfer.Resumable
	transfer.Expecter
}

type stormUpload struct {
	memUpload
	s *storm
}

func (u stormUpload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	err := u.memUpload.Part(ctx, n, r)
	if err == nil && u.s.next("answer") == "lost" {
		return errInjected
	}
	return err
}

func (s *storm) set(calm bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm, s.count = calm, 0
}

// simulations is how many schedules are run: SIMULATIONS, else a few.
func simulations(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("SIMULATIONS"), 10, 32)
	if err != nil {
		return 200
	}
	return n
}

// TestSimulate copies through storms. What can be seen is always whole and right; a copy with a ledger, called again in calm weather,
// ends well; nothing is left open; and where nothing went wrong, little more was asked for than had to be.
func TestSimulate(t *testing.T) {
	t.Parallel()
	failed, calm := 0, 0
	total := simulations(t)
	for seed := range total {
		synctest.Test(t, func(t *testing.T) {
			faults, err := simulate(t, seed)
			if err != nil {
				failed++
			}
			if faults == 0 {
				calm++
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	require.NotZero(t, calm)
	require.LessOrEqual(t, failed, int(total/8), "most storms are weathered")
	t.Logf("%d schedules: %d without a fault, %d ended in an error", total, calm, failed)
}

func simulate(t *testing.T, seed uint64) (faults int, failure error) {
	dice := rand.New(rand.NewPCG(seed, 6))
	src := newStorm("src", dice, []string{"reset", "reset", "busy", "flip", "short"}, mem.Options{})
	dst := newStorm("dst", dice, []string{"reset", "busy", "flip", "lost", "lost", "forget"}, mem.Options{NoChecksum: dice.IntN(4) == 0})
	dst.careless = dice.IntN(4) == 0
	part := 100 + dice.IntN(200)
	least, before := 2, map[string]string{} // two listings
	for i := range 1 + dice.IntN(5) {
		size := dice.IntN(1500)
		put(t, src, fmt.Sprintf("in/%d", i), random(seed+uint64(i), size))
		parts := (size + part - 1) / part
		least += 2*parts + 2 // read and store each; create and commit
	}
	if dice.IntN(3) == 0 {
		before["out/0"] = "old"
		put(t, dst, "out/0", []byte("old"))
	}
	opts := transfer.Options{PartSize: unit.Bytes(part), Streams: 1 + dice.IntN(6), SkipDigest: dice.IntN(2) == 0}
	opts.IfAbsent = len(before) == 0
	if dice.IntN(2) == 0 {
		opts.Ledger = t.TempDir()
	}
	want := moved(content(t, src, "in/"), "in/", "out/")
	src.set(false)
	dst.set(false)
	report, err := transfer.Copy(t.Context(), at(dst, "out/"), at(src, "in/"), opts)
	src.set(true)
	asked := src.requests() + dst.requests()
	dst.set(true)
	hit := append(src.hit, dst.hit...)
	got := content(t, dst, "")
	for k, v := range got {
		require.True(t, v == want[k] || v == before[k], "%s is neither old nor new after %v", k, hit)
	}
	switch {
	case err != nil && opts.Ledger == "":
		require.True(t, errors.Is(err, errInjected) || errors.Is(err, transfer.ErrCorrupt) || errors.Is(err, transfer.ErrSlowDown) || errors.Is(err, transfer.ErrNotFound), "%v", err)
		require.NotEmpty(t, hit, err)
		require.Subset(t, keys(before), keys(got), "after %v, %v", hit, err)
	case err != nil:
		_, again := transfer.Copy(t.Context(), at(dst, "out/"), at(src, "in/"), opts)
		require.NoError(t, again, "after %v, %v", hit, err)
		require.Equal(t, want, content(t, dst, ""), "after %v, %v", hit, err)
	default:
		require.Equal(t, want, got, "after %v", hit)
		require.Equal(t, len(want), report.Objects)
	}
	require.Zero(t, dst.OpenUploads(), "after %v, %v", hit, err)
	if len(hit) == 0 && !dst.unchecked() {
		require.LessOrEqual(t, asked*10, least*11)
	}
	return len(hit), err
}

// requests is how many operations there were, without the pieces of a body.
func (s *storm) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// unchecked reports whether the store tells no checksum, so that all is read back.
func (s *storm) unchecked() bool {
	for o := range s.List(context.Background(), "") {
		return !o.HasCRC
	}
	return false
}
