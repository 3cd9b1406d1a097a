package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Seal lists the objects below prefix ("" or ending in "/"), sums each, and returns their manifest without writing it.
// Of the options Streams, PartSize, MemoryBudget, Budget, Progress, Boundary, Include and SkipDigest count.
func Seal(ctx context.Context, b Bucket, prefix string, opts Options) (Manifest, error) {
	from := Target{b, prefix}
	if !from.IsPrefix() {
		return Manifest{}, notPrefix("seal", from)
	}
	s := newSession(opts.forDigest(), from, Target{})
	var mu sync.Mutex
	var sealed []ManifestObject
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(opts.streams())
	if err := opts.allow(ctx, Hop{Op: "read", From: from}); err != nil {
		return Manifest{}, fmt.Errorf("seal %s: %w", from, err)
	}
	err := s.list(gctx, from, func(path string, obj Object) error {
		g.Go(func() error {
			sum, err := s.sumObject(gctx, b, obj)
			if err != nil {
				return err
			}
			s.update(func(p *Progress) { p.Objects++ })
			mu.Lock()
			defer mu.Unlock()
			sealed = append(sealed, ManifestObject{Path: path, Size: sum.Size, CRC32C: sum.CRC32C, Digest: sum.Digest})
			return nil
		})
		return nil
	})
	if waited := g.Wait(); waited != nil {
		err = waited
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("seal %s: %w", from, err)
	}
	return NewManifest("", sealed), nil
}

// Verify reads every object of a manifest, below prefix, and compares sizes, checksums and digests. A difference is
// ErrCorrupt and names the object. Objects that the manifest does not name are not looked at. Of the options Streams,
// PartSize, MemoryBudget, Budget, Progress, Boundary and SkipDigest count.
func Verify(ctx context.Context, b Bucket, prefix string, m Manifest, opts Options) error {
	from := Target{b, prefix}
	if !from.IsPrefix() {
		return notPrefix("verify", from)
	}
	if err := m.check(); err != nil {
		return fmt.Errorf("verify %s: %w", from, err)
	}
	s := newSession(opts.forDigest(), from, Target{})
	s.update(func(p *Progress) { p.ObjectsTotal, p.BytesTotal, p.Listed = len(m.Objects), m.Bytes, true })
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(opts.streams())
	for _, want := range m.Objects {
		g.Go(func() error {
			obj, err := s.pin(gctx, from, Target{}, want)
			if err != nil {
				return err
			}
			sum, err := s.sumObject(gctx, b, obj)
			if err == nil {
				err = sum.differs(want.Sum())
			}
			if err != nil {
				return fmt.Errorf("%s: %w", want.Path, err)
			}
			s.update(func(p *Progress) { p.Objects++ })
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("verify %s: %w", from, err)
	}
	return nil
}

// pin finds the present version of an object of a manifest.
func (s *session) pin(ctx context.Context, from, to Target, want ManifestObject) (Object, error) {
	if err := s.opts.allow(ctx, Hop{Op: "read", From: Target{from.Bucket, from.Key + want.Path}, To: to}); err != nil {
		return Object{}, err
	}
	obj, err := s.stat(ctx, Target{from.Bucket, from.Key + want.Path})
	if err == nil && obj.Size != want.Size {
		err = fmt.Errorf("%s has %d bytes, expected were %d: %w", want.Path, int64(obj.Size), int64(want.Size), ErrCorrupt)
	}
	return obj, err
}

// differs compares with what was expected; a digest counts only when both sides know it.
func (s Sum) differs(want Sum) error {
	switch {
	case s.Size != want.Size:
		return fmt.Errorf("%d bytes, expected %d: %w", int64(s.Size), int64(want.Size), ErrCorrupt)
	case s.CRC32C != want.CRC32C:
		return fmt.Errorf("crc32c %08x, expected %08x: %w", s.CRC32C, want.CRC32C, ErrCorrupt)
	case s.Digest != "" && want.Digest != "" && s.Digest != want.Digest:
		return fmt.Errorf("digest %s, expected %s: %w", s.Digest, want.Digest, ErrCorrupt)
	}
	return nil
}

// list tells visit of each object below a prefix, in ascending order of path, and counts it as one to be worked on.
func (s *session) list(ctx context.Context, from Target, visit func(path string, obj Object) error) error {
	for f, err := range s.below(ctx, from) {
		if err != nil {
			return err
		}
		s.update(func(p *Progress) { p.ObjectsTotal++; p.BytesTotal += f.obj.Size })
		if err := visit(f.path, f.obj); err != nil {
			return err
		}
	}
	s.update(func(p *Progress) { p.Listed = true })
	return nil
}

func notPrefix(op string, t Target) error {
	return &Error{Op: op, Bucket: Name(t.Bucket), Key: t.Key, Err: fmt.Errorf(`want a prefix: "" or a key ending in "/": %w`, ErrInvalid)}
}

// sorted orders what was copied by key.
func sorted(copied []Copied) []Copied {
	slices.SortFunc(copied, byKey)
	return copied
}

func byKey(a, b Copied) int { return strings.Compare(a.Key, b.Key) }
