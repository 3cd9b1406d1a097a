package sky

import (
	"time"
)

// Job is a graph of stages and the data between them. A Job is built by one goroutine and only read after that; its
// methods never return errors: each node keeps the file and line of its caller, and [Job.Validate] and [Broker.Plan]
// report everything at once.
type Job struct {
	name      string
	objective Objective
	deadline  time.Duration
	budget    Money
	rules     []Rule
	datasets  []*Dataset
	stages    []*Stage
	named     names
	groups    []group
	site      site
	mistakes  []*Mistake // those found while building
}

// NewJob begins a job. The name is for people and for the names of what is created in clouds: letters, digits, "-",
// "_" and "."; at most 63 of them.
func NewJob(name string) *Job {
	return &Job{name: name, objective: Cost, site: caller()}
}

// Name is what the job was called.
func (j *Job) Name() string { return j.name }

// Minimize says what the best plan is the least of. Default: [Cost].
func (j *Job) Minimize(o Objective) *Job { j.objective = o; return j }

// Deadline bounds the time of the whole job, counted from Start. 0 = none.
func (j *Job) Deadline(d time.Duration) *Job { j.deadline = d; return j }

// Budget bounds the cost of the whole job: the expected cost when planning, and a hard stop when running. 0 = none.
func (j *Job) Budget(m Money) *Job { j.budget = m; return j }

// Rules must hold for every stage of the job and all its data.
func (j *Job) Rules(rules ...Rule) *Job { j.rules = append(j.rules, rules...); return j }

// Dataset names data that exists before the job: everything under a URL that ends in "/", or one object. Its place is
// given by [Dataset.At], or by the bucket's entry in [Config.Buckets].
func (j *Job) Dataset(name, url string, size Bytes) *Dataset {
	return j.addDataset(&Dataset{name: name, url: url, size: size, site: caller()})
}

func (j *Job) addDataset(d *Dataset) *Dataset {
	d.job = j
	j.named.init()
	j.datasets = append(j.datasets, d)
	if j.named.datasets[d.name] == nil {
		j.named.datasets[d.name] = d
	}
	return d
}

// Stage adds a stage: a unit of work that is never split across clouds.
func (j *Job) Stage(name string) *Stage {
	return j.addStage(&Stage{name: name, nodes: 1, site: caller()})
}

func (j *Job) addStage(s *Stage) *Stage {
	s.job, s.pos = j, len(j.stages)
	j.named.init()
	j.stages = append(j.stages, s)
	if j.named.stages[s.name] == nil {
		j.named.stages[s.name] = s
	}
	return s
}

// Together keeps stages in the same zone, region or cloud.
func (j *Job) Together(level Level, stages ...*Stage) *Job {
	return j.group(group{Kind: together, Level: level}, stages)
}

// Apart keeps every two of the stages in different zones, regions or clouds.
func (j *Job) Apart(level Level, stages ...*Stage) *Job {
	return j.group(group{Kind: apart, Level: level}, stages)
}

// Spread puts the stages in at least k different zones, regions or clouds.
func (j *Job) Spread(level Level, k int, stages ...*Stage) *Job {
	return j.group(group{Kind: spread, Level: level, K: k}, stages)
}

func (j *Job) group(g group, stages []*Stage) *Job {
	g.site = callerOf(2)
	for _, s := range stages {
		if s == nil || s.job != j {
			j.mistake(g.site, "", string(g.Kind)+": a stage of another job, or none")
			continue
		}
		g.Stages = append(g.Stages, s.name)
	}
	j.groups = append(j.groups, g)
	return j
}

// names finds nodes by their name; of several with the same, the first.
type names struct {
	stages   map[string]*Stage
	datasets map[string]*Dataset
	outputs  map[string]*Output // by "stage/output"
}

// init makes the zero Job one that can be added to.
func (n *names) init() {
	if n.stages == nil {
		*n = names{map[string]*Stage{}, map[string]*Dataset{}, map[string]*Output{}}
	}
}

// stage finds a stage by name; nil when there is none.
func (j *Job) stage(name string) *Stage { return j.named.stages[name] }

// dataset finds a dataset by name; nil when there is none.
func (j *Job) dataset(name string) *Dataset { return j.named.datasets[name] }

// output finds an output by "stage/output"; nil when there is none.
func (j *Job) output(ref string) *Output { return j.named.outputs[ref] }

// Artifact is data a stage can read: a [Dataset] or an [Output].
type Artifact interface {
	// Name is the dataset's name, or "stage/output".
	Name() string
	artifact() (j *Job, ref string)
}

// Dataset is data that exists before the job.
type Dataset struct {
	job   *Job
	name  string
	url   string
	place string
	size  Bytes
	site  site
}

// At says where the data is: "cloud/region".
func (d *Dataset) At(place string) *Dataset { d.place = place; return d }

// Name is the dataset's name.
func (d *Dataset) Name() string { return d.name }

func (d *Dataset) artifact() (*Job, string) {
	if d == nil {
		return nil, ""
	}
	return d.job, d.name
}

// Output is data a stage writes.
type Output struct {
	stage *Stage
	name  string
	size  Bytes
	site  site
}

// Name is "stage/output".
func (o *Output) Name() string { return o.stage.name + "/" + o.name }

func (o *Output) artifact() (*Job, string) {
	if o == nil || o.stage == nil {
		return nil, ""
	}
	return o.stage.job, o.Name()
}
