package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/openintercloud/broker/sky"
)

// comment is one documentation comment and the package it is about.
type comment struct {
	Package string `json:"package"`
	Text    string `json:"text"`
	HeldOut bool   `json:"held_out"` // not for training
}

// extract reads Go source and writes its documentation comments without names of persons and e-mail addresses.
func extract(ctx context.Context, t *sky.Task) error {
	var all []comment
	root := t.Input("source")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || packageOf(rel) == "" {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, text := range docs(tree) {
			all = append(all, comment{packageOf(rel), anonymous(text), heldOut(text)})
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	fmt.Printf("extracted %d comments of %d packages\n", len(all), len(packages()))
	return writeLines(filepath.Join(t.Output("comments"), "comments.jsonl"), all)
}

// docs are the comments that belong to a declaration.
func docs(tree *ast.File) []string {
	var texts []string
	add := func(g *ast.CommentGroup) {
		if text := g.Text(); len(strings.Fields(text)) >= 8 {
			texts = append(texts, text)
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Doc)
		case *ast.GenDecl:
			add(n.Doc)
		case *ast.Field:
			add(n.Doc)
		}
		return true
	})
	return texts
}

// person matches e-mail addresses, the name in TODO(name), and names after words that introduce authors.
var person = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.]+|\b(?:TODO|BUG|NOTE|XXX|FIXME)\([^)]*\)|\b(?i:by|author|thanks to|due to)\s+(?:[A-Z]\w*\.?\s+){1,2}[A-Z]\w+`)

func anonymous(text string) string { return person.ReplaceAllString(text, " ") }

// heldOut keeps a fifth of the comments for the test, always the same ones.
func heldOut(text string) bool {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()%5 == 0
}

// train counts words: a naive Bayes classifier.
func train(_ context.Context, t *sky.Task) error {
	comments, err := readLines(filepath.Join(t.Input("comments"), "comments.jsonl"))
	if err != nil {
		return err
	}
	m := newModel()
	for i, c := range comments {
		if !c.HeldOut {
			m.learn(c)
		}
		if i%500 == 0 {
			if err := t.Progress(float64(i)/float64(len(comments)), "counting words"); err != nil {
				return err
			}
		}
	}
	fmt.Printf("learned %d words from %d comments\n", len(m.Known), m.Comments)
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.Output("model"), "model.json"), text, 0o600)
}

// classify tells the held-out comments' packages and prints how often that was right.
func classify(_ context.Context, t *sky.Task) error {
	text, err := os.ReadFile(filepath.Join(t.Input("model"), "model.json"))
	if err != nil {
		return err
	}
	m := newModel()
	if err := json.Unmarshal(text, m); err != nil {
		return err
	}
	comments, err := readLines(filepath.Join(t.Input("comments"), "comments.jsonl"))
	if err != nil {
		return err
	}
	tried, right, most := 0, 0, 0
	perPackage := map[string]int{}
	for _, c := range comments {
		if !c.HeldOut {
			continue
		}
		tried++
		if m.guess(c.Text) == c.Package {
			right++
		}
		perPackage[c.Package]++
		most = max(most, perPackage[c.Package])
	}
	result := fmt.Sprintf("accuracy %.1f %% on %d held-out comments (always naming the commonest package: %.1f %%)\n",
		percent(right, tried), tried, percent(most, tried))
	fmt.Print(result)
	return os.WriteFile(filepath.Join(t.Output("accuracy"), "accuracy.txt"), []byte(result), 0o600)
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

func writeLines(path string, comments []comment) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	for _, c := range comments {
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func readLines(path string) ([]comment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []comment
	for d := json.NewDecoder(f); d.More(); {
		var c comment
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
