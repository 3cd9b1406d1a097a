package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
	"github.com/openintercloud/broker/transfer/mem"
)

func at(b transfer.Bucket, key string) transfer.Target { return transfer.Target{Bucket: b, Key: key} }

func directory(t *testing.T) *file.Bucket {
	t.Helper()
	b, err := file.Open(t.TempDir(), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func TestCopyAnySizes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src, dst := mem.New("src"), mem.New("dst")
		want := map[string]string{}
		for i, size := range rapid.SliceOfN(rapid.IntRange(0, 3000), 0, 6).Draw(t, "sizes") {
			key := fmt.Sprintf("in/%d/%d", i%2, i)
			put(t, src, key, random(uint64(i), size))
			want[key] = string(random(uint64(i), size))
		}
		opts := transfer.Options{
			PartSize: unit.Bytes(rapid.IntRange(1, 4000).Draw(t, "part")),
			Streams:  rapid.IntRange(0, 5).Draw(t, "streams"),
			Publish:  "out.manifest",
		}
		report, err := transfer.Copy(context.Background(), at(dst, "out/"), at(src, "in/"), opts)
		require.NoError(t, err)
		require.Equal(t, moved(want, "in/", "out/"), content(t, dst, "out/"))
		require.Equal(t, len(want), report.Objects)
		require.Equal(t, sizes(want), report.Bytes)
		m, err := transfer.ReadManifest(context.Background(), dst, "out.manifest")
		require.NoError(t, err)
		require.Equal(t, report.Digest, m.Digest)
		require.NoError(t, transfer.Verify(context.Background(), dst, "out/", m, transfer.Options{}))
		require.Zero(t, dst.OpenUploads())
	})
}

func TestCopyOneObject(t *testing.T) {
	t.Parallel()
	p := random(3, 2*transfer.ChunkSize+99)
	src := mem.New("src")
	_, err := transfer.Put(t.Context(), src, "dir/x.bin", p, transfer.CreateOptions{ContentType: "text/x", Meta: map[string]string{"k": "v"}})
	require.NoError(t, err)
	for name, dst := range map[string]transfer.Bucket{"mem": mem.New("dst"), "file": directory(t)} {
		for target, key := range map[string]string{"": "x.bin", "sub/": "sub/x.bin", "other/name": "other/name"} {
			var last transfer.Progress
			report, err := transfer.Copy(t.Context(), at(dst, target), at(src, "dir/x.bin"), transfer.Options{Progress: func(p transfer.Progress) { last = p }})
			require.NoError(t, err, name)
			obj, err := dst.Stat(t.Context(), key)
			require.NoError(t, err, name)
			require.Equal(t, "text/x", obj.ContentType, name)
			require.Equal(t, map[string]string{"k": "v"}, obj.Meta, name)
			require.Equal(t, string(p), content(t, dst, key)[key], name)
			size := unit.Bytes(len(p))
			sum := transfer.Sum{Size: size, CRC32C: transfer.CRC32C(0, p), Digest: reference(p)}
			base := key[strings.LastIndex(key, "/")+1:]
			want := transfer.Copied{Key: key, Path: base, Version: obj.Version, Sum: sum}
			require.Equal(t, transfer.Report{Objects: 1, Bytes: size, Streams: report.Streams, Digest: reference(p), Copied: []transfer.Copied{want}}, report)
			require.Equal(t, transfer.Progress{Objects: 1, ObjectsTotal: 1, Bytes: size, BytesTotal: size, Listed: true}, last)
		}
	}
}

func TestCopyBetweenDirectories(t *testing.T) {
	t.Parallel()
	src, dst := directory(t), directory(t)
	fill(t, src, "a/", 12, 200_000)
	want := moved(content(t, src, "a/"), "a/", "b/")

	streamed, err := transfer.Copy(t.Context(), at(dst, "b/"), at(src, "a/"), transfer.Options{PartSize: 10_000})
	require.NoError(t, err)
	require.Zero(t, streamed.ServerSide, "a digest was asked for, and nobody knew it")
	require.Equal(t, want, content(t, dst, ""))

	quick, err := transfer.Copy(t.Context(), at(dst, "b/"), at(src, "a/"), transfer.Options{SkipDigest: true})
	require.NoError(t, err)
	require.Equal(t, sizes(want), quick.ServerSide)
	require.Equal(t, want, content(t, dst, ""))

	m, err := transfer.Seal(t.Context(), src, "a/", transfer.Options{})
	require.NoError(t, err)
	sealed, err := transfer.Copy(t.Context(), at(dst, "c/"), at(src, "a/"), transfer.Options{Manifest: &m, Publish: "c.manifest"})
	require.NoError(t, err)
	require.Equal(t, m.Bytes, sealed.ServerSide, "the manifest knows the digests")
	require.Equal(t, m.Digest, sealed.Digest)
	back, err := transfer.ReadManifest(t.Context(), dst, "c.manifest")
	require.NoError(t, err)
	require.Equal(t, m, back)
}

func TestCopyManifestTakesExactlyItsObjects(t *testing.T) {
	t.Parallel()
	src := mem.New("src")
	fill(t, src, "a/", 9, 5000)
	m, err := transfer.Seal(t.Context(), src, "a/", transfer.Options{})
	require.NoError(t, err)
	m.Artifact = "named"
	want := moved(content(t, src, "a/"), "a/", "b/")
	put(t, src, "a/late", []byte("not in the manifest"))

	dst := mem.New("dst")
	report, err := transfer.Copy(t.Context(), at(dst, "b/"), at(src, "a/"), transfer.Options{Manifest: &m, Publish: "b.manifest"})
	require.NoError(t, err)
	require.Equal(t, want, content(t, dst, "b/"))
	require.Equal(t, m, report.Manifest("named"))
	back, err := transfer.ReadManifest(t.Context(), dst, "b.manifest")
	require.NoError(t, err)
	require.Equal(t, m, back)

	victim := m.Objects[4]
	for name, now := range map[string][]byte{"other size": []byte("!"), "other content": random(99, int(victim.Size))} {
		put(t, src, "a/"+victim.Path, now)
		dst := mem.New("dst")
		_, err = transfer.Copy(t.Context(), at(dst, "b/"), at(src, "a/"), transfer.Options{Manifest: &m, Publish: "b.manifest"})
		require.ErrorIs(t, err, transfer.ErrCorrupt, name)
		require.ErrorContains(t, err, victim.Path, name)
		require.Empty(t, content(t, dst, ""), name)
	}
	m.Version = 7
	_, err = transfer.Copy(t.Context(), at(dst, "b/"), at(src, "a/"), transfer.Options{Manifest: &m})
	require.ErrorIs(t, err, transfer.ErrCorrupt)
}

func TestCopyIncludes(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "", 9, 100)
	put(t, src, "folder/", nil)
	_, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{Include: func(o transfer.Object) bool { return strings.HasPrefix(o.Key, "1/") }})
	require.NoError(t, err)
	require.Equal(t, content(t, src, "1/"), content(t, dst, ""))
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	committed := 0
	src, dst := mem.New("src"), mem.NewWith("dst", mem.Options{Fault: func(op, _ string) error {
		if op == "commit" {
			committed++
		}
		return nil
	}})
	put(t, src, "a/x", []byte("x"))
	sound := transfer.NewManifest("", nil)
	for name, c := range map[string]struct {
		dst, src transfer.Target
		opts     transfer.Options
	}{
		"prefix to object":    {at(dst, "x"), at(src, "a/"), transfer.Options{}},
		"onto itself":         {at(src, "a/x"), at(src, "a/x"), transfer.Options{}},
		"into itself":         {at(src, "a/b/"), at(src, "a/"), transfer.Options{}},
		"over itself":         {at(src, ""), at(src, "a/"), transfer.Options{}},
		"no bucket":           {at(nil, "x"), at(src, "a/x"), transfer.Options{}},
		"publish one object":  {at(dst, "x"), at(src, "a/x"), transfer.Options{Publish: "m"}},
		"manifest one object": {at(dst, "x"), at(src, "a/x"), transfer.Options{Manifest: &sound}},
		"publish at bad key":  {at(dst, "x/"), at(src, "a/"), transfer.Options{Publish: "../m"}},
		"too little memory":   {at(dst, "x"), at(src, "a/x"), transfer.Options{Budget: transfer.NewBudget(0), PartSize: 2, SkipDigest: true}},
		"destination key":     {at(dst, "../x"), at(src, "a/x"), transfer.Options{}},
	} {
		if name == "too little memory" {
			put(t, src, "a/x", []byte("xx"))
		}
		_, err := transfer.Copy(t.Context(), c.dst, c.src, c.opts)
		require.ErrorIs(t, err, transfer.ErrInvalid, name)
		_, ok := errors.AsType[*transfer.Error](err)
		require.True(t, ok, name)
		require.Zero(t, committed, name)
	}
	_, err := transfer.Copy(t.Context(), at(dst, "x"), at(src, "none"), transfer.Options{})
	require.ErrorIs(t, err, transfer.ErrNotFound)
	report, err := transfer.Copy(t.Context(), at(dst, ""), at(src, "none/"), transfer.Options{})
	require.NoError(t, err, "nothing to copy is no error")
	require.Zero(t, report.Objects)
	require.Empty(t, content(t, dst, ""))
}

func TestCopyIfAbsent(t *testing.T) {
	t.Parallel()
	for _, dst := range []transfer.Bucket{mem.New("dst"), directory(t)} {
		src := mem.New("src")
		fill(t, src, "", 9, 500)
		put(t, dst, "2/part-5", []byte("here before"))
		_, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{IfAbsent: true, Publish: "m"})
		require.ErrorIs(t, err, transfer.ErrConflict)
		named, ok := errors.AsType[*transfer.Error](err)
		require.True(t, ok)
		require.Equal(t, "copy", named.Op)
		require.Equal(t, "2/part-5", named.Key)
		require.Equal(t, map[string]string{"2/part-5": "here before"}, content(t, dst, ""))
		require.NoError(t, dst.Delete(t.Context(), "2/part-5", ""))
		_, err = transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{IfAbsent: true})
		require.NoError(t, err)
		require.Equal(t, content(t, src, ""), content(t, dst, ""))
	}
}

func TestCopyPublishesOnlyOnce(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "", 5, 500)
	opts := transfer.Options{Publish: "m"}
	for range 2 {
		_, err := transfer.Copy(t.Context(), at(dst, "d/"), at(src, ""), opts)
		require.NoError(t, err)
	}
	put(t, src, "new", []byte("another set"))
	_, err := transfer.Copy(t.Context(), at(dst, "d/"), at(src, ""), opts)
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.NotContains(t, content(t, dst, ""), "d/new", "what a failed copy added is gone")
	require.Len(t, content(t, dst, "d/"), 5)
}

func TestCopySourceChanges(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "a/", 5, 500)
	changed := ""
	_, err := transfer.Copy(t.Context(), at(dst, ""), at(src, "a/"), transfer.Options{Include: func(o transfer.Object) bool {
		if changed == "" && o.Size > 0 {
			changed = o.Key
			put(t, src, o.Key, random(77, int(o.Size)))
		}
		return true
	}})
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.Empty(t, content(t, dst, ""))

	_, err = transfer.Copy(t.Context(), at(dst, "x"), at(src, changed), transfer.Options{Boundary: func(_ context.Context, h transfer.Hop) error {
		if h.Op == "create" {
			put(t, src, changed, []byte("new"))
		}
		return nil
	}})
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.Empty(t, content(t, dst, ""))
	require.Zero(t, dst.OpenUploads())
}

func TestCopyBoundary(t *testing.T) {
	t.Parallel()
	no := errors.New("not in this country")
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "", 6, 3000)
	hops := 0
	count := func(context.Context, transfer.Hop) error { hops++; return nil }
	opts := transfer.Options{PartSize: 1000, Streams: 1, Publish: "m", Boundary: count}
	_, err := transfer.Copy(t.Context(), at(dst, "d/"), at(src, ""), opts)
	require.NoError(t, err)
	require.Greater(t, hops, 12)
	for refuse := range hops {
		dst := mem.New("dst")
		var asked atomic.Int64
		opts.Boundary = func(_ context.Context, h transfer.Hop) error {
			if h.From.Bucket != src || h.To.Bucket != dst {
				return fmt.Errorf("hop %+v does not tell both ends", h)
			}
			if asked.Add(1) > int64(refuse) {
				return no
			}
			return nil
		}
		_, err := transfer.Copy(t.Context(), at(dst, "d/"), at(src, ""), opts)
		require.ErrorIs(t, err, no)
		require.Empty(t, content(t, dst, ""))
		require.Zero(t, dst.OpenUploads())
	}
}

func TestCopyMemoryStaysInBudget(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	for i := range 6 {
		put(t, src, fmt.Sprint(i), random(uint64(i), 1<<20+i*13))
	}
	budget := transfer.NewBudget(256 << 10)
	opts := transfer.Options{Budget: budget, PartSize: 100_000, Streams: 16}
	report, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), opts)
	require.NoError(t, err)
	require.Equal(t, content(t, src, ""), content(t, dst, ""))
	require.LessOrEqual(t, budget.Peak(), unit.Bytes(256<<10))
	require.LessOrEqual(t, report.Streams, 16)
	require.NotZero(t, budget.Peak())
}

func TestCopyProgressOnlyGrows(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "", 20, 5000)
	var seen []transfer.Progress
	_, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{PartSize: 700, Progress: func(p transfer.Progress) { seen = append(seen, p) }})
	require.NoError(t, err)
	var before transfer.Progress
	for _, p := range seen {
		require.GreaterOrEqual(t, p.Bytes, before.Bytes)
		require.GreaterOrEqual(t, p.Objects, before.Objects)
		require.LessOrEqual(t, p.Bytes, p.BytesTotal)
		require.LessOrEqual(t, p.Objects, p.ObjectsTotal)
		if before.Listed {
			require.Equal(t, before.BytesTotal, p.BytesTotal)
			require.Equal(t, before.ObjectsTotal, p.ObjectsTotal)
		}
		before = p
	}
	total := sizes(content(t, src, ""))
	require.Equal(t, transfer.Progress{Objects: 20, ObjectsTotal: 20, Bytes: total, BytesTotal: total, Listed: true}, before)
}

func TestCopyOverwritesAndKeepsOthers(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	fill(t, src, "", 9, 500)
	before := map[string]string{"0/part-0": "old", "1/zzz": "other", "a": "other", "0/part": "other"}
	for k, v := range before {
		put(t, dst, k, []byte(v))
	}
	_, err := transfer.Copy(t.Context(), at(dst, ""), at(src, ""), transfer.Options{})
	require.NoError(t, err)
	want := maps.Clone(before)
	maps.Copy(want, content(t, src, ""))
	require.Equal(t, want, content(t, dst, ""))
}

// brief is a source whose listing tells little.
type brief struct {
	*mem.Bucket
	asked int
}

func (b *brief) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		for o, err := range b.Bucket.List(ctx, prefix) {
			if !yield(transfer.Object{Key: o.Key, Size: o.Size, Version: o.Version, Modified: o.Modified, Brief: true}, err) {
				return
			}
		}
	}
}

func (b *brief) Stat(ctx context.Context, key string) (transfer.Object, error) {
	b.asked++
	return b.Bucket.Stat(ctx, key)
}

func TestCopyAsksWhatAListingDoesNotTell(t *testing.T) {
	t.Parallel()
	src, dst := &brief{Bucket: mem.New("src")}, mem.New("dst")
	opts := transfer.CreateOptions{ContentType: "text/x-test", Meta: map[string]string{"k": "v"}}
	_, err := transfer.Put(t.Context(), src.Bucket, "x", []byte("x"), opts)
	require.NoError(t, err)
	_, err = transfer.Copy(t.Context(), at(dst, "out/"), at(src, ""), transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, src.asked)
	obj, err := dst.Stat(t.Context(), "out/x")
	require.NoError(t, err)
	require.Equal(t, "text/x-test", obj.ContentType)
	require.Equal(t, opts.Meta, obj.Meta)
}
