package s3

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// SignRead grants reading an object.
func (b *Bucket) SignRead(ctx context.Context, key, match string, expires time.Duration) (transfer.Signed, error) {
	return b.sign("read", key, func(c *s3.PresignClient) (*v4.PresignedHTTPRequest, error) {
		in := &s3.GetObjectInput{Bucket: &b.name, Key: &key}
		if match != "" {
			in.IfMatch = quote(match)
		}
		return c.PresignGetObject(ctx, in, s3.WithPresignExpires(expires))
	})
}

// SignWrite grants storing an object by one request, of at most 5 GiB.
func (b *Bucket) SignWrite(
	ctx context.Context, key string, opts transfer.CreateOptions, expires time.Duration,
) (transfer.Signed, error) {
	return b.sign("create", key, func(c *s3.PresignClient) (*v4.PresignedHTTPRequest, error) {
		u, err := b.newUpload(ctx, key, opts)
		if err != nil {
			return nil, err
		}
		in := &s3.PutObjectInput{Bucket: &b.name, Key: &key, ContentType: text(opts.ContentType), Metadata: u.meta}
		in.IfMatch, in.IfNoneMatch = u.conditions()
		return c.PresignPutObject(ctx, in, s3.WithPresignExpires(expires))
	})
}

// SignPart grants sending one part.
func (u *upload) SignPart(ctx context.Context, p transfer.StoredPart, expires time.Duration) (transfer.Signed, error) {
	return u.b.sign("part", u.key, func(c *s3.PresignClient) (*v4.PresignedHTTPRequest, error) {
		if err := u.parts.Check(p.N, int64(p.Size)); err != nil {
			return nil, err
		}
		if err := u.parts.Begin(ctx); err != nil {
			return nil, err
		}
		id, err := u.start(ctx)
		if err != nil {
			return nil, err
		}
		return c.PresignUploadPart(ctx, &s3.UploadPartInput{
			Bucket: &u.b.name, Key: &u.key, UploadId: &id, PartNumber: aws.Int32(int32(p.N)), ContentLength: aws.Int64(int64(p.Size)),
			ChecksumCRC32C: u.sums.crcHeader(parts.Part{CRC32C: p.CRC32C, HasCRC: p.HasCRC}),
		}, s3.WithPresignExpires(expires))
	})
}

func (b *Bucket) sign(
	op, key string, presign func(*s3.PresignClient) (*v4.PresignedHTTPRequest, error),
) (transfer.Signed, error) {
	err := transfer.CheckKey(key)
	var signed *v4.PresignedHTTPRequest
	if err == nil {
		signed, err = presign(s3.NewPresignClient(b.client))
	}
	if err != nil {
		return transfer.Signed{}, b.fail(op, key, fmt.Errorf("sign: %w", err))
	}
	header := http.Header{}
	for name, values := range signed.SignedHeader {
		if http.CanonicalHeaderKey(name) != "Host" { // the URL says it
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return transfer.Signed{Method: signed.Method, URL: signed.URL, Header: header}, nil
}
