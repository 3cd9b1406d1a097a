package sky

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/transfer"
)

// The engine carries these as opaque bytes; they are journaled, so they hold no secret and only gain fields.
type (
	// orders is where and on what a stage runs.
	orders struct {
		Stage       string           `json:"stage"`
		Alternative int              `json:"alternative,omitempty"`
		Offering    catalog.Offering `json:"offering"`
		Nodes       int              `json:"nodes"`
		Cost        Money            `json:"cost"`                 // expected, of the machines alone
		ListPrice   *unit.Price      `json:"list_price,omitempty"` // nil = the offering's price is the list price
		Inputs      Bytes            `json:"inputs,omitempty"`
	}
	// carry is one artifact to bring to one place.
	carry struct {
		Artifact string        `json:"artifact"`
		From     catalog.Place `json:"from"`
		To       catalog.Place `json:"to"`
		Bytes    Bytes         `json:"bytes"`
		Cost     Money         `json:"cost"`            // expected
		Used     Bytes         `json:"used,omitempty"`  // sent before by the same meter in the same month
		Meter    string        `json:"meter,omitempty"` // "" = the price does not depend on the volume
	}
	// carried is what came of it.
	carried struct {
		Bytes Bytes         `json:"bytes"`
		URL   string        `json:"url"`
		Only  []string      `json:"objects,omitempty"`
		Move  *catalog.Move `json:"move,omitempty"` // at list price; nil where the catalog knows none
	}
	// held is an allocation that is ready.
	held struct {
		Handle provider.Handle `json:"handle"`
		Since  time.Time       `json:"since"`
	}
	// billed is how long an allocation was held.
	billed struct {
		Held time.Duration `json:"held"`
	}
	// sealedOutput is one output of an attempt, whole and durable.
	sealedOutput struct {
		Artifact string            `json:"artifact"` // "clean/reviews"
		URL      string            `json:"url"`      // ends in "/"
		Manifest transfer.Manifest `json:"manifest"`
	}
)

// lowerSpec is the job as the engine runs it.
func lowerSpec(p *Plan, run string, rules engine.Rules) engine.Spec {
	j := p.Job
	rules.Version, rules.Budget = engine.RulesVersion, int64(p.budget())
	for _, s := range j.stages { // the machine's patience is longer than any stage's own grace
		rules.Grace = max(rules.Grace, s.grace+graceMargin)
	}
	spec := engine.Spec{Run: run, Seed: seedOf(run), Rules: rules}
	for _, s := range j.stages {
		lowered := engine.Stage{Name: s.name, Retries: s.retry, Timeout: s.timeout, Stall: s.stall, Seals: len(s.writes) > 0}
		reads := map[string]bool{}
		for _, ref := range s.reads {
			if producer, _, output := strings.Cut(ref, "/"); output && !reads[producer] {
				reads[producer] = true
				lowered.Needs = append(lowered.Needs, engine.Edge{Stage: j.stage(producer).pos, Until: engine.UntilCommitted})
			}
		}
		for _, name := range s.after {
			if !reads[name] {
				reads[name] = true
				lowered.Needs = append(lowered.Needs, engine.Edge{Stage: j.stage(name).pos, Until: engine.UntilExited})
			}
		}
		spec.Stages = append(spec.Stages, lowered)
	}
	return spec
}

// graceMargin is how long after its grace time a task may still be dying before its machines are given up.
const graceMargin = 10 * time.Minute

// budget is the job's, or what the plan costs where that is over by no more than was rounded off in making it.
func (p *Plan) budget() Money {
	if limit := p.Job.budget; limit == 0 || p.Cost > limit+Money(len(p.Stages)+len(p.Routes))*1000 {
		return limit
	}
	return max(p.Job.budget, p.Cost)
}

// seedOf makes the jitter of a run reproducible from its name.
func seedOf(run string) uint64 {
	seed := uint64(14695981039346656037) // FNV-1a
	for i := range len(run) {
		seed = (seed ^ uint64(run[i])) * 1099511628211
	}
	return seed
}

// lowerPlan says where the engine puts each stage; those in skip are left out.
func lowerPlan(p *Plan, skip map[string]pin) ([]engine.Assignment, error) {
	moves := map[string][]engine.Move{}
	for _, r := range p.Routes {
		if r.Kind == InPlace { // a copy that is reused may still be on its way: it is waited for
			continue
		}
		data, err := json.Marshal(carry{r.Artifact, r.From, r.To, r.Bytes, r.Cost, r.Used, r.Meter})
		if err != nil {
			return nil, err
		}
		m := engine.Move{ID: r.Artifact + "@" + r.To.String(), Cost: int64(r.Cost), Data: data}
		if o := p.Job.output(r.Artifact); o != nil {
			m.Maker = o.stage.pos + 1
		}
		for _, consumer := range r.Consumers {
			moves[consumer] = append(moves[consumer], m)
		}
	}
	var all []engine.Assignment
	for i, s := range p.Stages {
		if _, skipped := skip[s.Name]; skipped {
			continue
		}
		data, err := json.Marshal(s.orders(p.Job))
		if err != nil {
			return nil, err
		}
		o := s.Offering
		all = append(all, engine.Assignment{
			Stage: i, Cloud: o.Place.Cloud, Region: o.Place.Region, Zone: o.Place.Zone, Offering: o.ID, Market: string(o.Market),
			Cost: int64(s.Cost), Moves: moves[s.Name], Tasks: 1, Data: data,
		})
	}
	return all, nil
}

// orders is the planned stage as the engine carries it.
func (s PlannedStage) orders(j *Job) orders {
	o := orders{Stage: s.Name, Alternative: s.Alternative, Offering: s.Offering, Nodes: s.Nodes, Cost: s.Cost, ListPrice: s.ListPrice}
	if stage := j.stage(s.Name); stage != nil && s.Offering.Unit == catalog.PerTB {
		o.Inputs = j.inputs(stage)
	}
	return o
}

// read decodes opaque bytes the engine carried.
func read[T any](data json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("journaled %T: %w", v, err)
	}
	return v, nil
}

// write encodes bytes for the engine to carry. It cannot fail for the types above, which hold only plain data.
func write(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return data
}
