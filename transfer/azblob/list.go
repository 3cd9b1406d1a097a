package azblob

import (
	"context"
	"fmt"
	"iter"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/openintercloud/broker/transfer"
)

// List yields the objects whose key starts with prefix, in ascending order of key, with all that Stat tells. Blobs that are no block
// blobs are listed too; the folders of an account with a hierarchical namespace are not. Such an account lists in another order, which
// is an error as soon as it shows.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		last := ""
		opts := &container.ListBlobsFlatOptions{Include: container.ListBlobsInclude{Metadata: true}}
		if prefix != "" {
			opts.Prefix = &prefix
		}
		for pages := b.client.NewListBlobsFlatPager(opts); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(transfer.Object{}, b.fail("list", prefix, err))
				return
			}
			for _, item := range page.Segment.BlobItems {
				if _, folder := item.Metadata["hdi_isfolder"]; folder {
					continue
				}
				obj, err := listed(item, last)
				if err != nil {
					yield(transfer.Object{}, b.fail("list", prefix, err))
					return
				}
				if !yield(obj, nil) {
					return
				}
				last = obj.Key
			}
		}
	}
}

// listed refuses what is no listing: keys out of order would make a merge with another listing go wrong silently.
func listed(item *container.BlobItem, last string) (transfer.Object, error) {
	if item.Name == nil || item.Properties == nil {
		return transfer.Object{}, fmt.Errorf("the store listed a blob without a name or properties after %q", last)
	}
	if *item.Name <= last {
		return transfer.Object{}, fmt.Errorf("the store listed %q after %q", *item.Name, last)
	}
	p := item.Properties
	obj, _, err := describe(*item.Name, p.ContentLength, p.ETag, p.LastModified, p.ContentType, item.Metadata)
	return obj, err
}
