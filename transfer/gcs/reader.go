package gcs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"cloud.google.com/go/storage"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/ranged"
)

// Read streams a range of one object. A connection that breaks on the way is replaced by another for the rest, of the same version.
func (b *Bucket) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	rd, err := b.read(ctx, key, r, match)
	if err != nil {
		return nil, b.fail("read", key, err)
	}
	return rd, nil
}

func (b *Bucket) read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if r.Offset < 0 || r.Length == 0 {
		return ranged.Nothing(func() (transfer.Object, error) { return b.stat(ctx, key) }, r, match)
	}
	rd, err := ranged.Open(ctx, ranged.Config{
		Open: func(ctx context.Context, first, end int64, match string) (ranged.Answer, error) {
			return b.ask(ctx, key, first, end, match)
		},
		Attempts: b.cfg.Attempts,
		Fail:     func(err error) error { return b.fail("read", key, err) },
	}, r, match)
	switch {
	case status(err) == http.StatusRequestedRangeNotSatisfiable:
		return ranged.Nothing(func() (transfer.Object, error) { return b.stat(ctx, key) }, r, match) // the range starts at the end, or past it
	case errors.Is(err, transfer.ErrConflict):
		return nil, b.differs(ctx, key)
	case err != nil:
		return nil, err
	}
	return rd, nil
}

// ask asks for bytes of an object.
func (b *Bucket) ask(ctx context.Context, key string, first, end int64, match string) (ranged.Answer, error) {
	object := b.handle.Object(key).ReadCompressed(true)
	if match != "" {
		n, err := generation(match)
		if err != nil {
			return ranged.Answer{}, err
		}
		object = object.If(storage.Conditions{GenerationMatch: n})
	}
	length := int64(-1)
	if end != ranged.ToEnd {
		length = end - first
	}
	var body *storage.Reader
	_, err := b.try(ctx, func() (err error) {
		body, err = object.NewRangeReader(ctx, first, length)
		return err
	})
	if err != nil {
		return ranged.Answer{}, classify(err)
	}
	a := ranged.Answer{Body: body, Version: match, First: body.Attrs.StartOffset, Length: body.Remain()}
	if body.Attrs.Generation > 0 {
		a.Version = strconv.FormatInt(body.Attrs.Generation, 10)
	}
	return a, nil
}
