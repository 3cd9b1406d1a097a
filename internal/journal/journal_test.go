package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/internal/journal"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)

func record(epoch uint64, text string) journal.Record {
	return journal.Record{Epoch: epoch, Time: noon, Payload: []byte(text)}
}

// texts are the payloads of records, whose numbers must be 1, 2, 3, ...
func texts(t require.TestingT, recs []journal.Record) []string {
	out := []string{}
	for i, r := range recs {
		require.EqualValues(t, i+1, r.Seq)
		out = append(out, string(r.Payload))
	}
	return out
}

// written makes a journal of the given payloads, synced and closed, and returns its directory.
func written(t *testing.T, payloads ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(t, err)
	for _, p := range payloads {
		require.NoError(t, f.Append(record(1, p)))
	}
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
	return dir
}

func TestWriteCloseOpen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "run")
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(t, err)
	require.EqualValues(t, 1, f.Next())
	require.NoError(t, f.Append(record(1, "a"), record(1, "b")))
	require.EqualValues(t, 3, f.Next())
	require.NoError(t, f.Append(journal.Record{Seq: 3, Epoch: 2, Time: noon.In(time.FixedZone("", 3600)), Payload: []byte("c")}))
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
	require.NoError(t, f.Close(), "a second close does nothing")

	f, recs, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Equal(t, []journal.Record{
		{Seq: 1, Epoch: 1, Time: noon, Payload: []byte("a")},
		{Seq: 2, Epoch: 1, Time: noon, Payload: []byte("b")},
		{Seq: 3, Epoch: 2, Time: noon, Payload: []byte("c")},
	}, recs)
	require.Zero(t, f.Cut())
	require.NoError(t, f.Append(record(2, "d")))
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())

	recs, err = journal.Read(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "d"}, texts(t, recs))
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	dir := written(t, "a")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the journal and its lock, nothing else")
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), e.Name())
	}
}

func TestCreateRefusesAnExistingJournal(t *testing.T) {
	t.Parallel()
	dir := written(t, "a")
	_, err := journal.Create(dir, journal.Options{})
	require.ErrorIs(t, err, fs.ErrExist)
	exists, ok := errors.AsType[*journal.ExistsError](err)
	require.True(t, ok)
	require.Equal(t, filepath.Join(dir, "journal.log"), exists.File)

	recs, err := journal.Read(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, texts(t, recs), "untouched")
	f, _, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err, "the lock was given back")
	require.NoError(t, f.Close())
}

func TestCreateNeedsADirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below"), ""} {
		_, err := journal.Create(dir, journal.Options{})
		require.ErrorContains(t, err, "make directory "+dir)
	}
}

func TestNothingToOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _, err := journal.Open(dir, journal.Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = journal.Read(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries, "looking leaves nothing behind")
}

// A create that died half-way leaves its temporary file; the next one must not mind.
func TestCreateAfterAHalfDoneCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.tmp"), []byte("left over from the last try, longer than a header"), 0o600))
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	recs, err := journal.Read(dir)
	require.NoError(t, err)
	require.Empty(t, recs)
}

func TestRefusedRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Append(record(5, "first")))
	for reason, r := range map[string]journal.Record{
		"payload is empty":                      {Epoch: 5, Time: noon},
		"the most is 67108864":                  {Epoch: 5, Time: noon, Payload: make([]byte, journal.MaxPayload+1)},
		"outside the years 1678 to 2262":        {Epoch: 5, Payload: []byte("x")},
		"epoch 4 after epoch 5":                 {Epoch: 4, Time: noon, Payload: []byte("x")},
		"record 4 stands where record 3 belong": {Seq: 4, Epoch: 5, Time: noon, Payload: []byte("x")},
		"record 1 stands where record 3 belong": {Seq: 1, Epoch: 5, Time: noon, Payload: []byte("x")},
	} {
		err := f.Append(record(5, "good, but in bad company"), r)
		refused, ok := errors.AsType[*journal.RecordError](err)
		require.True(t, ok, "%v", err)
		require.EqualValues(t, 3, refused.Seq)
		require.ErrorContains(t, err, reason)
	}
	require.NoError(t, f.Append(record(5, "second")), "a refusal poisons nothing")
	require.NoError(t, f.Append(), "nothing to write")
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
	recs, err := journal.Read(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second"}, texts(t, recs))
}

func TestClosed(t *testing.T) {
	t.Parallel()
	f, err := journal.Create(t.TempDir(), journal.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.Append(record(1, "a")), fs.ErrClosed)
	require.ErrorIs(t, f.Sync(), fs.ErrClosed)
}

func TestSyncsAreCounted(t *testing.T) {
	t.Parallel()
	f, err := journal.Create(t.TempDir(), journal.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.Zero(t, f.Syncs(), "a new journal is durable as it is")
	require.NoError(t, f.Append(record(1, "a")))
	require.NoError(t, f.Append(record(1, "b")))
	require.Zero(t, f.Syncs())
	require.NoError(t, f.Sync())
	require.NoError(t, f.Sync())
	require.Equal(t, 1, f.Syncs(), "two appends, one fsync, and none without need")
	require.NoError(t, f.Close())
}

func TestTornTailIsCutAndForgotten(t *testing.T) {
	t.Parallel()
	dir := written(t, "a", "b")
	path := filepath.Join(dir, "journal.log")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-1], 0o600))

	recs, err := journal.Read(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, texts(t, recs))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, len(whole)-1, info.Size(), "reading changes nothing")

	f, recs, err := journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, texts(t, recs))
	require.EqualValues(t, 32, f.Cut())
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, len(whole)-33, info.Size(), "the tail is gone, however little is written after it")
	require.NoError(t, f.Append(record(2, "b again")))
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())

	f, recs, err = journal.Open(dir, journal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b again"}, texts(t, recs))
	require.Zero(t, f.Cut())
	require.NoError(t, f.Close())
}

func TestDamageIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := written(t, "a", "b", "c")
	path := filepath.Join(dir, "journal.log")
	bad, err := os.ReadFile(path)
	require.NoError(t, err)
	bad[16+33+20] ^= 1 // in the second record
	require.NoError(t, os.WriteFile(path, bad, 0o600))

	for range 2 { // the refusal gives the lock back
		_, recs, err := journal.Open(dir, journal.Options{})
		damage, ok := errors.AsType[*journal.DamageError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, path, damage.File)
		require.EqualValues(t, 16+33, damage.Offset)
		require.Nil(t, recs)
	}
	_, err = journal.Read(dir)
	_, ok := errors.AsType[*journal.DamageError](err)
	require.True(t, ok, "%v", err)
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, bad, now)
}

// However a writer appends, syncs and reopens, the journal holds exactly what was appended, in order.
func TestAnyHistoryComesBack(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, fmt.Sprint(n))
		f, err := journal.Create(dir, journal.Options{})
		require.NoError(t, err)
		want, epoch := []string{}, uint64(1)
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 6), 0, 12).Draw(t, "steps") {
			switch step {
			case 0:
				require.NoError(t, f.Sync())
			case 1:
				require.NoError(t, f.Close())
				var recs []journal.Record
				f, recs, err = journal.Open(dir, journal.Options{})
				require.NoError(t, err)
				require.Equal(t, want, texts(t, recs))
				epoch++
			default:
				batch := []journal.Record{}
				for range step - 1 {
					text := rapid.StringN(1, 40, -1).Draw(t, "payload")
					want = append(want, text)
					batch = append(batch, record(epoch, text))
				}
				require.NoError(t, f.Append(batch...))
			}
		}
		require.NoError(t, f.Close())
		recs, err := journal.Read(dir)
		require.NoError(t, err)
		require.Equal(t, want, texts(t, recs))
	})
}
