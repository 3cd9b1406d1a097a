//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"os"
	"syscall"
)

// errHeld is what flock gives while somebody else has the lock.
const errHeld = syscall.EWOULDBLOCK

// flock takes the exclusive lock without waiting. It belongs to the open file, so that a second opener in the same
// process is refused too, and closing some other descriptor of the file does not drop it.
func flock(f *os.File) error { return retry(f, syscall.LOCK_EX|syscall.LOCK_NB) }

func unflock(f *os.File) error { return retry(f, syscall.LOCK_UN) }

func retry(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
