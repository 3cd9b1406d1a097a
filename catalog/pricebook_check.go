package catalog

import (
	"errors"
	"fmt"
	"path"
	"time"
)

// bookChecker gathers what is wrong with a price book.
type bookChecker struct {
	c    *Catalog
	own  map[string]bool // clouds of the host
	errs []error
}

// Check reports, joined, everything that is wrong with the book for use with a catalog of list prices: also rules that
// match nothing in it, which are a slip of the pen more often than not.
func (b PriceBook) Check(c *Catalog) error {
	k := &bookChecker{c: c, own: map[string]bool{}}
	for _, cloud := range b.Own.Clouds {
		k.own[cloud.Name] = true
	}
	if (len(b.Discounts) > 0 || len(b.Peering) > 0) && (b.Source.Name == "" || b.Source.AsOf.IsZero()) {
		k.bad("source", "is missing: name the contract and its date")
	}
	for i, d := range b.Discounts {
		k.discount(fmt.Sprintf("discount %d", i+1), d)
	}
	for i, p := range b.Prepaid {
		k.prepaid(fmt.Sprintf("prepaid %d", i+1), p)
	}
	for i, x := range b.Credits {
		k.credit(fmt.Sprintf("credit %d", i+1), x)
	}
	seen := map[pair]bool{}
	for i, p := range b.Peering {
		k.peering(fmt.Sprintf("peering %d", i+1), p)
		if seen[pair{p.A, p.B}] {
			k.bad(fmt.Sprintf("peering %d", i+1), "of %s and %s is given twice", p.A, p.B)
		}
		seen[pair{p.A, p.B}], seen[pair{p.B, p.A}] = true, true
	}
	return errors.Join(k.errs...)
}

func (k *bookChecker) bad(what, format string, args ...any) {
	k.errs = append(k.errs, fmt.Errorf("price book: %s: "+format, append([]any{what}, args...)...))
}

func (k *bookChecker) discount(what string, d Discount) {
	switch {
	case d.Off < 0 || d.Off > 10_000:
		k.bad(what, "%d hundredths of a percent off: want 1 to 10000", d.Off)
	case d.Price < 0 || d.Price > maxPrice:
		k.bad(what, "agreed price %s: want more than 0 and at most %s", d.Price, maxPrice)
	case (d.Off == 0) == (d.Price == 0):
		k.bad(what, "want either a part off the list price or an agreed price")
	}
	k.match(what, d.Match)
}

func (k *bookChecker) prepaid(what string, p Prepaid) {
	if p.Time <= 0 {
		k.bad(what, "machine time %s: want more than 0", p.Time)
	}
	k.until(what, p.Until)
	k.match(what, p.Match)
}

func (k *bookChecker) credit(what string, x Credit) {
	if x.Balance <= 0 {
		k.bad(what, "balance %s: want more than 0", x.Balance)
	}
	k.until(what, x.Until)
	k.cloud(what, x.Cloud)
}

func (k *bookChecker) until(what string, t time.Time) {
	if y := t.Year(); !t.IsZero() && (y < 1990 || y > 9999) {
		k.bad(what, "lapses in year %d: want 1990 to 9999", y)
	}
}

func (k *bookChecker) peering(what string, p Peering) {
	for _, end := range []Place{p.A, p.B} {
		if end.Zone != "" {
			k.bad(what, "%s: want a cloud or a region, not a zone", end)
		}
		k.cloud(what, end.Cloud)
	}
	if p.A == p.B {
		k.bad(what, "joins %s with itself: use a discount on %s", p.A, Egress)
	}
}

func (k *bookChecker) cloud(what, name string) {
	if _, ok := k.c.clouds[name]; !ok && !k.own[name] {
		k.bad(what, "unknown cloud %q", name)
	}
}

// match refuses patterns that cannot be read and rules about nothing.
func (k *bookChecker) match(what string, m Match) {
	for _, pattern := range []string{m.Cloud, m.Region, m.Service, m.Type} {
		if _, err := path.Match(pattern, ""); err != nil {
			k.bad(what, "pattern %q: %w", pattern, err)
			return
		}
	}
	if m.Service == Egress {
		if m.Type != "" || m.Market != "" {
			k.bad(what, "%s has neither type nor market", Egress)
		}
		for _, l := range k.c.data.Links {
			if m.matchesEgress(l.From) {
				return
			}
		}
		k.bad(what, "matches no link of the catalog")
		return
	}
	for o := range k.c.Each(Query{}) {
		if m.matches(&o) {
			return
		}
	}
	k.bad(what, "matches no offering of the catalog")
}
