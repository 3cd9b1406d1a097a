package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

func (r *record) text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

// cell reads a cell with parse; an empty cell is the zero value.
func cell[T any](r *record, column string, parse func(string) (T, error)) T {
	var zero T
	text := r.text(column)
	if text == "" {
		return zero
	}
	v, err := parse(text)
	if err != nil {
		r.bad("%s: %w", column, err)
		return zero
	}
	return v
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

func parseFree(s string) (bool, error) {
	if s != "yes" {
		return false, fmt.Errorf("%q: want yes or nothing", s)
	}
	return true, nil
}

func (r *record) optional(column string) *float64 {
	if r.text(column) == "" {
		return nil
	}
	v := cell(r, column, parseFloat)
	return &v
}

// price is a cell in dollars that may not be empty: an unknown price is no row.
func (r *record) price(column string) unit.Price {
	text := r.text(column)
	if text == "" {
		r.bad("%s is empty: leave the row out if the price is unknown", column)
		return 0
	}
	m, err := unit.ParseMoney(text)
	if err != nil {
		r.bad("%s: %w", column, err)
	}
	return unit.Price(m)
}

func (r *record) source() Source {
	return Source{Name: r.text("source"), AsOf: cell(r, "as_of", r.date)}
}

func (r *record) date(s string) (time.Time, error) {
	if t, ok := r.dates[s]; ok {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339Nano, s)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: want a date such as 2025-11-30", s)
	}
	r.dates[s] = t.UTC()
	return t.UTC(), nil
}

func readCloud(r *record) Cloud {
	return Cloud{
		Name: r.text("name"), Title: r.text("title"), Operator: r.text("operator"), Scheme: r.text("scheme"),
		Source: r.source(),
	}
}

func readRegion(r *record) Region {
	if (r.text("latitude") == "") != (r.text("longitude") == "") {
		r.bad("has only one of latitude and longitude")
	}
	return Region{
		Place:     Place{Cloud: r.text("cloud"), Region: r.text("region")},
		Country:   r.text("country"),
		City:      r.text("city"),
		Latitude:  cell(r, "latitude", parseFloat),
		Longitude: cell(r, "longitude", parseFloat),
		Zones:     strings.Fields(r.text("zones")),
		Carbon:    r.optional("carbon"),
		Source:    r.source(),
	}
}

func readType(r *record) InstanceType {
	return InstanceType{
		Cloud:        r.text("cloud"),
		Name:         r.text("name"),
		CPUs:         cell(r, "cpus", parseInt),
		Memory:       cell(r, "memory", unit.ParseBytes),
		Arch:         r.text("arch"),
		Accelerator:  cell(r, "accelerator", ParseAccelerator),
		Confidential: r.text("confidential"),
		Watts:        r.optional("watts"),
		Source:       r.source(),
	}
}

func readOffering(r *record) Offering {
	return Offering{
		ID:       r.text("id"),
		Service:  r.text("service"),
		Place:    cell(r, "place", ParsePlace),
		Type:     InstanceType{Name: r.text("type")},
		Market:   Market(r.text("market")),
		Price:    r.price("price"),
		Free:     cell(r, "free", parseFree),
		Unit:     Unit(r.text("unit")),
		Minimum:  cell(r, "minimum", time.ParseDuration),
		Capacity: cell(r, "capacity", parseInt),
		Source:   r.source(),
	}
}

func readLink(r *record) Link {
	return Link{
		From:      cell(r, "from", ParsePlace),
		To:        cell(r, "to", ParsePlace),
		Egress:    r.price("egress"),
		Free:      cell(r, "free", parseFree),
		Bandwidth: cell(r, "bandwidth", parseFloat),
		Latency:   cell(r, "latency", time.ParseDuration),
		Source:    r.source(),
	}
}
