package gcs

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"cloud.google.com/go/storage"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Bucket is one bucket of Google Cloud Storage. It is safe for concurrent use; make one with [Open].
//
// Keys have at most 1,024 bytes and hold no line feed or carriage return; keys below [PartsPrefix] are the bucket's own. Others are
// refused with ErrInvalid.
type Bucket struct {
	name     string
	endpoint *url.URL // nil for Google's
	cfg      Config
	client   *storage.Client
	handle   *storage.BucketHandle
	own      *http.Transport // nil when the host gave a client
}

var (
	_ transfer.Copier  = (*Bucket)(nil)
	_ transfer.Resumer = (*Bucket)(nil)
	_ transfer.Signer  = (*Bucket)(nil)
)

// String is the bucket's URL: gs://name, with the host of the endpoint before the name where there is one.
func (b *Bucket) String() string {
	if b.endpoint == nil {
		return "gs://" + b.name
	}
	return "gs://" + b.endpoint.Host + "/" + b.name
}

// Close releases the connections that the bucket made itself.
func (b *Bucket) Close() error {
	if b.own == nil {
		return nil // closing the SDK's client would close the connections of the host's
	}
	defer b.own.CloseIdleConnections()
	return b.client.Close()
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
	if err := checkKey(key); err != nil {
		return transfer.Object{}, err
	}
	var attrs *storage.ObjectAttrs
	_, err := b.try(ctx, func() (err error) {
		attrs, err = b.handle.Object(key).Attrs(ctx)
		return err
	})
	if err != nil {
		return transfer.Object{}, err
	}
	return describe(attrs), nil
}

// describe translates what the store says. A checksum of zero is not told apart from none, which encrypted objects have at times.
func describe(a *storage.ObjectAttrs) transfer.Object {
	obj := transfer.Object{
		Key: a.Name, Size: unit.Bytes(a.Size), Version: version(a), CRC32C: a.CRC32C, HasCRC: a.CRC32C != 0 || a.Size == 0,
		Modified: a.Created.UTC(), ContentType: a.ContentType,
	}
	if len(a.Metadata) > 0 {
		obj.Meta = a.Metadata
	}
	return obj
}

func version(a *storage.ObjectAttrs) string { return strconv.FormatInt(a.Generation, 10) }

// generation reads a version; one that is none of this store matches no object.
func generation(version string) (int64, error) {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil || n <= 0 {
		return 0, transfer.ErrConflict
	}
	return n, nil
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key, match string) error {
	err := b.remove(ctx, key, match)
	if errors.Is(classify(err), transfer.ErrConflict) {
		err = b.differs(ctx, key)
	}
	if err != nil && !isMissing(err) {
		return b.fail("delete", key, err)
	}
	return nil
}

func (b *Bucket) remove(ctx context.Context, key, match string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	object := b.handle.Object(key)
	if match != "" {
		n, err := generation(match)
		if err != nil {
			return err
		}
		object = object.If(storage.Conditions{GenerationMatch: n})
	}
	_, err := b.try(ctx, func() error { return object.Delete(ctx) })
	return err
}

// differs tells a missing object from one of another version.
func (b *Bucket) differs(ctx context.Context, key string) error {
	if _, err := b.stat(ctx, key); err != nil {
		return err
	}
	return transfer.ErrConflict
}

// Create opens an upload. Nothing is asked of the store before the first part that is not held.
func (b *Bucket) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	u, err := b.newUpload(key, idOf(opts.Token), opts)
	if err == nil {
		err = ctx.Err()
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
