package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// CopyFrom lets the store copy an object of the same store: a small one by one request, any other, and one under a condition, in
// parallel ranges. No byte of it passes here. A source without a known checksum, of another store, or that the credentials of this
// bucket may not read, is not taken.
func (b *Bucket) CopyFrom(
	ctx context.Context, key string, from transfer.Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, bool, error) {
	source, ok := from.(*Bucket)
	if !ok || source.service != b.service {
		return transfer.Object{}, false, nil
	}
	obj, err := b.copyFrom(ctx, key, source, src, opts)
	if cannot(err) {
		return transfer.Object{}, false, nil
	}
	if errors.Is(err, transfer.ErrCorrupt) { // the content of another version, when the store ignored which one was asked for
		err = errors.Join(source.unchanged(ctx, src), err)
	}
	if err != nil {
		return transfer.Object{}, false, b.fail("copy", key, err)
	}
	return obj, true, nil
}

// unchanged is ErrConflict when an object is another version by now.
func (b *Bucket) unchanged(ctx context.Context, src transfer.Object) error {
	if now, err := b.stat(ctx, src.Key); err == nil && now.Version != src.Version {
		return fmt.Errorf("source %s: %w", src.Key, transfer.ErrConflict)
	}
	return nil
}

// errNoSum says that a copy cannot be compared with its source.
var errNoSum = errors.New("the store tells no checksum of the source, or of the copy")

// cannot reports whether the store will not copy, and has not begun to.
func cannot(err error) bool {
	switch errorCode(err) {
	case "AccessDenied", "NotImplemented", "NoSuchBucket", "MethodNotAllowed":
		return true
	}
	return errors.Is(err, errNoSum)
}

func (b *Bucket) copyFrom(
	ctx context.Context, key string, source *Bucket, src transfer.Object, opts transfer.CreateOptions,
) (transfer.Object, error) {
	opts.PartSize, opts.Size = 0, src.Size
	u, err := b.newUpload(ctx, key, opts)
	if err != nil {
		return transfer.Object{}, err
	}
	if src, err = source.pinned(ctx, src); err != nil {
		return transfer.Object{}, err
	}
	u.copied = true
	u.Expect(src.Size, src.CRC32C)
	switch {
	case src.Size == 0:
		return u.commit(ctx)
	case src.Size <= b.wholeCopies(src) && !u.conditional():
		return u.copyWhole(ctx, source, src)
	}
	obj, err := u.copyRanges(ctx, source, src)
	if err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		return transfer.Object{}, errors.Join(err, u.Abort(ctx))
	}
	return obj, nil
}

// wholeCopies is the size of the largest object that is copied by one request.
func (b *Bucket) wholeCopies(src transfer.Object) unit.Bytes {
	if (b.cfg.CopyByTag || b.cfg.Sums == MD5Sums) && plainTag(src.Version) {
		return maxCopySize // in parts it would get another tag
	}
	return b.cfg.CopySize
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
	case !now.HasCRC && now.Size > 0:
		return transfer.Object{}, errNoSum
	}
	return now, nil
}

// at is the value of x-amz-copy-source.
func (b *Bucket) at(key string) *string { return aws.String(escape(b.name + "/" + key)) }

// escape keeps what needs no escape in a path, and the slashes. A plus sign would be read as a space.
func escape(path string) string {
	const hex = "0123456789ABCDEF"
	var s strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/", c) >= 0 {
			_ = s.WriteByte(c) // never fails
			continue
		}
		_, _ = s.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return s.String()
}

// copyWhole copies by one request.
func (u *upload) copyWhole(ctx context.Context, source *Bucket, src transfer.Object) (transfer.Object, error) {
	in := &s3.CopyObjectInput{
		Bucket: &u.b.name, Key: &u.key, CopySource: source.at(src.Key), CopySourceIfMatch: quote(src.Version),
		ContentType: text(u.opts.ContentType), Metadata: u.meta, MetadataDirective: types.MetadataDirectiveReplace,
	}
	in.ChecksumAlgorithm, _ = u.sums.algorithm()
	out, err := u.b.client.CopyObject(ctx, in)
	if err != nil {
		return transfer.Object{}, err
	}
	result := out.CopyObjectResult
	if result == nil || unquote(result.ETag) == "" {
		return transfer.Object{}, errNoTag
	}
	obj := transfer.Object{
		Key: u.key, Size: src.Size, Version: unquote(result.ETag), Modified: aws.ToTime(result.LastModified).UTC(), ContentType: u.opts.ContentType,
		Meta: maps.Clone(u.opts.Meta),
	}
	obj.CRC32C, obj.HasCRC = fullCRC(result.ChecksumCRC32C, result.ChecksumType)
	return u.compareCopy(ctx, obj, src)
}

// compareCopy holds a copy against its source.
func (u *upload) compareCopy(ctx context.Context, obj, src transfer.Object) (transfer.Object, error) {
	if !obj.HasCRC { // not every store tells it in the answer
		now, err := u.b.stat(ctx, u.key)
		if err != nil {
			return transfer.Object{}, err
		}
		if now.Version != obj.Version || now.Size != src.Size {
			return transfer.Object{}, fmt.Errorf("the copy is another object by now: %w", transfer.ErrConflict)
		}
		obj.CRC32C, obj.HasCRC = now.CRC32C, now.HasCRC
	}
	if !obj.HasCRC && plainTag(src.Version) && obj.Version == src.Version {
		obj.CRC32C, obj.HasCRC = src.CRC32C, true
	}
	if !obj.HasCRC {
		return transfer.Object{}, u.undo(ctx, obj, errNoSum)
	}
	if obj.CRC32C != src.CRC32C {
		err := fmt.Errorf("the copy has crc32c %08x, its source %08x: %w", obj.CRC32C, src.CRC32C, transfer.ErrCorrupt)
		return transfer.Object{}, u.undo(ctx, obj, err)
	}
	return obj, nil
}

// copyRanges copies in parallel ranges.
func (u *upload) copyRanges(ctx context.Context, source *Bucket, src transfer.Object) (transfer.Object, error) {
	size, err := u.rangeSize(ctx, source, src)
	if err != nil {
		return transfer.Object{}, err
	}
	id, err := u.start(ctx)
	if err == nil {
		err = u.parts.Begin(ctx)
	}
	if err != nil {
		return transfer.Object{}, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(u.b.cfg.CopyStreams)
	for n, first := 1, int64(0); first < int64(src.Size); n, first = n+1, first+size {
		g.Go(func() error { return u.copyRange(gctx, id, n, source, src, first, min(first+size, int64(src.Size))) })
	}
	if err := g.Wait(); err != nil {
		return transfer.Object{}, err
	}
	return u.commit(ctx)
}

// rangeSize is the size of the ranges. A copy that is compared by entity tag follows the parts of its source.
func (u *upload) rangeSize(ctx context.Context, source *Bucket, src transfer.Object) (int64, error) {
	if !u.b.cfg.CopyByTag && u.sums != MD5Sums {
		return grown(int64(u.b.cfg.CopySize), int64(src.Size)), nil
	}
	u.sums, u.byTag = MD5Sums, src.Version
	if plainTag(src.Version) { // one part, whose own tag is known
		u.byTag = partsTag([]parts.Part{{Tag: src.Version}})
		return int64(src.Size), nil
	}
	// Only a hint, so without a condition: each range has one.
	out, err := source.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &source.name, Key: &src.Key, PartNumber: aws.Int32(1)})
	if err != nil {
		return 0, err
	}
	return max(aws.ToInt64(out.ContentLength), 1), nil
}

// grown is a size of ranges of which there are not too many.
func grown(size, total int64) int64 {
	for (total+size-1)/size > maxParts {
		size *= 2
	}
	return size
}

// copyRange copies the bytes from first up to end.
func (u *upload) copyRange(ctx context.Context, id string, n int, source *Bucket, src transfer.Object, first, end int64) error {
	in := &s3.UploadPartCopyInput{
		Bucket: &u.b.name, Key: &u.key, UploadId: &id, PartNumber: aws.Int32(int32(n)), CopySource: source.at(src.Key),
		CopySourceIfMatch: quote(src.Version),
	}
	if first > 0 || end < int64(src.Size) {
		in.CopySourceRange = aws.String(byteRange(first, end))
	}
	out, err := u.b.client.UploadPartCopy(ctx, in)
	if err != nil {
		return fmt.Errorf("bytes %d to %d: %w", first, end, err)
	}
	if out.CopyPartResult == nil || unquote(out.CopyPartResult.ETag) == "" {
		return fmt.Errorf("bytes %d to %d: %w", first, end, errNoTag)
	}
	p := parts.Part{N: n, Size: end - first, Tag: unquote(out.CopyPartResult.ETag)}
	if u.byTag == "" {
		if p.CRC32C, p.HasCRC = decodeCRC(aws.ToString(out.CopyPartResult.ChecksumCRC32C)); !p.HasCRC {
			return errNoSum
		}
	}
	u.parts.Keep(p)
	return nil
}
