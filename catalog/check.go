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
	i        int              // of the row
	row      func(int) string // what row i is called
}

// check reports everything wrong with the rows, but for those that were read broken: their keys count, so that what
// refers to them is not reported too. It leaves the key maps filled with unsorted positions.
func (c *Catalog) check(at positions) []*Problem {
	k := &checker{c: c}
	c.clouds = table(k, "clouds.csv", at.clouds, c.data.Clouds, "cloud", func(x Cloud) string { return x.Name }, k.cloud)
	c.regions = table(k, "regions.csv", at.regions, c.data.Regions, "region", func(x Region) Place { return x.Place }, k.region)
	k.parents(at.regions)
	c.types = table(k, "types.csv", at.types, c.data.Types, "type", InstanceType.key, k.instanceType)
	k.offerings("offerings.csv", at.offerings, c.rows)
	k.spotPrices(at.offerings)
	k.offerings("outranked.csv", at.outranked, c.outranked)
	k.outrankedBy()
	c.links = table(k, "links.csv", at.links, c.data.Links, "link", func(x Link) pair { return pair{x.From, x.To} }, k.link)
	k.checkServices(c.data.Services, at.services)
	return k.problems
}

func (t InstanceType) key() typeKey { return typeKey{t.Cloud, t.Name} }

func (k typeKey) String() string { return k.cloud + "/" + k.name }

func (p pair) String() string { return p[0].String() + " to " + p[1].String() }

// table checks each row of one table and that its key occurs once.
func table[T any, K comparable](k *checker, file string, at []position, rows []T, word string, key func(T) K, check func(T)) map[K]int {
	seen := make(map[K]int, len(rows))
	k.file, k.at = file, at
	k.row = func(i int) string { return fmt.Sprintf("%s %q", word, fmt.Sprint(key(rows[i]))) }
	for i, row := range rows {
		id := key(row)
		k.look(i)
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
func (k *checker) look(i int) {
	k.i, k.now = i, position{}
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
	k.problems = append(k.problems, &Problem{File: file, Line: k.now.line, Row: k.row(k.i), Err: fmt.Errorf(format, args...)})
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
	k.history(x.History)
	k.optionalName("parent", x.Parent)
	k.source(x.Source)
}

// parents refuses edge sites of what is no region of its own, once all regions are known.
func (k *checker) parents(at []position) {
	k.file, k.at = "regions.csv", at
	k.row = func(i int) string { return fmt.Sprintf("region %q", k.c.data.Regions[i].Place) }
	for i, x := range k.c.data.Regions {
		if k.look(i); x.Parent == "" || k.now.broken {
			continue
		}
		parent, ok := k.c.regions[Place{Cloud: x.Place.Cloud, Region: x.Parent}]
		if !ok || k.c.data.Regions[parent].Parent != "" {
			k.bad("parent %q: want a region of the cloud that is no edge site itself", x.Parent)
		}
	}
}

func (k *checker) history(years []CarbonYear) {
	for i, y := range years {
		k.number("carbon of a year", y.Grams, 0, maxCarbon)
		if y.Year < 1900 || y.Year > 2200 || i > 0 && y.Year <= years[i-1].Year {
			k.bad("carbon of %d: want years of 1900 to 2200 in ascending order, each once", y.Year)
		}
	}
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

func (k *checker) link(x Link) {
	k.linkEnd("from", x.From)
	if x.To != (Place{Cloud: Internet}) {
		k.linkEnd("to", x.To)
	}
	if x.Unpriced {
		k.unpriced(x)
	} else {
		k.price("egress", x.Egress, maxEgress, x.Free)
		k.tiers(x)
	}
	if x.Waives && x.To == (Place{Cloud: Internet}) {
		k.bad("waives egress to the internet: name the cloud that is to waive it in return, or say that it is free")
	}
	k.number("bandwidth", x.Bandwidth, 0, 1e15)
	if x.Latency < 0 || x.Latency > 24*time.Hour {
		k.bad("latency %s: want 0 (unknown) to a day", x.Latency)
	}
	if x.RTT < 0 || x.RTT > time.Minute {
		k.bad("rtt %s: want 0 (unknown) to a minute", x.RTT)
	}
	k.source(x.Source)
}

func (k *checker) unpriced(x Link) {
	if x.Egress != 0 || len(x.Tiers) > 0 || x.Free {
		k.bad("has a price, yet the row says that it knows none")
	}
	if x.Bandwidth == 0 && x.Latency == 0 && x.RTT == 0 && !x.Waives {
		k.bad("says nothing: leave the row out")
	}
}

// tiers refuses tiers out of order. Only a link that is not free has them, and a tier may be free.
func (k *checker) tiers(x Link) {
	if x.Free && len(x.Tiers) > 0 {
		k.bad("has tiers, yet the row says that it is free")
	}
	from := unit.Bytes(0)
	for _, t := range x.Tiers {
		if t.From <= from {
			k.bad("tier from %s: want more than %s, where the tier before it starts", t.From, from)
		}
		k.price("egress of a tier", t.Price, maxEgress, t.Price == 0)
		from = t.From
	}
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
