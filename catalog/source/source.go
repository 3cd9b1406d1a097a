package source

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/openintercloud/broker/catalog"
)

// Source says rows of a catalog. [Load] asks it for them once.
type Source interface {
	// Name says in reports which source it is: a URL or a file name. It names no secret.
	Name() string
	// Rows yields the rows, each with its provenance, in the order of the list. With an error a row is empty: a [*Defect]
	// is about one row, and the next follows; any other error is the last thing yielded, and says that the list is not
	// whole. Rows may be called again, but not while a call is under way.
	Rows(ctx context.Context) iter.Seq2[Row, error]
}

// Row is what one row of a list says. What is nil is not said. Several may be set: a price list names the machine
// with its price. A row belongs to who received it.
type Row struct {
	Where    Where
	Cloud    *catalog.Cloud
	Region   *catalog.Region
	Type     *catalog.InstanceType
	Offering *catalog.Offering
	Link     *catalog.Link
}

// Where is the place of a row in a list.
type Where struct {
	File string // file name or URL without its query
	Row  int    // line of a text file, or number of an item in a JSON document, from 1; 0 = the file as a whole
}

// String is "file:row".
func (w Where) String() string {
	if w.Row == 0 {
		return w.File
	}
	return fmt.Sprintf("%s:%d", w.File, w.Row)
}

// Defect is something wrong with one row of a list.
type Defect struct {
	Source string // name of the source; Load fills it in
	Where  Where  // the row, or the first of several
	Key    string // what the row is about: an SKU, an offering's ID; "" = not known
	Reason string // what is wrong
	Remedy string // what would make it right; "" = nothing to do
	Kept   bool   // the row is used all the same, as Reason says; false = it is refused
	Count  int    // how many rows have this defect; 0 counts as 1
}

// Error is "file:row: key: reason: remedy".
func (d *Defect) Error() string {
	parts := make([]string, 0, 4)
	for _, p := range []string{d.Where.String(), d.Key, d.Reason, d.Remedy} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ": ")
}

// Format reads the rows of one document. The file name is for reports and provenance. It does not close r.
type Format func(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error]

// File is a source that reads one file of a file system in a format.
func File(fsys fs.FS, path string, format Format) Source { return file{fsys, path, format} }

type file struct {
	fsys   fs.FS
	path   string
	format Format
}

func (f file) Name() string { return f.path }

func (f file) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r, err := f.fsys.Open(f.path)
		if err != nil {
			yield(Row{}, fmt.Errorf("source: open: %w", err))
			return
		}
		defer func() { _ = r.Close() }()
		f.format(ctx, f.path, r)(yield)
	}
}

// sink is the receiving end of a stream, as a parser sees it.
type sink struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call of Rows
	file  string
	yield func(Row, error) bool
	over  bool // the receiver wants no more, or an error ended the stream
	n     int
}

// stream makes a sequence of what read sends to its sink.
func stream(ctx context.Context, file string, read func(*sink)) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) { read(&sink{ctx: ctx, file: file, yield: yield}) }
}

// open reports whether the stream goes on. It looks at the context now and then, so call it once per row read.
func (s *sink) open() bool {
	s.n++
	if !s.over && s.n%256 == 0 {
		if err := context.Cause(s.ctx); err != nil {
			s.fail(err)
		}
	}
	return !s.over
}

func (s *sink) send(r Row, err error) {
	if !s.over && !s.yield(r, err) {
		s.over = true
	}
}

func (s *sink) say(row int, r Row) {
	r.Where = Where{File: s.file, Row: row}
	s.send(r, nil)
}

func (s *sink) refuse(row int, key, reason, remedy string) {
	s.send(Row{}, &Defect{Where: Where{s.file, row}, Key: strings.Clone(key), Reason: reason, Remedy: remedy})
}

// note reports a doubt about a row that is used all the same.
func (s *sink) note(row int, key, reason, remedy string) {
	s.send(Row{}, &Defect{Where: Where{s.file, row}, Key: strings.Clone(key), Reason: reason, Remedy: remedy, Kept: true})
}

// fail ends the stream: the list cannot be read further.
func (s *sink) fail(err error) {
	s.send(Row{}, fmt.Errorf("source: read %s: %w", s.file, err))
	s.over = true
}

// names keeps one copy of each name that occurs in a list, so that a row does not hold on to the whole line it is from.
type names map[string]string

func (n names) keep(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	n[s] = s
	return s
}
