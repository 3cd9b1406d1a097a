package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"time"
)

// folder is the open folder of a file of the hidden folder, and the file's name in it.
func (b *Bucket) folder(name string) (*os.Root, string, error) {
	dir, base := path.Split(name)
	b.insideMu.Lock()
	defer b.insideMu.Unlock()
	if open := b.inside[dir]; open != nil {
		return open, base, nil
	}
	open, err := b.root.OpenRoot(path.Clean(dir))
	if err != nil {
		return nil, "", err
	}
	if b.inside == nil {
		b.inside = map[string]*os.Root{}
	}
	b.inside[dir] = open
	return open, base, nil
}

// createFile makes a file of the hidden folder, and the folder too when it is the first, or was removed by somebody.
func (b *Bucket) createFile(name string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	dir, base, err := b.folder(name)
	if err == nil {
		f, err := dir.OpenFile(base, flags, fileMode)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		b.stale(name, dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := b.root.MkdirAll(path.Dir(name), dirMode); err != nil {
		return nil, err
	}
	if dir, base, err = b.folder(name); err != nil {
		return nil, err
	}
	return dir.OpenFile(base, flags, fileMode)
}

// stale forgets an open folder that is not there any more. Others may be using it, so that it is left to the garbage collector.
func (b *Bucket) stale(name string, dir *os.Root) {
	b.insideMu.Lock()
	defer b.insideMu.Unlock()
	if at, _ := path.Split(name); b.inside[at] == dir {
		delete(b.inside, at)
	}
}

func (b *Bucket) readInside(name string) ([]byte, error) {
	dir, base, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	return dir.ReadFile(base)
}

func (b *Bucket) stampInside(name string, t time.Time) error {
	dir, base, err := b.folder(name)
	if err != nil {
		return err
	}
	return dir.Chtimes(base, t, t)
}

func (b *Bucket) removeInside(name string) error {
	dir, base, err := b.folder(name)
	if err != nil {
		return err
	}
	return dir.Remove(base)
}
