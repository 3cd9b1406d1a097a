package journal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/journal"
)

// faulty is a real file system that counts the calls which can fail and fails one of them.
type faulty struct {
	failAt int   // which call fails, from 1; 0 = none
	err    error // what it fails with
	half   bool  // a failing write has written half of its bytes
	calls  int
}

// hit counts a call and says whether it fails.
func (f *faulty) hit() error {
	f.calls++
	if f.calls == f.failAt {
		return f.err
	}
	return nil
}

func (f *faulty) OpenFile(name string, flag int, perm fs.FileMode) (journal.Disk, error) {
	if err := f.hit(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, flag, perm)
	return &faultyDisk{File: file, fs: f}, err
}

func (f *faulty) Rename(from, to string) error {
	if err := f.hit(); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func (f *faulty) SyncDir(string) error { return f.hit() }

type faultyDisk struct {
	*os.File
	fs *faulty
}

func (d *faultyDisk) WriteAt(b []byte, at int64) (int, error) {
	if err := d.fs.hit(); err != nil {
		n := 0
		if d.fs.half {
			n, _ = d.File.WriteAt(b[:len(b)/2], at)
		}
		return n, err
	}
	return d.File.WriteAt(b, at)
}

func (d *faultyDisk) Sync() error { return d.fs.hit() }

// history appends and syncs one payload after the other and returns how many were confirmed, with the first error.
func history(f *journal.File, payloads []string) (confirmed int, err error) {
	for i, p := range payloads {
		if err := f.Append(record(1, p)); err != nil {
			return i, err
		}
		if err := f.Sync(); err != nil {
			return i, err
		}
	}
	return len(payloads), nil
}

// Each write and each fsync fails once, in each way. What was confirmed comes back, what was refused does not, and
// in between nothing is accepted.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	payloads := []string{"planned", "allocated", "started", "exited"}
	for _, fault := range []faulty{{err: syscall.ENOSPC, half: true}, {err: syscall.ENOSPC}, {err: syscall.EIO}} {
		for n := range 2 * len(payloads) {
			dir := written(t)
			disk := fault
			disk.failAt = 1 + 1 + n + 1 // open, the fsync of open, n good calls, then the fault
			f, _, err := journal.Open(dir, journal.Options{FS: &disk})
			require.NoError(t, err)
			confirmed, err := history(f, payloads)
			require.Equal(t, n/2, confirmed)
			poisoned, ok := errors.AsType[*journal.PoisonedError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, []string{"write", "fsync"}[n%2], poisoned.Op)
			require.ErrorIs(t, err, fault.err)

			for _, again := range []error{f.Append(record(1, "later")), f.Append(), f.Sync(), f.Close()} {
				require.Equal(t, error(poisoned), again)
			}
			syncs := f.Syncs()
			require.Equal(t, n/2+n%2, syncs, "a failed fsync is not tried again")

			f, recs, err := journal.Open(dir, journal.Options{})
			require.NoError(t, err)
			require.Equal(t, payloads[:confirmed], texts(t, recs))
			_, err = history(f, payloads[confirmed:])
			require.NoError(t, err, "the reopened journal goes on")
			require.NoError(t, f.Close())
			recs, err = journal.Read(dir)
			require.NoError(t, err)
			require.Equal(t, payloads, texts(t, recs))
		}
	}
}

// A create that fails at any step leaves a directory in which create works.
func TestFailingCreate(t *testing.T) {
	t.Parallel()
	for step := 1; ; step++ {
		dir := filepath.Join(t.TempDir(), "run")
		disk := &faulty{failAt: step, err: syscall.ENOSPC}
		f, err := journal.Create(dir, journal.Options{FS: disk})
		if disk.calls < step {
			require.NoError(t, err)
			require.NoError(t, f.Close())
			require.Equal(t, 7, step, "directory, open, header, fsync, rename, directory; then none left to fail")
			return
		}
		require.ErrorIs(t, err, syscall.ENOSPC, "step %d", step)
		_, _, err = journal.Open(dir, journal.Options{})
		require.ErrorIs(t, err, fs.ErrNotExist, "step %d", step)
		f, err = journal.Create(dir, journal.Options{})
		require.NoError(t, err, "step %d", step)
		require.NoError(t, f.Close())
	}
}

// An open that cannot make sure of the records gives none, and gives the lock back.
func TestFailingOpen(t *testing.T) {
	t.Parallel()
	dir := written(t, "a")
	for step := 1; step <= 2; step++ {
		_, recs, err := journal.Open(dir, journal.Options{FS: &faulty{failAt: step, err: syscall.EIO}})
		require.ErrorIs(t, err, syscall.EIO)
		require.Nil(t, recs)
	}
	f, recs, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Len(t, recs, 1)
	require.NoError(t, f.Close())
}
