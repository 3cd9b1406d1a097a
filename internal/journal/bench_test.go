package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/journal"
)

const benchPayload = 256

// BenchmarkCommit is one record made durable: what each step of a run pays.
func BenchmarkCommit(b *testing.B) {
	f, err := journal.Create(b.TempDir(), journal.Options{})
	require.NoError(b, err)
	r := record(1, string(make([]byte, benchPayload)))
	b.SetBytes(benchPayload)
	for b.Loop() {
		if err := f.Append(r); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, f.Close())
}

// BenchmarkBareFsync is the floor under BenchmarkCommit: the same bytes written and synced without a journal.
func BenchmarkBareFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	require.NoError(b, err)
	data := make([]byte, 32+benchPayload)
	b.SetBytes(benchPayload)
	for b.Loop() {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, f.Close())
}

// BenchmarkOpen reads back a long run: 10,000 records.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(b, err)
	r := record(1, string(make([]byte, benchPayload)))
	for range 10_000 {
		require.NoError(b, f.Append(r))
	}
	require.NoError(b, f.Sync())
	require.NoError(b, f.Close())
	for b.Loop() {
		f, recs, err := journal.Open(dir, journal.Options{})
		if err != nil || len(recs) != 10_000 || f.Close() != nil {
			b.Fatal(len(recs), err)
		}
	}
}
