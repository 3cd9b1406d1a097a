package transfer

import (
	"fmt"
	"strings"
)

// Target is a spot in a bucket: one object, or everything below a prefix.
type Target struct {
	Bucket Bucket
	Key    string // "" or ending in "/": a prefix; anything else: the key of one object
}

// IsPrefix reports whether the target stands for everything below a prefix.
func (t Target) IsPrefix() bool { return t.Key == "" || strings.HasSuffix(t.Key, "/") }

// String is the target's URL, without credentials.
func (t Target) String() string { return Name(t.Bucket) + "/" + t.Key }

// Name is the bucket's URL without credentials, as its String method gives it; a bucket without one is named by its type.
// Two buckets of the same name are taken to be the same store.
func Name(b Bucket) string {
	if s, ok := b.(fmt.Stringer); ok {
		return strings.TrimSuffix(s.String(), "/")
	}
	return fmt.Sprintf("%T", b)
}
