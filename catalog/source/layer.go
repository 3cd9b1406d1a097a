package source

import (
	"fmt"
	"slices"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// maxChange is how many times dearer or cheaper than before a price may be. Prices do not move so far between two
// looks: it is a price per another unit, or in another currency.
const maxChange = 50

// layer is one table: the row of each key that is on top, with what lies under it.
type layer[T any] struct {
	word   string // as the catalog's problems name it
	stays  bool   // rows of the old catalog are never taken out
	often  bool   // price lists name a thing of this kind again and again
	key    func(T) string
	over   func(old, row T) (T, []difference) // what a row says with the old one under it, and where they differ
	wild   func(old, row T) string            // why a row is not believed beside the old one; "" = it is
	same   func(a, b T) bool
	order  []string
	rows   map[string]*said[T]
	staged []said[T]
	keys   map[string]int // of the staged rows
}

// said is a row, who said it (0 = the old catalog, otherwise the number of a source) and what it replaced.
type said[T any] struct {
	row   T
	by    int
	where Where
	under *said[T]
}

// difference is a field of which two rows say different things.
type difference struct{ field, old, row string }

// found is the rows of the old catalog.
func (l *layer[T]) found(rows []T) {
	l.rows = make(map[string]*said[T], len(rows))
	for _, row := range rows {
		key := l.key(row)
		l.order = append(l.order, key)
		l.rows[key] = &said[T]{row: row}
	}
}

// stage notes a row of the source being read, if there is one. A second row of the same key is refused, but where it says
// nothing new about what is only described on the way (machines, places).
func stage[T any](l *layer[T], row *T, where Where, count *int) *Defect {
	if row == nil {
		return nil
	}
	key := l.key(*row)
	if l.keys == nil {
		l.keys = map[string]int{}
	}
	if i, ok := l.keys[key]; ok {
		first := &l.staged[i]
		switch {
		case !l.same(first.row, *row):
			return &Defect{
				Where: where, Key: key, Reason: fmt.Sprintf("contradicts %s, of the same source", first.where),
				Remedy: "the first is used: correct the list",
			}
		case l.often:
			return nil
		}
		return &Defect{Where: where, Key: key, Reason: fmt.Sprintf("given twice: first at %s", first.where), Remedy: "the first is used"}
	}
	l.keys[key] = len(l.staged)
	l.staged = append(l.staged, said[T]{row: *row, where: where})
	*count++
	return nil
}

func (l *layer[T]) discard() { l.staged, l.keys = nil, nil }

// commit lays the staged rows over the others and returns those that they replace and contradict.
func (l *layer[T]) commit(by int, r *Report, t *Tally) []T {
	var losers []T
	for _, s := range l.staged {
		s.by = by
		key := l.key(s.row)
		old, ok := l.rows[key]
		if !ok {
			l.order = append(l.order, key)
			l.rows[key] = &s
			continue
		}
		if why := l.wild(old.row, s.row); why != "" {
			t.Kept--
			r.defect(t, Defect{Where: s.where, Key: key, Reason: why, Remedy: "what was known stands: if this is right, take the old row out first"})
			continue
		}
		var differences []difference
		s.row, differences = l.over(old.row, s.row)
		r.conflicts(key, differences, r.by(old.by), r.by(by))
		if len(differences) > 0 {
			losers = append(losers, old.row)
		}
		s.under = old
		l.rows[key] = &s
	}
	l.discard()
	return losers
}

// all is the rows on top.
func (l *layer[T]) all() []T {
	rows := make([]T, 0, len(l.rows))
	for _, key := range l.order {
		if s, ok := l.rows[key]; ok {
			rows = append(rows, s.row)
		}
	}
	return rows
}

// label names a row as the problems of the catalog do.
func (l *layer[T]) label(key string) string { return fmt.Sprintf("%s %q", l.word, key) }

// index adds a function that takes a row out, for each row, by the name that a problem gives it.
func (l *layer[T]) index(droppers map[string]func(string) bool, r *Report) {
	for _, key := range l.order {
		s, ok := l.rows[key]
		if !ok {
			continue
		}
		droppers[l.label(key)] = func(why string) bool {
			if l.rows[key] != s {
				return true // taken out for another problem already
			}
			if s.by == 0 && l.stays {
				return false
			}
			r.dropped(s.by, Defect{Where: s.where, Key: key, Reason: why, Remedy: "the row is not used"})
			if l.rows[key] = s.under; s.under == nil {
				delete(l.rows, key)
			}
			return true
		}
	}
}

func believed[T any](_, _ T) string { return "" }

// differing lists the pairs of which both are known and not the same.
func differing(all ...difference) []difference {
	return slices.DeleteFunc(all, func(d difference) bool { return d.old == "" || d.row == "" || d.old == d.row })
}

// or is v, or the other where v is not known.
func or[T comparable](v, other T) T {
	var unknown T
	if v == unknown {
		return other
	}
	return v
}

func cloudLayer() *layer[catalog.Cloud] {
	return &layer[catalog.Cloud]{
		word: "cloud", stays: true, often: true, wild: believed[catalog.Cloud],
		key:  func(x catalog.Cloud) string { return x.Name },
		same: func(a, b catalog.Cloud) bool { return a == b },
		over: func(old, x catalog.Cloud) (catalog.Cloud, []difference) {
			d := differing(difference{"operator", old.Operator, x.Operator}, difference{"scheme", old.Scheme, x.Scheme})
			x.Title, x.Operator, x.Scheme = or(x.Title, old.Title), or(x.Operator, old.Operator), or(x.Scheme, old.Scheme)
			return x, d
		},
	}
}

func linkLayer() *layer[catalog.Link] {
	return &layer[catalog.Link]{
		word: "link", stays: true, wild: wildLink,
		key: func(x catalog.Link) string { return x.From.String() + " to " + x.To.String() },
		same: func(a, b catalog.Link) bool {
			return a.Egress == b.Egress && slices.Equal(a.Tiers, b.Tiers) && a.Bandwidth == b.Bandwidth && a.Latency == b.Latency
		},
		over: func(old, x catalog.Link) (catalog.Link, []difference) {
			var d []difference
			if x.Unpriced {
				x.Egress, x.Tiers, x.Free, x.Waives, x.Unpriced = old.Egress, old.Tiers, old.Free, old.Waives, old.Unpriced
			} else if !old.Unpriced {
				d = differing(difference{"egress", old.Egress.String(), x.Egress.String()})
			}
			x.Bandwidth, x.Latency, x.RTT = or(x.Bandwidth, old.Bandwidth), or(x.Latency, old.Latency), or(x.RTT, old.RTT)
			return x, d
		},
	}
}

func wildLink(old, x catalog.Link) string { return leap(old.Egress, x.Egress) }

// leap says that a price moved too far.
func leap(old, p unit.Price) string {
	if old <= 0 || p <= 0 || p/maxChange <= old && old/maxChange <= p {
		return ""
	}
	return fmt.Sprintf("the price %s is not believed: it was %s", p, old)
}
