package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

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
	if err := transfer.CheckKey(key); err != nil {
		return nil, err
	}
	if r.Offset < 0 || r.Length == 0 {
		return ranged.Nothing(func() (transfer.Object, error) { return b.stat(ctx, key) }, r, match)
	}
	rd, err := ranged.Open(ctx, ranged.Config{
		Open: func(ctx context.Context, first, end int64, match string) (ranged.Answer, error) {
			return b.get(ctx, key, first, end, match)
		},
		Attempts: b.cfg.Attempts,
		Fail:     func(err error) error { return b.fail("read", key, err) },
	}, r, match)
	if status(err) == http.StatusRequestedRangeNotSatisfiable {
		return ranged.Nothing(func() (transfer.Object, error) { return b.stat(ctx, key) }, r, match) // the range starts at the end, or past it
	}
	if err != nil {
		return nil, err
	}
	return rd, nil
}

// get asks for the bytes from first up to end.
func (b *Bucket) get(ctx context.Context, key string, first, end int64, match string) (ranged.Answer, error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key}
	if match != "" {
		in.IfMatch = quote(match)
	}
	whole := first == 0 && end == ranged.ToEnd // an empty object has no range
	if !whole {
		in.Range = aws.String(byteRange(first, end))
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		return ranged.Answer{}, classify(err)
	}
	if out.ContentLength == nil {
		return ranged.Answer{}, errors.Join(errors.New("the answer of the store has no length"), out.Body.Close())
	}
	a := ranged.Answer{Body: out.Body, Version: unquote(out.ETag), Length: *out.ContentLength}
	if !whole { // a store may ignore the range, and send all
		a.First = ranged.FirstByte(aws.ToString(out.ContentRange))
	}
	return a, nil
}

// byteRange is the header for the bytes from first up to end.
func byteRange(first, end int64) string {
	if end == ranged.ToEnd {
		return fmt.Sprintf("bytes=%d-", first)
	}
	return fmt.Sprintf("bytes=%d-%d", first, end-1)
}
