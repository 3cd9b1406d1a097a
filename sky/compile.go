package sky

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/optimize"
)

// assumedBandwidth is what a transfer is planned with where no figure is known, in bytes per second: 1 Gbit/s, what the
// smallest machines of the large clouds are sold with. The plan warns where it was used.
const assumedBandwidth = 125e6

// compiled is a job as a placement problem, and the way back from its answer. This file is the only one that knows both
// sides: nano-dollars become micro-dollars (half up), durations milliseconds (up), bytes kilobytes (up), once for each
// option and edge.
type compiled struct {
	job     *Job
	snap    *Snapshot
	past    past
	problem *optimize.Problem
	places  []catalog.Place // of each class
	class   map[catalog.Place]int
	options [][]option       // by stage, as in the problem's variables
	vars    map[string]int   // variable of a dataset or of an output's stage, by artifact
	sizes   map[string]Bytes // of each artifact
	tariffs []string         // artifacts with a tariff of their own
	zoned   bool             // some rule looks at zones: they are classes of their own
	inputs  []Bytes          // total size of a stage's inputs
}

// option is one way to run one stage at one place.
type option struct {
	alternative int
	offering    catalog.Offering
	place       catalog.Place // the offering's, with a zone when a rule needs one
	time        time.Duration
	cost        Money
	grams       *float64
}

// past is what a replan starts from. The zero past is a run that has not begun.
type past struct {
	pins     map[string]pin             // by stage
	replicas map[string][]catalog.Place // where copies of an artifact are already, by artifact
}

// pin fixes a stage that is finished or running where it is, as it was when it was placed.
type pin struct {
	orders orders
	done   bool          // its work takes no more time
	ran    time.Duration // how long its work has gone on
}

// holds reports whether an artifact needs no transfer to a place any more: a copy is there, or was paid for.
func (p past) holds(artifact string, at catalog.Place) bool {
	return slices.Contains(p.replicas[artifact], at.InRegion())
}

// compile makes the problem. What is past stays where it is and costs nothing any more; cloud, when not empty, is the only
// one allowed for the rest.
func compile(j *Job, snap *Snapshot, before past, cloud string) (*compiled, error) {
	c := &compiled{
		job: j, snap: snap, past: before, zoned: j.groupsZones(), class: map[catalog.Place]int{}, vars: map[string]int{}, sizes: map[string]Bytes{},
		problem: &optimize.Problem{Objective: j.objective.lower(), Deadline: millis(j.deadline), Budget: atLeastOne(micros(j.budget), j.budget)},
	}
	c.measure()
	var refused []StageRefusal
	for i, s := range j.stages {
		options, err := c.stageOptions(i, s, cloud)
		if err != nil {
			return nil, err
		}
		if len(options) == 0 {
			refused = append(refused, StageRefusal{Stage: s.name})
		}
		c.options = append(c.options, options)
		c.problem.Vars = append(c.problem.Vars, c.variable(s.name, options))
		for _, o := range s.writes {
			c.vars[o.Name()] = i
		}
	}
	if len(refused) > 0 {
		return nil, &InfeasibleError{Job: j.name, Stages: refused}
	}
	if err := c.addDatasets(); err != nil {
		return nil, err
	}
	c.addEdges()
	c.addGroups()
	c.addTariffs()
	return c, nil
}

// measure adds up the sizes of every stage's inputs.
func (c *compiled) measure() {
	for _, d := range c.job.datasets {
		c.sizes[d.name] = d.size
	}
	for _, s := range c.job.stages {
		for _, o := range s.writes {
			c.sizes[o.Name()] = o.size
		}
	}
	for _, s := range c.job.stages {
		total := Bytes(0)
		for _, ref := range s.reads {
			total += min(c.sizes[ref], math.MaxInt64-total)
		}
		c.inputs = append(c.inputs, total)
	}
}

func (c *compiled) stageOptions(i int, s *Stage, cloud string) ([]option, error) {
	if p, fixed := c.past.pins[s.name]; fixed {
		o := option{alternative: p.orders.Alternative, offering: p.orders.Offering, place: p.orders.Offering.Place, grams: new(float64)}
		if !p.done {
			o.time = max(0, s.options()[o.alternative].Estimate.For(c.inputs[i])-p.ran)
		}
		return []option{o}, nil
	}
	var all []option
	for a, w := range s.options() {
		for _, o := range c.snap.offerings(c.job, s, w, cloud) {
			opt, err := c.snap.price(s, w, o, c.inputs[i])
			if err != nil {
				return nil, err
			}
			for _, place := range c.snap.places(c.job, s, o) {
				opt.alternative, opt.place = a, place
				all = append(all, opt)
			}
		}
	}
	return all, nil
}

// price says what running a stage one way on one offering takes and costs.
func (s *Snapshot) price(st *Stage, w work, o catalog.Offering, inputs Bytes) (option, error) {
	opt := option{offering: o, time: w.Estimate.For(inputs)}
	quantity := unit.Hours(max(opt.time, o.Minimum)).Times(st.nodes)
	if o.Unit == catalog.PerTB {
		quantity = unit.Quantity{N: int64(inputs), Per: int64(unit.TB)}
	}
	cost, err := o.Price.For(quantity)
	if err != nil {
		return option{}, fmt.Errorf("stage %q on %s: %w", st.name, o.ID, err)
	}
	opt.cost = cost
	if g, ok := s.grams(o, opt.time, st.nodes); ok {
		opt.grams = &g
	}
	return opt, nil
}

// grams is the CO2e of running an offering for a time: watts × hours × the region's grams per kWh.
func (s *Snapshot) grams(o catalog.Offering, d time.Duration, nodes int) (float64, bool) {
	r, ok := s.catalog.Region(o.Place)
	if !ok || r.Carbon == nil || o.Type.Watts == nil {
		return 0, false
	}
	return *o.Type.Watts / 1000 * d.Hours() * *r.Carbon * float64(nodes), true
}

func (c *compiled) variable(name string, options []option) optimize.Var {
	v := optimize.Var{Name: name, Options: make([]optimize.Option, 0, len(options))}
	for _, o := range options {
		at := o.place
		if !c.zoned { // copies are shared within a region
			at = at.InRegion()
		}
		lowered := optimize.Option{Class: c.classOf(at), Money: micros(o.cost), Time: millis(o.time)}
		if o.grams != nil {
			lowered.Carbon = int64(math.Ceil(*o.grams * 1000))
		}
		v.Options = append(v.Options, lowered)
	}
	return v
}

func (c *compiled) classOf(p catalog.Place) int {
	if i, ok := c.class[p]; ok {
		return i
	}
	c.class[p] = len(c.places)
	c.places = append(c.places, p)
	return len(c.places) - 1
}

// addDatasets pins each dataset to where it is, which the job's rules must allow.
func (c *compiled) addDatasets() error {
	v := validator{job: c.job}
	var forbidden []string
	for _, d := range c.job.datasets {
		place, ok := c.snap.locate(d)
		if !ok {
			v.add(d.site, "", "dataset %q: where is %s? Say At(\"cloud/region\"), or list its bucket in Config.Buckets", d.name, d.url)
			continue
		}
		if _, known := c.snap.catalog.Region(place); !known && c.past.pins == nil { // a run that is resumed may have another catalog
			v.add(d.site, "", "dataset %q: the catalog does not know the region %s", d.name, place)
			continue
		}
		for _, r := range c.job.rules {
			if !r.allows(c.snap.where(place)) {
				forbidden = append(forbidden, fmt.Sprintf("dataset %q at %s against rule %s", d.name, place, r))
			}
		}
		c.vars[d.name] = len(c.problem.Vars)
		c.problem.Vars = append(c.problem.Vars, optimize.Var{Name: d.name, Options: []optimize.Option{{Class: c.classOf(place)}}})
	}
	if err := v.err(); err != nil || len(forbidden) == 0 {
		return err
	}
	return &InfeasibleError{Job: c.job.name, Conflict: forbidden}
}

func (c *compiled) addEdges() {
	artifacts := map[string]int{}
	for i, s := range c.job.stages {
		for _, ref := range s.reads {
			if artifacts[ref] == 0 {
				artifacts[ref] = len(artifacts) + 1
			}
			c.problem.Edges = append(c.problem.Edges, optimize.Edge{
				From: c.vars[ref], To: i, KB: kilobytes(c.sizes[ref]), Artifact: artifacts[ref], Tariff: c.tariffOf(ref),
			})
		}
		for _, name := range s.after {
			c.problem.Edges = append(c.problem.Edges, optimize.Edge{From: c.job.stage(name).pos, To: i, Tariff: optimize.NoTariff})
		}
	}
}

func (c *compiled) addGroups() {
	kinds := map[groupKind]optimize.GroupKind{together: optimize.Together, apart: optimize.Apart, spread: optimize.Spread}
	levels := map[Level]optimize.Level{Zone: optimize.Zone, Region: optimize.Region, Cloud: optimize.Cloud}
	for _, g := range c.job.groups {
		lowered := optimize.Group{Name: g.String(), Kind: kinds[g.Kind], Level: levels[g.Level], Min: g.K}
		for _, name := range g.Stages {
			lowered.Vars = append(lowered.Vars, c.job.stage(name).pos)
		}
		c.problem.Groups = append(c.problem.Groups, lowered)
	}
}

// tariffOf is the tariff an artifact travels by: the common one, or, where copies of it are in places already, its own.
func (c *compiled) tariffOf(artifact string) int {
	if len(c.past.replicas[artifact]) == 0 {
		return 0
	}
	for i, of := range c.tariffs {
		if of == artifact {
			return i + 1
		}
	}
	c.tariffs = append(c.tariffs, artifact)
	return len(c.tariffs)
}

// addTariffs fills in what moving a gigabyte between any two classes costs and takes, and which domain each class is in.
func (c *compiled) addTariffs() {
	p := c.problem
	p.Classes = len(c.places)
	p.Tariffs = append(p.Tariffs, c.tariff(""))
	for _, artifact := range c.tariffs {
		p.Tariffs = append(p.Tariffs, c.tariff(artifact))
	}
	p.Zones = c.domains(func(q catalog.Place) catalog.Place { return q })
	p.Regions = c.domains(catalog.Place.InRegion)
	p.Clouds = c.domains(func(q catalog.Place) catalog.Place { return catalog.Place{Cloud: q.Cloud} })
}

func (c *compiled) tariff(artifact string) optimize.Tariff {
	n := len(c.places)
	t := optimize.Tariff{Money: make([]int64, n*n), Time: make([]int64, n*n), Fixed: make([]int64, n*n)}
	for a, from := range c.places {
		for b, to := range c.places {
			link, ok := c.snap.link(from, to)
			switch i := a*n + b; {
			case from.InRegion() == to.InRegion(), c.past.holds(artifact, to):
			case !ok:
				t.Money[i] = -1
			default:
				t.Money[i] = micros(Money(link.Egress))
				t.Time[i] = millis(transferTime(catalog.Link{Bandwidth: link.Bandwidth}, GB))
				t.Fixed[i] = millis(link.Latency)
			}
		}
	}
	return t
}

func (c *compiled) domains(of func(catalog.Place) catalog.Place) []int {
	ids, domains := map[catalog.Place]int{}, make([]int, len(c.places))
	for i, p := range c.places {
		key := of(p)
		if _, ok := ids[key]; !ok {
			ids[key] = len(ids)
		}
		domains[i] = ids[key]
	}
	return domains
}

func bandwidth(l catalog.Link) float64 {
	if l.Bandwidth > 0 {
		return l.Bandwidth
	}
	return assumedBandwidth
}

func (o Objective) lower() optimize.Objective {
	switch o.Kind {
	case minTime:
		return optimize.Objective{Aim: optimize.Time}
	case minCarbon:
		return optimize.Objective{Aim: optimize.Carbon}
	case minBlend:
		return optimize.Objective{Aim: optimize.Blend, PerHour: micros(o.HourWorth), PerKg: micros(o.TonneWorth / 1000)}
	}
	return optimize.Objective{Aim: optimize.Cost}
}

// atLeastOne keeps a limit that is less than half a micro-dollar from becoming 0, which is none.
func atLeastOne(micros int64, limit Money) int64 {
	if limit > 0 {
		return max(micros, 1)
	}
	return micros
}

// micros is an amount in micro-dollars, half up.
func micros(m Money) int64 { return int64(m)/1000 + (int64(m)%1000+500)/1000 }

// millis is a duration in milliseconds, up.
func millis(d time.Duration) int64 {
	return int64(d/time.Millisecond + (d%time.Millisecond+time.Millisecond-1)/time.Millisecond)
}

// kilobytes is a size in thousands of bytes, up.
func kilobytes(b Bytes) int64 { return int64(b/1000 + (b%1000+999)/1000) }
