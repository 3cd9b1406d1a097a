package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/openintercloud/broker/transfer"
)

// CopyFrom copies a file of another directory bucket inside the kernel, so that its bytes do not pass through this
// process on their way; then it reads the copy once and compares it with the source's checksum. A source without a
// known checksum, or of another kind of bucket, is not taken.
func (b *Bucket) CopyFrom(ctx context.Context, key string, from transfer.Bucket, src transfer.Object, opts transfer.CreateOptions) (transfer.Object, bool, error) {
	source, ok := from.(*Bucket)
	if !ok || !src.HasCRC {
		return transfer.Object{}, false, nil
	}
	opts.PartSize = 0
	u, err := b.create(ctx, key, opts)
	if err != nil {
		return transfer.Object{}, false, b.fail("copy", key, err)
	}
	err = u.clone(ctx, source, src)
	if err != nil {
		return transfer.Object{}, false, b.fail("copy", key, errors.Join(err, u.Abort(ctx)))
	}
	u.Expect(src.Size, src.CRC32C)
	obj, err := u.Commit(ctx)
	if err != nil {
		return transfer.Object{}, false, errors.Join(err, u.Abort(ctx))
	}
	return obj, true, nil
}

// clone makes the file of src the only part of the upload.
func (u *upload) clone(ctx context.Context, source *Bucket, src transfer.Object) error {
	name, err := fileName(src.Key)
	if err != nil {
		return err
	}
	f, _, err := source.openFile(name, src.Version)
	if err != nil {
		return fmt.Errorf("source %s: %w", src.Key, err)
	}
	defer f.Close()
	const stride = 64 << 20 // so that a cancelled copy ends soon
	for left := int64(src.Size); left > 0; left -= stride {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(u.data, f, min(left, stride)); err != nil {
			return fmt.Errorf("source %s: %w", src.Key, err)
		}
	}
	if info, err := f.Stat(); err != nil || version(info) != src.Version {
		return fmt.Errorf("source %s: %w", src.Key, errors.Join(transfer.ErrConflict, err))
	}
	sum := &summer{ctx: ctx, w: io.Discard}
	if _, err := io.Copy(sum, io.NewSectionReader(u.data, 0, int64(src.Size))); err != nil {
		return err
	}
	return u.keep(1, part{size: sum.size, crc: sum.crc})
}
