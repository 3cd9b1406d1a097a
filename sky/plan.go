package sky

import (
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// Plan says where every stage runs and how every artifact gets there, what it is expected to cost and to take, and how
// good that is. It is plain data: a function of the job and the snapshot it was made from, and immutable.
type Plan struct {
	Version  int            `json:"version"`
	Job      *Job           `json:"job"`
	Catalog  string         `json:"catalog"`          // digest of the catalog it was made from, as the host gave it: see catalog.Options
	Snapshot string         `json:"snapshot"`         // digest of what the broker knew; the same job and digest give the same plan
	Stages   []PlannedStage `json:"stages"`           // in the job's order
	Routes   []Route        `json:"routes"`           // by consumer, in the job's order
	Cost     Money          `json:"cost"`             // expected, egress included
	List     Money          `json:"list,omitempty"`   // Cost at list prices; 0 for a host without a price book
	Credit   Money          `json:"credit,omitempty"` // the part of Cost that is prepaid, or paid from credits: see [Plan.Receipt]
	Egress   Money          `json:"egress"`           // the part of Cost that is for moving data
	Time     time.Duration  `json:"time"`             // expected, from start to the end of the last stage
	Carbon   *float64       `json:"carbon"`           // grams of CO2e; nil when a stage's figure is not known
	Singles  []SingleCloud  `json:"singles"`          // the best plan on each cloud of the catalog alone, or why there is none
	Proof    Proof          `json:"proof"`
	Warnings []string       `json:"warnings,omitempty"`
	origin   *origin        // nil for one that was read from JSON
}

// PlannedStage is where one stage runs.
type PlannedStage struct {
	Name        string           `json:"name"`
	Alternative int              `json:"alternative"` // index into the stage's alternatives; 0 when it has none
	Offering    catalog.Offering `json:"offering"`
	Hosting     *catalog.Hosting `json:"hosting,omitempty"` // who runs the stage's Service, and in which version; nil when it has none or the catalog does not know
	Nodes       int              `json:"nodes"`
	Start       time.Duration    `json:"start"` // from the start of the run
	Time        time.Duration    `json:"time"`
	Cost        Money            `json:"cost"`
	List        Money            `json:"list,omitempty"`       // Cost at list price; 0 for a host without a price book
	ListPrice   *unit.Price      `json:"list_price,omitempty"` // where it is not the offering's
	Carbon      *float64         `json:"carbon"`               // grams of CO2e; nil when not known
	Bids        []Bid            `json:"bids"`                 // ranked alternatives, the winner first; of a large job not all are worked out, see [Plan.Explain]
}

// Bid is the best one region of one cloud had to offer for a stage.
type Bid struct {
	Offering string        `json:"offering"` // the catalog's id; "" when a rule excludes the whole cloud
	Place    catalog.Place `json:"place"`
	Price    string        `json:"price"` // "$12.24/hour"
	Time     time.Duration `json:"time"`
	Cost     Money         `json:"cost"`
	WhyNot   string        `json:"why_not,omitempty"` // "" for the winner; else the first broken rule, or what choosing it would add, "at most" where that is not worked out to the end
	Adds     Money         `json:"adds,omitempty"`    // what the plan's cost, or its blend, would rise by, at most where WhyNot says so; 0 when time or carbon is minimised
	Drop     Money         `json:"drop,omitempty"`    // from [Plan.Explain]: what its own cost would have to fall by to draw level; 0 when no fall would do, or none counts
}

// RouteKind says how an artifact gets to a consumer.
type RouteKind string

// The kinds of route.
const (
	InPlace RouteKind = "in place" // it is there already
	Direct  RouteKind = "direct"   // copied once from where it is
	Reuse   RouteKind = "reuse"    // a copy is there already, from before a replan
)

// Route is the way of one artifact to one place.
type Route struct {
	Artifact  string        `json:"artifact"` // "raw" for a dataset, "clean/reviews" for an output
	From      catalog.Place `json:"from"`     // cloud/region
	To        catalog.Place `json:"to"`
	Kind      RouteKind     `json:"kind"`
	Mover     string        `json:"mover,omitempty"` // who copies: "host"
	Bytes     Bytes         `json:"bytes"`
	Time      time.Duration `json:"time"`
	Cost      Money         `json:"cost"`
	List      Money         `json:"list,omitempty"`  // Cost at list price; 0 for a host without a price book
	Used      Bytes         `json:"used,omitempty"`  // volume of the month before it, where that decides the price
	Meter     string        `json:"meter,omitempty"` // the cloud, or region, whose volume that is
	Consumers []string      `json:"consumers"`       // stages at To that read it
}

// SingleCloud is the best plan on one cloud alone.
type SingleCloud struct {
	Cloud  string        `json:"cloud"`
	Cost   Money         `json:"cost"`
	Time   time.Duration `json:"time"`
	Reason string        `json:"reason,omitempty"` // why there is none; "" when there is
}

// Proof says how good the plan is known to be, in the objective's own unit.
type Proof struct {
	Optimal bool    `json:"optimal"` // proved; otherwise Gap is what is left open
	Value   int64   `json:"value"`   // of the objective: micro-dollars, milliseconds, milligrams, or a blend in micro-dollars
	Bound   int64   `json:"bound"`   // no plan is better than this
	Gap     float64 `json:"gap"`     // (Value − Bound) / Value
	Method  string  `json:"method"`  // how it was solved
}

// Saving is the part of the best single cloud's cost that the plan saves, and that cloud's name: 1 at most, and negative
// when the plan pays for being faster or cleaner. ok is false when no single cloud can run the job.
func (p *Plan) Saving() (share float64, cloud string, ok bool) {
	best := Money(-1)
	for _, s := range p.Singles {
		if s.Reason == "" && (best < 0 || s.Cost < best) {
			best, cloud = s.Cost, s.Cloud
		}
	}
	if best <= 0 {
		return 0, cloud, best == 0
	}
	return float64(best-p.Cost) / float64(best), cloud, true
}
