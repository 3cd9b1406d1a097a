package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

// home is where the data of a workflow is supposed to be: the format does not say.
const home = "aws/us-east-1"

// workflow is the part of WfFormat 1.5 that planning needs.
type workflow struct {
	Name     string `json:"name"`
	Version  string `json:"schemaVersion"`
	Workflow struct {
		Specification struct {
			Tasks []task `json:"tasks"`
			Files []struct {
				ID   string `json:"id"`
				Size int64  `json:"sizeInBytes"`
			} `json:"files"`
		} `json:"specification"`
		Execution struct {
			Tasks []struct {
				ID      string  `json:"id"`
				Seconds float64 `json:"runtimeInSeconds"`
				Cores   float64 `json:"coreCount"`
			} `json:"tasks"`
		} `json:"execution"`
	} `json:"workflow"`
}

type task struct {
	ID      string   `json:"id"`
	Parents []string `json:"parents"`
	Inputs  []string `json:"inputFiles"`
	Outputs []string `json:"outputFiles"`
}

// aboutWorkflow asks about a workflow in a file, its longest task in particular.
func aboutWorkflow(path string) (*questions, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var wf workflow
	if err := json.Unmarshal(text, &wf); err != nil {
		return nil, fmt.Errorf("workflow %s: %w", path, err)
	}
	if wf.Version != "1.5" {
		return nil, fmt.Errorf("workflow %s: schemaVersion %q: want 1.5", path, wf.Version)
	}
	prices, err := catalog.Embedded()
	if err != nil {
		return nil, err
	}
	q := &questions{prices: prices}
	q.job, q.stage = wf.job()
	if q.stage == "" {
		return nil, fmt.Errorf("workflow %s: it has no tasks", path)
	}
	return q, nil
}

// job makes a stage of each task, of the time it took and the cores it had. Every file is an output of the task that
// writes it, or data at home. It also names the longest task.
func (wf *workflow) job() (job *sky.Job, longest string) {
	job = sky.NewJob(named("", wf.Name))
	sizes := map[string]sky.Bytes{}
	for _, f := range wf.Workflow.Specification.Files {
		sizes[f.ID] = sky.Bytes(max(0, f.Size))
	}
	stages, made, most := map[string]*sky.Stage{}, map[string]sky.Artifact{}, time.Duration(-1)
	took := map[string]time.Duration{}
	cores := map[string]int{}
	for _, t := range wf.Workflow.Execution.Tasks {
		took[t.ID] = time.Duration(min(max(0, t.Seconds), 1e8) * float64(time.Second)).Round(time.Millisecond)
		cores[t.ID] = int(math.Ceil(min(max(1, t.Cores), 1e4)))
	}
	for i, t := range wf.Workflow.Specification.Tasks {
		s := job.Stage(named(fmt.Sprintf("t%d-", i), t.ID)).Command("run", t.ID).Takes(took[t.ID]).Needs(sky.CPUs(max(1, cores[t.ID])))
		stages[t.ID] = s
		for k, f := range t.Outputs {
			name := named(fmt.Sprintf("f%d-", k), f)
			made[f] = s.Writes(name, sizes[f]).Output(name)
		}
		if took[t.ID] > most {
			most, longest = took[t.ID], s.Name()
		}
	}
	wf.connect(job, stages, made, sizes)
	return job, longest
}

// connect lets each task read its files, and wait for its parents.
func (wf *workflow) connect(job *sky.Job, stages map[string]*sky.Stage, made map[string]sky.Artifact, sizes map[string]sky.Bytes) {
	for _, t := range wf.Workflow.Specification.Tasks {
		seen := map[string]bool{}
		for _, f := range t.Inputs {
			if seen[f] {
				continue
			}
			seen[f] = true
			if made[f] == nil {
				name := named(fmt.Sprintf("d%d-", len(made)), f)
				made[f] = job.Dataset(name, "s3://workflow/"+name, sizes[f]).At(home)
			}
			stages[t.ID].Reads(made[f])
		}
		for _, parent := range t.Parents {
			stages[t.ID].After(stages[parent])
		}
	}
}

// named makes a name of what a file calls a thing: allowed signs only, and not too many of them.
func named(prefix, text string) string {
	name := prefix + strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(text, "-"), "-._")
	if name == "" {
		return "workflow"
	}
	return name[:min(40, len(name))]
}
