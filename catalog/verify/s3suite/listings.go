package s3suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/catalog/verify"
)

// listings is what a listing shows.
func listings() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("list-consistent", "a listing shows each write and delete before it at once", func(ctx context.Context, s *store) error {
			for i := range 10 {
				name := fmt.Sprintf("%02d", i)
				if _, err := s.put(ctx, name, ""); err != nil {
					return err
				}
				if err := wantNames(s.list(ctx, ""))(name); err != nil {
					return err
				}
				if err := errors.Join(s.remove(ctx, name), wantNames(s.list(ctx, ""))()); err != nil {
					return err
				}
			}
			return nil
		}),
		check("list-order", "keys are listed in the order of their bytes, also over several pages", func(ctx context.Context, s *store) error {
			want := []string{"A", "B", "a", "a-b", "a0", "b", "\u00e4", "\uffee", "\U0001F600"}
			for _, name := range slices.Backward(want) {
				if _, err := s.put(ctx, name, ""); err != nil {
					return err
				}
			}
			return errors.Join(wantNames(s.list(ctx, ""))(want...),
				wantNames(s.list(ctx, "", func(in *s3.ListObjectsV2Input) { in.MaxKeys = aws.Int32(2) }))(want...),
				wantNames(s.list(ctx, "", func(in *s3.ListObjectsV2Input) { in.StartAfter = s.key("a0") }))(want[5:]...))
		}),
		check("list-delimiter", "a delimiter folds keys into common prefixes", func(ctx context.Context, s *store) error {
			for _, name := range []string{"a/1", "a/2", "b/1", "c"} {
				if _, err := s.put(ctx, name, ""); err != nil {
					return err
				}
			}
			out, err := s.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, Delimiter: aws.String("/")})
			if err != nil {
				return err
			}
			var folded []string
			for _, p := range out.CommonPrefixes {
				folded = append(folded, aws.ToString(p.Prefix)[len(s.prefix):])
			}
			if strings.Join(folded, " ") != "a/ b/" || len(out.Contents) != 1 || aws.ToInt32(out.KeyCount) != 3 {
				return fmt.Errorf("prefixes %q, %d keys, count %d; want a/ and b/, 1, 3", folded, len(out.Contents), aws.ToInt32(out.KeyCount))
			}
			return wantNames(s.list(ctx, "a/"))("a/1", "a/2")
		}),
	}
}

// wantNames wants a listing to be this.
func wantNames(got []string, err error) func(want ...string) error {
	return func(want ...string) error {
		if err == nil && !slices.Equal(got, want) {
			return fmt.Errorf("listed %q, want %q", got, want)
		}
		return err
	}
}
