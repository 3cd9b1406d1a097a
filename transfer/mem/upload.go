package mem

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// upload gathers the parts of one object.
type upload struct {
	b     *Bucket
	key   string
	token string
	opts  transfer.CreateOptions
	meta  map[string]string

	mu      sync.Mutex
	parts   map[int][]byte
	last    int // highest part number
	touched time.Time
	over    bool
	swept   bool // by another than who holds it
	expect  *transfer.Sum
}

// Token names the upload.
func (u *upload) Token() string { return u.token }

// Part stores part n.
func (u *upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	if err := u.b.begin(ctx, "part", u.key); err != nil {
		return err
	}
	if n < 1 {
		return u.b.fail("part", u.key, fmt.Errorf("part %d: parts count from 1: %w", n, transfer.ErrInvalid))
	}
	data, err := readWhole(r)
	if err != nil {
		return u.b.fail("part", u.key, fmt.Errorf("read part %d: %w", n, err))
	}
	if u.b.opts.Flip != nil {
		u.b.opts.Flip("part", u.key, data)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return u.b.fail("part", u.key, u.ended())
	}
	u.parts[n], u.last, u.touched = data, max(u.last, n), u.b.opts.Now()
	return nil
}

// ended says why nothing more can be done.
func (u *upload) ended() error {
	if u.swept {
		return transfer.ErrNotFound
	}
	return errOver
}

// Expect tells what Commit must find.
func (u *upload) Expect(size unit.Bytes, crc32c uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.expect = &transfer.Sum{Size: size, CRC32C: crc32c}
}

// Commit joins the parts and makes the object visible.
func (u *upload) Commit(ctx context.Context) (transfer.Object, error) {
	if err := u.b.begin(ctx, "commit", u.key); err != nil {
		return transfer.Object{}, err
	}
	obj, err := u.commit()
	if err != nil {
		return transfer.Object{}, u.b.fail("commit", u.key, err)
	}
	if err := u.b.begin(ctx, "stored", u.key); err != nil {
		return transfer.Object{}, err
	}
	return obj, nil
}

func (u *upload) commit() (transfer.Object, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return transfer.Object{}, u.ended()
	}
	data, err := u.join()
	if err != nil {
		return transfer.Object{}, err
	}
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	if err := u.b.allowed(u.key, u.opts); err != nil {
		return transfer.Object{}, err
	}
	u.over, u.parts = true, nil
	delete(u.b.uploads, u.token)
	return u.b.store(u.key, data, u.opts, u.meta), nil
}

// join is the content of all parts in order.
func (u *upload) join() ([]byte, error) {
	parts := make([][]byte, u.last)
	for n := range u.last {
		part, ok := u.parts[n+1]
		if !ok {
			return nil, fmt.Errorf("part %d of %d is missing: %w", n+1, u.last, transfer.ErrInvalid)
		}
		size, promised := unit.Bytes(len(part)), u.opts.PartSize
		if promised > 0 && (size > promised || size < promised && n+1 < u.last) {
			return nil, fmt.Errorf("part %d has %d bytes, promised were %d: %w", n+1, len(part), promised, transfer.ErrInvalid)
		}
		parts[n] = part
	}
	data := bytes.Join(parts, nil)
	if e := u.expect; e != nil && (e.Size != unit.Bytes(len(data)) || e.CRC32C != transfer.CRC32C(0, data)) {
		return nil, transfer.ErrCorrupt
	}
	return data, nil
}

// Abort throws the parts away.
func (u *upload) Abort(ctx context.Context) error {
	if err := u.b.begin(ctx, "abort", u.key); err != nil {
		return err
	}
	u.drop(false)
	return nil
}

// drop throws the parts away, in one step with noting who did, and tells whether there was an upload left.
func (u *upload) drop(swept bool) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return false
	}
	u.over, u.swept, u.parts = true, swept, nil
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	delete(u.b.uploads, u.token)
	return true
}

func readWhole(r io.ReadSeeker) ([]byte, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	_, err = io.ReadFull(r, data)
	return data, err
}
