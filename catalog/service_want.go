package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Want says which hosting of a service will do: the name must be the same, and all of the rest must hold.
type Want struct {
	Name     string   // of the service: "spark", "sql:2008"
	Range    Range    // of versions; zero = any
	Verified bool     // by a suite of checks that it passed
	Features []string // native to the hosting
}

// ParseService reads what a stage asks for: a name, and maybe a range of versions as [ParseRange] reads it after an @ or
// an operator: "spark", "spark@3.1", "spark@^3.1", "spark>=3.1". A standard is asked for by its name alone: "sql:2008".
// Capital letters of the name do not matter.
func ParseService(s string) (Want, error) {
	name, versions := s, ""
	if i := strings.IndexAny(s, "@<>=^~"); i >= 0 {
		name, versions = s[:i], strings.TrimPrefix(s[i:], "@")
		if strings.TrimSpace(versions) == "" {
			return Want{}, fmt.Errorf("service %q: no version after the @", s)
		}
	}
	w := Want{Name: strings.ToLower(strings.TrimSpace(name))}
	if !serviceName(w.Name) {
		return Want{}, fmt.Errorf("service %q: want a name such as spark@^3.1 or sql:2008", s)
	}
	var err error
	if w.Range, err = ParseRange(versions); err != nil {
		return Want{}, fmt.Errorf("service %q: %w", s, err)
	}
	return w, nil
}

// serviceName reports whether a name can be told from the version that follows it.
func serviceName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:+", r)
	})
}

// String is the want as [ParseService] reads it, without what is asked beside the version.
func (w Want) String() string {
	if w.Range.All() {
		return w.Name
	}
	return w.Name + "@" + w.Range.String()
}

// missing is the first of the features wanted that a hosting lacks; "" when none.
func (w Want) missing(h *Hosting) string {
	for _, f := range w.Features {
		if !h.Has(f) {
			return f
		}
	}
	return ""
}

// accepts reports whether a hosting of the service will do.
func (w Want) accepts(h *hosted) bool {
	return w.Range.Has(h.version) && w.missing(&h.Hosting) == "" && (!w.Verified || h.Verdict.State == Passed)
}

// refusal is why none of the hostings of one cloud will do, by the first condition that leaves none.
func (w Want) refusal(list []*hosted) string {
	var left []*hosted
	for _, h := range list {
		if w.Range.Has(h.version) {
			left = append(left, h)
		}
	}
	if len(left) == 0 {
		return "version: " + named(list, func(h *hosted) string { return "has " + unknownAs(h.Version, "an unknown one") })
	}
	list, left = left, nil
	for _, h := range list {
		if w.missing(&h.Hosting) == "" {
			left = append(left, h)
		}
	}
	if len(left) == 0 {
		return "feature: " + named(list, func(h *hosted) string { return "lacks " + w.missing(&h.Hosting) })
	}
	return "verification: " + named(left, func(h *hosted) string { return "is " + h.Verdict.String() })
}

func unknownAs(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// most hostings that a refusal names.
const namedHostings = 3

func named(list []*hosted, say func(*hosted) string) string {
	var parts []string
	for _, h := range list[:min(len(list), namedHostings)] {
		parts = append(parts, h.String()+" "+say(h))
	}
	parts = slices.Compact(parts)
	if more := len(list) - namedHostings; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}
