package source

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table reads a CSV file with a line of column names, a row at a time.
type table struct {
	csv     *csv.Reader
	bound   *rowReader
	columns map[string]int // in lower case
	width   int
	cells   []string
	line    int
}

func newTable(r io.Reader) *table {
	bound := &rowReader{r: r}
	t := &table{csv: csv.NewReader(bound), bound: bound}
	t.csv.FieldsPerRecord, t.csv.ReuseRecord = -1, true
	return t
}

// read moves to the next line. Its cells hold until the next call.
func (t *table) read() error {
	t.bound.next()
	cells, err := t.csv.Read()
	if err != nil {
		return err
	}
	t.cells = cells
	t.line, _ = t.csv.FieldPos(0)
	return nil
}

// head takes the current line for the column names and sees that those wanted are there.
func (t *table) head(wanted ...string) error {
	t.columns, t.width = make(map[string]int, len(t.cells)), len(t.cells)
	for i, name := range t.cells {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := t.columns[name]; twice {
			return fmt.Errorf("line %d: column %q is given twice", t.line, clip(name))
		}
		t.columns[strings.Clone(name)] = i
	}
	var missing []string
	for _, name := range wanted {
		if _, ok := t.columns[strings.ToLower(name)]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return fmt.Errorf("line %d: no column %s: is this another kind of list?", t.line, strings.Join(missing, ", "))
	}
	return nil
}

// column is the place of a column, or -1.
func (t *table) column(name string) int {
	if i, ok := t.columns[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

// at is the cell of a column as column gave it, "" when the list does not have it.
func (t *table) at(column int) string {
	if column < 0 || column >= len(t.cells) {
		return ""
	}
	return strings.TrimSpace(t.cells[column])
}

// rows calls do with each further line of the right width until the end of the file or of the stream.
func (t *table) rows(s *sink, do func()) {
	for s.open() {
		err := t.read()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			s.fail(err)
		case len(t.cells) != t.width:
			s.refuse(t.line, "", fmt.Sprintf("has %d cells, not %d as the line of column names", len(t.cells), t.width),
				"the line is broken: fetch the list again")
		default:
			do()
		}
	}
}
