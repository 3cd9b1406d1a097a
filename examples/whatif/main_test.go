package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, nil, dir))
	for _, want := range []string{
		"$40.4392  5.74 h  azure sgx, gcp tpu-v3-8, aws inferentia",
		"aws/us-east-1/vm/inferentia/on-demand: wins",
		"gcp/us-central1/vm/t4/on-demand: adds $0.99602 to the plan; would draw level at $0.31068 instead of $1.3067",
		"these cannot all hold: deadline 5h0m0s",
		"would help: a deadline of 5h44m24.88s",
		"egress x76.46:", "azure sgx, gcp tpu-v3-8, gcp t4",
		"train/model x76.46:",
		"If gcp is forbidden\n  cost $40.44 -> $103.92 (+$63.48); time 5h44m -> 10h07m",
	} {
		require.Contains(t, out.String(), want, out.String())
	}
	wellFormed(t, filepath.Join(dir, "whatif-reviews.html"), out.String())
}

// wellFormed reads the drawing in the page as XML and compares its points with the rows of the front.
func wellFormed(t *testing.T, path, text string) {
	t.Helper()
	require.Contains(t, text, "Drawn in "+path)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	_, svg, found := strings.Cut(string(page), `<svg class="front"`)
	require.True(t, found)
	svg, _, found = strings.Cut(svg, "</svg>")
	require.True(t, found)
	points := 0
	for d := xml.NewDecoder(strings.NewReader("<svg" + svg + "</svg>")); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			points++
		}
	}
	_, front, _ := strings.Cut(text, "Cost against time")
	front, _, _ = strings.Cut(front, "\n\nWhy")
	require.Positive(t, points)
	require.Equal(t, strings.Count(front, "\n"), points)
	require.Contains(t, string(page), "would help: a deadline")
	require.Contains(t, string(page), "Where the plan changes")
}

const small = `{"name": "two steps", "schemaVersion": "1.5", "workflow": {
	"specification": {
		"tasks": [
			{"id": "a", "parents": [], "inputFiles": ["in.txt"], "outputFiles": ["mid.txt"]},
			{"id": "b", "parents": ["a"], "inputFiles": ["mid.txt"], "outputFiles": []}],
		"files": [{"id": "in.txt", "sizeInBytes": 1000000}, {"id": "mid.txt", "sizeInBytes": 2000000000}]},
	"execution": {"tasks": [
		{"id": "a", "runtimeInSeconds": 600, "coreCount": 2},
		{"id": "b", "runtimeInSeconds": 1200.5, "coreCount": 4}]}}}`

func TestWorkflow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "small.json")
	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, []string{path}, dir))
	require.Contains(t, out.String(), `The best plan of "two-steps"`)
	require.Contains(t, out.String(), "Why t1-b is where it is")
	require.Contains(t, out.String(), "would help: a deadline of 30m")
	wellFormed(t, filepath.Join(dir, "whatif-two-steps.html"), out.String())
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.ErrorContains(t, run(t.Context(), io.Discard, []string{"a", "b"}, dir), "usage")
	require.ErrorIs(t, run(t.Context(), io.Discard, []string{filepath.Join(dir, "none.json")}, dir), os.ErrNotExist)
	for text, want := range map[string]string{"{": "unexpected end", `{"schemaVersion": "1.4"}`: `"1.4": want 1.5`, `{"schemaVersion": "1.5"}`: "no tasks"} {
		path := filepath.Join(t.TempDir(), "x.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.ErrorContains(t, run(t.Context(), io.Discard, []string{path}, dir), want)
	}
}
