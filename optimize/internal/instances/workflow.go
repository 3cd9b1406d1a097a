package instances

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openintercloud/broker/optimize"
)

// Workflow is a real run: tasks that took so long, and the bytes that went from one to another.
type Workflow struct {
	Name  string
	Tasks []Task
	Flows []Flow
}

// Task is one task. Tasks of one Kind ran the same program.
type Task struct {
	Name, Kind string
	Seconds    float64
}

// Flow says that To used so many bytes of what From wrote; none: To only waited.
type Flow struct {
	From, To int
	Bytes    int64
}

// ReadWorkflows reads the folders workflows/ (WfFormat 1.5) and dax/ of the data, in order of name.
func ReadWorkflows(data string) ([]*Workflow, error) {
	files, err := filepath.Glob(filepath.Join(data, "workflows", "*.json"))
	if err != nil {
		return nil, err
	}
	more, err := filepath.Glob(filepath.Join(data, "dax", "*.xml"))
	if err != nil {
		return nil, err
	}
	var all []*Workflow
	for _, path := range append(files, more...) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		parse := ParseWfFormat
		if strings.HasSuffix(path, ".xml") {
			parse = ParseDAX
		}
		w, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		w.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		all = append(all, w)
	}
	return all, nil
}

// ParseWfFormat reads a WfCommons run.
func ParseWfFormat(text []byte) (*Workflow, error) {
	var run struct {
		Workflow struct {
			Specification struct {
				Tasks []struct {
					Name, ID                string
					Parents                 []string
					InputFiles, OutputFiles []string
				}
				Files []struct {
					ID          string
					SizeInBytes int64
				}
			}
			Execution struct {
				Tasks []struct {
					ID               string
					RuntimeInSeconds float64
				}
			}
		}
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return nil, err
	}
	spec := run.Workflow.Specification
	b := newWeaver()
	for _, f := range spec.Files {
		b.sizes[f.ID] = f.SizeInBytes
	}
	seconds := map[string]float64{}
	for _, t := range run.Workflow.Execution.Tasks {
		seconds[t.ID] = t.RuntimeInSeconds
	}
	for _, t := range spec.Tasks {
		b.task(Task{t.Name, kindOf(t.Name), seconds[t.ID]}, t.ID, t.InputFiles, t.OutputFiles, t.Parents)
	}
	return b.weave()
}

// ParseDAX reads a Pegasus DAX file.
func ParseDAX(text []byte) (*Workflow, error) {
	var dag struct {
		Jobs []struct {
			ID      string  `xml:"id,attr"`
			Name    string  `xml:"name,attr"`
			Runtime float64 `xml:"runtime,attr"`
			Uses    []struct {
				File string `xml:"file,attr"`
				Link string `xml:"link,attr"`
				Size int64  `xml:"size,attr"`
			} `xml:"uses"`
		} `xml:"job"`
		Children []struct {
			Ref     string `xml:"ref,attr"`
			Parents []struct {
				Ref string `xml:"ref,attr"`
			} `xml:"parent"`
		} `xml:"child"`
	}
	if err := xml.Unmarshal(text, &dag); err != nil {
		return nil, err
	}
	parents := map[string][]string{}
	for _, c := range dag.Children {
		for _, p := range c.Parents {
			parents[c.Ref] = append(parents[c.Ref], p.Ref)
		}
	}
	b := newWeaver()
	for _, j := range dag.Jobs {
		var in, out []string
		for _, u := range j.Uses {
			b.sizes[u.File] = u.Size
			if u.Link == "input" {
				in = append(in, u.File)
			} else {
				out = append(out, u.File)
			}
		}
		b.task(Task{j.ID, j.Name, j.Runtime}, j.ID, in, out, parents[j.ID])
	}
	return b.weave()
}

// kindOf drops the number that tells tasks of one program apart.
func kindOf(name string) string { return strings.TrimRight(name, "0123456789_ID") }

// weaver joins tasks by the files they share and by what they say of their parents.
type weaver struct {
	w       Workflow
	sizes   map[string]int64
	writer  map[string]int
	index   map[string]int
	inputs  [][]string
	parents [][]string
}

func newWeaver() *weaver {
	return &weaver{sizes: map[string]int64{}, writer: map[string]int{}, index: map[string]int{}}
}

func (b *weaver) task(t Task, id string, in, out, parents []string) {
	n := len(b.w.Tasks)
	b.index[id] = n
	for _, f := range out {
		b.writer[f] = n
	}
	b.w.Tasks = append(b.w.Tasks, t)
	b.inputs = append(b.inputs, in)
	b.parents = append(b.parents, parents)
}

func (b *weaver) weave() (*Workflow, error) {
	for to := range b.w.Tasks {
		bytes := map[int]int64{}
		for _, id := range b.parents[to] {
			from, ok := b.index[id]
			if !ok {
				return nil, fmt.Errorf("task %s: no parent %q", b.w.Tasks[to].Name, id)
			}
			bytes[from] = 0
		}
		for _, f := range b.inputs[to] {
			if from, ok := b.writer[f]; ok && from != to {
				bytes[from] += b.sizes[f]
			}
		}
		froms := make([]int, 0, len(bytes))
		for from := range bytes {
			froms = append(froms, from)
		}
		slices.Sort(froms)
		for _, from := range froms {
			b.w.Flows = append(b.w.Flows, Flow{from, to, bytes[from]})
		}
	}
	return &b.w, nil
}

// PlaceSpec says how a workflow becomes a problem.
type PlaceSpec struct {
	// Timed keeps options for their time too.
	Timed bool
	// Alike: all tasks of one kind have the same needs and take the mean of their times. Otherwise each is its own.
	Alike bool
	// Data multiplies the sizes of all files; 0: 50, as if the runs were not the small samples they are.
	Data float64
}

// Place prices a workflow: each task takes its measured time on the reference machine, a tenth of them (or of the kinds)
// deny a cloud, and those without parents are pinned to one of four regions, where their data is.
func (c *Catalog) Place(r *rand.Rand, w *Workflow, s PlaceSpec) *optimize.Problem {
	p := c.empty()
	homes := draw(r, min(4, len(c.Grid.Regions)), len(c.Grid.Regions))
	seed := r.Uint64()
	entry := make([]bool, len(w.Tasks))
	for i := range entry {
		entry[i] = true
	}
	for _, f := range w.Flows {
		entry[f.To] = false
	}
	mean := w.means()
	for i, t := range w.Tasks {
		key, seconds := t.Kind, mean[t.Kind]
		if !s.Alike {
			key, seconds = fmt.Sprint(i), t.Seconds
		}
		n := placeNeed(rand.New(rand.NewPCG(seed, hash(key))), seconds)
		if entry[i] {
			n = Need{Hours: n.Hours, Pinned: true, Region: homes[r.IntN(len(homes))]}
		}
		p.Vars = append(p.Vars, optimize.Var{Name: t.Name, Options: c.Expand(n, s.Timed)})
	}
	scale := s.Data
	if scale == 0 {
		scale = 50
	}
	for _, f := range w.Flows {
		p.Edges = append(p.Edges, optimize.Edge{From: f.From, To: f.To, KB: int64(math.Ceil(scale * float64(f.Bytes) / 1000))})
	}
	return p
}

func placeNeed(r *rand.Rand, seconds float64) Need {
	n := Need{Hours: max(seconds, 0.001) / 3600, Memory: 1 << r.IntN(6), OnDemand: r.IntN(3) == 0}
	if r.IntN(3) == 0 {
		n.Work = Memory
	}
	if r.IntN(10) == 0 {
		n.NotCloud = []string{"aws", "azure", "gcp"}[r.IntN(3)]
	}
	return n
}

// means gives the mean seconds by kind of task.
func (w *Workflow) means() map[string]float64 {
	sum, count := map[string]float64{}, map[string]float64{}
	for _, t := range w.Tasks {
		sum[t.Kind] += t.Seconds
		count[t.Kind]++
	}
	for kind, n := range count {
		sum[kind] /= n
	}
	return sum
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
