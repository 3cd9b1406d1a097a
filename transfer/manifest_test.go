package transfer_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

func sample() transfer.Manifest {
	return transfer.NewManifest("reviews", []transfer.ManifestObject{
		{Path: "b", Size: 2, CRC32C: 7, Digest: reference([]byte("bb"))},
		{Path: "a/x", Size: 1, CRC32C: 5},
	})
}

func TestManifestRoundTrip(t *testing.T) {
	t.Parallel()
	object := rapid.Custom(func(t *rapid.T) transfer.ManifestObject {
		return transfer.ManifestObject{
			Path:   rapid.StringMatching(`[a-z]{1,3}(/[a-z \n]{1,3}){0,2}`).Draw(t, "path"),
			Size:   unit.Bytes(rapid.Int64Range(0, 1<<50).Draw(t, "size")),
			CRC32C: rapid.Uint32().Draw(t, "crc"),
			Digest: reference(rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "content")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		objects := rapid.SliceOfNDistinct(object, 0, 6, func(o transfer.ManifestObject) string { return o.Path }).Draw(t, "objects")
		m := transfer.NewManifest("name", objects)
		data, err := m.Encode()
		require.NoError(t, err)
		back, err := transfer.ParseManifest(data)
		require.NoError(t, err)
		require.Equal(t, m, back)

		shuffled := rapid.Permutation(slices.Clone(objects)).Draw(t, "shuffled")
		require.Equal(t, m, transfer.NewManifest("name", shuffled), "order does not matter")
		require.Equal(t, m.Digest, transfer.NewManifest("other", objects).Digest, "nor does the name, to the digest")
		if len(objects) > 0 {
			objects[0].CRC32C++
			require.NotEqual(t, m.Digest, transfer.NewManifest("name", objects).Digest)
		}
	})
}

func TestManifestBytesAreFixed(t *testing.T) {
	t.Parallel()
	data, err := sample().Encode()
	require.NoError(t, err)
	require.Equal(t, `{"version":1,"artifact":"reviews","objects":[{"path":"a/x","size":1,"crc32c":5},`+
		`{"path":"b","size":2,"crc32c":7,"digest":"`+string(reference([]byte("bb")))+`"}],"bytes":3,`+
		`"digest":"sha256set:26b10f3ddab3dffc5027fefcbde8c6c71740e612581f3b846760e5c5582f78cd"}`+"\n", string(data))
}

func TestManifestRefusesWhatContradictsItself(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*transfer.Manifest){
		"version":     func(m *transfer.Manifest) { m.Version = 2 },
		"total":       func(m *transfer.Manifest) { m.Bytes++ },
		"digest":      func(m *transfer.Manifest) { m.Digest = reference(nil) },
		"size":        func(m *transfer.Manifest) { m.Objects[0].Size, m.Objects[1].Size = 2, 1 },
		"checksum":    func(m *transfer.Manifest) { m.Objects[0].CRC32C++ },
		"path":        func(m *transfer.Manifest) { m.Objects[0].Path = "a/../x" },
		"order":       func(m *transfer.Manifest) { slices.Reverse(m.Objects) },
		"twice":       func(m *transfer.Manifest) { *m = transfer.NewManifest("", append(m.Objects, m.Objects[0])) },
		"object form": func(m *transfer.Manifest) { m.Objects[1].Digest = "sha1:00" },
		"negative": func(m *transfer.Manifest) {
			*m = transfer.NewManifest("", []transfer.ManifestObject{{Path: "x", Size: -1}})
		},
		"overflow":     func(m *transfer.Manifest) { *m = transfer.NewManifest("", huge()) },
		"lost objects": func(m *transfer.Manifest) { m.Objects = nil },
	} {
		m := sample()
		damage(&m)
		_, err := m.Encode()
		require.ErrorIs(t, err, transfer.ErrCorrupt, name)
		data, err := json.Marshal(m)
		require.NoError(t, err)
		_, err = transfer.ParseManifest(data)
		require.ErrorIs(t, err, transfer.ErrCorrupt, name)
	}
	_, err := transfer.ParseManifest([]byte("{"))
	require.ErrorIs(t, err, transfer.ErrCorrupt)
}

func huge() []transfer.ManifestObject {
	return []transfer.ManifestObject{{Path: "x", Size: 1 << 62}, {Path: "y", Size: 1 << 62}}
}

func TestWriteManifest(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), mem.New("m")
	require.NoError(t, transfer.WriteManifest(ctx, b, "run/a.manifest", sample()))
	require.NoError(t, transfer.WriteManifest(ctx, b, "run/a.manifest", sample()), "the same again is no error")
	other := transfer.NewManifest("reviews", nil)
	require.ErrorIs(t, transfer.WriteManifest(ctx, b, "run/a.manifest", other), transfer.ErrConflict)
	got, err := transfer.ReadManifest(ctx, b, "run/a.manifest")
	require.NoError(t, err)
	require.Equal(t, sample(), got)

	_, err = transfer.ReadManifest(ctx, b, "run/b.manifest")
	require.ErrorIs(t, err, transfer.ErrNotFound)
	put(t, b, "bad", []byte("{}"))
	_, err = transfer.ReadManifest(ctx, b, "bad")
	require.ErrorIs(t, err, transfer.ErrCorrupt)
	named, ok := errors.AsType[*transfer.Error](err)
	require.True(t, ok)
	require.Equal(t, "bad", named.Key)
	require.ErrorIs(t, transfer.WriteManifest(ctx, b, "../up", sample()), transfer.ErrInvalid)
	unsound := sample()
	unsound.Version = 9
	require.ErrorIs(t, transfer.WriteManifest(ctx, b, "unsound", unsound), transfer.ErrCorrupt)
}

func TestWriteManifestLostReply(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	var failing atomic.Bool
	failing.Store(true)
	b := mem.NewWith("m", mem.Options{Fault: func(op, _ string) error {
		if op == "stored" && failing.Load() {
			return lost
		}
		return nil
	}})
	require.NoError(t, transfer.WriteManifest(t.Context(), b, "a", sample()), "it took effect, whatever the reply")
	broken := mem.NewWith("m", mem.Options{Fault: func(op, _ string) error {
		if op == "commit" {
			return lost
		}
		return nil
	}})
	require.ErrorIs(t, transfer.WriteManifest(t.Context(), broken, "a", sample()), lost)
	require.Zero(t, broken.OpenUploads())
}

func TestSealAndVerify(t *testing.T) {
	t.Parallel()
	ctx, b := context.Background(), mem.New("m")
	fill(t, b, "art/", 20, 50_000)
	put(t, b, "art/", nil) // a folder marker
	put(t, b, "other", []byte("not below the prefix"))
	var last transfer.Progress
	m, err := transfer.Seal(ctx, b, "art/", transfer.Options{Progress: func(p transfer.Progress) { last = p }})
	require.NoError(t, err)
	require.Len(t, m.Objects, 20)
	require.Equal(t, transfer.Progress{Objects: 20, ObjectsTotal: 20, Bytes: m.Bytes, BytesTotal: m.Bytes, Listed: true}, last)
	for _, o := range m.Objects {
		p := []byte(content(t, b, "art/"+o.Path)["art/"+o.Path])
		require.Equal(t, transfer.Sum{Size: unit.Bytes(len(p)), CRC32C: transfer.CRC32C(0, p), Digest: reference(p)}, o.Sum())
	}
	require.NoError(t, transfer.Verify(ctx, b, "art/", m, transfer.Options{}))
	objects := slices.Clone(m.Objects)
	objects[3].Digest = reference([]byte("other"))
	err = transfer.Verify(ctx, b, "art/", transfer.NewManifest("", objects), transfer.Options{})
	require.ErrorIs(t, err, transfer.ErrCorrupt, "a digest that differs, where size and checksum do not")
	require.NoError(t, transfer.Verify(ctx, b, "art/", transfer.NewManifest("", objects), transfer.Options{SkipDigest: true}))
	put(t, b, "art/extra", nil)
	require.NoError(t, transfer.Verify(ctx, b, "art/", m, transfer.Options{}), "others are not looked at")

	damaged := m.Objects[7].Path
	old := content(t, b, "art/"+damaged)["art/"+damaged]
	for name, now := range map[string]string{"shorter": old[1:], "flipped": "!" + old[1:]} {
		put(t, b, "art/"+damaged, []byte(now))
		err = transfer.Verify(ctx, b, "art/", m, transfer.Options{})
		require.ErrorIs(t, err, transfer.ErrCorrupt, name)
		require.ErrorContains(t, err, damaged, name)
	}
	require.NoError(t, b.Delete(ctx, "art/"+damaged, ""))
	require.ErrorIs(t, transfer.Verify(ctx, b, "art/", m, transfer.Options{}), transfer.ErrNotFound)

	some, err := transfer.Seal(ctx, b, "", transfer.Options{SkipDigest: true, Include: func(o transfer.Object) bool { return strings.HasPrefix(o.Key, "oth") }})
	require.NoError(t, err)
	require.Equal(t, "other", some.Objects[0].Path)
	require.Empty(t, some.Objects[0].Digest)
	_, err = transfer.Seal(ctx, b, "art", transfer.Options{})
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.ErrorIs(t, transfer.Verify(ctx, b, "art", m, transfer.Options{}), transfer.ErrInvalid)
}

func TestSealFails(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	for _, op := range []string{"list", "read", "byte"} {
		b := mem.NewWith("m", mem.Options{Fault: func(o, key string) error {
			if o == op {
				return lost
			}
			return nil
		}})
		put(t, b, "x", []byte("x"))
		_, err := transfer.Seal(t.Context(), b, "", transfer.Options{})
		require.ErrorIs(t, err, lost, op)
	}
	no := errors.New("not in this country")
	b := mem.New("m")
	put(t, b, "x", []byte("x"))
	_, err := transfer.Seal(t.Context(), b, "", transfer.Options{Boundary: func(context.Context, transfer.Hop) error { return no }})
	require.ErrorIs(t, err, no)
}

func FuzzParseManifest(f *testing.F) {
	good, err := sample().Encode()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"version":1,"objects":null,"bytes":0,"digest":"sha256set:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`))
	f.Add([]byte(`{"version":1,"objects":[{"path":"../x"}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := transfer.ParseManifest(data)
		if err != nil {
			require.ErrorIs(t, err, transfer.ErrCorrupt)
			return
		}
		encoded, err := m.Encode()
		require.NoError(t, err)
		back, err := transfer.ParseManifest(encoded)
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}
