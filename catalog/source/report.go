package source

import (
	"fmt"
	"slices"
	"strings"
)

// maxDefects is how many different defects of one source are told apart.
const maxDefects = 1_000

// Report is what [Load] found on the way.
type Report struct {
	Sources   []*Tally   // one for each source, in order
	Defects   []*Defect  // what was refused or is doubtful, in the order of being found; like ones of a source are counted together
	More      int        // defects beyond the 1,000 different ones of a source that are told apart
	Conflicts []Conflict // where a source contradicts what was said before, in the order of being found

	index map[defectKey]*Defect
	each  map[string]int // different defects told apart, by source
	lost  map[rowBy]bool // rows that won and were taken out later
}

// rowBy is a row of a source.
type rowBy struct{ key, by string }

// Tally counts the rows of one source.
type Tally struct {
	Name    string
	Rows    int   // rows that the source said, refused ones included
	Kept    int   // facts used of them: a row that names a machine and its price has two
	Refused int   // rows, and facts of rows, that were not used
	Doubted int   // rows used, of which something is doubtful
	Err     error // why an optional source was left out; nil = it was not
}

// Conflict is one field of which two sources say different things. Both values are kept; the winner is used.
type Conflict struct {
	Key           string // what it is about: an offering's ID, a place, cloud/type
	Field         string // "price"
	Winner, Loser Said
}

// Said is a value, and the name of the source that says so: "catalog" for the catalog that was there before.
type Said struct{ Value, By string }

// String is the conflict in one line.
func (c Conflict) String() string {
	return fmt.Sprintf("%s: %s: %s by %s, not %s by %s", c.Key, c.Field, c.Winner.Value, c.Winner.By, c.Loser.Value, c.Loser.By)
}

type defectKey struct {
	source, file, reason, remedy string
	kept                         bool
}

func newReport() *Report {
	return &Report{index: map[defectKey]*Defect{}, each: map[string]int{}, lost: map[rowBy]bool{}}
}

func (r *Report) begin(name string) *Tally {
	t := &Tally{Name: name}
	r.Sources = append(r.Sources, t)
	return t
}

// by names who said a row.
func (r *Report) by(n int) string {
	if n == 0 {
		return "catalog"
	}
	return r.Sources[n-1].Name
}

// defect notes a defect of a source.
func (r *Report) defect(t *Tally, d Defect) {
	if d.Kept {
		t.Doubted++
	} else {
		t.Refused++
	}
	r.note(t.Name, d)
}

func (r *Report) note(source string, d Defect) {
	d.Source, d.Count = source, max(d.Count, 1)
	key := defectKey{source, d.Where.File, d.Reason, d.Remedy, d.Kept}
	if known, ok := r.index[key]; ok {
		known.Count += d.Count
		return
	}
	if r.each[source] >= maxDefects {
		r.More += d.Count
		return
	}
	r.each[source]++
	r.index[key] = &d
	r.Defects = append(r.Defects, &d)
}

// dropped notes that the catalog's check refused a row of source number n.
func (r *Report) dropped(n int, d Defect) {
	if n == 0 {
		r.note("catalog", d)
		return
	}
	t := r.Sources[n-1]
	r.lost[rowBy{d.Key, t.Name}] = true
	t.Kept--
	r.defect(t, d)
}

func (r *Report) conflicts(key string, differences []difference, loser, winner string) {
	for _, d := range differences {
		r.Conflicts = append(r.Conflicts, Conflict{key, d.field, Said{d.row, winner}, Said{d.old, loser}})
	}
}

// refused is the error about a source of which nothing can be used.
func (r *Report) refused(t *Tally) error {
	e := &RefusedError{Source: t.Name, Rows: t.Rows}
	for _, d := range r.Defects {
		if d.Source == t.Name && !d.Kept {
			e.Err = d
			break
		}
	}
	return e
}

// without notes that an optional source was left out.
func (r *Report) without(t *Tally, err error) {
	t.Err, t.Refused, t.Kept = err, t.Refused+t.Kept, 0
	r.note(t.Name, Defect{Where: Where{File: t.Name}, Reason: "left out: " + err.Error(), Remedy: "what was known stands"})
}

// settled sees that every source still says something after the catalog's check.
func (r *Report) settled(optional []bool) error {
	r.Conflicts = slices.DeleteFunc(r.Conflicts, func(c Conflict) bool { return r.lost[rowBy{c.Key, c.Winner.By}] })
	for i, t := range r.Sources {
		if t.Kept > 0 || t.Err != nil {
			continue
		}
		err := r.refused(t)
		if !optional[i] {
			return err
		}
		r.without(t, err)
	}
	return nil
}

// String is the report for a reader: a line per source, defect and conflict.
func (r *Report) String() string {
	var b strings.Builder
	for _, t := range r.Sources {
		fmt.Fprintf(&b, "%s: %d rows, %d facts used, %d refused, %d doubtful\n", t.Name, t.Rows, t.Kept, t.Refused, t.Doubted)
	}
	for _, d := range r.Defects {
		word := "refused"
		if d.Kept {
			word = "doubtful"
		}
		fmt.Fprintf(&b, "%s: %v", word, d)
		if d.Count > 1 {
			fmt.Fprintf(&b, " (%d rows)", d.Count)
		}
		b.WriteByte('\n')
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "and %d defects more\n", r.More)
	}
	for _, c := range r.Conflicts {
		fmt.Fprintf(&b, "conflict: %v\n", c)
	}
	return b.String()
}
