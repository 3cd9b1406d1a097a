package transfer

import "context"

// Syncer is an optional ability of a bucket whose objects can be written by others without being durable: a directory
// that a program writes its results into.
type Syncer interface {
	// Sync returns once every object below the prefix, as it is now, would survive a power cut.
	Sync(ctx context.Context, prefix string) error
}
