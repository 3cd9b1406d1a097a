package gcs

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/storage"

	"github.com/openintercloud/broker/transfer"
)

// SignRead grants reading an object. It needs an account that signs: see [Config.Account].
func (b *Bucket) SignRead(_ context.Context, key, match string, expires time.Duration) (transfer.Signed, error) {
	header := http.Header{}
	err := checkKey(key)
	if err == nil && match != "" {
		_, err = generation(match)
		header.Set("X-Goog-If-Generation-Match", match)
	}
	if err != nil {
		return transfer.Signed{}, b.fail("read", key, err)
	}
	return b.sign("read", key, key, http.MethodGet, header, expires)
}

// SignWrite grants storing an object by one request, of at most 5 TiB.
func (b *Bucket) SignWrite(
	_ context.Context, key string, opts transfer.CreateOptions, expires time.Duration,
) (transfer.Signed, error) {
	u, err := b.newUpload(key, "", opts)
	header := http.Header{}
	if err == nil {
		header, err = u.header()
	}
	if err != nil {
		return transfer.Signed{}, b.fail("create", key, err)
	}
	return b.sign("create", key, key, http.MethodPut, header, expires)
}

// header is the attributes and conditions of an upload for the API whose requests can be signed.
func (u *upload) header() (http.Header, error) {
	header := http.Header{"Content-Type": {u.opts.ContentType}}
	for k, v := range u.opts.Meta {
		if k != strings.ToLower(k) || strings.TrimSpace(v) != v || strings.ContainsFunc(v, func(r rune) bool { return r > '~' }) {
			return nil, fmt.Errorf("metadata %q cannot be a header: %w", k, transfer.ErrInvalid)
		}
		header.Set("X-Goog-Meta-"+k, v)
	}
	switch {
	case u.opts.IfAbsent:
		header.Set("X-Goog-If-Generation-Match", "0")
	case u.opts.IfMatch != "":
		if _, err := generation(u.opts.IfMatch); err != nil {
			return nil, err
		}
		header.Set("X-Goog-If-Generation-Match", u.opts.IfMatch)
	}
	return header, nil
}

// SignPart grants sending one part.
func (u *upload) SignPart(ctx context.Context, p transfer.StoredPart, expires time.Duration) (transfer.Signed, error) {
	err := u.parts.Check(p.N, int64(p.Size))
	if err == nil {
		err = u.parts.Begin(ctx)
	}
	if err != nil {
		return transfer.Signed{}, u.b.fail("part", u.key, err)
	}
	header := http.Header{"Content-Type": {defaultType}}
	if p.HasCRC {
		header.Set("X-Goog-Hash", "crc32c="+base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, p.CRC32C)))
	}
	return u.b.sign("part", u.key, u.folder+partName(p.N), http.MethodPut, header, expires)
}

func (b *Bucket) sign(op, key, name, method string, header http.Header, expires time.Duration) (transfer.Signed, error) {
	opts := &storage.SignedURLOptions{
		GoogleAccessID: b.cfg.Account, SignBytes: b.cfg.Sign, Method: method, Expires: time.Now().Add(expires),
		ContentType: header.Get("Content-Type"), Scheme: storage.SigningSchemeV4, Style: storage.PathStyle(),
		Insecure: b.endpoint != nil && b.endpoint.Scheme == "http",
	}
	for k, values := range header {
		if k != "Content-Type" {
			opts.Headers = append(opts.Headers, strings.ToLower(k)+":"+values[0])
		}
	}
	slices.Sort(opts.Headers)
	if b.cfg.Anonymous && (b.cfg.Sign == nil || b.cfg.Account == "") {
		return transfer.Signed{}, b.fail(op, key, errors.New("sign: without credentials Account and Sign must be set"))
	}
	address, err := b.handle.SignedURL(name, opts)
	if err != nil {
		return transfer.Signed{}, b.fail(op, key, fmt.Errorf("sign: %w", err))
	}
	return transfer.Signed{Method: method, URL: address, Header: header}, nil
}
