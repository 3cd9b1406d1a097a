package catalog

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
)

// Bounds says how far news may differ from the last good catalog. The zero value holds the defaults.
type Bounds struct {
	Factor      int  // a price may rise or fall by at most this factor; 0 = 5
	MaxRefused  int  // most rows refused, in thousandths of the new ones, before the whole is refused; 0 = 100, a tenth
	MaxLost     int  // most offerings that vanish, in thousandths of the old ones, before the whole is refused; 0 = 300
	MaxRows     int  // most new offerings; 0 = 4,000,000
	KeepMissing bool // offerings that the news do not mention stay; otherwise they go
}

func orDefault(v, def int) int {
	if v <= 0 {
		return def
	}
	return v
}

// Refusal is one row of news that is not used.
type Refusal struct {
	Row string     // `offering "aws/us-east-1/vm/m5.large/on-demand"`
	Old unit.Price // what stays in use; 0 = nothing
	New unit.Price // what was refused; of a link, its first tier that is out of bounds
	Err error
}

// String says what was refused and why.
func (r Refusal) String() string { return r.Row + ": " + r.Err.Error() }

// UpdateReport says what an update did.
type UpdateReport struct {
	Accepted                      bool // false: the old catalog stays in use as it is
	Added, Changed, Removed, Same int  // offerings
	Refused                       []Refusal
	Reason                        string // why the whole was refused; "" when accepted
	OldDigest, NewDigest          string // NewDigest is that of the catalog in use
}

// String is a summary, and a line for each refusal.
func (r UpdateReport) String() string {
	var b strings.Builder
	if r.Accepted {
		fmt.Fprintf(&b, "update: %d offerings added, %d changed, %d removed, %d as before, %d rows refused\n",
			r.Added, r.Changed, r.Removed, r.Same, len(r.Refused))
	} else {
		fmt.Fprintf(&b, "update refused: %s; %d rows refused\n", r.Reason, len(r.Refused))
	}
	for _, x := range r.Refused {
		fmt.Fprintf(&b, "  %s\n", x)
	}
	return b.String()
}

// Update lays news over the last good catalog and returns the catalog to use from now on: a new one, or old itself if
// the news as a whole are not believed. A row of news that is wrong by itself (as [New] finds), or whose price is out
// of bounds against that of old, is refused and reported, and what old said stays. It is a pure function: the caller
// puts the result in the place of old at once, so that no reader ever sees half an update.
func Update(old *Catalog, news Data, bounds Bounds) (*Catalog, UpdateReport) {
	u := &update{old: old, bounds: bounds, report: UpdateReport{OldDigest: old.Digest(), NewDigest: old.Digest()}}
	offered := len(news.Offerings) + len(news.Links)
	if n := orDefault(bounds.MaxRows, maxRows); len(news.Offerings) > n {
		return u.refuse("%d offerings are more than %d", len(news.Offerings), n)
	}
	under := u.base(news)
	news = u.believed(news)
	c, err := u.laid(under, news)
	if err != nil {
		return u.refuse("it does not hold together with what is in use: %w", err)
	}
	if refused := len(u.report.Refused); refused*1000 > offered*orDefault(bounds.MaxRefused, 100) {
		return u.refuse("%d of %d rows are wrong or out of bounds", refused, offered)
	}
	u.count(c)
	if lost := u.report.Removed; lost*1000 > old.rows.len()*orDefault(bounds.MaxLost, 300) {
		return u.refuse("%d of %d offerings are missing in it", lost, old.rows.len())
	}
	u.report.Accepted, u.report.NewDigest = true, c.Digest()
	return c, u.report
}

type update struct {
	old    *Catalog
	bounds Bounds
	report UpdateReport
}

func (u *update) refuse(format string, args ...any) (*Catalog, UpdateReport) {
	u.report.Reason = fmt.Errorf(format, args...).Error()
	u.report.Added, u.report.Changed, u.report.Removed, u.report.Same = 0, 0, 0, 0
	return u.old, u.report
}

// base is the rows of old that stay unless the news say otherwise.
func (u *update) base(news Data) Data {
	under := u.old.Data()
	if u.bounds.KeepMissing {
		return under
	}
	named := map[string]bool{}
	for _, o := range news.Offerings {
		named[o.Key()] = true
	}
	gone := func(o Offering) bool { return !named[o.ID] }
	under.Offerings, under.Outranked = slices.DeleteFunc(under.Offerings, gone), slices.DeleteFunc(under.Outranked, gone)
	return under
}

// believed is the news without the prices that are out of bounds.
func (u *update) believed(news Data) Data {
	out := news
	out.Offerings = slices.DeleteFunc(completed(news.Offerings, news.Source), func(o Offering) bool {
		before, ok := u.old.Offering(o.ID)
		if !ok {
			return false
		}
		err := u.jump(before.Price, o.Price)
		if before.Unit != o.Unit {
			err = fmt.Errorf("was priced per %s, now per %s", before.Unit, o.Unit)
		}
		return u.rejects(fmt.Sprintf("offering %q", o.ID), before.Price, o.Price, err)
	})
	out.Links = slices.DeleteFunc(slices.Clone(news.Links), func(l Link) bool {
		i, ok := u.old.links[pair{l.From, l.To}]
		if !ok {
			return false
		}
		before, now, err := u.linkJump(&u.old.data.Links[i], &l)
		return u.rejects(fmt.Sprintf("link %q", pair{l.From, l.To}), before, now, err)
	})
	return out
}

func (u *update) rejects(row string, before, now unit.Price, err error) bool {
	if err != nil {
		u.report.Refused = append(u.report.Refused, Refusal{row, before, now, err})
	}
	return err != nil
}

// linkJump compares the prices at the start of each tier of either link.
func (u *update) linkJump(before, now *Link) (unit.Price, unit.Price, error) {
	if before.Unpriced || now.Unpriced {
		return 0, 0, nil
	}
	starts := []unit.Bytes{0}
	for _, t := range slices.Concat(before.Tiers, now.Tiers) {
		starts = append(starts, t.From)
	}
	for _, from := range starts {
		a, b := before.priceAt(from), now.priceAt(from)
		if err := u.jump(a, b); err != nil {
			return a, b, err
		}
	}
	return 0, 0, nil
}

// priceAt is the price of the next gigabyte after a volume.
func (l *Link) priceAt(volume unit.Bytes) unit.Price {
	price := l.Egress
	for _, t := range l.Tiers {
		if t.From <= volume {
			price = t.Price
		}
	}
	return price
}

// jump is an error when one of two prices is more than the factor times the other.
func (u *update) jump(before, now unit.Price) error {
	factor := uint64(orDefault(u.bounds.Factor, 5))
	low, high := min(before, now), max(before, now)
	if low < 0 {
		return fmt.Errorf("price %s is negative", low)
	}
	hi, lo := bits.Mul64(uint64(low), factor)
	if hi == 0 && lo < uint64(high) {
		return fmt.Errorf("price went from %s to %s: more than a factor of %d is not believed", before, now, factor)
	}
	return nil
}

// laid lays the news over the rows that stay and leaves out each row that [New] finds wrong. To leave one out can make
// others wrong, those of a type that is refused, say: they are found in the next round.
func (u *update) laid(under, news Data) (*Catalog, error) {
	for {
		c, err := New(overlaid(under, news))
		if err == nil {
			return c, nil
		}
		wrong := map[string]error{}
		for _, p := range Problems(err) {
			if wrong[p.Row] == nil {
				wrong[p.Row] = p.Err
			}
		}
		before := len(u.report.Refused)
		if news = u.without(news, wrong); len(u.report.Refused) == before {
			return nil, err
		}
	}
}

// without is the news without the rows that are wrong.
func (u *update) without(d Data, wrong map[string]error) Data {
	u.sift(&d, wrong)
	d.Offerings = slices.DeleteFunc(d.Offerings, func(o Offering) bool {
		before, _ := u.old.Offering(o.Key())
		row := fmt.Sprintf("offering %q", o.Key())
		return u.rejects(row, before.Price, o.Price, wrong[row])
	})
	d.Links = slices.DeleteFunc(d.Links, func(l Link) bool {
		before, _ := u.old.oneWay(l.From, l.To)
		row := fmt.Sprintf("link %q", pair{l.From, l.To})
		return u.rejects(row, before.Egress, l.Egress, wrong[row])
	})
	return d
}

func (u *update) sift(d *Data, wrong map[string]error) {
	rejected := func(word string, key any) bool {
		row := fmt.Sprintf("%s %q", word, fmt.Sprint(key))
		return u.rejects(row, 0, 0, wrong[row])
	}
	d.Clouds = slices.DeleteFunc(slices.Clone(d.Clouds), func(x Cloud) bool { return rejected("cloud", x.Name) })
	d.Regions = slices.DeleteFunc(slices.Clone(d.Regions), func(x Region) bool { return rejected("region", x.Place) })
	d.Types = slices.DeleteFunc(slices.Clone(d.Types), func(x InstanceType) bool { return rejected("type", x.key()) })
	d.Outranked = slices.DeleteFunc(completed(d.Outranked, d.Source), func(o Offering) bool { return rejected("offering", o.ID) })
}

// count says what became of the offerings.
func (u *update) count(c *Catalog) {
	r := &u.report
	for _, row := range c.rows.byID {
		id := string(c.rows.idOf(row))
		at, ok := u.old.rows.row(id)
		switch {
		case !ok:
			r.Added++
		case c.rows.price[row] == u.old.rows.price[u.old.rows.byID[at]]:
			r.Same++
		default:
			r.Changed++
		}
	}
	r.Removed = u.old.rows.len() - r.Changed - r.Same
}
