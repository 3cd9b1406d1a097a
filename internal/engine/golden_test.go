package engine

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden journals anew; only ever add runs, or raise Rules.Version")

// kept is one line of a golden journal.
type kept struct {
	At     time.Time       `json:"at"`
	Record json.RawMessage `json:"record"`
}

func goldenPath(name string) string { return filepath.Join("testdata", name+".jsonl") }

func readGolden(t testing.TB, path string) []kept {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var out []kept
	for text := range strings.Lines(string(b)) {
		var k kept
		require.NoError(t, json.Unmarshal([]byte(text), &k))
		out = append(out, k)
	}
	return out
}

func entries(journal []kept) func(func(Entry, error) bool) {
	return func(yield func(Entry, error) bool) {
		for _, k := range journal {
			r, err := DecodeRecord(k.Record)
			if !yield(Entry{At: k.At, Record: r}, err) {
				return
			}
		}
	}
}

// Journals of every run ever kept must replay; those of today's scenarios to the state the scenario leads to.
func TestGoldenJournals(t *testing.T) {
	for _, sc := range goldens() {
		t.Run(sc.name, func(t *testing.T) {
			d := play(t, sc)
			if *update {
				writeGolden(t, d, sc.name)
			}
			m, err := Replay(entries(readGolden(t, goldenPath(sc.name))))
			require.NoError(t, err)
			require.Equal(t, encode(t, d.m), encode(t, m))
		})
	}
	all, err := filepath.Glob(goldenPath("*"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), len(goldens()))
	for _, path := range all {
		m, err := Replay(entries(readGolden(t, path)))
		require.NoError(t, err, path)
		require.True(t, m.Status().Done(), path)
	}
}

// A snapshot kept from an earlier library goes on with the journal after it.
func TestGoldenSnapshot(t *testing.T) {
	journal := readGolden(t, goldenPath("replan"))
	const half = 5
	path := filepath.Join("testdata", "replan.snapshot.json")
	if *update {
		m, err := Replay(entries(journal[:half]))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(encode(t, m)+"\n"), 0o644))
	}
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	m, err := Decode(b)
	require.NoError(t, err)
	require.NoError(t, m.Replay(entries(journal[half:])))
	require.Equal(t, Succeeded, m.Status().State)
	require.Equal(t, int64(3), m.Status().Spent)
}

func writeGolden(t *testing.T, d *driver, name string) {
	var out bytes.Buffer
	for _, e := range d.entries {
		b, err := EncodeRecord(e.Record)
		require.NoError(t, err)
		line, err := json.Marshal(kept{At: e.At, Record: b})
		require.NoError(t, err)
		out.Write(append(line, '\n'))
	}
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(goldenPath(name), out.Bytes(), 0o644))
}

// A journal that was changed anywhere a command depends on is found out.
func TestReplayDiverges(t *testing.T) {
	t.Parallel()
	journal := readGolden(t, goldenPath("replan"))
	for i := range journal {
		var r Record
		require.NoError(t, json.Unmarshal(journal[i].Record, &r))
		if len(r.Commands) == 0 {
			continue
		}
		r.Commands[0].ID.N += 7
		changed := append([]kept{}, journal...)
		changed[i].Record, _ = EncodeRecord(r)
		_, err := Replay(entries(changed))
		var diverged *DivergenceError
		require.ErrorAs(t, err, &diverged)
		require.Equal(t, i, diverged.Entry)
		require.Contains(t, err.Error(), "resume with the library version that wrote it")

		r.Commands = nil
		changed[i].Record, _ = EncodeRecord(r)
		_, err = Replay(entries(changed))
		require.ErrorAs(t, err, &diverged)
		require.Contains(t, err.Error(), "missing")
	}
}

// Each record of a golden journal in which one byte is flipped or that is cut short is refused, or replays without a
// panic; no cut is ever taken for a whole record.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for _, k := range readGolden(t, goldenPath("ambiguous")) {
		for i := range k.Record {
			_, err := DecodeRecord(k.Record[:i])
			var format *FormatError
			require.ErrorAs(t, err, &format)
			flipped := bytes.Clone(k.Record)
			flipped[i] ^= 1
			if r, err := DecodeRecord(flipped); err == nil {
				_, _ = Replay(list([]Entry{{At: k.At, Record: r}}))
			}
		}
	}
}
