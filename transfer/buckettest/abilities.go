package buckettest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// putParts stores an object in parts.
func (b *bench) putParts(key string, p []byte, opts transfer.CreateOptions) transfer.Object {
	b.Helper()
	up := b.open(key, opts)
	for n := 0; n*b.cfg.PartSize < len(p); n++ {
		b.part(up, n+1, p[n*b.cfg.PartSize:min((n+1)*b.cfg.PartSize, len(p))])
	}
	return b.commit(up)
}

// copiedShapes checks copies between stores of what comes in many shapes: nothing, one part, several, below a condition or not.
func copiedShapes(b *bench) {
	able, ok := b.Bucket.(transfer.Copier)
	if !ok {
		b.Log("the bucket is no transfer.Copier: nothing to check")
		return
	}
	for i, size := range []int{0, 1, b.cfg.PartSize, 2*b.cfg.PartSize + 7, 5 * b.cfg.PartSize} {
		p := data(uint64(i), size)
		from := fmt.Sprintf("from +%%/%d", i) // a key that must be escaped
		src := b.putParts(from, p, transfer.CreateOptions{ContentType: "text/x-source"})
		old := b.put(fmt.Sprint("replaced/", i), []byte("old"), transfer.CreateOptions{})
		for to, opts := range map[string]transfer.CreateOptions{
			"plain/": {}, "absent/": {IfAbsent: true}, "replaced/": {IfMatch: old.Version, ContentType: "text/x-copy", Meta: map[string]string{"k": "v"}},
		} {
			to += fmt.Sprint(i)
			obj, did, err := able.CopyFrom(b.Context(), to, b.Bucket, src, opts)
			require.NoError(b, err, "%d bytes to %s", size, to)
			if !did {
				continue
			}
			b.holds(to, p)
			found, err := b.Stat(b.Context(), to)
			require.NoError(b, err)
			require.Equal(b, obj.Version, found.Version)
			require.Equal(b, unit.Bytes(size), obj.Size)
			require.Equal(b, opts.Meta, found.Meta, "a copy has the attributes that it was given")
			require.True(b, obj.HasCRC, "a copy was compared")
			require.Equal(b, transfer.CRC32C(0, p), obj.CRC32C)
		}
		_, did, err := able.CopyFrom(b.Context(), fmt.Sprint("replaced/", i), b.Bucket, src, transfer.CreateOptions{IfMatch: old.Version})
		if err != nil || did {
			require.ErrorIs(b, err, transfer.ErrConflict)
		}
	}
	gone := b.put("gone", data(9, 10), transfer.CreateOptions{})
	require.NoError(b, b.Delete(b.Context(), "gone", ""))
	if _, did, err := able.CopyFrom(b.Context(), "late", b.Bucket, gone, transfer.CreateOptions{}); err != nil || did {
		require.ErrorIs(b, err, transfer.ErrNotFound)
	}
	b.absent("late")
}

// listedSpans: whatever the cuts, the spans between them hold each key once.
func listedSpans(b *bench) {
	able, ok := b.Bucket.(transfer.Lister)
	if !ok {
		b.Log("the bucket is no transfer.Lister: nothing to check")
		return
	}
	var want []string
	for i := range 24 {
		want = append(want, fmt.Sprintf("p/%c/%d", 'a'+i%6, i))
	}
	want = append(want, "p/a-", "p/zz", "p/é")
	for _, k := range append(want, "o", "q", "p-") {
		b.put(k, nil, transfer.CreateOptions{})
	}
	slices.Sort(want)
	for _, n := range []int{1, 2, 4, 100} {
		cuts, err := able.Split(b.Context(), "p/", n)
		require.NoError(b, err)
		require.LessOrEqual(b, len(cuts), n-1)
		require.True(b, slices.IsSorted(cuts), "%q", cuts)
		var got []string
		for i := range len(cuts) + 1 {
			after, upTo := "", ""
			if i > 0 {
				after = cuts[i-1]
			}
			if i < len(cuts) {
				upTo = cuts[i]
			}
			for o, err := range able.ListSpan(b.Context(), "p/", after, upTo) {
				require.NoError(b, err)
				got = append(got, o.Key)
			}
		}
		require.Equal(b, want, got, "%q", cuts)
	}
}

// begun is an upload of several parts that can be resumed.
func (b *bench) begun(key string, p []byte, opts transfer.CreateOptions) (transfer.Resumer, transfer.Resumable) {
	able, ok := b.Bucket.(transfer.Resumer)
	if !ok {
		b.Log("the bucket is no transfer.Resumer: nothing to check")
		return nil, nil
	}
	up, ok := b.open(key, opts).(transfer.Resumable)
	require.True(b, ok, "an upload of a Resumer is Resumable")
	b.part(up, 3, p[2*b.cfg.PartSize:])
	b.part(up, 1, p[:b.cfg.PartSize])
	return able, up
}

func resumed(b *bench) {
	p := data(1, 2*b.cfg.PartSize+10)
	opts := transfer.CreateOptions{
		Size: unit.Bytes(len(p)), PartSize: unit.Bytes(b.cfg.PartSize), ContentType: "text/x-test", Meta: map[string]string{"k": "v"}, IfAbsent: true,
	}
	able, begun := b.begun("d/x", p, opts)
	if able == nil {
		return
	}
	token := begun.Token()
	require.NotEmpty(b, token)
	up, parts, err := able.Resume(b.Context(), "d/x", token, opts)
	require.NoError(b, err)
	require.Len(b, parts, 2)
	for i, want := range []transfer.StoredPart{{N: 1, Size: unit.Bytes(b.cfg.PartSize)}, {N: 3, Size: 10}} {
		require.Equal(b, want.N, parts[i].N)
		require.Equal(b, want.Size, parts[i].Size)
		if parts[i].HasCRC {
			first := (want.N - 1) * b.cfg.PartSize
			require.Equal(b, transfer.CRC32C(0, p[first:first+int(want.Size)]), parts[i].CRC32C)
		}
	}
	_, err = up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrInvalid, "a part is missing")
	b.part(up, 2, p[b.cfg.PartSize:2*b.cfg.PartSize])
	if e, ok := up.(transfer.Expecter); ok {
		e.Expect(unit.Bytes(len(p)), transfer.CRC32C(0, p))
	}
	b.commit(up)
	b.holds("d/x", p)
	found, err := b.Stat(b.Context(), "d/x")
	require.NoError(b, err)
	require.Equal(b, "text/x-test", found.ContentType)
	require.Equal(b, opts.Meta, found.Meta)
	for _, gone := range []string{token, "no-such-upload"} {
		_, _, err = able.Resume(b.Context(), "d/x", gone, opts)
		require.ErrorIs(b, err, transfer.ErrNotFound)
	}
	_, aborted := b.begun("d/y", p, opts)
	require.NoError(b, aborted.Abort(b.Context()))
	_, _, err = able.Resume(b.Context(), "d/y", token, opts)
	require.ErrorIs(b, err, transfer.ErrNotFound)
}

func swept(b *bench) {
	p := data(1, 2*b.cfg.PartSize+10)
	opts := transfer.CreateOptions{Size: unit.Bytes(len(p)), PartSize: unit.Bytes(b.cfg.PartSize)}
	able, up := b.begun("x", p, opts)
	if able == nil {
		return
	}
	n, err := able.Sweep(b.Context(), time.Now().Add(-time.Hour))
	require.NoError(b, err)
	require.Zero(b, n, "it is younger")
	_, parts, err := able.Resume(b.Context(), "x", up.Token(), opts)
	require.NoError(b, err)
	require.Len(b, parts, 2)
	n, err = able.Sweep(b.Context(), time.Now().Add(time.Hour))
	require.NoError(b, err)
	require.LessOrEqual(b, n, 1, "a store that cannot tell the age leaves it alone")
	if n == 1 {
		_, _, err = able.Resume(b.Context(), "x", up.Token(), opts)
		require.ErrorIs(b, err, transfer.ErrNotFound)
	}
	b.absent("x")
}

// fetch sends a signed request.
func (b *bench) fetch(s transfer.Signed, body []byte, change func(*http.Request)) (int, []byte) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), s.Method, s.URL, bytes.NewReader(body))
	require.NoError(b, err)
	req.Header = s.Header.Clone()
	if change != nil {
		change(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(b, err)
	got, err := io.ReadAll(res.Body)
	require.NoError(b, err)
	require.NoError(b, res.Body.Close())
	return res.StatusCode, got
}

func signed(b *bench) {
	able, ok := b.Bucket.(transfer.Signer)
	if !ok {
		b.Log("the bucket is no transfer.Signer: nothing to check")
		return
	}
	p := data(1, 1000)
	opts := transfer.CreateOptions{IfAbsent: true, ContentType: "text/x-test", Meta: map[string]string{"k": "v"}}
	write, err := able.SignWrite(b.Context(), "d/x y", opts, time.Minute)
	require.NoError(b, err)
	require.NotContains(b, fmt.Sprintf("%v %+v %#v", write, write, write), "?", "what grants is not printed")
	status, answer := b.fetch(write, p, nil)
	require.Equal(b, 2, status/100, "%d %s", status, answer)
	b.holds("d/x y", p)
	obj, err := b.Stat(b.Context(), "d/x y")
	require.NoError(b, err)
	require.Equal(b, "text/x-test", obj.ContentType)
	require.Equal(b, opts.Meta, obj.Meta)
	status, _ = b.fetch(write, p, nil)
	require.Equal(b, 4, status/100, "the condition is part of the grant")

	read, err := able.SignRead(b.Context(), "d/x y", obj.Version, time.Minute)
	require.NoError(b, err)
	status, got := b.fetch(read, nil, nil)
	require.Equal(b, http.StatusOK, status)
	require.Equal(b, p, got)
	status, got = b.fetch(read, nil, func(r *http.Request) { r.Header.Set("Range", "bytes=10-19") })
	require.Equal(b, http.StatusPartialContent, status)
	require.Equal(b, p[10:20], got)
	b.put("d/x y", []byte("other"), transfer.CreateOptions{})
	status, _ = b.fetch(read, nil, nil)
	require.Equal(b, 4, status/100, "the version is part of the grant")
	_, err = able.SignRead(b.Context(), "../x", "", time.Minute)
	require.ErrorIs(b, err, transfer.ErrInvalid)
	b.signedParts(p)
}

// signedParts: others send the parts, who began the upload finds them.
func (b *bench) signedParts(p []byte) {
	opts := transfer.CreateOptions{Size: unit.Bytes(len(p))}
	up, ok := b.open("parts", opts).(transfer.PartSigner)
	if !ok {
		b.Log("uploads are no transfer.PartSigner: nothing to check")
		return
	}
	part := transfer.StoredPart{N: 1, Size: unit.Bytes(len(p)), CRC32C: transfer.CRC32C(0, p), HasCRC: true}
	send, err := up.SignPart(b.Context(), part, time.Minute)
	require.NoError(b, err)
	status, answer := b.fetch(send, p, nil)
	require.Equal(b, 2, status/100, "%d %s", status, answer)
	able, ok := b.Bucket.(transfer.Resumer)
	require.True(b, ok, "a bucket whose parts others send can find them")
	again, parts, err := able.Resume(b.Context(), "parts", up.Token(), opts)
	require.NoError(b, err)
	require.Len(b, parts, 1)
	b.commit(again)
	b.holds("parts", p)
}
