//go:build integration

package main

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlacementInstances compares with every answer of the placement problems in the data folder.
func TestPlacementInstances(t *testing.T) {
	data := cmp.Or(os.Getenv("BROKER_DATA"), "../../../shared/data")
	paths, err := filepath.Glob(filepath.Join(data, "placement", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths, "no placement problems in %s: set BROKER_DATA", data)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			in := read(t, path)
			args := []string{path}
			if in.Best != nil {
				args = append([]string{"-k", "5"}, args...)
			}
			if in.Pareto != nil {
				args = append([]string{"-pareto"}, args...)
			}
			agrees(t, in, solve(t, args...)[0])
		})
	}
}
