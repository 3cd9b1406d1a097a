package sky

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/optimize"
)

// assumedBandwidth is what a transfer is planned with where no figure is known, in bytes per second: 1 Gbit/s, what the
// smallest machines of the large clouds are sold with. The plan warns where it was used.
const assumedBandwidth = 125e6

// compiled is a job as a placement problem, and the way back from its answer. This file and toll.go are the only ones that know both
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
	ties    bool             // a tariff behind those keeps what it joins in one region
	inputs  []Bytes          // total size of a stage's inputs
	shelf   shelf
	scarce  []scarce // what the problem's capacities are about
	gates   gates
	partial []string // offerings whose capacity is not checked for all stages that may run at once
}

// past is what a replan starts from. The zero past is a run that has not begun.
type past struct {
	pins     map[string]pin             // by stage
	replicas map[string][]catalog.Place // where copies of an artifact are already, by artifact
	moved    []carry                    // how they came there
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

// compile makes the problem. What is past stays where it is and costs nothing any more.
func compile(j *Job, snap *Snapshot, before past) (*compiled, error) {
	c := &compiled{
		job: j, snap: snap, past: before, shelf: shelf{}, class: map[catalog.Place]int{}, vars: map[string]int{}, sizes: map[string]Bytes{},
		problem: &optimize.Problem{Objective: j.objective.lower(), Deadline: millis(j.deadline), Budget: atLeastOne(micros(j.budget), j.budget)},
	}
	c.measure()
	for i, s := range j.stages {
		options, err := c.stageOptions(i, s)
		if err != nil {
			return nil, err
		}
		c.options = append(c.options, options)
		c.problem.Vars = append(c.problem.Vars, c.variable(s, options))
		for _, o := range s.writes {
			c.vars[o.Name()] = i
		}
	}
	if err := c.unplaced(); err != nil {
		return nil, err
	}
	if err := c.addDatasets(); err != nil {
		return nil, err
	}
	c.addEdges()
	c.addGroups()
	c.addTariffs()
	c.addCapacities()
	return c, nil
}

// unplaced is the error of a job with stages that have no option.
func (c *compiled) unplaced() error {
	var refused []StageRefusal
	for i, s := range c.job.stages {
		if len(c.options[i]) == 0 {
			refused = append(refused, StageRefusal{Stage: s.name})
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return &InfeasibleError{Job: c.job.name, Stages: refused}
}

// only is the same problem with the options of one cloud.
func (c *compiled) only(cloud string) (*compiled, error) {
	d, q := *c, *c.problem
	d.problem, d.options = &q, make([][]option, len(c.options))
	q.Vars, q.Limits = slices.Clone(c.problem.Vars), nil
	for i, all := range c.options {
		v := &q.Vars[i]
		v.Options = nil
		for k, o := range all {
			if o.place.Cloud == cloud {
				d.options[i] = append(d.options[i], o)
				v.Options = append(v.Options, c.problem.Vars[i].Options[k])
			}
		}
	}
	d.addCapacities()
	return &d, d.unplaced()
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

func (c *compiled) variable(s *Stage, options []option) optimize.Var {
	v := optimize.Var{Name: s.name, Options: make([]optimize.Option, 0, len(options))}
	zoned := c.job.zoned(s)
	for _, o := range options {
		at := o.place
		if !zoned { // no rule tells zones apart
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
		to := c.port(i, s)
		for _, ref := range s.reads {
			if artifacts[ref] == 0 {
				artifacts[ref] = len(artifacts) + 1
			}
			c.problem.Edges = append(c.problem.Edges, optimize.Edge{
				From: c.vars[ref], To: to, KB: kilobytes(c.sizes[ref]), Artifact: artifacts[ref], Tariff: c.tariffOf(ref),
			})
		}
		for _, name := range s.after {
			c.problem.Edges = append(c.problem.Edges, optimize.Edge{From: c.job.stage(name).pos, To: i, Tariff: optimize.NoTariff})
		}
	}
}

// tie marks, until all tariffs are known, an edge whose ends must share a region.
const tie = -2

// port is the variable that a stage's inputs come to: the stage itself, or, where a rule looks at its zone, one that stands
// for its region, so that copies are shared by the zones of a region. It takes no time and costs nothing.
func (c *compiled) port(i int, s *Stage) int {
	if len(s.reads) == 0 || !c.job.zoned(s) {
		return i
	}
	port := optimize.Var{Name: s.name}
	seen := map[int]bool{}
	for _, o := range c.options[i] {
		if class := c.classOf(o.place.InRegion()); !seen[class] {
			seen[class] = true
			port.Options = append(port.Options, optimize.Option{Class: class})
		}
	}
	c.ties = true
	c.problem.Vars = append(c.problem.Vars, port)
	v := len(c.problem.Vars) - 1
	c.problem.Edges = append(c.problem.Edges, optimize.Edge{From: v, To: i, Tariff: tie})
	return v
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
	c.addGates()
	p.Tariffs = append(p.Tariffs, c.tariff(""))
	for _, artifact := range c.tariffs {
		p.Tariffs = append(p.Tariffs, c.tariff(artifact))
	}
	if c.ties {
		c.tied()
	}
	p.Zones = c.domains(func(q catalog.Place) catalog.Place { return q })
	p.Regions = c.domains(catalog.Place.InRegion)
	p.Clouds = c.domains(func(q catalog.Place) catalog.Place { return catalog.Place{Cloud: q.Cloud} })
}

// tied adds the tariff of edges that keep their ends in one region.
func (c *compiled) tied() {
	n := len(c.places)
	t := optimize.Tariff{Money: make([]int64, n*n)}
	for a, from := range c.places {
		for b, to := range c.places {
			if from.InRegion() != to.InRegion() {
				t.Money[a*n+b] = -1
			}
		}
	}
	for i := range c.problem.Edges {
		if e := &c.problem.Edges[i]; e.Tariff == tie {
			e.Tariff = len(c.problem.Tariffs)
		}
	}
	c.problem.Tariffs = append(c.problem.Tariffs, t)
}

// isTie reports whether an edge joins a stage and its port, which is no rule of the job.
func (c *compiled) isTie(edge int) bool {
	return c.ties && c.problem.Edges[edge].Tariff == len(c.problem.Tariffs)-1
}

func (c *compiled) tariff(artifact string) optimize.Tariff {
	n := len(c.places)
	t := optimize.Tariff{Money: make([]int64, n*n), Time: make([]int64, n*n), Fixed: make([]int64, n*n), Meter: make([]int, n*n)}
	for a, from := range c.places {
		for b, to := range c.places {
			link, ok := c.snap.link(from, to)
			switch i := a*n + b; {
			case from.InRegion() == to.InRegion(), c.past.holds(artifact, to):
			case !ok:
				t.Money[i] = -1
			default:
				t.Money[i], t.Meter[i] = c.rate(&link)
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
