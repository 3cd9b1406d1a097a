package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Columns gives the columns of a table ("clouds", "regions", "types", "offerings" or "links") in the order in which
// [Catalog.Files] writes them; nil for a table that does not exist.
func Columns(table string) []string {
	empty, err := New(Data{})
	if err != nil {
		return nil
	}
	for _, f := range empty.Files() {
		if f.Name == table+".csv" {
			head, _, _ := strings.Cut(string(f.Content), "\n")
			return strings.Split(head, ",")
		}
	}
	return nil
}

// ParseRow reads one row of a table from its cells by column name, each written as [Load] reads it: for sources whose
// rows come from elsewhere than a CSV file. It returns a [Cloud], a [Region], an [InstanceType], an [Offering] or a [Link].
// Every cell that cannot be read is reported, joined, each a [*Problem] without file and line. Whether the row makes
// sense beside others is left to [New].
func ParseRow(table string, cells map[string]string) (any, error) {
	return RowParser(table)(cells)
}

// RowParser is [ParseRow] for many rows of one table. The function may not be called concurrently.
func RowParser(table string) func(cells map[string]string) (any, error) {
	columns := Columns(table)
	index := make(map[string]int, len(columns))
	for i, name := range columns {
		index[name] = i
	}
	r := &record{columns: index, cells: make([]string, len(columns)), loader: &loader{}}
	read := r.reader(table)
	return func(cells map[string]string) (any, error) {
		if columns == nil {
			return nil, fmt.Errorf("no table %q: want clouds, regions, types, offerings or links", table)
		}
		r.loader.problems = nil
		clear(r.cells)
		for _, name := range slices.Sorted(maps.Keys(cells)) {
			if i, ok := index[name]; ok {
				r.cells[i] = cells[name]
			} else {
				r.bad("unknown column %q: want %s", name, strings.Join(columns, ", "))
			}
		}
		row := read()
		return row, joined(r.loader.problems)
	}
}

func (r *record) reader(table string) func() any {
	switch table {
	case "clouds":
		return boxed(readCloud(r))
	case "regions":
		return boxed(readRegion(r))
	case "types":
		return boxed(readType(r))
	case "offerings":
		return boxed(readOffering(r))
	default:
		return boxed(readLink(r))
	}
}

func boxed[T any](read func() T) func() any { return func() any { return read() } }

// Key is the ID of the offering, or the one that [New] would give it.
func (o Offering) Key() string {
	o.Market = cmp.Or(o.Market, OnDemand)
	return cmp.Or(o.ID, o.defaultID())
}

// Problems takes apart what [New] and [Load] return: each problem with a row or a file, in order; nil when err holds
// anything else.
func Problems(err error) []*Problem {
	if p, ok := errors.AsType[*Problem](err); ok && error(p) == err { //nolint:errorlint // a problem inside something else is not the whole of it
		return []*Problem{p}
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var problems []*Problem
	for _, e := range many.Unwrap() {
		p, ok := e.(*Problem) //nolint:errorlint // as above
		if !ok {
			return nil
		}
		problems = append(problems, p)
	}
	return problems
}
