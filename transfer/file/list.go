package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openintercloud/broker/transfer"
)

// List yields the files whose key starts with prefix, in ascending order of key. A symbolic link to a file of the
// bucket is an object; one to a directory is not followed; one that leads out of the bucket is an error, as is a file
// name that cannot be a key: nothing is left out silently.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		dir := prefix[:strings.LastIndexByte(prefix, '/')+1]
		if dir != "" {
			if _, err := fileName(strings.TrimSuffix(dir, "/")); err != nil {
				return // no key can start like this
			}
		}
		w := walk{ctx: ctx, b: b, prefix: prefix, yield: yield}
		if err := w.dir(dir); err != nil && !errors.Is(err, errStop) {
			yield(transfer.Object{}, b.fail("list", prefix, err))
		}
	}
}

// errStop ends a walk whose caller wants no more.
var errStop = errors.New("stop")

type walk struct {
	ctx    context.Context
	b      *Bucket
	prefix string
	yield  func(transfer.Object, error) bool
}

// dir visits a directory, "" or ending in "/". One that vanished meanwhile is empty.
func (w walk) dir(dir string) error {
	entries, err := w.read(dir)
	if err != nil {
		return gone(err)
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		key := dir + e.Name()
		switch {
		case e.Name() == hidden:
		case e.IsDir() && (strings.HasPrefix(key+"/", w.prefix) || strings.HasPrefix(w.prefix, key+"/")):
			err = w.dir(key + "/")
		case !e.IsDir() && strings.HasPrefix(key, w.prefix):
			err = w.file(key, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read lists a directory in the order of keys, in which "a.b" comes before "a/b".
func (w walk) read(dir string) ([]fs.DirEntry, error) {
	name := cmp.Or(filepath.FromSlash(strings.TrimSuffix(dir, "/")), ".")
	if info, err := w.b.root.Stat(name); err != nil || !info.IsDir() {
		return nil, err // a file has nothing below it
	}
	f, err := w.b.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(x, y fs.DirEntry) int { return strings.Compare(sortName(x), sortName(y)) })
	return entries, err
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

func (w walk) file(key string, e fs.DirEntry) error {
	if !e.Type().IsRegular() && e.Type()&fs.ModeSymlink == 0 {
		return nil // a pipe, a socket, a device
	}
	name, err := fileName(key)
	if err != nil {
		return fmt.Errorf("a file cannot be an object; rename it: %w", err)
	}
	info, err := w.b.root.Stat(name)
	if err != nil {
		return gone(err)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	if !w.yield(w.b.describe(key, info), nil) {
		return errStop
	}
	return nil
}

// gone forgives a file that is not there any more.
func gone(err error) error {
	if errors.Is(refine(err), transfer.ErrNotFound) {
		return nil
	}
	return err
}
