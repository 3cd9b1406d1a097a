package catalog

import (
	"iter"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Query says which offerings are wanted. The zero value of a field means that it does not matter; the zero Query
// matches every offering.
type Query struct {
	Service      string      // exactly this service, with its version: "vm", "spark@3.1"
	Cloud        string      // of this cloud
	Place        Place       // at this place or inside it; a regional offering is inside its region, not inside a zone
	MinCPUs      int         // at least as many virtual CPUs
	MinMemory    unit.Bytes  // at least as much memory
	Accelerator  Accelerator // exactly this kind, at least this many; a kind without a count means at least one
	Confidential string      // exactly this kind of trusted execution: "sgx", "sev-snp", "tdx"
	Arch         string      // exactly this processor architecture; an unknown one does not match
	Markets      []Market    // in one of these markets
	Since        time.Time   // of a source dated then or later: an older price is not believed
	Limit        int         // at most as many, the cheapest; [Query.Matches] knows nothing of it
}

// Matches reports whether the offering is wanted.
func (q Query) Matches(o Offering) bool {
	return matches(q.Service, o.Service) && q.matchesPlace(o.Place) && q.matchesType(&o.Type) &&
		q.matchesMarket(o.Market) && !o.Source.AsOf.Before(q.Since)
}

func (q *Query) matchesPlace(p Place) bool {
	return matches(q.Cloud, p.Cloud) && (q.Place == Place{} || q.Place.Contains(p))
}

func (q *Query) matchesType(t *InstanceType) bool {
	return t.CPUs >= q.MinCPUs && t.Memory >= q.MinMemory &&
		matches(q.Accelerator.Kind, t.Accelerator.Kind) && t.Accelerator.Count >= q.Accelerator.Count &&
		matches(q.Confidential, t.Confidential) && matches(q.Arch, t.Arch)
}

func (q *Query) matchesMarket(m Market) bool {
	return len(q.Markets) == 0 || slices.Contains(q.Markets, m)
}

func matches(want, have string) bool { return want == "" || want == have }

// Offerings returns the offerings wanted, cheapest first, equal prices by ID. Prices are compared as numbers, so a
// query is best limited to services with one unit of price. It looks only at the offerings of the rarest field asked.
func (c *Catalog) Offerings(q Query) []Offering {
	var rows []int32
	for row := range c.rows.find(&q, c.data.Types) {
		rows = append(rows, row)
	}
	return mapped(rows, func(row int32) Offering { return c.rows.offering(row, c.data.Types) })
}

// Each yields what [Catalog.Offerings] returns, made as it is asked for: the way to look at the first few of many.
func (c *Catalog) Each(q Query) iter.Seq[Offering] {
	return func(yield func(Offering) bool) {
		for row := range c.rows.find(&q, c.data.Types) {
			if !yield(c.rows.offering(row, c.data.Types)) {
				return
			}
		}
	}
}

// Count is how many offerings the query matches.
func (c *Catalog) Count(q Query) int {
	n := 0
	for range c.rows.find(&q, c.data.Types) {
		n++
	}
	return n
}

// Offering finds an offering by its ID.
func (c *Catalog) Offering(id string) (Offering, bool) {
	i, ok := c.rows.row(id)
	if !ok {
		return Offering{}, false
	}
	return c.rows.offering(c.rows.byID[i], c.data.Types), true
}

// filter is a field's verdict on each of its codes; nil wants all.
type filter struct {
	wanted []bool
	column []int32
	rows   *postings // nil for a field without an index
}

// find yields the rows that match, cheapest first.
func (c *columns) find(q *Query, types []InstanceType) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		filters := c.filters(q, types)
		left := q.Limit
		for row := range c.candidates(filters) {
			if !passes(filters, row) {
				continue
			}
			if left--; !yield(row) || left == 0 {
				return
			}
		}
	}
}

func passes(filters []filter, row int32) bool {
	for i := range filters {
		if f := &filters[i]; !f.wanted[f.column[row]] {
			return false
		}
	}
	return true
}

// filters tries each field asked for on each value that it has.
func (c *columns) filters(q *Query, types []InstanceType) []filter {
	var out []filter
	if q.Service != "" {
		out = append(out, filter{verdicts(c.services.values, func(s string) bool { return s == q.Service }), c.service, &c.withService})
	}
	if q.Cloud != "" || q.Place != (Place{}) {
		out = append(out, filter{verdicts(c.places.values, q.matchesPlace), c.place, &c.withPlace})
	}
	if q.MinCPUs > 0 || q.MinMemory > 0 || q.Accelerator != (Accelerator{}) || q.Confidential != "" || q.Arch != "" {
		fits := verdicts(c.typeAt, func(at int32) bool {
			if at < 0 {
				return q.matchesType(&InstanceType{})
			}
			return q.matchesType(&types[at])
		})
		out = append(out, filter{fits, c.typ, &c.withType})
	}
	if len(q.Markets) > 0 {
		out = append(out, filter{verdicts(c.terms.values, func(t terms) bool { return q.matchesMarket(t.market) }), c.term, nil})
	}
	if !q.Since.IsZero() {
		out = append(out, filter{verdicts(c.sources.values, func(s Source) bool { return !s.AsOf.Before(q.Since) }), c.source, nil})
	}
	return out
}

func verdicts[T any](values []T, wanted func(T) bool) []bool {
	out := make([]bool, len(values))
	for i, v := range values {
		out[i] = wanted(v)
	}
	return out
}

// candidates yields, in order, rows among which is every match: those of the rarest field asked.
func (c *columns) candidates(filters []filter) iter.Seq[int32] {
	var rarest *filter
	least := c.len()
	for i := range filters {
		if n := filters[i].size(); n < least {
			rarest, least = &filters[i], n
		}
	}
	if rarest == nil {
		return upTo(c.len())
	}
	return rarest.each(c.len())
}

// size is how many rows the field lets through, or no fewer than there are when it has no index.
func (f *filter) size() int {
	if f.rows == nil {
		return len(f.column)
	}
	n := 0
	for code, ok := range f.wanted {
		if ok {
			n += len(f.rows.of(code))
		}
	}
	return n
}

// each yields the rows of the values wanted, in order. Lists of several values are merged through a set of bits.
func (f *filter) each(rows int) iter.Seq[int32] {
	var lists [][]int32
	for code, ok := range f.wanted {
		if ok {
			lists = append(lists, f.rows.of(code))
		}
	}
	if len(lists) == 1 {
		return slices.Values(lists[0])
	}
	set := make(bitset, (rows+63)/64)
	for _, list := range lists {
		set.add(list)
	}
	return set.each()
}

func upTo(n int) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for row := range int32(n) {
			if !yield(row) {
				return
			}
		}
	}
}
