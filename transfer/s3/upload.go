package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/semaphore"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// upload is one object on its way: a part 1 that is held in memory, or an upload in parts at the store.
type upload struct {
	b       *Bucket
	key     string
	opts    transfer.CreateOptions
	meta    map[string]string // encoded
	sums    Sums
	copied  bool        // by the store: what it tells of the parts was not sent from here
	byTag   string      // the entity tag a copy must end up with; "" = its checksum decides
	foreign atomic.Bool // some part's tag is not its MD5
	parts   *parts.Upload
	begin   *semaphore.Weighted // one makes the id

	mu     sync.Mutex
	id     string        // of the upload in parts; "" = there is none
	expect *transfer.Sum // nil = nothing was told
}

var (
	_ transfer.Expecter   = (*upload)(nil)
	_ transfer.PartSigner = (*upload)(nil)
)

func (b *Bucket) newUpload(ctx context.Context, key string, opts transfer.CreateOptions) (*upload, error) {
	if err := transfer.CheckKey(key); err != nil {
		return nil, err
	}
	meta, err := encodeMeta(opts.Meta)
	if err != nil {
		return nil, err
	}
	opts.Meta = maps.Clone(opts.Meta)
	u := &upload{b: b, key: key, opts: opts, meta: meta, sums: b.cfg.Sums, begin: semaphore.NewWeighted(1)}
	u.parts = parts.New(parts.Config{Most: maxParts, Hold: int64(b.cfg.HoldSize), Send: u.send}, opts)
	return u, ctx.Err()
}

// Part stores part n. The same part may be sent twice at once, when the content is the same.
func (u *upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	if err := u.parts.Part(ctx, n, r); err != nil {
		return u.b.fail("part", u.key, err)
	}
	return nil
}

// start makes sure that there is an upload in parts, and returns its id.
func (u *upload) start(ctx context.Context) (string, error) {
	if err := u.begin.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer u.begin.Release(1)
	if id := u.Token(); id != "" {
		return id, nil
	}
	in := &s3.CreateMultipartUploadInput{Bucket: &u.b.name, Key: &u.key, ContentType: text(u.opts.ContentType), Metadata: u.meta}
	in.ChecksumAlgorithm, in.ChecksumType = u.sums.algorithm()
	out, err := u.b.client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return "", err
	}
	if aws.ToString(out.UploadId) == "" {
		return "", errors.New("the answer of the store has no upload id")
	}
	u.setID(*out.UploadId)
	return *out.UploadId, nil
}

func (u *upload) setID(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.id = id
}

// Token is the store's id of the upload. It is empty while nothing has been sent: then there is nothing to resume.
func (u *upload) Token() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.id
}

// text is nil for nothing.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// send stores a part.
func (u *upload) send(ctx context.Context, p parts.Part, r io.ReadSeeker) (string, error) {
	id, err := u.start(ctx)
	if err != nil {
		return "", err
	}
	in := &s3.UploadPartInput{
		Bucket: &u.b.name, Key: &u.key, UploadId: &id, PartNumber: aws.Int32(int32(p.N)), Body: r, ContentLength: &p.Size,
		ChecksumCRC32C: u.sums.crcHeader(p),
	}
	var sent string
	if u.sums == MD5Sums {
		if in.ContentMD5, sent, err = md5Of(r); err != nil {
			return "", err
		}
	}
	out, err := u.b.client.UploadPart(ctx, in, unsigned)
	if err != nil {
		return "", err
	}
	tag := unquote(out.ETag)
	if tag == "" {
		return "", errNoTag
	}
	if u.sums == MD5Sums && tag != sent {
		u.foreign.Store(true)
	}
	if crc, told := decodeCRC(aws.ToString(out.ChecksumCRC32C)); told && u.sums != MD5Sums && crc != p.CRC32C {
		return "", fmt.Errorf("sent crc32c %08x, the store has %08x: %w", p.CRC32C, crc, transfer.ErrCorrupt)
	}
	return tag, nil
}

// unsigned leaves the body out of the signature: it carries a checksum of its own, and hashing it again would cost more than
// sending it.
func unsigned(o *s3.Options) {
	o.APIOptions = append(slices.Clone(o.APIOptions), v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}

// Expect tells what Commit must find.
func (u *upload) Expect(size unit.Bytes, crc32c uint32) {
	u.parts.Expect(size, crc32c)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.expect = &transfer.Sum{Size: size, CRC32C: crc32c}
}

// Abort throws the parts away. Parts under way should have ended before: S3 may keep one that arrives later.
func (u *upload) Abort(ctx context.Context) error {
	u.parts.End()
	id := u.Token()
	if id == "" {
		return nil
	}
	_, err := u.b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.b.name, Key: &u.key, UploadId: &id})
	if err != nil && errorCode(err) != "NoSuchUpload" {
		return u.b.fail("abort", u.key, err)
	}
	u.setID("")
	return nil
}
