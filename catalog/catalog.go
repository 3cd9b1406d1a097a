package catalog

import (
	"cmp"
	"iter"
	"slices"
	"sync"
)

// Data is the rows of a catalog as plain values, in any order. Read the doc of [New] for what is filled in.
type Data struct {
	Clouds    []Cloud
	Regions   []Region
	Types     []InstanceType
	Offerings []Offering
	Links     []Link
	Services  Services   // above machines; may be empty
	Outranked []Offering // what other sources say of an offering of the same ID; see [Data.Resolve]
	Source    Source     // given to each row that has none; zero = each row must carry its own
}

// Catalog is a checked, indexed and immutable set of rows. All methods are safe for concurrent use, and what they
// return belongs to the caller.
type Catalog struct {
	data      Data     // in canonical order: each table by its key; the offerings are in rows
	rows      *columns // offerings
	outranked *columns
	clouds    map[string]int
	regions   map[Place]int
	types     map[typeKey]int
	links     map[pair]int
	services  *serviceIndex
	digest    func() string
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
	return build(complete(d), inColumns(d.Offerings, d.Source), inColumns(d.Outranked, d.Source), positions{}, nil)
}

// build makes a catalog of rows read at the given positions, with what went wrong on the way. It keeps what it is given.
func build(d Data, rows, outranked *columns, at positions, problems []*Problem) (*Catalog, error) {
	c := &Catalog{data: d, rows: rows, outranked: outranked}
	rows.sortIDs()
	outranked.sortIDs()
	if err := joined(append(problems, c.check(at)...)); err != nil {
		return nil, err
	}
	c.sort()
	c.number()
	rows.finish(c.types)
	outranked.finish(c.types)
	c.services = newServiceIndex(c.data.Services, c.sold())
	c.digest = sync.OnceValue(func() string { return digest(c.files()) })
	return c, nil
}

// complete copies all rows but the offerings and fills in what a row may leave out.
func complete(d Data) Data {
	out := copyData(d)
	out.Source, out.Offerings, out.Outranked = Source{}, nil, nil
	for i := range out.Clouds {
		out.Clouds[i].Source = orSource(out.Clouds[i].Source, d.Source)
	}
	for i := range out.Regions {
		out.Regions[i].Since = instant(out.Regions[i].Since)
		out.Regions[i].Source = orSource(out.Regions[i].Source, d.Source)
	}
	for i := range out.Types {
		out.Types[i].Source = orSource(out.Types[i].Source, d.Source)
	}
	for i := range out.Links {
		out.Links[i].Source = orSource(out.Links[i].Source, d.Source)
	}
	out.Services = d.Services.completed(d.Source)
	return out
}

func inColumns(rows []Offering, s Source) *columns {
	c := &columns{}
	c.grow(len(rows))
	for _, o := range rows {
		o.Source = orSource(o.Source, s)
		c.add(&o)
	}
	return c
}

func (o Offering) defaultID() string {
	return string(appendID(nil, o.Place, o.Service, o.Type.Name, o.Market))
}

func orSource(s, other Source) Source {
	if s.Name == "" && s.AsOf.IsZero() {
		s = other
	}
	s.AsOf = instant(s.AsOf)
	return s
}

// sort puts each table in the order of its key, so that a catalog does not depend on the order of its input.
func (c *Catalog) sort() {
	c.data.Services.sort()
	slices.SortFunc(c.data.Clouds, func(a, b Cloud) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.data.Regions, func(a, b Region) int { return comparePlaces(a.Place, b.Place) })
	slices.SortFunc(c.data.Types, func(a, b InstanceType) int {
		return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Name, b.Name))
	})
	byEnds := func(a, b Link) int { return cmp.Or(comparePlaces(a.From, b.From), comparePlaces(a.To, b.To)) }
	if !slices.IsSortedFunc(c.data.Links, byEnds) { // the embedded ones are
		slices.SortFunc(c.data.Links, byEnds)
	}
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Zone, b.Zone))
}

// number notes where each key is.
func (c *Catalog) number() {
	c.clouds = numbered(c.data.Clouds, func(x Cloud) string { return x.Name })
	c.regions = numbered(c.data.Regions, func(x Region) Place { return x.Place })
	c.types = numbered(c.data.Types, func(x InstanceType) typeKey { return typeKey{x.Cloud, x.Name} })
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
	return slices.Sorted(slices.Values(c.rows.services.values))
}

// Data returns a copy of all rows, each table in the order of its key. [New] of it gives a catalog with the same digest.
func (c *Catalog) Data() Data {
	d := copyData(c.data)
	d.Offerings, d.Outranked = slices.Collect(c.byID(c.rows)), slices.Collect(c.byID(c.outranked))
	return d
}

// byID yields offerings in canonical order.
func (c *Catalog) byID(rows *columns) iter.Seq[Offering] {
	return func(yield func(Offering) bool) {
		for _, row := range rows.byID {
			if !yield(rows.offering(row, c.data.Types)) {
				return
			}
		}
	}
}

// Merge lays over upon c: a row of over replaces the row of c with the same key (cloud name, region place, cloud and
// type name, offering ID, ends of a link). The result is a new catalog; offerings of c take changed instance types.
// An offering that is replaced by that of another source is kept as outranked; see [Catalog.Conflict].
func (c *Catalog) Merge(over *Catalog) (*Catalog, error) { return c.With(over.Data()) }

// With is [Catalog.Merge] for rows that need not be a catalog of their own: prices for regions of c, say.
// It fails as [New] does when the whole does not hold together.
func (c *Catalog) With(d Data) (*Catalog, error) { return New(overlaid(c.Data(), d)) }

// overlaid is the rows of d and, of the rows of under, those whose key d does not have.
func overlaid(under, d Data) Data {
	over := complete(d)
	over.Offerings, over.Outranked = completed(d.Offerings, d.Source), completed(d.Outranked, d.Source)
	return Data{
		Clouds:    layered(under.Clouds, over.Clouds, func(x Cloud) string { return x.Name }),
		Regions:   layered(under.Regions, over.Regions, func(x Region) Place { return x.Place }),
		Types:     layered(under.Types, over.Types, InstanceType.key),
		Offerings: layered(under.Offerings, over.Offerings, func(x Offering) string { return x.ID }),
		Links:     layered(under.Links, over.Links, func(x Link) pair { return pair{x.From, x.To} }),
		Services:  under.Services.under(over.Services),
		Outranked: outranked(under, over),
	}
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
