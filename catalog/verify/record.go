package verify

import (
	"fmt"

	"github.com/openintercloud/broker/catalog"
)

// Record is the catalog with the verdict of a result in the entry of a hosting, as [catalog.Catalog.Hostings] gives it; the
// catalog given stays as it is. It refuses a result that decides nothing, one about another service or older than the
// verdict that is there, a hosting that the catalog has no entry of, and a bolted-on one, which has no verdict of its own.
func Record(c *catalog.Catalog, h catalog.Hosting, r Result) (*catalog.Catalog, error) {
	v := r.Verdict()
	refuse := func(format string, args ...any) (*catalog.Catalog, error) {
		return nil, fmt.Errorf("record suite %s for %s of %s: "+format, append([]any{r.Suite, h, h.Cloud}, args...)...)
	}
	switch {
	case v.State == catalog.Unverified:
		return refuse("%d of %d checks held and none is broken: run the others again", len(r.in(Held)), len(r.Outcomes))
	case r.Service != h.Service:
		return refuse("the suite checks %s, the hosting is one of %s", r.Service, h.Service)
	case h.Bolt != "":
		return refuse("%s is bolted on: record a verdict for what it is bolted onto", h.Bolt)
	}
	entry, ok := find(c, h)
	if !ok {
		return refuse("the catalog has no entry of it: add one with its product")
	}
	if v.At.Before(entry.Verdict.At) {
		return refuse("the entry has a newer verdict: %s", entry.Verdict)
	}
	entry.Verdict = v
	return c.With(catalog.Data{Services: catalog.Services{Hostings: []catalog.Hosting{entry}}})
}

// find is the catalog's own row of a hosting, told by service, cloud, product and release.
func find(c *catalog.Catalog, h catalog.Hosting) (catalog.Hosting, bool) {
	for _, row := range c.Data().Services.Hostings {
		if row.Service == h.Service && row.Cloud == h.Cloud && row.Product == h.Product && row.Release == h.Release {
			return row, true
		}
	}
	return catalog.Hosting{}, false
}
