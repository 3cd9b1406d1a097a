package s3suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/verify"
)

// copies is what is copied without the bytes coming by.
func copies() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("copy", "an object is copied inside the store, with its metadata or with new", whole),
		check("copy-if-match", "a copy on the condition of an ETag never copies another version", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "body"); err != nil {
				return err
			}
			_, err := s.CopyObject(ctx, &s3.CopyObjectInput{
				Bucket: &s.bucket, Key: s.key("y"), CopySource: s.from("x"), CopySourceIfMatch: aws.String(stranger),
			})
			return errors.Join(s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed"), s.absent(ctx, "y"))
		}),
		check("part-copy", "a range of an object becomes a part of another", partCopy),
		check("part-copy-range", "copying a range beyond the end as a part is refused", beyond),
		check("part-copy-if-match", "copying a part on the condition of an ETag never copies another version", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "0123456789"); err != nil {
				return err
			}
			u, err := s.begin(ctx, "y")
			if err != nil {
				return err
			}
			in := u.copying(1, "x", "bytes=0-4")
			in.CopySourceIfMatch = aws.String(stranger)
			_, err = s.UploadPartCopy(ctx, in)
			return s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed")
		}),
	}
}

// from names an object as a source of a copy.
func (s *store) from(name string) *string {
	return aws.String(url.PathEscape(s.bucket) + "/" + (&url.URL{Path: s.prefix + name}).EscapedPath())
}

func (u *upload) copying(n int32, source, bytes string) *s3.UploadPartCopyInput {
	return &s3.UploadPartCopyInput{
		Bucket: &u.s.bucket, Key: u.key, UploadId: u.id, PartNumber: &n, CopySource: u.s.from(source), CopySourceRange: &bytes,
	}
}

func whole(ctx context.Context, s *store) error {
	if _, err := s.put(ctx, "x y", "body", func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"color": "blue"} }); err != nil {
		return err
	}
	in := &s3.CopyObjectInput{Bucket: &s.bucket, Key: s.key("kept"), CopySource: s.from("x y")}
	if _, err := s.CopyObject(ctx, in); err != nil {
		return err
	}
	in.Key, in.MetadataDirective, in.Metadata = s.key("new"), types.MetadataDirectiveReplace, map[string]string{"color": "red"}
	if _, err := s.CopyObject(ctx, in); err != nil {
		return err
	}
	for name, want := range map[string]string{"kept": "blue", "new": "red"} {
		body, out, err := s.get(ctx, name)
		if err != nil {
			return err
		}
		if body != "body" || out.Metadata["color"] != want {
			return fmt.Errorf("the copy %s holds %s with metadata %v", name, shown(body), out.Metadata)
		}
	}
	return nil
}

func partCopy(ctx context.Context, s *store) error {
	if _, err := s.put(ctx, "x", "0123456789"); err != nil {
		return err
	}
	u, err := s.begin(ctx, "y", part(1, minPart))
	if err != nil {
		return err
	}
	out, err := s.UploadPartCopy(ctx, u.copying(2, "x", "bytes=2-4"))
	if err != nil {
		return err
	}
	copied := types.CompletedPart{PartNumber: aws.Int32(2), ETag: out.CopyPartResult.ETag, ChecksumCRC32: out.CopyPartResult.ChecksumCRC32}
	u.done = append(u.done, copied)
	return errors.Join(u.complete(ctx, nil), s.holds(ctx, "y", part(1, minPart).body+"234"))
}

func beyond(ctx context.Context, s *store) error {
	if _, err := s.put(ctx, "x", "0123456789"); err != nil {
		return err
	}
	u, err := s.begin(ctx, "y")
	if err != nil {
		return err
	}
	_, err = s.UploadPartCopy(ctx, u.copying(1, "x", "bytes=8-20"))
	if s.refused(err, http.StatusRequestedRangeNotSatisfiable) == nil {
		return nil
	}
	return s.refused(err, http.StatusBadRequest)
}
