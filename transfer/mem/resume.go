package mem

import (
	"context"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Resume goes on with an upload.
func (b *Bucket) Resume(
	ctx context.Context, key, token string, _ transfer.CreateOptions,
) (transfer.Upload, []transfer.StoredPart, error) {
	if err := b.checked(ctx, "resume", key); err != nil {
		return nil, nil, err
	}
	b.mu.Lock()
	u := b.uploads[token]
	b.mu.Unlock()
	if u == nil || u.key != key {
		return nil, nil, b.fail("resume", key, transfer.ErrNotFound)
	}
	return u, u.stored(), nil
}

// stored is the parts there are.
func (u *upload) stored() []transfer.StoredPart {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []transfer.StoredPart
	for n, p := range u.parts {
		part := transfer.StoredPart{N: n, Size: unit.Bytes(len(p))}
		if !u.b.opts.NoChecksum {
			part.CRC32C, part.HasCRC = transfer.CRC32C(0, p), true
		}
		all = append(all, part)
	}
	slices.SortFunc(all, func(x, y transfer.StoredPart) int { return x.N - y.N })
	return all
}

// Sweep aborts the uploads that got nothing since a time.
func (b *Bucket) Sweep(ctx context.Context, before time.Time) (int, error) {
	b.mu.Lock()
	open := make([]*upload, 0, len(b.uploads))
	for _, u := range b.uploads {
		open = append(open, u)
	}
	b.mu.Unlock()
	slices.SortFunc(open, func(x, y *upload) int { return x.touchedAt().Compare(y.touchedAt()) })
	swept := 0
	for _, u := range open {
		if !u.touchedAt().Before(before) {
			break
		}
		if err := u.b.begin(ctx, "abort", u.key); err != nil {
			return swept, err
		}
		if u.drop(true) {
			swept++
		}
	}
	return swept, nil
}

func (u *upload) touchedAt() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.touched
}
