package sky

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/provider/secret"
)

// Stage is one unit of work. What it runs is said once by Command, Script, Func or Service; Image is the container
// that Command and Script run in. With alternatives ([Stage.Either]), each may say it anew.
type Stage struct {
	job          *Job
	name         string
	pos          int // index in the job
	work         work
	alternatives []*Alternative
	rules        []Rule
	reads        []string // artifact names
	writes       []*Output
	after        []string
	env          map[string]string
	secrets      map[string]secret.Ref
	nodes        int
	retry        int
	spot         bool
	reserved     bool
	losses       Losses
	timeout      time.Duration
	stall        time.Duration
	grace        time.Duration
	site         site
}

// work is what runs and what it needs: the part a stage and an alternative have in common.
type work struct {
	Argv     []string `json:"command,omitempty"`
	Script   string   `json:"script,omitempty"`
	Func     string   `json:"func,omitempty"`
	Service  string   `json:"service,omitempty"`
	Image    string   `json:"image,omitempty"`
	Needs    []Need   `json:"needs,omitempty"`
	Estimate Estimate `json:"estimate,omitzero"`
}

// Name is what the stage was called.
func (s *Stage) Name() string { return s.name }

// Command runs a program with arguments; no shell is involved. In an argument, {in.NAME} and {out.NAME} stand for the
// path of an input or output; the same paths are in the environment (SKY_IN_NAME, SKY_OUT_NAME).
func (s *Stage) Command(argv ...string) *Stage { s.work.Argv = argv; return s }

// Script runs text of a POSIX shell, or, with [Stage.Service], what that service runs.
func (s *Stage) Script(text string) *Stage { s.work.Script = text; return s }

// Func runs a Go function of the host's own binary, by the name it was given in [Func].
func (s *Stage) Func(name string) *Stage { s.work.Func = name; return s }

// Service runs the script on a service of the catalog, instead of on a machine: a code base in a range of versions, as
// [catalog.ParseService] reads it, such as "spark@^3.1", or a standard by name, such as "sql:2008".
func (s *Stage) Service(service string) *Stage { s.work.Service = service; return s }

// Image is the container image the command or script runs in. Without one it runs on the machine itself.
func (s *Stage) Image(ref string) *Stage { s.work.Image = ref; return s }

// Needs says what an offering must have.
func (s *Stage) Needs(needs ...Need) *Stage { s.work.Needs = append(s.work.Needs, needs...); return s }

// Either gives alternatives, of which the plan takes the best.
func (s *Stage) Either(alternatives ...*Alternative) *Stage {
	for _, a := range alternatives {
		if a == nil {
			s.job.mistake(callerOf(1), s.name, "Either: an alternative is nil: begin each with sky.On")
			continue
		}
		s.alternatives = append(s.alternatives, a)
	}
	return s
}

// Takes says how long the work takes, whatever the size of its inputs. See [Stage.Estimate] for more.
func (s *Stage) Takes(d time.Duration) *Stage { s.work.Estimate = Estimate{Fixed: d}; return s }

// Estimate says how long the work takes, given the size of its inputs.
func (s *Stage) Estimate(e Estimate) *Stage { s.work.Estimate = e; return s }

// Rules must hold for where this stage runs, besides the job's.
func (s *Stage) Rules(rules ...Rule) *Stage { s.rules = append(s.rules, rules...); return s }

// Reads adds inputs. The stage starts when they are there.
func (s *Stage) Reads(artifacts ...Artifact) *Stage {
	for _, a := range artifacts {
		var from *Job
		var ref string
		if a != nil {
			from, ref = a.artifact()
		}
		switch from {
		case s.job:
			s.reads = append(s.reads, ref)
		case nil:
			s.job.mistake(callerOf(1), s.name, "reads nothing: the artifact is nil")
		default:
			s.job.mistake(callerOf(1), s.name, fmt.Sprintf("reads %q, which belongs to another job", ref))
		}
	}
	return s
}

// Writes adds an output and its expected size. [Stage.Output] is how another stage reads it.
func (s *Stage) Writes(name string, size Bytes) *Stage {
	s.addOutput(&Output{name: name, size: size, site: callerOf(1)})
	return s
}

func (s *Stage) addOutput(o *Output) {
	o.stage = s
	s.writes = append(s.writes, o)
	if s.job.named.outputs[o.Name()] == nil {
		s.job.named.outputs[o.Name()] = o
	}
}

// Output is an output the stage writes. A name it does not write is reported by [Job.Validate].
func (s *Stage) Output(name string) *Output {
	if o := s.job.output(s.name + "/" + name); o != nil && o.stage == s {
		return o
	}
	return &Output{stage: s, name: name, site: callerOf(1)}
}

// After makes the stage wait for others without reading from them.
func (s *Stage) After(stages ...*Stage) *Stage {
	for _, o := range stages {
		if o == nil || o.job != s.job {
			s.job.mistake(callerOf(1), s.name, "comes after a stage of another job, or none")
			continue
		}
		s.after = append(s.after, o.name)
	}
	return s
}

// Env sets an environment variable of the work.
func (s *Stage) Env(name, value string) *Stage {
	if s.env == nil {
		s.env = map[string]string{}
	}
	s.env[name] = value
	return s
}

// Secret sets an environment variable of the work to a secret, fetched just before the work starts and never stored.
func (s *Stage) Secret(name string, ref secret.Ref) *Stage {
	if s.secrets == nil {
		s.secrets = map[string]secret.Ref{}
	}
	s.secrets[name] = ref
	return s
}

// Nodes asks for n machines at once, all or none; the work runs on each, with its number in SKY_RANK and their count in
// SKY_NODES. Default 1.
func (s *Stage) Nodes(n int) *Stage { s.nodes = n; return s }

// Spot allows the spot market, whose machines can be taken back at any time. Default: on-demand only.
func (s *Stage) Spot() *Stage { s.spot = true; return s }

// Reserved allows the reserved market, whose offerings bind their buyer: while a reservation is open, and for the price of
// its whole term, which each stage on it counts anew. Default: on-demand only.
func (s *Stage) Reserved() *Stage { s.reserved = true; return s }

// Losses says how often spot machines of this stage are expected to be taken back, so that plans count the work that is
// then done again. It changes no on-demand machine, and nothing about how the stage runs. Default: as often as
// the catalog says, and never where it does not.
func (s *Stage) Losses(l Losses) *Stage { s.losses = l; return s }

// Retry is how often work that failed is tried again. Default 0. Machines that were lost do not count.
func (s *Stage) Retry(n int) *Stage { s.retry = n; return s }

// Timeout ends one attempt's work after a time; the attempt then counts as failed. Default: none.
func (s *Stage) Timeout(d time.Duration) *Stage { s.timeout = d; return s }

// Stall is the time without progress or output after which the run tells of it. Default: never.
func (s *Stage) Stall(d time.Duration) *Stage { s.stall = d; return s }

// Grace is the time between the signal to end and the kill. Default 10 s.
func (s *Stage) Grace(d time.Duration) *Stage { s.grace = d; return s }

// options are the ways the stage can run, with what the alternative leaves open taken from the stage.
func (s *Stage) options() []work {
	if len(s.alternatives) == 0 {
		return []work{s.work}
	}
	all := make([]work, 0, len(s.alternatives))
	for _, a := range s.alternatives {
		all = append(all, a.work.or(s.work))
	}
	return all
}

// or fills what w leaves open from another; needs of both must hold.
func (w work) or(base work) work {
	if len(w.Argv) == 0 && w.Script == "" && w.Func == "" {
		w.Argv, w.Script, w.Func = base.Argv, base.Script, base.Func
	}
	if w.Service == "" {
		w.Service = base.Service
	}
	if w.Image == "" {
		w.Image = base.Image
	}
	if w.Estimate == (Estimate{}) {
		w.Estimate = base.Estimate
	}
	w.Needs = append(append([]Need(nil), base.Needs...), w.Needs...)
	return w
}

// Alternative is one of several ways to run a stage: its own needs, image, work and time.
type Alternative struct {
	work work
	site site
}

// On begins an alternative that runs on an accelerator, as "kind:count" ("v100:4", "tpu-v3:8"), or, with "", on any
// machine that meets the needs.
func On(accelerator string) *Alternative {
	a := &Alternative{site: callerOf(1)}
	if accelerator != "" {
		a.work.Needs = append(a.work.Needs, Accelerator(accelerator))
	}
	return a
}

// Image is the container image of this alternative.
func (a *Alternative) Image(ref string) *Alternative { a.work.Image = ref; return a }

// Command is what this alternative runs; see [Stage.Command].
func (a *Alternative) Command(argv ...string) *Alternative { a.work.Argv = argv; return a }

// Script is what this alternative runs; see [Stage.Script].
func (a *Alternative) Script(text string) *Alternative { a.work.Script = text; return a }

// Func is what this alternative runs; see [Stage.Func].
func (a *Alternative) Func(name string) *Alternative { a.work.Func = name; return a }

// Service is the catalog's service this alternative runs on; see [Stage.Service].
func (a *Alternative) Service(service string) *Alternative { a.work.Service = service; return a }

// Needs adds to what an offering must have.
func (a *Alternative) Needs(needs ...Need) *Alternative {
	a.work.Needs = append(a.work.Needs, needs...)
	return a
}

// Takes says how long the work takes on this alternative.
func (a *Alternative) Takes(d time.Duration) *Alternative {
	a.work.Estimate = Estimate{Fixed: d}
	return a
}

// Estimate says how long the work takes on this alternative, given the size of the stage's inputs.
func (a *Alternative) Estimate(e Estimate) *Alternative { a.work.Estimate = e; return a }
