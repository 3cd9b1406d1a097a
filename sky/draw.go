package sky

import (
	"fmt"
	"slices"
	"strings"
)

// drawing is a job, or a plan of it, as nodes and edges: what Mermaid, DOT and the report's page have in common.
type drawing struct {
	name  string
	nodes []drawNode // datasets first, then stages in the job's order
	edges []drawEdge
}

type drawNode struct {
	dataset bool
	name    string
	cloud   string   // "" = not placed
	lines   []string // what to say under the name
	state   string   // in a report: "ok", "bad" or "busy"; "" otherwise
}

type drawEdge struct {
	from, to int // indexes of nodes
	label    []string
	still    bool // the data is already where it is read
	order    bool // no data: the one only waits for the other
}

// drawing is the job without any placement.
func (j *Job) drawing() drawing {
	d := drawing{name: j.name}
	index := map[string]int{}
	for _, data := range j.datasets {
		index[data.name] = len(d.nodes)
		d.nodes = append(d.nodes, drawNode{dataset: true, name: data.name, lines: []string{data.size.String()}})
	}
	for _, s := range j.stages {
		if _, taken := index[s.name]; !taken { // a dataset of that name, in a job that does not validate
			index[s.name] = len(d.nodes)
		}
		d.nodes = append(d.nodes, drawNode{name: s.name, lines: s.says()})
	}
	for i, s := range j.stages {
		d.edges = append(d.edges, j.edgesInto(s, len(j.datasets)+i, index)...)
	}
	return d
}

// says is what to draw of a stage that has no place yet.
func (s *Stage) says() []string {
	var lines []string
	for _, w := range s.options() {
		needs := make([]string, 0, len(w.Needs)+1)
		for _, n := range w.Needs {
			needs = append(needs, n.String())
		}
		if t := w.Estimate.Fixed; t > 0 {
			needs = append(needs, span(t))
		}
		if len(needs) > 0 {
			lines = append(lines, strings.Join(needs, ", "))
		}
	}
	return lines
}

// edgesInto lists what a stage reads and what it only waits for. What does not exist is left out: drawing is not
// checking.
func (j *Job) edgesInto(s *Stage, to int, index map[string]int) []drawEdge {
	var edges []drawEdge
	read := map[int]bool{}
	for _, ref := range s.reads {
		producer, _, _ := strings.Cut(ref, "/")
		from, ok := index[producer]
		if !ok {
			continue
		}
		read[from] = true
		edges = append(edges, drawEdge{from: from, to: to, label: []string{ref, j.sizeOf(ref).String()}})
	}
	for _, name := range s.after {
		if from, ok := index[name]; ok && !read[from] {
			edges = append(edges, drawEdge{from: from, to: to, order: true})
		}
	}
	return edges
}

func (j *Job) sizeOf(ref string) Bytes {
	producer, output, made := strings.Cut(ref, "/")
	if s := j.stage(producer); made && s != nil {
		return s.Output(output).size
	}
	if i := slices.IndexFunc(j.datasets, func(d *Dataset) bool { return d.name == ref }); i >= 0 {
		return j.datasets[i].size
	}
	return 0
}

// drawing is the job with the plan's places and routes.
func (p *Plan) drawing() drawing {
	if p.Job == nil {
		return drawing{}
	}
	d := p.Job.drawing()
	digits := p.digits()
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.dataset {
			p.placeDataset(n)
			continue
		}
		if k := p.stageIndex(n.name); k >= 0 {
			s := p.Stages[k]
			n.cloud = s.Offering.Place.Cloud
			n.lines = []string{shortPlace(s.Offering.Place.String()), s.offering(), span(s.Time) + ", " + digits.text(s.Cost)}
		}
	}
	for i := range d.edges {
		p.routeEdge(&d.edges[i], d.nodes, digits)
	}
	return d
}

func (p *Plan) placeDataset(n *drawNode) {
	for _, r := range p.Routes {
		if r.Artifact == n.name {
			n.cloud = r.From.Cloud
			n.lines = append(n.lines, r.From.String())
			return
		}
	}
}

func (p *Plan) routeEdge(e *drawEdge, nodes []drawNode, digits moneyDigits) {
	if e.order {
		return
	}
	for _, r := range p.Routes {
		if r.Artifact != e.label[0] || !slices.Contains(r.Consumers, nodes[e.to].name) {
			continue
		}
		e.still = r.Kind == InPlace
		e.label = []string{r.Artifact, r.Bytes.String()}
		if e.still {
			e.label = append(e.label, "in place")
		} else {
			e.label = append(e.label, span(r.Time), digits.text(r.Cost))
		}
		return
	}
}

func (p *Plan) stageIndex(name string) int {
	return slices.IndexFunc(p.Stages, func(s PlannedStage) bool { return s.Name == name })
}

// offering is "2 × p3.8xlarge, spot".
func (s PlannedStage) offering() string {
	name := s.Offering.Type.Name
	if name == "" {
		name = s.Offering.Service
	}
	if s.Nodes > 1 {
		name = fmt.Sprintf("%d × %s", s.Nodes, name)
	}
	return name + ", " + string(s.Offering.Market)
}

// clouds lists the clouds of the nodes, each once, sorted, so that a cloud keeps its colour and its place on the page.
func (d drawing) clouds() []string {
	var names []string
	for _, n := range d.nodes {
		if n.cloud != "" {
			names = append(names, n.cloud)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
