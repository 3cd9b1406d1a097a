package s3

import (
	"crypto/md5" //nolint:gosec // what S3 calls Content-MD5 guards against accidents, not against people
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// Sums are the checksums that a store understands.
type Sums int

const (
	// FullSums: CRC32C of each part and of the whole object, as Amazon S3 has it.
	FullSums Sums = iota
	// PartSums: CRC32C of each part, and the CRC32C of those of an object in parts, as R2 has it.
	PartSums
	// MD5Sums: the MD5 of each part, as stores had it before 2022.
	MD5Sums
)

// crcHeader is the checksum of a request; nil when the store wants another or it is not known.
func (s Sums) crcHeader(p parts.Part) *string {
	if s == MD5Sums || !p.HasCRC {
		return nil
	}
	text := encodeCRC(p.CRC32C)
	return &text
}

// md5Of reads r from its start and sums it: as a header, and as the entity tag that most stores make of it.
func md5Of(r io.ReadSeeker) (header *string, tag string, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	h := md5.New() //nolint:gosec // see above
	if _, err := io.Copy(h, r); err != nil {
		return nil, "", err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	text := base64.StdEncoding.EncodeToString(h.Sum(nil))
	return &text, hex.EncodeToString(h.Sum(nil)), nil
}

// algorithm is what an upload in parts is created with.
func (s Sums) algorithm() (types.ChecksumAlgorithm, types.ChecksumType) {
	switch s {
	case FullSums:
		return types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
	case PartSums:
		return types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite
	default:
		return "", ""
	}
}

func encodeCRC(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

func decodeCRC(text string) (uint32, bool) {
	p, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(p) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(p), true
}

// fullCRC is the checksum of a whole object that an answer holds. One of the parts' checksums is none.
func fullCRC(text *string, kind types.ChecksumType) (uint32, bool) {
	if text == nil || kind == types.ChecksumTypeComposite {
		return 0, false
	}
	return decodeCRC(*text)
}

// composite is the CRC32C of the parts' CRC32C, as the store shows it.
func composite(all []parts.Part) string {
	var sums []byte
	for _, p := range all {
		sums = binary.BigEndian.AppendUint32(sums, p.CRC32C)
	}
	return fmt.Sprintf("%s-%d", encodeCRC(transfer.CRC32C(0, sums)), len(all))
}

// partsTag is the entity tag that an object of these parts has in most stores; "" when their tags are no MD5.
func partsTag(all []parts.Part) string {
	var sums []byte
	for _, p := range all {
		sum, err := hex.DecodeString(p.Tag)
		if err != nil || len(sum) != md5.Size {
			return ""
		}
		sums = append(sums, sum...)
	}
	sum := md5.Sum(sums) //nolint:gosec // see above
	return hex.EncodeToString(sum[:]) + "-" + strconv.Itoa(len(all))
}

// plainTag reports whether an entity tag is the MD5 of the content, as far as can be told.
func plainTag(tag string) bool { return len(tag) == 2*md5.Size && !strings.Contains(tag, "-") }
