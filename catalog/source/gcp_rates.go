package source

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// gcpRates gathers the prices of parts by region.
type gcpRates struct {
	from    GCPSkus
	rates   map[gcpRegionPart]gcpRate
	regions map[string]bool
	names   names
	row     int
}

type gcpRegionPart struct {
	region string
	part   gcpPart
}

// gcpRate is the price of a part, and where it was read.
type gcpRate struct {
	price unit.Price
	from  time.Time
	where Where
	sku   string
}

func newGCPRates(from GCPSkus) *gcpRates {
	return &gcpRates{from: from, rates: map[gcpRegionPart]gcpRate{}, regions: map[string]bool{}, names: names{}}
}

// rate notes the price of a part in each region of a SKU.
func (g *gcpRates) rate(s *sink, x *gcpSKU, part gcpPart) {
	price, from, err := x.price(part)
	if err != nil {
		s.refuse(g.row, x.ID, err.Error(), "machines with this part have no price there")
		return
	}
	if len(x.Regions) == 0 {
		s.refuse(g.row, x.ID, "no serviceRegions", "machines with this part have no price there")
	}
	for _, region := range x.Regions {
		if region == "global" {
			continue // a price for where there is no other; no machine stands there
		}
		key := gcpRegionPart{g.names.keep(region), part}
		key.part.name = g.names.keep(part.name)
		rate := gcpRate{price: price, from: from, where: Where{s.file, g.row}, sku: g.names.keep(x.ID)}
		if first, ok := g.rates[key]; ok && first.price != price {
			s.refuse(g.row, x.ID, fmt.Sprintf("contradicts %s of %s: %s and %s for %s %s in %s",
				first.sku, first.where, first.price, price, part.name, part.what, region), "the dearer one is used")
			if price < first.price {
				rate = first
			}
		}
		g.rates[key], g.regions[key.region] = rate, true
	}
}

// say puts the machines together.
func (g *gcpRates) say(s *sink) {
	types := slices.Clone(g.from.Types)
	slices.SortFunc(types, func(a, b catalog.InstanceType) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range types {
		if t.Cloud != "gcp" || !gcpSummable(t) {
			continue
		}
		for _, region := range slices.Sorted(maps.Keys(g.regions)) {
			for _, market := range []catalog.Market{catalog.OnDemand, catalog.Spot} {
				if !s.open() {
					return
				}
				g.machine(s, t, region, market)
			}
		}
	}
}

// gcpSummable reports whether cores, memory and GPUs are all that a machine is charged for.
func gcpSummable(t catalog.InstanceType) bool {
	family, _, _ := strings.Cut(t.Name, "-")
	return !strings.HasPrefix(t.Name, "a2-ultragpu-") && !oneOf(family, "a3", "a4", "a4x", "z3", "m2", "f1", "h4d") &&
		!strings.HasSuffix(t.Name, "-lssd") && !strings.HasPrefix(t.Accelerator.Kind, "tpu") && t.Confidential == ""
}

// quarters is how many quarters of a core a machine is charged for: e2 machines below standard share theirs.
func quarters(t catalog.InstanceType) int64 {
	switch t.Name {
	case "e2-micro":
		return 1
	case "e2-small":
		return 2
	case "e2-medium":
		return 4
	}
	return 4 * int64(t.CPUs)
}

// machine says the price of a machine in a region, if each of its parts has one.
func (g *gcpRates) machine(s *sink, t catalog.InstanceType, region string, market catalog.Market) {
	family, _, _ := strings.Cut(t.Name, "-")
	parts := []struct {
		part gcpPart
		q    unit.Quantity
	}{
		{gcpPart{family, "core", market}, unit.Quantity{N: quarters(t), Per: 4}},
		{gcpPart{family, "ram", market}, unit.Quantity{N: int64(t.Memory), Per: int64(unit.GiB)}},
		{gcpPart{t.Accelerator.Kind, "gpu", market}, unit.Count(int64(t.Accelerator.Count))},
	}
	if t.Accelerator.Count == 0 {
		parts = parts[:2]
	}
	o := catalog.Offering{
		Service: "vm", Place: catalog.Place{Cloud: "gcp", Region: region}, Market: market, Unit: catalog.PerHour,
		Type:    catalog.InstanceType{Cloud: "gcp", Name: t.Name},
		Minimum: time.Minute, Increment: time.Second,
	}
	var where Where
	for _, p := range parts {
		rate, ok := g.rates[gcpRegionPart{region, p.part}]
		if !ok {
			return // not sold there
		}
		amount, err := p.part.total(rate.price, p.q)
		if err != nil {
			s.refuse(rate.where.Row, rate.sku, err.Error(), priceRemedy)
			return
		}
		o.Price += amount
		if where = rate.where; o.Source.AsOf.Before(rate.from) {
			o.Source.AsOf = rate.from
		}
	}
	o.Source.Name = where.File
	if !g.from.AsOf.IsZero() {
		o.Source.AsOf = g.from.AsOf.UTC()
	}
	if err := believable(o.Price); err != nil {
		s.refuse(where.Row, o.Key(), err.Error(), priceRemedy)
		return
	}
	s.send(Row{Where: where, Offering: &o}, nil)
}

func (p gcpPart) total(price unit.Price, q unit.Quantity) (unit.Price, error) {
	amount, err := price.For(q)
	return unit.Price(amount), err
}
