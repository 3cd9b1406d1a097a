package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Commit makes the object visible: by one request when part 1 is all and small, else by completing the upload in parts. Its time in
// the result is the store's clock at that moment.
//
// When no answer came, or a refusal that may be the answer to a repeated request whose first had taken effect, the commit is a
// success if the object that is there has this content.
func (u *upload) Commit(ctx context.Context) (transfer.Object, error) {
	obj, err := u.commit(ctx)
	if err != nil {
		return transfer.Object{}, u.b.fail("commit", u.key, err)
	}
	u.parts.End()
	u.setID("")
	return obj, nil
}

func (u *upload) commit(ctx context.Context) (transfer.Object, error) {
	c, err := u.parts.Content()
	if err == nil {
		err = errors.Join(ctx.Err(), u.equal(c.Parts))
	}
	if err == nil && u.b.cfg.LooseConditions {
		err = u.look(ctx)
	}
	switch {
	case err != nil:
		return transfer.Object{}, err
	case c.Single || len(c.Parts) == 0:
		return u.single(ctx, c)
	case c.Held != nil: // on its way to the store when that failed
		if err := u.parts.Begin(ctx); err != nil {
			return transfer.Object{}, err
		}
		if c, err = u.parts.Content(); err != nil {
			return transfer.Object{}, err
		}
	}
	return u.several(ctx, c)
}

// equal refuses what a store that wants parts of one size would.
func (u *upload) equal(all []parts.Part) error {
	if !u.b.cfg.EqualParts {
		return nil
	}
	for i, p := range all {
		if first := all[0].Size; p.Size > first || p.Size < first && i+1 < len(all) {
			return fmt.Errorf("part %d has %d bytes, not %d as the first: %w", p.N, p.Size, first, transfer.ErrInvalid)
		}
	}
	return nil
}

// single stores the object by one request. An upload in parts that got none is not needed any more.
func (u *upload) single(ctx context.Context, c parts.Content) (transfer.Object, error) {
	obj, err := u.settle(ctx, c, func(ctx context.Context) (answer, error) { return u.put(ctx, c) })
	if err != nil || u.Token() == "" {
		return obj, err
	}
	ctx, cancel := aside(ctx)
	defer cancel()
	return obj, u.Abort(ctx)
}

// several completes the upload in parts.
func (u *upload) several(ctx context.Context, c parts.Content) (transfer.Object, error) {
	id := u.Token()
	obj, err := u.settle(ctx, c, func(ctx context.Context) (answer, error) { return u.complete(ctx, id, c) })
	if errorCode(err) != "InvalidPart" {
		return obj, err
	}
	again, known := u.retagged(ctx, id, c.Parts)
	if !known {
		return obj, err
	}
	c.Parts = again
	return u.settle(ctx, c, func(ctx context.Context) (answer, error) { return u.complete(ctx, id, c) })
}

// retagged are the parts under the tags that the store has for them. A part that was sent twice at once may have the tag of either;
// what counts is that it is the same content.
func (u *upload) retagged(ctx context.Context, id string, all []parts.Part) ([]parts.Part, bool) {
	stored, err := u.b.stored(ctx, u.key, id)
	if err != nil || len(stored) != len(all) {
		return nil, false
	}
	changed := false
	for i, s := range stored {
		if s.N != all[i].N || s.Size != all[i].Size {
			return nil, false
		}
		if s.Tag != all[i].Tag {
			if !s.HasCRC || !all[i].HasCRC || s.CRC32C != all[i].CRC32C {
				return nil, false
			}
			changed = true
		}
	}
	return stored, changed
}

// look checks the conditions for a store that does not.
func (u *upload) look(ctx context.Context) error {
	if !u.conditional() {
		return nil
	}
	obj, err := u.b.stat(ctx, u.key)
	if err != nil && !isMissing(err) {
		return err
	}
	if err == nil && u.opts.IfAbsent || u.opts.IfMatch != "" && obj.Version != u.opts.IfMatch {
		return transfer.ErrConflict
	}
	return nil
}

func (u *upload) conditional() bool { return u.opts.IfAbsent || u.opts.IfMatch != "" }

// conditions are the headers of a write.
func (u *upload) conditions() (ifMatch, ifNoneMatch *string) {
	if u.opts.IfMatch != "" {
		ifMatch = quote(u.opts.IfMatch)
	}
	if u.opts.IfAbsent {
		ifNoneMatch = aws.String("*")
	}
	return ifMatch, ifNoneMatch
}

// answer is what the store says of an object it made.
type answer struct {
	tag  string
	crc  *string
	kind types.ChecksumType
	meta middleware.Metadata
}

// put stores the object by one request.
func (u *upload) put(ctx context.Context, c parts.Content) (answer, error) {
	body := bytes.NewReader(c.Held)
	in := &s3.PutObjectInput{
		Bucket: &u.b.name, Key: &u.key, Body: body, ContentLength: &c.Whole.Size, ContentType: text(u.opts.ContentType), Metadata: u.meta,
		ChecksumCRC32C: u.sums.crcHeader(c.Whole),
	}
	if u.sums == MD5Sums {
		var err error
		if in.ContentMD5, _, err = md5Of(body); err != nil {
			return answer{}, err
		}
	}
	in.IfMatch, in.IfNoneMatch = u.conditions()
	out, err := u.b.client.PutObject(ctx, in, unsigned)
	if err != nil {
		return answer{}, err
	}
	return answer{unquote(out.ETag), out.ChecksumCRC32C, out.ChecksumType, out.ResultMetadata}, nil
}

// complete joins the parts.
func (u *upload) complete(ctx context.Context, id string, c parts.Content) (answer, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.b.name, Key: &u.key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.completed(c.Parts)},
	}
	if crc, known := u.meant(c.Whole); known && u.sums == FullSums {
		in.ChecksumCRC32C, in.ChecksumType, in.MpuObjectSize = aws.String(encodeCRC(crc)), types.ChecksumTypeFullObject, &c.Whole.Size
	}
	in.IfMatch, in.IfNoneMatch = u.conditions()
	out, err := u.b.client.CompleteMultipartUpload(ctx, in)
	if err != nil {
		return answer{}, err
	}
	return answer{unquote(out.ETag), out.ChecksumCRC32C, out.ChecksumType, out.ResultMetadata}, nil
}

func (u *upload) completed(all []parts.Part) []types.CompletedPart {
	list := make([]types.CompletedPart, len(all))
	for i, p := range all {
		list[i] = types.CompletedPart{PartNumber: aws.Int32(int32(p.N)), ETag: quote(p.Tag), ChecksumCRC32C: u.sums.crcHeader(p)}
	}
	return list
}

// settle sends the request that makes the object, and finds out whether it did.
func (u *upload) settle(ctx context.Context, c parts.Content, send func(context.Context) (answer, error)) (transfer.Object, error) {
	counted, tries := counting(ctx)
	a, err := send(counted)
	if err == nil && a.tag == "" { // an answer that was cut
		err = errNoTag
	}
	switch {
	case err == nil:
		return u.proved(ctx, c, a)
	case tries.Load() > 1 && (isConflict(err) || errorCode(err) == "NoSuchUpload"), errorCode(err) == "" && ctx.Err() == nil:
		if obj, there := u.mine(ctx, c); there {
			return obj, nil
		}
	case u.opts.IfMatch != "" && isMissing(err):
		return transfer.Object{}, fmt.Errorf("%w: %w", transfer.ErrConflict, err)
	}
	return transfer.Object{}, err
}
