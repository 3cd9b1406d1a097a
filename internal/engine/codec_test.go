package engine

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// snapshots are states in the middle of every scenario.
func snapshots(t *testing.T) []string {
	var out []string
	for _, sc := range append(goldens(), scenarios()...) {
		m := New()
		for _, e := range play(t, sc).entries {
			m.Step(e.At, e.Record.Events)
			out = append(out, encode(t, m))
		}
	}
	return out
}

// Decode is the inverse of Encode, in every state any scenario passes through.
func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range snapshots(t) {
		m, err := Decode([]byte(text))
		require.NoError(t, err)
		require.Equal(t, text, encode(t, m))
	}
}

// A snapshot whose parts are missing is refused, or leads to a machine that does not stumble.
func TestSnapshotWithHoles(t *testing.T) {
	t.Parallel()
	all := snapshots(t)
	for i := 0; i < len(all); i += 7 {
		var whole any
		require.NoError(t, json.Unmarshal([]byte(all[i]), &whole))
		holes(whole, func() {
			b, err := json.Marshal(whole)
			require.NoError(t, err)
			m, err := Decode(b)
			if err != nil {
				var format *FormatError
				require.ErrorAs(t, err, &format)
				return
			}
			m.Status()
			m.Step(time.Unix(1<<30, 0), m.Due(time.Unix(1<<30, 0)))
			for _, c := range m.Outstanding() {
				m.Step(time.Unix(1<<30, 0), []Event{{Kind: Failed, ID: c.ID}})
			}
		})
	}
}

// holes takes out one list or value of a JSON tree at a time, calls, and puts it back.
func holes(node any, call func()) {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			delete(n, key)
			call()
			n[key] = nil
			call()
			n[key] = value
			holes(value, call)
		}
	case []any:
		for i, value := range n {
			n[i] = nil
			call()
			n[i] = value
			holes(value, call)
		}
	}
}

func TestEncodeRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	m := New()
	m.Step(time.Unix(0, 0), []Event{{Kind: Planned, Spec: &Spec{Stages: []Stage{{}}}, Assignments: []Assignment{at(0, "a")}}})
	m.Step(time.Unix(0, 0), []Event{{Kind: Allocated, ID: CommandID{0, 1, Allocate, 0}, Data: json.RawMessage("{")}})
	_, err := m.Encode()
	require.ErrorContains(t, err, "encode the state of a run of 1 stages")
}

func TestFormatErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	damaged := &FormatError{What: "record", Err: cause}
	require.ErrorIs(t, damaged, cause)
	require.Equal(t, "read a record: damaged: cause", damaged.Error())
	newer := &FormatError{What: "snapshot", Found: 3, Known: 1}
	require.Equal(t, "read a snapshot: format 3, this library reads 1 to 1: use the library version that wrote it, or a newer one", newer.Error())
	word := &FormatError{What: "verb", Value: "race"}
	require.True(t, strings.HasPrefix(word.Error(), `read a record: unknown verb "race"`))
}

// A snapshot holds no volatile part: a machine that observed a lot encodes as one that did not.
func TestSnapshotHasNothingVolatile(t *testing.T) {
	t.Parallel()
	sc := scenario{stages: []Stage{{Stall: time.Minute}}, end: Running, lines: []line{
		{"plan", "allocate:0.1.0"}, {"allocated allocate:0.1.0", "run:0.1.0"},
	}}
	d := play(t, sc)
	quiet := encode(t, d.m)
	for i := range 50 {
		d.m.Observe(0, 1, d.now.Add(time.Duration(i)*time.Second))
		d.m.Due(d.now)
		d.m.Outstanding()
		d.m.Status()
	}
	require.Equal(t, quiet, encode(t, d.m))
}

// Whatever bytes a snapshot holds, reading it and going on with it ends without a panic.
func FuzzDecode(f *testing.F) {
	for _, sc := range goldens() {
		m := New()
		for _, k := range readGolden(f, goldenPath(sc.name)) {
			r, err := DecodeRecord(k.Record)
			require.NoError(f, err)
			m.Step(k.At, r.Events)
			b, err := m.Encode()
			require.NoError(f, err)
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			var format *FormatError
			require.ErrorAs(t, err, &format)
			return
		}
		now := time.Unix(1<<30, 0)
		m.Step(now, m.Due(now))
		for _, c := range m.Outstanding() {
			m.Step(now, []Event{{Kind: Failed, ID: c.ID}})
		}
		m.Step(now, []Event{{Kind: CancelAsked}, {Kind: Resumed}})
		for i := range m.Len() {
			m.Stage(i)
		}
	})
}
