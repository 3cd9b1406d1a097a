package s3suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/verify"
)

// minPart is the least that a part holds, unless it is the last.
const minPart = 5 << 20

// parts is how objects are put together.
func parts() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("parts", "parts sent in any order become one object in the order of their numbers, not seen before it is complete", inAnyOrder),
		check("part-order", "completing with parts out of order is refused", func(ctx context.Context, s *store) error {
			u, err := s.begin(ctx, "x", part(1, minPart), part(2, minPart))
			if err != nil {
				return err
			}
			u.done[0], u.done[1] = u.done[1], u.done[0]
			return errors.Join(s.refused(u.complete(ctx, nil), http.StatusBadRequest, "InvalidPartOrder"), s.absent(ctx, "x"))
		}),
		check("part-etag", "completing with an ETag that is not that of the part is refused", func(ctx context.Context, s *store) error {
			u, err := s.begin(ctx, "x", part(1, 10))
			if err != nil {
				return err
			}
			u.done[0].ETag = aws.String(stranger)
			return errors.Join(s.refused(u.complete(ctx, nil), http.StatusBadRequest, "InvalidPart"), s.absent(ctx, "x"))
		}),
		check("part-size", "a part below 5 MiB that is not the last is refused", func(ctx context.Context, s *store) error {
			u, err := s.begin(ctx, "x", part(1, 10), part(2, 10))
			if err != nil {
				return err
			}
			return errors.Join(s.refused(u.complete(ctx, nil), http.StatusBadRequest, "EntityTooSmall"), s.absent(ctx, "x"))
		}),
		check("part-numbers", "parts are numbered from 1 to 10,000", numbers),
		check("part-checksum", "a part whose CRC32C is not that of its bytes is refused", wrongPart),
		check("abort", "an aborted upload takes no more parts and leaves nothing", abort),
		check("complete-if-absent", "completing on the condition that nothing is there never overwrites", completeIfAbsent),
		check("read-part", "a part of a complete object can be read by its number", readPart),
	}
}

// piece is one part of an upload; each number has a letter of its own.
type piece struct {
	n    int32
	body string
}

func part(n int32, size int) piece { return piece{n, strings.Repeat(string('a'+n%26), size)} }

// upload is an object that is being put together.
type upload struct {
	s       *store
	key, id *string
	done    []types.CompletedPart
}

// begin starts an upload and sends parts.
func (s *store) begin(ctx context.Context, name string, pieces ...piece) (*upload, error) {
	out, err := s.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: s.key(name)})
	if err != nil {
		return nil, err
	}
	u := &upload{s: s, key: s.key(name), id: out.UploadId}
	for _, p := range pieces {
		if err := u.send(ctx, p); err != nil {
			return nil, fmt.Errorf("part %d: %w", p.n, err)
		}
	}
	return u, nil
}

func (u *upload) send(ctx context.Context, p piece) error {
	out, err := u.s.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &u.s.bucket, Key: u.key, UploadId: u.id, PartNumber: &p.n, Body: strings.NewReader(p.body),
	})
	if err == nil {
		u.done = append(u.done, types.CompletedPart{PartNumber: &p.n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
	}
	return err
}

func (u *upload) complete(ctx context.Context, with func(*s3.CompleteMultipartUploadInput)) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.s.bucket, Key: u.key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.done},
	}
	if with != nil {
		with(in)
	}
	_, err := u.s.CompleteMultipartUpload(ctx, in)
	return err
}

func inAnyOrder(ctx context.Context, s *store) error {
	first, second, third := part(1, minPart), part(3, minPart), part(7, 10)
	u, err := s.begin(ctx, "x", third, second, first)
	if err != nil {
		return err
	}
	if err := s.absent(ctx, "x"); err != nil {
		return err
	}
	listed, err := s.ListParts(ctx, &s3.ListPartsInput{Bucket: &s.bucket, Key: u.key, UploadId: u.id})
	if err != nil {
		return err
	}
	for i, want := range []int32{1, 3, 7} {
		if len(listed.Parts) != 3 || aws.ToInt32(listed.Parts[i].PartNumber) != want {
			return fmt.Errorf("%d parts are listed, want 1, 3 and 7", len(listed.Parts))
		}
	}
	u.done[0], u.done[2] = u.done[2], u.done[0]
	if err := u.complete(ctx, nil); err != nil {
		return err
	}
	_, out, err := s.get(ctx, "x")
	if err == nil && !strings.HasSuffix(strings.Trim(aws.ToString(out.ETag), `"`), "-3") {
		err = fmt.Errorf("the ETag %s does not end in the number of parts", aws.ToString(out.ETag))
	}
	return errors.Join(err, s.holds(ctx, "x", first.body+second.body+third.body))
}

func numbers(ctx context.Context, s *store) error {
	u, err := s.begin(ctx, "x", part(10000, 10))
	if err != nil {
		return err
	}
	for _, n := range []int32{0, 10001} {
		if err := s.refused(u.send(ctx, part(n, 10)), http.StatusBadRequest, "InvalidArgument"); err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
	}
	return u.complete(ctx, nil)
}

func wrongPart(ctx context.Context, s *store) error {
	u, err := s.begin(ctx, "x")
	if err != nil {
		return err
	}
	_, err = s.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &s.bucket, Key: u.key, UploadId: u.id, PartNumber: aws.Int32(1),
		Body: strings.NewReader("body"), ChecksumCRC32C: aws.String(crc32cOfOther),
	})
	return s.refused(err, http.StatusBadRequest, "BadDigest", "InvalidDigest")
}

func abort(ctx context.Context, s *store) error {
	u, err := s.begin(ctx, "x", part(1, 10))
	if err != nil {
		return err
	}
	if _, err := s.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: u.key, UploadId: u.id}); err != nil {
		return err
	}
	return errors.Join(s.refused(u.send(ctx, part(2, 10)), http.StatusNotFound, "NoSuchUpload"),
		s.refused(u.complete(ctx, nil), http.StatusNotFound, "NoSuchUpload"), s.absent(ctx, "x"))
}

func completeIfAbsent(ctx context.Context, s *store) error {
	u, err := s.begin(ctx, "x", part(1, 10))
	if err != nil {
		return err
	}
	if _, err := s.put(ctx, "x", "first"); err != nil {
		return err
	}
	err = u.complete(ctx, func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") })
	return errors.Join(s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed"), s.holds(ctx, "x", "first"))
}

func readPart(ctx context.Context, s *store) error {
	u, err := s.begin(ctx, "x", part(1, minPart), part(2, 10))
	if err != nil {
		return err
	}
	if err := u.complete(ctx, nil); err != nil {
		return err
	}
	got, out, err := s.get(ctx, "x", func(in *s3.GetObjectInput) { in.PartNumber = aws.Int32(2) })
	if err == nil && (got != part(2, 10).body || aws.ToInt32(out.PartsCount) != 2) {
		err = fmt.Errorf("part 2 of %d is %s, want %s of 2", aws.ToInt32(out.PartsCount), shown(got), shown(part(2, 10).body))
	}
	return err
}
