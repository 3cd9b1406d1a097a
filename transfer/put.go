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
		want := Sum{Size: opts.Size, CRC32C: CRC32C(0, data)}
		return settle(ctx, Target{b, key}, err, abandon(ctx, up, err), func(ctx context.Context, there Object) error {
			if there.HasCRC {
				return Sum{Size: there.Size, CRC32C: there.CRC32C}.differs(want)
			}
			got, _, err := Get(ctx, b, key)
			if err != nil {
				return err
			}
			return Sum{Size: unit.Bytes(len(got)), CRC32C: CRC32C(0, got)}.differs(want)
		})
	}
	return obj, nil
}

// refused says that a store has decided against a commit.
func refused(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrCorrupt)
}

// settle decides a commit that failed. A store that refused has said so; any other failure may be an answer that was
// lost, even that the upload is not found, and then what is at the destination decides: when it is the whole content,
// the commit took effect. lost is the error to return when it did not.
func settle(ctx context.Context, at Target, cause, lost error, confirm func(context.Context, Object) error) (Object, error) {
	if refused(cause) {
		return Object{}, lost
	}
	ctx, cancel := aside(ctx)
	defer cancel()
	obj, err := at.Bucket.Stat(ctx, at.Key)
	for again := 0; again < 3 && err != nil && !errors.Is(err, ErrNotFound); again++ {
		obj, err = at.Bucket.Stat(ctx, at.Key)
	}
	switch {
	case err == nil && confirm(ctx, obj) == nil:
		return obj, nil
	case err == nil || errors.Is(err, ErrNotFound):
		return Object{}, lost
	}
	return Object{}, fmt.Errorf("%w; look whether the object is there, for asking failed too: %w", lost, err)
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
