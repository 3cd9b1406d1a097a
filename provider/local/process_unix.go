//go:build unix

package local

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openintercloud/broker/provider/remote"
)

// supported says why this machine cannot be a cloud; nil when it can.
func supported() error { return nil }

// pollEnd waits until a process has ended by looking at it, ever more seldom.
func pollEnd(ctx context.Context, p remote.Process) error {
	for pause := time.Millisecond; alive(p); pause = min(2*pause, time.Second) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}

// lock holds a file against other goroutines and processes until unlock is called.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
