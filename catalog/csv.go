package catalog

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// lines reads the records of a CSV file that is in memory. Lines without quotes, which is nearly all, are cut at their
// commas; one with a quote is left to encoding/csv, so that there is one opinion on what quotes mean.
type lines struct {
	rest  string
	line  int // number of the line where rest starts, from 1
	cells []string
}

// next is the next record and the line where it starts, or [io.EOF]. The cells are good until the next call.
func (l *lines) next() ([]string, int, error) {
	for l.rest != "" {
		line, rest, _ := strings.Cut(l.rest, "\n")
		if comment := strings.HasPrefix(line, "#"); !comment && strings.IndexByte(line, '"') >= 0 {
			return l.quoted()
		} else if line = strings.TrimSuffix(line, "\r"); comment || line == "" {
			l.rest = rest
			l.line++
			continue
		}
		l.rest = rest
		l.line++
		l.cut(line)
		return l.cells, l.line - 1, nil
	}
	return nil, l.line, io.EOF
}

func (l *lines) cut(line string) {
	l.cells = l.cells[:0]
	for {
		comma := strings.IndexByte(line, ',')
		if comma < 0 {
			l.cells = append(l.cells, line)
			return
		}
		l.cells = append(l.cells, line[:comma])
		line = line[comma+1:]
	}
}

// quoted reads a record that may go over several lines.
func (l *lines) quoted() ([]string, int, error) {
	r := csv.NewReader(strings.NewReader(l.rest))
	r.FieldsPerRecord = -1
	cells, err := r.Read()
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		syntax.Line += l.line - 1
		return nil, syntax.Line, syntax
	}
	if err != nil {
		return nil, l.line, err
	}
	at := l.line
	end := r.InputOffset()
	l.line += strings.Count(l.rest[:end], "\n")
	l.rest = l.rest[end:]
	l.cells = append(l.cells[:0], cells...)
	return l.cells, at, nil
}
