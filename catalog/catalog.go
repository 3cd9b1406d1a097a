package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Data is the rows of a catalog as plain values, in any order. Read the doc of [New] for what is filled in.
type Data struct {
	Clouds    []Cloud
	Regions   []Region
	Types     []InstanceType
	Offerings []Offering
	Links     []Link
	Source    Source // given to each row that has none; zero = each row must carry its own
}

// Catalog is a checked, indexed and immutable set of rows. All methods are safe for concurrent use, and what they
// return belongs to the caller.
type Catalog struct {
	data      Data // in canonical order: each table by its key
	cheapest  []int
	clouds    map[string]int
	regions   map[Place]int
	types     map[typeKey]int
	offerings map[string]int
	links     map[pair]int
	index     map[indexKey][]int
	digest    string
}

type typeKey struct{ cloud, name string }

// pair is the key of a link: from, to.
type pair [2]Place

// New checks the rows and builds a catalog of them. All problems are returned together, joined, each a [*Problem].
//
// Before the check, rows are completed: a row without a source takes d.Source; an offering without an ID gets
// cloud/region[/zone]/service[/type]/market; an empty market is on demand; an empty unit is an hour. Of an offering's
// Type only the name is read: the rest is taken from d.Types, where the cloud and the name must be found.
func New(d Data) (*Catalog, error) {
	return build(d, positions{}, nil)
}

// build makes a catalog of rows read at the given positions, with what went wrong on the way.
func build(d Data, at positions, problems []*Problem) (*Catalog, error) {
	c := &Catalog{data: complete(d)}
	if err := joined(append(problems, c.check(at)...)); err != nil {
		return nil, err
	}
	c.sort()
	c.number()
	c.buildIndex()
	c.digest = digest(c.data)
	return c, nil
}

// complete copies the rows and fills in what a row may leave out.
func complete(d Data) Data {
	out := copyData(d)
	out.Source = Source{}
	for i := range out.Clouds {
		out.Clouds[i].Source = orSource(out.Clouds[i].Source, d.Source)
	}
	for i := range out.Regions {
		out.Regions[i].Source = orSource(out.Regions[i].Source, d.Source)
	}
	types := make(map[typeKey]InstanceType, len(out.Types))
	for i, t := range out.Types {
		out.Types[i].Source = orSource(t.Source, d.Source)
		types[typeKey{t.Cloud, t.Name}] = out.Types[i]
	}
	for i := range out.Offerings {
		completeOffering(&out.Offerings[i], types, d.Source)
	}
	for i := range out.Links {
		out.Links[i].Source = orSource(out.Links[i].Source, d.Source)
	}
	return out
}

func completeOffering(o *Offering, types map[typeKey]InstanceType, s Source) {
	o.Source = orSource(o.Source, s)
	o.Market = cmp.Or(o.Market, OnDemand)
	o.Unit = cmp.Or(o.Unit, PerHour)
	if o.Type.Name == "" {
		o.Type = InstanceType{}
	} else if t, ok := types[typeKey{o.Place.Cloud, o.Type.Name}]; ok {
		o.Type = t
	} else {
		o.Type = InstanceType{Cloud: o.Place.Cloud, Name: o.Type.Name}
	}
	if o.ID == "" {
		o.ID = o.defaultID()
	}
}

func (o Offering) defaultID() string {
	parts := []string{o.Place.String(), o.Service}
	if o.Type.Name != "" {
		parts = append(parts, o.Type.Name)
	}
	return strings.Join(append(parts, string(o.Market)), "/")
}

func orSource(s, other Source) Source {
	if s.Name == "" && s.AsOf.IsZero() {
		s = other
	}
	s.AsOf = s.AsOf.UTC().Round(0)
	return s
}

// sort puts each table in the order of its key, so that a catalog does not depend on the order of its input.
func (c *Catalog) sort() {
	slices.SortFunc(c.data.Clouds, func(a, b Cloud) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.data.Regions, func(a, b Region) int { return comparePlaces(a.Place, b.Place) })
	slices.SortFunc(c.data.Types, func(a, b InstanceType) int {
		return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(c.data.Offerings, func(a, b Offering) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.data.Links, func(a, b Link) int {
		return cmp.Or(comparePlaces(a.From, b.From), comparePlaces(a.To, b.To))
	})
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Zone, b.Zone))
}

// number notes where each key is.
func (c *Catalog) number() {
	c.clouds = numbered(c.data.Clouds, func(x Cloud) string { return x.Name })
	c.regions = numbered(c.data.Regions, func(x Region) Place { return x.Place })
	c.types = numbered(c.data.Types, func(x InstanceType) typeKey { return typeKey{x.Cloud, x.Name} })
	c.offerings = numbered(c.data.Offerings, func(x Offering) string { return x.ID })
	c.links = numbered(c.data.Links, func(x Link) pair { return pair{x.From, x.To} })
}

func numbered[T any, K comparable](rows []T, key func(T) K) map[K]int {
	m := make(map[K]int, len(rows))
	for i, row := range rows {
		m[key(row)] = i
	}
	return m
}

// Clouds returns all clouds by name.
func (c *Catalog) Clouds() []Cloud { return slices.Clone(c.data.Clouds) }

// Cloud finds a cloud by name.
func (c *Catalog) Cloud(name string) (Cloud, bool) {
	i, ok := c.clouds[name]
	if !ok {
		return Cloud{}, false
	}
	return c.data.Clouds[i], true
}

// Regions returns all regions by place.
func (c *Catalog) Regions() []Region { return mapped(c.data.Regions, copyRegion) }

// Region finds the region that a place is in; a zone is ignored.
func (c *Catalog) Region(p Place) (Region, bool) {
	i, ok := c.regions[p.InRegion()]
	if !ok {
		return Region{}, false
	}
	return copyRegion(c.data.Regions[i]), true
}

// Types returns all instance types by cloud and name.
func (c *Catalog) Types() []InstanceType { return mapped(c.data.Types, copyType) }

// Type finds an instance type of a cloud by name.
func (c *Catalog) Type(cloud, name string) (InstanceType, bool) {
	i, ok := c.types[typeKey{cloud, name}]
	if !ok {
		return InstanceType{}, false
	}
	return copyType(c.data.Types[i]), true
}

// Services returns the names of all services offered, sorted.
func (c *Catalog) Services() []string {
	var names []string
	for _, o := range c.data.Offerings {
		names = append(names, o.Service)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Data returns a copy of all rows, each table in the order of its key. [New] of it gives a catalog with the same digest.
func (c *Catalog) Data() Data { return copyData(c.data) }

// Merge lays over upon c: a row of over replaces the row of c with the same key (cloud name, region place, cloud and
// type name, offering ID, ends of a link). The result is a new catalog; offerings of c take changed instance types.
func (c *Catalog) Merge(over *Catalog) (*Catalog, error) { return c.With(over.data) }

// With is [Catalog.Merge] for rows that need not be a catalog of their own: prices for regions of c, say.
// It fails as [New] does when the whole does not hold together.
func (c *Catalog) With(d Data) (*Catalog, error) {
	d = complete(d)
	return New(Data{
		Clouds:  layered(c.data.Clouds, d.Clouds, func(x Cloud) string { return x.Name }),
		Regions: layered(c.data.Regions, d.Regions, func(x Region) Place { return x.Place }),
		Types: layered(c.data.Types, d.Types, func(x InstanceType) typeKey {
			return typeKey{x.Cloud, x.Name}
		}),
		Offerings: layered(c.data.Offerings, d.Offerings, func(x Offering) string { return x.ID }),
		Links:     layered(c.data.Links, d.Links, func(x Link) pair { return pair{x.From, x.To} }),
	})
}

// layered is the rows of under whose key is not in over, then all of over.
func layered[T any, K comparable](under, over []T, key func(T) K) []T {
	hidden := numbered(over, key)
	var rows []T
	for _, row := range under {
		if _, ok := hidden[key(row)]; !ok {
			rows = append(rows, row)
		}
	}
	return append(rows, over...)
}
