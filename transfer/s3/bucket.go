package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Bucket is one bucket of a store. It is safe for concurrent use; make one with [Open].
//
// Metadata keys are lower case in S3; others are refused with ErrInvalid. Values may be any text. Conditions are kept by the store,
// see [Config.LooseConditions]; one of Delete is also looked at before, for not every store knows it.
type Bucket struct {
	name    string
	service string // host of the endpoint; "" for Amazon
	cfg     Config
	client  *s3.Client
	own     *http.Transport // nil when the host gave a client
}

var (
	_ transfer.Copier  = (*Bucket)(nil)
	_ transfer.Lister  = (*Bucket)(nil)
	_ transfer.Resumer = (*Bucket)(nil)
	_ transfer.Signer  = (*Bucket)(nil)
)

// String is the bucket's URL: s3://name, with the host of the endpoint before the name where there is one.
func (b *Bucket) String() string {
	if b.service == "" {
		return "s3://" + b.name
	}
	return "s3://" + b.service + "/" + b.name
}

// Close releases the connections that the bucket made itself.
func (b *Bucket) Close() error {
	if b.own != nil {
		b.own.CloseIdleConnections()
	}
	return nil
}

// Stat describes one object.
func (b *Bucket) Stat(ctx context.Context, key string) (transfer.Object, error) {
	obj, err := b.stat(ctx, key)
	if err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	return obj, nil
}

func (b *Bucket) stat(ctx context.Context, key string) (transfer.Object, error) {
	if err := transfer.CheckKey(key); err != nil {
		return transfer.Object{}, err
	}
	in := &s3.HeadObjectInput{Bucket: &b.name, Key: &key}
	if b.cfg.Sums != MD5Sums {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	out, err := b.client.HeadObject(ctx, in)
	if err != nil {
		return transfer.Object{}, err
	}
	obj := transfer.Object{
		Key: key, Size: unit.Bytes(aws.ToInt64(out.ContentLength)), Version: unquote(out.ETag), Modified: aws.ToTime(out.LastModified).UTC(),
		ContentType: aws.ToString(out.ContentType), Meta: decodeMeta(out.Metadata),
	}
	if obj.Version == "" {
		return transfer.Object{}, errNoTag
	}
	if b.cfg.Sums != MD5Sums {
		obj.CRC32C, obj.HasCRC = fullCRC(out.ChecksumCRC32C, out.ChecksumType)
	}
	return obj, nil
}

var errNoTag = errors.New("the answer of the store has no entity tag")

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key, match string) error {
	err := b.remove(ctx, key, match)
	if err != nil && !isMissing(err) {
		return b.fail("delete", key, err)
	}
	return nil
}

func (b *Bucket) remove(ctx context.Context, key, match string) error {
	if err := transfer.CheckKey(key); err != nil {
		return err
	}
	in := &s3.DeleteObjectInput{Bucket: &b.name, Key: &key}
	if match != "" {
		obj, err := b.stat(ctx, key)
		if err != nil {
			return err
		}
		if obj.Version != match {
			return transfer.ErrConflict
		}
		in.IfMatch = quote(match)
	}
	_, err := b.client.DeleteObject(ctx, in)
	return err
}

// Create opens an upload. Nothing is asked of the store before the first part, unless opts tell that one request will not do.
func (b *Bucket) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	u, err := b.newUpload(ctx, key, opts)
	if err == nil && opts.Size > b.cfg.HoldSize {
		if _, err = u.start(ctx); err == nil {
			err = u.parts.Begin(ctx)
		}
	}
	if err != nil {
		return nil, b.fail("create", key, err)
	}
	return u, nil
}

// fail names the object an operation failed on, and gives the error its meaning.
func (b *Bucket) fail(op, key string, err error) error {
	return &transfer.Error{Op: op, Bucket: b.String(), Key: key, Err: classify(err)}
}

// quote makes a version the value of a condition.
func quote(version string) *string { return aws.String(`"` + version + `"`) }

func unquote(tag *string) string { return strings.Trim(aws.ToString(tag), `"`) }
