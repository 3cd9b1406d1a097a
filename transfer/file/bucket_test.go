package file_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/buckettest"
	"github.com/openintercloud/broker/transfer/file"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string, opts file.Options) *file.Bucket {
	t.Helper()
	b, err := file.Open(dir, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func put(t *testing.T, b *file.Bucket, key, content string) transfer.Object {
	t.Helper()
	obj, err := transfer.Put(t.Context(), b, key, []byte(content), transfer.CreateOptions{})
	require.NoError(t, err)
	return obj
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func keys(t *testing.T, b *file.Bucket, prefix string) []string {
	t.Helper()
	found := []string{}
	for o, err := range b.List(t.Context(), prefix) {
		require.NoError(t, err)
		found = append(found, o.Key)
	}
	return found
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]file.Options{"durable": {}, "without sync": {NoSync: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			buckettest.Run(t, func(t *testing.T) transfer.Bucket { return open(t, t.TempDir(), opts) })
		})
	}
}

func TestFilesOfOthersAreObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "out/model.bin", "weights")
	b := open(t, dir, file.Options{})
	require.Equal(t, []string{"out/model.bin"}, keys(t, b, ""))
	p, obj, err := transfer.Get(t.Context(), b, "out/model.bin")
	require.NoError(t, err)
	require.Equal(t, "weights", string(p))
	require.False(t, obj.HasCRC, "nobody computed it")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "reading leaves no trace")

	at, err := b.Path("out/model.bin")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "out", "model.bin"), at)
	at, err = b.Path("out/none/yet")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "out", "none", "yet"), at)
	_, err = b.Path("../up")
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.Equal(t, "file://"+dir, b.String())
}

func TestObjectsAreFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	put(t, b, "a/b/c", "content")
	p, err := os.ReadFile(filepath.Join(dir, "a", "b", "c"))
	require.NoError(t, err)
	require.Equal(t, "content", string(p))
	require.NoError(t, b.Delete(t.Context(), "a/b/c", ""))
	require.NoDirExists(t, filepath.Join(dir, "a"), "directories left empty go too")
	require.DirExists(t, dir)
}

func TestChangeByOthersIsNoticed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	_, err := transfer.Put(t.Context(), b, "x", []byte("before"), transfer.CreateOptions{ContentType: "text/x"})
	require.NoError(t, err)
	before, err := b.Stat(t.Context(), "x")
	require.NoError(t, err)
	require.True(t, before.HasCRC)

	rd, err := b.Read(t.Context(), "x", transfer.Whole(), before.Version)
	require.NoError(t, err)
	write(t, dir, "x", "behind") // the same size, in place
	_, err = io.ReadAll(rd)
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.NoError(t, rd.Close())

	after, err := b.Stat(t.Context(), "x")
	require.NoError(t, err)
	require.NotEqual(t, before.Version, after.Version)
	require.False(t, after.HasCRC, "the checksum was of other content")
	require.Empty(t, after.ContentType)
	_, err = b.Read(t.Context(), "x", transfer.Whole(), before.Version)
	require.ErrorIs(t, err, transfer.ErrConflict)
}

func TestNothingEscapes(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "secret", "secret")
	b := open(t, dir, file.Options{})
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "door")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "window")))
	for _, key := range []string{"door/secret", "window"} {
		_, err := b.Stat(t.Context(), key)
		require.Error(t, err, key)
		_, err = b.Read(t.Context(), key, transfer.Whole(), "")
		require.Error(t, err, key)
		_, err = b.Path(key)
		require.Error(t, err, key)
		require.Error(t, b.Delete(t.Context(), key, ""), key)
	}
	_, err := transfer.Put(t.Context(), b, "door/new", []byte("x"), transfer.CreateOptions{})
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(outside, "new"))
	require.FileExists(t, filepath.Join(outside, "secret"))
	var failed error
	for _, err := range b.List(t.Context(), "") {
		failed = err
	}
	require.Error(t, failed, "a link that leads out is not left out silently")
}

func TestLinksInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	write(t, dir, "real/file", "content")
	require.NoError(t, os.Symlink("real/file", filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("real", filepath.Join(dir, "linked")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	require.Equal(t, []string{"link", "real/file"}, keys(t, b, ""))
	p, _, err := transfer.Get(t.Context(), b, "link")
	require.NoError(t, err)
	require.Equal(t, "content", string(p))
}

func TestIfAbsentYieldsToOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	// A dangling link is no object when the bucket looks; as when another program is quicker, only the last step fails.
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "x")))
	_, err := transfer.Put(t.Context(), b, "x", []byte("x"), transfer.CreateOptions{IfAbsent: true})
	require.ErrorIs(t, err, transfer.ErrConflict)
	to, err := os.Readlink(filepath.Join(dir, "x"))
	require.NoError(t, err)
	require.Equal(t, "nowhere", to)
}

func TestKeysThatAreNoFiles(t *testing.T) {
	t.Parallel()
	b := open(t, t.TempDir(), file.Options{})
	put(t, b, "is/object", "x")
	for _, key := range []string{"a/", "a//b", "./a", "a/.", ".broker", ".broker/lock", "a/.broker/b", strings.Repeat("x", 256), "is", "is/object/below"} {
		_, err := transfer.Put(t.Context(), b, key, nil, transfer.CreateOptions{})
		require.ErrorIs(t, err, transfer.ErrInvalid, key)
	}
	require.Equal(t, []string{"is/object"}, keys(t, b, ""))
	_, err := b.Stat(t.Context(), "is/object/below")
	require.ErrorIs(t, err, transfer.ErrNotFound)
}

func TestHiddenFolderIsHidden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inner := open(t, filepath.Join(dir, "inner"), file.Options{Create: true})
	put(t, inner, "x", "x")
	outer := open(t, dir, file.Options{})
	put(t, outer, "y", "y")
	require.Equal(t, []string{"inner/x", "y"}, keys(t, outer, ""))
	require.Empty(t, keys(t, outer, ".broker/"))
	require.Empty(t, keys(t, outer, ".bro"))
}

func TestNothingIsLeftInTheHiddenFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{NoSync: true})
	for i := range 5 {
		put(t, b, "x", fmt.Sprint(i))
	}
	up, err := b.Create(t.Context(), "y", transfer.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, up.Part(t.Context(), 2, strings.NewReader("part")))
	require.NoError(t, up.Abort(t.Context()))
	_, err = transfer.Put(t.Context(), b, "x", nil, transfer.CreateOptions{IfAbsent: true})
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.Len(t, names(t, dir, ".broker/attributes"), 1, "one object, one side file")
	require.NoError(t, b.Delete(t.Context(), "x", ""))
	require.Empty(t, names(t, dir, ".broker/attributes"))
	require.Empty(t, names(t, dir, ".broker/uploads"))
}

func names(t *testing.T, dir, sub string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(sub)))
	require.NoError(t, err)
	found := make([]string, len(entries))
	for i, e := range entries {
		found[i] = e.Name()
	}
	return found
}

func TestTornAttributesAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	put(t, b, "x", "content")
	side := filepath.Join(dir, ".broker", "attributes", names(t, dir, ".broker/attributes")[0])
	whole, err := os.ReadFile(side)
	require.NoError(t, err)
	for n := range whole {
		require.NoError(t, os.WriteFile(side, whole[:n], 0o644))
		obj, err := b.Stat(t.Context(), "x")
		require.NoError(t, err)
		require.False(t, obj.HasCRC)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir, file.Options{})
	n, err := b.Sweep(t.Context(), time.Now())
	require.NoError(t, err)
	require.Zero(t, n)
	for _, key := range []string{"left", "alive"} {
		up, err := b.Create(t.Context(), key, transfer.CreateOptions{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, up.Abort(context.Background())) })
	}
	uploads := names(t, dir, ".broker/uploads")
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(dir, ".broker", "uploads", uploads[0]), old, old))
	n, err = b.Sweep(t.Context(), old.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, uploads[1:], names(t, dir, ".broker/uploads"))
}

// TestConditionsHoldBetweenBuckets: as between processes, each with a handle of its own.
func TestConditionsHoldBetweenBuckets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var handles [6]*file.Bucket
	for i := range handles {
		handles[i] = open(t, dir, file.Options{NoSync: true})
	}
	version := put(t, handles[0], "counter", "0").Version
	for range 60 {
		var ups [len(handles)]transfer.Upload
		for i, b := range handles {
			up, err := b.Create(t.Context(), "counter", transfer.CreateOptions{IfMatch: version})
			require.NoError(t, err)
			ups[i] = up
		}
		var objs [len(handles)]transfer.Object
		var errs [len(handles)]error
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i, up := range ups {
			wg.Go(func() {
				<-start
				objs[i], errs[i] = up.Commit(t.Context())
			})
		}
		close(start)
		wg.Wait()
		won := 0
		for i, err := range errs {
			require.NoError(t, ups[i].Abort(t.Context()))
			if err == nil {
				won++
				version = objs[i].Version
				continue
			}
			require.ErrorIs(t, err, transfer.ErrConflict)
		}
		require.Equal(t, 1, won)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "er")
	_, err := file.Open(dir, file.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	b := open(t, dir, file.Options{Create: true})
	require.Empty(t, keys(t, b, ""))
	write(t, dir, "file", "")
	_, err = file.Open(filepath.Join(dir, "file"), file.Options{Create: true})
	require.Error(t, err)
}

func TestSync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a/b/c", "x")
	write(t, dir, "a/d", "y")
	for _, opts := range []file.Options{{}, {NoSync: true}} {
		b := open(t, dir, opts)
		require.NoError(t, b.Sync(t.Context(), "a/"))
		require.NoError(t, b.Sync(t.Context(), "none/"))
		require.Equal(t, []string{"a/b/c", "a/d"}, keys(t, b, ""))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, open(t, dir, file.Options{}).Sync(ctx, ""), context.Canceled)
}

// TestHiddenFolderRemoved: somebody tidied up between two uploads.
func TestHiddenFolderRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := file.Open(dir, file.Options{NoSync: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	for range 2 {
		_, err = transfer.Put(t.Context(), b, "x", []byte("x"), transfer.CreateOptions{})
		require.NoError(t, err)
		require.NoError(t, os.RemoveAll(filepath.Join(dir, ".broker")))
	}
	obj, err := b.Stat(t.Context(), "x")
	require.NoError(t, err)
	require.False(t, obj.HasCRC, "it was forgotten")
}
