package sky

import (
	"errors"
	"fmt"
)

// check says whether a plan, which may have been stored as JSON and changed since, fits its own job: the run relies on
// it.
func (p *Plan) check() error {
	switch {
	case p == nil || p.Job == nil:
		return errors.New("the plan has no job: take one from Broker.Plan")
	case p.Version != planVersion:
		return fmt.Errorf("the plan is of version %d, this library runs version %d: plan the job again", p.Version, planVersion)
	}
	if err := p.Job.Validate(); err != nil {
		return err
	}
	if len(p.Stages) != len(p.Job.stages) {
		return fmt.Errorf("the plan has %d stages, its job %d: plan the job again", len(p.Stages), len(p.Job.stages))
	}
	var errs []error
	for i, s := range p.Job.stages {
		if what := p.Stages[i].misfit(s); what != "" {
			errs = append(errs, fmt.Errorf("stage %q: the plan %s: plan the job again", s.name, what))
		}
	}
	if len(errs) == 0 {
		errs = p.checkRoutes()
	}
	return errors.Join(errs...)
}

func (s PlannedStage) misfit(of *Stage) string {
	switch o := s.Offering; {
	case s.Name != of.name:
		return fmt.Sprintf("has %q in its place", s.Name)
	case s.Alternative < 0 || s.Alternative >= len(of.options()):
		return fmt.Sprintf("takes alternative %d of %d", s.Alternative, len(of.options()))
	case s.Nodes != of.nodes:
		return fmt.Sprintf("has %d nodes, the job %d", s.Nodes, of.nodes)
	case o.ID == "" || o.Place.Cloud == "" || o.Place.Region == "":
		return fmt.Sprintf("puts it on %q at %q, which is nowhere", o.ID, o.Place)
	case s.Cost < 0 || o.Price < 0:
		return fmt.Sprintf("expects it to cost %s at %s", s.Cost, o.Price)
	}
	return ""
}

// checkRoutes makes sure that every input of every stage comes to where the stage is.
func (p *Plan) checkRoutes() []error {
	type need struct{ artifact, consumer string }
	routes := map[need]Route{}
	for _, r := range p.Routes {
		for _, consumer := range r.Consumers {
			routes[need{r.Artifact, consumer}] = r
		}
	}
	var errs []error
	for i, s := range p.Job.stages {
		for _, ref := range s.reads {
			r, ok := routes[need{ref, s.name}]
			to := p.Stages[i].Offering.Place.InRegion()
			if !ok || r.To != to || r.Kind == InPlace && r.From != to || !p.starts(r) {
				errs = append(errs, fmt.Errorf("stage %q: the plan has no way for %q from where it is to %s: plan the job again", s.name, ref, to))
			}
		}
	}
	return errs
}

// starts reports whether a route begins where its artifact is made.
func (p *Plan) starts(r Route) bool {
	o := p.Job.output(r.Artifact)
	return o == nil || r.From == p.Stages[o.stage.pos].Offering.Place.InRegion()
}
