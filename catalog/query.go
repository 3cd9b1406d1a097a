package catalog

import (
	"cmp"
	"slices"

	"github.com/openintercloud/broker/catalog/unit"
)

// Query says which offerings are wanted. The zero value of a field means that it does not matter; the zero Query
// matches every offering.
type Query struct {
	Service      string      // exactly this service, with its version: "vm", "spark@3.1"
	Cloud        string      // of this cloud
	Place        Place       // at this place or inside it; a regional offering is inside its region, not inside a zone
	MinCPUs      int         // at least as many virtual CPUs
	MinMemory    unit.Bytes  // at least as much memory
	Accelerator  Accelerator // exactly this kind, at least this many; a kind without a count means at least one
	Confidential string      // exactly this kind of trusted execution: "sgx", "sev-snp", "tdx"
	Arch         string      // exactly this processor architecture; an unknown one does not match
	Markets      []Market    // in one of these markets
}

// Matches reports whether the offering is wanted.
func (q Query) Matches(o Offering) bool { return q.matches(&o) }

func (q *Query) matches(o *Offering) bool {
	t := &o.Type
	return matches(q.Service, o.Service) && matches(q.Cloud, o.Place.Cloud) &&
		(q.Place == Place{} || q.Place.Contains(o.Place)) &&
		t.CPUs >= q.MinCPUs && t.Memory >= q.MinMemory &&
		matches(q.Accelerator.Kind, t.Accelerator.Kind) && t.Accelerator.Count >= q.Accelerator.Count &&
		matches(q.Confidential, t.Confidential) && matches(q.Arch, t.Arch) &&
		(len(q.Markets) == 0 || slices.Contains(q.Markets, o.Market))
}

func matches(want, have string) bool { return want == "" || want == have }

// Offerings returns the offerings wanted, cheapest first, equal prices by ID. Prices are compared as numbers, so a
// query is best limited to services with one unit of price. It looks only at the offerings of the rarest field asked.
func (c *Catalog) Offerings(q Query) []Offering {
	var out []Offering
	for _, i := range c.candidates(q) {
		if o := &c.data.Offerings[i]; q.matches(o) {
			out = append(out, copyOffering(*o))
		}
	}
	return out
}

// Offering finds an offering by its ID.
func (c *Catalog) Offering(id string) (Offering, bool) {
	i, ok := c.offerings[id]
	if !ok {
		return Offering{}, false
	}
	return copyOffering(c.data.Offerings[i]), true
}

// indexKey is one value of one indexed field.
type indexKey struct{ field, value string }

const (
	byService      = "service"
	byCloud        = "cloud"
	byRegion       = "region"
	byAccelerator  = "accelerator"
	byConfidential = "confidential"
)

// buildIndex lists, for each value of each indexed field, the offerings that have it, cheapest first.
func (c *Catalog) buildIndex() {
	c.cheapest = make([]int, len(c.data.Offerings))
	for i := range c.cheapest {
		c.cheapest[i] = i
	}
	slices.SortFunc(c.cheapest, func(a, b int) int {
		x, y := &c.data.Offerings[a], &c.data.Offerings[b]
		return cmp.Or(cmp.Compare(x.Price, y.Price), cmp.Compare(x.ID, y.ID))
	})
	c.index = map[indexKey][]int{}
	for _, i := range c.cheapest {
		o := &c.data.Offerings[i]
		for _, k := range []indexKey{
			{byService, o.Service},
			{byCloud, o.Place.Cloud},
			{byRegion, o.Place.InRegion().String()},
			{byAccelerator, o.Type.Accelerator.Kind},
			{byConfidential, o.Type.Confidential},
		} {
			if k.value != "" {
				c.index[k] = append(c.index[k], i)
			}
		}
	}
}

// candidates is the shortest list that holds every match.
func (c *Catalog) candidates(q Query) []int {
	keys := []indexKey{
		{byService, q.Service},
		{byCloud, cmp.Or(q.Cloud, q.Place.Cloud)},
		{byAccelerator, q.Accelerator.Kind},
		{byConfidential, q.Confidential},
	}
	if q.Place.Region != "" {
		keys = append(keys, indexKey{byRegion, q.Place.InRegion().String()})
	}
	best := c.cheapest
	for _, k := range keys {
		if list := c.index[k]; k.value != "" && len(list) < len(best) {
			best = list
		}
	}
	return best
}
