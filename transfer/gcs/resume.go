package gcs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Token names the upload's folder of parts. It is empty while nothing has been sent: then there is nothing to resume.
func (u *upload) Token() string {
	if !u.parts.Begun() {
		return ""
	}
	return u.id
}

// Resume goes on with an upload whose parts are in the store.
func (b *Bucket) Resume(
	ctx context.Context, key, token string, opts transfer.CreateOptions,
) (transfer.Upload, []transfer.StoredPart, error) {
	u, err := b.newUpload(key, token, opts)
	if err == nil && (token == "" || strings.ContainsFunc(token, odd)) {
		err = fmt.Errorf("no upload has this token: %w", transfer.ErrNotFound)
	}
	var found []transfer.StoredPart
	if err == nil {
		found, err = u.find(ctx)
	}
	if err != nil {
		return nil, nil, b.fail("create", key, err)
	}
	return u, found, nil
}

// find adopts the parts in the folder; the names are in the order of the numbers.
func (u *upload) find(ctx context.Context) ([]transfer.StoredPart, error) {
	var found []transfer.StoredPart
	for attrs, err := range u.b.list(ctx, u.folder) {
		if err != nil {
			return nil, err
		}
		n := partNumber(strings.TrimPrefix(attrs.Name, u.folder))
		if n == 0 {
			continue // of a commit that did not end
		}
		obj := describe(attrs)
		u.parts.Adopt(parts.Part{N: n, Size: attrs.Size, CRC32C: obj.CRC32C, HasCRC: obj.HasCRC, Tag: attrs.Name})
		found = append(found, transfer.StoredPart{N: n, Size: unit.Bytes(attrs.Size), CRC32C: obj.CRC32C, HasCRC: obj.HasCRC})
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no part of the upload is there: %w", transfer.ErrNotFound)
	}
	return found, nil
}

// Sweep removes the parts of uploads, of anybody in the bucket, that got nothing since a time. It returns how many uploads there were.
func (b *Bucket) Sweep(ctx context.Context, before time.Time) (int, error) {
	swept, folder, youngest := 0, "", time.Time{}
	end := func() error {
		if folder == "" || !youngest.Before(before) {
			return nil
		}
		swept++
		return b.clear(ctx, folder)
	}
	for attrs, err := range b.list(ctx, PartsPrefix) {
		if err != nil {
			return swept, fmt.Errorf("sweep %s: %w", b, classify(err))
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(attrs.Name, PartsPrefix), "/")
		if at := PartsPrefix + id + "/"; at != folder {
			if err := end(); err != nil {
				return swept, b.fail("abort", folder, err)
			}
			folder, youngest = at, time.Time{}
		}
		if attrs.Created.After(youngest) {
			youngest = attrs.Created
		}
	}
	if err := end(); err != nil {
		return swept, b.fail("abort", folder, err)
	}
	return swept, nil
}
