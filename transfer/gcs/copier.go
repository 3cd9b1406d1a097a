package gcs

import (
	"context"
	"fmt"
	"net/http"

	"cloud.google.com/go/storage"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// CopyFrom lets the store rewrite an object of the same store. No byte of it passes here. Within a place that is one request;
// between places the store does it in steps and says by a token how to go on. A source without a known checksum, of another store,
// or that the credentials of this bucket may not read, is not taken.
func (b *Bucket) CopyFrom(
	ctx context.Context, key string, from transfer.Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, bool, error) {
	source, ok := from.(*Bucket)
	if !ok || source.host() != b.host() {
		return transfer.Object{}, false, nil
	}
	obj, did, err := b.copyFrom(ctx, key, source, src, opts)
	if code := status(err); code == http.StatusForbidden || code == http.StatusUnauthorized || code == http.StatusNotImplemented {
		return transfer.Object{}, false, nil
	}
	if err != nil {
		return transfer.Object{}, false, b.fail("copy", key, err)
	}
	return obj, did, nil
}

func (b *Bucket) host() string {
	if b.endpoint == nil {
		return ""
	}
	return b.endpoint.Host
}

func (b *Bucket) copyFrom(
	ctx context.Context, key string, source *Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, bool, error) {
	u, err := b.newUpload(key, "", opts)
	if err != nil {
		return transfer.Object{}, false, err
	}
	pinned, err := generation(src.Version)
	if err != nil {
		return transfer.Object{}, false, err
	}
	if !src.HasCRC {
		now, err := source.stat(ctx, src.Key)
		if err != nil {
			return transfer.Object{}, false, err
		}
		if now.Version != src.Version {
			return transfer.Object{}, false, transfer.ErrConflict
		}
		if !now.HasCRC {
			return transfer.Object{}, false, nil
		}
		src = now
	}
	target, err := u.target()
	if err != nil {
		return transfer.Object{}, false, err
	}
	c := target.CopierFrom(source.handle.Object(src.Key).If(storage.Conditions{GenerationMatch: pinned}))
	c.ContentType, c.Metadata = u.opts.ContentType, u.opts.Meta
	whole := parts.Part{Size: int64(src.Size), CRC32C: src.CRC32C, HasCRC: true}
	obj, err := u.settle(ctx, whole, func() (*storage.ObjectAttrs, error) { return c.Run(ctx) }) // goes on by the token it got last
	if err == nil && !obj.HasCRC {
		err = fmt.Errorf("the store tells no checksum of the copy: %w", transfer.ErrCorrupt)
	}
	return obj, err == nil, err
}
