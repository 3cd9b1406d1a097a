package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// document reads a JSON document piece by piece, so that only one piece is in memory at a time.
type document struct {
	dec   *json.Decoder
	bound *rowReader
}

func newDocument(r io.Reader) *document {
	bound := &rowReader{r: r}
	return &document{dec: json.NewDecoder(bound), bound: bound}
}

// more reports whether another document follows.
func (d *document) more() bool {
	d.bound.next()
	return d.dec.More()
}

// enter reads an opening bracket. It reports false for null.
func (d *document) enter(bracket json.Delim) (bool, error) {
	d.bound.next()
	t, err := d.dec.Token()
	if err != nil {
		return false, unexpected(err)
	}
	if t == nil {
		return false, nil
	}
	if t != bracket {
		return false, fmt.Errorf("want %v, found %s", bracket, clip(fmt.Sprint(t)))
	}
	return true, nil
}

// object calls field with each name of an object; field reads the value.
func (d *document) object(field func(name string) error) error {
	ok, err := d.enter('{')
	if err != nil || !ok {
		return err
	}
	for d.dec.More() {
		d.bound.next()
		name, err := d.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		if err := field(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	return d.leave()
}

// array calls item before each item of an array; item reads it.
func (d *document) array(item func() error) error {
	ok, err := d.enter('[')
	if err != nil || !ok {
		return err
	}
	for d.dec.More() {
		d.bound.next()
		if err := item(); err != nil {
			return err
		}
	}
	return d.leave()
}

func (d *document) leave() error {
	d.bound.next()
	_, err := d.dec.Token()
	return unexpected(err)
}

// value decodes the next value. A value of another type than wanted is a *json.UnmarshalTypeError, and reading can go on.
func (d *document) value(into any) error {
	d.bound.next()
	return unexpected(d.dec.Decode(into))
}

// skip passes over the next value without keeping it.
func (d *document) skip() error {
	for depth := 0; ; {
		d.bound.next()
		t, err := d.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth <= 0 {
			return nil
		}
	}
}

// unexpected makes plain that a document which ends too early is broken.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// wrongForm says what is wrong with a value that could be passed over though it is not what was wanted; "" for any other
// error.
func wrongForm(err error) string {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return ""
	case e.Field == "":
		return fmt.Sprintf("is not of the documented form: found %s", clip(e.Value))
	}
	return fmt.Sprintf("is not of the documented form: found %s as %s", clip(e.Value), clip(e.Field))
}

// number is the text of a JSON number, or of a string that should hold one.
type number string

// UnmarshalJSON takes any value: who parses the text says what is wrong with it.
func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(strings.Trim(string(b), `"`))
	if *n == "null" {
		*n = ""
	}
	return nil
}
