package catalog

import (
	"fmt"
	"time"
)

// maxFile is the largest file that is read by default: a bigger one is not a catalog.
const maxFile = 256 << 20

// Options says what a catalog must be beside sound. The zero value asks for nothing more.
type Options struct {
	Digest   string        // must have exactly this digest: a pinned snapshot; "" = any
	AsOf     time.Time     // the present, for MaxAge
	MaxAge   time.Duration // no price may be older at AsOf; 0 = any age
	MaxBytes int64         // most bytes of one file; 0 = 256 MiB
}

func (o Options) mostBytes() int64 {
	if o.MaxBytes <= 0 {
		return maxFile
	}
	return o.MaxBytes
}

func (o Options) check(c *Catalog) error {
	if o.Digest != "" && c.Digest() != o.Digest {
		return &DigestError{Want: o.Digest, Have: c.Digest()}
	}
	if o.MaxAge > 0 {
		return c.RequireFresh(o.AsOf, o.MaxAge)
	}
	return nil
}

// DigestError says that a catalog is not the one that was pinned.
type DigestError struct{ Want, Have string }

// Error names both digests.
func (e *DigestError) Error() string {
	return fmt.Sprintf("catalog: digest is %s, pinned is %s: the files were changed since; fetch the pinned ones or pin these", e.Have, e.Want)
}

// StaleError says that prices are too old to go by.
type StaleError struct {
	Stale  int      // how many offerings are
	Total  int      // of how many
	Oldest Offering // one of the oldest, the first by ID
	AsOf   time.Time
	MaxAge time.Duration
}

// Error names the oldest offering.
func (e *StaleError) Error() string {
	return fmt.Sprintf("catalog: %d of %d offerings are older than %s at %s, first %s of %s: update the catalog or allow more",
		e.Stale, e.Total, e.MaxAge, dateText(e.AsOf), e.Oldest.ID, dateText(e.Oldest.Source.AsOf))
}

// RequireFresh returns a [*StaleError] if the price of any offering is older than maxAge at asOf. To do without the
// old ones instead, ask with [Query].Since.
func (c *Catalog) RequireFresh(asOf time.Time, maxAge time.Duration) error {
	since := asOf.Add(-maxAge)
	e := &StaleError{Total: c.rows.len(), AsOf: instant(asOf), MaxAge: maxAge}
	oldest := int32(-1)
	date := func(row int32) time.Time { return c.rows.sources.values[c.rows.source[row]].AsOf }
	for _, row := range c.rows.byID {
		if !date(row).Before(since) {
			continue
		}
		e.Stale++
		if oldest < 0 || date(row).Before(date(oldest)) {
			oldest = row
		}
	}
	if e.Stale == 0 {
		return nil
	}
	e.Oldest = c.rows.offering(oldest, c.data.Types)
	return e
}
