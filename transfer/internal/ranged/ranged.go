package ranged

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/openintercloud/broker/transfer"
)

// ToEnd is the end of a range that goes up to the end of the object.
const ToEnd = math.MaxInt64

// Answer is what a store sends.
type Answer struct {
	Body    io.ReadCloser
	Version string
	First   int64 // the first byte
	Length  int64 // how many bytes follow
}

// Config says how to ask a store. All fields are required.
type Config struct {
	// Open asks for the bytes from first up to end, which may be [ToEnd], of the version match, "" = the present one. A range that
	// reaches past the end is cut there.
	Open func(ctx context.Context, first, end int64, match string) (Answer, error)
	// Attempts is how often a body may break without a byte in between.
	Attempts int
	// Fail names the object in an error.
	Fail func(error) error
}

// Reader is a range on its way. It is not safe for concurrent use.
type Reader struct {
	ctx   context.Context
	cfg   Config
	at    int64 // the next byte
	end   int64 // the first byte that is not wanted; exact once a body is open
	match string
	body  io.ReadCloser
	tries int
	err   error // why reading ended for good
}

// Open begins to read. The range must not be empty. Its errors are those of Config.Open, and ErrConflict.
func Open(ctx context.Context, cfg Config, r transfer.Range, match string) (*Reader, error) {
	rd := &Reader{ctx: ctx, cfg: cfg, at: r.Offset, end: ToEnd, match: match, tries: cfg.Attempts}
	if r.Length >= 0 && r.Length < ToEnd-r.Offset {
		rd.end = r.Offset + r.Length
	}
	return rd, rd.open()
}

// open asks for the rest of the range.
func (r *Reader) open() error {
	a, err := r.cfg.Open(r.ctx, r.at, r.end, r.match)
	if err != nil {
		return err
	}
	if err := r.accept(a); err != nil {
		return errors.Join(err, a.Body.Close())
	}
	r.body = a.Body
	return nil
}

// accept holds the answer against what was asked: a store may ignore what it does not know.
func (r *Reader) accept(a Answer) error {
	switch {
	case a.Version == "":
		return errors.New("the answer of the store has no version")
	case r.match != "" && a.Version != r.match:
		return transfer.ErrConflict
	case a.First != r.at || a.Length < 0 || a.Length > r.end-r.at || r.body != nil && a.Length != r.end-r.at:
		return fmt.Errorf("asked for bytes %d to %d, the store sends %d from byte %d on", r.at, r.end, a.Length, a.First)
	}
	r.match, r.end = a.Version, r.at+a.Length
	return nil
}

// Read fills p.
func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.at == r.end {
			r.err = io.EOF
			break
		}
		n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.at)])
		r.at += int64(n)
		if n > 0 {
			r.tries = r.cfg.Attempts
			return n, nil
		}
		if len(p) == 0 || err == nil {
			return 0, nil
		}
		r.err = r.goOn(err)
	}
	return 0, r.err
}

// goOn decides what follows when a body broke. An object that is gone meanwhile is another version.
func (r *Reader) goOn(cause error) error {
	if errors.Is(cause, io.EOF) {
		cause = io.ErrUnexpectedEOF
	}
	if r.tries--; r.tries <= 0 || r.ctx.Err() != nil {
		return r.cfg.Fail(cause)
	}
	_ = r.body.Close() // broken already
	err := r.open()
	if errors.Is(err, transfer.ErrNotFound) {
		err = fmt.Errorf("it went away meanwhile: %w", transfer.ErrConflict)
	}
	if err != nil {
		return r.cfg.Fail(err)
	}
	return nil
}

// Close ends the read.
func (r *Reader) Close() error {
	if r.err == nil {
		r.err = errors.New("read of a closed reader")
	}
	return r.body.Close()
}
