package journal

import (
	"fmt"
	"io/fs"
)

// ExistsError is returned by [Create] when the directory already holds a journal. It matches [fs.ErrExist].
type ExistsError struct {
	File string // path of the journal that is there
}

// Error says what is there and what to do.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("journal: create %s: a journal is already there; open it to go on, or choose another directory", e.File)
}

// Unwrap makes errors.Is(err, fs.ErrExist) true.
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// LockedError is returned by [Create] and [Open] while another opener, in this process or any other, holds the journal.
type LockedError struct {
	File string // path of the lock file
	PID  int    // process that holds it, 0 when it has not written its name yet
	Host string // host of that process, empty when unknown
}

// Error names the holder.
func (e *LockedError) Error() string {
	holder := "another process"
	if e.PID != 0 {
		holder = fmt.Sprintf("process %d on host %q", e.PID, e.Host)
	}
	return fmt.Sprintf("journal: lock %s: held by %s; wait until it ends or stop it", e.File, holder)
}

// DamageError says that bytes which were once complete are no longer what was written. Nothing of the file is
// returned with it and nothing in the file is changed.
type DamageError struct {
	File   string // path of the journal
	Offset int64  // where the first damaged header or record starts, in bytes
	Reason string // what is wrong there
}

// Error names the file, the place and the reason.
func (e *DamageError) Error() string {
	return fmt.Sprintf("journal: %s is damaged at byte %d: %s; restore the file from a copy, nothing was changed", e.File, e.Offset, e.Reason)
}

// VersionError says that the file was written in a format this code does not know.
type VersionError struct {
	File    string // path of the journal
	Version uint32 // format version in the file
	Known   uint32 // newest format version this code reads
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("journal: %s has format version %d, this program reads %d; use the program version that wrote it", e.File, e.Version, e.Known)
}

// PoisonedError says that a write or fsync failed, so that nobody knows what is on disk. The call that failed returns
// it, and so does every later one until the journal is opened again: nothing may be done on the strength of a record
// that was refused with it.
type PoisonedError struct {
	File string // path of the journal
	Op   string // what failed: "write" or "fsync"
	Err  error  // why, for example syscall.ENOSPC
}

// Error names the step that failed and why.
func (e *PoisonedError) Error() string {
	return fmt.Sprintf("journal: %s of %s failed: %v; nothing is accepted any more, mend the disk and open the journal again", e.Op, e.File, e.Err)
}

// Unwrap gives the cause.
func (e *PoisonedError) Unwrap() error { return e.Err }

// RecordError is returned by [File.Append] for a record that may not be written. Nothing of the call was written and
// the journal stays usable.
type RecordError struct {
	File   string // path of the journal
	Seq    uint64 // sequence number the record would have had
	Reason string // which rule it breaks
}

// Error names the record and the rule.
func (e *RecordError) Error() string {
	return fmt.Sprintf("journal: append record %d to %s: %s", e.Seq, e.File, e.Reason)
}
