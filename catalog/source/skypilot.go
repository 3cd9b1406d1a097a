package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// SkyPilot reads a catalog of one cloud in the CSV format of SkyPilot (vms.csv): a row per instance type and zone, with
// on-demand and spot price. It refuses what such catalogs are known to get wrong, each with row and reason: a price
// of 0 or 700 for one that is not known, a spot price that is the on-demand price, an accelerator count that the machine
// cannot have, and rows given twice.
//
// The columns InstanceType, Price, SpotPrice and Region are needed; AcceleratorName, AcceleratorCount, vCPUs, MemoryGiB,
// AvailabilityZone and Arch are used where they exist, others are ignored. Rows of gcp without an instance type price
// accelerators alone: they are added to the machines of Types that have them. The list is held in memory: tens
// of thousands of rows.
type SkyPilot struct {
	Cloud string                 // which cloud the file is about: "aws", "gcp", "azure", "lambda"; needed
	AsOf  time.Time              // as of when the file holds; its rows do not say; needed
	Types []catalog.InstanceType // known types: counts that differ are refused, and gcp machines with accelerators priced
	// Zones maps the zones of the file to those of the catalog: AWS names there are zone IDs, which each account maps in its
	// own way. nil = prices are said per region, at the dearest of its zones; otherwise spot prices are said per zone.
	Zones map[string]string
}

// Read is a [Format].
func (p SkyPilot) Read(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
	return stream(ctx, file, func(s *sink) {
		if p.Cloud == "" || p.AsOf.IsZero() {
			s.fail(fmt.Errorf("SkyPilot.Cloud and SkyPilot.AsOf must be set: the rows say neither"))
			return
		}
		t := newTable(r)
		if err := t.read(); err != nil {
			s.fail(fmt.Errorf("no line of column names: %w", err))
			return
		}
		if err := t.head("InstanceType", "Price", "SpotPrice", "Region"); err != nil {
			s.fail(err)
			return
		}
		l := newSkyList(p, s, t)
		t.rows(s, l.read)
		if !s.over {
			l.say()
		}
	})
}

// skyLine is one line of the file.
type skyLine struct {
	row                int
	machine            catalog.InstanceType // Name is "" for accelerators alone
	region, zone       string
	onDemand, spotText string
}

// skyKey is what one price is of. The zone is "" for prices per region.
type skyKey struct {
	name, region, zone string
	market             catalog.Market
}

func (k skyKey) compare(o skyKey) int {
	return cmp.Or(cmp.Compare(k.name, o.name), cmp.Compare(k.region, o.region), cmp.Compare(k.zone, o.zone), cmp.Compare(k.market, o.market))
}

type skyPrice struct {
	price   unit.Price
	row     int
	machine catalog.InstanceType
	noted   bool
}

// skyList is the file being read.
type skyList struct {
	SkyPilot
	s      *sink
	t      *table
	source catalog.Source
	known  map[string]catalog.InstanceType
	seen   map[[7]string]int // identity of each line, to find those given twice
	prices map[skyKey]*skyPrice
	names  names
}

func newSkyList(p SkyPilot, s *sink, t *table) *skyList {
	l := &skyList{
		SkyPilot: p, s: s, t: t, source: catalog.Source{Name: s.file, AsOf: p.AsOf.UTC()}, names: names{},
		known: map[string]catalog.InstanceType{}, seen: map[[7]string]int{}, prices: map[skyKey]*skyPrice{},
	}
	for _, x := range p.Types {
		if x.Cloud == p.Cloud {
			l.known[x.Name] = x
		}
	}
	return l
}

func (l *skyList) cell(name string) string { return l.names.keep(l.t.at(l.t.column(name))) }

// read takes in the current line.
func (l *skyList) read() {
	x := skyLine{
		row: l.t.line, region: l.cell("Region"), zone: l.cell("AvailabilityZone"),
		onDemand: l.cell("Price"), spotText: l.cell("SpotPrice"),
	}
	name := l.cell("InstanceType")
	accelerator, number := l.cell("AcceleratorName"), l.cell("AcceleratorCount")
	identity := [7]string{name, accelerator, number, x.region, x.zone, x.onDemand, x.spotText}
	if first, ok := l.seen[identity]; ok {
		l.s.refuse(x.row, l.key(name, accelerator, x), fmt.Sprintf("given twice: first on line %d", first), "the first is used")
		return
	}
	l.seen[identity] = x.row
	var err error
	if x.machine, err = l.machine(name, accelerator, number); err != nil {
		l.s.refuse(x.row, l.key(name, accelerator, x), err.Error(), "correct the row: it is not used")
		return
	}
	if x.region == "" {
		l.s.refuse(x.row, l.key(name, accelerator, x), "has no region", "correct the row: it is not used")
		return
	}
	l.price(x)
}

func (l *skyList) key(name, accelerator string, x skyLine) string {
	if name == "" {
		name = accelerator
	}
	return name + " in " + catalog.Place{Cloud: l.Cloud, Region: x.region, Zone: x.zone}.String()
}

// price notes the prices of a line that are believed.
func (l *skyList) price(x skyLine) {
	name := x.machine.Name
	key := l.key(name, x.machine.Accelerator.String(), x)
	if x.onDemand == "" && x.spotText == "" {
		l.s.refuse(x.row, key, "has no price", "the row is left out: an unknown price is no price")
		return
	}
	onDemand := l.one(x, key, x.onDemand, catalog.OnDemand)
	spot := l.one(x, key, x.spotText, catalog.Spot)
	if onDemand > 0 && spot == onDemand {
		l.s.refuse(x.row, key, fmt.Sprintf("the spot price is the on-demand price, %s: no spot price is known", spot),
			"only the on-demand price is used")
		spot = 0
	}
	l.put(x, catalog.OnDemand, onDemand)
	l.put(x, catalog.Spot, spot)
}

// one reads one price; 0 when there is none to be believed.
func (l *skyList) one(x skyLine, key, text string, market catalog.Market) unit.Price {
	if text == "" {
		return 0
	}
	p, err := hourly(text)
	if err == nil && p == 700*unit.Price(unit.Dollar) {
		err = fmt.Errorf("the %s price of $700 stands for an unknown one", market)
	} else if err != nil {
		err = fmt.Errorf("%s price: %w", market, err)
	}
	if err != nil {
		l.s.refuse(x.row, key, err.Error(), "the price is left out: ask the cloud for it")
		return 0
	}
	return p
}

// put keeps the dearest price of the zones of a region, or of each zone by itself.
func (l *skyList) put(x skyLine, market catalog.Market, p unit.Price) {
	if p == 0 {
		return
	}
	name := x.machine.Name
	if name == "" {
		name = "+" + x.machine.Accelerator.String()
	}
	key := skyKey{name: name, region: x.region, market: market}
	if l.Zones != nil && market == catalog.Spot && x.zone != "" {
		zone, ok := l.Zones[x.zone]
		if !ok {
			l.s.refuse(x.row, l.key(name, "", x), fmt.Sprintf("zone %q is not among the zones given", clip(x.zone)), "add it to SkyPilot.Zones")
			return
		}
		key.zone = zone
	}
	old, ok := l.prices[key]
	if !ok {
		l.prices[key] = &skyPrice{price: p, row: x.row, machine: x.machine}
		return
	}
	if p != old.price && !old.noted && (market == catalog.OnDemand || key.zone != "") {
		old.noted = true
		l.s.note(x.row, l.key(name, "", x), fmt.Sprintf("%s price %s, but %s on line %d", market, p, old.price, old.row),
			"the dearest is used")
	}
	if p > old.price {
		old.price, old.row = p, x.row
	}
}

// say yields what was gathered, in a fixed order.
func (l *skyList) say() {
	keys := slices.SortedFunc(maps.Keys(l.prices), skyKey.compare)
	told := map[string]bool{}
	for _, key := range keys {
		if !l.s.open() {
			return
		}
		p := l.prices[key]
		if strings.HasPrefix(key.name, "+") || l.hostOnly(key, p) {
			continue
		}
		l.offer(key, p.machine, p.price, p.row, told)
	}
	l.joined(told)
}

func (l *skyList) offer(key skyKey, machine catalog.InstanceType, price unit.Price, row int, told map[string]bool) {
	o := catalog.Offering{
		Service: "vm", Place: catalog.Place{Cloud: l.Cloud, Region: key.region, Zone: key.zone},
		Type:   catalog.InstanceType{Cloud: l.Cloud, Name: machine.Name},
		Market: key.market, Price: price, Unit: catalog.PerHour, Source: l.source,
	}
	r := Row{Offering: &o}
	if machine.CPUs > 0 && machine.Memory > 0 && !told[machine.Name] {
		machine.Source = l.source
		r.Type, told[machine.Name] = &machine, true
	}
	l.s.say(row, r)
}
