package sky

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
)

// Snapshot is all that planning knows, frozen: what clouds offer, which of them the host can use, where its buckets are
// and what to avoid for now. The same job and the same snapshot give the same plan, byte for byte. It is immutable and
// safe for concurrent use.
type Snapshot struct {
	market
	clouds  []string // that have a provider, sorted; nil = every cloud of the catalog
	buckets []bucketPlace
	blocked []engine.Block
	used    []volume // sent this month, before
	egress  []int64  // thousandths all egress prices are multiplied by, one after the other: a supposition
	asOf    time.Time
	digest  string
}

// bucketPlace says where the data under a URL prefix is.
type bucketPlace struct {
	Prefix string        `json:"prefix"`
	Place  catalog.Place `json:"place"`
}

// Digest identifies everything in the snapshot but its time; with its time, where the clouds offer something that is open
// for a time only.
func (s *Snapshot) Digest() string { return s.digest }

// AsOf is when the snapshot was taken.
func (s *Snapshot) AsOf() time.Time { return s.asOf }

// Catalog is what the clouds offer in this snapshot, at the prices that the host pays.
func (s *Snapshot) Catalog() *catalog.Catalog { return s.catalog }

func (s *Snapshot) seal() (*Snapshot, error) {
	list, asOf := "", time.Time{}
	if s.book != nil {
		list = s.list.Digest()
	}
	if s.timed {
		asOf = s.asOf
	}
	text, err := json.Marshal(struct {
		Catalog string
		List    string             `json:",omitempty"`
		Book    *catalog.PriceBook `json:",omitempty"`
		Used    []volume           `json:",omitempty"`
		AsOf    time.Time          `json:",omitzero"`
		Clouds  []string
		Buckets []bucketPlace
		Blocked []engine.Block
		Egress  []int64 `json:",omitempty"`
	}{s.catalog.Digest(), list, s.book, s.used, asOf, s.clouds, s.buckets, s.blocked, s.egress})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	s.digest = "sha256:" + hex.EncodeToString(sum[:])
	return s, nil
}

// with is the same snapshot with other blocks and at another time, as a replan sees it.
func (s *Snapshot) with(blocked []engine.Block, asOf time.Time) (*Snapshot, error) {
	next := *s
	next.blocked, next.asOf = blocked, asOf
	return next.seal()
}

// supposing is the same snapshot with all egress prices at so many thousandths.
func (s *Snapshot) supposing(permille int64) (*Snapshot, error) {
	next := *s
	next.egress = append(slices.Clone(s.egress), permille)
	return next.seal()
}

// usable reports whether the host can use a cloud.
func (s *Snapshot) usable(cloud string) bool {
	return s.clouds == nil || slices.Contains(s.clouds, cloud)
}

// locate says where a dataset is: its own At, else the longest matching bucket prefix.
func (s *Snapshot) locate(d *Dataset) (catalog.Place, bool) {
	if d.place != "" {
		p, err := catalog.ParsePlace(d.place)
		return p.InRegion(), err == nil
	}
	best := -1
	for i, b := range s.buckets {
		if strings.HasPrefix(d.url, b.Prefix) && (best < 0 || len(b.Prefix) > len(s.buckets[best].Prefix)) {
			best = i
		}
	}
	if best < 0 {
		return catalog.Place{}, false
	}
	return s.buckets[best].Place.InRegion(), true
}

// where adds to a place the facts that rules look at.
func (s *Snapshot) where(p catalog.Place) location {
	at := location{place: p, latency: func(latitude, longitude float64) (catalog.Latency, bool) {
		return s.catalog.LatencyFrom(latitude, longitude, p)
	}}
	if r, ok := s.catalog.Region(p); ok {
		at.country = r.Country
	}
	if c, ok := s.catalog.Cloud(p.Cloud); ok {
		at.operator = c.Operator
	}
	return at
}
