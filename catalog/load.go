package catalog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Load reads a catalog from a directory of five CSV files: clouds.csv, regions.csv, types.csv, offerings.csv and
// links.csv. Each starts with a line of column names; columns may come in any order and optional ones may be left out;
// lines that start with # are comments. The columns, optional ones in brackets:
//
//	clouds.csv     name [title operator scheme] source as_of
//	regions.csv    cloud region [country city latitude longitude zones since parent carbon carbon_years] source as_of
//	types.csv      cloud name cpus memory [arch accelerator confidential watts] source as_of
//	offerings.csv  [id] service place [type market] price [unit minimum increment capacity free preemption term upfront
//	               opens closes] source as_of
//	links.csv      from to egress [tiers free waives bandwidth latency rtt] source as_of
//	outranked.csv  as offerings.csv; the file may be missing
//
// and, of the services above machines, each of which may be missing:
//
//	services.csv           name kind [title] source as_of
//	services_products.csv  cloud name api [offered unit start submit stop params image protocol] source as_of
//	services_hosted.csv    service cloud product [release version native image verdict suite suite_version verified failed] source as_of
//	services_bolts.csv     service engine over [version image adds] source as_of
//
// Zones are separated by spaces; an accelerator is kind:count; sizes are as unit.ParseBytes reads them, durations as
// [time.ParseDuration] does, prices are dollars, tiers are size=price separated by spaces, carbon_years is year=grams separated by spaces, parent is the
// region that an edge site hangs off, bandwidth is bytes per second,
// egress may be unknown where only the rest is known,
// preemption is per hour, free and waives are yes or empty, since, opens, closes and as_of are dates or RFC 3339 times. An empty cell is unknown. Every problem is reported, joined, each a [*Problem] with file and line.
func Load(fsys fs.FS) (*Catalog, error) { return LoadWith(fsys, Options{}) }

// LoadWith is [Load] that refuses more than what is wrong with the rows: what is not what was expected, see [Options].
func LoadWith(fsys fs.FS, opts Options) (*Catalog, error) {
	var d Data
	var at positions
	l := &loader{fsys: fsys, most: opts.mostBytes()}
	load(l, "clouds.csv", "name,source,as_of", "title,operator,scheme", readCloud, into(&d.Clouds), &at.clouds)
	load(l, "regions.csv", "cloud,region,source,as_of", "country,city,latitude,longitude,zones,since,parent,carbon,carbon_years",
		readRegion, into(&d.Regions), &at.regions)
	load(l, "types.csv", "cloud,name,cpus,memory,source,as_of", "arch,accelerator,confidential,watts",
		readType, into(&d.Types), &at.types)
	load(l, "links.csv", "from,to,egress,source,as_of", "tiers,free,waives,bandwidth,latency,rtt",
		readLink, into(&d.Links), &at.links)
	loadServices(l, &d.Services, &at.services)
	rows, outranked := &columns{}, &columns{}
	loadOfferings(l, "offerings.csv", rows, &at.offerings)
	if _, err := fs.Stat(fsys, "outranked.csv"); !errors.Is(err, fs.ErrNotExist) {
		loadOfferings(l, "outranked.csv", outranked, &at.outranked)
	}
	if l.incomplete {
		// Rows are missing, so a check of what refers to them would mislead.
		return nil, joined(l.problems)
	}
	c, err := build(d, rows, outranked, at, l.problems)
	if err != nil {
		return nil, err
	}
	if err := opts.check(c); err != nil {
		return nil, err
	}
	return c, nil
}

func loadOfferings(l *loader, file string, rows *columns, at *[]position) {
	load(l, file, "service,place,price,source,as_of",
		"id,type,market,unit,minimum,increment,capacity,free,preemption,term,upfront,opens,closes", readOffering,
		func(o *Offering) {
			if rows.len() == 0 {
				rows.grow(l.lines)
			}
			rows.add(o)
		}, at)
}

func into[T any](rows *[]T) func(*T) {
	return func(row *T) { *rows = append(*rows, *row) }
}

// loader gathers the problems of all files.
type loader struct {
	fsys       fs.FS
	most       int64 // bytes of one file
	lines      int   // of the file being read: about as many rows
	problems   []*Problem
	incomplete bool // some rows were not read at all
}

func (l *loader) fail(file string, line int, err error) {
	l.problems = append(l.problems, &Problem{File: file, Line: line, Err: err})
	l.incomplete = true
}

// content reads a whole file.
func (l *loader) content(file string) (string, error) {
	f, err := l.fsys.Open(file)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	defer func() { _ = f.Close() }()
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(min(max(info.Size(), 0), l.most)))
	}
	n, err := io.Copy(&text, io.LimitReader(f, l.most+1))
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	if n > l.most {
		return "", fmt.Errorf("larger than %d bytes", l.most)
	}
	return text.String(), nil
}

// load reads one file, hands each row to add, and notes its position. What bind returns reads the row that the record
// is at; bind itself is called once, when the columns are known.
func load[T any](l *loader, file, required, optional string, bind func(*record) func() T, add func(*T), at *[]position) {
	text, err := l.content(file)
	if err != nil {
		l.fail(file, 0, err)
		return
	}
	r := &record{file: file, lines: lines{rest: text, line: 1}, loader: l}
	if !r.header(strings.Split(required, ","), strings.Split(optional, ",")) {
		l.incomplete = true
		return
	}
	read := bind(r)
	l.lines = strings.Count(text, "\n")
	*at = slices.Grow(*at, l.lines)
	var row T // one for all: it is handed on by address
	for r.next() {
		before := len(l.problems)
		r.sameWidth()
		row = read()
		add(&row)
		*at = append(*at, position{r.line, len(l.problems) > before})
	}
}

// record is the line being read. A cell that cannot be read is noted as a problem and counts as empty.
type record struct {
	file    string
	lines   lines
	line    int
	columns map[string]int
	cells   []string
	loader  *loader
}

// header reads the line of column names and reports whether the rows can be read by it.
func (r *record) header(required, optional []string) bool {
	if !r.next() {
		r.bad("has no line of column names: want %s", strings.Join(required, ","))
		return false
	}
	good := true
	complain := func(format string, args ...any) { r.bad(format, args...); good = false }
	r.columns = map[string]int{}
	r.cells[0] = strings.TrimPrefix(r.cells[0], "\ufeff") // as spreadsheets write it
	for i, name := range r.cells {
		if _, twice := r.columns[name]; twice {
			complain("column %q is given twice", name)
		}
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			complain("unknown column %q: want %s and maybe %s", name, strings.Join(required, ","), strings.Join(optional, ","))
		}
		r.columns[name] = i
	}
	for _, name := range required {
		if _, ok := r.columns[name]; !ok {
			complain("no column %q", name)
		}
	}
	return good
}

// next moves to the next line and reports false at the end, or where reading on makes no sense.
func (r *record) next() bool {
	cells, line, err := r.lines.next()
	if errors.Is(err, io.EOF) {
		return false
	}
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		// What follows a broken quote cannot be trusted.
		r.loader.fail(r.file, syntax.Line, fmt.Errorf("column %d: %w", syntax.Column, syntax.Err))
		return false
	}
	if err != nil {
		r.loader.fail(r.file, line, fmt.Errorf("read: %w", err))
		return false
	}
	r.cells, r.line = cells, line
	return true
}

// sameWidth makes the line as wide as the line of column names, so that what there is of it can be read.
func (r *record) sameWidth() {
	want := len(r.columns)
	if len(r.cells) == want {
		return
	}
	r.bad("has %d cells: want %d as in the line of column names", len(r.cells), want)
	r.cells = append(r.cells, make([]string, want)...)[:want]
}

func (r *record) bad(format string, args ...any) {
	p := &Problem{File: r.file, Line: r.line, Err: fmt.Errorf(format, args...)}
	r.loader.problems = append(r.loader.problems, p)
}
