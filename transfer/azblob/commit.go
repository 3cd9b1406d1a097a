package azblob

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Commit makes the object visible: by one request when part 1 is all and small, else by the list of blocks.
//
// A refusal that came to a repeated request, the first of which may have taken effect without an answer, is success when the object
// that is there has the mark of this upload.
func (u *upload) Commit(ctx context.Context) (transfer.Object, error) {
	obj, err := u.commit(ctx)
	if err != nil {
		return transfer.Object{}, u.b.fail("commit", u.key, err)
	}
	u.parts.End()
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
	if c.Single {
		return u.settle(ctx, c.Whole, func(ctx context.Context) (answer, error) { return u.put(ctx, c.Held, c.Whole) })
	}
	if err := u.parts.Begin(ctx); err != nil { // what is held is sent
		return transfer.Object{}, err
	}
	if c, err = u.parts.Content(); err != nil { // its block has a name by now
		return transfer.Object{}, err
	}
	return u.list(ctx, c.Parts, c.Whole)
}

// list writes the list of blocks.
func (u *upload) list(ctx context.Context, all []parts.Part, whole parts.Part) (transfer.Object, error) {
	ids := make([]string, 0, len(all))
	for _, p := range all {
		if p.Tag != "" {
			ids = append(ids, p.Tag)
		}
	}
	return u.settle(ctx, whole, func(ctx context.Context) (answer, error) {
		out, err := u.b.blob(u.key).CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{
			HTTPHeaders: u.headers(), Metadata: u.stamped(whole), AccessConditions: u.conditions(),
		})
		return answer{out.ETag, out.LastModified}, err
	})
}

// answer is what the store says of an object it made.
type answer struct {
	tag      *azcore.ETag
	modified *time.Time
}

// put stores the object by one request.
func (u *upload) put(ctx context.Context, held []byte, whole parts.Part) (answer, error) {
	body := bytes.NewReader(held)
	sum, err := checksum(body)
	if err != nil {
		return answer{}, err
	}
	out, err := u.b.blob(u.key).Upload(ctx, streaming.NopCloser(body), &blockblob.UploadOptions{
		HTTPHeaders: u.headers(), Metadata: u.stamped(whole), AccessConditions: u.conditions(), TransactionalValidation: sum,
	})
	return answer{out.ETag, out.LastModified}, err
}

func (u *upload) headers() *blob.HTTPHeaders {
	return &blob.HTTPHeaders{BlobContentType: &u.opts.ContentType}
}

// stamped is the metadata with what is known of the content.
func (u *upload) stamped(whole parts.Part) map[string]*string {
	meta := maps.Clone(u.meta)
	if whole.HasCRC {
		text := stamp{crc: whole.CRC32C, size: whole.Size, mark: u.mark}.String()
		meta[SumKey] = &text
	}
	return meta
}

// conditions are those of a write; nil for none.
func (u *upload) conditions() *blob.AccessConditions {
	if !u.opts.IfAbsent {
		return matching(u.opts.IfMatch)
	}
	none := azcore.ETagAny
	c := &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: &none}}
	if u.opts.IfMatch != "" {
		c.ModifiedAccessConditions.IfMatch = quote(u.opts.IfMatch)
	}
	return c
}

// settle sends the request that makes the object, and finds out whether it did.
func (u *upload) settle(
	ctx context.Context, whole parts.Part, send func(context.Context) (answer, error),
) (transfer.Object, error) {
	counted, tries := counting(ctx)
	a, err := send(counted)
	switch {
	case err == nil:
		return u.made(a, whole)
	case tries.Load() > 1 && (isConflict(err) || isMissing(err)):
		if obj, mark, err := u.b.look(ctx, u.key); err == nil && mark == u.mark {
			return obj, nil
		}
	}
	if u.opts.IfMatch != "" && isMissing(err) {
		return transfer.Object{}, fmt.Errorf("%w: %w", transfer.ErrConflict, classify(err))
	}
	return transfer.Object{}, err
}

// made is the object that the store says it made.
func (u *upload) made(a answer, whole parts.Part) (transfer.Object, error) {
	obj := transfer.Object{
		Key: u.key, Size: unit.Bytes(whole.Size), Version: unquote(a.tag), CRC32C: whole.CRC32C, HasCRC: whole.HasCRC,
		Modified: value(a.modified).UTC(), ContentType: u.opts.ContentType, Meta: maps.Clone(u.opts.Meta),
	}
	if obj.Version == "" {
		return transfer.Object{}, errNoTag
	}
	if !obj.HasCRC {
		obj.CRC32C = 0
	}
	return obj, nil
}
