package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/openintercloud/broker/transfer"
)

var errStalled = errors.New("the path brought nothing for too long")

// body is what one answer brings, over one lane, which it keeps busy until it is closed.
type body struct {
	from  io.ReadCloser // nil = there was no answer
	lane  *lane
	life  context.Context //nolint:containedctx // of the request
	end   context.CancelCauseFunc
	stall *time.Timer // ends life; it runs only while a byte is waited for
	limit time.Duration
	begun time.Time // when it was asked for
	first bool      // the first byte is there
	err   error     // the lane failed
	shut  bool
}

// cause is why the lane failed, a stall rather than what came of it.
func (b *body) cause(err error) error {
	if errors.Is(context.Cause(b.life), errStalled) {
		return fmt.Errorf("%w: %s", errStalled, b.lane.path)
	}
	return err
}

func (b *body) Read(p []byte) (int, error) {
	b.stall.Reset(b.limit)
	n, err := b.from.Read(p)
	b.stall.Stop()
	now := time.Now()
	if n > 0 && !b.first {
		b.first = true
		b.lane.answered(now.Sub(b.begun))
	}
	b.lane.note(n, now)
	if err != nil && !errors.Is(err, io.EOF) {
		if err = b.cause(err); !errors.Is(err, context.Canceled) {
			b.err = err
		}
	}
	return n, err
}

// Close lets go of the lane.
func (b *body) Close() error {
	err := b.from.Close()
	b.close()
	return err
}

func (b *body) close() {
	if !b.shut {
		b.shut = true
		b.stall.Stop()
		b.end(nil)
		b.lane.end(b.err, time.Now())
	}
}

// reader reads a range over one lane, and over another when that fails.
type reader struct {
	ctx    context.Context //nolint:containedctx // of the read
	bucket *Bucket
	key    string
	match  string         // the version, without which a read cannot go on elsewhere
	left   transfer.Range // what is still to be read
	in     *body
	lost   error // why in is of no use any more; it is told when nothing else helps
	moved  int   // how often the lane was changed
}

const mostMoves = 8

func wanted(r transfer.Range, match string) http.Header {
	return http.Header{"Range": {fmt.Sprintf("%d+%d", r.Offset, r.Length)}, headerMatch: {match}}
}

func (r *reader) open() error {
	in, err := r.bucket.ask(r.ctx, escaped(objects+r.key), wanted(r.left, r.match))
	if err == nil {
		r.in = in
	}
	return err
}

func (r *reader) Read(p []byte) (int, error) {
	if r.lost != nil {
		if err := r.move(); err != nil {
			return 0, r.bucket.fail("read", r.key, err)
		}
	}
	n, err := r.in.Read(p)
	r.left.Offset += int64(n)
	if r.left.Length > 0 {
		r.left.Length -= int64(n)
	}
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case r.ctx.Err() != nil:
		return n, context.Cause(r.ctx)
	}
	r.lost = err // the next call goes on elsewhere
	return n, nil
}

// move goes on with what is left over the lane that suits best now.
func (r *reader) move() error {
	if r.moved++; r.moved > mostMoves || r.match == "" || r.left.Length == 0 {
		return r.lost
	}
	_ = r.in.Close() // nothing more is wanted of it
	if err := r.open(); err != nil {
		return errors.Join(r.lost, err)
	}
	r.lost = nil
	return nil
}

// Close ends the read.
func (r *reader) Close() error { return r.in.Close() }
