package azblob

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Bucket is one container. It is safe for concurrent use; make one with [Open].
//
// Keys have at most 1,024 characters and no "." element. Metadata keys are lower-case letters, digits and underscores, and begin with no
// digit; values may be any text. Others are refused with ErrInvalid.
type Bucket struct {
	account, name string
	host          string // of an endpoint that is not Azure's public cloud
	url           string // of the container, without credentials
	cfg           Config
	client        *container.Client
	own           *http.Transport // nil when the host gave a client
}

var (
	_ transfer.Copier  = (*Bucket)(nil)
	_ transfer.Resumer = (*Bucket)(nil)
	_ transfer.Signer  = (*Bucket)(nil)
)

// String is the bucket's URL: az://account/container, with the host of the endpoint in front where there is one.
func (b *Bucket) String() string {
	if b.host == "" {
		return "az://" + b.account + "/" + b.name
	}
	return "az://" + b.host + "/" + b.account + "/" + b.name
}

// Close releases the connections that the bucket made itself.
func (b *Bucket) Close() error {
	if b.own != nil {
		b.own.CloseIdleConnections()
	}
	return nil
}

func (b *Bucket) blob(key string) *blockblob.Client { return b.client.NewBlockBlobClient(key) }

// Stat describes one object.
func (b *Bucket) Stat(ctx context.Context, key string) (transfer.Object, error) {
	obj, err := b.stat(ctx, key)
	if err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	return obj, nil
}

func (b *Bucket) stat(ctx context.Context, key string) (transfer.Object, error) {
	obj, _, err := b.look(ctx, key)
	return obj, err
}

// look describes an object, and tells the mark of the upload that made it.
func (b *Bucket) look(ctx context.Context, key string) (transfer.Object, string, error) {
	if err := checkKey(key); err != nil {
		return transfer.Object{}, "", err
	}
	out, err := b.blob(key).GetProperties(ctx, nil)
	if err != nil {
		return transfer.Object{}, "", err
	}
	return describe(key, out.ContentLength, out.ETag, out.LastModified, out.ContentType, out.Metadata)
}

// describe translates what the store says.
func describe(
	key string, size *int64, tag *azcore.ETag, modified *time.Time, kind *string, meta map[string]*string,
) (transfer.Object, string, error) {
	if size == nil || tag == nil || unquote(tag) == "" {
		return transfer.Object{}, "", errNoTag
	}
	obj := transfer.Object{Key: key, Size: unit.Bytes(*size), Version: unquote(tag), Modified: value(modified).UTC(), ContentType: value(kind)}
	var sum stamp
	obj.Meta, sum = decodeMeta(meta)
	if sum.size == *size || *size == 0 {
		obj.CRC32C, obj.HasCRC = sum.crc, sum.known || *size == 0
	}
	return obj, sum.mark, nil
}

var errNoTag = errors.New("the answer of the store has no size or entity tag")

// value is what p points to, or nothing.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func unquote(tag *azcore.ETag) string { return strings.Trim(string(value(tag)), `"`) }

// quote makes a version the value of a condition.
func quote(version string) *azcore.ETag {
	tag := azcore.ETag(`"` + version + `"`)
	return &tag
}

// matching is the condition that a blob has a version; nil for none.
func matching(version string) *blob.AccessConditions {
	if version == "" {
		return nil
	}
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: quote(version)}}
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key, match string) error {
	err := b.remove(ctx, key, match)
	if match != "" && isConflict(err) {
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
	_, err := b.blob(key).Delete(ctx, &blob.DeleteOptions{AccessConditions: matching(match)})
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
	u, err := b.newUpload(key, cmp.Or(opts.Token, rand.Text()), opts)
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
