package catalog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// maxFile is the largest table that Load reads: a bigger one is not a catalog.
const maxFile = 256 << 20

// Load reads a catalog from a directory of five CSV files: clouds.csv, regions.csv, types.csv, offerings.csv and
// links.csv. Each starts with a line of column names; columns may come in any order and optional ones may be left out;
// lines that start with # are comments. The columns, optional ones in brackets:
//
//	clouds.csv     name [title operator scheme] source as_of
//	regions.csv    cloud region [country city latitude longitude zones carbon] source as_of
//	types.csv      cloud name cpus memory [arch accelerator confidential watts] source as_of
//	offerings.csv  [id] service place [type market] price [unit minimum capacity free] source as_of
//	links.csv      from to egress [free bandwidth latency] source as_of
//
// Zones are separated by spaces; an accelerator is kind:count; sizes are as unit.ParseBytes reads them, durations as
// [time.ParseDuration] does, prices are dollars, bandwidth is bytes per second, free is yes or empty, as_of is a date
// or an RFC 3339 time. An empty cell is unknown. Every problem is reported, joined, each a [*Problem] with file and line.
func Load(fsys fs.FS) (*Catalog, error) {
	var d Data
	var at positions
	l := &loader{fsys: fsys}
	load(l, "clouds.csv", "name,source,as_of", "title,operator,scheme", readCloud, &d.Clouds, &at.clouds)
	load(l, "regions.csv", "cloud,region,source,as_of", "country,city,latitude,longitude,zones,carbon",
		readRegion, &d.Regions, &at.regions)
	load(l, "types.csv", "cloud,name,cpus,memory,source,as_of", "arch,accelerator,confidential,watts",
		readType, &d.Types, &at.types)
	load(l, "offerings.csv", "service,place,price,source,as_of", "id,type,market,unit,minimum,capacity,free",
		readOffering, &d.Offerings, &at.offerings)
	load(l, "links.csv", "from,to,egress,source,as_of", "free,bandwidth,latency", readLink, &d.Links, &at.links)
	if l.incomplete {
		// Rows are missing, so a check of what refers to them would mislead.
		return nil, joined(l.problems)
	}
	return build(d, at, l.problems)
}

// loader gathers the problems of all files.
type loader struct {
	fsys       fs.FS
	problems   []*Problem
	incomplete bool // some rows were not read at all
}

func (l *loader) fail(file string, line int, err error) {
	l.problems = append(l.problems, &Problem{File: file, Line: line, Err: err})
	l.incomplete = true
}

// load reads one file into rows and their positions.
func load[T any](l *loader, file, required, optional string, read func(*record) T, rows *[]T, at *[]position) {
	f, err := l.fsys.Open(file)
	if err != nil {
		l.fail(file, 0, fmt.Errorf("open: %w", err))
		return
	}
	defer func() { _ = f.Close() }()
	size := &io.LimitedReader{R: f, N: maxFile + 1}
	r := &record{file: file, csv: csv.NewReader(size), loader: l, dates: map[string]time.Time{}}
	r.csv.Comment, r.csv.FieldsPerRecord, r.csv.ReuseRecord = '#', -1, true
	if !r.header(strings.Split(required, ","), strings.Split(optional, ",")) {
		l.incomplete = true
		return
	}
	for r.next() {
		before := len(l.problems)
		r.sameWidth()
		row := read(r)
		*rows, *at = append(*rows, row), append(*at, position{r.line, len(l.problems) > before})
	}
	if size.N == 0 {
		l.fail(file, 0, fmt.Errorf("larger than %d bytes", maxFile))
	}
}

// record is the line being read. A cell that cannot be read is noted as a problem and counts as empty.
type record struct {
	file    string
	csv     *csv.Reader
	line    int
	columns map[string]int
	cells   []string
	loader  *loader
	dates   map[string]time.Time // dates already read: they repeat on nearly every line
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
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		// What follows a broken quote cannot be trusted.
		r.loader.fail(r.file, syntax.Line, fmt.Errorf("column %d: %w", syntax.Column, syntax.Err))
		return false
	}
	if err != nil {
		r.loader.fail(r.file, r.line, fmt.Errorf("read: %w", err))
		return false
	}
	r.cells = cells
	r.line, _ = r.csv.FieldPos(0)
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
