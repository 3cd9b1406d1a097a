package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Bucket is one flat key space of objects, whatever store is behind it. Implementations are safe for concurrent use.
//
// Keys use "/" as separator, are valid UTF-8 and never escape the bucket: a key that is empty, absolute, or holds a
// ".." element, a NUL or a backslash must be refused with [ErrInvalid]. A missing object is [ErrNotFound], a failed
// precondition [ErrConflict]; anything else is the store's own error, wrapped once with what was being done.
type Bucket interface {
	// Stat describes one object.
	Stat(ctx context.Context, key string) (Object, error)
	// Read streams a range of one object. When match is not empty the version must equal it, else ErrConflict: a
	// source that changed in between is detected, never mixed. A range that reaches past the end is cut at the end;
	// one that starts past the end is ErrInvalid. The caller closes the reader.
	Read(ctx context.Context, key string, r Range, match string) (io.ReadCloser, error)
	// List yields the objects whose key starts with prefix, in ascending key order. A failure is yielded once, last.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Create opens an upload. Nothing is visible at key before Commit.
	Create(ctx context.Context, key string, opts CreateOptions) (Upload, error)
	// Delete removes an object; deleting an absent one is no error, whatever match. When match is not empty the version
	// of a present one must equal it, else ErrConflict.
	Delete(ctx context.Context, key, match string) error
}

// Upload is one object being written in parts. Part may be called concurrently for different n.
type Upload interface {
	// Part stores part n (from 1) whole; sending the same n again replaces it. The reader is read from its start and
	// may be read more than once.
	Part(ctx context.Context, n int, r io.ReadSeeker) error
	// Commit makes the object visible, whole, or not at all, and durable. Parts 1..max must all be there, else
	// ErrInvalid; no part at all makes an empty object. After success Part and Commit fail with ErrInvalid.
	Commit(ctx context.Context) (Object, error)
	// Abort throws the parts away. It is safe after Commit, then without effect, and safe to repeat.
	Abort(ctx context.Context) error
}

// Expecter is an [Upload] that can refuse content which is not what was meant.
type Expecter interface {
	Upload
	// Expect makes Commit fail with ErrCorrupt, and nothing visible, when size or checksum differ.
	Expect(size unit.Bytes, crc32c uint32)
}

// Copier is a [Bucket] that can fetch an object from another store without its bytes passing through this process.
type Copier interface {
	Bucket
	// CopyFrom makes key a copy of the version of src that from holds, under the conditions and with the attributes of
	// opts. It returns false and does nothing when it cannot for this pair. A nil error means that the new object is
	// durable and was compared with src's checksum; a source that changed in between is ErrConflict.
	CopyFrom(ctx context.Context, key string, from Bucket, src Object, opts CreateOptions) (Object, bool, error)
}

// Object describes one stored object.
type Object struct {
	Key         string
	Size        unit.Bytes
	Version     string            // changes whenever the content does: ETag, generation; never empty
	CRC32C      uint32            // Castagnoli checksum of the whole content; valid when HasCRC
	HasCRC      bool              // the store knows the checksum
	Modified    time.Time         // UTC
	ContentType string            // "" when unknown
	Meta        map[string]string // user metadata; nil when there is none or a listing does not tell
	Brief       bool              // comes from a listing that leaves out checksum, content type or metadata: Stat tells them
}

// Range is a half-open span of bytes. Length < 0 means up to the end; the zero Range is empty.
type Range struct{ Offset, Length int64 }

// Whole is the range of a whole object.
func Whole() Range { return Range{0, -1} }

// CreateOptions say what the new object must look like and what must hold for it to appear.
type CreateOptions struct {
	IfAbsent    bool              // commit only when no object has the key, else ErrConflict
	IfMatch     string            // commit only when the present version equals it, else ErrConflict
	Size        unit.Bytes        // expected total size, a hint: 0 or less = unknown. A store may need it for part limits
	PartSize    unit.Bytes        // a promise: every part has this size, the last at most; 0 = none
	ContentType string            // kept as given; "" = the store's default
	Meta        map[string]string // kept as given
	// Token is a wish for the name of the upload, so that it can be noted before there is anything to lose: letters and digits, never
	// used before. A [Resumer] that names uploads itself ignores it. Default: the bucket's choice.
	Token string
}

// Errors a bucket reports. They are matched with errors.Is.
var (
	ErrNotFound = errors.New("object not found")
	ErrConflict = errors.New("precondition failed: the object is not the version that was expected")
	ErrInvalid  = errors.New("invalid key, range or part")
	ErrCorrupt  = errors.New("content does not match its checksum")
	// ErrSlowDown says that the store asked for fewer requests. Wrapped by a bucket, it makes all copies to or from that store use
	// fewer streams.
	ErrSlowDown = errors.New("the store asks for fewer requests")
)

// Error tells which object of which bucket an operation failed on.
type Error struct {
	Op     string // "stat", "read", "list", "create", "part", "commit", "abort", "delete", "copy", "sum", "seal", "verify"
	Bucket string // the bucket's URL, without credentials
	Key    string
	Err    error // never nil
}

// Error says what failed, on what, and why.
func (e *Error) Error() string { return fmt.Sprintf("%s %s/%s: %v", e.Op, e.Bucket, e.Key, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
