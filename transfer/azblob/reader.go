package azblob

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

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
	case isConflict(err):
		return nil, b.differs(ctx, key)
	case err != nil:
		return nil, err
	}
	return rd, nil
}

// ask asks for bytes of an object.
func (b *Bucket) ask(ctx context.Context, key string, first, end int64, match string) (ranged.Answer, error) {
	opts := &blob.DownloadStreamOptions{AccessConditions: matching(match), Range: blob.HTTPRange{Offset: first}}
	if end != ranged.ToEnd {
		opts.Range.Count = end - first
	}
	out, err := b.blob(key).DownloadStream(ctx, opts)
	if err != nil {
		if isConflict(err) || isMissing(err) {
			err = classify(err)
		}
		return ranged.Answer{}, err
	}
	a := ranged.Answer{Body: out.Body, Version: unquote(out.ETag), First: ranged.FirstByte(value(out.ContentRange)), Length: -1}
	if out.ContentLength != nil {
		a.Length = *out.ContentLength
	}
	if a.First < 0 && first > 0 {
		return a, errors.Join(errors.New("asked for a range, the store sends the whole"), out.Body.Close())
	}
	a.First = max(a.First, 0)
	return a, nil
}
