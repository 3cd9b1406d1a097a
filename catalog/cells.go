package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// text is a function that reads the cell of a column on the line that the record is at.
func (r *record) text(column string) func() string {
	i, ok := r.columns[column]
	if !ok {
		return func() string { return "" }
	}
	return func() string { return strings.TrimSpace(r.cells[i]) }
}

// cell is a function that reads a cell with parse; an empty cell is the zero value. Cells of a column repeat, so that
// what was read lately is remembered.
func cell[T any](r *record, column string, parse func(string) (T, error)) func() T {
	var zero, last T
	var lastText string
	i, ok := r.columns[column]
	if !ok {
		return func() T { return zero }
	}
	known := map[string]T{}
	return func() T {
		text := r.cells[i]
		if text == lastText {
			return last
		}
		text = strings.TrimSpace(text)
		v, ok := known[text]
		if !ok && text != "" {
			var err error
			if v, err = parse(text); err != nil {
				r.bad("%s: %w", column, err)
				return zero
			}
			if len(known) < 1000 {
				known[text] = v
			}
		}
		last, lastText = v, r.cells[i]
		return v
	}
}

func parseFloat(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v-v != 0 { // an infinity or NaN
		return 0, fmt.Errorf("%q: want a decimal number", s)
	}
	return v, nil
}

func parseInt(s string) (int, error) {
	v, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q: want a whole number", s)
	}
	return v, nil
}

func parseYes(s string) (bool, error) {
	if s != "yes" {
		return false, fmt.Errorf("%q: want yes or nothing", s)
	}
	return true, nil
}

// optional is a function that reads a number that may be missing.
func (r *record) optional(column string) func() *float64 {
	text, number := r.text(column), cell(r, column, parseFloat)
	return func() *float64 {
		if text() == "" {
			return nil
		}
		v := number()
		return &v
	}
}

// price is a function that reads dollars, which may not be missing: an unknown price is no row.
func (r *record) price(column string) func() unit.Price {
	text := r.text(column)
	return func() unit.Price {
		t := text()
		if t == "" {
			r.bad("%s is empty: leave the row out if the price is unknown", column)
			return 0
		}
		p, err := parsePrice(t)
		if err != nil {
			r.bad("%s: %w", column, err)
		}
		return p
	}
}

func parsePrice(s string) (unit.Price, error) {
	m, err := unit.ParseMoney(s)
	return unit.Price(m), err
}

func (r *record) source() func() Source {
	name, asOf := r.text("source"), cell(r, "as_of", parseDate)
	return func() Source { return Source{Name: name(), AsOf: asOf()} }
}

func parseDate(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339Nano, s)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: want a date such as 2025-11-30", s)
	}
	return instant(t), nil
}

// parseTiers reads "10TB=0.085 50TB=0.07".
func parseTiers(s string) ([]Tier, error) {
	var tiers []Tier
	for part := range strings.FieldsSeq(s) {
		size, price, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("tier %q: want a volume and a price such as 10TB=0.085", part)
		}
		from, err := unit.ParseBytes(size)
		if err != nil {
			return nil, fmt.Errorf("tier %q: %w", part, err)
		}
		p, err := parsePrice(price)
		if err != nil {
			return nil, fmt.Errorf("tier %q: %w", part, err)
		}
		tiers = append(tiers, Tier{from, p})
	}
	return tiers, nil
}

// parseYears reads "2022=429.8 2023=396.3".
func parseYears(s string) ([]CarbonYear, error) {
	var years []CarbonYear
	for part := range strings.FieldsSeq(s) {
		year, grams, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("carbon %q: want a year and grams such as 2023=396.3", part)
		}
		y, err := parseInt(year)
		if err != nil {
			return nil, fmt.Errorf("carbon %q: %w", part, err)
		}
		g, err := parseFloat(grams)
		if err != nil {
			return nil, fmt.Errorf("carbon %q: %w", part, err)
		}
		years = append(years, CarbonYear{y, g})
	}
	return years, nil
}

func readCloud(r *record) func() Cloud {
	name, title, operator, scheme, source := r.text("name"), r.text("title"), r.text("operator"), r.text("scheme"), r.source()
	return func() Cloud {
		return Cloud{Name: name(), Title: title(), Operator: operator(), Scheme: scheme(), Source: source()}
	}
}

func readRegion(r *record) func() Region {
	cloud, region, country, city, zones := r.text("cloud"), r.text("region"), r.text("country"), r.text("city"), r.text("zones")
	north, east := r.text("latitude"), r.text("longitude")
	latitude, longitude := cell(r, "latitude", parseFloat), cell(r, "longitude", parseFloat)
	since, parent, source := cell(r, "since", parseDate), r.text("parent"), r.source()
	carbon, years := r.optional("carbon"), cell(r, "carbon_years", parseYears)
	return func() Region {
		if (north() == "") != (east() == "") {
			r.bad("has only one of latitude and longitude")
		}
		return Region{
			Place: Place{Cloud: cloud(), Region: region()}, Country: country(), City: city(), Latitude: latitude(),
			Longitude: longitude(), Zones: strings.Fields(zones()), Since: since(), Parent: parent(), Carbon: carbon(),
			History: slices.Clone(years()), Source: source(),
		}
	}
}

func readType(r *record) func() InstanceType {
	cloud, name, arch, confidential := r.text("cloud"), r.text("name"), r.text("arch"), r.text("confidential")
	cpus, memory := cell(r, "cpus", parseInt), cell(r, "memory", unit.ParseBytes)
	accelerator, watts, source := cell(r, "accelerator", ParseAccelerator), r.optional("watts"), r.source()
	return func() InstanceType {
		return InstanceType{
			Cloud: cloud(), Name: name(), CPUs: cpus(), Memory: memory(), Arch: arch(), Accelerator: accelerator(),
			Confidential: confidential(), Watts: watts(), Source: source(),
		}
	}
}

func readOffering(r *record) func() Offering {
	id, service, typ := r.text("id"), r.text("service"), r.text("type")
	market, per := r.text("market"), r.text("unit")
	place, price, free := cell(r, "place", ParsePlace), r.price("price"), cell(r, "free", parseYes)
	minimum, increment := cell(r, "minimum", time.ParseDuration), cell(r, "increment", time.ParseDuration)
	capacity, preemption := cell(r, "capacity", parseInt), r.optional("preemption")
	term, upfront := cell(r, "term", time.ParseDuration), cell(r, "upfront", parsePrice)
	opens, closes, source := cell(r, "opens", parseDate), cell(r, "closes", parseDate), r.source()
	return func() Offering {
		return Offering{
			ID: id(), Service: service(), Place: place(), Type: InstanceType{Name: typ()}, Market: Market(market()),
			Price: price(), Free: free(), Unit: Unit(per()), Minimum: minimum(), Increment: increment(), Capacity: capacity(),
			Preemption: preemption(), Commitment: Commitment{Term: term(), Upfront: upfront(), Opens: opens(), Closes: closes()},
			Source: source(),
		}
	}
}

func readLink(r *record) func() Link {
	from, to, egress, text := cell(r, "from", ParsePlace), cell(r, "to", ParsePlace), r.price("egress"), r.text("egress")
	tiers, free, waives := cell(r, "tiers", parseTiers), cell(r, "free", parseYes), cell(r, "waives", parseYes)
	bandwidth, latency := cell(r, "bandwidth", parseFloat), cell(r, "latency", time.ParseDuration)
	rtt, source := cell(r, "rtt", time.ParseDuration), r.source()
	return func() Link {
		l := Link{
			From: from(), To: to(), Tiers: slices.Clone(tiers()), Free: free(), Waives: waives(),
			Bandwidth: bandwidth(), Latency: latency(), RTT: rtt(), Source: source(),
		}
		if l.Unpriced = text() == "unknown"; !l.Unpriced {
			l.Egress = egress()
		}
		return l
	}
}
