package s3suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// store is a bucket during one trial; all keys of the trial begin with prefix.
type store struct {
	*s3.Client
	bucket, prefix string
}

func (s *store) key(name string) *string { return aws.String(s.prefix + name) }

// put writes an object and returns its ETag.
func (s *store) put(ctx context.Context, name, body string, with ...func(*s3.PutObjectInput)) (string, error) {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: s.key(name), Body: bytes.NewReader([]byte(body))}
	for _, f := range with {
		f(in)
	}
	out, err := s.PutObject(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

// get reads an object.
func (s *store) get(ctx context.Context, name string, with ...func(*s3.GetObjectInput)) (string, *s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: s.key(name)}
	for _, f := range with {
		f(in)
	}
	out, err := s.GetObject(ctx, in)
	if err != nil {
		return "", nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return string(body), out, err
}

// holds wants an object to hold this.
func (s *store) holds(ctx context.Context, name, want string) error {
	got, _, err := s.get(ctx, name)
	if err == nil && got != want {
		err = fmt.Errorf("%s holds %s, want %s", name, shown(got), shown(want))
	}
	return err
}

// shown is a text for an error: short ones as they are.
func shown(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%d bytes %q...", len(s), s[:20])
	}
	return fmt.Sprintf("%q", s)
}

// absent wants an object not to be there.
func (s *store) absent(ctx context.Context, name string) error {
	got, _, err := s.get(ctx, name)
	if err == nil {
		return fmt.Errorf("%s is there and holds %s", name, shown(got))
	}
	return s.refused(err, http.StatusNotFound, "NoSuchKey")
}

var errAccepted = errors.New("accepted")

// refused wants an error with this status and, if one is given, one of these codes.
func (s *store) refused(err error, status int, codes ...string) error {
	if err == nil {
		return fmt.Errorf("%w, want it refused with %d %v", errAccepted, status, codes)
	}
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		return err
	}
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	if answer.HTTPStatusCode() != status {
		return fmt.Errorf("refused with %d %s, want %d %v", answer.HTTPStatusCode(), code, status, codes)
	}
	if len(codes) > 0 && !slices.Contains(codes, code) {
		return fmt.Errorf("refused as %s, want %v", code, codes)
	}
	return nil
}

// clear removes everything under the prefix.
func (s *store) clear(ctx context.Context) error {
	var errs []error
	uploads, err := s.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.prefix})
	errs = append(errs, err)
	if err == nil {
		for _, u := range uploads.Uploads {
			_, err := s.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: u.Key, UploadId: u.UploadId})
			errs = append(errs, err)
		}
	}
	keys, err := s.list(ctx, "")
	errs = append(errs, err)
	for _, k := range keys {
		errs = append(errs, s.remove(ctx, k))
	}
	return errors.Join(errs...)
}

func (s *store) remove(ctx context.Context, name string) error {
	_, err := s.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.key(name)})
	return err
}

// list gives all names below a prefix within the trial's own, page after page.
func (s *store) list(ctx context.Context, below string, with ...func(*s3.ListObjectsV2Input)) ([]string, error) {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: s.key(below)}
	for _, f := range with {
		f(in)
	}
	var names []string
	for pages := s3.NewListObjectsV2Paginator(s.Client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			names = append(names, aws.ToString(o.Key)[len(s.prefix):])
		}
	}
	return names, nil
}
