package gcs

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/transfer"
)

// PartsPrefix is where the parts of unfinished uploads are, each an object of its own. The bucket neither lists nor takes keys there.
const PartsPrefix = ".broker-parts/"

// What Google Cloud Storage allows.
const (
	maxKey     = 1024          // bytes of a key
	maxMeta    = 8 << 10       // bytes of all metadata
	maxSources = 32            // of one compose
	maxParts   = 1 << 15       // so that three rounds of compose always do
	ours       = ".well-known" // whose challenges Google answers itself
)

// checkKey refuses what the store cannot hold.
func checkKey(key string) error {
	switch {
	case transfer.CheckKey(key) != nil:
		return transfer.CheckKey(key)
	case len(key) > maxKey:
		return fmt.Errorf("the key has %d bytes, %d are allowed: %w", len(key), maxKey, transfer.ErrInvalid)
	case strings.ContainsAny(key, "\r\n"):
		return fmt.Errorf("key %q holds a line feed or a carriage return: %w", key, transfer.ErrInvalid)
	case key == "." || strings.HasPrefix(key, ours+"/acme-challenge/"):
		return fmt.Errorf("key %q is one that Google Cloud Storage does not take: %w", key, transfer.ErrInvalid)
	case strings.HasPrefix(key, PartsPrefix):
		return fmt.Errorf("key %q is where parts of uploads are kept: %w", key, transfer.ErrInvalid)
	}
	return nil
}

// checkMeta refuses metadata that would not come back as it is, from one of the two APIs at least.
func checkMeta(meta map[string]string) error {
	size := 0
	for k, v := range meta {
		size += len(k) + len(v)
		if k == "" || strings.ContainsFunc(k, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) }) {
			return fmt.Errorf("metadata key %q is no name of a header: %w", k, transfer.ErrInvalid)
		}
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }) {
			return fmt.Errorf("the metadata value of %q holds control characters: %w", k, transfer.ErrInvalid)
		}
	}
	if size > maxMeta {
		return fmt.Errorf("the metadata has %d bytes, %d are allowed: %w", size, maxMeta, transfer.ErrInvalid)
	}
	return nil
}

// idOf names an upload: as was wished, where that can be a part of a key.
func idOf(wish string) string {
	if wish == "" || len(wish) > maxID || strings.ContainsFunc(wish, odd) {
		return strings.ToLower(rand.Text())
	}
	return wish
}

const maxID = 64

// odd is what is neither a letter nor a digit.
func odd(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

// folder is where the parts of an upload are. It holds the key's hash, so that an id is of no use for another key.
func folder(key, id string) string {
	sum := sha256.Sum256([]byte(key))
	return PartsPrefix + id + "-" + hex.EncodeToString(sum[:8]) + "/"
}

// partName is the name of part n in its folder.
func partName(n int) string { return fmt.Sprintf("part-%05d", n) }

// partNumber undoes partName; it is 0 for another name.
func partNumber(name string) int {
	digits, ok := strings.CutPrefix(name, "part-")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > maxParts || partName(n) != name {
		return 0
	}
	return n
}
