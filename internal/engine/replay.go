package engine

import (
	"fmt"
	"iter"
	"slices"
)

// Replay rebuilds a machine from its journal, oldest entry first. It ends at the first error the entries give, with
// a *FormatError for what it does not know, and with a *DivergenceError when this library would have asked for
// something else than was asked for. Nothing is carried out; Outstanding then says what to issue again.
func Replay(entries iter.Seq2[Entry, error]) (*Machine, error) {
	m := New()
	if err := m.Replay(entries); err != nil {
		return nil, err
	}
	return m, nil
}

// Replay continues a decoded snapshot with the entries journaled after it. After an error the machine is not to be
// used any more.
func (m *Machine) Replay(entries iter.Seq2[Entry, error]) error {
	i := 0
	for entry, err := range entries {
		if err != nil {
			return fmt.Errorf("replay entry %d: %w", i, err)
		}
		if err := entry.Record.check(); err != nil {
			return fmt.Errorf("replay entry %d: %w", i, err)
		}
		got := ids(m.Step(entry.At, entry.Record.Events))
		want := entry.Record.ids()
		if !slices.Equal(got, want) {
			return &DivergenceError{Entry: i, Recorded: want, Replayed: got}
		}
		i++
	}
	return nil
}

// DivergenceError says that replaying a record led to other commands than were recorded: the journal is not of this
// run, or the library changed its behaviour without gating it on Rules.Version.
type DivergenceError struct {
	Entry    int // counted from 0 within what was replayed
	Recorded []CommandID
	Replayed []CommandID
}

// Error names the record and the first command that differs.
func (e *DivergenceError) Error() string {
	i := 0
	for i < len(e.Recorded) && i < len(e.Replayed) && e.Recorded[i] == e.Replayed[i] {
		i++
	}
	return fmt.Sprintf("replay record %d: command %d is %s, the journal has %s: resume with the library version that wrote it",
		e.Entry, i, nth(e.Replayed, i), nth(e.Recorded, i))
}

func nth(ids []CommandID, i int) string {
	if i >= len(ids) {
		return "missing"
	}
	return ids[i].String()
}

func ids(commands []Command) []CommandID {
	var out []CommandID
	for _, c := range commands {
		out = append(out, c.ID)
	}
	return out
}

func (r Record) ids() []CommandID {
	var out []CommandID
	for _, c := range r.Commands {
		out = append(out, c.ID)
	}
	return out
}
