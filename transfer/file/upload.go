package file

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"strings"
	"sync"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Create opens an upload, whose files lie in the hidden folder, on the same file system.
func (b *Bucket) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	u, err := b.create(ctx, key, opts)
	if err != nil {
		return nil, b.fail("create", key, err)
	}
	return u, nil
}

func (b *Bucket) create(ctx context.Context, key string, opts transfer.CreateOptions) (*upload, error) {
	name, err := b.begin(ctx, key)
	if err != nil {
		return nil, err
	}
	if _, err := b.allowed(name, opts); err != nil {
		return nil, err
	}
	temp := tempDir + "/" + rand.Text()
	if opts.Token != "" && !strings.ContainsFunc(opts.Token, odd) {
		temp = tempDir + "/" + opts.Token
	}
	data, err := b.createFile(temp)
	if err != nil {
		return nil, err
	}
	return newUpload(b, key, name, temp, data, opts), nil
}

// odd reports whether a wish for a token may not be a file's name.
func odd(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') }

func newUpload(b *Bucket, key, name, temp string, data *os.File, opts transfer.CreateOptions) *upload {
	opts.Meta = maps.Clone(opts.Meta)
	return &upload{
		b: b, key: key, name: name, opts: opts, temp: temp, data: data,
		parts: map[int]part{}, claims: map[int]bool{}, beside: map[string]bool{},
	}
}

// upload gathers the parts of one object. A part whose place is known, being the first or by the promise of equal
// sizes, is written there at once; any other waits in a file of its own until Commit puts it in place.
type upload struct {
	b    *Bucket
	key  string
	name string // of the object's file
	opts transfer.CreateOptions
	temp string // the data file; further parts have its name, a dot and a number
	data *os.File

	gate sync.RWMutex // held to read by each Part, to write by what ends the upload

	mu     sync.Mutex
	parts  map[int]part
	claims map[int]bool    // parts whose place in data has been given away
	beside map[string]bool // part files that exist
	serial int
	table  *os.File // of the stored parts, for Resume; nil before the first
	moved  bool     // the data file is the object now
	over   bool
	expect *transfer.Sum
}

// part is one stored part.
type part struct {
	file string // beside the data file; "" = in place
	size int64
	crc  uint32
}

var errOver = fmt.Errorf("the upload is over: %w", transfer.ErrInvalid)

// Part stores part n.
func (u *upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	u.gate.RLock()
	defer u.gate.RUnlock()
	if err := u.part(ctx, n, r); err != nil {
		return u.b.fail("part", u.key, fmt.Errorf("part %d: %w", n, err))
	}
	return nil
}

func (u *upload) part(ctx context.Context, n int, r io.ReadSeeker) error {
	if u.over {
		return errOver
	}
	if n < 1 || u.opts.PartSize > 0 && int64(n) > math.MaxInt64/int64(u.opts.PartSize) {
		return fmt.Errorf("no such number, parts count from 1: %w", transfer.ErrInvalid)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p, at, err := u.place(n)
	if err != nil {
		return err
	}
	w := &summer{ctx: ctx, w: at}
	if _, err = io.Copy(w, r); err == nil && u.opts.PartSize > 0 && unit.Bytes(w.size) > u.opts.PartSize {
		err = fmt.Errorf("%d bytes, promised were %d: %w", w.size, int64(u.opts.PartSize), transfer.ErrInvalid)
	}
	if c, ok := at.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	if err != nil {
		return errors.Join(err, u.unplace(n, p))
	}
	p.size, p.crc = w.size, w.crc
	return u.keep(n, p)
}

// unplace takes back the place of a part that was not stored.
func (u *upload) unplace(n int, p part) error {
	if p.file == "" {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.claims, n)
		return nil
	}
	return u.drop(p)
}

// place finds where part n is to be written: in place the first time, beside it when it is sent again.
func (u *upload) place(n int) (part, io.Writer, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	size := int64(u.opts.PartSize)
	if (n == 1 || size > 0) && !u.claims[n] {
		u.claims[n] = true
		w := io.NewOffsetWriter(u.data, int64(n-1)*size)
		if size > 0 {
			return part{}, &bounded{w, size}, nil
		}
		return part{}, w, nil
	}
	u.serial++
	p := part{file: fmt.Sprintf("%s.%d", u.temp, u.serial)}
	f, err := u.b.createFile(p.file)
	if err == nil {
		u.beside[p.file] = true
	}
	return p, f, err
}

// keep makes p the part n and drops the one it replaces.
func (u *upload) keep(n int, p part) error {
	u.mu.Lock()
	old := u.parts[n]
	u.parts[n] = p
	err := u.note(n, p)
	u.mu.Unlock()
	return errors.Join(err, u.drop(old))
}

// drop removes the file of a part that is not wanted any more.
func (u *upload) drop(p part) error {
	if p.file == "" {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.beside, p.file)
	return u.b.root.Remove(p.file)
}

// Expect tells what Commit must find.
func (u *upload) Expect(size unit.Bytes, crc32c uint32) {
	u.gate.Lock()
	defer u.gate.Unlock()
	u.expect = &transfer.Sum{Size: size, CRC32C: crc32c}
}

// Abort throws the parts away.
func (u *upload) Abort(context.Context) error {
	u.gate.Lock()
	defer u.gate.Unlock()
	if u.over {
		return nil
	}
	if err := u.end(); err != nil {
		return u.b.fail("abort", u.key, err)
	}
	return nil
}

// end removes the upload's files. The gate is held.
func (u *upload) end() error {
	u.over = true
	err := u.data.Close()
	if !u.moved {
		err = errors.Join(err, gone(u.b.removeInside(u.temp)))
	}
	if u.table != nil {
		err = errors.Join(err, u.table.Close(), u.b.root.Remove(u.temp+tableEnd))
	}
	for name := range u.beside {
		err = errors.Join(err, u.b.root.Remove(name))
	}
	return err
}

// summer passes bytes on and sums them, in pieces that stay in the cache.
type summer struct {
	ctx  context.Context
	w    io.Writer
	size int64
	crc  uint32
}

// Write passes p on.
func (s *summer) Write(p []byte) (int, error) {
	const stride = 256 << 10
	done := 0
	for done < len(p) {
		if err := s.ctx.Err(); err != nil {
			return done, err
		}
		piece := p[done:min(done+stride, len(p))]
		n, err := s.w.Write(piece)
		s.crc = transfer.CRC32C(s.crc, piece[:n])
		s.size += int64(n)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// bounded keeps a part from running into the next.
type bounded struct {
	w    io.Writer
	left int64
}

// Write passes p on when it fits.
func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, fmt.Errorf("longer than promised: %w", transfer.ErrInvalid)
	}
	return b.w.Write(p)
}
