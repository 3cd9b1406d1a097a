package transfer

import (
	"context"
	"fmt"
	"iter"
	"strings"
)

// listPage is how many objects a page of a listing holds at most, at any store.
const listPage = 1000

// stat describes an object, trying again.
func (s *session) stat(ctx context.Context, at Target) (obj Object, err error) {
	err = s.again(ctx, seedOf(at.Key, 0), func() (err error) {
		if err := s.meter.charge(Usage{Reads: 1}); err != nil {
			return err
		}
		obj, err = at.Bucket.Stat(ctx, at.Key)
		return err
	})
	return obj, err
}

// listing is what is below a prefix, in ascending order of key. A listing that breaks off is begun again behind what it had told.
func (s *session) listing(ctx context.Context, at Target) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		last, wanted := "", true
		err := s.again(ctx, seedOf(at.Key, 0), func() error {
			n := 0
			for obj, err := range s.after(ctx, at, last) {
				if err != nil {
					return err
				}
				if obj.Key <= last {
					continue
				}
				if n%listPage == 0 {
					if err := s.meter.charge(Usage{Lists: 1}); err != nil {
						return err
					}
				}
				n++
				if last, wanted = obj.Key, yield(obj, nil); !wanted {
					return nil
				}
			}
			return nil
		})
		if err != nil && wanted {
			yield(Object{}, err)
		}
	}
}

// after lists from a key on, if the bucket can.
func (s *session) after(ctx context.Context, at Target, last string) iter.Seq2[Object, error] {
	if able, ok := at.Bucket.(Lister); ok && last != "" {
		return able.ListSpan(ctx, at.Key, last, "")
	}
	return at.Bucket.List(ctx, at.Key)
}

// found is an object below a prefix.
type found struct {
	path string
	obj  Object
}

// below is the objects below a prefix that the options include, in ascending order of path.
func (s *session) below(ctx context.Context, from Target) iter.Seq2[found, error] {
	return func(yield func(found, error) bool) {
		for obj, err := range s.listing(ctx, from) {
			if err == nil {
				err = ctx.Err()
			}
			path := strings.TrimPrefix(obj.Key, from.Key)
			if err == nil && (s.opts.Include != nil && !s.opts.Include(obj) || path == "" && obj.Size == 0) {
				continue // not wanted, or the marker that some tools leave for an empty folder
			}
			if err == nil {
				err = CheckKey(path)
				if err != nil {
					err = fmt.Errorf("%s has no usable path below %s: %w", obj.Key, from, err)
				}
			}
			if !yield(found{path, obj}, err) || err != nil {
				return
			}
		}
	}
}
