package catalog

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// columns is offerings held field by field. What rows share (service, place, type, terms, source) is kept once and
// referred to by number, so that fifty thousand offerings fit in a few megabytes and a filter is tried once per value
// instead of once per row. Rows are added in any order; finish puts them cheapest first.
type columns struct {
	services dict[string]
	places   dict[Place]
	types    dict[typeKey] // the zero key is no type
	terms    dict[terms]
	sources  dict[Source]

	service, place, typ, term, source []int32 // by row
	price                             []unit.Price
	ids                               []byte // of all rows, one after the other
	id                                []span // by row, in ids
	byID                              []int32
	typeAt                            []int32 // by code of types: index in the catalog's types, -1 for none

	withService, withPlace, withType postings
}

// span is a piece of columns.ids.
type span struct{ from, to uint32 }

// terms is what an offering says of itself that many others say too. It can be compared.
type terms struct {
	market             Market
	unit               Unit
	minimum, increment time.Duration
	capacity           int
	free, preempted    bool // preempted: the rate is known
	preemption         float64
	commitment         Commitment
}

// dict numbers values in the order of their first use.
type dict[T comparable] struct {
	codes  map[T]int32
	values []T
	last   int32 // rows in a row are often alike
}

// code is the number of v. A new value is copied by own, so that it keeps no file in memory.
func (d *dict[T]) code(v T, own func(T) T) int32 {
	if len(d.values) > 0 && d.values[d.last] == v {
		return d.last
	}
	code, ok := d.codes[v]
	if !ok {
		if d.codes == nil {
			d.codes = map[T]int32{}
		}
		v = own(v)
		code = int32(len(d.values))
		d.codes[v] = code
		d.values = append(d.values, v)
	}
	d.last = code
	return code
}

// grow makes room for n rows.
func (c *columns) grow(n int) {
	for _, column := range []*[]int32{&c.service, &c.place, &c.typ, &c.term, &c.source} {
		*column = slices.Grow(*column, n)
	}
	c.price, c.id = slices.Grow(c.price, n), slices.Grow(c.id, n)
	c.ids = slices.Grow(c.ids, 48*n)
}

func (c *columns) len() int { return len(c.price) }

// add appends a row. Of its type only the name counts; what [New] fills in is filled in.
func (c *columns) add(o *Offering) {
	t := terms{
		market: cmp.Or(o.Market, OnDemand), unit: cmp.Or(o.Unit, PerHour), minimum: o.Minimum, increment: o.Increment,
		capacity: o.Capacity, free: o.Free, commitment: o.Commitment,
	}
	t.commitment.Opens, t.commitment.Closes = instant(o.Commitment.Opens), instant(o.Commitment.Closes)
	if o.Preemption != nil {
		t.preempted, t.preemption = true, *o.Preemption
	}
	key := typeKey{o.Place.Cloud, o.Type.Name}
	if key.name == "" {
		key.cloud = ""
	}
	s := Source{o.Source.Name, instant(o.Source.AsOf)}
	c.service = append(c.service, c.services.code(o.Service, strings.Clone))
	c.place = append(c.place, c.places.code(o.Place, ownPlace))
	c.typ = append(c.typ, c.types.code(key, ownKey))
	c.term = append(c.term, c.terms.code(t, ownTerms))
	c.source = append(c.source, c.sources.code(s, ownSource))
	c.price = append(c.price, o.Price)
	from := len(c.ids)
	if o.ID != "" {
		c.ids = append(c.ids, o.ID...)
	} else {
		c.ids = appendID(c.ids, o.Place, o.Service, o.Type.Name, t.market)
	}
	c.id = append(c.id, span{uint32(from), uint32(len(c.ids))})
}

// instant is a time without what does not tell it from another: its zone and its monotonic clock.
func instant(t time.Time) time.Time { return t.UTC().Round(0) }

func ownPlace(p Place) Place {
	return Place{strings.Clone(p.Cloud), strings.Clone(p.Region), strings.Clone(p.Zone)}
}

func ownKey(k typeKey) typeKey { return typeKey{strings.Clone(k.cloud), strings.Clone(k.name)} }

func ownSource(s Source) Source { return Source{strings.Clone(s.Name), s.AsOf} }

func ownTerms(t terms) terms {
	t.market, t.unit = Market(strings.Clone(string(t.market))), Unit(strings.Clone(string(t.unit)))
	return t
}

// appendID appends the ID of an offering that names none: cloud/region[/zone]/service[/type]/market.
func appendID(b []byte, p Place, service, typ string, m Market) []byte {
	b = append(b, p.Cloud...)
	for _, part := range [...]string{p.Region, p.Zone} {
		if part != "" {
			b = append(append(b, '/'), part...)
		}
	}
	b = append(append(b, '/'), service...)
	if typ != "" {
		b = append(append(b, '/'), typ...)
	}
	return append(append(b, '/'), m...)
}

// idOf is the ID of row i, for as long as nobody keeps it.
func (c *columns) idOf(i int32) []byte { return c.ids[c.id[i].from:c.id[i].to] }

// offering is row i as a value that shares no memory that can change.
func (c *columns) offering(i int32, types []InstanceType) Offering {
	t := &c.terms.values[c.term[i]]
	o := Offering{
		ID: string(c.idOf(i)), Service: c.services.values[c.service[i]], Place: c.places.values[c.place[i]],
		Market: t.market, Price: c.price[i], Free: t.free, Unit: t.unit, Minimum: t.minimum, Increment: t.increment,
		Capacity: t.capacity, Commitment: t.commitment, Source: c.sources.values[c.source[i]],
	}
	if t.preempted {
		o.Preemption = &[]float64{t.preemption}[0]
	}
	if at := c.typeAt[c.typ[i]]; at >= 0 {
		o.Type = copyType(types[at])
	}
	return o
}

// sortIDs lists the rows by ID; rows of one ID stay as they were given. Files in canonical order need no sorting.
func (c *columns) sortIDs() {
	c.byID = make([]int32, c.len())
	for i := range c.byID {
		c.byID[i] = int32(i)
	}
	order := func(a, b int32) int { return cmp.Or(bytes.Compare(c.idOf(a), c.idOf(b)), cmp.Compare(a, b)) }
	if !slices.IsSortedFunc(c.byID, order) {
		slices.SortFunc(c.byID, order)
	}
}

// finish orders the rows by price, equal prices by ID, and lists the rows of each value. It needs sortIDs, and that
// neither the prices nor the rows are more than the check lets pass.
func (c *columns) finish(types map[typeKey]int) {
	// A price and a place in the order of the IDs fit in one number, and numbers sort fastest.
	const bits = 22
	ranks := make([]uint64, c.len())
	for i, row := range c.byID {
		ranks[i] = uint64(c.price[row])<<bits | uint64(i)
	}
	slices.Sort(ranks)
	order, byID := make([]int32, c.len()), make([]int32, c.len())
	for i, r := range ranks {
		at := r & (1<<bits - 1)
		order[i], byID[at] = c.byID[at], int32(i)
	}
	c.byID = byID
	for _, column := range []*[]int32{&c.service, &c.place, &c.typ, &c.term, &c.source} {
		*column = permuted(*column, order)
	}
	c.price, c.id = permuted(c.price, order), permuted(c.id, order)
	c.ids = bytes.Clone(c.ids)
	c.typeAt = make([]int32, len(c.types.values))
	for code, key := range c.types.values {
		c.typeAt[code] = -1
		if at, ok := types[key]; ok {
			c.typeAt[code] = int32(at)
		}
	}
	c.withService = listed(c.service, len(c.services.values))
	c.withPlace = listed(c.place, len(c.places.values))
	c.withType = listed(c.typ, len(c.types.values))
}

func permuted[T any](column []T, order []int32) []T {
	out := make([]T, len(order))
	for i, row := range order {
		out[i] = column[row]
	}
	return out
}

// postings lists the rows of each code, cheapest first: those of code k are rows[from[k]:from[k+1]].
type postings struct{ from, rows []int32 }

func listed(column []int32, codes int) postings {
	p := postings{make([]int32, codes+1), make([]int32, len(column))}
	for _, code := range column {
		p.from[code+1]++
	}
	for k := range codes {
		p.from[k+1] += p.from[k]
	}
	next := slices.Clone(p.from)
	for row, code := range column {
		p.rows[next[code]] = int32(row)
		next[code]++
	}
	return p
}

func (p postings) of(code int) []int32 { return p.rows[p.from[code]:p.from[code+1]] }

// row finds an ID; rows of the same ID follow one another in byID.
func (c *columns) row(id string) (int, bool) {
	return slices.BinarySearchFunc(c.byID, []byte(id), func(i int32, id []byte) int { return bytes.Compare(c.idOf(i), id) })
}
