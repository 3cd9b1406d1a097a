package remote

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Prepare is [Runner.Open] for a runner on the same machine, without a shell; it does not look at what is there, so
// that the caller keeps until from going back. dir is the allocation's folder. Calls for one must not overlap.
func Prepare(dir string, until time.Time, epoch uint64) error {
	if err := os.MkdirAll(filepath.Join(dir, "tasks"), 0o700); err != nil {
		return err
	}
	if err := touch(filepath.Join(dir, "epoch."+strconv.FormatUint(epoch, 10))); err != nil {
		return err
	}
	if until.IsZero() {
		return nil
	}
	path := filepath.Join(dir, "lease")
	if err := os.WriteFile(path+".new", []byte(lease(until)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Close makes an allocation's folder one in which nothing can be started any more, as [Runner.Release] does first.
func Close(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return touch(filepath.Join(dir, "closed"))
}

func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
