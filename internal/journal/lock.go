package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// lock is the exclusive right to write a journal. The kernel drops it when the process dies, however it dies, so that
// no stale lock ever has to be broken. The file stays behind: removing it would let two openers lock two files.
type lock struct{ file *os.File }

// takeLock locks the file at path or fails with a [*LockedError] that names the holder.
func takeLock(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: open the lock file: %w", err)
	}
	switch err := flock(f); {
	case errors.Is(err, errHeld):
		held := &LockedError{File: path}
		held.PID, held.Host = holder(f)
		return nil, errors.Join(held, f.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("journal: lock %s: %w", path, err), f.Close())
	}
	l := &lock{file: f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal: write the holder's name to %s: %w", path, err), l.release())
	}
	return l, nil
}

// sign writes who holds the lock, for the message another opener gets. It is a courtesy: the lock is the kernel's.
func (l *lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), host), 0)
	return err
}

// release unlocks before closing: a child process being started at this moment may hold a copy of the descriptor.
func (l *lock) release() error { return errors.Join(unflock(l.file), l.file.Close()) }

// holder reads what sign wrote. Anything unreadable counts as unknown.
func holder(f *os.File) (pid int, host string) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 1024))
	if err != nil {
		return 0, ""
	}
	if _, err := fmt.Sscanf(string(text), "%d %s", &pid, &host); err != nil {
		return 0, ""
	}
	return pid, host
}
