package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// List yields the objects whose key starts with prefix, in ascending order of key. It tells no checksum, content type or metadata. A
// store that lists in another order, as directory buckets of S3 Express do, is refused.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return b.ListSpan(ctx, prefix, "", "")
}

// ListSpan is List of the keys that come after a key and not after upTo.
func (b *Bucket) ListSpan(ctx context.Context, prefix, after, upTo string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		for last, token, more := after, "", true; more; {
			p, err := b.page(ctx, listing{prefix: prefix, after: after, token: token})
			if err != nil {
				yield(transfer.Object{}, b.fail("list", prefix, err))
				return
			}
			for _, obj := range p.objects {
				if upTo != "" && obj.Key > upTo {
					return
				}
				if err := follows(last, obj.Key); err != nil {
					yield(transfer.Object{}, b.fail("list", prefix, err))
					return
				}
				if !yield(obj, nil) {
					return
				}
				last = obj.Key
			}
			token, more = p.next, p.next != ""
		}
	}
}

// follows refuses what is no listing: keys out of order would make a merge with another listing go wrong silently.
func follows(last, key string) error {
	if key <= last {
		return fmt.Errorf("the store listed %q after %q", key, last)
	}
	return transfer.CheckKey(key)
}

// listing is one request of a listing.
type listing struct {
	prefix, after, token, delimiter string
	most                            int32 // keys of the page; 0 = as many as the store likes
}

type page struct {
	objects  []transfer.Object
	prefixes []string
	next     string // token of the next page; "" = this was the last
}

func (b *Bucket) page(ctx context.Context, l listing) (page, error) {
	in := &s3.ListObjectsV2Input{Bucket: &b.name, EncodingType: types.EncodingTypeUrl}
	for to, text := range map[**string]string{
		&in.Prefix: l.prefix, &in.StartAfter: l.after, &in.ContinuationToken: l.token, &in.Delimiter: l.delimiter,
	} {
		if text != "" {
			*to = &text
		}
	}
	if l.most > 0 {
		in.MaxKeys = &l.most
	}
	out, err := b.client.ListObjectsV2(ctx, in)
	if err != nil {
		return page{}, err
	}
	return decodePage(out)
}

func decodePage(out *s3.ListObjectsV2Output) (page, error) {
	p := page{objects: make([]transfer.Object, 0, len(out.Contents))}
	encoded := out.EncodingType == types.EncodingTypeUrl
	for _, o := range out.Contents {
		key, err := decodeKey(o.Key, encoded)
		if err != nil {
			return page{}, err
		}
		p.objects = append(p.objects, transfer.Object{
			Key: key, Size: unit.Bytes(aws.ToInt64(o.Size)), Version: unquote(o.ETag), Modified: aws.ToTime(o.LastModified).UTC(),
			Brief: true,
		})
	}
	for _, c := range out.CommonPrefixes {
		prefix, err := decodeKey(c.Prefix, encoded)
		if err != nil {
			return page{}, err
		}
		p.prefixes = append(p.prefixes, prefix)
	}
	if aws.ToBool(out.IsTruncated) {
		if p.next = aws.ToString(out.NextContinuationToken); p.next == "" {
			return page{}, errors.New("the store says that its listing goes on, but not how")
		}
	}
	return p, nil
}

func decodeKey(text *string, encoded bool) (string, error) {
	if !encoded {
		return aws.ToString(text), nil
	}
	return url.QueryUnescape(aws.ToString(text))
}
