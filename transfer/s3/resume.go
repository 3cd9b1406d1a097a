package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Resume goes on with an upload in parts.
func (b *Bucket) Resume(
	ctx context.Context, key, token string, opts transfer.CreateOptions,
) (transfer.Upload, []transfer.StoredPart, error) {
	u, err := b.newUpload(ctx, key, opts)
	if err == nil && token == "" {
		err = fmt.Errorf("nothing had been sent: %w", transfer.ErrNotFound)
	}
	var stored []parts.Part
	if err == nil {
		stored, err = b.stored(ctx, key, token)
	}
	if err != nil {
		return nil, nil, b.fail("create", key, err)
	}
	u.id = token
	found := make([]transfer.StoredPart, len(stored))
	for i, p := range stored {
		u.parts.Adopt(p)
		found[i] = transfer.StoredPart{N: p.N, Size: unit.Bytes(p.Size), CRC32C: p.CRC32C, HasCRC: p.HasCRC}
	}
	return u, found, u.parts.Begin(ctx)
}

// stored are the parts that the store has of an upload, in ascending order.
func (b *Bucket) stored(ctx context.Context, key, id string) ([]parts.Part, error) {
	listed, err := b.listParts(ctx, key, id)
	all := make([]parts.Part, len(listed))
	for i, p := range listed {
		all[i] = parts.Part{N: int(aws.ToInt32(p.PartNumber)), Tag: unquote(p.ETag), Size: aws.ToInt64(p.Size)}
		if b.cfg.Sums != MD5Sums {
			all[i].CRC32C, all[i].HasCRC = decodeCRC(aws.ToString(p.ChecksumCRC32C))
		}
	}
	return all, err
}

func (b *Bucket) listParts(ctx context.Context, key, id string) ([]types.Part, error) {
	var all []types.Part
	pages := s3.NewListPartsPaginator(b.client, &s3.ListPartsInput{Bucket: &b.name, Key: &key, UploadId: &id})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, out.Parts...)
	}
	return all, nil
}

// Sweep aborts the uploads in parts, of anybody in the bucket, that were begun before a time and got no part since. It returns how
// many there were.
func (b *Bucket) Sweep(ctx context.Context, before time.Time) (int, error) {
	aborted := 0
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.name})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return aborted, fmt.Errorf("sweep %s: %w", b, classify(err))
		}
		for _, u := range out.Uploads {
			did, err := b.sweep(ctx, u, before)
			if err != nil {
				return aborted, b.fail("abort", aws.ToString(u.Key), err)
			}
			if did {
				aborted++
			}
		}
	}
	return aborted, nil
}

// sweep aborts one upload unless it lives. One that ended meanwhile is none.
func (b *Bucket) sweep(ctx context.Context, u types.MultipartUpload, before time.Time) (bool, error) {
	if u.Initiated == nil || !u.Initiated.Before(before) {
		return false, nil
	}
	listed, err := b.listParts(ctx, aws.ToString(u.Key), aws.ToString(u.UploadId))
	for _, p := range listed {
		if p.LastModified != nil && !p.LastModified.Before(before) {
			return false, nil
		}
	}
	if err == nil {
		_, err = b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: u.Key, UploadId: u.UploadId})
	}
	if errorCode(err) == "NoSuchUpload" {
		return false, nil
	}
	return err == nil, err
}
