package sky

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openintercloud/broker/provider/secret"
)

// jobVersion is the version of a job's JSON. A newer one is refused.
const jobVersion = 1

// jobJSON is a job as JSON: durations in nanoseconds, sizes in bytes, money in nano-dollars. The host's file and line
// are left out, so that the same job gives the same text wherever it was built.
type jobJSON struct {
	Version   int           `json:"version"`
	Name      string        `json:"name"`
	Objective Objective     `json:"objective"`
	Deadline  time.Duration `json:"deadline,omitempty"`
	Budget    Money         `json:"budget,omitempty"`
	Rules     []Rule        `json:"rules,omitempty"`
	Datasets  []datasetJSON `json:"datasets,omitempty"`
	Stages    []stageJSON   `json:"stages"`
	Groups    []group       `json:"groups,omitempty"`
}

type datasetJSON struct {
	Name  string `json:"name"`
	URL   string `json:"url"`
	Place string `json:"place,omitempty"`
	Size  Bytes  `json:"size"`
}

type outputJSON struct {
	Name string `json:"name"`
	Size Bytes  `json:"size"`
}

type stageJSON struct {
	Name string `json:"name"`
	work
	Either   []work                `json:"either,omitempty"`
	Rules    []Rule                `json:"rules,omitempty"`
	Reads    []string              `json:"reads,omitempty"`
	Writes   []outputJSON          `json:"writes,omitempty"`
	After    []string              `json:"after,omitempty"`
	Env      map[string]string     `json:"env,omitempty"`
	Secrets  map[string]secret.Ref `json:"secrets,omitempty"`
	Nodes    int                   `json:"nodes,omitempty"` // 0 = 1
	Retry    int                   `json:"retry,omitempty"`
	Spot     bool                  `json:"spot,omitempty"`
	Reserved bool                  `json:"reserved,omitempty"`
	Losses   Losses                `json:"losses,omitzero"`
	Timeout  time.Duration         `json:"timeout,omitempty"`
	Stall    time.Duration         `json:"stall,omitempty"`
	Grace    time.Duration         `json:"grace,omitempty"`
}

// MarshalJSON writes the job as versioned JSON. Reading it back gives a job with an equal plan.
func (j *Job) MarshalJSON() ([]byte, error) {
	out := jobJSON{
		Version: jobVersion, Name: j.name, Objective: j.objective, Deadline: j.deadline, Budget: j.budget, Rules: j.rules, Groups: j.groups,
	}
	for _, d := range j.datasets {
		out.Datasets = append(out.Datasets, datasetJSON{d.name, d.url, d.place, d.size})
	}
	for _, s := range j.stages {
		out.Stages = append(out.Stages, s.encode())
	}
	return json.Marshal(out)
}

func (s *Stage) encode() stageJSON {
	out := stageJSON{
		Name: s.name, work: s.work, Rules: s.rules, Reads: s.reads, After: s.after, Env: s.env, Secrets: s.secrets,
		Retry: s.retry, Spot: s.spot, Reserved: s.reserved, Losses: s.losses, Timeout: s.timeout, Stall: s.stall, Grace: s.grace,
	}
	if s.nodes != 1 {
		out.Nodes = s.nodes
	}
	for _, a := range s.alternatives {
		out.Either = append(out.Either, a.work)
	}
	for _, o := range s.writes {
		out.Writes = append(out.Writes, outputJSON{o.name, o.size})
	}
	return out
}

// UnmarshalJSON reads what MarshalJSON wrote. It refuses unknown keys and newer versions; what is wrong with the job
// itself is for [Job.Validate] to say.
func (j *Job) UnmarshalJSON(text []byte) error {
	var in jobJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return fmt.Errorf("job as JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("job as JSON: there is more after its end")
	}
	if in.Version != jobVersion {
		return fmt.Errorf("job as JSON: version %d, this library reads version %d", in.Version, jobVersion)
	}
	*j = Job{
		name: in.Name, objective: in.Objective, deadline: in.Deadline, budget: in.Budget, rules: in.Rules, groups: in.Groups,
	}
	if in.Objective.Kind == "" {
		j.objective = Cost
	}
	for _, x := range in.Datasets {
		j.addDataset(&Dataset{name: x.Name, url: x.URL, place: x.Place, size: x.Size})
	}
	for _, x := range in.Stages {
		s := j.addStage(x.decode())
		for _, o := range x.Writes {
			s.addOutput(&Output{name: o.Name, size: o.Size})
		}
	}
	return nil
}

func (x stageJSON) decode() *Stage {
	s := &Stage{
		name: x.Name, work: x.work, rules: x.Rules, reads: x.Reads, after: x.After, env: x.Env, secrets: x.Secrets, nodes: x.Nodes,
		retry: x.Retry, spot: x.Spot, reserved: x.Reserved, losses: x.Losses, timeout: x.Timeout, stall: x.Stall, grace: x.Grace,
	}
	if s.nodes == 0 {
		s.nodes = 1
	}
	for _, w := range x.Either {
		s.alternatives = append(s.alternatives, &Alternative{work: w})
	}
	return s
}
