package gcs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"time"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// upload is one object on its way: a part 1 that is held in memory, or parts in a folder of their own.
type upload struct {
	b       *Bucket
	key, id string
	folder  string
	opts    transfer.CreateOptions
	parts   *parts.Upload
}

var (
	_ transfer.Expecter   = (*upload)(nil)
	_ transfer.PartSigner = (*upload)(nil)
)

func (b *Bucket) newUpload(key, id string, opts transfer.CreateOptions) (*upload, error) {
	if err := errors.Join(checkKey(key), checkMeta(opts.Meta)); err != nil {
		return nil, err
	}
	opts.Meta, opts.ContentType = maps.Clone(opts.Meta), cmp.Or(opts.ContentType, defaultType)
	u := &upload{b: b, key: key, id: id, folder: folder(key, id), opts: opts}
	u.parts = parts.New(parts.Config{Most: maxParts, Hold: int64(b.cfg.HoldSize), Send: u.send}, opts)
	return u, nil
}

// defaultType is the content type of an object that was given none. It is sent always: a request without one would be taken to
// want the attributes of a copy's source, or be guessed at.
const defaultType = "application/octet-stream"

// Part stores part n.
func (u *upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	if err := u.parts.Part(ctx, n, r); err != nil {
		return u.b.fail("part", u.key, err)
	}
	return nil
}

// send stores a part as an object, which may be done again without harm. The store compares its checksum.
func (u *upload) send(ctx context.Context, p parts.Part, r io.ReadSeeker) (string, error) {
	object := u.b.handle.Object(u.folder + partName(p.N))
	_, err := u.b.try(ctx, func() error {
		_, err := insert(ctx, object, r, storage.ObjectAttrs{ContentType: defaultType, CRC32C: p.CRC32C})
		return err
	})
	return object.ObjectName(), err
}

// insert stores an object by one request.
func insert(ctx context.Context, object *storage.ObjectHandle, r io.ReadSeeker, attrs storage.ObjectAttrs) (*storage.ObjectAttrs, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := object.NewWriter(ctx)
	w.ChunkSize, w.SendCRC32C, w.CRC32C = 0, true, attrs.CRC32C
	w.ContentType, w.Metadata = attrs.ContentType, attrs.Metadata
	_, err := io.Copy(w, r)
	if err != nil {
		cancel() // else Close would store what there is
	}
	if closed := w.Close(); closed != nil || err != nil {
		return nil, errors.Join(closed, err)
	}
	return w.Attrs(), nil
}

// Expect tells what Commit must find.
func (u *upload) Expect(size unit.Bytes, crc32c uint32) { u.parts.Expect(size, crc32c) }

// Abort throws the parts away. Parts under way should have ended before: one that arrives later stays until the next Sweep.
func (u *upload) Abort(ctx context.Context) error {
	begun := u.parts.Begun()
	u.parts.End()
	if !begun || u.id == "" {
		return nil
	}
	if err := u.b.clear(ctx, u.folder); err != nil {
		return u.b.fail("abort", u.key, err)
	}
	return nil
}

// clear removes all that is in a folder of parts.
func (b *Bucket) clear(ctx context.Context, folder string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(b.cfg.Streams)
	var listing error
	for attrs, err := range b.list(ctx, folder) {
		if listing = err; err != nil {
			break
		}
		g.Go(func() error { return b.discard(gctx, attrs.Name) })
	}
	return errors.Join(g.Wait(), listing)
}

// discard removes a part; it is no error when it is gone.
func (b *Bucket) discard(ctx context.Context, name string) error {
	object := b.handle.Object(name)
	if _, err := b.try(ctx, func() error { return object.Delete(ctx) }); err != nil && !isMissing(err) {
		return err
	}
	return nil
}

// cleanupTime bounds what is done after a failure, or after the object is durable.
const cleanupTime = time.Minute

func aside(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
}
