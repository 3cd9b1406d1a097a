package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// data is where a task's artifacts are on this machine.
type data struct {
	paths   map[string]string // by variable
	fresh   []string          // folders to make empty
	parents []string          // folders to make
	reads   []string          // inputs
	linked  []string          // where inputs that are views have their files
	writes  []string          // outputs
}

// What a bucket keeps for itself in its directory, which is no object.
const bucketPrivate = ".broker"

// place finds the paths of a task's inputs and outputs. Inputs must be there.
func (c *Cloud) place(ctx context.Context, dir string, task provider.Task) (data, error) {
	d := data{paths: map[string]string{}}
	for _, in := range task.Inputs {
		path, err := c.input(ctx, dir, in, &d)
		if err != nil {
			return d, c.dataFailure(task, in, err)
		}
		d.paths[in.Variable] = path
		d.reads = append(d.reads, path)
	}
	for _, out := range task.Outputs {
		path, err := c.dataPath(out)
		if err != nil {
			return d, c.dataFailure(task, out, err)
		}
		d.paths[out.Variable] = path
		d.writes = append(d.writes, path)
		if out.Single {
			d.parents = append(d.parents, filepath.Dir(path))
		} else {
			d.fresh = append(d.fresh, path)
		}
	}
	return d, nil
}

func (c *Cloud) dataFailure(task provider.Task, a provider.Data, err error) error {
	err = fmt.Errorf("task %s, artifact %s, %s: %w", task.Name, a.Name, a.URL, err)
	if errors.Is(err, fs.ErrNotExist) {
		return c.fail("start", fault.Invalid, fault.ScopeNone, "artifact is not there", err)
	}
	return c.fail("start", fault.KindOf(err), fault.ScopeNone, "artifact", err)
}

// dataPath is the real path of an artifact. A whole bucket is not one.
func (c *Cloud) dataPath(a provider.Data) (string, error) {
	bucket, key, err := c.split(a.URL)
	if err != nil {
		return "", err
	}
	if key == "" || a.Single == strings.HasSuffix(key, "/") {
		return "", c.fail("open", fault.Invalid, "", "URL", errors.New(`want a prefix that ends in "/", or with Single an object`))
	}
	return filepath.Join(c.bucketDir(bucket), filepath.FromSlash(key)), nil
}

// input is where a task finds an input: in the bucket itself, or, where that holds more than the input, as a view.
func (c *Cloud) input(ctx context.Context, dir string, in provider.Data, d *data) (string, error) {
	path, err := c.dataPath(in)
	if err != nil {
		return "", err
	}
	if in.Single {
		_, err := os.Stat(path)
		return path, err
	}
	files, private, err := list(path)
	if errors.Is(err, fs.ErrNotExist) && len(in.Objects) == 0 && c.isScratch(in.URL) {
		d.parents = append(d.parents, path) // an artifact of no objects has no folder where it was copied to
		return path, nil
	}
	if err != nil {
		return "", err
	}
	want := files
	if len(in.Objects) > 0 {
		want = slices.Sorted(slices.Values(in.Objects))
	}
	if !private && slices.Equal(want, files) {
		return path, nil
	}
	view := filepath.Join(dir, "in", in.Variable)
	d.linked = append(d.linked, path)
	return view, linkAll(ctx, view, path, want)
}

// list names the files below a folder, with "/" and in order, and says whether there are others that are no objects.
func list(root string) (files []string, private bool, err error) {
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == bucketPrivate:
			private = true
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		rel, err := filepath.Rel(root, path)
		files = append(files, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(files)
	return files, private, err
}

// linkAll makes a view: a folder with just these files of another, by hard link, else by symbolic link. One that a
// repeated call finds is left as it is.
func linkAll(ctx context.Context, view, from string, files []string) error {
	for _, name := range files {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("object %q: %w", name, fault.Invalid)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		src, dst := filepath.Join(from, name), filepath.Join(view, name)
		if err := os.MkdirAll(filepath.Dir(dst), 0o700); err != nil {
			return err
		}
		if _, err := os.Stat(src); err != nil {
			return err
		}
		err := os.Link(src, dst)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = os.Symlink(src, dst)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return os.MkdirAll(view, 0o700)
}
