package sky

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/openintercloud/broker/catalog"
)

// wanted is what the work asks of the service it runs on, its version and the needs that look at who hosts it. A name
// that cannot be read is refused by Validate; here it is what nobody offers.
func (w work) wanted() catalog.Want {
	want, err := catalog.ParseService(w.service())
	if err != nil {
		return catalog.Want{Name: w.service()}
	}
	for _, n := range w.Needs {
		want = n.of(want)
	}
	return want
}

// hosted reports whether a need looks at who hosts the service, not at the machine.
func (n Need) hosted() bool { return n.Kind == needVerified || n.Kind == needFeature }

// of adds a need to what is wanted of a service.
func (n Need) of(w catalog.Want) catalog.Want {
	switch n.Kind {
	case needVerified:
		w.Verified = true
	case needFeature:
		w.Features = append(slices.Clone(w.Features), n.Text)
	}
	return w
}

// serviceScreens are the screens of the service, then of each need that looks at who hosts it, each on top of the last.
func (s *Snapshot) serviceScreens(w work) []screen {
	want, err := catalog.ParseService(w.service())
	if err != nil {
		want = catalog.Want{Name: w.service()}
	}
	list := []screen{s.provides("service "+w.service(), nil, want)}
	for _, n := range w.Needs {
		if n.hosted() {
			want = n.of(want)
			list = append(list, s.provides("need "+n.String(), &n, want))
		}
	}
	return list
}

// provides is the screen that offerings give what is wanted of a service.
func (s *Snapshot) provides(name string, need *Need, want catalog.Want) screen {
	known := map[[2]string]bool{} // offerings are many, those that sell the same are few
	keep := func(o *catalog.Offering) bool {
		key := [2]string{o.Place.Cloud, o.Service}
		yes, ok := known[key]
		if !ok {
			_, yes = s.catalog.Provider(o.Place.Cloud, o.Service, want)
			known[key] = yes
		}
		return yes
	}
	return screen{name: name, need: need, keep: keep, say: func(left []catalog.Offering) string {
		return s.catalog.WhyNot(left[0].Place.Cloud, want)
	}}
}

// selling lists the offerings that may give the work its service, cheapest first.
func (s *Snapshot) selling(w work) []catalog.Offering {
	q := w.query()
	names := s.catalog.Names(w.wanted().Name)
	if len(names) == 1 {
		q.Service = names[0]
		return s.catalog.Offerings(q)
	}
	var all []catalog.Offering
	for _, q.Service = range names {
		all = append(all, s.catalog.Offerings(q)...)
	}
	slices.SortFunc(all, func(a, b catalog.Offering) int { return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.ID, b.ID)) })
	return all
}

// hosting is who runs the service that a stage asked for, when it did and the catalog knows.
func (s *Snapshot) hosting(w work, o catalog.Offering) *catalog.Hosting {
	if w.Service == "" {
		return nil
	}
	h, ok := s.catalog.Provider(o.Place.Cloud, o.Service, w.wanted())
	if !ok || h.Product == "" {
		return nil
	}
	return &h
}

// recipe names to a provider what is to run: the service in the version that was chosen, where one is known.
func (w work) recipe(h *catalog.Hosting) string {
	if h == nil || h.Version == "" {
		return w.Service
	}
	return fmt.Sprintf("%s@%s", h.Service, h.Version)
}

// runsOn names for people what a stage runs on: a type of machine, a service, or a service on a type of machine.
func (s PlannedStage) runsOn() string {
	machine := s.Offering.Type.Name
	if s.Hosting == nil {
		return cmp.Or(machine, s.Offering.Service)
	}
	name := s.Hosting.Service
	if v, err := catalog.ParseVersion(s.Hosting.Version); err == nil {
		name += " " + v.String()
	}
	if machine != "" {
		name += " on " + machine
	}
	return name
}

// Uses counts the stages of the plan by the service they ask for, "vm" where they name none: what
// [catalog.Catalog.Compatibility] takes to say how often services of more than one cloud are used.
func (p *Plan) Uses() map[string]int64 {
	uses := map[string]int64{}
	for _, s := range p.Stages {
		if stage := p.Job.stage(s.Name); stage != nil {
			uses[stage.options()[s.Alternative].service()]++
		}
	}
	return uses
}
