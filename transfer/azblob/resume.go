package azblob

import (
	"context"
	"time"

	"github.com/openintercloud/broker/transfer"
)

// Resume goes on with an upload whose blocks are in the store.
func (b *Bucket) Resume(
	ctx context.Context, key, token string, opts transfer.CreateOptions,
) (transfer.Upload, []transfer.StoredPart, error) {
	u, err := b.newUpload(key, token, opts)
	if err == nil && token == "" {
		err = errNothing
	}
	var found []transfer.StoredPart
	if err == nil {
		found, err = u.find(ctx)
	}
	if err != nil {
		return nil, nil, b.fail("create", key, err)
	}
	return u, found, nil
}

// Sweep does nothing: Azure tells no age of blocks that were not committed, offers no way to remove them, and removes them itself
// after a week.
func (b *Bucket) Sweep(ctx context.Context, _ time.Time) (int, error) { return 0, ctx.Err() }
