package catalog

import (
	"slices"
	"strings"
)

// checkServices reports everything wrong with the rows of the services.
func (k *checker) checkServices(s Services, at servicePositions) {
	known := table(k, servicesFile, at.list, s.List, "service", func(x Service) string { return x.Name }, k.service)
	products := table(k, productsFile, at.products, s.Products, "product", Product.key, k.product)
	table(k, hostingsFile, at.hostings, s.Hostings, "hosting", Hosting.key, func(x Hosting) {
		k.hosting(x)
		if i, ok := known[x.Service]; !ok {
			k.bad("unknown service %q: add it to %s", x.Service, servicesFile)
		} else {
			k.version(x.Version, x.Service, s.List[i].Kind)
		}
		if _, ok := products[productKey{x.Cloud, x.Product}]; !ok {
			k.bad("unknown product %q of %q: add it to %s, with how it is started", x.Product, x.Cloud, productsFile)
		}
	})
	placed := inOrder(s.Bolts)
	table(k, boltsFile, at.bolts, s.Bolts, "bolt", Bolt.key, func(x Bolt) {
		for _, name := range []string{x.Service, x.Over} {
			if _, ok := known[name]; !ok {
				k.bad("unknown service %q: add it to %s", name, servicesFile)
			}
		}
		if i, ok := known[x.Service]; ok {
			k.version(x.Version, x.Service, s.List[i].Kind)
		}
		k.name("engine", x.Engine)
		k.image(x.Image)
		k.features(x.Adds)
		k.source(x.Source)
		if !slices.ContainsFunc(placed, func(b Bolt) bool { return b.key() == x.key() }) {
			k.bad("needs itself: what is over %q must not make it", x.Over)
		}
	})
}

func (k *checker) service(x Service) {
	if !serviceName(x.Name) {
		k.bad("name %q: want small letters, digits, -, _, ., : and + such as sql:2008", x.Name)
	}
	if x.Kind != Codebase && x.Kind != Standard {
		k.bad("unknown kind %q: want %s or %s", x.Kind, Codebase, Standard)
	}
	k.text("title", x.Title)
	k.source(x.Source)
}

func (k *checker) product(x Product) {
	k.knownCloud(x.Cloud)
	k.label("product", x.Name)
	if x.Offered != "" {
		k.name("offered", x.Offered)
	}
	switch x.Unit {
	case "", PerHour, PerTB, PerGBMonth, PerMillion:
	default:
		k.bad("unknown unit %q: want %s, %s, %s, %s or nothing", x.Unit, PerHour, PerTB, PerGBMonth, PerMillion)
	}
	k.recipe(x.Recipe)
	k.source(x.Source)
}

// recipe refuses a product that nobody could start or use.
func (k *checker) recipe(r Recipe) {
	if !r.usable() {
		k.bad("has no recipe: name the api, and a call that starts it, a call that submits work, or the protocol it speaks")
	}
	if (r.Start == "") != (r.Stop == "") {
		k.bad("start %q and stop %q: what is started must be stopped", r.Start, r.Stop)
	}
	for _, s := range []string{r.API, r.Start, r.Submit, r.Stop, r.Protocol} {
		k.text("recipe", s)
		k.placeholders(s)
	}
	k.image(r.Image)
	for _, p := range r.Params {
		if p.Name == "" || strings.ContainsAny(p.Name, "=;") || strings.Contains(p.Value, ";") {
			k.bad("parameter %q=%q: want a name without = and ;, and a value without ;", p.Name, p.Value)
		}
		k.text("parameter", p.Name)
		k.text("parameter", p.Value)
		k.placeholders(p.Value)
	}
}

func (k *checker) image(s string) {
	k.text("image", s)
	k.placeholders(s)
}

// placeholders refuses a text with braces that nothing would be put in for.
func (k *checker) placeholders(s string) {
	left := strings.NewReplacer("{release}", "", "{version}", "", "{service}", "").Replace(s)
	if strings.ContainsAny(left, "{}") {
		k.bad("%q: want no braces but {release}, {version} and {service}", s)
	}
}

func (k *checker) hosting(x Hosting) {
	if x.Release != "" {
		k.label("release", x.Release)
	}
	if x.Bolt != "" {
		k.bad("bolt %q: it follows from the bolts, leave it empty", x.Bolt)
	}
	k.image(x.Image)
	k.features(x.Native)
	k.verdict(x.Verdict)
	k.source(x.Source)
}

func (k *checker) version(version, service string, kind ServiceKind) {
	if version == "" {
		return
	}
	if kind == Standard {
		k.bad("version %q: %q is a standard, whose name says all; leave the version empty", version, service)
	} else if _, err := ParseVersion(version); err != nil {
		k.bad("%w", err)
	}
}

func (k *checker) features(list []string) {
	for i, f := range list {
		k.name("feature", f)
		if slices.Contains(list[:i], f) {
			k.bad("feature %q: given twice", f)
		}
	}
}

func (k *checker) verdict(v Verdict) {
	switch {
	case v.State != Unverified && v.State != Passed && v.State != Failed:
		k.bad("unknown verdict %q: want %s, %s or nothing", v.State, Passed, Failed)
	case v.State == Unverified && v != (Verdict{}):
		k.bad("names a suite, a date or a failed check without a verdict")
	case v.State != Unverified && (v.Suite == "" || v.Version == "" || v.At.IsZero()):
		k.bad("verdict %q: say which suite said so, in which version, and when", v.State)
	case (v.State == Failed) != (v.Failed != ""):
		k.bad("verdict %q with failed check %q: name the check of a failed verdict, and none of a passed one", v.State, v.Failed)
	}
	k.text("suite", v.Suite)
	k.text("suite version", v.Version)
	k.text("failed check", v.Failed)
}

// label is a name that may hold spaces.
func (k *checker) label(what, s string) {
	if s == "" {
		k.bad("has no %s", what)
	} else if !plain(s) || s != strings.TrimSpace(s) || strings.ContainsAny(s, "/,\"#") {
		k.bad("%s %q: want a name without slash, comma, quote or #, and without space at its ends", what, s)
	}
}
