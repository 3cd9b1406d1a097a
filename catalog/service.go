package catalog

import (
	"slices"
	"strings"
	"time"
)

// Services says which services there are above machines, which products of which clouds offer them in which versions, and
// how to start those. Its prices are the catalog's offerings: see [Product.Offered].
type Services struct {
	List     []Service
	Products []Product
	Hostings []Hosting
	Bolts    []Bolt
}

// ServiceKind says what it takes to be a service.
type ServiceKind string

// The kinds of service.
const (
	Codebase ServiceKind = "codebase" // runs one code base; versions are numbers, and a stage wants a range of them
	Standard ServiceKind = "standard" // keeps to a document, whatever code does it; wanted by name alone: "sql:2008"
)

// Service is an interface that a stage can ask for. More than one cloud may offer it; see [Catalog.Compatibility].
type Service struct {
	Name   string // "spark", "sql:2008": lower case, without space
	Kind   ServiceKind
	Title  string // "Apache Spark"
	Source Source
}

// Product is what a cloud sells, under which name, and how to start it.
type Product struct {
	Cloud   string
	Name    string // "EMR", "Cloud SQL"
	Offered string // the Service of the offerings that price it; "" = each service under its own name
	Unit    Unit   // what it is priced per; "" = unknown
	Recipe  Recipe
	Source  Source
}

// Recipe is how to start, use and stop a product, as data for the provider of its cloud. In all its texts {release},
// {version} and {service} stand for those of a hosting.
type Recipe struct {
	API      string  // the API that is called: "elasticmapreduce", "dataproc.googleapis.com/v1"
	Start    string  // the call that makes an instance ready: "RunJobFlow"; "" = nothing to start
	Submit   string  // the call that runs work: "AddJobFlowSteps"; "" = work goes over Protocol
	Stop     string  // the call that ends what Start began; "" = nothing to stop
	Params   []Param // of Start, or of Submit when nothing is started
	Image    string  // the container or machine image it runs; "" = the cloud's own
	Protocol string  // what clients speak to it: "postgresql", "kafka", "s3"; "" = the API
}

// Param is one parameter of a call.
type Param struct{ Name, Value string }

// For is the recipe for one hosting, with its placeholders filled in.
func (r Recipe) For(h Hosting) Recipe {
	fill := strings.NewReplacer("{release}", h.Release, "{version}", h.Version, "{service}", h.Service).Replace
	if h.Image != "" {
		r.Image = h.Image
	}
	r.Image = fill(r.Image)
	r.Params = slices.Clone(r.Params)
	for i := range r.Params {
		r.Params[i].Value = fill(r.Params[i].Value)
	}
	return r
}

// usable reports whether the recipe says how to get at the product.
func (r Recipe) usable() bool {
	return r.API != "" && (r.Start != "" || r.Submit != "" || r.Protocol != "")
}

// Hosting says that a release of a product offers a service, in which version.
type Hosting struct {
	Service string
	Cloud   string
	Product string
	Release string   // of the product: "8.2", "emr-6.3.0"; "" = it has none
	Version string   // of the code base, as [ParseVersion] reads it; "" = unknown, or a standard
	Native  []string // what it can beyond the interface, sorted: "cross-region-replication"
	Image   string   // what is run in place of the image of the product's recipe; "" = that image
	Bolt    string   // what is bolted on to make it the service: "delta over blob"; "" = nothing
	Verdict Verdict
	Source  Source
}

// Has reports whether the hosting has a native feature.
func (h Hosting) Has(feature string) bool { return slices.Contains(h.Native, feature) }

// String names the hosting for people: "EMR emr-6.3.0".
func (h Hosting) String() string {
	name := h.Product
	if name == "" {
		name = h.Service + " of " + h.Cloud
	}
	if h.Release != "" {
		name += " " + h.Release
	}
	return name
}

// Verdict is what a suite of checks said of a hosting; package catalog/verify finds it.
type Verdict struct {
	State   VerdictState
	Suite   string    // the suite that was run: "s3-api"
	Version string    // of the suite
	At      time.Time // when
	Failed  string    // the first check it failed; "" unless State is Failed
}

// VerdictState says how a verification ended.
type VerdictState string

// The verdicts.
const (
	Unverified VerdictState = ""       // nobody has checked
	Passed     VerdictState = "passed" // every check of the suite held
	Failed     VerdictState = "failed" // a check did not hold: the hosting is a fork, or lacks a part
)

// String is the verdict for people: "failed s3-api 1.2 at multipart-etag on 2026-10-01".
func (v Verdict) String() string {
	if v.State == Unverified {
		return "unverified"
	}
	text := string(v.State) + " " + v.Suite + " " + v.Version
	if v.Failed != "" {
		text += " at " + v.Failed
	}
	return text + " on " + v.At.Format(time.DateOnly)
}

// Bolt is software that makes one service out of another wherever that is offered: a table format over object stores, a
// library in a container. What it makes keeps all native features of what is under it; of each product under it, the
// best release is used, and none that failed its checks.
type Bolt struct {
	Service string   // what it makes: "acid-table"
	Engine  string   // what does it: "delta"
	Over    string   // what it needs: "blob"
	Version string   // of what it makes, as [ParseVersion] reads it; "" = unknown, or a standard
	Image   string   // that runs it on what is under it; "" = the image of that
	Adds    []string // native features it brings: "time-travel"
	Source  Source
}

func (b Bolt) name() string { return b.Engine + " over " + b.Over }
