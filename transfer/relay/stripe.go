package relay

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/openintercloud/broker/transfer"
)

// Pieces are of these sizes and all powers of two in between.
const (
	leastPiece = 128 << 10
	mostPiece  = 4 << 20
)

// striped is a read that all lanes work on: each takes the next piece when it has room. Its fields are guarded by the bucket's mutex.
type striped struct {
	bucket *Bucket
	ctx    context.Context //nolint:containedctx // of the read
	cancel context.CancelFunc
	key    string
	match  string
	flock  sync.WaitGroup

	start     int64    // of the range
	next, end int64    // what no piece covers yet
	again     []*piece // that failed
	pieces    []*piece // taken and not read, in order
	flying    int
	at        int // bytes of the first piece that have been read; only the reader knows
}

// piece is a part of a read.
type piece struct {
	from  int64
	buf   []byte
	have  int           // bytes that are there
	tries int           // that failed
	done  chan struct{} // closed when it is whole, or never will be
	err   error         // why not; io.EOF when the object ends within it
}

// buffer is memory for a piece of at most n bytes: a kept one, else a new one in place of those that are kept. The mutex is held.
func (b *Bucket) buffer(n int64) []byte {
	best := -1
	for i, p := range b.idle {
		if int64(cap(p)) >= n && (best < 0 || cap(p) < cap(b.idle[best])) {
			best = i
		}
	}
	if best >= 0 {
		p := b.idle[best]
		b.idle = slices.Delete(b.idle, best, best+1)
		b.kept -= int64(cap(p))
		return p[:n]
	}
	for len(b.idle) > 0 && b.held+b.kept+n > b.window {
		b.kept -= int64(cap(b.idle[0]))
		b.idle = slices.Delete(b.idle, 0, 1)
	}
	return make([]byte, n)
}

// keep gives the memory of a piece back. The mutex is held.
func (b *Bucket) keep(p []byte) {
	b.held -= int64(cap(p))
	if b.held+b.kept+int64(cap(p)) <= b.window {
		b.idle = append(b.idle, p)
		b.kept += int64(cap(p))
	}
}

func (b *Bucket) stripe(ctx context.Context, key string, r transfer.Range, match string) *striped {
	s := &striped{bucket: b, key: key, match: match, start: r.Offset, next: r.Offset, end: r.Offset + r.Length}
	s.ctx, s.cancel = context.WithCancel(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads = append(b.reads, s)
	b.pump()
	return s
}

// pump gives work to the lanes. First, each that has room gets the next piece of the oldest read, as far as the window reaches. Then
// each read that has nothing on the way gets a lane, however crowded: who opens more reads gets more connections.
func (b *Bucket) pump() {
	now := time.Now()
	b.reads = slices.DeleteFunc(b.reads, func(s *striped) bool { return !s.hungry() })
	for l := b.room(now); l != nil; l = b.room(now) {
		size := b.size(l)
		at := slices.IndexFunc(b.reads, func(s *striped) bool { return s.hungry() && s.fits(size) })
		if at < 0 {
			break
		}
		l.begin(now)
		b.reads[at].take(l, size)
	}
	for _, s := range b.reads {
		if s.hungry() && s.flying == 0 && (s.waits() || b.held+leastPiece <= b.window) {
			l := b.choose(now)
			s.take(l, b.size(l))
		}
	}
}

// room is the fastest lane that has room.
func (b *Bucket) room(now time.Time) (best *lane) {
	for _, l := range b.lanes {
		if l.open(now) && (best == nil || l.pace() > best.pace()) {
			best = l
		}
	}
	return best
}

// size is that of the next piece for a lane: what is worth a request, but not so much of what is left that the others would wait for it.
func (b *Bucket) size(l *lane) int64 {
	var left int64
	for _, s := range b.reads {
		left += s.end - s.next
	}
	all := 0.0
	for _, l := range b.lanes {
		all += l.pace()
	}
	share := int64(float64(left) * l.pace() / max(all, 1) / (laneDepth + 1))
	return rounded(min(l.piece(), share))
}

// rounded is the greatest size of a piece that is not above n.
func rounded(n int64) int64 {
	size := int64(leastPiece)
	for size < mostPiece && 2*size <= n {
		size *= 2
	}
	return size
}

// hungry says that there is something to fetch that nobody fetches.
func (s *striped) hungry() bool {
	return s.ctx.Err() == nil && (len(s.again) > 0 || s.next < s.end)
}

// fits says that the next piece may be held: a failed one is held already, and the first one must come whatever it takes.
func (s *striped) fits(size int64) bool {
	return len(s.again) > 0 || len(s.pieces) == 0 || s.bucket.held+size <= s.bucket.window
}

// waits says that the reader can only go on with a piece that nobody fetches.
func (s *striped) waits() bool { return len(s.again) > 0 || len(s.pieces) == 0 }

// take lets a lane fetch the next piece. The lane has begun.
func (s *striped) take(l *lane, size int64) {
	var p *piece
	if len(s.again) > 0 {
		p, s.again = s.again[0], s.again[1:]
	} else {
		size = min(size, s.end-s.next)
		p = &piece{from: s.next, buf: s.bucket.buffer(size), done: make(chan struct{})}
		s.next += size
		s.pieces = append(s.pieces, p)
		s.bucket.held += int64(cap(p.buf))
	}
	s.flying++
	s.flock.Go(func() { s.fetch(l, p) })
}

// fetch brings a piece over a lane.
func (s *striped) fetch(l *lane, p *piece) {
	err := s.fill(l, p)
	b := s.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	s.flying--
	var lost *laneError
	if errors.As(err, &lost) && p.tries < len(b.lanes)+mostMoves && s.ctx.Err() == nil {
		p.tries++
		s.again = append(s.again, p)
		if !slices.Contains(b.reads, s) {
			b.reads = slices.Insert(b.reads, 0, s)
		}
	} else {
		p.err = err
		close(p.done)
	}
	b.pump()
}

// fill reads what is missing of a piece.
func (s *striped) fill(l *lane, p *piece) error {
	left := transfer.Range{Offset: p.from + int64(p.have), Length: int64(len(p.buf) - p.have)}
	in, err := s.bucket.askLane(s.ctx, l, escaped(objects+s.key), wanted(left, s.match))
	if errors.Is(err, transfer.ErrInvalid) && p.from > s.start {
		return io.EOF // so it ends just before
	}
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := io.ReadFull(in, p.buf[p.have:])
	p.have += n
	if err == nil { // the end of the answer, after which the connection can be used again
		if _, err = in.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			return nil
		}
	}
	switch {
	case in.err != nil:
		return &laneError{in.err}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF // the range reaches past the end of the object
	}
	return err
}

func (s *striped) Read(p []byte) (int, error) {
	s.bucket.mu.Lock()
	var first *piece
	if len(s.pieces) > 0 {
		first = s.pieces[0]
	}
	s.bucket.mu.Unlock()
	if first == nil {
		if err := context.Cause(s.ctx); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	select {
	case <-first.done:
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
	n := copy(p, first.buf[s.at:first.have])
	s.at += n
	switch {
	case s.at < first.have:
	case first.err == nil:
		s.drop(1)
	case errors.Is(first.err, io.EOF):
		return n, io.EOF
	default:
		return n, s.bucket.fail("read", s.key, first.err)
	}
	return n, nil
}

// drop lets go of the first pieces.
func (s *striped) drop(n int) {
	b := s.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range s.pieces[:n] {
		b.keep(p.buf)
	}
	s.pieces, s.at = s.pieces[n:], 0
	b.pump()
}

// Close ends the read.
func (s *striped) Close() error {
	s.bucket.mu.Lock() // so that nobody is about to take a piece
	s.cancel()
	s.bucket.mu.Unlock()
	s.flock.Wait()
	s.drop(len(s.pieces))
	return nil
}
