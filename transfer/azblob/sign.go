package azblob

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/openintercloud/broker/transfer"
)

// SignRead grants reading an object. The version is a header of the request, which Azure cannot make part of the signature: who
// leaves it out reads another version too.
func (b *Bucket) SignRead(_ context.Context, key, match string, expires time.Duration) (transfer.Signed, error) {
	header := http.Header{}
	if match != "" {
		header.Set("If-Match", string(*quote(match)))
	}
	return b.sign("read", key, http.MethodGet, sas.BlobPermissions{Read: true}, header, expires)
}

// SignWrite grants storing an object by one request, of at most 5,000 MiB. With opts.IfAbsent the grant itself is only to create;
// other conditions are headers of the request, which Azure cannot make part of the signature.
func (b *Bucket) SignWrite(
	_ context.Context, key string, opts transfer.CreateOptions, expires time.Duration,
) (transfer.Signed, error) {
	u, err := b.newUpload(key, rand.Text(), opts)
	if err != nil {
		return transfer.Signed{}, b.fail("create", key, err)
	}
	header := http.Header{}
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	header.Set("X-Ms-Blob-Content-Type", u.opts.ContentType)
	for k, v := range u.meta {
		header.Set("X-Ms-Meta-"+k, *v)
	}
	if opts.IfAbsent {
		header.Set("If-None-Match", "*")
	}
	if opts.IfMatch != "" {
		header.Set("If-Match", string(*quote(opts.IfMatch)))
	}
	return b.sign("create", key, http.MethodPut, sas.BlobPermissions{Create: true, Write: !opts.IfAbsent}, header, expires)
}

// SignPart grants sending one part. Its checksum is not compared by anybody before it is read back.
func (u *upload) SignPart(ctx context.Context, p transfer.StoredPart, expires time.Duration) (transfer.Signed, error) {
	err := u.parts.Check(p.N, int64(p.Size))
	if err == nil {
		err = u.parts.Begin(ctx)
	}
	if err == nil && p.Size == 0 {
		err = fmt.Errorf("part %d is empty: Azure has no such blocks: %w", p.N, transfer.ErrInvalid)
	}
	if err != nil {
		return transfer.Signed{}, u.b.fail("part", u.key, err)
	}
	signed, err := u.b.sign("part", u.key, http.MethodPut, sas.BlobPermissions{Create: true, Write: true}, http.Header{}, expires)
	if err != nil {
		return transfer.Signed{}, err
	}
	signed.URL += "&comp=block&blockid=" + url.QueryEscape(u.blockID(othersBlock, p.N, p.CRC32C))
	return signed, nil
}

func (b *Bucket) sign(
	op, key, method string, may sas.BlobPermissions, header http.Header, expires time.Duration,
) (transfer.Signed, error) {
	err := checkKey(key)
	if err == nil && b.cfg.Key.Reveal() == "" {
		err = errNoKey
	}
	var address string
	if err == nil {
		address, err = b.client.NewBlobClient(key).GetSASURL(may, time.Now().Add(expires), nil)
	}
	if err != nil {
		return transfer.Signed{}, b.fail(op, key, err)
	}
	return transfer.Signed{Method: method, URL: address, Header: header}, nil
}
