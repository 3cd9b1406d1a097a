package s3

import (
	"fmt"
	"mime"
	"strings"

	"github.com/openintercloud/broker/transfer"
)

// encodeMeta makes metadata fit into headers: a value that is no plain text is written as RFC 2047 has it, which is also how S3
// shows such values.
func encodeMeta(meta map[string]string) (map[string]string, error) {
	encoded := make(map[string]string, len(meta))
	for k, v := range meta {
		if !token(k) {
			return nil, fmt.Errorf("metadata key %q: S3 keeps only lower-case names of letters, digits and -_.: %w", k, transfer.ErrInvalid)
		}
		encoded[k] = encodeValue(v)
	}
	return encoded, nil
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

// decodeMeta undoes encodeMeta, and reads what others encoded. It returns nil for no metadata.
func decodeMeta(meta map[string]string) map[string]string {
	if len(meta) == 0 {
		return nil
	}
	decoded := make(map[string]string, len(meta))
	for k, v := range meta {
		if text, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
			v = strings.TrimPrefix(text, mark)
		}
		decoded[strings.ToLower(k)] = v
	}
	return decoded
}

// token reports whether a key survives as part of a header's name.
func token(k string) bool {
	return k != "" && strings.Trim(k, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// plain reports whether a value survives as a header's value, and is not taken for an encoded one.
func plain(v string) bool {
	for _, r := range v {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return strings.TrimSpace(v) == v && !strings.Contains(v, "=?")
}
