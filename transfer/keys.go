package transfer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openintercloud/broker/catalog/unit"
)

// CheckKey is the rule for keys that every bucket keeps: valid UTF-8, not empty, not absolute, no ".." element, no NUL
// and no backslash. A key that breaks it is ErrInvalid.
func CheckKey(key string) error {
	switch {
	case key == "":
		return badKey(key, "is empty")
	case key[0] == '/':
		return badKey(key, "is absolute")
	case !utf8.ValidString(key):
		return badKey(key, "is not valid UTF-8")
	case strings.ContainsAny(key, "\x00\\"):
		return badKey(key, "holds a NUL or a backslash")
	case slices.Contains(strings.Split(key, "/"), ".."):
		return badKey(key, `has a ".." element`)
	}
	return nil
}

func badKey(key, what string) error { return fmt.Errorf("key %q %s: %w", key, what, ErrInvalid) }

// Within is the span [from, to) that the range means in an object of the given size: cut at the end. A range that
// starts past the end, or before the start, is ErrInvalid.
func (r Range) Within(size unit.Bytes) (from, to int64, err error) {
	if r.Offset < 0 || r.Offset > int64(size) {
		return 0, 0, fmt.Errorf("range starts at byte %d of %d: %w", r.Offset, int64(size), ErrInvalid)
	}
	if r.Length < 0 || r.Length > int64(size)-r.Offset {
		return r.Offset, int64(size), nil
	}
	return r.Offset, r.Offset + r.Length, nil
}
