package transfer

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
)

// SumObject reads the version obj of an object in parallel ranges and sums it. Where the store knows a checksum, a
// difference is ErrCorrupt; an object that changed in between is ErrConflict. A PartSize that is no multiple of
// [ChunkSize] is replaced by the default.
func SumObject(ctx context.Context, b Bucket, obj Object, opts Options) (Sum, error) {
	return newSession(opts.forDigest(), Target{Bucket: b}, Target{}).sumObject(ctx, b, obj)
}

// forDigest makes the parts whole chunks.
func (o Options) forDigest() Options {
	if o.PartSize%ChunkSize != 0 {
		o.PartSize = 0
	}
	return o
}

func (s *session) sumObject(ctx context.Context, b Bucket, obj Object) (Sum, error) {
	sum, err := s.spans(ctx, reading{from: Target{b, obj.Key}, obj: obj})
	if err == nil && obj.HasCRC && obj.CRC32C != sum.CRC32C {
		err = fmt.Errorf("read crc32c %08x, the store says %08x: %w", sum.CRC32C, obj.CRC32C, ErrCorrupt)
	}
	if err != nil {
		return Sum{}, &Error{Op: "sum", Bucket: Name(b), Key: obj.Key, Err: err}
	}
	return sum, nil
}

// SumReaderAt sums the first size bytes of r with up to streams readers at once; 0 means 8. A source that is shorter
// is io.ErrUnexpectedEOF.
func SumReaderAt(ctx context.Context, r io.ReaderAt, size unit.Bytes, streams int) (Sum, error) {
	sums := newTally(int64(size), ChunkSize, true)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(Options{Streams: streams}.streams())
	for i := range sums.parts() {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			first, last := sums.span(i)
			n, err := io.CopyBuffer(sums.hasher(i), io.NewSectionReader(r, first, last-first), make([]byte, 256<<10))
			if err == nil && n < last-first {
				err = io.ErrUnexpectedEOF
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return Sum{}, fmt.Errorf("sum %d bytes: %w", int64(size), err)
	}
	return sums.sum(), nil
}
