package s3suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/catalog/verify"
)

// Checksums of "body", and of something else.
const (
	crc32cOfBody  = "Jj/JUA=="
	crc32cOfOther = "AAAAAA=="
	sha256OfOther = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	crc64OfOther  = "AAAAAAAAAAA="
	md5OfOther    = "AAAAAAAAAAAAAAAAAAAAAA=="
)

// integrity is what happens to bytes that changed on the way.
func integrity() []verify.Check[Endpoint] {
	wrong := func(name, what string, set func(*s3.PutObjectInput)) verify.Check[Endpoint] {
		return check(name, "a write whose "+what+" is not that of its bytes is refused and stores nothing", func(ctx context.Context, s *store) error {
			_, err := s.put(ctx, "x", "body", set)
			return errors.Join(s.refused(err, http.StatusBadRequest, "BadDigest", "InvalidDigest"), s.absent(ctx, "x"))
		})
	}
	return []verify.Check[Endpoint]{
		wrong("wrong-md5", "MD5", func(in *s3.PutObjectInput) { in.ContentMD5 = aws.String(md5OfOther) }),
		wrong("wrong-crc32c", "CRC32C", func(in *s3.PutObjectInput) { in.ChecksumCRC32C = aws.String(crc32cOfOther) }),
		wrong("wrong-crc64", "CRC64NVME", func(in *s3.PutObjectInput) { in.ChecksumCRC64NVME = aws.String(crc64OfOther) }),
		wrong("wrong-sha256", "SHA-256", func(in *s3.PutObjectInput) { in.ChecksumSHA256 = aws.String(sha256OfOther) }),
		check("checksum-kept", "a CRC32C given with a write is kept and told again", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "body", func(in *s3.PutObjectInput) { in.ChecksumCRC32C = aws.String(crc32cOfBody) }); err != nil {
				return err
			}
			out, err := s.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: s.key("x"), ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				return err
			}
			if got := aws.ToString(out.ChecksumCRC32C); got != crc32cOfBody {
				return fmt.Errorf("told CRC32C %q, want %q", got, crc32cOfBody)
			}
			return nil
		}),
	}
}
