package sky

import (
	"fmt"
	"math"
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
	problem *optimize.Problem
	places  []catalog.Place // of each class
	class   map[catalog.Place]int
	options [][]option       // by stage, as in the problem's variables
	vars    map[string]int   // variable of a dataset or of an output's stage, by artifact
	sizes   map[string]Bytes // of each artifact
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

// pin fixes a stage that is finished or running, for planning what is left.
type pin struct {
	offering string
	zone     string
	done     bool // its work costs no more time
}

// compile makes the problem. Stages in pins stay where they are and cost nothing any more; cloud, when not empty,
// is the only one allowed for the others.
func compile(j *Job, snap *Snapshot, pins map[string]pin, cloud string) (*compiled, error) {
	c := &compiled{
		job: j, snap: snap, class: map[catalog.Place]int{}, vars: map[string]int{}, sizes: map[string]Bytes{},
		problem: &optimize.Problem{Objective: j.objective.lower(), Deadline: millis(j.deadline), Budget: micros(j.budget)},
	}
	c.measure()
	var refused []StageRefusal
	for i, s := range j.stages {
		options, err := c.stageOptions(i, s, pins, cloud)
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
	c.addTariff()
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
			total += c.sizes[ref]
		}
		c.inputs = append(c.inputs, total)
	}
}

func (c *compiled) stageOptions(i int, s *Stage, pins map[string]pin, cloud string) ([]option, error) {
	var all []option
	pinned, fixed := pins[s.name]
	snap := c.snap
	if fixed {
		free := *snap // a block does not move what is there already
		free.blocked, cloud = nil, ""
		snap = &free
	}
	for a, w := range s.options() {
		for _, o := range snap.offerings(c.job, s, w, cloud) {
			for _, place := range c.placesOf(s, o) {
				if fixed && (o.ID != pinned.offering || place.Zone != pinned.zone) {
					continue
				}
				opt, err := snap.price(s, w, o, c.inputs[i])
				if err != nil {
					return nil, err
				}
				opt.alternative, opt.place = a, place
				if fixed {
					opt.cost, opt.grams = 0, new(float64)
					if pinned.done {
						opt.time = 0
					}
					return []option{opt}, nil
				}
				all = append(all, opt)
			}
		}
	}
	return all, nil
}

// placesOf is the offering's own place, or each zone of its region when a rule of the job looks at the stage's zone.
func (c *compiled) placesOf(s *Stage, o catalog.Offering) []catalog.Place {
	if o.Place.Zone != "" || !c.job.zoned(s) {
		return []catalog.Place{o.Place}
	}
	region, _ := c.snap.catalog.Region(o.Place)
	places := make([]catalog.Place, 0, len(region.Zones))
	for _, z := range region.Zones {
		places = append(places, catalog.Place{Cloud: o.Place.Cloud, Region: o.Place.Region, Zone: z})
	}
	return places
}

func (j *Job) zoned(s *Stage) bool {
	for _, g := range j.groups {
		for _, name := range g.Stages {
			if g.Level == Zone && name == s.name {
				return true
			}
		}
	}
	return false
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
		lowered := optimize.Option{Class: c.classOf(o.place), Money: micros(o.cost), Time: millis(o.time)}
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

func (c *compiled) addDatasets() error {
	v := validator{job: c.job}
	for _, d := range c.job.datasets {
		place, ok := c.snap.locate(d)
		if !ok {
			v.add(d.site, "", "dataset %q: where is %s? Say At(\"cloud/region\"), or list its bucket in Config.Buckets", d.name, d.url)
			continue
		}
		if _, known := c.snap.catalog.Region(place); !known {
			v.add(d.site, "", "dataset %q: the catalog does not know the region %s", d.name, place)
			continue
		}
		c.vars[d.name] = len(c.problem.Vars)
		c.problem.Vars = append(c.problem.Vars, optimize.Var{Name: d.name, Options: []optimize.Option{{Class: c.classOf(place)}}})
	}
	return v.err()
}

func (c *compiled) addEdges() {
	artifacts := map[string]int{}
	for i, s := range c.job.stages {
		for _, ref := range s.reads {
			if artifacts[ref] == 0 {
				artifacts[ref] = len(artifacts) + 1
			}
			c.problem.Edges = append(c.problem.Edges, optimize.Edge{
				From: c.vars[ref], To: i, KB: kilobytes(c.sizes[ref]), Artifact: artifacts[ref],
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

// addTariff fills in what moving a gigabyte between any two classes costs and takes, and which domain each class is in.
func (c *compiled) addTariff() {
	n := len(c.places)
	t := optimize.Tariff{Money: make([]int64, n*n), Time: make([]int64, n*n), Fixed: make([]int64, n*n)}
	for a, from := range c.places {
		for b, to := range c.places {
			link, ok := c.snap.catalog.Link(from, to)
			switch i := a*n + b; {
			case from.InRegion() == to.InRegion():
			case !ok:
				t.Money[i] = -1
			default:
				t.Money[i] = micros(Money(link.Egress))
				t.Time[i] = int64(math.Ceil(1e9 / bandwidth(link) * 1000))
				t.Fixed[i] = millis(link.Latency)
			}
		}
	}
	p := c.problem
	p.Classes, p.Tariffs = n, []optimize.Tariff{t}
	p.Zones = c.domains(func(q catalog.Place) catalog.Place { return q })
	p.Regions = c.domains(catalog.Place.InRegion)
	p.Clouds = c.domains(func(q catalog.Place) catalog.Place { return catalog.Place{Cloud: q.Cloud} })
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

// micros is an amount in micro-dollars, half up.
func micros(m Money) int64 { return (int64(m) + 500) / 1000 }

// millis is a duration in milliseconds, up.
func millis(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// kilobytes is a size in thousands of bytes, up.
func kilobytes(b Bytes) int64 { return int64((b + 999) / 1000) }
