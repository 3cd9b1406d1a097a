package sky

import (
	"errors"
	"time"

	"github.com/openintercloud/broker/internal/journal"
)

// A host that is killed while it starts a process can leave a child between its fork and its exec, which for a moment
// still holds the journal's lock. One that is held for longer is held by a host that lives.
const (
	heldTries = 100
	heldPause = 20 * time.Millisecond
)

func createJournal(dir string) (f *journal.File, err error) {
	err = whileHeld(func() error {
		f, err = journal.Create(dir, journal.Options{})
		return err
	})
	return f, err
}

func openJournal(dir string) (f *journal.File, recs []journal.Record, err error) {
	err = whileHeld(func() error {
		f, recs, err = journal.Open(dir, journal.Options{})
		return err
	})
	return f, recs, err
}

func whileHeld(try func() error) error {
	for tries := 1; ; tries++ {
		err := try()
		if _, held := errors.AsType[*journal.LockedError](err); !held || tries == heldTries {
			return err
		}
		time.Sleep(heldPause)
	}
}
