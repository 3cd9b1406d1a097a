package azblob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// CopyFrom lets Azure fetch an object of Azure, of any account, in parallel ranges pinned by ETag. No byte of it passes here. The source's
// bucket must know its account's key or have a SAS; a source without a known checksum is not taken.
//
// Azure has no checksum of its own to compare the copy with: each range is one that the service read from the pinned source and checked
// on its way. The checksum of the source is carried over, not computed anew.
func (b *Bucket) CopyFrom(
	ctx context.Context, key string, from transfer.Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, bool, error) {
	source, ok := from.(*Bucket)
	if !ok || source.host != b.host {
		return transfer.Object{}, false, nil
	}
	obj, err := b.copyFrom(ctx, key, source, src, opts)
	if cannot(err) {
		return transfer.Object{}, false, nil
	}
	if err != nil {
		return transfer.Object{}, false, b.fail("copy", key, err)
	}
	return obj, true, nil
}

// errCannot says that this pair of buckets cannot copy.
var errCannot = errors.New("no server-side copy")

// cannot reports whether the store will not copy, and has made nothing visible.
func cannot(err error) bool {
	code := status(err)
	return errors.Is(err, errCannot) || code == http.StatusNotImplemented || code == http.StatusForbidden || code == http.StatusUnauthorized
}

func (b *Bucket) copyFrom(
	ctx context.Context, key string, source *Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, error) {
	opts.PartSize = 0
	u, err := b.newUpload(key, rand.Text(), opts)
	if err != nil {
		return transfer.Object{}, err
	}
	address, err := source.grant(src.Key)
	if err != nil {
		return transfer.Object{}, err
	}
	if src, err = source.pinned(ctx, src); err != nil {
		return transfer.Object{}, err
	}
	if src.Size == 0 {
		return u.commit(ctx)
	}
	all, err := u.copyRanges(ctx, address, src)
	if err != nil {
		return transfer.Object{}, err
	}
	return u.list(ctx, all, parts.Part{Size: int64(src.Size), CRC32C: src.CRC32C, HasCRC: true})
}

// pinned is the source with its checksum.
func (b *Bucket) pinned(ctx context.Context, src transfer.Object) (transfer.Object, error) {
	if src.HasCRC && src.Size > 0 {
		return src, nil
	}
	now, err := b.stat(ctx, src.Key)
	switch {
	case err != nil:
		return transfer.Object{}, err
	case now.Version != src.Version:
		return transfer.Object{}, transfer.ErrConflict
	case !now.HasCRC:
		return transfer.Object{}, errCannot
	}
	return now, nil
}

// copyTime is how long one copy may read its source.
const copyTime = 24 * time.Hour

// grant is the URL by which Azure may read a blob. It is a secret.
func (b *Bucket) grant(key string) (string, error) {
	client := b.client.NewBlobClient(key)
	switch {
	case b.cfg.Key.Reveal() != "":
		return client.GetSASURL(sas.BlobPermissions{Read: true}, time.Now().Add(copyTime), nil)
	case b.cfg.SAS.Reveal() != "":
		return client.URL(), nil
	}
	return "", errCannot
}

// copyRanges makes blocks of ranges of the source, and the first failure stops the others.
func (u *upload) copyRanges(ctx context.Context, address string, src transfer.Object) ([]parts.Part, error) {
	total, size := int64(src.Size), int64(u.b.cfg.CopySize)
	for (total+size-1)/size > maxParts {
		size *= 2
	}
	all := make([]parts.Part, (total+size-1)/size)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(u.b.cfg.CopyStreams)
	for i := range all {
		first := int64(i) * size
		all[i] = parts.Part{N: i + 1, Size: min(size, total-first), Tag: u.blockID(copiedBlock, i+1, 0)}
		g.Go(func() error {
			_, err := u.b.blob(u.key).StageBlockFromURL(gctx, all[i].Tag, address, &blockblob.StageBlockFromURLOptions{
				Range:                          blob.HTTPRange{Offset: first, Count: all[i].Size},
				SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quote(src.Version)},
			})
			if err != nil {
				return fmt.Errorf("bytes %d to %d: %w", first, first+all[i].Size, err)
			}
			return nil
		})
	}
	return all, g.Wait()
}
