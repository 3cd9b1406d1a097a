package sky

import (
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// market is what a broker's clouds offer, and what its host pays for it.
type market struct {
	catalog *catalog.Catalog   // at the prices that the host pays
	list    *catalog.Catalog   // at list prices, with the host's own clouds
	given   *catalog.Catalog   // without them: what Config names, or the embedded one
	book    *catalog.PriceBook // nil = the host pays list prices; its own clouds are in both catalogs
	timed   bool               // some offerings are open for a time only
}

// newMarket applies a price book to a catalog.
func newMarket(given *catalog.Catalog, book *catalog.PriceBook) (m market, err error) {
	m = market{catalog: given, list: given, given: given}
	if book != nil {
		if m.catalog, err = book.Apply(given); err != nil {
			return m, err
		}
		if m.list, err = (catalog.PriceBook{Source: book.Source, Own: book.Own}).Apply(given); err != nil {
			return m, err
		}
		rest := *book
		rest.Own = catalog.Data{}
		m.book = &rest
	}
	for o := range m.catalog.Each(catalog.Query{Markets: []catalog.Market{catalog.Reserved}}) {
		m.timed = m.timed || windowed(&o)
	}
	return m, nil
}

// at is the market as of a time: without what has lapsed.
func (m market) at(asOf time.Time) market {
	if m.book == nil {
		return m
	}
	lapsed := func(until time.Time) bool { return !until.IsZero() && !asOf.Before(until) }
	book := *m.book
	book.Prepaid = slices.DeleteFunc(slices.Clone(book.Prepaid), func(p catalog.Prepaid) bool { return lapsed(p.Until) })
	book.Credits = slices.DeleteFunc(slices.Clone(book.Credits), func(c catalog.Credit) bool { return lapsed(c.Until) })
	m.book = &book
	return m
}

// windowed reports whether an offering can be used for a time only.
func windowed(o *catalog.Offering) bool {
	return !o.Commitment.Opens.IsZero() || !o.Commitment.Closes.IsZero()
}

// open reports whether an offering can be used from the snapshot on until the job's deadline; without one, for as long as
// the stage takes.
func (s *Snapshot) open(j *Job, st *Stage, w work, o *catalog.Offering) bool {
	if !windowed(o) {
		return true
	}
	until := j.deadline
	if until == 0 {
		until = st.takes(w, *o, j.inputs(st))
	}
	return o.Commitment.Open(s.asOf, s.asOf.Add(until))
}

// inputs is the total size of what a stage reads.
func (j *Job) inputs(s *Stage) Bytes {
	total := Bytes(0)
	for _, ref := range s.reads {
		total += min(j.sizeOf(ref), maxBytes-total)
	}
	return total
}

// link is what moving data costs the host, and takes.
func (s *Snapshot) link(from, to catalog.Place) (catalog.Link, bool) {
	l, ok := s.list.Link(from, to)
	if ok && s.book != nil {
		l, _ = s.book.Link(l)
	}
	for _, permille := range s.egress {
		l.Egress = supposed(l.Egress, permille)
		for i := range l.Tiers {
			l.Tiers[i].Price = supposed(l.Tiers[i].Price, permille)
		}
	}
	return l, ok
}

// transferCost is what a move costs after so much of the same month, and, for a host with a price book, what it would at
// list price.
func (s *Snapshot) transferCost(l catalog.Link, size, used Bytes) (cost, list Money, err error) {
	if cost, err = l.Cost(size, used); err != nil || s.book == nil {
		return cost, 0, err
	}
	at, _ := s.list.Link(l.From, l.To)
	list, err = at.Cost(size, used)
	return cost, list, err
}

// listPrice is the list price of an offering, when the host pays another one.
func (s *Snapshot) listPrice(o catalog.Offering) *unit.Price {
	if s.book == nil {
		return nil
	}
	if l, ok := s.list.Offering(o.ID); ok && l.Price != o.Price {
		return &l.Price
	}
	return nil
}
