package source

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/openintercloud/broker/catalog"
)

// The YAML library is go.yaml.in/yaml/v4: kept by the YAML organization, without dependencies, and it gives the nodes of a
// document with their lines. Rows are made of the nodes' own text, so that no price passes through a float and
// no word turns into something else.

// yaml reads one YAML file of a directory.
func (r *dirReader) yaml(body io.Reader) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		return err
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	fields, err := mapping(root)
	if err != nil {
		return err
	}
	source := r.source
	if source, err = header(fields, source); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !oneOf(name, tables()...) {
			return fmt.Errorf("line %d: unknown key %q: want source, as_of, clouds, regions, types, offerings or links",
				fields[name].Line, clip(name))
		}
	}
	for _, name := range tables() {
		if n := fields[name]; n != nil {
			if err := r.list(name, n, source); err != nil {
				return err
			}
		}
	}
	return nil
}

// header takes source and as_of out of the keys of a file.
func header(fields map[string]*yaml.Node, source catalog.Source) (catalog.Source, error) {
	var err error
	if n := fields["source"]; n != nil {
		if source.Name, err = word(n); err != nil {
			return source, err
		}
	}
	if n := fields["as_of"]; n != nil {
		text, err := word(n)
		if err != nil {
			return source, err
		}
		if source.AsOf, err = date(text); err != nil {
			return source, fmt.Errorf("line %d: as_of: %w", n.Line, err)
		}
	}
	delete(fields, "source")
	delete(fields, "as_of")
	return source, nil
}

// list reads the rows of a table.
func (r *dirReader) list(table string, n *yaml.Node, source catalog.Source) error {
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		return nil // nothing below the key
	}
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: %s: want a list of rows", n.Line, table)
	}
	for _, item := range n.Content {
		if !r.s.open() {
			return nil
		}
		cells, err := rowCells(item)
		if err != nil {
			r.bad(item.Line, fmt.Errorf("%s: %w", table, err))
			continue
		}
		r.row(item.Line, table, cells, source)
	}
	return nil
}

func rowCells(n *yaml.Node) (map[string]string, error) {
	fields, err := mapping(n)
	if err != nil {
		return nil, err
	}
	cells := make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if cells[name], err = word(fields[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", clip(name), err)
		}
	}
	return cells, nil
}

// mapping gives the values of a mapping by key.
func mapping(n *yaml.Node) (map[string]*yaml.Node, error) {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		return nil, fmt.Errorf("line %d: %w", n.Line, errAnchor)
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: want keys with values", max(n.Line, 1))
	}
	fields := make(map[string]*yaml.Node, len(n.Content)/2)
	for pair := range slices.Chunk(n.Content, 2) {
		key := pair[0]
		if key.Kind != yaml.ScalarNode || len(pair) != 2 {
			return nil, fmt.Errorf("line %d: want a word as key", key.Line)
		}
		if first, twice := fields[key.Value]; twice {
			return nil, fmt.Errorf("line %d: key %q is given twice: first on line %d", key.Line, clip(key.Value), first.Line)
		}
		fields[key.Value] = pair[1]
	}
	return fields, nil
}

// word is the text of a value: of a scalar as it is written, of a list of scalars with spaces between.
func word(n *yaml.Node) (string, error) {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		return "", fmt.Errorf("line %d: %w", n.Line, errAnchor)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "", nil
		case "!!bool":
			return map[string]string{"true": "yes", "false": ""}[strings.ToLower(n.Value)], nil
		}
		return n.Value, nil
	case yaml.SequenceNode:
		var words []string
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode || item.Anchor != "" {
				return "", fmt.Errorf("line %d: want a list of words", item.Line)
			}
			words = append(words, item.Value)
		}
		return strings.Join(words, " "), nil
	}
	return "", fmt.Errorf("line %d: want a word or a list of words", n.Line)
}

var errAnchor = errors.New("anchors and aliases are refused: write the value out")
