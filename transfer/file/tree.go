package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Sync makes the files below prefix durable that other programs wrote, and the directories they lie in; objects put
// through the bucket are durable already.
func (b *Bucket) Sync(ctx context.Context, prefix string) error {
	dirs := map[string]bool{}
	for obj, err := range b.List(ctx, prefix) {
		if err == nil {
			err = gone(b.sync(filepath.FromSlash(obj.Key)))
		}
		if err != nil {
			return fmt.Errorf("sync %s/%s: %w", b, prefix, err)
		}
		for dir := filepath.Dir(filepath.FromSlash(obj.Key)); !dirs[dir]; dir = filepath.Dir(dir) {
			dirs[dir] = true
		}
	}
	for dir := range dirs {
		if err := b.syncDir(dir); err != nil {
			return fmt.Errorf("sync %s/%s: %w", b, prefix, err)
		}
	}
	return nil
}

// Sweep removes the uploads that a process left behind when it was killed: those not written to since before. Uploads
// still under way must be younger. It returns how many were removed.
func (b *Bucket) Sweep(ctx context.Context, before time.Time) (int, error) {
	entries, err := fs.ReadDir(b.root.FS(), tempDir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	files, alive := map[string][]string{}, map[string]bool{}
	for _, e := range entries {
		id, _, _ := strings.Cut(e.Name(), ".")
		files[id] = append(files[id], tempDir+"/"+e.Name())
		info, err := e.Info()
		alive[id] = alive[id] || err != nil || !info.ModTime().Before(before) // gone: it ended just now
	}
	removed := 0
	for id, names := range files {
		if alive[id] || err != nil {
			continue
		}
		for _, name := range names {
			err = errors.Join(err, ctx.Err(), gone(b.root.Remove(name)))
		}
		removed++
	}
	if err != nil {
		return removed, fmt.Errorf("sweep %s: %w", b, err)
	}
	return removed, nil
}

// exclusive runs change while no other user of the bucket, in any process, changes the visible tree.
func (b *Bucket) exclusive(change func() error) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	const flags = os.O_RDWR | os.O_CREATE
	f, err := b.root.OpenFile(lockFile, flags, fileMode)
	if errors.Is(err, fs.ErrNotExist) {
		if err := b.root.MkdirAll(hidden, dirMode); err != nil {
			return err
		}
		f, err = b.root.OpenFile(lockFile, flags, fileMode)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := flock(f); err != nil {
		return fmt.Errorf("lock %s: %w", lockFile, err)
	}
	return change()
}

// makeDirs makes the directories above a file and returns those whose entries changed or will: the file's own, and the
// one above each that is new.
func (b *Bucket) makeDirs(name string) ([]string, error) {
	dir := filepath.Dir(name)
	touched := []string{dir}
	var missing []string
	for dir != "." {
		_, err := b.root.Stat(dir)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		missing = append(missing, dir)
		dir = filepath.Dir(dir)
		touched = append(touched, dir)
	}
	for _, d := range slices.Backward(missing) {
		if err := b.root.Mkdir(d, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return touched, nil
}

// sync makes the content of a file or directory durable.
func (b *Bucket) sync(name string) error {
	if b.opts.NoSync {
		return nil
	}
	f, err := b.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the entries of a directory durable; one that was removed meanwhile has none.
func (b *Bucket) syncDir(name string) error {
	err := b.sync(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
