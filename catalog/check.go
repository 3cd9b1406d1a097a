package catalog

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openintercloud/broker/catalog/unit"
)

// Bounds of what is believed. A figure beyond them is a mistake in the source more often than news.
const (
	maxPrice   = 2_000 * unit.Price(unit.Dollar) // per any unit
	maxEgress  = 100 * unit.Price(unit.Dollar)   // per gigabyte
	maxCPUs    = 100_000
	maxMemory  = unit.PiB
	maxDevices = 100_000 // accelerators in one type: the largest TPU slices have thousands
	maxCarbon  = 3_000   // grams per kWh: twice the dirtiest coal
	maxWatts   = 1e6
	maxMinimum = 366 * 24 * time.Hour
)

// checker gathers the problems of the row it looks at.
type checker struct {
	c        *Catalog // maps filled as rows are seen; not yet sorted
	problems []*Problem
	file     string
	at       []position
	now      position
	row      string
}

// check reports everything wrong with the rows, but for those that were read broken: their keys count, so that what
// refers to them is not reported too. It leaves the key maps filled with unsorted positions.
func (c *Catalog) check(at positions) []*Problem {
	k := &checker{c: c}
	c.clouds = table(k, "clouds.csv", at.clouds, c.data.Clouds, "cloud", func(x Cloud) string { return x.Name }, k.cloud)
	c.regions = table(k, "regions.csv", at.regions, c.data.Regions, "region", func(x Region) Place { return x.Place }, k.region)
	c.types = table(k, "types.csv", at.types, c.data.Types, "type", InstanceType.key, k.instanceType)
	c.offerings = table(k, "offerings.csv", at.offerings, c.data.Offerings, "offering", func(x Offering) string { return x.ID }, k.offering)
	k.spotPrices(at.offerings)
	c.links = table(k, "links.csv", at.links, c.data.Links, "link", func(x Link) pair { return pair{x.From, x.To} }, k.link)
	return k.problems
}

func (t InstanceType) key() typeKey { return typeKey{t.Cloud, t.Name} }

func (k typeKey) String() string { return k.cloud + "/" + k.name }

func (p pair) String() string { return p[0].String() + " to " + p[1].String() }

// table checks each row of one table and that its key occurs once.
func table[T any, K comparable](k *checker, file string, at []position, rows []T, word string, key func(T) K, check func(T)) map[K]int {
	seen := make(map[K]int, len(rows))
	k.file, k.at = file, at
	for i, row := range rows {
		id := key(row)
		k.look(i, fmt.Sprintf("%s %q", word, fmt.Sprint(id)))
		if first, ok := seen[id]; ok {
			k.duplicate(first)
			continue
		}
		seen[id] = i
		if !k.now.broken {
			check(row)
		}
	}
	return seen
}

// look turns to row i of the table.
func (k *checker) look(i int, row string) {
	k.row, k.now = row, position{}
	if i < len(k.at) {
		k.now = k.at[i]
	}
}

func (k *checker) duplicate(first int) {
	if first < len(k.at) {
		k.bad("given twice: first on line %d; keep one", k.at[first].line)
		return
	}
	k.bad("given twice; keep one")
}

func (k *checker) bad(format string, args ...any) {
	file := k.file
	if k.now.line == 0 {
		file = ""
	}
	k.problems = append(k.problems, &Problem{File: file, Line: k.now.line, Row: k.row, Err: fmt.Errorf(format, args...)})
}

func (k *checker) cloud(x Cloud) {
	k.name("cloud", x.Name)
	k.country("operator", x.Operator)
	k.text("title", x.Title)
	if x.Scheme != "" {
		k.name("scheme", x.Scheme)
	}
	k.source(x.Source)
}

func (k *checker) region(x Region) {
	k.knownCloud(x.Place.Cloud)
	k.name("region", x.Place.Region)
	if x.Place.Zone != "" {
		k.bad("has zone %q: name zones in the zones of the region", x.Place.Zone)
	}
	k.country("country", x.Country)
	k.text("city", x.City)
	k.number("latitude", x.Latitude, -90, 90)
	k.number("longitude", x.Longitude, -180, 180)
	for _, z := range x.Zones {
		k.name("zone", z)
	}
	if x.Carbon != nil {
		k.number("carbon", *x.Carbon, 0, maxCarbon)
	}
	k.source(x.Source)
}

func (k *checker) instanceType(x InstanceType) {
	k.knownCloud(x.Cloud)
	k.name("type", x.Name)
	if x.CPUs <= 0 || x.CPUs > maxCPUs {
		k.bad("cpus %d: want 1 to %d", x.CPUs, maxCPUs)
	}
	if x.Memory <= 0 || x.Memory > maxMemory {
		k.bad("memory %d bytes: want more than 0 and at most %s", x.Memory, maxMemory)
	}
	k.optionalName("architecture", x.Arch)
	k.optionalName("confidential", x.Confidential)
	k.accelerator(x.Accelerator)
	if x.Watts != nil {
		k.number("watts", *x.Watts, math.SmallestNonzeroFloat64, maxWatts)
	}
	k.source(x.Source)
}

func (k *checker) accelerator(a Accelerator) {
	if a == (Accelerator{}) {
		return
	}
	k.name("accelerator", a.Kind)
	if strings.Contains(a.Kind, ":") || strings.ToLower(a.Kind) != a.Kind {
		k.bad("accelerator kind %q: want lower case without a colon", a.Kind)
	}
	if a.Count <= 0 || a.Count > maxDevices {
		k.bad("accelerator count %d: want 1 to %d", a.Count, maxDevices)
	}
}

func (k *checker) offering(x Offering) {
	if x.ID != strings.TrimSpace(x.ID) || !plain(x.ID) || strings.HasPrefix(x.ID, "#") {
		k.bad("id %q: want printable text without space at its ends or # at its start", x.ID)
	}
	k.name("service", x.Service)
	k.place(x.Place)
	if x.Type.Name == "" && x.Service == "vm" {
		k.bad("has no instance type: a vm needs one")
	}
	if _, ok := k.c.types[x.Type.key()]; x.Type.Name != "" && !ok {
		k.bad("unknown type %q of cloud %q: add it to the types", x.Type.Name, x.Place.Cloud)
	}
	switch x.Market {
	case OnDemand, Spot, Reserved:
	default:
		k.bad("unknown market %q: want %s, %s or %s", x.Market, OnDemand, Spot, Reserved)
	}
	switch x.Unit {
	case PerHour, PerTB, PerGBMonth, PerMillion:
	default:
		k.bad("unknown unit %q: want %s, %s, %s or %s", x.Unit, PerHour, PerTB, PerGBMonth, PerMillion)
	}
	k.price("price", x.Price, maxPrice, x.Free)
	if x.Minimum < 0 || x.Minimum > maxMinimum {
		k.bad("minimum %s: want 0 to a year", x.Minimum)
	}
	if x.Capacity < 0 {
		k.bad("capacity %d: want 0 (not known to be limited) or more", x.Capacity)
	}
	k.source(x.Source)
}

func (k *checker) link(x Link) {
	k.linkEnd("from", x.From)
	if x.To != (Place{Cloud: Internet}) {
		k.linkEnd("to", x.To)
	}
	k.price("egress", x.Egress, maxEgress, x.Free)
	k.number("bandwidth", x.Bandwidth, 0, 1e15)
	if x.Latency < 0 || x.Latency > 24*time.Hour {
		k.bad("latency %s: want 0 (unknown) to a day", x.Latency)
	}
	k.source(x.Source)
}

func (k *checker) linkEnd(what string, p Place) {
	if p.Region == "" && p.Zone == "" {
		k.knownCloud(p.Cloud)
		return
	}
	if p.Zone != "" {
		k.bad("%s %q: links join clouds and regions, not zones", what, p)
		return
	}
	k.place(p)
}

// spotPrices refuses spot prices above the on-demand price of the same thing at the same place.
func (k *checker) spotPrices(at []position) {
	type what struct {
		service string
		place   Place
		name    string
	}
	list := map[what]unit.Price{}
	for _, o := range k.c.data.Offerings {
		if o.Market == OnDemand && o.Price > 0 {
			list[what{o.Service, o.Place, o.Type.Name}] = o.Price
		}
	}
	k.at = at
	for i, o := range k.c.data.Offerings {
		if o.Market != Spot {
			continue
		}
		price, ok := list[what{o.Service, o.Place, o.Type.Name}]
		if !ok {
			price, ok = list[what{o.Service, o.Place.InRegion(), o.Type.Name}]
		}
		if ok && o.Price > price {
			k.look(i, fmt.Sprintf("offering %q", o.ID))
			k.bad("spot price %s is above the on-demand price %s", o.Price, price)
		}
	}
}

func (k *checker) knownCloud(name string) bool {
	_, ok := k.c.clouds[name]
	if !ok {
		k.bad("unknown cloud %q: add it to the clouds", name)
	}
	return ok
}

func (k *checker) place(p Place) {
	i, ok := k.c.regions[p.InRegion()]
	if !ok {
		k.bad("unknown region %q: add it to the regions", p.InRegion())
		return
	}
	if p.Zone == "" || slices.Contains(k.c.data.Regions[i].Zones, p.Zone) {
		return
	}
	k.bad("unknown zone %q: add it to the zones of %q", p.Zone, p.InRegion())
}

func (k *checker) price(what string, p, most unit.Price, free bool) {
	switch {
	case p < 0:
		k.bad("%s %s is negative", what, p)
	case p == 0 && !free:
		k.bad("%s is 0: leave the row out if the price is unknown, or say that it is free", what)
	case p > 0 && free:
		k.bad("%s %s is not 0, yet the row says that it is free", what, p)
	case p > most:
		k.bad("%s %s is not believed: the most is %s", what, p, most)
	}
}

func (k *checker) number(what string, v, least, most float64) {
	if math.IsNaN(v) || v < least || v > most {
		k.bad("%s %g: want %g to %g", what, v, least, most)
	}
}

func (k *checker) country(what, code string) {
	if code != "" && !isCountry(code) {
		k.bad("%s %q: want an ISO 3166-1 code of two capital letters such as DE", what, code)
	}
}

func (k *checker) source(s Source) {
	if s.Name == "" {
		k.bad("has no source: say which page or document it is from")
	}
	k.text("source", s.Name)
	if s.AsOf.IsZero() {
		k.bad("has no date: say as of when it holds")
	} else if y := s.AsOf.Year(); y < 1990 || y > 9999 {
		k.bad("date %s: want a year from 1990 to 9999", s.AsOf.Format(time.DateOnly))
	}
}

// name refuses what would not survive in a place, an ID or a file.
func (k *checker) name(what, s string) {
	if s == "" {
		k.bad("has no %s", what)
	} else if !plain(s) || s == Internet || strings.ContainsAny(s, "/,\"#") || strings.ContainsFunc(s, unicode.IsSpace) {
		k.bad("%s %q: want a name without space, slash, comma, quote or #", what, s)
	}
}

func (k *checker) optionalName(what, s string) {
	if s != "" {
		k.name(what, s)
	}
}

func (k *checker) text(what, s string) {
	if !plain(s) || s != strings.TrimSpace(s) {
		k.bad("%s %q: want printable text without space at its ends", what, s)
	}
}

// plain reports whether s is valid UTF-8 without control characters.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
