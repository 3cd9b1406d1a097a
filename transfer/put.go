package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// cleanupTime bounds what is done after a call failed or was cancelled: aborting uploads, deleting objects.
const cleanupTime = 30 * time.Second

// aside is a context for cleaning up: it outlives the cancellation of ctx, for a bounded time.
func aside(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
}

// Put stores data as one small object, atomically. After a failure nothing is left behind.
func Put(ctx context.Context, b Bucket, key string, data []byte, opts CreateOptions) (Object, error) {
	opts.Size = unit.Bytes(len(data))
	up, err := b.Create(ctx, key, opts)
	if err != nil {
		return Object{}, err
	}
	if err := up.Part(ctx, 1, bytes.NewReader(data)); err != nil {
		return Object{}, abandon(ctx, up, err)
	}
	if e, ok := up.(Expecter); ok {
		e.Expect(opts.Size, CRC32C(0, data))
	}
	obj, err := up.Commit(ctx)
	if err != nil {
		return Object{}, abandon(ctx, up, err)
	}
	return obj, nil
}

// abandon aborts an upload that failed with err.
func abandon(ctx context.Context, up Upload, err error) error {
	ctx, cancel := aside(ctx)
	defer cancel()
	return errors.Join(err, up.Abort(ctx))
}

// Get reads one small object whole, with the version it describes, and compares it with the store's checksum.
func Get(ctx context.Context, b Bucket, key string) ([]byte, Object, error) {
	obj, err := b.Stat(ctx, key)
	if err != nil {
		return nil, Object{}, err
	}
	r, err := b.Read(ctx, key, Whole(), obj.Version)
	if err != nil {
		return nil, Object{}, err
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, Object{}, &Error{Op: "read", Bucket: Name(b), Key: key, Err: err}
	}
	if len(data) != int(obj.Size) || obj.HasCRC && obj.CRC32C != CRC32C(0, data) {
		err := fmt.Errorf("read %d bytes with crc32c %08x, want %d with %08x: %w", len(data), CRC32C(0, data), int64(obj.Size), obj.CRC32C, ErrCorrupt)
		return nil, Object{}, &Error{Op: "read", Bucket: Name(b), Key: key, Err: err}
	}
	return data, obj, nil
}
