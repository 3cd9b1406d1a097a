//go:build unix

package local

import (
	"context"
	"time"

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
