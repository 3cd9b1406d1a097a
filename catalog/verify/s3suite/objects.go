package s3suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/verify"
)

// objects is what becomes of single objects.
func objects() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("metadata", "an object comes back with its bytes, type and own metadata", metadata),
		check("overwrite", "a read after an overwrite or a delete sees it at once", func(ctx context.Context, s *store) error {
			for _, body := range []string{"one", "two"} {
				if _, err := s.put(ctx, "x", body); err != nil {
					return err
				}
				if err := s.holds(ctx, "x", body); err != nil {
					return err
				}
			}
			return errors.Join(s.remove(ctx, "x"), s.absent(ctx, "x"))
		}),
		check("missing", "reading what is not there is refused as NoSuchKey, and deleting it is no error", func(ctx context.Context, s *store) error {
			return errors.Join(s.absent(ctx, "x"), s.remove(ctx, "x"))
		}),
		check("ranges", "a range gives those bytes and no more; one beyond the end is refused", ranges),
		check("key-names", "spaces, signs and letters beyond ASCII in a key are kept as they are", func(ctx context.Context, s *store) error {
			for _, name := range []string{"a b", "a+b", "a%20b", "a&b=c?d#e", "\u00e4\u4e2d", "a:b@c", "~(x)!*'"} {
				if _, err := s.put(ctx, name, name); err != nil {
					return fmt.Errorf("key %q: %w", name, err)
				}
			}
			names, err := s.list(ctx, "")
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := s.holds(ctx, name, name); err != nil {
					return err
				}
			}
			if len(names) != 7 {
				return fmt.Errorf("%d of 7 keys are listed: %q", len(names), names)
			}
			return nil
		}),
		check("flat-keys", "a key may be the beginning of another at a slash: there are no folders", func(ctx context.Context, s *store) error {
			for _, name := range []string{"a", "a/b", "a/b/c"} {
				if _, err := s.put(ctx, name, name); err != nil {
					return fmt.Errorf("key %q: %w", name, err)
				}
			}
			return errors.Join(s.holds(ctx, "a", "a"), s.holds(ctx, "a/b", "a/b"), s.holds(ctx, "a/b/c", "a/b/c"))
		}),
		check("delete-many", "many objects are deleted in one request", func(ctx context.Context, s *store) error {
			var ids []types.ObjectIdentifier
			for i := range 5 {
				name := fmt.Sprint(i)
				if _, err := s.put(ctx, name, name); err != nil {
					return err
				}
				ids = append(ids, types.ObjectIdentifier{Key: s.key(name)})
			}
			_, err := s.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &s.bucket, Delete: &types.Delete{Objects: ids[:4]}})
			if err != nil {
				return err
			}
			return wantNames(s.list(ctx, ""))("4")
		}),
	}
}

func metadata(ctx context.Context, s *store) error {
	own := map[string]string{"color": "blue", "size": "4"}
	etag, err := s.put(ctx, "x", "body", func(in *s3.PutObjectInput) {
		in.ContentType, in.Metadata, in.CacheControl = aws.String("text/x-test"), own, aws.String("no-store")
	})
	if err != nil {
		return err
	}
	body, out, err := s.get(ctx, "x")
	if err != nil {
		return err
	}
	if body != "body" || aws.ToString(out.ETag) != etag || aws.ToString(out.ContentType) != "text/x-test" ||
		aws.ToString(out.CacheControl) != "no-store" || !maps.Equal(out.Metadata, own) || aws.ToInt64(out.ContentLength) != 4 {
		return fmt.Errorf("came back as %q, ETag %s (was %s), type %s, cache %s, metadata %v", body, aws.ToString(out.ETag), etag,
			aws.ToString(out.ContentType), aws.ToString(out.CacheControl), out.Metadata)
	}
	return nil
}

func ranges(ctx context.Context, s *store) error {
	if _, err := s.put(ctx, "x", "0123456789"); err != nil {
		return err
	}
	for _, r := range []struct{ asked, body, said string }{
		{"bytes=2-4", "234", "bytes 2-4/10"},
		{"bytes=7-", "789", "bytes 7-9/10"},
		{"bytes=-3", "789", "bytes 7-9/10"},
		{"bytes=8-99", "89", "bytes 8-9/10"},
	} {
		body, out, err := s.get(ctx, "x", func(in *s3.GetObjectInput) { in.Range = &r.asked })
		if err != nil {
			return fmt.Errorf("%s: %w", r.asked, err)
		}
		if said := aws.ToString(out.ContentRange); body != r.body || !strings.EqualFold(said, r.said) {
			return fmt.Errorf("%s gave %s as %q, want %q as %q", r.asked, shown(body), said, r.body, r.said)
		}
	}
	_, _, err := s.get(ctx, "x", func(in *s3.GetObjectInput) { in.Range = aws.String("bytes=10-12") })
	return s.refused(err, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
}
