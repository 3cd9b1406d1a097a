// Package journal is the append-only write-ahead file a run is rebuilt from.
//
// The main type is [File]. A run appends what it has learnt, calls [File.Sync], and only then acts on it; after a
// crash [Open] gives the records back in order, and replaying them rebuilds the run.
//
// The journal trusts nothing it reads. A last record that was only partly written when the machine died is cut away,
// because nobody can have acted on it. Any other damage is refused with a [*DamageError]: a history with a hole in it
// is worse than none. After a failed write or fsync nothing more is accepted until the journal is opened again.
//
// Payloads are opaque here. FORMAT.md beside this file describes every byte.
package journal
