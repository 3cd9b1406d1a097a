package sky

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThePublicNamesStayFew counts the exported names of the package: a newcomer can read them all in one sitting.
func TestThePublicNamesStayFew(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			names = append(names, exported(d)...)
		}
	}
	require.LessOrEqual(t, len(names), 120, "%v", names)
	require.Greater(t, len(names), 60)
}

func exported(d ast.Decl) []string {
	var all []string
	add := func(n *ast.Ident) {
		if n.IsExported() {
			all = append(all, n.Name)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			add(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				add(spec.Name)
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					add(n)
				}
			}
		}
	}
	return all
}
