package catalog

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// PriceBook is what one host pays where that is not the list price, and what it has paid already. The zero value is a
// host that pays list prices. It is plain data; its methods change nothing and are safe for concurrent use.
type PriceBook struct {
	Source    Source     // of all that the book says: the contract, say; needed if it says anything about prices
	Discounts []Discount // the first that matches holds
	Prepaid   []Prepaid  // machine time that is paid for, used before anything is charged, in this order
	Credits   []Credit   // money that a cloud has given, spent before the host's own, in this order
	Peering   []Peering  // pairs of places between which data moves free both ways
	Own       Data       // the host's own clouds: rows that are laid over the catalog, at the host's own prices
}

// Match says which offerings a rule is about: patterns as [path.Match] reads them, "" for any.
type Match struct {
	Cloud   string // "aws"
	Region  string // of the cloud: "eu-*"
	Service string // "vm", "spark@*"; [Egress] is data that leaves
	Type    string // "m5.*"
	Market  Market // "" for any
}

// Egress is the service of a rule about moving data out of a place. [Match] then reads Cloud and Region of where from.
const Egress = "egress"

// Discount is a price agreed upon: so much off the list price, or a price of its own.
type Discount struct {
	Match
	Off   int        // hundredths of a percent off the list price: 3000 is 30 %; 0 = Price holds instead
	Price unit.Price // per unit, whatever the list says; 0 = Off holds instead
}

// Prepaid is machine time that the host has bought.
type Prepaid struct {
	Match
	Time  time.Duration // of machines, not used yet
	Until time.Time     // when what is left lapses; zero = never
}

// Credit is money that can be spent at one cloud only.
type Credit struct {
	Cloud   string
	Balance unit.Money
	Until   time.Time // when what is left lapses; zero = never
}

// Peering is a pair of places, each a cloud or a cloud/region, that ask nothing for data moved between them.
type Peering struct{ A, B Place }

func (m Match) matches(o *Offering) bool {
	return fits(m.Cloud, o.Place.Cloud) && fits(m.Region, o.Place.Region) && fits(m.Service, o.Service) &&
		fits(m.Type, o.Type.Name) && (m.Market == "" || m.Market == o.Market)
}

func (m Match) matchesEgress(from Place) bool {
	return m.Service == Egress && fits(m.Cloud, from.Cloud) && fits(m.Region, from.Region)
}

func fits(pattern, s string) bool {
	if pattern == "" || pattern == s {
		return true
	}
	ok, err := path.Match(pattern, s)
	return err == nil && ok
}

// String says what is agreed: "30% off", "$0.05 agreed".
func (d Discount) String() string {
	if d.Off == 0 {
		return d.Price.String() + " agreed"
	}
	return fmt.Sprintf("%s%% off", trimmedPercent(d.Off))
}

func trimmedPercent(hundredths int) string {
	if hundredths%100 == 0 {
		return fmt.Sprint(hundredths / 100)
	}
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// of is the price after the discount, rounded half up.
func (d Discount) of(list unit.Price) unit.Price {
	if d.Off == 0 {
		return d.Price
	}
	// The factor is at most 1, so that the product always fits.
	reduced, _ := list.For(unit.Quantity{N: int64(max(0, 10_000-d.Off)), Per: 10_000})
	return unit.Price(reduced)
}

// Price is what the host pays per unit of an offering that is given at its list price, and by which rule; "" when it is
// the list price. What is prepaid or covered by credit is not in it: see [PriceBook.Bill].
func (b PriceBook) Price(list Offering) (unit.Price, string) {
	for _, d := range b.Discounts {
		if d.matches(&list) {
			return d.of(list.Price), d.String()
		}
	}
	return list.Price, ""
}

// Link is a link, given at its list price, as the host pays for it, and by which rule; "" when it is the list price.
func (b PriceBook) Link(list Link) (Link, string) {
	out := copyLink(list)
	if list.Unpriced {
		return out, ""
	}
	if b.peered(list.From, list.To) {
		out.Egress, out.Tiers, out.Free = 0, nil, true
		return out, "free peering"
	}
	for _, d := range b.Discounts {
		if !d.matchesEgress(list.From) {
			continue
		}
		out.Egress = d.of(out.Egress)
		for i := range out.Tiers {
			out.Tiers[i].Price = d.of(out.Tiers[i].Price)
		}
		if d.Off == 0 {
			out.Tiers = nil
		}
		out.Free = out.Egress == 0 && len(out.Tiers) == 0
		return out, d.String()
	}
	return out, ""
}

func (b PriceBook) peered(from, to Place) bool {
	return slices.ContainsFunc(b.Peering, func(p Peering) bool {
		return p.A.Contains(from) && p.B.Contains(to) || p.A.Contains(to) && p.B.Contains(from)
	})
}

// Apply is the catalog as the host sees it: its own clouds laid over it, effective prices in place of list prices, and
// free peering. The list price of each offering that has another one is kept as outranked: see [Catalog.Conflict].
// It fails when the book is wrong; see [PriceBook.Check].
func (b PriceBook) Apply(c *Catalog) (*Catalog, error) {
	if err := b.Check(c); err != nil {
		return nil, err
	}
	own := b.Own
	own.Source = orSource(own.Source, b.Source)
	out, err := c.With(own)
	if err != nil {
		return nil, fmt.Errorf("price book: own clouds: %w", err)
	}
	over := Data{Source: b.Source}
	for o := range out.Each(Query{}) {
		if price, rule := b.Price(o); rule != "" && price != o.Price {
			o.Price, o.Free, o.Source = price, price == 0, b.Source
			over.Offerings = append(over.Offerings, o)
		}
	}
	over.Links = b.links(out)
	return out.With(over)
}

// links is the rows of links that the book changes or adds. Peering is two waivers, so that it holds for every pair of
// regions of its two ends, whatever more specific rows say.
func (b PriceBook) links(c *Catalog) []Link {
	discounted := PriceBook{Discounts: b.Discounts}
	var under, over []Link
	for _, list := range c.data.Links {
		if l, rule := discounted.Link(list); rule != "" {
			l.Source = b.Source
			under = append(under, l)
		}
	}
	for _, p := range b.Peering {
		for _, ends := range []pair{{p.A, p.B}, {p.B, p.A}} {
			l, ok := c.oneWay(ends[0], ends[1])
			l.Unpriced, l.Waives, l.Source = !ok, true, b.Source
			over = append(over, l)
		}
	}
	return layered(under, over, func(x Link) pair { return pair{x.From, x.To} })
}
