package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Commit puts the parts together, makes them durable, and moves the file into place in one step.
func (u *upload) Commit(ctx context.Context) (transfer.Object, error) {
	u.gate.Lock()
	defer u.gate.Unlock()
	obj, err := u.commit(ctx)
	if err != nil {
		return transfer.Object{}, u.b.fail("commit", u.key, err)
	}
	return obj, nil
}

func (u *upload) commit(ctx context.Context) (transfer.Object, error) {
	if err := ctx.Err(); err != nil {
		return transfer.Object{}, err
	}
	if u.over {
		return transfer.Object{}, errOver
	}
	sum, err := u.assemble(ctx)
	if err != nil {
		return transfer.Object{}, err
	}
	if e := u.expect; e != nil && (e.Size != sum.Size || e.CRC32C != sum.CRC32C) {
		return transfer.Object{}, fmt.Errorf("%d bytes with crc32c %08x, expected %d with %08x: %w",
			int64(sum.Size), sum.CRC32C, int64(e.Size), e.CRC32C, transfer.ErrCorrupt)
	}
	info, err := u.seal()
	if err != nil {
		return transfer.Object{}, err
	}
	a := attributes{Key: u.key, Version: version(info), CRC32C: sum.CRC32C, ContentType: u.opts.ContentType, Meta: u.opts.Meta}
	touched, err := []string(nil), u.b.remember(a)
	if err == nil {
		touched, err = u.publish()
	}
	if err != nil {
		u.b.forget(a.Key, a.Version)
		return transfer.Object{}, err
	}
	for _, dir := range touched {
		err = errors.Join(err, u.b.syncDir(dir))
	}
	return a.describe(info), errors.Join(err, u.end())
}

// assemble puts every part in its place in the data file.
func (u *upload) assemble(ctx context.Context) (transfer.Sum, error) {
	last := 0
	for n := range u.parts {
		last = max(last, n)
	}
	var at int64
	var crc uint32
	for n := 1; n <= last; n++ {
		p, ok := u.parts[n]
		if !ok {
			return transfer.Sum{}, fmt.Errorf("part %d of %d is missing: %w", n, last, transfer.ErrInvalid)
		}
		if size := int64(u.opts.PartSize); size > 0 && n < last && p.size != size {
			return transfer.Sum{}, fmt.Errorf("part %d has %d bytes, promised were %d: %w", n, p.size, size, transfer.ErrInvalid)
		}
		if err := u.fill(ctx, p, at); err != nil {
			return transfer.Sum{}, fmt.Errorf("part %d: %w", n, err)
		}
		at += p.size
		crc = transfer.CombineCRC32C(crc, p.crc, p.size)
	}
	return transfer.Sum{Size: unit.Bytes(at), CRC32C: crc}, u.data.Truncate(at)
}

// fill copies a part that waits beside the data file to its place, and compares it with its checksum.
func (u *upload) fill(ctx context.Context, p part, at int64) error {
	if p.file == "" {
		return nil
	}
	f, err := u.b.root.Open(p.file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := &summer{ctx: ctx, w: io.NewOffsetWriter(u.data, at)}
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	if w.size != p.size || w.crc != p.crc {
		return transfer.ErrCorrupt
	}
	return nil
}

// seal stamps the data file, so that no version ever comes twice, and makes it durable.
func (u *upload) seal() (os.FileInfo, error) {
	now := u.b.opts.Now()
	if err := u.b.stampInside(u.temp, now); err != nil {
		return nil, err
	}
	if !u.b.opts.NoSync {
		if err := u.data.Sync(); err != nil {
			return nil, err
		}
	}
	return u.data.Stat()
}

// publish moves the data file into place, when the conditions hold, and returns the directories that changed.
func (u *upload) publish() (touched []string, err error) {
	err = u.b.exclusive(func() error {
		old, err := u.b.allowed(u.name, u.opts)
		if err != nil {
			return err
		}
		touched = []string{filepath.Dir(u.name)}
		if err = u.appear(); errors.Is(refine(err), transfer.ErrNotFound) { // a directory is missing
			if touched, err = u.b.makeDirs(u.name); err != nil {
				return blocked(err)
			}
			err = u.appear()
		}
		if err != nil {
			return err
		}
		if old != nil {
			u.b.forget(u.key, version(old))
		}
		return nil
	})
	return touched, err
}

// appear gives the data file the object's name.
func (u *upload) appear() error {
	if u.opts.IfAbsent {
		err := u.b.root.Link(u.temp, u.name)
		if errors.Is(err, fs.ErrExist) {
			err = transfer.ErrConflict
		}
		return err
	}
	err := u.b.root.Rename(u.temp, u.name)
	u.moved = err == nil
	return err
}

// allowed looks whether an object may appear; it returns the file that it replaces, if any.
func (b *Bucket) allowed(name string, opts transfer.CreateOptions) (os.FileInfo, error) {
	info, err := b.root.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("the key is a directory, other objects lie below it: %w", transfer.ErrInvalid)
	case err == nil && opts.IfAbsent:
		return nil, transfer.ErrConflict
	case err == nil && opts.IfMatch != "" && version(info) != opts.IfMatch:
		return nil, transfer.ErrConflict
	case errors.Is(err, fs.ErrNotExist) && opts.IfMatch != "":
		return nil, transfer.ErrConflict
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	return info, blocked(err)
}

// blocked explains an object in the way of a directory.
func blocked(err error) error {
	if refined := refine(err); errors.Is(refined, transfer.ErrNotFound) {
		return fmt.Errorf("an object is in the way, a part of the key is a file: %w: %w", transfer.ErrInvalid, err)
	}
	return err
}
