package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

// once fails the first so many requests of an operation.
func once(op string, times int, f fake.Fault) func(fake.Call) fake.Fault {
	return func(c fake.Call) fake.Fault {
		if c.Op == op && c.N < times {
			return f
		}
		return fake.Fault{}
	}
}

func put(t *testing.T, b transfer.Bucket, key string, p []byte, opts transfer.CreateOptions) (transfer.Object, error) {
	t.Helper()
	const part = 1000
	up, err := b.Create(t.Context(), key, opts)
	if err != nil {
		return transfer.Object{}, err
	}
	defer func() { _ = up.Abort(context.WithoutCancel(t.Context())) }()
	for n := 0; n*part < len(p); n++ {
		if err := up.Part(t.Context(), n+1, bytes.NewReader(p[n*part:min((n+1)*part, len(p))])); err != nil {
			return transfer.Object{}, err
		}
	}
	return up.Commit(t.Context())
}

func holds(t *testing.T, b transfer.Bucket, key string, want []byte) {
	t.Helper()
	got, _, err := transfer.Get(t.Context(), b, key)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func bytesOf(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i * i >> 3)
	}
	return p
}

// Whatever is lost, refused or cut once, the object is there, whole, once.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	big, little := bytesOf(3500), bytesOf(500)
	for name, c := range map[string]struct {
		fault func(fake.Call) fake.Fault
		p     []byte
	}{
		"slow down":                  {once("PutObject", 3, fake.Fault{Status: 503, Code: "SlowDown"}), little},
		"internal error":             {once("PutObject", 2, fake.Fault{Status: 500, Code: "InternalError"}), little},
		"lost reply of a put":        {once("PutObject", 1, fake.Fault{Lose: true}), little},
		"lost reply of a part":       {once("UploadPart", 2, fake.Fault{Lose: true}), big},
		"slow parts":                 {once("UploadPart", 4, fake.Fault{Status: 503, Code: "SlowDown"}), big},
		"too many requests":          {once("CreateMultipartUpload", 1, fake.Fault{Status: 429, Code: "TooManyRequests"}), big},
		"lost reply of a completion": {once("CompleteMultipartUpload", 1, fake.Fault{Lose: true}), big},
		"error inside a completion":  {once("CompleteMultipartUpload", 1, fake.Fault{Status: 200, Code: "InternalError"}), big},
		"cut answer of a put":        {once("PutObject", 1, fake.Fault{NoTag: true}), little},
		"cut answer of a completion": {once("CompleteMultipartUpload", 1, fake.Fault{NoTag: true}), big},
		"no answers to completions":  {once("CompleteMultipartUpload", 5, fake.Fault{Lose: true}), big},
		"no answers to puts":         {once("PutObject", 5, fake.Fault{Lose: true}), little},
		"cut body":                   {once("GetObject", 3, fake.Fault{Cut: 100}), big},
	} {
		for _, opts := range []transfer.CreateOptions{{}, {IfAbsent: true}, {IfAbsent: true, Size: unit.Bytes(len(c.p)), PartSize: 1000}} {
			b, store := open(t, fake.Options{Fault: c.fault}, s3.Config{Attempts: 5})
			obj, err := put(t, b, "x", c.p, opts)
			require.NoError(t, err, name)
			require.True(t, obj.HasCRC, name)
			holds(t, b, "x", c.p)
			require.Zero(t, store.Uploads(), name)
			found, err := b.Stat(t.Context(), "x")
			require.NoError(t, err, name)
			require.Equal(t, obj.Version, found.Version, name)
		}
	}
}

// What does not pass is told for what it is, and nothing is left.
func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	const always = 1 << 30
	big, little := bytesOf(3500), bytesOf(500)
	for name, c := range map[string]struct {
		fault func(fake.Call) fake.Fault
		p     []byte
		want  error
	}{
		"slow down":                   {once("PutObject", always, fake.Fault{Status: 503, Code: "SlowDown"}), little, transfer.ErrSlowDown},
		"slow down of parts":          {once("UploadPart", always, fake.Fault{Status: 503, Code: "SlowDown"}), big, transfer.ErrSlowDown},
		"429":                         {once("CompleteMultipartUpload", always, fake.Fault{Status: 429, Code: ""}), big, transfer.ErrSlowDown},
		"throttled inside a 200":      {once("CompleteMultipartUpload", always, fake.Fault{Status: 200, Code: "SlowDown"}), big, transfer.ErrSlowDown},
		"wrong sum of a put":          {once("PutObject", 1, fake.Fault{WrongSum: true}), little, transfer.ErrCorrupt},
		"wrong sum of a part":         {once("UploadPart", 1, fake.Fault{WrongSum: true}), big, transfer.ErrCorrupt},
		"wrong sum of the whole":      {once("CompleteMultipartUpload", 1, fake.Fault{WrongSum: true}), big, transfer.ErrCorrupt},
		"refused digest":              {once("PutObject", 1, fake.Fault{Status: 400, Code: "BadDigest"}), little, transfer.ErrCorrupt},
		"precondition":                {once("PutObject", 1, fake.Fault{Status: 412, Code: "PreconditionFailed"}), little, transfer.ErrConflict},
		"conflicting requests":        {once("CompleteMultipartUpload", 1, fake.Fault{Status: 409, Code: "ConditionalRequestConflict"}), big, transfer.ErrConflict},
		"upload vanished":             {once("UploadPart", 1, fake.Fault{Status: 404, Code: "NoSuchUpload"}), big, transfer.ErrNotFound},
		"upload vanished at its end":  {once("CompleteMultipartUpload", 1, fake.Fault{Status: 404, Code: "NoSuchUpload"}), big, transfer.ErrNotFound},
		"key too long for this store": {once("PutObject", 1, fake.Fault{Status: 400, Code: "KeyTooLongError"}), little, transfer.ErrInvalid},
	} {
		b, store := open(t, fake.Options{Fault: c.fault}, s3.Config{Attempts: 3})
		_, err := put(t, b, "x", c.p, transfer.CreateOptions{})
		require.ErrorIs(t, err, c.want, name)
		_, err = b.Stat(t.Context(), "x")
		require.ErrorIs(t, err, transfer.ErrNotFound, name)
		require.Zero(t, store.Uploads(), name)
		require.LessOrEqual(t, store.Requests(), 12, "%s: tries are bounded", name)
	}
}

// A missing bucket says nothing of its objects.
func TestErrorsWithoutAWord(t *testing.T) {
	t.Parallel()
	known := []error{transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid, transfer.ErrCorrupt, transfer.ErrSlowDown}
	for _, f := range []fake.Fault{{Status: 404, Code: "NoSuchBucket"}, {Status: 403, Code: "AccessDenied"}, {Status: 500, Code: "InternalError"}} {
		b, _ := open(t, fake.Options{Fault: once("GetObject", 100, f)}, s3.Config{Attempts: 1})
		_, err := b.Read(t.Context(), "x", transfer.Whole(), "")
		require.ErrorContains(t, err, f.Code)
		for _, word := range known {
			require.NotErrorIs(t, err, word)
		}
		require.NotContains(t, err.Error(), "secret-of-a-test")
	}
}

// The condition of a lost reply: whoever really was first stays.
func TestLostReplyOfALoser(t *testing.T) {
	t.Parallel()
	b, _ := open(t, fake.Options{}, s3.Config{})
	_, err := put(t, b, "x", []byte("theirs"), transfer.CreateOptions{})
	require.NoError(t, err)
	for _, p := range [][]byte{[]byte("ours"), bytesOf(2500)} {
		lossy, _ := open(t, fake.Options{Fault: func(c fake.Call) fake.Fault {
			return fake.Fault{Lose: c.Op == "PutObject" && c.N == 1 || c.Op == "CompleteMultipartUpload" && c.N == 0}
		}}, s3.Config{})
		_, err := put(t, lossy, "x", []byte("theirs"), transfer.CreateOptions{})
		require.NoError(t, err)
		_, err = put(t, lossy, "x", p, transfer.CreateOptions{IfAbsent: true})
		require.ErrorIs(t, err, transfer.ErrConflict)
		holds(t, lossy, "x", []byte("theirs"))
	}
}

func TestReadsThatAreNotWhatWasAsked(t *testing.T) {
	t.Parallel()
	p := bytesOf(3000)
	for name, f := range map[string]fake.Fault{
		"the range is ignored": {Whole: true}, "the version is ignored": {Stale: true}, "no tag": {NoTag: true},
	} {
		b, _ := open(t, fake.Options{Fault: once("GetObject", 100, f)}, s3.Config{})
		_, err := put(t, b, "x", p, transfer.CreateOptions{})
		require.NoError(t, err)
		_, err = b.Read(t.Context(), "x", transfer.Range{Offset: 5, Length: 10}, "another")
		require.Error(t, err, name)
		if f.Stale {
			require.ErrorIs(t, err, transfer.ErrConflict)
		}
	}
	b, _ := open(t, fake.Options{Fault: once("GetObject", 100, fake.Fault{Flip: true})}, s3.Config{})
	_, err := put(t, b, "x", p, transfer.CreateOptions{})
	require.NoError(t, err)
	_, _, err = transfer.Get(t.Context(), b, "x")
	require.ErrorIs(t, err, transfer.ErrCorrupt)
}

// A body that breaks goes on in the same version, or not at all.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	p := bytesOf(3000)
	b, store := open(t, fake.Options{Fault: once("GetObject", 8, fake.Fault{Cut: 200})}, s3.Config{})
	obj, err := put(t, b, "x", p, transfer.CreateOptions{})
	require.NoError(t, err)
	r, err := b.Read(t.Context(), "x", transfer.Range{Offset: 10, Length: 2500}, obj.Version)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, p[10:2510], got)
	require.Equal(t, 9, store.Calls("GetObject"))
	_, out := store.Bytes()
	require.Equal(t, int64(2500), out, "nothing is sent twice")

	b, _ = open(t, fake.Options{Fault: once("GetObject", 1, fake.Fault{Cut: 200})}, s3.Config{})
	_, err = put(t, b, "x", p, transfer.CreateOptions{})
	require.NoError(t, err)
	r, err = b.Read(t.Context(), "x", transfer.Whole(), "")
	require.NoError(t, err)
	_, err = put(t, b, "x", bytesOf(3001), transfer.CreateOptions{})
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, transfer.ErrConflict)
	require.NoError(t, r.Close())

	b, store = open(t, fake.Options{Fault: once("GetObject", 1<<30, fake.Fault{Cut: 1})}, s3.Config{Attempts: 3})
	_, err = put(t, b, "x", p[:5], transfer.CreateOptions{})
	require.NoError(t, err)
	r, err = b.Read(t.Context(), "x", transfer.Whole(), "")
	require.NoError(t, err)
	got, err = io.ReadAll(r)
	require.NoError(t, err, "each body brings something")
	require.Equal(t, p[:5], got)
	require.Equal(t, 5, store.Calls("GetObject"))
	require.NoError(t, r.Close())
}

// The fewest requests: one for a small object, parts and two for another, one for a range.
func TestRequests(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, s3.Config{})
	count := func(do func()) int {
		before := store.Requests()
		do()
		return store.Requests() - before
	}
	require.Equal(t, 1, count(func() {
		_, err := put(t, b, "small", bytesOf(1000), transfer.CreateOptions{IfAbsent: true})
		require.NoError(t, err)
	}))
	require.Equal(t, 1, count(func() {
		_, err := put(t, b, "none", nil, transfer.CreateOptions{})
		require.NoError(t, err)
	}))
	require.Equal(t, 5+2, count(func() {
		_, err := put(t, b, "big", bytesOf(4001), transfer.CreateOptions{Size: 4001, PartSize: 1000, IfAbsent: true})
		require.NoError(t, err)
	}))
	require.Equal(t, 1, count(func() {
		r, err := b.Read(t.Context(), "big", transfer.Range{Offset: 1000, Length: 1000}, "")
		require.NoError(t, err)
		require.NoError(t, r.Close())
	}))
	src, err := b.Stat(t.Context(), "big")
	require.NoError(t, err)
	_, out := store.Bytes()
	require.Equal(t, 3+2, count(func() { // ranges of 2,000
		_, did, err := b.CopyFrom(t.Context(), "copy", b, src, transfer.CreateOptions{})
		require.NoError(t, err)
		require.True(t, did)
	}))
	_, after := store.Bytes()
	require.Equal(t, out, after, "no content came here")
	src, err = b.Stat(t.Context(), "small")
	require.NoError(t, err)
	require.Equal(t, 1, count(func() {
		_, did, err := b.CopyFrom(t.Context(), "small copy", b, src, transfer.CreateOptions{})
		require.NoError(t, err)
		require.True(t, did)
	}))
}

func TestCopyFaults(t *testing.T) {
	t.Parallel()
	big, little := bytesOf(5000), bytesOf(500)
	for name, c := range map[string]struct {
		fault func(fake.Call) fake.Fault
		p     []byte
		did   bool
		want  error
	}{
		"error inside a copy":   {once("CopyObject", 1, fake.Fault{Status: 200, Code: "InternalError"}), little, true, nil},
		"error inside a range":  {once("UploadPartCopy", 2, fake.Fault{Status: 200, Code: "InternalError"}), big, true, nil},
		"lost reply of a range": {once("UploadPartCopy", 1, fake.Fault{Lose: true}), big, true, nil},
		"lost reply of the end": {once("CompleteMultipartUpload", 1, fake.Fault{Lose: true}), big, true, nil},
		"not allowed":           {once("CopyObject", 1, fake.Fault{Status: 403, Code: "AccessDenied"}), little, false, nil},
		"ranges not known":      {once("UploadPartCopy", 9, fake.Fault{Status: 501, Code: "NotImplemented"}), big, false, nil},
		"wrong sum":             {once("CopyObject", 1, fake.Fault{WrongSum: true}), little, false, transfer.ErrCorrupt},
		"wrong sum of a range":  {once("UploadPartCopy", 1, fake.Fault{WrongSum: true}), big, false, transfer.ErrCorrupt},
		"slow down":             {once("UploadPartCopy", 1<<30, fake.Fault{Status: 503, Code: "SlowDown"}), big, false, transfer.ErrSlowDown},
		"upload vanished":       {once("UploadPartCopy", 1, fake.Fault{Status: 404, Code: "NoSuchUpload"}), big, false, transfer.ErrNotFound},
	} {
		b, store := open(t, fake.Options{Fault: c.fault}, s3.Config{Attempts: 3})
		src, err := put(t, b, "src", c.p, transfer.CreateOptions{})
		require.NoError(t, err, name)
		before := store.Calls("CompleteMultipartUpload")
		obj, did, err := b.CopyFrom(t.Context(), "dst", b, src, transfer.CreateOptions{})
		if c.want == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.want, name)
		}
		require.Equal(t, c.did, did, name)
		require.Zero(t, store.Uploads(), name)
		if did {
			holds(t, b, "dst", c.p)
			require.True(t, obj.HasCRC, name)
			require.LessOrEqual(t, store.Calls("CompleteMultipartUpload"), before+2, name)
			continue
		}
		_, err = b.Stat(t.Context(), "dst")
		require.ErrorIs(t, err, transfer.ErrNotFound, name)
	}
}

// Another store, another kind of bucket, no checksum: not taken.
func TestCopiesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	a, _ := open(t, fake.Options{}, s3.Config{})
	b, store := open(t, fake.Options{}, s3.Config{})
	src, err := put(t, a, "src", bytesOf(10), transfer.CreateOptions{})
	require.NoError(t, err)
	for _, from := range []transfer.Bucket{a, mem.New("m")} {
		_, did, err := b.CopyFrom(t.Context(), "dst", from, src, transfer.CreateOptions{})
		require.NoError(t, err)
		require.False(t, did)
	}
	require.Zero(t, store.Requests())
	bare, emptyStore := open(t, fake.Options{NoSums: true}, s3.Config{})
	for _, size := range []int{10, 5000} {
		p := bytesOf(size)
		src, err := put(t, bare, "src", p, transfer.CreateOptions{})
		require.NoError(t, err)
		_, did, err := bare.CopyFrom(t.Context(), "dst", bare, src, transfer.CreateOptions{})
		require.NoError(t, err)
		require.False(t, did)
		if size > 2000 { // known from elsewhere, but the store tells none of the copy
			src.CRC32C, src.HasCRC = transfer.CRC32C(0, p), true
			_, did, err = bare.CopyFrom(t.Context(), "dst", bare, src, transfer.CreateOptions{})
			require.NoError(t, err)
			require.False(t, did)
		}
	}
	require.Zero(t, emptyStore.Uploads())
	_, err = bare.Stat(t.Context(), "dst")
	require.ErrorIs(t, err, transfer.ErrNotFound)
}

// LooseConditions keeps them for a store that does not.
func TestLooseConditions(t *testing.T) {
	t.Parallel()
	for _, p := range [][]byte{bytesOf(10), bytesOf(2500)} {
		b, _ := open(t, fake.Options{NoConditions: true}, s3.Config{LooseConditions: true})
		first, err := put(t, b, "x", p, transfer.CreateOptions{IfAbsent: true})
		require.NoError(t, err)
		_, err = put(t, b, "x", p[1:], transfer.CreateOptions{IfAbsent: true})
		require.ErrorIs(t, err, transfer.ErrConflict)
		_, err = put(t, b, "x", p[1:], transfer.CreateOptions{IfMatch: first.Version})
		require.NoError(t, err)
		_, err = put(t, b, "x", p, transfer.CreateOptions{IfMatch: first.Version})
		require.ErrorIs(t, err, transfer.ErrConflict)
		require.ErrorIs(t, b.Delete(t.Context(), "x", first.Version), transfer.ErrConflict)
		holds(t, b, "x", p[1:])
	}
}

// EqualParts refuses before the store does.
func TestEqualParts(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{EqualParts: true, PartSums: true}, s3.Config{EqualParts: true, Sums: s3.PartSums})
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.NoError(t, err)
	for n, size := range []int{500, 400, 500} {
		require.NoError(t, up.Part(t.Context(), n+1, bytes.NewReader(make([]byte, size))))
	}
	_, err = up.Commit(t.Context())
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.Zero(t, store.Calls("CompleteMultipartUpload"))
	require.NoError(t, up.Abort(t.Context()))
}

// An upload that has an id in another process's ledger goes on there; one that lives is not swept.
func TestSweepLeavesWhatLives(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return at.Add(time.Duration(now.Load())) }
	b, store := open(t, fake.Options{Now: clock, PageSize: 2}, s3.Config{})
	var ups []transfer.Upload
	for range 3 {
		up, err := b.Create(t.Context(), "x", transfer.CreateOptions{Size: 5000})
		require.NoError(t, err)
		require.NoError(t, up.Part(t.Context(), 1, bytes.NewReader(bytesOf(10))))
		ups = append(ups, up)
	}
	now.Store(int64(time.Hour))
	for n := range 5 {
		require.NoError(t, ups[1].Part(t.Context(), n+1, bytes.NewReader(bytesOf(10))))
	}
	n, err := b.Sweep(t.Context(), at.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, 1, store.Uploads())
	_, err = ups[1].Commit(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, ups[0].Part(t.Context(), 2, bytes.NewReader(nil)), transfer.ErrNotFound)
}

// Nothing to resume, nothing to sign, no request.
func TestNothingToResume(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, s3.Config{})
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, up.Part(t.Context(), 1, bytes.NewReader(bytesOf(10))))
	token := up.(transfer.Resumable).Token()
	require.Empty(t, token, "what is held is not sent")
	_, _, err = b.Resume(t.Context(), "x", token, transfer.CreateOptions{})
	require.ErrorIs(t, err, transfer.ErrNotFound)
	require.NoError(t, up.Abort(t.Context()))
	_, err = up.(transfer.PartSigner).SignPart(t.Context(), transfer.StoredPart{N: 1}, time.Minute)
	require.ErrorIs(t, err, transfer.ErrInvalid)
	require.Zero(t, store.Requests())
}

// An upload in parts that got none makes an empty object, and does not stay.
func TestNoPartAfterAll(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{}, s3.Config{})
	up, err := b.Create(t.Context(), "x", transfer.CreateOptions{Size: 5000})
	require.NoError(t, err)
	require.Equal(t, 1, store.Uploads())
	obj, err := up.Commit(t.Context())
	require.NoError(t, err)
	require.Zero(t, obj.Size)
	holds(t, b, "x", []byte{})
	require.Zero(t, store.Uploads())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "bucket", "gs://bucket", "s3://", "s3://bucket/key", "s3://user:word@bucket", "s3://b?x=1", "s3://%zz"} {
		_, err := s3.Open(t.Context(), address, s3.Config{})
		require.ErrorIs(t, err, transfer.ErrInvalid, address)
		require.NotContains(t, err.Error(), "word")
	}
	for _, endpoint := range []string{"http://user:word@host", "host:9000", "://word"} {
		_, err := s3.Open(t.Context(), "s3://bucket", s3.Config{Endpoint: endpoint})
		require.ErrorIs(t, err, transfer.ErrInvalid, endpoint)
		require.NotContains(t, err.Error(), "word")
	}
}

// refuser is a network that leads nowhere.
type refuser struct{ asked atomic.Int32 }

func (r *refuser) RoundTrip(*http.Request) (*http.Response, error) {
	r.asked.Add(1)
	return nil, errors.New("no network here")
}

func TestNames(t *testing.T) {
	t.Parallel()
	nowhere := &refuser{}
	for want, cfg := range map[string]s3.Config{
		"s3://b":                              {},
		"s3://host:9000/b":                    {Endpoint: "https://host:9000"},
		"s3://acc.r2.cloudflarestorage.com/b": s3.R2("acc"),
	} {
		cfg.HTTPClient = &http.Client{Transport: nowhere}
		cfg.Credentials = credentials.NewStaticCredentialsProvider("user", "secret-of-a-test", "")
		cfg.Attempts = 1
		b, err := s3.Open(t.Context(), "s3://b", cfg)
		require.NoError(t, err)
		require.Equal(t, want, b.String())
		require.Equal(t, want, transfer.Name(b))
		_, err = b.Stat(t.Context(), "x")
		require.ErrorContains(t, err, "no network here")
		require.NotContains(t, err.Error(), "secret-of-a-test")
		require.NoError(t, b.Close())
	}
	require.Equal(t, int32(3), nowhere.asked.Load(), "the host's client is used")
}

// Parts that are sent twice at once, whose tags cross: the content counts.
func TestPartsSentTwiceAtOnce(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{true, false} {
		b, store := open(t, fake.Options{RandomTags: true, PartSums: true}, s3.Config{Sums: s3.PartSums})
		opts := transfer.CreateOptions{Size: 2001, PartSize: 1000}
		up, err := b.Create(t.Context(), "x", opts)
		require.NoError(t, err)
		p := bytesOf(2001)
		for n := range 3 {
			require.NoError(t, up.Part(t.Context(), n+1, bytes.NewReader(p[n*1000:min((n+1)*1000, len(p))])))
		}
		twin, _, err := b.Resume(t.Context(), "x", up.(transfer.Resumable).Token(), opts)
		require.NoError(t, err)
		q := bytes.Clone(p[:1000])
		if !same {
			q[5] ^= 1
		}
		require.NoError(t, twin.Part(t.Context(), 1, bytes.NewReader(q)))
		_, err = up.Commit(t.Context())
		if same {
			require.NoError(t, err)
			holds(t, b, "x", p)
			require.Zero(t, store.Uploads())
			continue
		}
		require.ErrorIs(t, err, transfer.ErrInvalid, "another content is not taken for ours")
		require.NoError(t, up.Abort(t.Context()))
	}
}

// Any schedule of faults: a commit that succeeded is whole, one that failed left all or nothing, and what is left over is swept.
func TestAnySchedule(t *testing.T) {
	t.Parallel()
	faults := []fake.Fault{
		{},
		{},
		{},
		{},
		{Status: 503, Code: "SlowDown"},
		{Status: 500, Code: "InternalError"},
		{Status: 200, Code: "InternalError"},
		{Lose: true},
		{Cut: 1},
		{NoTag: true},
		{Status: 404, Code: "NoSuchUpload"},
	}
	var schedule atomic.Pointer[[]fake.Fault]
	store := fake.New(fake.Options{MinPart: 1, Fault: func(fake.Call) fake.Fault {
		for {
			left := schedule.Load()
			if left == nil || len(*left) == 0 {
				return fake.Fault{}
			}
			rest := (*left)[1:]
			if schedule.CompareAndSwap(left, &rest) {
				return (*left)[0]
			}
		}
	}})
	b := at(t, serve(t, store), "bucket", small(s3.Config{}))
	rapid.Check(t, func(r *rapid.T) {
		schedule.Store(nil)
		require.NoError(r, b.Delete(t.Context(), "x", ""))
		p := bytesOf(rapid.SampledFrom([]int{0, 10, 1000, 1001, 3500}).Draw(r, "size"))
		opts := transfer.CreateOptions{IfAbsent: rapid.Bool().Draw(r, "if absent"), PartSize: 1000}
		drawn := rapid.SliceOfN(rapid.SampledFrom(faults), 0, 20).Draw(r, "faults")
		schedule.Store(&drawn)
		_, err := put(t, b, "x", p, opts)
		schedule.Store(nil)
		got, _, missing := transfer.Get(t.Context(), b, "x")
		switch {
		case missing == nil:
			require.True(r, bytes.Equal(p, got), "a part of it is visible")
		default:
			require.ErrorIs(r, missing, transfer.ErrNotFound)
			require.Error(r, err, "said to be there")
		}
		_, err = b.Sweep(t.Context(), time.Now().Add(time.Hour))
		require.NoError(r, err)
		require.Zero(r, store.Uploads())
	})
}
