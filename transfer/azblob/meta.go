package azblob

import (
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openintercloud/broker/transfer"
)

// SumKey is the metadata key under which a blob's CRC32C is kept: eight hexadecimal digits, the size in bytes, and the mark of the
// upload that wrote it, with "-" in between. It is no part of Object.Meta.
const SumKey = "broker_crc32c"

// stamp is the value of SumKey.
type stamp struct {
	known bool
	crc   uint32
	size  int64
	mark  string
}

func (s stamp) String() string { return fmt.Sprintf("%08x-%d-%s", s.crc, s.size, s.mark) }

// readStamp undoes String; what cannot be read is not known.
func readStamp(text string) stamp {
	var s stamp
	if _, err := fmt.Sscanf(text, "%08x-%d-%s", &s.crc, &s.size, &s.mark); err != nil || s.String() != text {
		return stamp{}
	}
	s.known = true
	return s
}

// maxKey is how many characters a key may have.
const maxKey = 1024

// checkKey refuses what the store cannot hold, or would hold under another name.
func checkKey(key string) error {
	switch {
	case transfer.CheckKey(key) != nil:
		return transfer.CheckKey(key)
	case utf8.RuneCountInString(key) > maxKey:
		return fmt.Errorf("the key has more than %d characters: %w", maxKey, transfer.ErrInvalid)
	case slices.Contains(strings.Split(key, "/"), "."):
		return fmt.Errorf(`key %q has a "." element, which Azure would drop: %w`, key, transfer.ErrInvalid)
	}
	return nil
}

// maxMeta is how many bytes all metadata may have.
const maxMeta = 8 << 10

// encodeMeta makes metadata fit into headers: a value that is no plain text is written as RFC 2047 has it.
func encodeMeta(meta map[string]string) (map[string]*string, error) {
	encoded := make(map[string]*string, len(meta)+1)
	size := 0
	for k, v := range meta {
		if !identifier(k) || k == SumKey {
			return nil, fmt.Errorf("metadata key %q: Azure keeps only names of lower-case letters, digits and underscores: %w", k, transfer.ErrInvalid)
		}
		text := encodeValue(v)
		size += len(k) + len(text)
		encoded[k] = &text
	}
	if size > maxMeta {
		return nil, fmt.Errorf("the metadata has %d bytes, %d are allowed: %w", size, maxMeta, transfer.ErrInvalid)
	}
	return encoded, nil
}

// identifier reports whether a key is a name that Azure keeps, and that survives as part of a header's name.
func identifier(k string) bool {
	return k != "" && (k[0] < '0' || k[0] > '9') && strings.Trim(k, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// mark makes every text one that is encoded: the encoder leaves printable ASCII alone.
const mark = "\u2060" // a word joiner: no width, no meaning

func encodeValue(v string) string {
	if plain(v) {
		return v
	}
	text := mime.BEncoding.Encode("utf-8", v)
	if text == v || strings.HasPrefix(v, mark) {
		text = mime.BEncoding.Encode("utf-8", mark+v)
	}
	return text
}

// plain reports whether a value survives as a header's value, and is not taken for an encoded one.
func plain(v string) bool {
	for _, r := range v {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return v != "" && strings.TrimSpace(v) == v && !strings.Contains(v, "=?")
}

// decodeMeta undoes encodeMeta, and takes out the stamp. It returns nil for no metadata.
func decodeMeta(meta map[string]*string) (map[string]string, stamp) {
	var decoded map[string]string
	var sum stamp
	for k, v := range meta {
		k, text := strings.ToLower(k), value(v)
		if k == SumKey {
			sum = readStamp(text)
			continue
		}
		if plain, err := new(mime.WordDecoder).DecodeHeader(text); err == nil {
			text = strings.TrimPrefix(plain, mark)
		}
		if decoded == nil {
			decoded = map[string]string{}
		}
		decoded[k] = text
	}
	return decoded, sum
}
