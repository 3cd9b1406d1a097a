package parts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Part is one part of an upload.
type Part struct {
	N      int // from 1
	Size   int64
	CRC32C uint32 // valid when HasCRC
	HasCRC bool
	Tag    string // what the store calls it; "" while it is held
}

// Config says what a store can do. All fields are required.
type Config struct {
	Most int   // parts of an upload
	Hold int64 // size in bytes of the largest part 1 that is held in memory
	// Send stores a part and returns its tag. It may read r, which stands at its start, more than once.
	Send func(ctx context.Context, p Part, r io.ReadSeeker) (string, error)
}

// Upload collects parts. While there is nothing but a small part 1 it is held in memory: one request will do if no other follows.
// It is safe for concurrent use; make one with [New].
type Upload struct {
	cfg   Config
	opts  transfer.CreateOptions
	begin *semaphore.Weighted

	mu     sync.Mutex
	begun  bool // nothing is held from now on
	held   []byte
	parts  map[int]Part
	over   bool
	expect *transfer.Sum
}

// New is an upload without parts.
func New(cfg Config, opts transfer.CreateOptions) *Upload {
	return &Upload{cfg: cfg, opts: opts, begin: semaphore.NewWeighted(1), parts: map[int]Part{}}
}

// Adopt notes a part that the store has already. It must not be called once the upload is in use.
func (u *Upload) Adopt(p Part) { u.begun, u.parts[p.N] = true, p }

// Part stores a part, or holds it. Errors of what the caller gave are ErrInvalid.
func (u *Upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	p, err := u.measure(n, r)
	if err != nil {
		return err
	}
	if held, err := u.hold(p, r); held || err != nil {
		return err
	}
	if err := u.Begin(ctx); err != nil {
		return err
	}
	return u.send(ctx, p, r)
}

// Check refuses a part number or size that cannot be, and any part once the upload is over.
func (u *Upload) Check(n int, size int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch promised := int64(u.opts.PartSize); {
	case u.over:
		return errOver()
	case n < 1 || n > u.cfg.Most:
		return fmt.Errorf("part %d: parts count from 1 to %d: %w", n, u.cfg.Most, transfer.ErrInvalid)
	case promised > 0 && size > promised:
		return fmt.Errorf("part %d has %d bytes, promised were %d: %w", n, size, promised, transfer.ErrInvalid)
	}
	return nil
}

func errOver() error { return fmt.Errorf("the upload is over: %w", transfer.ErrInvalid) }

// measure reads a part and sums it.
func (u *Upload) measure(n int, r io.ReadSeeker) (Part, error) {
	if err := u.Check(n, 0); err != nil {
		return Part{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Part{}, fmt.Errorf("read part %d: %w", n, err)
	}
	var sum crc
	size, err := io.Copy(&sum, r)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return Part{}, fmt.Errorf("read part %d: %w", n, err)
	}
	return Part{N: n, Size: size, CRC32C: uint32(sum), HasCRC: true}, u.Check(n, size)
}

// crc is a checksum that bytes are written to.
type crc uint32

// Write never fails.
func (c *crc) Write(p []byte) (int, error) {
	*c = crc(transfer.CRC32C(uint32(*c), p))
	return len(p), nil
}

// hold keeps the part in memory when it may be the only one.
func (u *Upload) hold(p Part, r io.Reader) (bool, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.begun || p.N != 1 || p.Size > u.cfg.Hold {
		return false, nil
	}
	content := make([]byte, p.Size)
	if _, err := io.ReadFull(r, content); err != nil {
		return false, fmt.Errorf("read part 1: %w", err)
	}
	u.held, u.parts[1] = content, p
	return true, nil
}

// Begin ends the holding: the part that was held goes to the store.
func (u *Upload) Begin(ctx context.Context) error {
	if err := u.begin.Acquire(ctx, 1); err != nil {
		return err
	}
	defer u.begin.Release(1)
	u.mu.Lock()
	over, held, p := u.over, u.held, u.parts[1]
	u.begun = true
	u.mu.Unlock()
	switch {
	case over:
		return errOver()
	case held == nil:
		return nil
	}
	if err := u.send(ctx, p, bytes.NewReader(held)); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held = nil
	return nil
}

// Begun reports whether the store has been sent anything.
func (u *Upload) Begun() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.begun
}

func (u *Upload) send(ctx context.Context, p Part, r io.ReadSeeker) error {
	tag, err := u.cfg.Send(ctx, p, r)
	if err != nil {
		return fmt.Errorf("part %d: %w", p.N, err)
	}
	p.Tag = tag
	u.Keep(p)
	return nil
}

// Keep notes a part that the store has.
func (u *Upload) Keep(p Part) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts[p.N] = p
}

// Expect tells what the content must be.
func (u *Upload) Expect(size unit.Bytes, crc32c uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.expect = &transfer.Sum{Size: size, CRC32C: crc32c}
}

// End makes everything that follows fail. It is safe to repeat.
func (u *Upload) End() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.over, u.begun, u.held = true, true, nil
}
