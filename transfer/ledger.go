package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openintercloud/broker/internal/journal"
)

// LedgerError says why a ledger cannot be used for a copy. It is ErrInvalid.
type LedgerError struct {
	Folder string
	Reason string
}

// Error says what is wrong and what to do.
func (e *LedgerError) Error() string {
	return fmt.Sprintf("ledger %s: %s; finish or Discard that copy first, or choose another folder", e.Folder, e.Reason)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *LedgerError) Unwrap() error { return ErrInvalid }

// ledger remembers on disk how far a copy has come. A nil ledger remembers nothing.
//
// What makes a second process repeat or lose something is made durable before it counts: the plan, the begin of an upload in parts
// (else a power cut leaves one that nobody knows of) and its sum before the commit (else nobody could tell that the object at the
// destination is ours). A part needs no fsync: when its record is lost it is sent again. Nor does an object of one part, for the
// same reason.
type ledger struct {
	folder string
	file   *journal.File

	mu      sync.Mutex
	plan    ledgerPlan
	entries map[string]*entry // by path
}

// ledgerPlan tells whether a ledger belongs to a copy. It holds no credentials: a bucket's name has none.
type ledgerPlan struct {
	Version    int    `json:"version"` // of the format: 1
	From       string `json:"from"`
	To         string `json:"to"`
	Part       int64  `json:"part"`
	SkipDigest bool   `json:"skip_digest,omitempty"`
	IfAbsent   bool   `json:"if_absent,omitempty"`
	Publish    string `json:"publish,omitempty"`
	Manifest   Digest `json:"manifest,omitempty"`
}

// entry is what a ledger knows of one object.
type entry struct {
	key     string
	source  string // the version that is copied
	existed bool   // something was at the destination before
	token   string // of the upload; "" when there is none to go on with
	parts   map[int]partSum
	sum     *Sum   // of the whole, once all parts are stored
	version string // at the destination, once it is durable there
}

// ledgerRecord is one line of the ledger. Op says which fields count.
type ledgerRecord struct {
	Op      string      `json:"op"` // "plan", "begin", "part", "seal", "done" or "drop"
	Plan    *ledgerPlan `json:"plan,omitempty"`
	Path    string      `json:"path,omitempty"`
	Key     string      `json:"key,omitempty"`
	Source  string      `json:"source,omitempty"`
	Existed bool        `json:"existed,omitempty"`
	Token   string      `json:"token,omitempty"`
	N       int         `json:"n,omitempty"`
	Part    *partSum    `json:"part,omitempty"`
	Sum     *Sum        `json:"sum,omitempty"`
	Version string      `json:"version,omitempty"`
}

// openLedger takes the ledger in folder, or makes one; an empty folder name means none.
func openLedger(folder string, plan ledgerPlan) (*ledger, error) {
	if folder == "" {
		return nil, nil
	}
	l, err := readLedger(folder)
	if errors.Is(err, fs.ErrNotExist) {
		l = &ledger{folder: folder, entries: map[string]*entry{}}
		l.file, err = journal.Create(folder, journal.Options{})
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	switch l.plan {
	case plan:
		return l, nil
	case ledgerPlan{}: // new, or its maker died at once
		l.plan = plan
		if err := l.append(true, ledgerRecord{Op: "plan", Plan: &plan}); err != nil {
			return nil, errors.Join(err, l.file.Close())
		}
		return l, nil
	}
	return nil, errors.Join(&LedgerError{folder, "it belongs to another copy, or to the same with other options"}, l.file.Close())
}

// readLedger takes an existing ledger.
func readLedger(folder string) (*ledger, error) {
	file, records, err := journal.Open(folder, journal.Options{})
	if err != nil {
		return nil, err
	}
	l := &ledger{folder: folder, file: file, entries: map[string]*entry{}}
	for _, r := range records {
		var rec ledgerRecord
		if err := json.Unmarshal(r.Payload, &rec); err != nil {
			return nil, errors.Join(&LedgerError{folder, fmt.Sprintf("record %d is not readable: %v", r.Seq, err)}, file.Close())
		}
		l.learn(rec)
	}
	return l, nil
}

// learn takes in one record.
func (l *ledger) learn(r ledgerRecord) {
	e := l.entries[r.Path]
	switch {
	case r.Op == "plan" && r.Plan != nil:
		l.plan = *r.Plan
	case r.Op == "begin":
		l.entries[r.Path] = &entry{
			key: r.Key, source: r.Source, existed: r.Existed, token: r.Token, sum: r.Sum, parts: map[int]partSum{},
		}
	case e == nil:
	case r.Op == "part" && r.Part != nil:
		e.parts[r.N] = *r.Part
	case r.Op == "seal":
		e.sum = r.Sum
	case r.Op == "done":
		e.sum, e.version, e.token, e.parts = r.Sum, r.Version, "", nil
	case r.Op == "drop":
		delete(l.entries, r.Path)
	}
}

// append writes a record; it is remembered here too.
func (l *ledger) append(durable bool, r ledgerRecord) error {
	if l == nil {
		return nil
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ledger %s: %w", l.folder, err)
	}
	l.mu.Lock()
	err = l.file.Append(journal.Record{Time: time.Now(), Payload: payload})
	if err == nil {
		l.learn(r)
	}
	l.mu.Unlock()
	if err == nil && durable {
		err = l.file.Sync()
	}
	if err != nil {
		return refusal{fmt.Errorf("ledger %s: %w", l.folder, err)}
	}
	return nil
}

// at is what is known of an object; the zero entry when nothing is.
func (l *ledger) at(path string) (entry, bool) {
	if l == nil {
		return entry{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[path]
	if e == nil {
		return entry{}, false
	}
	known := *e
	known.parts = maps.Clone(e.parts)
	return known, true
}

// open is every object that is not done, by path.
func (l *ledger) open() map[string]entry {
	all := map[string]entry{}
	if l == nil {
		return all
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for path, e := range l.entries {
		if e.version == "" {
			all[path] = *e
		}
	}
	return all
}

// close lets go of the ledger, for another call to go on.
func (l *ledger) close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}

// remove ends the ledger. Its lock stays, an empty mark: to take it away would let two processes hold two locks.
func (l *ledger) remove() error {
	if l == nil {
		return nil
	}
	err := os.Remove(filepath.Join(l.folder, journalFile))
	if err = errors.Join(err, l.file.Close()); err != nil {
		return fmt.Errorf("remove ledger: %w", err)
	}
	return nil
}

// journalFile is the name of a journal's records in its folder.
const journalFile = "journal.log"
