package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// maxFile is the largest file of a directory.
const maxFile = 64 << 20

// Directory is a private cloud's own catalog: a directory of CSV and YAML files, read in the order of their names. A table
// may be spread over files and need not be whole: rows may refer to those of the catalog below.
//
// A CSV file is named for its table (clouds, regions, types, offerings, links; "offerings.berlin.csv" works too) and has
// the columns that [catalog.Load] documents, but that source and as_of may be left out. A YAML file (.yaml, .yml) has the
// tables as lists of rows with those columns as keys, and may give source and as_of for all its rows:
//
//	source: operations handbook
//	as_of: 2025-11-30
//	clouds:
//	  - {name: cellar, title: Our own cellar, operator: DE}
//	offerings:
//	  - {service: vm, place: cellar/berlin, type: big, price: 0.35, capacity: 12}
//
// A list of texts stands for words with a space between; true for yes. Keys that are not known, keys given twice, anchors
// and aliases are refused. These files are written by hand, so a row that cannot be read fails the whole source
// once all are reported, each with file and line.
type Directory struct {
	FS     fs.FS
	Title  string         // what to call the source; "" = "directory"
	Source catalog.Source // of rows that name none
}

// Name is the title.
func (d Directory) Name() string { return cmp.Or(d.Title, "directory") }

// Rows reads file after file.
func (d Directory) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return stream(ctx, d.Name(), func(s *sink) {
		entries, err := fs.ReadDir(d.FS, ".")
		if err != nil {
			s.fail(err)
			return
		}
		r := &dirReader{s: s, source: d.Source, parsers: map[string]func(map[string]string) (any, error){}}
		for _, e := range entries {
			if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !oneOf(path.Ext(e.Name()), ".csv", ".yaml", ".yml") {
				continue
			}
			s.file = e.Name()
			if err := r.file(d.FS, e.Name()); err != nil {
				s.fail(err)
			}
			if s.over {
				return
			}
		}
		s.file = d.Name()
		if r.broken > 0 {
			s.fail(fmt.Errorf("%d rows cannot be read, the first at %w: correct them", r.broken, r.first))
		}
	})
}

// tables are the tables that may be given, in the order in which rows refer to each other.
func tables() []string { return []string{"clouds", "regions", "types", "offerings", "links"} }

// dirReader reads the files of a directory.
type dirReader struct {
	s       *sink
	source  catalog.Source
	parsers map[string]func(map[string]string) (any, error)
	broken  int
	first   error
}

func (r *dirReader) file(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	body := &capped{ReadCloser: io.NopCloser(f), left: maxFile, max: maxFile}
	if path.Ext(name) != ".csv" {
		return r.yaml(body)
	}
	table, _, _ := strings.Cut(name, ".")
	return r.csv(table, body)
}

func (r *dirReader) csv(table string, body io.Reader) error {
	columns := catalog.Columns(table)
	if !oneOf(table, tables()...) {
		return fmt.Errorf("no table is called %q: want clouds, regions, types, offerings or links, then .csv", table)
	}
	t := newTable(body)
	t.csv.Comment = '#'
	if err := t.read(); errors.Is(err, io.EOF) {
		return errors.New("has no line of column names")
	} else if err != nil {
		return err
	}
	if err := t.head(); err != nil {
		return err
	}
	order := make([]string, len(t.columns))
	for name, i := range t.columns {
		order[i] = name
	}
	for _, name := range order {
		if !slices.Contains(columns, name) {
			return fmt.Errorf("line %d: unknown column %q: want %s", t.line, clip(name), strings.Join(columns, ", "))
		}
	}
	cells := make(map[string]string, len(order))
	t.rows(r.s, func() {
		for i, name := range order {
			cells[name] = strings.Clone(t.at(i))
		}
		r.row(t.line, table, cells, r.source)
	})
	return nil
}

// row says one row, or refuses it.
func (r *dirReader) row(line int, table string, cells map[string]string, source catalog.Source) {
	parse := r.parsers[table]
	if parse == nil {
		parse = catalog.RowParser(table)
		r.parsers[table] = parse
	}
	row, err := parse(cells)
	if err != nil {
		r.bad(line, fmt.Errorf("%s: %s", table, strings.ReplaceAll(strings.ReplaceAll(err.Error(), "catalog: ", ""), "\n", "; ")))
		return
	}
	r.s.say(line, rowOf(row, source))
}

func (r *dirReader) bad(line int, err error) {
	if r.broken++; r.first == nil {
		r.first = fmt.Errorf("%s: %w", Where{r.s.file, line}, err)
	}
	r.s.refuse(line, "", err.Error(), "correct the row")
}

// rowOf makes a Row of a row of the catalog, with the source of its file if it names none.
func rowOf(row any, source catalog.Source) Row {
	switch x := row.(type) {
	case catalog.Cloud:
		x.Source = sourceOr(x.Source, source)
		return Row{Cloud: &x}
	case catalog.Region:
		x.Source = sourceOr(x.Source, source)
		return Row{Region: &x}
	case catalog.InstanceType:
		x.Source = sourceOr(x.Source, source)
		return Row{Type: &x}
	case catalog.Offering:
		x.Source = sourceOr(x.Source, source)
		return Row{Offering: &x}
	case catalog.Link:
		x.Source = sourceOr(x.Source, source)
		return Row{Link: &x}
	}
	return Row{}
}

func sourceOr(s, other catalog.Source) catalog.Source {
	if s.AsOf.IsZero() {
		s.AsOf = other.AsOf
	}
	return catalog.Source{Name: cmp.Or(s.Name, other.Name), AsOf: s.AsOf}
}

// date reads a day or an instant.
func date(text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: want a date such as 2025-11-30", clip(text))
	}
	return t.UTC(), nil
}
