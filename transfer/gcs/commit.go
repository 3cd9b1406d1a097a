package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Commit makes the object visible: by one request when part 1 is all and small, else by composing the parts. The parts are removed
// afterwards; those that could not be are found by Sweep.
//
// A refusal that came to a repeated request, the first of which may have taken effect without an answer, is success when the object
// that is there has this content.
func (u *upload) Commit(ctx context.Context) (transfer.Object, error) {
	obj, err := u.commit(ctx)
	if err != nil {
		return transfer.Object{}, u.b.fail("commit", u.key, err)
	}
	begun := u.parts.Begun()
	u.parts.End()
	if begun {
		ctx, cancel := aside(ctx)
		defer cancel()
		_ = u.b.clear(ctx, u.folder) // the object is there; what stays is swept
	}
	return obj, nil
}

func (u *upload) commit(ctx context.Context) (transfer.Object, error) {
	c, err := u.parts.Content()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return transfer.Object{}, err
	}
	target, err := u.target()
	if err != nil {
		return transfer.Object{}, err
	}
	attrs := storage.ObjectAttrs{ContentType: u.opts.ContentType, Metadata: u.opts.Meta, CRC32C: c.Whole.CRC32C}
	if c.Single {
		return u.settle(ctx, c.Whole, func() (*storage.ObjectAttrs, error) { return insert(ctx, target, bytes.NewReader(c.Held), attrs) })
	}
	if err := u.parts.Begin(ctx); err != nil { // what is held is sent
		return transfer.Object{}, err
	}
	sources, err := u.join(ctx, c.Parts)
	if err != nil {
		return transfer.Object{}, err
	}
	return u.settle(ctx, c.Whole, func() (*storage.ObjectAttrs, error) { return u.compose(ctx, target, sources, c.Whole, attrs) })
}

// target is the object under the conditions of the upload.
func (u *upload) target() (*storage.ObjectHandle, error) {
	object := u.b.handle.Object(u.key)
	switch {
	case u.opts.IfAbsent && u.opts.IfMatch != "":
		return nil, transfer.ErrConflict // never both
	case u.opts.IfAbsent:
		return object.If(storage.Conditions{DoesNotExist: true}), nil
	case u.opts.IfMatch != "":
		n, err := generation(u.opts.IfMatch)
		return object.If(storage.Conditions{GenerationMatch: n}), err
	}
	return object, nil
}

// join composes parts until few enough are left for the last time.
func (u *upload) join(ctx context.Context, all []parts.Part) ([]parts.Part, error) {
	for round := 1; len(all) > maxSources; round++ {
		joined := make([]parts.Part, (len(all)+maxSources-1)/maxSources)
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(u.b.cfg.Streams)
		for i := range joined {
			some := all[i*maxSources : min((i+1)*maxSources, len(all))]
			g.Go(func() (err error) {
				joined[i], err = u.joinSome(gctx, fmt.Sprintf("round-%d-%05d", round, i), some)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		all = joined
	}
	return all, nil
}

// joinSome composes some parts into one, which may be done again without harm.
func (u *upload) joinSome(ctx context.Context, name string, some []parts.Part) (parts.Part, error) {
	all := parts.Whole(some)
	all.Tag = u.folder + name
	attrs := storage.ObjectAttrs{ContentType: defaultType, CRC32C: all.CRC32C}
	object := u.b.handle.Object(all.Tag)
	_, err := u.b.try(ctx, func() error {
		_, err := u.compose(ctx, object, some, all, attrs)
		return err
	})
	return all, err
}

// compose makes one object of several. The store refuses when its checksum is not the one expected.
func (u *upload) compose(
	ctx context.Context, to *storage.ObjectHandle, from []parts.Part, whole parts.Part, attrs storage.ObjectAttrs,
) (*storage.ObjectAttrs, error) {
	sources := make([]*storage.ObjectHandle, len(from))
	for i, p := range from {
		sources[i] = u.b.handle.Object(p.Tag)
	}
	c := to.ComposerFrom(sources...)
	c.ObjectAttrs, c.SendCRC32C = attrs, whole.HasCRC
	return c.Run(ctx)
}

// settle sends the request that makes the object, and finds out whether it did.
func (u *upload) settle(ctx context.Context, whole parts.Part, send func() (*storage.ObjectAttrs, error)) (transfer.Object, error) {
	var made *storage.ObjectAttrs
	tries, err := u.b.try(ctx, func() (err error) {
		made, err = send()
		return err
	})
	switch {
	case err == nil:
		return u.proved(ctx, made, whole)
	case tries > 1 && (status(err) == http.StatusPreconditionFailed || isMissing(err)):
		if obj, err := u.b.stat(ctx, u.key); err == nil && same(obj, whole) {
			return obj, nil
		}
	}
	if u.opts.IfMatch != "" && isMissing(err) && isMissing(u.b.differs(ctx, u.key)) {
		return transfer.Object{}, fmt.Errorf("%w: %w", transfer.ErrConflict, err)
	}
	return transfer.Object{}, err
}

// same reports whether an object has this content.
func same(obj transfer.Object, whole parts.Part) bool {
	return int64(obj.Size) == whole.Size && obj.HasCRC && whole.HasCRC && obj.CRC32C == whole.CRC32C
}

// proved is the object that the store says it made, if that is what was meant.
func (u *upload) proved(ctx context.Context, made *storage.ObjectAttrs, whole parts.Part) (transfer.Object, error) {
	if made == nil || made.Generation == 0 {
		return transfer.Object{}, errors.New("the answer of the store has no generation")
	}
	obj := describe(made)
	obj.Key = u.key
	if int64(obj.Size) != whole.Size || obj.HasCRC && whole.HasCRC && obj.CRC32C != whole.CRC32C {
		err := fmt.Errorf("sent %d bytes with crc32c %08x, the store has %d with %08x: %w",
			whole.Size, whole.CRC32C, int64(obj.Size), obj.CRC32C, transfer.ErrCorrupt)
		ctx, cancel := aside(ctx)
		defer cancel()
		return transfer.Object{}, errors.Join(err, u.b.remove(ctx, u.key, obj.Version))
	}
	return obj, nil
}
