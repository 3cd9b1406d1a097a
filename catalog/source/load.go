package source

import (
	"context"
	"fmt"
	"slices"

	"github.com/openintercloud/broker/catalog"
)

// maxRounds is how often what the catalog refuses is taken out before its check is run again. Each round takes out a row
// at least, and rows refer to each other only so deep.
const maxRounds = 50

// RefusedError says that a source is not used: nothing it says can be.
type RefusedError struct {
	Source string // name of the source
	Rows   int    // how many rows it said, refused ones included
	Err    error  // why its stream ended early, or the first of its defects; nil when it said nothing at all
}

// Error says which source, and why.
func (e *RefusedError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("source %s: refused: it says nothing; see that it is the right list", e.Source)
	}
	return fmt.Sprintf("source %s: refused: none of its %d rows can be used, the first: %v", e.Source, e.Rows, e.Err)
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// Optional is a source that may fail: [Load] then reports it and goes on without it, where it would give up otherwise.
func Optional(s Source) Source { return optional{s} }

type optional struct{ Source }

// Load lays what the sources say over a catalog, in the order of precedence: a later source wins over an earlier one
// and all over base (nil = an empty catalog). What the winner does not know (a machine's power draw, a minimum
// billed) is kept from the loser. The report names each row that was refused or doubtful, and where sources contradict each
// other; a price that lost is kept in the catalog too, for [catalog.Catalog.Conflict].
//
// A row is refused when its source cannot read it, when it is more than 50 times dearer or cheaper than what it would
// replace, and when the catalog's own check does not take it: a region that is not known, say. What it would have
// replaced stands.
//
// For closer bounds, and for how much may change or vanish at once, hand what Load returns to [catalog.Update].
//
// It is all or nothing. An error, and base as it was, is returned when a source cannot be read to its end, when every
// row of a source is refused, or when ctx is over. The report is never nil.
func Load(ctx context.Context, base *catalog.Catalog, sources ...Source) (*catalog.Catalog, *Report, error) {
	l, err := newLoader(base)
	if err != nil {
		return base, l.report, err
	}
	for _, s := range sources {
		if err := l.add(ctx, s); err != nil {
			return base, l.report, err
		}
	}
	c, err := l.settle()
	if err != nil {
		return base, l.report, err
	}
	return c, l.report, nil
}

// loader is a catalog being put together.
type loader struct {
	report    *Report
	rest      catalog.Data // tables that no source says anything about
	clouds    *layer[catalog.Cloud]
	regions   *layer[catalog.Region]
	types     *layer[catalog.InstanceType]
	offerings *layer[catalog.Offering]
	links     *layer[catalog.Link]
	outranked []catalog.Offering
	optional  []bool // by source
}

func newLoader(base *catalog.Catalog) (*loader, error) {
	l := &loader{
		report: newReport(), clouds: cloudLayer(), regions: regionLayer(), types: typeLayer(),
		offerings: offeringLayer(), links: linkLayer(),
	}
	if base == nil {
		var err error
		if base, err = catalog.New(catalog.Data{}); err != nil {
			return l, err
		}
	}
	d := base.Data()
	l.clouds.found(d.Clouds)
	l.regions.found(d.Regions)
	l.types.found(d.Types)
	l.offerings.found(d.Offerings)
	l.links.found(d.Links)
	l.outranked = d.Outranked
	d.Clouds, d.Regions, d.Types, d.Offerings, d.Links, d.Outranked = nil, nil, nil, nil, nil, nil
	l.rest = d
	return l, nil
}

// add takes in one source, whole or not at all.
func (l *loader) add(ctx context.Context, s Source) error {
	_, may := s.(optional)
	l.optional = append(l.optional, may)
	t := l.report.begin(s.Name())
	err := l.read(ctx, s, t)
	if err == nil && t.Kept == 0 {
		err = l.report.refused(t)
	}
	if err != nil {
		l.discard()
		if may && context.Cause(ctx) == nil {
			l.report.without(t, err)
			return nil
		}
		return err
	}
	l.commit(len(l.report.Sources))
	return nil
}

// read stages the rows of a source.
func (l *loader) read(ctx context.Context, s Source, t *Tally) error {
	for row, err := range s.Rows(ctx) {
		if err == nil {
			l.stage(row, t)
		} else if d, ok := err.(*Defect); ok { //nolint:errorlint // a defect is yielded as such; a wrapped one ends the list
			if !d.Kept {
				t.Rows++
			}
			l.report.defect(t, *d)
		} else {
			return fmt.Errorf("source %s: %w", s.Name(), err)
		}
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("source %s: %w", s.Name(), err)
		}
	}
	return nil
}

func (l *loader) stage(r Row, t *Tally) {
	t.Rows++
	if r.Offering != nil {
		r.Offering.ID = r.Offering.Key()
	}
	said := 0
	for _, d := range []*Defect{
		stage(l.clouds, r.Cloud, r.Where, &said),
		stage(l.regions, r.Region, r.Where, &said),
		stage(l.types, r.Type, r.Where, &said),
		stage(l.offerings, r.Offering, r.Where, &said),
		stage(l.links, r.Link, r.Where, &said),
	} {
		if d != nil {
			l.report.defect(t, *d)
		}
	}
	t.Kept += said
}

func (l *loader) discard() {
	l.clouds.discard()
	l.regions.discard()
	l.types.discard()
	l.offerings.discard()
	l.links.discard()
}

// commit lays the staged rows of source number n over what is there.
func (l *loader) commit(n int) {
	t := l.report.Sources[n-1]
	l.clouds.commit(n, l.report, t)
	l.regions.commit(n, l.report, t)
	l.types.commit(n, l.report, t)
	l.outranked = append(l.outranked, l.offerings.commit(n, l.report, t)...)
	l.links.commit(n, l.report, t)
}

// settle builds the catalog. The catalog's own check is the judge: what it refuses is taken out, and what was under it
// stands again.
func (l *loader) settle() (*catalog.Catalog, error) {
	for range maxRounds {
		c, err := catalog.New(l.data())
		if err == nil {
			return c, l.report.settled(l.optional)
		}
		problems := catalog.Problems(err)
		if len(problems) == 0 || !l.drop(problems) {
			return nil, fmt.Errorf("source: what the sources say makes no catalog: %w", err)
		}
	}
	return nil, fmt.Errorf("source: what the sources say makes no catalog after %d rounds of taking out what is wrong", maxRounds)
}

func (l *loader) data() catalog.Data {
	d := l.rest
	d.Clouds, d.Regions, d.Types = l.clouds.all(), l.regions.all(), l.types.all()
	d.Offerings, d.Links = l.offerings.all(), l.links.all()
	d.Outranked = l.losers()
	return d
}

// losers is the rows that lost, one per offering and source, of offerings that are still there and say something else.
func (l *loader) losers() []catalog.Offering {
	type key struct{ id, source string }
	seen := map[key]bool{}
	var out []catalog.Offering
	for _, o := range slices.Backward(l.outranked) { // the latest word of a source counts
		winner, ok := l.offerings.rows[o.ID]
		k := key{o.ID, o.Source.Name}
		if ok && !seen[k] && winner.row.Source.Name != o.Source.Name && winner.row.Price != o.Price {
			seen[k] = true
			out = append(out, o)
		}
	}
	return out
}

// drop takes out the rows that problems are about. It reports false if one is about a row that must stay.
func (l *loader) drop(problems []*catalog.Problem) bool {
	droppers := map[string]func(string) bool{}
	l.clouds.index(droppers, l.report)
	l.regions.index(droppers, l.report)
	l.types.index(droppers, l.report)
	l.offerings.index(droppers, l.report)
	l.links.index(droppers, l.report)
	doubtful := l.dropLosers(problems)
	for _, p := range problems {
		if doubtful[p.Row] {
			continue
		}
		drop, ok := droppers[p.Row]
		if !ok || !drop(p.Err.Error()) {
			return false
		}
	}
	return true
}

// dropLosers takes out what lost against rows that problems name: a problem does not say which of the two it is about. If
// it was the winner, the next round tells.
func (l *loader) dropLosers(problems []*catalog.Problem) map[string]bool {
	named, dropped := map[string]bool{}, map[string]bool{}
	for _, p := range problems {
		named[p.Row] = true
	}
	l.outranked = slices.DeleteFunc(l.outranked, func(o catalog.Offering) bool {
		label := l.offerings.label(o.ID)
		dropped[label] = dropped[label] || named[label]
		return named[label]
	})
	return dropped
}
