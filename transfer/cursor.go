package transfer

import (
	"context"
	"iter"
	"strings"
)

// cursor walks the listing of a prefix beside another ascending listing, to tell which paths are there already. It
// costs one listing instead of a request for every object, and no memory.
type cursor struct {
	prefix string
	next   func() (Object, error, bool)
	stop   func()
	at     string // the path the cursor stands on
	ended  bool
	begun  bool
}

func (s *session) cursor(ctx context.Context, t Target) *cursor {
	c := &cursor{prefix: t.Key}
	c.next, c.stop = iter.Pull2(s.listing(ctx, t))
	return c
}

// has reports whether path is in the listing. Paths must be asked for in ascending order.
func (c *cursor) has(path string) (bool, error) {
	for !c.ended && (!c.begun || c.at < path) {
		obj, err, more := c.next()
		if err != nil {
			return false, err
		}
		c.begun, c.ended, c.at = true, !more, strings.TrimPrefix(obj.Key, c.prefix)
	}
	return !c.ended && c.at == path, nil
}
