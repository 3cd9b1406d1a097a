package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// hosted is a hosting made ready for questions.
type hosted struct {
	Hosting
	version Version
	sold    sale // the offerings that price it
}

// sale is a name that a hosting is offered under.
type sale struct {
	name    string
	version Version // of the code base sold; matters only where the offering's own name has one
}

// serviceIndex answers who offers what. It is immutable.
type serviceIndex struct {
	hostings  map[string][]*hosted // by service, the newest version of each cloud first
	providers map[seller][]*hosted // who sells a service under the Service of an offering, best first
	names     map[string][]string  // by service: the Services of offerings that may sell it, sorted
}

// offeredAs is the Service of an offering, read.
type offeredAs struct {
	name    string
	version Version // zero = none given, or not one that can be read
}

// seller is a cloud and the Service of its offerings, for one service wanted.
type seller struct{ cloud, offered, service string }

// newServiceIndex indexes the services, given the clouds that have offerings of each Service.
func newServiceIndex(s Services, sold map[string][]string) *serviceIndex {
	x := &serviceIndex{hostings: map[string][]*hosted{}, providers: map[seller][]*hosted{}, names: map[string][]string{}}
	products := map[productKey]*Product{}
	for i, p := range s.Products {
		products[p.key()] = &s.Products[i]
	}
	for _, h := range s.Hostings {
		version, _ := ParseVersion(h.Version) // an empty one stays unknown; a wrong one was refused by the check
		p := products[productKey{h.Cloud, h.Product}]
		x.add(&hosted{Hosting: h, version: version, sold: sale{cmp.Or(p.Offered, h.Service), version}})
	}
	x.addUnhosted(sold)
	x.bolt(s.Bolts)
	for _, list := range x.hostings {
		slices.SortStableFunc(list, compareHosted)
	}
	for _, name := range sortedKeys(sold) {
		x.sell(name)
	}
	return x
}

// charge reports whether offerings of a Service price what comes with another service, and are none of their own.
func charge(service string) bool {
	return slices.Contains([]string{BlobRead, BlobWrite, Disk, Address}, service)
}

// addUnhosted adds, for offerings that price no hosting, that their cloud hosts what they are called.
func (x *serviceIndex) addUnhosted(sold map[string][]string) {
	priced := map[[2]string]bool{}
	for _, name := range sortedKeys(sold) {
		o := readOffered(name)
		for _, list := range x.hostings {
			for _, h := range list {
				if o.sells(name, h.sold) {
					priced[[2]string{h.Cloud, name}] = true
				}
			}
		}
	}
	for _, name := range sortedKeys(sold) {
		o := readOffered(name)
		for _, cloud := range sold[name] {
			if !priced[[2]string{cloud, name}] && !charge(name) {
				x.add(&hosted{
					Hosting: Hosting{Service: o.name, Cloud: cloud, Version: o.version.String()},
					version: o.version, sold: sale{name, o.version},
				})
			}
		}
	}
}

func (x *serviceIndex) add(h *hosted) { x.hostings[h.Service] = append(x.hostings[h.Service], h) }

// compareHosted puts the clouds in order and, of each, what passed a check first, then the newest.
func compareHosted(a, b *hosted) int {
	return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(rank(b.Verdict.State), rank(a.Verdict.State)),
		b.version.Compare(a.version), cmp.Compare(a.Product, b.Product), cmp.Compare(b.Release, a.Release), cmp.Compare(a.Bolt, b.Bolt))
}

func rank(s VerdictState) int {
	switch s {
	case Passed:
		return 2
	case Unverified:
		return 1
	}
	return 0
}

// bolt adds what bolts make of other services, in rounds, for bolts on bolts. The check refuses circles.
func (x *serviceIndex) bolt(bolts []Bolt) {
	for _, b := range inOrder(bolts) {
		slices.SortStableFunc(x.hostings[b.Over], compareHosted)
		done := map[productKey]bool{}
		for _, under := range x.hostings[b.Over] {
			key := productKey{under.Cloud, under.Product}
			if !done[key] && under.Verdict.State != Failed {
				done[key] = true
				x.add(b.on(under))
			}
		}
	}
}

// on is the hosting that a bolt makes of another. Nobody has checked it, whatever was said of what is under it.
func (b Bolt) on(under *hosted) *hosted {
	h := *under
	h.Service, h.Version, h.Verdict, h.Bolt = b.Service, b.Version, Verdict{}, b.name()
	h.version, _ = ParseVersion(b.Version)
	h.Image = cmp.Or(b.Image, under.Image)
	if under.Bolt != "" {
		h.Bolt += " (" + under.Bolt + ")"
	}
	h.Native = slices.Compact(slices.Sorted(slices.Values(slices.Concat(under.Native, b.Adds))))
	return &h
}

// inOrder puts bolts after those that make what they need; ones in a circle are left out.
func inOrder(bolts []Bolt) []Bolt {
	left, out := slices.Clone(bolts), []Bolt(nil)
	for len(left) > 0 {
		ready := func(b Bolt) bool {
			return !slices.ContainsFunc(left, func(o Bolt) bool { return o.Service == b.Over })
		}
		before := len(out)
		for _, b := range left {
			if ready(b) {
				out = append(out, b)
			}
		}
		if len(out) == before {
			return out
		}
		left = slices.DeleteFunc(slices.Clone(left), ready)
	}
	return out
}

// readOffered reads the Service of an offering: a name, or a name and a version.
func readOffered(s string) offeredAs {
	name, version, _ := strings.Cut(s, "@")
	v, err := ParseVersion(version)
	if err != nil {
		v = Version{}
	}
	return offeredAs{name: strings.ToLower(name), version: v}
}

// sell notes which hostings the offerings of one Service price.
func (x *serviceIndex) sell(name string) {
	o := readOffered(name)
	for service, list := range x.hostings {
		for _, h := range list {
			if o.sells(name, h.sold) {
				key := seller{h.Cloud, name, service}
				x.providers[key] = append(x.providers[key], h)
				if names := x.names[service]; len(names) == 0 || names[len(names)-1] != name {
					x.names[service] = append(names, name)
				}
			}
		}
	}
}

// sells reports whether an offering prices what is sold as s: by the same name, or by its name in a version it covers.
func (o offeredAs) sells(name string, s sale) bool {
	return name == s.name || o.name == s.name && (o.version.count == 0 || s.version.count > 0 && s.version.span().within(o.version.span()))
}

// Provider finds the hosting through which offerings of a cloud, named by their Service, give what is wanted: the newest
// that passed a check, else the newest. Offerings that price no hosting give what their own name says, in no product
// that is known. It says false when they do not give what is wanted.
func (c *Catalog) Provider(cloud, offered string, w Want) (Hosting, bool) {
	for _, h := range c.services.providers[seller{cloud, offered, w.Name}] {
		if w.accepts(h) {
			return copyHosting(h.Hosting), true
		}
	}
	return Hosting{}, false
}

// WhyNot says why no offering of a cloud gives what is wanted; "" when one does.
func (c *Catalog) WhyNot(cloud string, w Want) string {
	list := slices.DeleteFunc(slices.Clone(c.services.hostings[w.Name]), func(h *hosted) bool { return h.Cloud != cloud })
	if len(list) == 0 {
		return "nothing of " + cloud + " is known to offer " + w.Name
	}
	first := slices.IndexFunc(list, w.accepts)
	if first < 0 {
		return w.refusal(list)
	}
	for _, name := range c.services.names[w.Name] {
		if _, ok := c.Provider(cloud, name, w); ok {
			return ""
		}
	}
	return "price: none is known for " + list[first].String()
}

// Hostings lists who offers what is wanted, whether or not a price is known, bolted-on services and offerings that price
// no hosting included: by cloud, of each what passed a check first and the newest first.
func (c *Catalog) Hostings(w Want) []Hosting {
	var out []Hosting
	for _, h := range c.services.hostings[w.Name] {
		if w.accepts(h) {
			out = append(out, copyHosting(h.Hosting))
		}
	}
	return out
}

// Product finds what a cloud sells by name.
func (c *Catalog) Product(cloud, name string) (Product, bool) {
	i, ok := slices.BinarySearchFunc(c.data.Services.Products, productKey{cloud, name}, func(p Product, k productKey) int { return p.key().compare(k) })
	if !ok {
		return Product{}, false
	}
	return copyProduct(c.data.Services.Products[i]), true
}

// Service finds a service by name.
func (c *Catalog) Service(name string) (Service, bool) {
	i, ok := slices.BinarySearchFunc(c.data.Services.List, name, func(s Service, n string) int { return cmp.Compare(s.Name, n) })
	if !ok {
		return Service{}, false
	}
	return c.data.Services.List[i], true
}

// Offer is an offering with the hosting it prices, and how to start that.
type Offer struct {
	Offering
	Hosting Hosting
	Recipe  Recipe // for the release of the hosting; zero when no product is known
}

// Offers returns the offerings that give what is wanted and match the query, whose Service is not looked at, cheapest
// first, equal prices by ID.
func (c *Catalog) Offers(w Want, q Query) []Offer {
	var out []Offer
	for _, q.Service = range c.services.names[w.Name] {
		for _, o := range c.Offerings(q) {
			if h, ok := c.Provider(o.Place.Cloud, o.Service, w); ok {
				p, _ := c.Product(h.Cloud, h.Product)
				out = append(out, Offer{o, h, p.Recipe.For(h)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Offer) int { return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Names returns the Services of offerings that may give a service, sorted: its own name with and without a version, and
// the names of products that have it.
func (c *Catalog) Names(service string) []string { return slices.Clone(c.services.names[service]) }

// sold lists the clouds that have offerings of each Service, sorted.
func (c *Catalog) sold() map[string][]string {
	out := map[string][]string{}
	for _, name := range c.Services() {
		for _, cloud := range c.data.Clouds {
			for range c.Each(Query{Service: name, Cloud: cloud.Name, Limit: 1}) {
				out[name] = append(out[name], cloud.Name)
			}
		}
	}
	return out
}
