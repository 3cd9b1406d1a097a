package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
)

// ChunkSize is the fixed size of the chunks that digests are built from: 8 MiB.
const ChunkSize = 8 << 20

const (
	digestContent = "sha256c8m:" // content: SHA-256 over the SHA-256s of its chunks
	digestSet     = "sha256set:" // a manifest: SHA-256 over its canonical object list
)

// Digest identifies content: "sha256c8m:" and 64 hexadecimal digits for an object, "sha256set:" and 64 digits for the
// objects of a manifest. The empty digest means unknown.
type Digest string

// ParseDigest checks the form of a digest. The empty string is the unknown digest; anything malformed is ErrInvalid.
func ParseDigest(s string) (Digest, error) {
	if s == "" {
		return "", nil
	}
	body, ok := strings.CutPrefix(s, digestContent)
	if !ok {
		body, ok = strings.CutPrefix(s, digestSet)
	}
	if !ok || len(body) != 2*sha256.Size || strings.ToLower(body) != body {
		return "", fmt.Errorf("digest %q: want %s or %s and 64 lower-case hex digits: %w", s, digestContent, digestSet, ErrInvalid)
	}
	if _, err := hex.DecodeString(body); err != nil {
		return "", fmt.Errorf("digest %q: %w: %w", s, err, ErrInvalid)
	}
	return Digest(s), nil
}

// Sum is what identifies content: size, wire checksum and digest.
type Sum struct {
	Size   unit.Bytes
	CRC32C uint32
	Digest Digest // "" when it was not computed
}

// Hasher sums content as it is written, in order. It is an io.Writer that never fails. Not for concurrent use; the
// zero value is ready.
type Hasher struct {
	size  int64
	crc   uint32
	chunk hash.Hash // of the chunk being filled; nil between chunks
	sums  []byte    // of the full chunks

	crcOnly bool // no digest is wanted
}

// NewHasher returns an empty Hasher.
func NewHasher() *Hasher { return &Hasher{} }

// Write adds p.
func (h *Hasher) Write(p []byte) (int, error) {
	h.crc = CRC32C(h.crc, p)
	if h.crcOnly {
		h.size += int64(len(p))
		return len(p), nil
	}
	for rest := p; len(rest) > 0; {
		if h.chunk == nil {
			h.chunk = sha256.New()
		}
		n := min(int64(len(rest)), ChunkSize-h.size%ChunkSize)
		h.chunk.Write(rest[:n])
		h.size += n
		rest = rest[n:]
		if h.size%ChunkSize == 0 {
			h.sums = h.chunk.Sum(h.sums)
			h.chunk = nil
		}
	}
	return len(p), nil
}

// Sum is the sum of everything written so far; more may be written after it.
func (h *Hasher) Sum() Sum {
	return Sum{Size: unit.Bytes(h.size), CRC32C: h.crc, Digest: digestOf(h.chunkSums())}
}

// chunkSums is the SHA-256 of every chunk so far, the unfinished one included.
func (h *Hasher) chunkSums() []byte {
	if h.chunk == nil {
		return h.sums
	}
	return h.chunk.Sum(slices.Clip(h.sums))
}

// digestOf is the digest of content whose chunks have the given concatenated SHA-256s.
func digestOf(chunkSums []byte) Digest { return hexDigest(digestContent, chunkSums) }

func hexDigest(kind string, data []byte) Digest {
	sum := sha256.Sum256(data)
	return Digest(kind + hex.EncodeToString(sum[:]))
}
