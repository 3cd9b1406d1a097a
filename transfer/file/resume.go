package file

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

var _ transfer.Resumer = (*Bucket)(nil)

// tableEnd is the end of the name of an upload's table: a line for each stored part.
const tableEnd = ".parts"

// Token is the name of the upload's files.
func (u *upload) Token() string { return strings.TrimPrefix(u.temp, tempDir+"/") }

// note adds a part to the table. It needs no fsync: a part is believed only when the data holds what the table says. The lock is
// held. An upload that is whole with its first part has no table.
func (u *upload) note(n int, p part) error {
	if u.table == nil {
		if n == 1 && unit.Bytes(p.size) == u.opts.Size {
			return nil
		}
		table, err := u.b.createFile(u.temp + tableEnd)
		if err != nil {
			return err
		}
		u.table = table
	}
	_, err := fmt.Fprintf(u.table, "%d %d %08x %s.\n", n, p.size, p.crc, strings.TrimPrefix(p.file, u.temp))
	return err
}

// Resume goes on with an upload that another process has begun, and was killed: two must not go on with the same at once. It reads
// what is stored, and tells of the parts that are whole.
func (b *Bucket) Resume(
	ctx context.Context, key, token string, opts transfer.CreateOptions,
) (transfer.Upload, []transfer.StoredPart, error) {
	u, err := b.reopen(ctx, key, token, opts)
	if err != nil {
		return nil, nil, b.fail("create", key, err)
	}
	var stored []transfer.StoredPart
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		p := u.parts[n]
		stored = append(stored, transfer.StoredPart{N: n, Size: unit.Bytes(p.size), CRC32C: p.crc, HasCRC: true})
	}
	return u, stored, nil
}

func (b *Bucket) reopen(ctx context.Context, key, token string, opts transfer.CreateOptions) (*upload, error) {
	name, err := b.begin(ctx, key)
	if err != nil {
		return nil, err
	}
	if token == "" || strings.ContainsFunc(token, odd) {
		return nil, fmt.Errorf("no upload has the name %q: %w", token, transfer.ErrNotFound)
	}
	temp := tempDir + "/" + token
	if err := b.unlinked(temp, name); err != nil {
		return nil, err
	}
	data, err := b.root.OpenFile(temp, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	u := newUpload(b, key, name, temp, data, opts)
	if err := u.restore(ctx); err != nil {
		return nil, errors.Join(err, u.leave())
	}
	return u, nil
}

// unlinked makes sure that a data file is not the visible object already, its upload having been killed at the very end: to write
// to it would show. Of an upload that has ended so, or whose abort was killed, it takes away what is left.
func (b *Bucket) unlinked(temp, name string) error {
	data, err := b.root.Stat(temp)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if seen, err := b.root.Stat(name); !os.SameFile(data, seen) {
			return gone(err)
		}
	}
	entries, err := fs.ReadDir(b.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if of, _, _ := strings.Cut(e.Name(), "."); tempDir+"/"+of == temp {
			err = errors.Join(err, gone(b.root.Remove(tempDir+"/"+e.Name())))
		}
	}
	return cmp.Or(err, transfer.ErrNotFound)
}

// restore learns from the table, as far as the data agrees, and goes on writing it: of two lines for a part the later counts.
func (u *upload) restore(ctx context.Context) error {
	table, err := u.b.root.OpenFile(u.temp+tableEnd, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return u.tidy()
	}
	if err != nil {
		return err
	}
	u.table = table
	for lines := bufio.NewScanner(table); lines.Scan(); {
		var n int
		var p part
		var file string
		// A torn line lacks the dot at its end, and so does not count.
		if _, err := fmt.Sscanf(lines.Text(), "%d %d %x %s", &n, &p.size, &p.crc, &file); err != nil || !strings.HasSuffix(file, ".") || n < 1 {
			continue
		}
		if file = strings.TrimSuffix(file, "."); file != "" {
			p.file = u.temp + file
		}
		u.parts[n] = p
	}
	for n, p := range u.parts {
		if whole, err := u.whole(ctx, n, p); err != nil {
			return err
		} else if !whole {
			delete(u.parts, n)
		} else if p.file == "" {
			u.claims[n] = true
		}
	}
	if _, err := table.WriteString("\n"); err != nil { // the last line may be torn
		return err
	}
	return u.tidy()
}

// whole reports whether the data of a part is what the table says.
func (u *upload) whole(ctx context.Context, n int, p part) (bool, error) {
	sum := &summer{ctx: ctx, w: io.Discard}
	var from io.Reader = io.NewSectionReader(u.data, int64(n-1)*int64(u.opts.PartSize), p.size)
	if p.file != "" {
		f, err := u.b.root.Open(p.file)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		defer f.Close()
		from = f
	}
	if _, err := io.Copy(sum, from); err != nil {
		return false, err
	}
	return sum.size == p.size && sum.crc == p.crc, nil
}

// tidy removes the files of parts that do not count, and numbers those to come after those there are.
func (u *upload) tidy() error {
	entries, err := fs.ReadDir(u.b.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, p := range u.parts {
		if p.file != "" {
			u.beside[p.file] = true
		}
	}
	for _, e := range entries {
		name := tempDir + "/" + e.Name()
		number := 0
		if _, err := fmt.Sscanf(strings.TrimPrefix(name, u.temp), ".%d", &number); err != nil || !strings.HasPrefix(name, u.temp) {
			continue
		}
		u.serial = max(u.serial, number)
		if !u.beside[name] {
			err = errors.Join(err, gone(u.b.root.Remove(name)))
		}
	}
	return err
}

// Close lets go of the upload without ending it: Resume may go on with it.
func (u *upload) Close() error {
	u.gate.Lock()
	defer u.gate.Unlock()
	if u.over {
		return nil
	}
	u.over = true
	return u.leave()
}

// leave closes the files of an upload and lets them be.
func (u *upload) leave() error {
	err := u.data.Close()
	if u.table != nil {
		err = errors.Join(err, u.table.Close())
	}
	return err
}
