package file

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// reader streams a range of a file, and tells when the file changed under it.
type reader struct {
	ctx   context.Context
	b     *Bucket
	key   string
	f     *os.File
	span  *io.SectionReader
	match string
}

func newReader(ctx context.Context, b *Bucket, key string, f *os.File, info os.FileInfo, r transfer.Range, match string) (*reader, error) {
	from, to, err := r.Within(unit.Bytes(info.Size()))
	if err != nil {
		return nil, err
	}
	return &reader{ctx, b, key, f, io.NewSectionReader(f, from, to-from), match}, nil
}

// Read fills p. At the end of the range it looks whether the file is still the version that was asked for.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, r.b.fail("read", r.key, err)
	}
	n, err := r.span.Read(p)
	if errors.Is(err, io.EOF) && r.changed() {
		err = transfer.ErrConflict
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, r.b.fail("read", r.key, err)
	}
	return n, err
}

func (r *reader) changed() bool {
	if r.match == "" {
		return false
	}
	info, err := r.f.Stat()
	return err != nil || version(info) != r.match
}

// Close releases the file.
func (r *reader) Close() error { return r.f.Close() }
