package catalog

import (
	"cmp"
	"slices"
)

// Compatibility is how far services can be had from more than one cloud, the measure of competition: see
// [Catalog.Compatibility].
type Compatibility struct {
	Shared      []Reach // the compatibility set: services of more than one cloud, by name
	Proprietary []Reach // services of one cloud, and those used that no cloud offers, by name
}

// Reach is who offers a service and how often it was used.
type Reach struct {
	Service string
	Clouds  []string // sorted; those with a hosting that did not fail its checks
	Uses    int64
}

// Compatibility divides the services into those that more than one cloud offers and the rest. A service is offered by a
// cloud that has a hosting of it, as [Catalog.Hostings] lists them, that did not fail its checks. Uses counts how often each service was used, by the name that stages call it ("spark@^3.1" and "spark" are
// both spark); nil = none. Names that cannot be read are left out.
func (c *Catalog) Compatibility(uses map[string]int64) Compatibility {
	used := map[string]int64{}
	for _, name := range sortedKeys(uses) {
		if w, err := ParseService(name); err == nil {
			used[w.Name] += uses[name]
		}
	}
	clouds := c.reach()
	for name := range used {
		if _, ok := clouds[name]; !ok {
			clouds[name] = nil
		}
	}
	var out Compatibility
	for _, name := range sortedKeys(clouds) {
		r := Reach{Service: name, Clouds: sortedKeys(clouds[name]), Uses: used[name]}
		if len(r.Clouds) > 1 {
			out.Shared = append(out.Shared, r)
		} else {
			out.Proprietary = append(out.Proprietary, r)
		}
	}
	return out
}

// reach lists the clouds of each service.
func (c *Catalog) reach() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for service, list := range c.services.hostings {
		out[service] = map[string]bool{}
		for _, h := range list {
			if h.Verdict.State != Failed {
				out[service][h.Cloud] = true
			}
		}
	}
	return out
}

// Size is how many services are in the set.
func (c Compatibility) Size() int { return len(c.Shared) }

// Breadth is how many clouds offer a service of the set, on average; 0 for an empty set.
func (c Compatibility) Breadth() float64 {
	clouds := 0
	for _, r := range c.Shared {
		clouds += len(r.Clouds)
	}
	return float64(clouds) / float64(max(1, len(c.Shared)))
}

// Frequency is how many of all uses were of services in the set.
func (c Compatibility) Frequency() (shared, all int64) {
	for _, r := range c.Shared {
		shared += r.Uses
	}
	all = shared
	for _, r := range c.Proprietary {
		all += r.Uses
	}
	return shared, all
}

// Find finds a service; ok is false when nobody offers or used it.
func (c Compatibility) Find(service string) (r Reach, shared, ok bool) {
	for _, list := range [][]Reach{c.Shared, c.Proprietary} {
		if i, found := slices.BinarySearchFunc(list, service, func(r Reach, s string) int { return cmp.Compare(r.Service, s) }); found {
			return list[i], len(list[i].Clouds) > 1, true
		}
	}
	return Reach{}, false, false
}
