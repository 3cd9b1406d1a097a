package catalog

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Conflict is what several sources say of one offering.
type Conflict struct {
	Winner Offering   // what the catalog goes by
	Losers []Offering // what it does not, in the order of their source
}

// String names the winner and the losers, a line each.
func (c Conflict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", c.Winner.ID, said(c.Winner))
	for _, o := range c.Losers {
		fmt.Fprintf(&b, "\n  not %s", said(o))
	}
	return b.String()
}

func said(o Offering) string {
	return fmt.Sprintf("%s per %s (%s, %s)", o.Price, o.Unit, o.Source.Name, dateText(o.Source.AsOf))
}

// Conflict says which source won an offering, and which lost; false when nobody contradicts.
func (c *Catalog) Conflict(id string) (Conflict, bool) {
	at, ok := c.outranked.row(id)
	if !ok {
		return Conflict{}, false
	}
	winner, _ := c.Offering(id) // a catalog without it would not have been built
	out := Conflict{Winner: winner}
	for ; at < len(c.outranked.byID) && string(c.outranked.idOf(c.outranked.byID[at])) == id; at++ {
		out.Losers = append(out.Losers, c.outranked.offering(c.outranked.byID[at], c.data.Types))
	}
	slices.SortFunc(out.Losers, func(a, b Offering) int { return cmp.Compare(a.Source.Name, b.Source.Name) })
	return out, true
}

// Conflicts lists the IDs of the offerings on which sources disagree, sorted.
func (c *Catalog) Conflicts() []string {
	var ids []string
	for _, row := range c.outranked.byID {
		ids = append(ids, string(c.outranked.idOf(row)))
	}
	return slices.Compact(ids)
}

// Precedence says whom to believe when sources disagree: patterns of source names as [path.Match] reads them, but that
// * crosses slashes; the first is trusted most. A source that none matches is trusted least. Among equals
// the later date wins, then the lower name.
type Precedence []string

// rank is the place of the first pattern that matches.
func (p Precedence) rank(name string) int {
	for i, pattern := range p {
		if like(pattern, name) {
			return i
		}
	}
	return len(p)
}

// like matches with path.Match; a slash is a letter like any other, since sources are often URLs.
func like(pattern, s string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
	return err == nil && ok
}

func (p Precedence) compare(a, b Source) int {
	return cmp.Or(cmp.Compare(p.rank(a.Name), p.rank(b.Name)), b.AsOf.Compare(a.AsOf), cmp.Compare(a.Name, b.Name))
}

// Resolve settles rows of the same key by precedence and returns rows that [New] takes. Of clouds, regions, types and
// links the losers are dropped. Of offerings they are kept in Outranked where they say something else than the winner;
// of one source, only its best row is. The order of the rows does not matter.
func (d Data) Resolve(p Precedence) Data {
	out := complete(d)
	out.Clouds = best(out.Clouds, func(x Cloud) string { return x.Name }, func(x Cloud) Source { return x.Source }, p)
	out.Regions = best(out.Regions, func(x Region) Place { return x.Place }, func(x Region) Source { return x.Source }, p)
	out.Types = best(out.Types, InstanceType.key, func(x InstanceType) Source { return x.Source }, p)
	out.Links = best(out.Links, func(x Link) pair { return pair{x.From, x.To} }, func(x Link) Source { return x.Source }, p)
	all := append(completed(d.Offerings, d.Source), completed(d.Outranked, d.Source)...)
	out.Offerings = best(all, func(x Offering) string { return x.ID }, func(x Offering) Source { return x.Source }, p)
	out.Outranked = contradicting(all, out.Offerings, p)
	return out
}

// best is the row of each key whose source is trusted most, in the order in which keys are first seen.
func best[T any, K comparable](rows []T, key func(T) K, source func(T) Source, p Precedence) []T {
	at := map[K]int{}
	var out []T
	for _, row := range rows {
		i, ok := at[key(row)]
		switch {
		case !ok:
			at[key(row)] = len(out)
			out = append(out, row)
		case p.compare(source(row), source(out[i])) < 0:
			out[i] = row
		}
	}
	return out
}

// contradicting is the rows, one of each source, that say something else than the winner of the same ID.
func contradicting(rows, winners []Offering, p Precedence) []Offering {
	type said struct{ id, source string }
	won := numbered(winners, func(o Offering) string { return o.ID })
	var out []Offering
	for _, o := range rows {
		i, ok := won[o.ID]
		if ok && o.Source.Name != winners[i].Source.Name && !agrees(o, winners[i]) {
			out = append(out, o)
		}
	}
	return best(out, func(o Offering) said { return said{o.ID, o.Source.Name} }, func(o Offering) Source { return o.Source }, p)
}

// agrees reports whether two rows say the same, whoever says so.
func agrees(a, b Offering) bool {
	if (a.Preemption == nil) != (b.Preemption == nil) || (a.Preemption != nil && *a.Preemption != *b.Preemption) {
		return false
	}
	a.Preemption, b.Preemption = nil, nil
	a.Source, b.Source = Source{}, Source{}
	a.Type, b.Type = InstanceType{Name: a.Type.Name}, InstanceType{Name: b.Type.Name}
	return a == b
}

// outranked is what remains contradicted when over is laid upon under: the layer wins, whatever the source.
func outranked(under, over Data) []Offering {
	winners := layered(under.Offerings, over.Offerings, func(x Offering) string { return x.ID })
	return contradicting(slices.Concat(over.Outranked, under.Offerings, under.Outranked), winners, nil)
}

// completed is a copy of offerings with what a row may leave out.
func completed(rows []Offering, s Source) []Offering {
	return mapped(rows, func(o Offering) Offering {
		o = copyOffering(o)
		o.Source = orSource(o.Source, s)
		o.Market, o.Unit = cmp.Or(o.Market, OnDemand), cmp.Or(o.Unit, PerHour)
		o.Commitment.Opens, o.Commitment.Closes = instant(o.Commitment.Opens), instant(o.Commitment.Closes)
		if o.ID == "" {
			o.ID = o.defaultID()
		}
		return o
	})
}
