package journal_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/openintercloud/broker/internal/journal"
)

func Example() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	// First life: write, make durable, act.
	f, err := journal.Create(dir, journal.Options{})
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, fact := range []string{"planned", "allocated"} {
		if err := f.Append(journal.Record{Epoch: 1, Time: now, Payload: []byte(fact)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		log.Fatal(err)
	}
	f.Close()

	// Second life: read what happened and go on.
	f, recs, err := journal.Open(dir, journal.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for _, r := range recs {
		fmt.Println(r.Seq, r.Epoch, r.Time.Format(time.RFC3339), string(r.Payload))
	}
	fmt.Println("next:", f.Next())
	// Output:
	// 1 1 2026-11-24T12:00:00Z planned
	// 2 1 2026-11-24T12:00:00Z allocated
	// next: 3
}
