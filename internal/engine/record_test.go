package engine

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	r := Record{
		Format: RecordFormat,
		Events: []Event{
			{Kind: Planned, Spec: &Spec{Run: "r", Stages: []Stage{{Name: "a"}}}, Assignments: []Assignment{at(0, "a/r/z/o/m", "x")}},
			{Kind: TimerFired, Timer: &Timer{Kind: TimerRetry, Stage: 3, Attempt: 2, ID: CommandID{3, 2, Seal, 1}}},
		},
		Commands: []Issued{{ID: CommandID{0, 1, Allocate, 0}, Handle: json.RawMessage(`{"key":"k"}`)}},
	}
	b, err := EncodeRecord(r)
	require.NoError(t, err)
	back, err := DecodeRecord(b)
	require.NoError(t, err)
	require.Equal(t, r, back)

	unset, err := EncodeRecord(Record{})
	require.NoError(t, err)
	back, err = DecodeRecord(unset)
	require.NoError(t, err)
	require.Equal(t, RecordFormat, back.Format)

	_, err = EncodeRecord(Record{Events: []Event{{Kind: Sealed, Data: json.RawMessage("{")}}})
	require.ErrorContains(t, err, "encode a journal record")
}

func TestRecordRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":         {`{`, "damaged"},
		"no format":       {`{"events":[]}`, "format 0"},
		"newer format":    {`{"format":2,"events":[],"more":1}`, "format 2, this library reads 1 to 1"},
		"unknown field":   {`{"format":1,"events":[{"kind":"exited","signal":9}]}`, "damaged"},
		"unknown event":   {`{"format":1,"events":[{"kind":"teleported"}]}`, `unknown event kind "teleported"`},
		"unknown timer":   {`{"format":1,"events":[{"kind":"timer fired","timer":{"kind":"egg","stage":0}}]}`, `unknown timer kind "egg"`},
		"unknown verb":    {`{"format":1,"events":[],"commands":[{"id":{"stage":0,"attempt":1,"verb":"race","n":0}}]}`, `unknown verb "race"`},
		"newer rules":     {`{"format":1,"events":[{"kind":"planned","spec":{"run":"r","seed":0,"rules":{"version":9},"stages":[]}}]}`, "read a rules: format 9"},
		"something after": {`{"format":1,"events":[]}{}`, "damaged"},
	} {
		_, err := DecodeRecord([]byte(c.text))
		var format *FormatError
		require.ErrorAs(t, err, &format, name)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestReplayRefuses(t *testing.T) {
	t.Parallel()
	torn := errors.New("torn")
	for name, c := range map[string]struct {
		entry Entry
		err   error
	}{
		"what the journal says":   {Entry{}, torn},
		"a newer record":          {Entry{Record: Record{Format: 9}}, nil},
		"an unknown kind of fact": {Entry{Record: Record{Format: 1, Events: []Event{{Kind: "?"}}}}, nil},
	} {
		_, err := Replay(func(yield func(Entry, error) bool) { yield(c.entry, c.err) })
		require.ErrorContains(t, err, "replay entry 0", name)
		if c.err != nil {
			require.ErrorIs(t, err, c.err)
			continue
		}
		var format *FormatError
		require.ErrorAs(t, err, &format, name)
	}
}

func TestSnapshotRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":               `[`,
		"newer format":          `{"format":2,"state":{}}`,
		"no format":             `{"state":{}}`,
		"unknown field":         `{"format":1,"state":{"now":"2026-01-01T00:00:00Z","state":"planning","mood":1}}`,
		"no state":              `{"format":1}`,
		"stages without a spec": `{"format":1,"state":{"now":"2026-01-01T00:00:00Z","state":"running"}}`,
		"missing stages":        `{"format":1,"state":{"now":"2026-01-01T00:00:00Z","state":"running","spec":{"run":"","seed":0,"rules":{"version":1},"stages":[{"name":"a"}]}}}`,
	} {
		_, err := Decode([]byte(text))
		var format *FormatError
		require.ErrorAs(t, err, &format, name)
		require.NotEmpty(t, format.Error(), name)
	}
}

// Whatever bytes a journal holds, reading and replaying them ends without a panic, and what was read writes back.
func FuzzDecodeRecord(f *testing.F) {
	for _, sc := range goldens() {
		for _, k := range readGolden(f, goldenPath(sc.name)) {
			f.Add([]byte(k.Record))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b)
		if err != nil {
			var format *FormatError
			require.ErrorAs(t, err, &format)
			return
		}
		back, err := EncodeRecord(r)
		require.NoError(t, err)
		again, err := DecodeRecord(back)
		require.NoError(t, err)
		require.Len(t, again.Events, len(r.Events))
		m := New()
		for range 2 {
			m.Step(time.Unix(0, 0), r.Events)
		}
		if bytes, err := m.Encode(); err == nil {
			_, err := Decode(bytes)
			require.NoError(t, err)
		}
	})
}
