package broker_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The house numbers of CONTRIBUTING.md.
const (
	maxFileLines = 700
	maxFuncLines = 90
)

// source is one parsed Go file that is neither a test nor generated.
type source struct {
	path  string
	lines int
	set   *token.FileSet
	file  *ast.File
}

// at names a place in the file.
func (s source) at(n ast.Node) string { return s.set.Position(n.Pos()).String() }

// sources reads all our Go files. Modules inside this one, test data and folders with a dot are not ours to judge.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipped(path, d.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(file) {
			all = append(all, source{path: path, lines: bytes.Count(text, []byte("\n")), set: set, file: file})
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

func skipped(path, name string) error {
	if path == "." {
		return nil
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	if err == nil || name == "testdata" || strings.HasPrefix(name, ".") {
		return filepath.SkipDir
	}
	return nil
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.lines > maxFileLines {
			t.Errorf("%s has %d lines, the cap is %d", s.path, s.lines, maxFileLines)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				lines := s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1
				if lines > maxFuncLines {
					t.Errorf("%s: a function of %d lines, the cap is %d", s.at(n), lines, maxFuncLines)
				}
			}
			return true
		})
	}
}

func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init runs before anybody asked; pass what it sets up", s.at(f))
			}
		}
	}
}

func TestEveryPackageIsIntroduced(t *testing.T) {
	t.Parallel()
	introduced := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.Dir(s.path)
		doc := s.file.Doc != nil && (filepath.Base(s.path) == "doc.go" || s.file.Name.Name == "main")
		introduced[dir] = introduced[dir] || doc
	}
	for dir, ok := range introduced {
		if !ok {
			t.Errorf("%s has no doc.go that says what the package is for", dir)
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", s.at(name), name.Name)
			}
		}
	}
}

func TestUndocumented(t *testing.T) {
	t.Parallel()
	const text = `package p
func A() {}
func (t T) B() {}
func (t *t) C() {}
type D int
type T[P any] struct { E int }
type I interface { F(); error }
const ( G = 1; H = 2 // said
)
var ( j int; K int )
// L is said.
type ( L int; M int )
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments)
	require.NoError(t, err)
	var names []string
	for _, d := range file.Decls {
		for _, n := range undocumented(d) {
			names = append(names, n.Name)
		}
	}
	require.Equal(t, []string{"A", "B", "D", "T", "I", "F", "G", "K", "M"}, names)
}

// undocumented gives the exported names of a declaration that nothing is said about. A group of constants or
// variables may share one comment; a type may not.
func undocumented(d ast.Decl) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d.Recv) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, undocumentedType(d, spec)...)
			case *ast.ValueSpec:
				if d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					names = append(names, exported(spec.Names)...)
				}
			}
		}
		return names
	}
	return nil
}

// undocumentedType looks at a type's own comment and at the methods of an interface, which are contracts.
func undocumentedType(d *ast.GenDecl, spec *ast.TypeSpec) []*ast.Ident {
	var names []*ast.Ident
	if !spec.Name.IsExported() {
		return nil
	}
	if spec.Doc == nil && spec.Comment == nil && (d.Doc == nil || len(d.Specs) > 1 && d.Specs[0] != spec) {
		names = append(names, spec.Name)
	}
	if i, ok := spec.Type.(*ast.InterfaceType); ok {
		for _, m := range i.Methods.List {
			if m.Doc == nil && m.Comment == nil {
				names = append(names, exported(m.Names)...)
			}
		}
	}
	return names
}

func exported(names []*ast.Ident) []*ast.Ident {
	return slices.DeleteFunc(slices.Clone(names), func(n *ast.Ident) bool { return !n.IsExported() })
}

// exportedReceiver reports whether a method belongs to an exported type; a plain function does.
func exportedReceiver(recv *ast.FieldList) bool {
	if recv == nil {
		return true
	}
	typ := recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			panic(fmt.Sprintf("a receiver of type %T", t))
		}
	}
}
