package mem

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Options shape a bucket. The zero value is a bucket that works.
type Options struct {
	// Now gives the time that objects are stamped with. Default: time.Now.
	Now func() time.Time
	// Fault is asked at the start of every operation, whose error it then returns. Default: nothing fails. For op it is
	// given "stat", "read", "list", "create", "resume", "part", "commit", "delete" or "abort", and also "stored" after a commit
	// took effect (the lost reply) and "byte" before each Read of an open reader. It may be called concurrently.
	Fault func(op, key string) error
	// Flip may change the bytes that pass: op is "read" for bytes on their way out, "part" for those on their way in.
	// The stored object itself is never changed by a read. It may be called concurrently. Default: bytes are kept.
	Flip func(op, key string, p []byte)
	// NoChecksum makes the bucket one that knows no checksum. Default: it knows all.
	NoChecksum bool
}

// Bucket is a bucket in memory. It is safe for concurrent use. Its versions are unique within the bucket.
type Bucket struct {
	name string
	opts Options

	mu      sync.Mutex
	objects map[string]stored
	serial  uint64
	uploads map[string]*upload // neither committed nor aborted, by token
}

var _ transfer.Resumer = (*Bucket)(nil)

type stored struct {
	transfer.Object
	data []byte // never changed once stored
}

// New returns an empty bucket whose URL is mem://name.
func New(name string) *Bucket { return NewWith(name, Options{}) }

// NewWith is New with options.
func NewWith(name string, opts Options) *Bucket {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Bucket{name: name, opts: opts, objects: map[string]stored{}, uploads: map[string]*upload{}}
}

// String is the bucket's URL.
func (b *Bucket) String() string { return "mem://" + b.name }

// OpenUploads counts the uploads that were neither committed nor aborted.
func (b *Bucket) OpenUploads() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.uploads)
}

// Stat describes one object.
func (b *Bucket) Stat(ctx context.Context, key string) (transfer.Object, error) {
	s, err := b.find(ctx, "stat", key, "")
	return s.describe(), err
}

// Read streams a range of one object.
func (b *Bucket) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	s, err := b.find(ctx, "read", key, match)
	if err != nil {
		return nil, err
	}
	from, to, err := r.Within(s.Size)
	if err != nil {
		return nil, b.fail("read", key, err)
	}
	return &reader{ctx: ctx, b: b, key: key, data: bytes.NewReader(s.data[from:to])}, nil
}

// List yields the objects whose key starts with prefix, in ascending order, as they are when the listing starts.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		if err := b.begin(ctx, "list", prefix); err != nil {
			yield(transfer.Object{}, err)
			return
		}
		for _, o := range b.snapshot(prefix) {
			if err := ctx.Err(); err != nil {
				yield(transfer.Object{}, b.fail("list", prefix, err))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (b *Bucket) snapshot(prefix string) []transfer.Object {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []transfer.Object
	for key, s := range b.objects {
		if strings.HasPrefix(key, prefix) {
			found = append(found, s.describe())
		}
	}
	slices.SortFunc(found, func(x, y transfer.Object) int { return strings.Compare(x.Key, y.Key) })
	return found
}

// Create opens an upload.
func (b *Bucket) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	if err := b.checked(ctx, "create", key); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.allowed(key, opts); err != nil {
		return nil, b.fail("create", key, err)
	}
	b.serial++
	token := opts.Token
	if _, taken := b.uploads[token]; taken || token == "" {
		token = strconv.FormatUint(b.serial, 10)
	}
	u := &upload{
		b: b, key: key, token: token, touched: b.opts.Now(),
		opts: opts, meta: maps.Clone(opts.Meta), parts: map[int][]byte{},
	}
	b.uploads[u.token] = u
	return u, nil
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key, match string) error {
	if err := b.checked(ctx, "delete", key); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.objects[key]; ok && match != "" && s.Version != match {
		return b.fail("delete", key, transfer.ErrConflict)
	}
	delete(b.objects, key)
	return nil
}

// allowed checks the conditions of an upload. The lock is held.
func (b *Bucket) allowed(key string, opts transfer.CreateOptions) error {
	now, exists := b.objects[key]
	if opts.IfAbsent && exists || opts.IfMatch != "" && now.Version != opts.IfMatch {
		return transfer.ErrConflict
	}
	return nil
}

func (b *Bucket) find(ctx context.Context, op, key, match string) (stored, error) {
	if err := b.checked(ctx, op, key); err != nil {
		return stored{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.objects[key]
	if !ok {
		return stored{}, b.fail(op, key, transfer.ErrNotFound)
	}
	if match != "" && match != s.Version {
		return stored{}, b.fail(op, key, transfer.ErrConflict)
	}
	return s, nil
}

// store makes an object visible. The lock is held.
func (b *Bucket) store(key string, data []byte, opts transfer.CreateOptions, meta map[string]string) transfer.Object {
	b.serial++
	s := stored{data: data, Object: transfer.Object{
		Key: key, Size: unit.Bytes(len(data)), Version: strconv.FormatUint(b.serial, 10), Modified: b.opts.Now().UTC(),
		ContentType: opts.ContentType, Meta: meta,
	}}
	if !b.opts.NoChecksum {
		s.CRC32C, s.HasCRC = transfer.CRC32C(0, data), true
	}
	b.objects[key] = s
	return s.describe()
}

func (s stored) describe() transfer.Object {
	o := s.Object
	o.Meta = maps.Clone(o.Meta)
	return o
}

func (b *Bucket) checked(ctx context.Context, op, key string) error {
	if err := transfer.CheckKey(key); err != nil {
		return b.fail(op, key, err)
	}
	return b.begin(ctx, op, key)
}

func (b *Bucket) begin(ctx context.Context, op, key string) error {
	err := ctx.Err()
	if err == nil && b.opts.Fault != nil {
		err = b.opts.Fault(op, key)
	}
	if err != nil {
		return b.fail(op, key, err)
	}
	return nil
}

func (b *Bucket) fail(op, key string, err error) error {
	return &transfer.Error{Op: op, Bucket: b.String(), Key: key, Err: err}
}

// reader hands out the bytes of a range.
type reader struct {
	ctx  context.Context
	b    *Bucket
	key  string
	data *bytes.Reader
}

// Read fills p.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.b.begin(r.ctx, "byte", r.key); err != nil {
		return 0, err
	}
	n, err := r.data.Read(p)
	if n > 0 && r.b.opts.Flip != nil {
		r.b.opts.Flip("read", r.key, p[:n])
	}
	return n, err
}

// Close ends the read.
func (r *reader) Close() error { return nil }

var errOver = fmt.Errorf("the upload is over: %w", transfer.ErrInvalid)
