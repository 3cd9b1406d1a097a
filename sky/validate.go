package sky

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
)

// Mistake is one thing wrong with a job, and where the host wrote it.
type Mistake struct {
	Job   string
	Stage string // "" when it is not about one stage
	File  string // of the host's source; "" when the job came from JSON
	Line  int
	What  string // what is wrong and what to do about it
}

// Error is "file:line: stage "x": what".
func (m *Mistake) Error() string {
	where := site{m.File, m.Line}.String()
	if m.Stage == "" {
		return fmt.Sprintf("%s: job %q: %s", where, m.Job, m.What)
	}
	return fmt.Sprintf("%s: stage %q: %s", where, m.Stage, m.What)
}

func (j *Job) mistake(at site, stage, what string) {
	j.mistakes = append(j.mistakes, &Mistake{Job: j.name, Stage: stage, File: at.File, Line: at.Line, What: what})
}

// Validate reports everything that is wrong with the job at once: an error that joins one [*Mistake] for each, in the
// order of the job. It is nil when nothing is.
func (j *Job) Validate() error {
	if j == nil {
		return errors.New("the job is nil: make one with sky.NewJob")
	}
	v := validator{job: j, names: map[string]site{}, artifacts: map[string]bool{}, stages: map[string]bool{}}
	v.all = append(v.all, j.mistakes...)
	v.checkJob()
	for _, d := range j.datasets {
		v.checkDataset(d)
	}
	for _, s := range j.stages {
		v.collect(s)
	}
	for _, s := range j.stages {
		v.checkStage(s)
	}
	for _, g := range j.groups {
		v.checkGroup(g)
	}
	v.checkCycle()
	return v.err()
}

// err joins what was found.
func (v *validator) err() error {
	errs := make([]error, len(v.all))
	for i, m := range v.all {
		errs[i] = m
	}
	return errors.Join(errs...)
}

type validator struct {
	job       *Job
	all       []*Mistake
	names     map[string]site // of datasets and stages
	artifacts map[string]bool
	stages    map[string]bool
}

func (v *validator) add(at site, stage, format string, args ...any) {
	v.all = append(v.all, &Mistake{
		Job: v.job.name, Stage: stage, File: at.File, Line: at.Line, What: fmt.Sprintf(format, args...),
	})
}

// validName is what all names must look like, so that they fit into URLs, paths and the names clouds allow.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// maxName is the longest a name can be.
const maxName = 63

func (v *validator) name(at site, stage, what, name string) {
	if !validName.MatchString(name) {
		v.add(at, stage, "%s %q: a name is 1 to 63 letters, digits, '.', '_' or '-', and starts with a letter or digit", what, name)
	}
}

func (v *validator) unique(at site, what, name string) {
	if first, taken := v.names[name]; taken {
		v.add(at, "", "%s %q: the name is taken, see %s", what, name, first)
		return
	}
	v.names[name] = at
}

func (v *validator) checkJob() {
	j := v.job
	v.name(j.site, "", "job", j.name)
	if len(j.stages) == 0 {
		v.add(j.site, "", "has no stages")
	}
	if j.deadline < 0 {
		v.add(j.site, "", "deadline %s is negative", j.deadline)
	}
	if j.budget < 0 {
		v.add(j.site, "", "budget %s is negative", j.budget)
	}
	switch j.objective.Kind {
	case minCost, minTime, minCarbon:
	case minBlend:
		if j.objective.HourWorth < 0 || j.objective.TonneWorth < 0 {
			v.add(j.site, "", "blend: the worth of an hour or a tonne is negative")
		}
	default:
		v.add(j.site, "", "unknown objective %q", j.objective.Kind)
	}
	v.checkRules(j.site, "", j.rules)
}

func (v *validator) checkRules(at site, stage string, rules []Rule) {
	for _, r := range rules {
		if what := r.check(); what != "" {
			v.add(at, stage, "%s", what)
		}
	}
}

// What no honest job exceeds, so that no sum overflows.
const (
	maxSize  = 1000 * 1000 * TB // of one artifact
	maxNodes = 100_000
)

func (v *validator) size(at site, stage, what, name string, size Bytes) {
	switch {
	case size < 0:
		v.add(at, stage, "%s %q: size %d is negative", what, name, int64(size))
	case size > maxSize:
		v.add(at, stage, "%s %q: size %s is more than an exabyte", what, name, size)
	}
}

func (v *validator) checkDataset(d *Dataset) {
	v.name(d.site, "", "dataset", d.name)
	v.unique(d.site, "dataset", d.name)
	v.artifacts[d.name] = true
	v.size(d.site, "", "dataset", d.name, d.size)
	if scheme, rest, ok := strings.Cut(d.url, "://"); !ok || scheme == "" || rest == "" {
		v.add(d.site, "", "dataset %q: %q is not a URL such as s3://bucket/key", d.name, d.url)
	}
	if d.place == "" {
		return
	}
	if p, err := catalog.ParsePlace(d.place); err != nil || p.Region == "" {
		v.add(d.site, "", "dataset %q: place %q: want cloud/region", d.name, d.place)
	}
}

func (v *validator) collect(s *Stage) {
	v.name(s.site, s.name, "stage", s.name)
	v.unique(s.site, "stage", s.name)
	v.stages[s.name] = true
	for _, o := range s.writes {
		v.name(o.site, s.name, "output", o.name)
		if v.artifacts[o.Name()] {
			v.add(o.site, s.name, "writes %q twice", o.name)
		}
		v.artifacts[o.Name()] = true
		v.size(o.site, s.name, "output", o.name, o.size)
	}
}

func (v *validator) checkStage(s *Stage) {
	if s.nodes < 1 || s.nodes > maxNodes {
		v.add(s.site, s.name, "runs on %d nodes: want at least 1 and at most %d", s.nodes, maxNodes)
	}
	if text := s.losses.check(); text != "" {
		v.add(s.site, s.name, "%s", text)
	}
	if s.retry < 0 || s.timeout < 0 || s.stall < 0 || s.grace < 0 {
		v.add(s.site, s.name, "retry, timeout, stall and grace must not be negative")
	}
	v.checkRules(s.site, s.name, s.rules)
	seen := map[string]bool{}
	for _, ref := range s.reads {
		if !v.artifacts[ref] {
			v.add(s.site, s.name, "reads %q, which nothing writes", ref)
		}
		if seen[ref] {
			v.add(s.site, s.name, "reads %q twice", ref)
		}
		seen[ref] = true
	}
	for _, name := range s.after {
		if !v.stages[name] {
			v.add(s.site, s.name, "comes after %q, which is not a stage", name)
		}
	}
	v.checkVariables(s)
	v.checkWork(s)
}

func (v *validator) checkWork(s *Stage) {
	images := 0
	for i, w := range s.options() {
		at, which := s.site, ""
		if len(s.alternatives) > 0 {
			at, which = s.alternatives[i].site, fmt.Sprintf("alternative %d: ", i+1)
		}
		if w.Image != "" {
			images++
		}
		for _, what := range w.check(s) {
			v.add(at, s.name, "%s%s", which, what)
		}
	}
	if images == 0 || images == len(s.alternatives) {
		return
	}
	for i, w := range s.options() {
		if len(s.alternatives) > 0 && w.Image == "" && w.Service == "" && w.Func == "" {
			v.add(s.alternatives[i].site, s.name, "alternative %d has no image, and others have: give it one, or give the stage one for all", i+1)
		}
	}
}

// check says what is wrong with one way to run a stage.
func (w work) check(s *Stage) []string {
	var wrong []string
	if what := w.checkKind(); what != "" {
		wrong = append(wrong, what)
	}
	if len(w.Argv) > 0 && w.Argv[0] == "" {
		wrong = append(wrong, "the command's name is empty")
	}
	for _, n := range w.Needs {
		if what := n.check(); what != "" {
			wrong = append(wrong, what)
		}
	}
	if _, err := catalog.ParseService(w.service()); err != nil {
		wrong = append(wrong, err.Error())
	}
	if what := w.Estimate.check(); what != "" {
		wrong = append(wrong, what)
	}
	for _, text := range append([]string{w.Script}, w.Argv...) {
		if strings.ContainsRune(text, 0) {
			wrong = append(wrong, "the command or script holds a zero byte, which no system passes on")
		}
	}
	return append(wrong, checkPlaceholders(s, w.Argv)...)
}

// checkKind says whether it is clear what is to run.
func (w work) checkKind() string {
	kinds := 0
	for _, set := range []bool{len(w.Argv) > 0, w.Script != "", w.Func != ""} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return "Command, Script and Func exclude each other"
	case w.Service != "" && w.Script == "":
		return fmt.Sprintf("service %s runs a Script: give it one", w.Service)
	case w.Service != "" && w.Image != "":
		return fmt.Sprintf("service %s runs on no machine of the stage's own: leave the Image out", w.Service)
	case kinds == 0 && w.Image == "":
		return "runs nothing: give it a Command, Script, Func or Image"
	case w.Func != "" && w.Image != "":
		return "Func runs the host's own binary and cannot run in an image"
	}
	return ""
}

// validVariable is what every shell and system takes as the name of a variable.
var validVariable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (v *validator) variable(s *Stage, name string) {
	switch {
	case !validVariable.MatchString(name):
		v.add(s.site, s.name, "environment variable %q: a name is letters, digits and '_', and starts with no digit", name)
	case strings.HasPrefix(name, "SKY_"):
		v.add(s.site, s.name, "environment variable %s: names that start with SKY_ are the broker's own: rename it", name)
	}
}

func (v *validator) checkVariables(s *Stage) {
	seen := map[string]string{}
	for _, d := range s.data() {
		if first, taken := seen[d.variable]; taken {
			v.add(s.site, s.name, "%q and %q would both be %s in the environment: rename one", first, d.name, d.variable)
		}
		seen[d.variable] = d.name
	}
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		v.variable(s, name)
		if strings.ContainsRune(s.env[name], 0) {
			v.add(s.site, s.name, "environment variable %s: its value holds a zero byte, which no system passes on", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.secrets)) {
		v.variable(s, name)
		if _, both := s.env[name]; both {
			v.add(s.site, s.name, "%s is set both by Env and by Secret", name)
		}
	}
}

func (v *validator) checkGroup(g group) {
	switch g.Level {
	case Zone, Region, Cloud:
	default:
		v.add(g.site, "", "%s: unknown level %q", g, g.Level)
	}
	switch g.Kind {
	case together, apart, spread:
	default:
		v.add(g.site, "", "%s: unknown rule %q: want together, apart or spread", g, g.Kind)
	}
	seen := map[string]bool{}
	for _, name := range g.Stages {
		if !v.stages[name] {
			v.add(g.site, "", "%s: %q is not a stage", g, name)
		}
		if seen[name] {
			v.add(g.site, "", "%s: %q is named twice", g, name)
		}
		seen[name] = true
	}
	if len(g.Stages) < 2 {
		v.add(g.site, "", "%s: name at least two stages", g)
	}
	if g.Kind == spread && (g.K < 1 || g.K > len(g.Stages)) {
		v.add(g.site, "", "%s: want between 1 and the number of stages", g)
	}
}

func (v *validator) checkCycle() {
	if cycle := v.job.cycle(); cycle != nil {
		s := v.job.stage(cycle[0])
		v.add(s.site, s.name, "waits for itself: %s", strings.Join(append(cycle, cycle[0]), " after "))
	}
}
