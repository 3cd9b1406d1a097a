package catalog

import (
	"slices"
	"time"
)

// OpenAt is the catalog without the regions that opened after a time, and without what is offered in them. Prices are
// those of c: it says what there was to choose from, not what it cost then.
func (c *Catalog) OpenAt(t time.Time) (*Catalog, error) {
	closed := map[Place]bool{}
	for _, r := range c.data.Regions {
		if r.Since.After(t) {
			closed[r.Place] = true
		}
	}
	if len(closed) == 0 {
		return c, nil
	}
	d := c.Data()
	unopened := func(p Place) bool { return closed[p.InRegion()] }
	d.Regions = slices.DeleteFunc(d.Regions, func(r Region) bool { return unopened(r.Place) })
	d.Offerings = slices.DeleteFunc(d.Offerings, func(o Offering) bool { return unopened(o.Place) })
	d.Outranked = slices.DeleteFunc(d.Outranked, func(o Offering) bool { return unopened(o.Place) })
	d.Links = slices.DeleteFunc(d.Links, func(l Link) bool { return unopened(l.From) || unopened(l.To) })
	return New(d)
}
