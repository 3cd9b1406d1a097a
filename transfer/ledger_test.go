package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/internal/journal"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// stop is a countdown to the end of a process: at call n the context ends, and nothing answers any more.
type stop struct {
	mu     sync.Mutex
	left   int
	cancel context.CancelFunc
	parts  int // parts that were asked to be stored
}

var errDead = errors.New("the process is dead")

func (s *stop) fault(op, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == "part" {
		s.parts++
	}
	if s.cancel == nil {
		return nil
	}
	if s.left--; s.left == 0 {
		s.cancel()
	}
	if s.left <= 0 {
		return errDead
	}
	return nil
}

// arm makes the process end at call n; 0 means never.
func (s *stop) arm(n int, cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.cancel, s.parts = n, cancel, 0
}

// TestCopyGoesOn ends a copy at each call in turn, and lets another go on: what had been stored is not sent again, nothing is mixed and
// nothing left open.
func TestCopyGoesOn(t *testing.T) {
	t.Parallel()
	const part, streams = 100, 3
	for _, ifAbsent := range []bool{false, true} {
		for step, done := 1, false; !done; step++ {
			name := fmt.Sprintf("if absent %v, call %d", ifAbsent, step)
			end := &stop{}
			src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: end.fault})
			put(t, src, "in/a", random(1, 950))
			put(t, src, "in/b/small", random(2, 50))
			put(t, src, "in/b/empty", nil)
			put(t, src, "in/c", random(3, 730))
			opts := transfer.Options{
				PartSize: part, Streams: streams, Ledger: filepath.Join(t.TempDir(), "ledger"), IfAbsent: ifAbsent, Publish: "manifest",
			}
			ctx, cancel := context.WithCancel(t.Context())
			end.arm(step, cancel)
			_, err := transfer.Copy(ctx, at(dst, "out/"), at(src, "in/"), opts)
			cancel()
			done = end.left > 0
			sent := end.parts
			if !done {
				require.Error(t, err, name)
			}
			end.arm(0, nil)
			report, err := transfer.Copy(t.Context(), at(dst, "out/"), at(src, "in/"), opts)
			if done && ifAbsent {
				require.ErrorIs(t, err, transfer.ErrConflict, "the first had ended well, this is a new copy")
				continue
			}
			require.NoError(t, err, name)
			require.Equal(t, 4, report.Objects, name)
			require.Equal(t, moved(content(t, src, "in/"), "in/", "out/"), content(t, dst, "out/"), name)
			require.Zero(t, dst.OpenUploads(), name)
			require.NoFileExists(t, filepath.Join(opts.Ledger, "journal.log"), name)
			if !done {
				require.LessOrEqual(t, sent+end.parts, 10+1+8+streams+1, name)
			}
			m, err := transfer.ReadManifest(t.Context(), dst, "manifest")
			require.NoError(t, err)
			require.NoError(t, transfer.Verify(t.Context(), dst, "out/", m, transfer.Options{}))
		}
	}
}

// interrupted is a copy of a large object that ended after some parts.
func interrupted(t *testing.T, calls int) (src, dst *mem.Bucket, end *stop, opts transfer.Options) {
	t.Helper()
	end = &stop{}
	src, dst = mem.New("src"), mem.NewWith("dst", mem.Options{Fault: end.fault})
	put(t, src, "x", random(1, 1000))
	opts = transfer.Options{PartSize: 100, Streams: 2, Ledger: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	end.arm(calls, cancel)
	_, err := transfer.Copy(ctx, at(dst, "y"), at(src, "x"), opts)
	cancel()
	require.Error(t, err)
	require.Equal(t, 1, dst.OpenUploads(), "it waits")
	end.arm(0, nil)
	return src, dst, end, opts
}

func TestCopyNeverMixesVersions(t *testing.T) {
	t.Parallel()
	src, dst, _, opts := interrupted(t, 6)
	put(t, src, "x", random(9, 1000))
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	require.NoError(t, err)
	require.Zero(t, report.Resumed)
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))
	require.Zero(t, dst.OpenUploads())
}

func TestCopyWhoseUploadVanished(t *testing.T) {
	t.Parallel()
	src, dst, _, opts := interrupted(t, 6)
	n, err := dst.Sweep(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	require.NoError(t, err)
	require.Zero(t, report.Resumed)
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))
}

func TestCopyResumesWhatTheStoreHas(t *testing.T) {
	t.Parallel()
	src, dst, end, opts := interrupted(t, 6) // create and four parts went well
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	require.NoError(t, err)
	require.GreaterOrEqual(t, report.Resumed, 300*unit.B)
	require.Equal(t, 10, end.parts+int(report.Resumed/100))
	require.Equal(t, moved(content(t, src, ""), "x", "y"), content(t, dst, ""))
}

func TestLedgerIsForOneCopy(t *testing.T) {
	t.Parallel()
	src, dst, _, opts := interrupted(t, 6)
	other := opts
	other.PartSize = 50
	_, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), other)
	var refused *transfer.LedgerError
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.ErrorAs(t, transfer.Discard(t.Context(), at(dst, "z"), opts.Ledger), &refused)

	held, _, err := journal.Open(opts.Ledger, journal.Options{})
	require.NoError(t, err)
	_, err = transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	var locked *journal.LockedError
	require.ErrorAs(t, err, &locked)
	require.NoError(t, held.Close())
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	_, dst, _, opts := interrupted(t, 6)
	require.NoError(t, transfer.Discard(t.Context(), at(dst, "y"), opts.Ledger))
	require.Zero(t, dst.OpenUploads())
	require.NoError(t, transfer.Discard(t.Context(), at(dst, "y"), opts.Ledger), "there is none any more")

	end := &stop{}
	src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: end.fault})
	fill(t, src, "in/", 6, 250)
	put(t, dst, "out/0/part-0", []byte("old"))
	ctx, cancel := context.WithCancel(t.Context())
	end.arm(18, cancel)
	opts = transfer.Options{PartSize: 100, Streams: 1, Ledger: t.TempDir()}
	_, err := transfer.Copy(ctx, at(dst, "out/"), at(src, "in/"), opts)
	cancel()
	require.Error(t, err)
	end.arm(0, nil)
	require.Greater(t, len(content(t, dst, "")), 1, "something was copied")
	require.NoError(t, transfer.Discard(t.Context(), at(dst, "out/"), opts.Ledger))
	require.Equal(t, []string{"out/0/part-0"}, keys(content(t, dst, "")))
	require.Zero(t, dst.OpenUploads())
}

func TestLedgerOfASourceThatLostAnObject(t *testing.T) {
	t.Parallel()
	end := &stop{}
	src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: end.fault})
	put(t, src, "in/a", random(1, 1000))
	put(t, src, "in/b", random(2, 1000))
	opts := transfer.Options{PartSize: 100, Streams: 1, Ledger: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	end.arm(6, cancel)
	_, err := transfer.Copy(ctx, at(dst, "out/"), at(src, "in/"), opts)
	cancel()
	require.Error(t, err)
	require.NotZero(t, dst.OpenUploads())
	end.arm(0, nil)
	require.NoError(t, src.Delete(t.Context(), "in/a", ""))
	require.NoError(t, src.Delete(t.Context(), "in/b", ""))
	_, err = transfer.Copy(t.Context(), at(dst, "out/"), at(src, "in/"), opts)
	require.NoError(t, err)
	require.Zero(t, dst.OpenUploads())
	_, err = os.Stat(filepath.Join(opts.Ledger, "journal.log"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
