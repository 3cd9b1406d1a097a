package buckettest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
)

// Config says what to check.
type Config struct {
	// Open returns an empty bucket of its own for each call, released by t.Cleanup. Required.
	Open func(t *testing.T) transfer.Bucket
	// PartSize is the size in bytes of every part but the last. Default 1,000; some stores want 5 MiB.
	PartSize int
	// Parts is how many parts the longest upload has. Default 10,000, which is what the least of stores takes; 20 where parts are
	// bigger than 1,000 bytes.
	Parts int
	// Except names cases that are not run, and says why: what a server of others lacks or gets wrong. A name that is none fails.
	Except map[string]string
	// ExceptKeys are legal keys that a server of others cannot hold or list, and why.
	ExceptKeys map[string]string
}

// Run checks the buckets that open returns. Each call of open must return an empty bucket of its own, released by
// t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) transfer.Bucket) {
	t.Helper()
	RunWith(t, Config{Open: open})
}

// RunWith is Run for a bucket that has needs.
func RunWith(t *testing.T, cfg Config) {
	t.Helper()
	if cfg.PartSize == 0 {
		cfg.PartSize = 1000
	}
	if cfg.Parts == 0 {
		cfg.Parts = 10_000
		if cfg.PartSize > 1000 {
			cfg.Parts = 20
		}
	}
	checkNames(t, cfg)
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if why, ok := cfg.Except[c.name]; ok {
				t.Log("not checked: " + why)
				return
			}
			c.check(&bench{T: t, Bucket: cfg.Open(t), cfg: cfg})
		})
	}
}

// checkNames refuses an exception that excepts nothing.
func checkNames(t *testing.T, cfg Config) {
	t.Helper()
	left := maps.Clone(cfg.Except)
	for _, c := range cases() {
		delete(left, c.name)
	}
	require.Empty(t, left, "exceptions that are no cases")
}

type testCase struct {
	name  string
	check func(*bench)
}

func cases() []testCase {
	return []testCase{
		{"stat", stat},
		{"errors name bucket and key", errorsName},
		{"read ranges", readRanges},
		{"read pinned", readPinned},
		{"read while replaced", readWhileReplaced},
		{"list order and prefix", listOrder},
		{"list agrees with stat", listAgrees},
		{"list stops early", listStops},
		{"odd keys", oddKeys},
		{"keys that may be refused", doubtfulKeys},
		{"keys that must be refused", badKeys},
		{"object and prefix", objectAndPrefix},
		{"invisible before commit", invisible},
		{"replacing is atomic", replacing},
		{"parts in any order", partsAnyOrder},
		{"parts at once", partsAtOnce},
		{"part sent again", partAgain},
		{"part missing", partMissing},
		{"part numbers", partNumbers},
		{"part size promised", partPromise},
		{"zero bytes", zeroBytes},
		{"as many parts as there may be", mostParts},
		{"abort", abort},
		{"after commit", afterCommit},
		{"attributes", attributes},
		{"metadata that may be refused", doubtfulMeta},
		{"if absent", ifAbsent},
		{"if absent, at once", ifAbsentRace},
		{"if match", ifMatch},
		{"if match, at once", ifMatchRace},
		{"conditions of many parts", conditionsOfParts},
		{"versions differ", versionsDiffer},
		{"checksum", checksum},
		{"expected content", expected},
		{"delete", remove},
		{"cancelled", cancelled},
		{"many at once", manyAtOnce},
		{"copied by the store", copied},
		{"copied by the store, many shapes", copiedShapes},
		{"listed by spans", listedSpans},
		{"resumed", resumed},
		{"swept", swept},
		{"signed", signed},
	}
}

// bench is a bucket on the test bench.
type bench struct {
	*testing.T
	transfer.Bucket
	cfg Config
}

// data is n bytes that look random and depend on seed.
func data(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// open creates an upload that is aborted at the latest when the test ends.
func (b *bench) open(key string, opts transfer.CreateOptions) transfer.Upload {
	b.Helper()
	up, err := b.Create(b.Context(), key, opts)
	require.NoError(b, err)
	ctx := context.WithoutCancel(b.Context())
	b.Cleanup(func() { _ = up.Abort(ctx) })
	return up
}

func (b *bench) part(up transfer.Upload, n int, p []byte) {
	b.Helper()
	require.NoError(b, up.Part(b.Context(), n, bytes.NewReader(p)))
}

func (b *bench) commit(up transfer.Upload) transfer.Object {
	b.Helper()
	obj, err := up.Commit(b.Context())
	require.NoError(b, err)
	return obj
}

// put stores an object in one part.
func (b *bench) put(key string, p []byte, opts transfer.CreateOptions) transfer.Object {
	b.Helper()
	obj, err := store(b.Context(), b.Bucket, key, p, opts)
	require.NoError(b, err)
	return obj
}

func store(ctx context.Context, to transfer.Bucket, key string, p []byte, opts transfer.CreateOptions) (transfer.Object, error) {
	up, err := to.Create(ctx, key, opts)
	if err != nil {
		return transfer.Object{}, err
	}
	defer func() { _ = up.Abort(context.WithoutCancel(ctx)) }()
	if err := up.Part(ctx, 1, bytes.NewReader(p)); err != nil {
		return transfer.Object{}, err
	}
	return up.Commit(ctx)
}

// read reads a range; an error may come from the call or from the stream.
func (b *bench) read(key string, r transfer.Range, match string) ([]byte, error) {
	rd, err := b.Read(b.Context(), key, r, match)
	if err != nil {
		return nil, err
	}
	p, err := io.ReadAll(rd)
	return p, errors.Join(err, rd.Close())
}

// holds checks the content of an object.
func (b *bench) holds(key string, want []byte) {
	b.Helper()
	got, err := b.read(key, transfer.Whole(), "")
	require.NoError(b, err)
	require.True(b, bytes.Equal(want, got), "content of %q: %d bytes, want %d, or other bytes", key, len(got), len(want))
}

// absent checks that there is no trace of an object.
func (b *bench) absent(key string) {
	b.Helper()
	_, err := b.Stat(b.Context(), key)
	require.ErrorIs(b, err, transfer.ErrNotFound)
	_, err = b.read(key, transfer.Whole(), "")
	require.ErrorIs(b, err, transfer.ErrNotFound)
	require.NotContains(b, b.keys(""), key)
}

func (b *bench) list(prefix string) []transfer.Object {
	b.Helper()
	var found []transfer.Object
	for o, err := range b.List(b.Context(), prefix) {
		require.NoError(b, err)
		found = append(found, o)
	}
	return found
}

func (b *bench) keys(prefix string) []string {
	b.Helper()
	keys := []string{}
	for _, o := range b.list(prefix) {
		keys = append(keys, o.Key)
	}
	return keys
}
