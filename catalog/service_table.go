package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// The files of the services, each of which a catalog may leave out.
const (
	servicesFile = "services.csv"
	productsFile = "services_products.csv"
	hostingsFile = "services_hosted.csv"
	boltsFile    = "services_bolts.csv"
)

type (
	productKey struct{ cloud, name string }
	hostingKey struct{ service, cloud, product, release string }
	boltKey    struct{ service, engine, over string }
)

func (p Product) key() productKey { return productKey{p.Cloud, p.Name} }

func (k productKey) String() string { return k.cloud + "/" + k.name }

func (k productKey) compare(l productKey) int {
	return cmp.Or(cmp.Compare(k.cloud, l.cloud), cmp.Compare(k.name, l.name))
}

func (h Hosting) key() hostingKey { return hostingKey{h.Service, h.Cloud, h.Product, h.Release} }

func (k hostingKey) String() string {
	return strings.TrimSuffix(strings.Join([]string{k.service, k.cloud, k.product, k.release}, "/"), "/")
}

func (b Bolt) key() boltKey { return boltKey{b.Service, b.Engine, b.Over} }

func (k boltKey) String() string { return k.service + " = " + k.engine + " over " + k.over }

// servicePositions is where each row of the services was read.
type servicePositions struct{ list, products, hostings, bolts []position }

// loadServices reads the files of the services that are there.
func loadServices(l *loader, s *Services, at *servicePositions) {
	loadIfAny(l, servicesFile, "name,kind,source,as_of", "title", readService, &s.List, &at.list)
	loadIfAny(l, productsFile, "cloud,name,api,source,as_of", "offered,unit,start,submit,stop,params,image,protocol",
		readProduct, &s.Products, &at.products)
	loadIfAny(l, hostingsFile, "service,cloud,product,source,as_of",
		"release,version,native,image,verdict,suite,suite_version,verified,failed", readHosting, &s.Hostings, &at.hostings)
	loadIfAny(l, boltsFile, "service,engine,over,source,as_of", "version,image,adds", readBolt, &s.Bolts, &at.bolts)
	*s = s.completed(Source{}) // a file may list features in any order
}

// loadIfAny is load for a file that may be missing.
func loadIfAny[T any](l *loader, file, required, optional string, bind func(*record) func() T, rows *[]T, at *[]position) {
	if _, err := fs.Stat(l.fsys, file); errors.Is(err, fs.ErrNotExist) {
		return
	}
	load(l, file, required, optional, bind, into(rows), at)
}

func readService(r *record) func() Service {
	name, kind, title, source := r.text("name"), r.text("kind"), r.text("title"), r.source()
	return func() Service {
		return Service{Name: name(), Kind: ServiceKind(kind()), Title: title(), Source: source()}
	}
}

func readProduct(r *record) func() Product {
	cloud, name, offered, unit, source := r.text("cloud"), r.text("name"), r.text("offered"), r.text("unit"), r.source()
	api, start, submit, stop := r.text("api"), r.text("start"), r.text("submit"), r.text("stop")
	params, image, protocol := cell(r, "params", parseParams), r.text("image"), r.text("protocol")
	return func() Product {
		return Product{
			Cloud: cloud(), Name: name(), Offered: offered(), Unit: Unit(unit()), Source: source(),
			Recipe: Recipe{
				API: api(), Start: start(), Submit: submit(), Stop: stop(), Params: params(), Image: image(), Protocol: protocol(),
			},
		}
	}
}

// parseParams reads "Name=value; Name=value".
func parseParams(s string) ([]Param, error) {
	var out []Param
	for part := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q: want name=value, several separated by ;", part)
		}
		out = append(out, Param{name, value})
	}
	return out, nil
}

func paramsText(params []Param) string {
	text := make([]string, len(params))
	for i, p := range params {
		text[i] = p.Name + "=" + p.Value
	}
	return strings.Join(text, "; ")
}

func readHosting(r *record) func() Hosting {
	service, cloud, product, release := r.text("service"), r.text("cloud"), r.text("product"), r.text("release")
	version, native, image := r.text("version"), r.text("native"), r.text("image")
	verdict, source := readVerdict(r), r.source()
	return func() Hosting {
		return Hosting{
			Service: service(), Cloud: cloud(), Product: product(), Release: release(), Version: version(),
			Native: strings.Fields(native()), Image: image(), Verdict: verdict(), Source: source(),
		}
	}
}

func readVerdict(r *record) func() Verdict {
	state, suite, version := r.text("verdict"), r.text("suite"), r.text("suite_version")
	at, failed := cell(r, "verified", parseDate), r.text("failed")
	return func() Verdict {
		return Verdict{State: VerdictState(state()), Suite: suite(), Version: version(), At: at(), Failed: failed()}
	}
}

func readBolt(r *record) func() Bolt {
	service, engine, over, source := r.text("service"), r.text("engine"), r.text("over"), r.source()
	version, image, adds := r.text("version"), r.text("image"), r.text("adds")
	return func() Bolt {
		return Bolt{
			Service: service(), Engine: engine(), Over: over(), Version: version(), Image: image(),
			Adds: strings.Fields(adds()), Source: source(),
		}
	}
}

// serviceFiles writes the services as the files that are read back; none for none.
func serviceFiles(s Services) []File {
	var out []File
	add := func(name string, n int, content []byte) {
		if n > 0 {
			out = append(out, File{name, content})
		}
	}
	add(servicesFile, len(s.List), written("name,kind,title", slices.Values(s.List), func(x Service) ([]string, Source) {
		return []string{x.Name, string(x.Kind), x.Title}, x.Source
	}))
	add(productsFile, len(s.Products), written("cloud,name,offered,unit,api,start,submit,stop,params,image,protocol", slices.Values(s.Products), productCells))
	add(hostingsFile, len(s.Hostings), written("service,cloud,product,release,version,native,image,verdict,suite,suite_version,verified,failed",
		slices.Values(s.Hostings), hostingCells))
	add(boltsFile, len(s.Bolts), written("service,engine,over,version,image,adds", slices.Values(s.Bolts), func(x Bolt) ([]string, Source) {
		return []string{x.Service, x.Engine, x.Over, x.Version, x.Image, strings.Join(x.Adds, " ")}, x.Source
	}))
	return out
}

func productCells(x Product) ([]string, Source) {
	r := x.Recipe
	return []string{
		x.Cloud, x.Name, x.Offered, string(x.Unit), r.API, r.Start, r.Submit, r.Stop, paramsText(r.Params), r.Image, r.Protocol,
	}, x.Source
}

func hostingCells(x Hosting) ([]string, Source) {
	v := x.Verdict
	return []string{
		x.Service, x.Cloud, x.Product, x.Release, x.Version, strings.Join(x.Native, " "), x.Image,
		string(v.State), v.Suite, v.Version, windowText(v.At), v.Failed,
	}, x.Source
}

// completed is a copy of the services in which each row has a source, its lists are sorted and its times are in UTC.
func (s Services) completed(from Source) Services {
	s = s.clone()
	for i := range s.List {
		s.List[i].Source = orSource(s.List[i].Source, from)
	}
	for i := range s.Products {
		s.Products[i].Source = orSource(s.Products[i].Source, from)
	}
	for i := range s.Hostings {
		h := &s.Hostings[i]
		h.Source, h.Verdict.At = orSource(h.Source, from), instant(h.Verdict.At)
		h.Native = sortedFeatures(h.Native)
	}
	for i := range s.Bolts {
		s.Bolts[i].Source = orSource(s.Bolts[i].Source, from)
		s.Bolts[i].Adds = sortedFeatures(s.Bolts[i].Adds)
	}
	return s
}

func sortedFeatures(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return list
}

func (s Services) clone() Services {
	return Services{slices.Clone(s.List), mapped(s.Products, copyProduct), mapped(s.Hostings, copyHosting), mapped(s.Bolts, func(b Bolt) Bolt {
		b.Adds = slices.Clone(b.Adds)
		return b
	})}
}

func copyProduct(p Product) Product {
	p.Recipe.Params = slices.Clone(p.Recipe.Params)
	return p
}

func copyHosting(h Hosting) Hosting {
	h.Native = slices.Clone(h.Native)
	return h
}

// sort puts each table in the order of its key.
func (s Services) sort() {
	slices.SortFunc(s.List, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Products, func(a, b Product) int { return a.key().compare(b.key()) })
	slices.SortFunc(s.Hostings, func(a, b Hosting) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Release, b.Release))
	})
	slices.SortFunc(s.Bolts, func(a, b Bolt) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.Over, b.Over))
	})
}

// under lays other services over s: a row replaces the one with the same key.
func (s Services) under(over Services) Services {
	return Services{
		layered(s.List, over.List, func(x Service) string { return x.Name }),
		layered(s.Products, over.Products, Product.key),
		layered(s.Hostings, over.Hostings, Hosting.key),
		layered(s.Bolts, over.Bolts, Bolt.key),
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
