package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Version is the version of a code base: one to four numbers and, for what came before a release, a tag. "3.1" stands
// for every 3.1.x: it says that the rest is not known. The zero Version is unknown.
type Version struct {
	parts [4]int
	count int    // how many parts are given
	tag   string // "rc.1"; "" = a release
}

// parts beyond this are no version numbers; the bound also keeps sums from overflowing.
const maxVersionPart = 1_000_000_000

// ParseVersion reads "16", "3.1", "3.1.1", "11.2.0.3" or "3.2.0-rc1". What a "+" begins is a mark of who built it and is
// not read further: "3.5.6+amzn.2" is 3.5.6.
func ParseVersion(s string) (Version, error) {
	text, _, built := strings.Cut(s, "+")
	text, tag, tagged := strings.Cut(text, "-")
	parts := strings.Split(text, ".")
	if len(parts) > 4 || tagged && !wordy(tag) || built && !wordy(s[strings.Index(s, "+")+1:]) {
		return Version{}, versionError(s)
	}
	v := Version{count: len(parts), tag: tag}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || !digits(p) || n >= maxVersionPart {
			return Version{}, versionError(s)
		}
		v.parts[i] = n
	}
	return v, nil
}

func versionError(s string) error {
	return fmt.Errorf("version %q: want one to four numbers such as 3.1.1, maybe with a tag such as -rc1", s)
}

// wordy reports whether a tag is made of letters, digits, dots and dashes.
func wordy(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.' && r != '-'
	})
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// String is the version as [ParseVersion] reads it; "" for the zero Version.
func (v Version) String() string {
	text := make([]string, v.count)
	for i := range text {
		text[i] = strconv.Itoa(v.parts[i])
	}
	s := strings.Join(text, ".")
	if v.tag != "" {
		s += "-" + v.tag
	}
	return s
}

// Compare orders versions by their numbers, missing ones as 0; of the same numbers, one with a tag comes first, and of
// two, the tags decide as text.
func (v Version) Compare(w Version) int {
	return cmp.Or(slices.Compare(v.parts[:], w.parts[:]), cmp.Compare(released(v), released(w)),
		cmp.Compare(v.tag, w.tag), cmp.Compare(v.count, w.count))
}

// released is 0 for what came before a release and 1 for the release.
func released(v Version) int {
	if v.tag != "" {
		return 0
	}
	return 1
}

// span is every version that v stands for: from itself to before the next of its last number.
func (v Version) span() interval {
	next := v.parts
	next[max(v.count, 1)-1]++
	return interval{v.parts, next}
}

// interval is the releases from low (included) to high (not included).
type interval struct{ low, high [4]int }

func (i interval) empty() bool { return slices.Compare(i.low[:], i.high[:]) >= 0 }

func (i interval) within(j interval) bool {
	return slices.Compare(j.low[:], i.low[:]) <= 0 && slices.Compare(i.high[:], j.high[:]) <= 0
}

func (i interval) and(j interval) interval {
	if slices.Compare(j.low[:], i.low[:]) > 0 {
		i.low = j.low
	}
	if slices.Compare(j.high[:], i.high[:]) < 0 {
		i.high = j.high
	}
	return i
}

// everything is the interval without bounds.
func everything() interval { return interval{high: [4]int{maxVersionPart + 1}} }

// Range is a set of versions that are wanted. The zero Range is all of them.
type Range struct {
	text   string
	either []interval // sorted, apart
	tagged []Version  // versions with a tag that are named outright
}

// ParseRange reads a range of versions:
//
//	3.1, 3.1.x       every 3.1.x            ^3.1     from 3.1 to before 4 (before 0.4 for ^0.3)
//	3.1.1            3.1.1 only             ~3.1.2   from 3.1.2 to before 3.2
//	>=3.1 <4         bounds that all hold   2.4 || ^3.1   either
//	* or nothing     all
//
// Bounds are separated by space or comma. A version of fewer numbers is in a range only if all that it can be is: "2.3"
// is in ">=2.3" and not in "2.3.1". A version with a tag is in a range only if the range names it outright, or is all.
func ParseRange(s string) (Range, error) {
	text := strings.TrimSpace(s)
	if text == "" || text == "*" {
		return Range{}, nil
	}
	r := Range{text: text}
	for option := range strings.SplitSeq(text, "||") {
		all, err := r.option(option)
		if err != nil {
			return Range{}, fmt.Errorf("range %q: %w", s, err)
		}
		if !all.empty() {
			r.either = append(r.either, all)
		}
	}
	if len(r.either) == 0 && len(r.tagged) == 0 {
		return Range{}, fmt.Errorf("range %q: no version can be in it", s)
	}
	r.either = united(r.either)
	return r, nil
}

// option reads bounds that all hold; one that names a version with a tag stands alone.
func (r *Range) option(s string) (interval, error) {
	bounds := strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' || c == '\t' })
	if len(bounds) == 0 {
		return interval{}, fmt.Errorf("%q holds no bound", s)
	}
	all := everything()
	for _, b := range bounds {
		one, tagged, err := parseBound(b)
		if err != nil {
			return interval{}, err
		}
		if tagged.tag != "" && len(bounds) > 1 {
			return interval{}, fmt.Errorf("%q: a version with a tag stands alone", b)
		}
		if tagged.tag != "" {
			r.tagged = append(r.tagged, tagged)
		}
		all = all.and(one)
	}
	return all, nil
}

// parseBound reads one bound; a version with a tag is given back as itself.
func parseBound(s string) (interval, Version, error) {
	op := s[:len(s)-len(strings.TrimLeft(s, "<>=^~"))]
	text := strings.TrimSuffix(strings.TrimSuffix(s[len(op):], ".x"), ".*")
	if text == "*" && op == "" {
		return everything(), Version{}, nil
	}
	v, err := ParseVersion(text)
	if err != nil {
		return interval{}, Version{}, err
	}
	if v.tag != "" && op != "" && op != "=" {
		return interval{}, Version{}, fmt.Errorf("%q: a version with a tag can be asked for outright only", s)
	}
	if v.tag != "" {
		return interval{}, v, nil
	}
	i, err := bounded(op, v)
	return i, Version{}, err
}

// bounded is the versions that an operator asks for.
func bounded(op string, v Version) (interval, error) {
	own, all := v.span(), everything()
	switch op {
	case "", "=":
		return own, nil
	case ">=":
		return interval{own.low, all.high}, nil
	case ">":
		return interval{own.high, all.high}, nil
	case "<=":
		return interval{all.low, own.high}, nil
	case "<":
		return interval{all.low, own.low}, nil
	case "^", "~":
		return interval{own.low, v.upto(op)}, nil
	}
	return interval{}, fmt.Errorf("%q is no operator: want =, >, >=, <, <=, ^ or ~", op)
}

// upto is where a range of like versions ends: ^ keeps the first number that is not 0, ~ keeps the first two.
func (v Version) upto(op string) [4]int {
	keep := min(2, v.count)
	if op == "^" {
		keep = 1
		for keep < v.count && v.parts[keep-1] == 0 {
			keep++
		}
	}
	return Version{parts: prefix(v.parts, keep), count: keep}.span().high
}

func prefix(parts [4]int, n int) [4]int {
	clear(parts[n:])
	return parts
}

// united joins intervals that touch.
func united(list []interval) []interval {
	slices.SortFunc(list, func(a, b interval) int { return slices.Compare(a.low[:], b.low[:]) })
	var out []interval
	for _, i := range list {
		last := len(out) - 1
		if last >= 0 && slices.Compare(i.low[:], out[last].high[:]) <= 0 {
			if slices.Compare(i.high[:], out[last].high[:]) > 0 {
				out[last].high = i.high
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

// All reports whether every version is in the range, an unknown one too.
func (r Range) All() bool { return r.text == "" }

// Has reports whether a version, with all that it can be, is in the range. An unknown version is only in the range of all.
func (r Range) Has(v Version) bool {
	switch {
	case r.All():
		return true
	case v.count == 0:
		return false
	case v.tag != "":
		return slices.Contains(r.tagged, v)
	}
	return slices.ContainsFunc(r.either, v.span().within)
}

// String is the range as it was written; "" for all.
func (r Range) String() string { return r.text }
