package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Names of the files in a journal's directory.
const (
	fileName = "journal.log"  // the records
	lockName = "journal.lock" // who may write them
	tempName = "journal.tmp"  // a journal being created; a crash may leave it, the next Create overwrites it
)

// keepBuffer bounds the memory an idle journal holds on to; a larger Append gets its buffer anew.
const keepBuffer = 1 << 20

// Options says how a journal is kept. The zero value is right for production.
type Options struct {
	FS FS // file system to use; nil = the operating system's
}

func (o Options) fs() FS {
	if o.FS == nil {
		return osFS{}
	}
	return o.FS
}

// File is a journal open for writing, held exclusively. Its methods may be called from several goroutines; they take
// turns.
type File struct {
	path string
	lock *lock

	mu      sync.Mutex
	disk    Disk
	last    Record         // the newest record's numbers, without payload
	size    int64          // bytes written
	durable int64          // bytes a finished fsync covers
	cut     int64          // bytes of a torn tail Open took away; fixed from then on
	syncs   int            // fsyncs asked for by Sync
	buf     []byte         // the bytes of one Append, kept for the next
	failed  *PoisonedError // the first failure; nil while all is well
	closed  bool
}

// Create makes an empty journal in dir, which is made too if it is missing (mode 0700), and holds it. When it returns
// the journal is durable. It fails with a [*ExistsError] or a [*LockedError]; a crash on the way leaves no journal.
func Create(dir string, opts Options) (*File, error) {
	fsys := opts.fs()
	if err := makeDir(fsys, dir); err != nil {
		return nil, fmt.Errorf("journal: make directory %s: %w", dir, err)
	}
	lock, err := takeLock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	disk, err := createFile(fsys, dir)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return &File{path: filepath.Join(dir, fileName), lock: lock, disk: disk, size: headerSize, durable: headerSize}, nil
}

// createFile writes the header under another name and renames it when durable: whoever sees a journal sees a whole
// header. The caller holds the lock, so nobody else creates one meanwhile.
func createFile(fsys FS, dir string) (Disk, error) {
	path, temp := filepath.Join(dir, fileName), filepath.Join(dir, tempName)
	if _, err := os.Lstat(path); err == nil {
		return nil, &ExistsError{File: path}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("journal: create %s: %w", path, err)
	}
	disk, err := fsys.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: create %s: %w", path, err)
	}
	err = writeAt(disk, header(), 0)
	if err == nil {
		err = disk.Sync()
	}
	if err == nil {
		err = fsys.Rename(temp, path)
	}
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		// The lock is ours and there was no journal before, so both names are ours to take away; it need not work.
		_, _ = os.Remove(temp), os.Remove(path)
		return nil, errors.Join(fmt.Errorf("journal: create %s: %w", path, err), disk.Close())
	}
	return disk, nil
}

// Open takes the journal in dir and returns its records in order, all of them durable. A torn tail is cut away first
// (see [File.Cut]). It fails with a [*LockedError], a [*DamageError], a [*VersionError], or with [fs.ErrNotExist] when
// there is no journal; then nothing was changed.
func Open(dir string, opts Options) (*File, []Record, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("journal: open: %w", err)
	}
	lock, err := takeLock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, nil, err
	}
	f, recs, err := openFile(opts.fs(), path)
	if err != nil {
		return nil, nil, errors.Join(err, lock.release())
	}
	f.lock = lock
	return f, recs, nil
}

func openFile(fsys FS, path string) (*File, []Record, error) {
	disk, err := fsys.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: open: %w", err)
	}
	recs, size, cut, err := recoverRecords(disk, path)
	if err != nil {
		return nil, nil, errors.Join(err, disk.Close())
	}
	f := &File{path: path, disk: disk, size: size, durable: size, cut: cut}
	if n := len(recs); n > 0 {
		f.last = recs[n-1]
		f.last.Payload = nil
	}
	return f, recs, nil
}

// recoverRecords reads the records and leaves the disk holding exactly them. The fsync is needed even when nothing is
// cut: a writer killed between its write and its fsync leaves records that a power cut could still take away.
func recoverRecords(disk Disk, path string) (recs []Record, size, cut int64, err error) {
	data, err := io.ReadAll(disk)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("journal: read %s: %w", path, err)
	}
	recs, size, err = decode(path, data)
	if err != nil {
		return nil, 0, 0, err
	}
	if cut = int64(len(data)) - size; cut > 0 {
		if err := disk.Truncate(size); err != nil {
			return nil, 0, 0, fmt.Errorf("journal: cut the torn tail of %s: %w", path, err)
		}
	}
	if err := disk.Sync(); err != nil {
		return nil, 0, 0, fmt.Errorf("journal: fsync %s: %w", path, err)
	}
	return recs, size, cut, nil
}

// Read returns the records of the journal in dir without taking it and without changing anything: for looking at a
// run that may be going on. A torn tail is left out. Records a writer has not synced yet may be among them, so nothing
// may be done on the strength of the last ones. Errors are those of [Open] except [*LockedError].
func Read(dir string) ([]Record, error) {
	path := filepath.Join(dir, fileName)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("journal: read: %w", err)
	}
	recs, _, err := decode(path, data)
	return recs, err
}

// Append writes records after the last one, in one write. They are not durable until [File.Sync] returns nil. A Seq of
// 0 becomes the next number (see [File.Next]); any other must be that number. Epochs may not fall. The records
// themselves are not changed.
//
// A record that breaks a rule is refused with a [*RecordError] and none of the call is written. A failed write is a
// [*PoisonedError].
//
// Append one record for each Sync where possible: a power cut can tear a batch in any order, and a batch of which a
// later record survived without an earlier one is refused as damage when it is opened.
func (f *File) Append(recs ...Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.usable(); err != nil {
		return err
	}
	last, buf := f.last, f.buf[:0]
	for _, r := range recs {
		if r.Seq == 0 {
			r.Seq = last.Seq + 1
		}
		if reason := refuse(r, last); reason != "" {
			return &RecordError{File: f.path, Seq: last.Seq + 1, Reason: reason}
		}
		buf = appendFrame(buf, r)
		last = r
	}
	if cap(buf) <= keepBuffer {
		f.buf = buf
	}
	if len(buf) == 0 {
		return nil
	}
	if err := writeAt(f.disk, buf, f.size); err != nil {
		return f.poison("write", err)
	}
	f.size += int64(len(buf))
	f.last = last
	f.last.Payload = nil
	return nil
}

// refuse says which rule r breaks as the record after last, or nothing.
func refuse(r, last Record) string {
	switch {
	case len(r.Payload) == 0:
		return "the payload is empty"
	case len(r.Payload) > MaxPayload:
		return fmt.Sprintf("the payload has %d bytes, the most is %d", len(r.Payload), MaxPayload)
	case !time.Unix(0, r.Time.UnixNano()).Equal(r.Time):
		return fmt.Sprintf("the time %v is outside the years 1678 to 2262", r.Time)
	}
	return misplaced(head{seq: r.Seq, epoch: r.Epoch}, last)
}

// Sync makes everything appended so far durable. Without anything new it does nothing. A failure is a
// [*PoisonedError]; it is not repeated, because the kernel forgets which bytes it failed to write.
func (f *File) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.usable(); err != nil {
		return err
	}
	if f.durable == f.size {
		return nil
	}
	f.syncs++
	if err := f.disk.Sync(); err != nil {
		return f.poison("fsync", err)
	}
	f.durable = f.size
	return nil
}

// Syncs is the number of fsyncs [File.Sync] has asked for since the journal was created or opened.
func (f *File) Syncs() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.syncs
}

// Next is the sequence number the next record gets.
func (f *File) Next() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.Seq + 1
}

// Cut is the number of bytes of a torn tail that [Open] cut away; 0 after a clean end.
func (f *File) Cut() int64 { return f.cut }

// Close lets go of the journal. It does not sync: records appended since the last [File.Sync] may or may not survive.
// After a failure it releases everything and returns the [*PoisonedError] again. A second Close does nothing.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	err := errors.Join(f.disk.Close(), f.lock.release())
	if f.failed != nil {
		return f.failed
	}
	if err != nil {
		return fmt.Errorf("journal: close %s: %w", f.path, err)
	}
	return nil
}

func (f *File) usable() error {
	if f.closed {
		return &fs.PathError{Op: "use of journal", Path: f.path, Err: fs.ErrClosed}
	}
	if f.failed != nil {
		return f.failed
	}
	return nil
}

// poison remembers the failure and takes back, as far as the disk lets it, what was never confirmed: after a failed
// fsync those bytes can look well in memory and be absent on disk, and the next opener must not believe them.
func (f *File) poison(op string, err error) error {
	f.failed = &PoisonedError{File: f.path, Op: op, Err: err}
	if err := f.disk.Truncate(f.durable); err != nil {
		f.failed.Err = errors.Join(f.failed.Err, err)
	}
	return f.failed
}

func writeAt(disk Disk, b []byte, at int64) error {
	n, err := disk.WriteAt(b, at)
	if err == nil && n < len(b) {
		return io.ErrShortWrite
	}
	return err
}
