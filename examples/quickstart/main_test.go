package main

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/sky"
)

// TestMain lets the test binary run the stages' functions.
func TestMain(m *testing.M) {
	sky.Init(sky.Func("extract", extract), sky.Func("train", train), sky.Func("classify", classify))
	os.Exit(m.Run())
}

func TestQuickstart(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out strings.Builder
	require.NoError(t, run(context.Background(), &out), "%s", &out)
	text := out.String()
	require.Regexp(t, `(?s)extract.*azure.*train.*gcp.*classify.*aws`, text)

	found := regexp.MustCompile(`accuracy ([0-9.]+) % on (\d+) held-out comments \(always naming the commonest package: ([0-9.]+) %\)`).FindStringSubmatch(text)
	require.NotNil(t, found, text)
	accuracy, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	chance, err := strconv.ParseFloat(found[3], 64)
	require.NoError(t, err)
	require.Greater(t, accuracy, 2*chance)

	page := regexp.MustCompile(`The report as a page: (.*)`).FindStringSubmatch(text)
	require.NotNil(t, page, text)
	html, err := os.ReadFile(page[1])
	require.NoError(t, err)
	require.Contains(t, string(html), "<svg")
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	for text, gone := range map[string]string{
		"Ask r@golang.org about it.":          "r@golang.org",
		"TODO(gopher): make this faster":      "gopher",
		"This algorithm is by Ada B Lovelace": "Lovelace",
	} {
		require.NotContains(t, anonymous(text), gone)
	}
	require.Equal(t, "Marshal returns the JSON encoding of v.", anonymous("Marshal returns the JSON encoding of v."))
}
