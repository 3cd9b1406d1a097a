package catalog

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

const (
	maxID       = 1_000 // bytes
	maxRows     = 4_000_000
	maxCapacity = 1_000_000_000
	maxRate     = 3_600                        // preemptions per hour: one a second
	maxTerm     = 10 * 366 * 24 * time.Hour    // of a commitment
	maxUpfront  = 10_000_000 * unit.Price(1e9) // per machine
)

// offerings checks a table of offerings. A value that many rows share is looked at once, and again for each row that
// has it when something is wrong with it.
func (k *checker) offerings(file string, at []position, rows *columns) {
	k.file, k.at, k.row = file, at, rows.label
	if rows.len() > maxRows {
		k.look(0)
		k.bad("has %d offerings: want at most %d", rows.len(), maxRows)
		return
	}
	good := struct{ service, place, typ, term, source []bool }{
		make([]bool, len(rows.services.values)), make([]bool, len(rows.places.values)), make([]bool, len(rows.types.values)),
		make([]bool, len(rows.terms.values)), make([]bool, len(rows.sources.values)),
	}
	first := rows.duplicates(file == "outranked.csv")
	for i := range int32(rows.len()) {
		k.look(int(i))
		if f, ok := first[i]; ok {
			k.duplicate(int(f))
			continue
		}
		if k.now.broken {
			continue
		}
		service, typ, t := rows.services.values[rows.service[i]], rows.types.values[rows.typ[i]], &rows.terms.values[rows.term[i]]
		k.id(rows.idOf(i))
		k.once(good.service, rows.service[i], func() { k.name("service", service) })
		k.once(good.place, rows.place[i], func() { k.place(rows.places.values[rows.place[i]]) })
		k.once(good.typ, rows.typ[i], func() { k.knownType(typ) })
		k.once(good.term, rows.term[i], func() { k.terms(t) })
		k.once(good.source, rows.source[i], func() { k.source(rows.sources.values[rows.source[i]]) })
		if typ.name == "" && service == "vm" {
			k.bad("has no instance type: a vm needs one")
		}
		k.price("price", rows.price[i], maxPrice, t.free)
	}
}

// label is what row i is called in problems.
func (c *columns) label(i int) string { return fmt.Sprintf("offering %q", c.idOf(int32(i))) }

// duplicates maps each row to the first one with the same ID and, if asked, the same source.
func (c *columns) duplicates(bySource bool) map[int32]int32 {
	first := map[int32]int32{}
	for start := 0; start < len(c.byID); {
		end := start + 1
		for end < len(c.byID) && bytes.Equal(c.idOf(c.byID[start]), c.idOf(c.byID[end])) {
			end++
		}
		c.repeated(c.byID[start:end], bySource, first)
		start = end
	}
	return first
}

// repeated notes which rows of one ID follow another of the same source, or of any.
func (c *columns) repeated(rows []int32, bySource bool, first map[int32]int32) {
	if len(rows) == 1 {
		return
	}
	seen := map[string]int32{} // by the name of the source
	for _, row := range rows {
		key := ""
		if bySource {
			key = c.sources.values[c.source[row]].Name
		}
		if f, ok := seen[key]; ok {
			first[row] = f
		} else {
			seen[key] = row
		}
	}
}

// once checks the value of a code unless it is known to be good.
func (k *checker) once(good []bool, code int32, check func()) {
	if good[code] {
		return
	}
	before := len(k.problems)
	check()
	good[code] = len(k.problems) == before
}

func (k *checker) id(id []byte) {
	for _, b := range id {
		if b < ' ' || b >= 0x7f {
			k.oddID(string(id))
			return
		}
	}
	if len(id) == 0 || len(id) > maxID || id[0] == ' ' || id[0] == '#' || id[len(id)-1] == ' ' {
		k.oddID(string(id))
	}
}

func (k *checker) oddID(id string) {
	if id == "" || len(id) > maxID || id != strings.TrimSpace(id) || !plain(id) || strings.HasPrefix(id, "#") {
		k.bad("id %q: want printable text of at most %d bytes without space at its ends or # at its start", id[:min(len(id), 80)], maxID)
	}
}

func (k *checker) knownType(t typeKey) {
	if _, ok := k.c.types[t]; t.name != "" && !ok {
		k.bad("unknown type %q of cloud %q: add it to the types", t.name, t.cloud)
	}
}

func (k *checker) terms(t *terms) {
	switch t.market {
	case OnDemand, Spot, Reserved:
	default:
		k.bad("unknown market %q: want %s, %s or %s", t.market, OnDemand, Spot, Reserved)
	}
	switch t.unit {
	case PerHour, PerTB, PerGBMonth, PerMillion:
	default:
		k.bad("unknown unit %q: want %s, %s, %s or %s", t.unit, PerHour, PerTB, PerGBMonth, PerMillion)
	}
	if t.minimum < 0 || t.minimum > maxMinimum {
		k.bad("minimum %s: want 0 to a year", t.minimum)
	}
	if t.increment < 0 || t.increment > maxMinimum {
		k.bad("increment %s: want 0 (billed to the instant) to a year", t.increment)
	}
	if t.capacity < 0 || t.capacity > maxCapacity {
		k.bad("capacity %d: want 0 (not known to be limited) to %d", t.capacity, maxCapacity)
	}
	if t.preempted {
		k.number("preemption", t.preemption, 0, maxRate)
		if t.market != Spot {
			k.bad("has a rate of preemption on market %q: only %s machines are taken away", t.market, Spot)
		}
	}
	k.commitment(t)
}

func (k *checker) commitment(t *terms) {
	c := t.commitment
	if c == (Commitment{}) {
		return
	}
	if t.market != Reserved {
		k.bad("binds its buyer on market %q: only %s offerings do", t.market, Reserved)
	}
	if t.unit != PerHour {
		k.bad("binds its buyer per %s: only offerings per %s do", t.unit, PerHour)
	}
	if c.Term < 0 || c.Term > maxTerm {
		k.bad("term %s: want 0 to ten years", c.Term)
	}
	if c.Upfront < 0 || c.Upfront > maxUpfront {
		k.bad("upfront %s: want 0 to %s", c.Upfront, maxUpfront)
	}
	if c.Upfront > 0 && c.Term == 0 {
		k.bad("has an upfront price without a term that it pays for")
	}
	k.window(c)
}

// window refuses times that cannot be written, and a window that is never open.
func (k *checker) window(c Commitment) {
	for _, x := range []time.Time{c.Opens, c.Closes} {
		if y := x.Year(); !x.IsZero() && (y < 1990 || y > 9999) {
			k.bad("window %s: want a year from 1990 to 9999", x.Format(time.DateOnly))
		}
	}
	if !c.Closes.IsZero() && !c.Opens.Before(c.Closes) {
		k.bad("closes %s, not after it opens %s", dateText(c.Closes), dateText(c.Opens))
	}
}

// spotPrices refuses spot prices above the on-demand price of the same thing at the same place.
func (k *checker) spotPrices(at []position) {
	rows := k.c.rows
	k.file, k.at, k.row = "offerings.csv", at, rows.label
	list := rows.onDemand()
	rows.raise(list, k.c.outranked)
	region := rows.regions()
	for i := range int32(rows.len()) {
		if rows.terms.values[rows.term[i]].market != Spot {
			continue
		}
		price, ok := list[what{rows.service[i], rows.place[i], rows.typ[i]}]
		if !ok {
			price, ok = list[what{rows.service[i], region[rows.place[i]], rows.typ[i]}]
		}
		if ok && rows.price[i] > price {
			k.look(int(i))
			k.bad("spot price %s is above the on-demand price %s", rows.price[i], price)
		}
	}
}

// what is a service on a type at a place, by their codes.
type what struct{ service, place, typ int32 }

// onDemand is the on-demand prices of what may also be had on the spot market.
func (c *columns) onDemand() map[what]unit.Price {
	spot := make([]bool, len(c.types.values))
	for i, term := range c.term {
		spot[c.typ[i]] = spot[c.typ[i]] || c.terms.values[term].market == Spot
	}
	list := map[what]unit.Price{}
	for i, price := range c.price {
		if spot[c.typ[i]] && price > 0 && c.terms.values[c.term[i]].market == OnDemand {
			list[what{c.service[i], c.place[i], c.typ[i]}] = price
		}
	}
	return list
}

// raise lifts prices to the highest that any source gives: a host's discount is no reason to doubt a spot price.
func (c *columns) raise(list map[what]unit.Price, lost *columns) {
	for i, price := range lost.price {
		service, ok1 := c.services.codes[lost.services.values[lost.service[i]]]
		place, ok2 := c.places.codes[lost.places.values[lost.place[i]]]
		typ, ok3 := c.types.codes[lost.types.values[lost.typ[i]]]
		key := what{service, place, typ}
		if now, ok := list[key]; ok && ok1 && ok2 && ok3 && price > now && lost.terms.values[lost.term[i]].market == OnDemand {
			list[key] = price
		}
	}
}

// regions is the code of the region of each place, or -1 if no row is at the region itself.
func (c *columns) regions() []int32 {
	return mapped(c.places.values, func(p Place) int32 {
		if code, ok := c.places.codes[p.InRegion()]; ok {
			return code
		}
		return -1
	})
}

// outrankedBy refuses what is outranked by nothing, or by itself.
func (k *checker) outrankedBy() {
	rows, lost := k.c.rows, k.c.outranked
	k.row = lost.label
	for i := range int32(lost.len()) {
		k.look(int(i))
		at, ok := rows.row(string(lost.idOf(i)))
		switch {
		case k.now.broken:
		case !ok:
			k.bad("is outranked by nothing: there is no offering of this id")
		case rows.sources.values[rows.source[rows.byID[at]]].Name == lost.sources.values[lost.source[i]].Name:
			k.bad("is outranked by its own source: keep one of the two")
		}
	}
}
