package optimize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// The sizes a file may have. A file of the largest size needs less than a gigabyte to read.
const (
	maxFileBytes    = 64 << 20
	maxFileRegions  = 1000
	maxFileItems    = 1_000_000 // of any other list
	maxFileFaults   = 100
	maxFileKeyBytes = 64 // of a key quoted in a fault
)

// fileReader walks a JSON document from front to back and collects faults, each with the path of its key. Text that is not
// JSON ends the walk: there is no telling what follows.
type fileReader struct {
	dec    *json.Decoder
	src    *cappedReader
	faults []string
	err    error // what the source said
	halted bool
	names  []string // names used where an index may stand, see ref
	in     Instance
}

// cappedReader ends a source that is too long, and remembers what it said.
type cappedReader struct {
	r    io.Reader
	left int64
	long bool
	err  error
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.long = true
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

func newFileReader(r io.Reader) *fileReader {
	src := &cappedReader{r: r, left: maxFileBytes}
	f := &fileReader{dec: json.NewDecoder(src), src: src}
	f.dec.UseNumber()
	return f
}

// spot is a place in the document; its text is only made for a fault.
type spot struct {
	up    *spot
	key   string
	index int
}

func (s *spot) String() string {
	switch {
	case s == nil:
		return ""
	case s.key == "":
		return fmt.Sprintf("%v[%d]", s.up, s.index)
	case s.up == nil:
		return s.key
	default:
		return s.up.String() + "." + s.key
	}
}

func (f *fileReader) faultf(at *spot, format string, args ...any) {
	if f.halted {
		return
	}
	text := fmt.Sprintf(format, args...)
	if at != nil {
		text = at.String() + ": " + text
	}
	f.faults = append(f.faults, text)
	if len(f.faults) == maxFileFaults {
		f.faults = append(f.faults, "and perhaps more: the rest was not read")
		f.halted = true
	}
}

// token gives the next token, nil at the end of the walk.
func (f *fileReader) token(at *spot) json.Token {
	if f.halted {
		return nil
	}
	t, err := f.dec.Token()
	if err == nil {
		return t
	}
	switch {
	case f.src.err != nil:
		f.err = f.src.err
	case f.src.long:
		f.faultf(at, "the file is longer than %d bytes", maxFileBytes)
	default:
		f.faultf(at, "not JSON near byte %d: %v", f.dec.InputOffset(), err)
	}
	f.halted = true
	return nil
}

// end wants nothing after the document.
func (f *fileReader) end() {
	if f.halted {
		return
	}
	_, err := f.dec.Token()
	switch {
	case f.src.err != nil:
		f.err = f.src.err
	case !errors.Is(err, io.EOF) || f.src.long:
		f.faultf(nil, "more text after the problem, at byte %d", f.dec.InputOffset())
	}
}

// field is a key an object may have.
type field struct {
	key  string
	must bool
	read func(at *spot)
}

// object reads an object. Unknown and repeated keys are faults, and so is a key that must be there and is not.
func (f *fileReader) object(at *spot, fields []field) {
	if t := f.token(at); t != json.Delim('{') {
		f.wrong(at, t, "an object")
		return
	}
	seen := make([]bool, len(fields))
	for f.more() {
		key, _ := f.token(at).(string)
		i := 0
		for i < len(fields) && fields[i].key != key {
			i++
		}
		here := &spot{up: at, key: key}
		switch {
		case f.halted:
		case i == len(fields):
			f.faultf(&spot{up: at, key: key[:min(len(key), maxFileKeyBytes)]}, "unknown key")
			f.skip(here, f.token(here))
		case seen[i]:
			f.faultf(here, "given twice")
			f.skip(here, f.token(here))
		default:
			seen[i] = true
			fields[i].read(here)
		}
	}
	f.token(at)
	for i, fd := range fields {
		if fd.must && !seen[i] {
			f.faultf(&spot{up: at, key: fd.key}, "missing")
		}
	}
}

// array reads a list of at most so many items; null is an empty one.
func (f *fileReader) array(at *spot, most int, item func(i int, at *spot)) {
	t := f.token(at)
	if t == nil {
		return
	}
	if t != json.Delim('[') {
		f.wrong(at, t, "a list")
		return
	}
	for i := 0; f.more(); i++ {
		if i == most {
			f.faultf(at, "more than %d items", most)
			f.halted = true
			return
		}
		item(i, &spot{up: at, index: i})
	}
	f.token(at)
}

func (f *fileReader) more() bool { return !f.halted && f.dec.More() }

// wrong says that t is not what belongs here, and passes over the rest of it.
func (f *fileReader) wrong(at *spot, t json.Token, want string) {
	if f.halted {
		return
	}
	switch t := t.(type) {
	case json.Delim:
		f.faultf(at, "%s belongs here, not %c", want, rune(t))
	case string, json.Number:
		f.faultf(at, "%s belongs here, not %.40q", want, t)
	default:
		f.faultf(at, "%s belongs here, not %v", want, t)
	}
	f.skip(at, t)
}

// skip passes over the rest of a value that starts with t.
func (f *fileReader) skip(at *spot, t json.Token) {
	for depth := 0; !f.halted; t = f.token(at) {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return
		}
	}
}

// whole reads a whole number between least and most.
func (f *fileReader) whole(at *spot, least, most int64) int64 {
	t := f.token(at)
	n, ok := t.(json.Number)
	if !ok {
		f.wrong(at, t, "a whole number")
		return 0
	}
	v, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		f.wrong(at, n, "a whole number")
		return 0
	}
	if v < least || v > most {
		f.faultf(at, "%d is not in %d..%d", v, least, most)
	}
	return v
}

func (f *fileReader) text(at *spot) string {
	t := f.token(at)
	s, ok := t.(string)
	if !ok {
		f.wrong(at, t, "a text")
	}
	return s
}

func (f *fileReader) flag(at *spot) bool {
	t := f.token(at)
	b, ok := t.(bool)
	if !ok {
		f.wrong(at, t, "true or false")
	}
	return b
}

// ref reads an index, or a name that stands for one: then it gives -1-n for the n-th such name, to be resolved once all
// names are known.
func (f *fileReader) ref(at *spot) int {
	t := f.token(at)
	switch t := t.(type) {
	case string:
		f.names = append(f.names, t)
		return -len(f.names)
	case json.Number:
		v, err := strconv.ParseInt(t.String(), 10, 64)
		if err == nil && v >= 0 {
			return int(min(v, math.MaxInt32))
		}
	}
	f.wrong(at, t, "an index or a name")
	return 0
}
