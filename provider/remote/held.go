package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is one of an account's, with a file for each key.
type folder string

const (
	held folder = "held"
	gone folder = "gone"
)

func (a Account) path(in folder, key string) string {
	return filepath.Join(a.Dir, string(in), key+".json")
}

// locked runs f while no other goroutine or process changes the account.
func (a Account) locked(ctx context.Context, f func() error) error {
	for _, in := range []folder{held, gone} {
		if err := os.MkdirAll(filepath.Join(a.Dir, string(in)), 0o700); err != nil {
			return err
		}
	}
	unlock, err := lock(filepath.Join(a.Dir, "lock"))
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // after the lock, which may have taken its time
		return errors.Join(err, unlock())
	}
	return errors.Join(f(), unlock())
}

// read returns an error that is fs.ErrNotExist when there is nothing.
func (a Account) read(in folder, key string) (holding, error) {
	var h holding
	path := a.path(in, key)
	text, err := os.ReadFile(path)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("%s is damaged, remove it once nothing of it runs any more: %w", path, err)
	}
	return h, nil
}

// write replaces a file at once and whole.
func (a Account) write(in folder, h holding) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	path := a.path(in, h.Request.Key)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (a Account) exists(in folder, key string) bool { return exists(a.path(in, key)) }

// closed says whether a key's Release has begun.
func (a Account) closed(key string) bool { return a.exists(gone, key) }

// giveBack ends a holding whose key is closed. Another Release may have done so meanwhile.
func (a Account) giveBack(key string) error {
	if err := os.Remove(a.path(held, key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// holdings reads what is held and has not run out of its lease, in the order of the keys. What is given back meanwhile
// is left out.
func (a Account) holdings() ([]holding, error) {
	entries, err := os.ReadDir(filepath.Join(a.Dir, string(held)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []holding
	for _, e := range entries {
		key, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		h, err := a.read(held, key)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case !a.expired(h.Request):
			all = append(all, h)
		}
	}
	return all, nil
}
