package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Options shape a bucket. The zero value is safe.
type Options struct {
	// Create makes the directory, with its parents, when it is not there. Default: a missing directory is an error.
	Create bool
	// NoSync leaves out fsync: a commit then survives a crash of the process, but not of the machine. Default: a commit
	// is durable.
	NoSync bool
	// Now stamps new objects; its nanoseconds keep versions apart. Default: time.Now.
	Now func() time.Time
}

// Bucket is a directory. It is safe for concurrent use, by several processes too.
//
// The version of an object is made of its file's size, modification time and inode. Objects written through the bucket
// always get a new version. Another program that changes a file in place, to the same size, within one tick of the
// file system's clock (a few milliseconds) and without a new file, is not noticed.
//
// Conditions hold among all users of the bucket. IfAbsent holds against other programs too; IfMatch and Delete's match
// cannot: they look, and act at once, but not in one step of the file system.
type Bucket struct {
	dir  string
	opts Options
	root *os.Root
	mu   sync.Mutex // changes of the visible tree, within this process

	insideMu sync.Mutex
	inside   map[string]*os.Root // folders of the hidden folder, once used: a file in one of them is found in one step
}

var (
	_ transfer.Copier = (*Bucket)(nil)
	_ transfer.Syncer = (*Bucket)(nil)
)

// Open opens the directory dir as a bucket. Close releases it. Nothing is written into the directory before the first
// Create, so that it may be read only.
func Open(dir string, opts Options) (*Bucket, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", dir, err)
	}
	if opts.Create {
		if err := os.MkdirAll(dir, dirMode); err != nil {
			return nil, fmt.Errorf("open bucket: %w", err)
		}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return &Bucket{dir: dir, opts: opts, root: root}, nil
}

// Close releases the directory. Operations that follow fail.
func (b *Bucket) Close() error {
	b.insideMu.Lock()
	defer b.insideMu.Unlock()
	err := b.root.Close()
	for _, dir := range b.inside {
		err = errors.Join(err, dir.Close())
	}
	b.inside = nil
	return err
}

// String is the bucket's URL: file:// and the absolute directory.
func (b *Bucket) String() string { return "file://" + filepath.ToSlash(b.dir) }

// Path is the real path of the file that holds key, for programs that read it in place, whether it exists or not. A
// key that cannot be a file, or leads out of the bucket through a symbolic link, is an error.
func (b *Bucket) Path(key string) (string, error) {
	name, err := fileName(key)
	if err == nil {
		_, err = b.root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return "", b.fail("stat", key, err)
	}
	return filepath.Join(b.dir, name), nil
}

// Stat describes one object.
func (b *Bucket) Stat(ctx context.Context, key string) (transfer.Object, error) {
	name, err := b.begin(ctx, key)
	if err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	info, err := b.lookup(name)
	if err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	return b.describe(key, info), nil
}

// Read streams a range of one object.
func (b *Bucket) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	name, err := b.begin(ctx, key)
	if err != nil {
		return nil, b.fail("read", key, err)
	}
	f, info, err := b.openFile(name, match)
	if err != nil {
		return nil, b.fail("read", key, err)
	}
	rd, err := newReader(ctx, b, key, f, info, r, match)
	if err != nil {
		return nil, b.fail("read", key, errors.Join(err, f.Close()))
	}
	return rd, nil
}

// openFile opens a regular file whose version matches.
func (b *Bucket) openFile(name, match string) (*os.File, os.FileInfo, error) {
	f, err := b.root.OpenFile(name, os.O_RDONLY|noWait, 0) // to open a pipe would wait for its writer
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = transfer.ErrNotFound
	case match != "" && version(info) != match:
		err = transfer.ErrConflict
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Delete removes an object, and the directories that are left empty: a bucket has none.
func (b *Bucket) Delete(ctx context.Context, key, match string) error {
	name, err := b.begin(ctx, key)
	if err == nil {
		err = b.remove(name, key, match)
	}
	if err = refine(err); err != nil && !errors.Is(err, transfer.ErrNotFound) {
		return b.fail("delete", key, err)
	}
	return nil
}

func (b *Bucket) remove(name, key, match string) error {
	if _, err := b.lookup(name); err != nil { // the lock leaves a trace in the directory
		return err
	}
	parent := filepath.Dir(name)
	err := b.exclusive(func() error {
		info, err := b.lookup(name)
		if err != nil {
			return err
		}
		if match != "" && version(info) != match {
			return transfer.ErrConflict
		}
		if err := b.root.Remove(name); err != nil {
			return err
		}
		b.forget(key, version(info))
		for parent != "." && b.root.Remove(parent) == nil { // fails at the first that is not empty
			parent = filepath.Dir(parent)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.syncDir(parent)
}

// begin checks a call's context and key.
func (b *Bucket) begin(ctx context.Context, key string) (name string, err error) {
	if name, err = fileName(key); err != nil {
		return "", err
	}
	return name, ctx.Err()
}

// lookup finds the regular file of a key; anything else is not an object.
func (b *Bucket) lookup(name string) (os.FileInfo, error) {
	info, err := b.root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = transfer.ErrNotFound
	}
	return info, err
}

func (b *Bucket) describe(key string, info os.FileInfo) transfer.Object {
	o := transfer.Object{Key: key, Size: unit.Bytes(info.Size()), Version: version(info), Modified: info.ModTime().UTC()}
	b.recall(&o)
	return o
}

func (b *Bucket) fail(op, key string, err error) error {
	return &transfer.Error{Op: op, Bucket: b.String(), Key: key, Err: refine(err)}
}
