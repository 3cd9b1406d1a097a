package optimize

import (
	"cmp"
	"slices"
)

// tcut is a way to split a part: the choices of a node that low tells from the others.
type tcut struct {
	node  int
	low   func(c *choice) bool
	score float64
}

// cut finds a way to split a part: between the times of the node over which the plans of late have gone back and forth the most, as
// time is priced; or, where prices are settled, between the class that a node gets and those that would suit it better.
func (d *tdual) cut() tcut {
	if d.lined() { // the two ends do not meet for want of room: the most different times take least
		return d.middle()
	}
	if c := top(d.times()); c != nil {
		return *c
	}
	if c := top(d.classes()); c != nil {
		return *c
	}
	return d.middle()
}

// top is the cut with the highest score, if any.
func top(cuts []tcut) *tcut {
	if len(cuts) == 0 {
		return nil
	}
	c := slices.MaxFunc(cuts, func(a, b tcut) int { return cmp.Compare(a.score, b.score) })
	return &c
}

// times are cuts by time.
func (d *tdual) times() (out []tcut) {
	least := 0.02 * float64(d.limit()-d.lower)
	for i := range d.t.nodes {
		mid := d.mean[i]
		c := tcut{i, func(c *choice) bool { return float64(c.time) < mid }, float64(d.top.unit[i]) * d.swing[i] / float64(d.scale)}
		if c.score >= least && d.parts(&c) {
			out = append(out, c)
		}
	}
	return out
}

// parts says whether there are choices on both sides.
func (d *tdual) parts(c *tcut) bool {
	nd := &d.t.nodes[c.node]
	low := 0
	for k := range nd.choices {
		if c.low(&nd.choices[k]) {
			low++
		}
	}
	return low > 0 && low < len(nd.choices)
}

// classes are cuts by class.
func (d *tdual) classes() (out []tcut) {
	w, s := d.top, d.s
	s.load(w)
	if s.backward(w) >= inf/2 {
		return nil
	}
	belief := make([][]int64, len(d.t.nodes))
	s.forward(w, func(i int, _ int64, b []int64) { belief[i] = slices.Clone(b) })
	pick := s.decode(w)
	if pick == nil {
		return nil
	}
	for i := range pick {
		nd := &d.t.nodes[i]
		class := nd.choices[pick[i]].class
		c := tcut{i, func(c *choice) bool { return c.class == class }, float64(belief[i][class] - minOf(belief[i]))}
		if len(nd.classes) > 1 && c.score > 0 {
			out = append(out, c)
		}
	}
	return out
}

// middle cuts the node whose times weigh most in the middle, or the one with most choices.
func (d *tdual) middle() tcut {
	most, node := int64(-1), -1
	var mid int64
	for i := range d.t.nodes {
		nd := &d.t.nodes[i]
		times := make([]int64, len(nd.choices))
		for c := range nd.choices {
			times[c] = nd.choices[c].time
		}
		slices.Sort(times)
		times = slices.Compact(times)
		if n := len(times); n > 1 {
			if w := (d.top.unit[i] + 1) * (times[n-1] - times[0]); w > most {
				most, node, mid = w, i, times[n/2]
			}
		}
	}
	if node >= 0 {
		return tcut{node: node, low: func(c *choice) bool { return c.time < mid }}
	}
	for i := range d.t.nodes {
		if node < 0 || len(d.t.nodes[i].choices) > len(d.t.nodes[node].choices) {
			node = i
		}
	}
	half := d.t.nodes[node].choices[len(d.t.nodes[node].choices)/2]
	return tcut{node: node, low: func(c *choice) bool {
		return c.class < half.class || c.class == half.class && c.index < half.index
	}}
}
