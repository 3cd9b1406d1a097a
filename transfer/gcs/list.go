package gcs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/openintercloud/broker/transfer"
)

// List yields the objects whose key starts with prefix, in ascending order of key, with all that Stat tells.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		last := ""
		for attrs, err := range b.list(ctx, prefix) {
			if err == nil && attrs.Name <= last {
				err = fmt.Errorf("the store listed %q after %q", attrs.Name, last)
			}
			if err != nil {
				yield(transfer.Object{}, b.fail("list", prefix, err))
				return
			}
			last = attrs.Name
			if !strings.HasPrefix(attrs.Name, PartsPrefix) && !yield(describe(attrs), nil) {
				return
			}
		}
	}
}

// list yields what the store has, parts of uploads too. A failure is yielded once, last.
func (b *Bucket) list(ctx context.Context, prefix string) iter.Seq2[*storage.ObjectAttrs, error] {
	return func(yield func(*storage.ObjectAttrs, error) bool) {
		for token, more := "", true; more; more = token != "" {
			var page []*storage.ObjectAttrs
			var next string
			_, err := b.try(ctx, func() (err error) {
				page, next, err = b.page(ctx, prefix, token)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, attrs := range page {
				if !yield(attrs, nil) {
					return
				}
			}
			token = next
		}
	}
}

// pageSize is as many as the store gives at once.
const pageSize = 1000

func (b *Bucket) page(ctx context.Context, prefix, token string) ([]*storage.ObjectAttrs, string, error) {
	query := &storage.Query{Prefix: prefix, Projection: storage.ProjectionNoACL}
	err := query.SetAttrSelection([]string{"Name", "Size", "Generation", "CRC32C", "Created", "ContentType", "Metadata"})
	if err != nil {
		return nil, "", err
	}
	// A page of a pager may be made of several of the store's; this asks for exactly one.
	objects := b.handle.Objects(ctx, query)
	objects.PageInfo().Token, objects.PageInfo().MaxSize = token, pageSize
	var page []*storage.ObjectAttrs
	for {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			return page, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		page = append(page, attrs)
		if objects.PageInfo().Remaining() == 0 {
			return page, objects.PageInfo().Token, nil
		}
	}
}
