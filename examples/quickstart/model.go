package main

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// model is a naive Bayes classifier over the words of a comment, with add-one smoothing.
type model struct {
	Comments int                       `json:"comments"`
	Prior    map[string]int            `json:"prior"` // comments of each package
	Words    map[string]map[string]int `json:"words"` // of each package, how often each word
	Total    map[string]int            `json:"total"` // words of each package
	Known    map[string]bool           `json:"known"` // every word seen
}

func newModel() *model {
	return &model{Prior: map[string]int{}, Words: map[string]map[string]int{}, Total: map[string]int{}, Known: map[string]bool{}}
}

func (m *model) learn(c comment) {
	m.Comments++
	m.Prior[c.Package]++
	if m.Words[c.Package] == nil {
		m.Words[c.Package] = map[string]int{}
	}
	for _, w := range words(c.Text) {
		m.Words[c.Package][w]++
		m.Total[c.Package]++
		m.Known[w] = true
	}
}

// guess is the package that makes the words most likely; of equals, the first by name.
func (m *model) guess(text string) string {
	best, bestScore := "", math.Inf(-1)
	for _, pkg := range slices.Sorted(maps.Keys(m.Prior)) {
		score := math.Log(float64(m.Prior[pkg]) / float64(m.Comments))
		for _, w := range words(text) {
			if m.Known[w] {
				score += math.Log(float64(m.Words[pkg][w]+1) / float64(m.Total[pkg]+len(m.Known)))
			}
		}
		if score > bestScore {
			best, bestScore = pkg, score
		}
	}
	return best
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}
