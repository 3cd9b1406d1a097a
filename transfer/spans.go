package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/openintercloud/broker/catalog/unit"
)

// reading is one object to be read in parts.
type reading struct {
	from Target
	obj  Object // its Version pins what is read
	to   Target // where the bytes will go; empty when nowhere
	// take, unless nil, is given every part, numbered from 1, while it is held in memory. It may be given one more than once.
	take func(ctx context.Context, n int, p []byte) error
	have map[int]partSum // parts that need not be moved any more, by number
	// kept, unless nil, is told of every part that arrived, once.
	kept  func(n int, sum partSum) error
	check bool // only to compare: without digest, and no progress
}

// partSum is what is known of the content of one part.
type partSum struct {
	Size   int64  `json:"size"`
	CRC32C uint32 `json:"crc32c"`
	Chunks []byte `json:"chunks,omitempty"` // SHA-256s, when a digest is wanted
}

// spans reads an object in parallel ranges and sums it.
func (s *session) spans(ctx context.Context, r reading) (Sum, error) {
	size := int64(r.obj.Size)
	sums := newTally(size, s.opts.partSize(size), !s.opts.SkipDigest && !r.check)
	todo := make([]int, 0, sums.parts())
	for i := range sums.parts() {
		if known, ok := r.have[i+1]; ok {
			sums.hashers[i] = known.hasher(!sums.digest)
			s.resumed(known)
		} else {
			todo = append(todo, i)
		}
	}
	var err error
	if len(todo) > 0 {
		err = s.fly(ctx, r, sums, todo)
	}
	if err != nil {
		return Sum{}, err
	}
	return sums.sum(), nil
}

// resumed counts what an earlier call had moved.
func (s *session) resumed(known partSum) {
	s.count(func(e *effort) { e.resumed += unit.Bytes(known.Size) })
	s.update(func(p *Progress) { p.Bytes += unit.Bytes(known.Size) })
}

// partSum is what the hasher knows of its part.
func (h *Hasher) partSum() partSum {
	sum := partSum{Size: h.size, CRC32C: h.crc}
	if !h.crcOnly {
		sum.Chunks = h.chunkSums()
	}
	return sum
}

// hasher is the hasher that has read the part.
func (p partSum) hasher(crcOnly bool) Hasher {
	return Hasher{size: p.Size, crc: p.CRC32C, sums: p.Chunks, crcOnly: crcOnly}
}

// span moves part n. A stream is held.
func (s *session) span(ctx context.Context, r reading, n int, first, length int64, h *Hasher) error {
	buf, err := s.budget.get(ctx, length)
	if err != nil {
		return err
	}
	defer s.budget.put(buf)
	if err := s.fetch(ctx, r, n, first, buf, h); err != nil || r.take == nil {
		return err
	}
	tries := 0
	return s.again(ctx, seedOf(r.to.Key, n), func() error {
		if tries++; tries > 1 {
			s.count(func(e *effort) { e.resent += unit.Bytes(length) })
		}
		return r.take(ctx, n, buf)
	})
}

// arrived tells of part n that it need not be moved any more.
func (s *session) arrived(r reading, n int, h *Hasher) error {
	if !r.check {
		s.update(func(p *Progress) { p.Bytes += unit.Bytes(h.size) })
	}
	if r.kept == nil {
		return nil
	}
	return r.kept(n, h.partSum())
}

// fetch fills buf from the pinned object, trying again where it broke off, and sums it while it is warm in the cache.
func (s *session) fetch(ctx context.Context, r reading, n int, first int64, buf []byte, h *Hasher) error {
	if err := s.opts.allow(ctx, Hop{Op: "read", From: r.from, To: r.to}); err != nil {
		return err
	}
	empty := *h
	return s.again(ctx, seedOf(r.obj.Key, n), func() error {
		rest := unit.Bytes(int64(len(buf)) - h.size)
		if rest == 0 && len(buf) > 0 { // it broke off at the very end, where a store tells of a change: believe nothing of it
			*h, rest = empty, unit.Bytes(len(buf))
			s.count(func(e *effort) { e.resent += rest })
		}
		use := Usage{Reads: 1, Bytes: rest}
		if r.check {
			use.Bytes = 0
		}
		if err := s.meter.charge(use); err != nil {
			return err
		}
		before := h.size
		err := readSpan(ctx, r.from.Bucket, r.obj, first+h.size, buf[h.size:], h)
		if err != nil {
			s.meter.refund(use.Bytes - min(use.Bytes, unit.Bytes(h.size-before)))
		}
		return err
	})
}

// readSpan fills buf from the pinned object and sums what it has got, also when it fails.
func readSpan(ctx context.Context, b Bucket, obj Object, first int64, buf []byte, h *Hasher) (err error) {
	r, err := b.Read(ctx, obj.Key, Range{Offset: first, Length: int64(len(buf))}, obj.Version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	const stride = 256 << 10
	for rest := buf; len(rest) > 0; {
		piece := rest[:min(stride, len(rest))]
		n, err := io.ReadFull(r, piece)
		_, _ = h.Write(piece[:n]) // never fails
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("the source ended %d bytes early: %w", len(rest)-n, ErrCorrupt)
		} else if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return expectEnd(r)
}

// expectEnd asks for the end of the range, where a bucket may still report that the object changed meanwhile.
func expectEnd(r io.Reader) error {
	var more [1]byte
	n, err := io.ReadFull(r, more[:])
	if n > 0 {
		return fmt.Errorf("the source sent more than was asked for: %w", ErrCorrupt)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
