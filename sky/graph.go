package sky

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/openintercloud/broker/provider"
)

// dataRef is an input or output of a stage, as its work sees it.
type dataRef struct {
	name     string // as in {in.NAME}: the dataset's or output's own name
	artifact string // "raw" or "clean/reviews"
	variable string
	input    bool
}

// data lists the stage's inputs, then its outputs.
func (s *Stage) data() []dataRef {
	refs := make([]dataRef, 0, len(s.reads)+len(s.writes))
	for _, ref := range s.reads {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		refs = append(refs, dataRef{name, ref, provider.InputVariable(name), true})
	}
	for _, o := range s.writes {
		refs = append(refs, dataRef{o.name, o.Name(), provider.OutputVariable(o.name), false})
	}
	return refs
}

// placeholder is {in.NAME} or {out.NAME} in an argument.
var placeholder = regexp.MustCompile(`\{(in|out)\.([^{}]*)\}`)

func checkPlaceholders(s *Stage, argv []string) []string {
	known := map[string]bool{}
	for _, d := range s.data() {
		known[d.placeholder()] = true
	}
	var wrong []string
	for _, arg := range argv {
		for _, m := range placeholder.FindAllStringSubmatch(arg, -1) {
			if !known[m[0]] {
				wrong = append(wrong, fmt.Sprintf("argument %q: the stage has no %sput %q", arg, m[1], m[2]))
			}
		}
	}
	return wrong
}

func (d dataRef) placeholder() string {
	if d.input {
		return "{in." + d.name + "}"
	}
	return "{out." + d.name + "}"
}

// waits lists the names of the stages s waits for, each once, in the order they were named.
func (s *Stage) waits() []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, ref := range s.reads {
		if producer, _, output := strings.Cut(ref, "/"); output {
			add(producer)
		}
	}
	for _, name := range s.after {
		add(name)
	}
	return names
}

// cycle is a list of stages each of which waits for the next, and the last for the first; nil when there is none.
func (j *Job) cycle() []string {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var path []string
	var visit func(name string) []string
	visit = func(name string) []string {
		s := j.stage(name)
		if s == nil || state[name] == done {
			return nil
		}
		if state[name] == open {
			return slices.Clone(path[slices.Index(path, name):])
		}
		state[name] = open
		path = append(path, name)
		for _, next := range s.waits() {
			if cycle := visit(next); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		state[name] = done
		return nil
	}
	for _, s := range j.stages {
		if cycle := visit(s.name); cycle != nil {
			return cycle
		}
	}
	return nil
}

// order lists the stages' indexes so that each comes after those it waits for. The job must have no cycle.
func (j *Job) order() []int {
	waiting, next := make([]int, len(j.stages)), make([][]int, len(j.stages))
	var ready, order []int
	for i, s := range j.stages {
		for _, name := range s.waits() {
			before := j.stage(name).pos
			next[before] = append(next[before], i)
			waiting[i]++
		}
		if waiting[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready, order = ready[1:], append(order, i)
		for _, k := range next[i] {
			if waiting[k]--; waiting[k] == 0 {
				ready = append(ready, k)
			}
		}
	}
	return order
}
