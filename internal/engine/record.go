package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// RecordFormat is the format of records this library writes, and the newest it reads.
const RecordFormat = 1

// Record is what the journal holds: the facts of one Step and the commands it returned, written before they go out.
type Record struct {
	Format   int      `json:"format"`
	Events   []Event  `json:"events"`
	Commands []Issued `json:"commands,omitempty"`
}

// Issued is one command that went out.
type Issued struct {
	ID     CommandID       `json:"id"`
	Handle json.RawMessage `json:"handle,omitempty"` // where to look for its effect; opaque to the engine
}

// Entry is a record and the time its Step was given.
type Entry struct {
	At     time.Time
	Record Record
}

// NewRecord is the record of one Step. Handles are for the caller to fill in.
func NewRecord(events []Event, commands []Command) Record {
	r := Record{Format: RecordFormat, Events: events}
	for _, c := range commands {
		r.Commands = append(r.Commands, Issued{ID: c.ID})
	}
	return r
}

// EncodeRecord returns the record's bytes; Format 0 means the current one. It fails on data that is not JSON.
func EncodeRecord(r Record) ([]byte, error) {
	if r.Format == 0 {
		r.Format = RecordFormat
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode a journal record of %d events: %w", len(r.Events), err)
	}
	return b, nil
}

// DecodeRecord reads a record back. What this library does not know (a newer format, an unknown field, kind of event,
// timer or verb) is refused with a *FormatError: half a record is never believed.
func DecodeRecord(b []byte) (Record, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return Record{}, &FormatError{What: "record", Err: err}
	}
	if err := (Record{Format: head.Format}).check(); err != nil {
		return Record{}, err // before the strict look, which would only complain about a newer format's fields
	}
	var r Record
	if err := strict(b, &r); err != nil {
		return Record{}, &FormatError{What: "record", Err: err}
	}
	if err := r.check(); err != nil {
		return Record{}, err
	}
	return r, nil
}

// strict decodes exactly one JSON value without unknown fields.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("data after the end")
	}
	return nil
}

// check refuses what this library does not know.
func (r Record) check() error {
	if r.Format < 1 || r.Format > RecordFormat {
		return &FormatError{What: "record", Found: r.Format, Known: RecordFormat}
	}
	for _, e := range r.Events {
		if !slices.Contains(eventKinds(), e.Kind) {
			return &FormatError{What: "event kind", Value: string(e.Kind)}
		}
		if e.Timer != nil && !slices.Contains(timerKinds(), e.Timer.Kind) {
			return &FormatError{What: "timer kind", Value: string(e.Timer.Kind)}
		}
		if e.Spec != nil && e.Spec.Rules.Version > RulesVersion {
			return &FormatError{What: "rules", Found: e.Spec.Rules.Version, Known: RulesVersion}
		}
	}
	for _, c := range r.Commands {
		if !slices.Contains(verbs(), c.ID.Verb) {
			return &FormatError{What: "verb", Value: string(c.ID.Verb)}
		}
	}
	return nil
}

// FormatError says that bytes are damaged or were written by a newer library. Nothing was changed by reading them.
type FormatError struct {
	What  string // "record", "snapshot", "rules", "event kind", "timer kind", "verb"
	Found int    // the format found, when that is the trouble
	Known int    // the newest format this library reads
	Value string // the word that is not known, when that is the trouble
	Err   error  // what the decoder said; may be nil
}

// Error says what is not understood and what to do about it.
func (e *FormatError) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("read a %s: damaged: %v", e.What, e.Err)
	case e.Value != "" || e.Known == 0:
		return fmt.Sprintf("read a record: unknown %s %q: use the library version that wrote it, or a newer one", e.What, e.Value)
	}
	return fmt.Sprintf("read a %s: format %d, this library reads 1 to %d: use the library version that wrote it, or a newer one", e.What, e.Found, e.Known)
}

// Unwrap is what the decoder said.
func (e *FormatError) Unwrap() error { return e.Err }

func eventKinds() []EventKind {
	return []EventKind{
		Planned, Allocated, Refused, Unresolved, Absent, Started, ServiceReady, Exited, Lost, Sealed, Published, Moved,
		Released, Failed, Replanned, Unplannable, CancelAsked, Overspent, TimerFired, Resumed,
	}
}

func timerKinds() []TimerKind {
	return []TimerKind{TimerRetry, TimerProvision, TimerTimeout, TimerGrace, TimerStall, TimerQuiet}
}

func verbs() []Verb {
	return []Verb{Allocate, Resolve, Run, Stop, Seal, Publish, Bring, Release, Replan}
}
