package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// copied runs the program and returns its last line.
func copied(t *testing.T, args ...string) (summary, string) {
	t.Helper()
	var out, screen bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out, &screen), screen.String())
	var s summary
	require.NoError(t, json.Unmarshal(out.Bytes(), &s), out.String())
	return s, screen.String()
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		if filepath.ToSlash(rel)[0] != '.' { // what the bucket keeps for itself
			all[filepath.ToSlash(rel)] = string(text)
		}
		return err
	}))
	return all
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

func TestWithoutArguments(t *testing.T) {
	t.Parallel()
	s, screen := copied(t)
	require.Equal(t, 3, s.Objects)
	require.EqualValues(t, 6_000_000, s.Bytes)
	require.True(t, s.Verified)
	require.Contains(t, screen, "3 objects, 6 MB")
}

func TestCopySyncAndDelete(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), t.TempDir()
	files := map[string]string{"a": "1", "b/c": "22", "b/d": "333"}
	write(t, from, files)
	src, dst := "file://"+from+"/", "file://"+to+"/"
	s, _ := copied(t, src, dst)
	require.Equal(t, 3, s.Objects)
	require.Equal(t, files, tree(t, to))

	write(t, from, map[string]string{"b/c": "changed"})
	require.NoError(t, os.Remove(filepath.Join(from, "a")))
	s, screen := copied(t, "-sync", "-delete", "-dry-run", src, dst)
	require.False(t, s.Verified)
	require.Contains(t, screen, "a (extra)")
	require.Contains(t, screen, "b/c (size)")
	require.Equal(t, files, tree(t, to), "a dry run changes nothing")

	s, _ = copied(t, "-sync", "-delete", "-ledger", t.TempDir(), src, dst)
	require.Equal(t, 1, s.Objects)
	require.Equal(t, 1, s.Deleted)
	require.Equal(t, tree(t, from), tree(t, to))
}

func TestOneFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"in/x": "hello"})
	s, _ := copied(t, "-limit", "1GB", "file://"+dir+"/in/x", "file://"+dir+"/out/y")
	require.Equal(t, 1, s.Objects)
	require.Equal(t, "hello", tree(t, dir)["out/y"])
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"one"}, {"-delete", "a", "b"}, {"ftp://x/", "file:///y/"}, {"-limit", "fast", "file:///x/", "file:///y/"}} {
		require.Error(t, run(context.Background(), args, &bytes.Buffer{}, &bytes.Buffer{}), args)
	}
}
