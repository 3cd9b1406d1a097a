package sky

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/optimize"
)

// scarce is what one capacity of the problem is about.
type scarce struct {
	offering string
	stages   []string // that may run at once
}

func (s scarce) String() string { return s.offering + ", for " + strings.Join(s.stages, ", ") }

// addCapacities bounds the machines of each offering that has a capacity: stages of which none waits for another may run at
// once, and take no more of it together. A replan goes without: a run waits for machines that are taken.
func (c *compiled) addCapacities() {
	c.scarce, c.partial = nil, nil
	if c.past.pins != nil {
		return
	}
	var ids []string
	users := map[string][]int{} // stages, by offering
	most := map[string]int{}
	for i, options := range c.options {
		for _, o := range options {
			id := o.offering.ID
			if o.offering.Capacity == 0 || len(users[id]) > 0 && users[id][len(users[id])-1] == i {
				continue
			}
			if users[id] == nil {
				ids = append(ids, id)
			}
			users[id], most[id] = append(users[id], i), o.offering.Capacity
		}
	}
	if len(ids) == 0 {
		return
	}
	waits := c.job.waits()
	for _, id := range ids {
		sets, all := atOnce(users[id], func(a, b int) bool { return !waits[a][b] && !waits[b][a] })
		for _, set := range sets {
			c.limit(id, most[id], set)
		}
		if !all {
			c.partial = append(c.partial, id)
		}
	}
}

// limit adds the capacity of an offering for stages that may run at once, if they can exceed it.
func (c *compiled) limit(id string, most int, stages []int) {
	lowered := optimize.Capacity{Max: int64(most)}
	about, total := scarce{offering: id}, 0
	for _, i := range stages {
		s := c.job.stages[i]
		about.stages = append(about.stages, s.name)
		total += s.nodes
		for k, o := range c.options[i] {
			if o.offering.ID == id {
				lowered.Uses = append(lowered.Uses, optimize.Use{Var: i, Option: k, Amount: int64(s.nodes)})
			}
		}
	}
	if total <= most {
		return
	}
	lowered.Name = fmt.Sprintf("capacity %d of %s", most, about)
	c.problem.Limits = append(c.problem.Limits, lowered)
	c.scarce = append(c.scarce, about)
}

// waits says, by stage and stage, whether the first cannot start before the second has ended.
func (j *Job) waits() [][]bool {
	all := make([][]bool, len(j.stages))
	for _, i := range j.order() {
		s := j.stages[i]
		all[i] = make([]bool, len(j.stages))
		before := func(k int) {
			all[i][k] = true
			for b, waits := range all[k] {
				all[i][b] = all[i][b] || waits
			}
		}
		for _, name := range s.after {
			before(j.stage(name).pos)
		}
		for _, ref := range s.reads {
			if o := j.output(ref); o != nil {
				before(o.stage.pos)
			}
		}
	}
	return all
}

// mostAtOnce is how many sets of stages are looked at for one offering, mostPairs how many pairs to find them.
const mostAtOnce, mostPairs = 64, 4_000_000

// cliques lists the largest sets of stages each two of which go together, in a fixed order (Bron and Kerbosch, with pivots).
type cliques struct {
	pair func(a, b int) bool
	sets [][]int
	work int
	cut  bool // there are too many to list
}

func atOnce(stages []int, pair func(a, b int) bool) (sets [][]int, all bool) {
	c := &cliques{pair: pair}
	c.grow(nil, stages, nil)
	return c.sets, !c.cut
}

// grow lists the sets that hold all of set, some of more and none of done.
func (c *cliques) grow(set, more, done []int) {
	switch {
	case c.cut || len(c.sets) == mostAtOnce || c.work > mostPairs:
		c.cut = true
		return
	case len(more) == 0:
		if len(done) == 0 {
			c.sets = append(c.sets, slices.Sorted(slices.Values(set)))
		}
		return
	}
	pivot := c.pivot(more, done)
	for _, v := range slices.Clone(more) {
		if v != pivot && c.pair(pivot, v) {
			continue
		}
		c.grow(append(slices.Clone(set), v), c.beside(v, more), c.beside(v, done))
		more = slices.DeleteFunc(slices.Clone(more), func(k int) bool { return k == v })
		done = append(slices.Clone(done), v)
	}
}

// pivot is the stage that goes with most of more: only those it does not go with need be tried.
func (c *cliques) pivot(more, done []int) int {
	best, most := more[0], -1
	for _, v := range slices.Concat(more, done) {
		if n := len(c.beside(v, more)); n > most {
			best, most = v, n
		}
		if most >= len(more)-1 { // no other goes with more
			break
		}
	}
	return best
}

// beside lists those of some stages that go together with one.
func (c *cliques) beside(v int, of []int) []int {
	c.work += len(of)
	var out []int
	for _, k := range of {
		if k != v && c.pair(v, k) {
			out = append(out, k)
		}
	}
	return out
}
