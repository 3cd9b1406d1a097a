package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Problem is one thing wrong with one row of a catalog.
type Problem struct {
	File string // "offerings.csv"; "" for rows given in Go
	Line int    // line in File, from 1; 0 = the file as a whole
	Row  string // what the row is about: `offering "aws/us-east-1/vm/m5.large/on-demand"`; "" = not known
	Err  error  // what is wrong and what would be right
}

// Error is "file:line: row: problem".
func (p *Problem) Error() string {
	text := p.Err.Error()
	if p.Row != "" {
		text = p.Row + ": " + text
	}
	switch {
	case p.File == "":
		return "catalog: " + text
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, text)
	default:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
	}
}

// Unwrap returns what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// joined puts problems in the order of the files and joins them; nil when there are none.
func joined(problems []*Problem) error {
	slices.SortStableFunc(problems, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// position says where a row was read, and whether any of its cells could not be.
type position struct {
	line   int
	broken bool
}

// positions is the position of each row of each table; it is empty for rows given in Go.
type positions struct {
	clouds, regions, types, offerings, links, outranked []position
	services                                            servicePositions
}
