package optimize

import "slices"

// opened is the core with its sets written out: for each class that several readers can be in, a variable that says whether
// the output is there. To have it there costs the producer the price, and readers may not be where it is not. It must be
// there where it costs nothing, so that every plan is one of the opened core in one way only. first is the id of the
// first such variable, classes how many a set has.
func (c *core) opened(first, classes int32) *core {
	d := &core{base: c.base, vars: slices.Clone(c.vars)}
	for i := range d.vars {
		d.vars[i].in, d.vars[i].out = nil, nil
	}
	for i := range c.factors {
		if f := &c.factors[i]; f.set == 0 {
			d.factors = append(d.factors, *f)
		}
	}
	for s, set := range c.sets {
		for class := range classes {
			if len(set) > 0 {
				c.openInto(d, set, class, first+int32(s)*classes+class)
			}
		}
	}
	d.link()
	return d
}

// openInto does so for one class.
func (c *core) openInto(d *core, set []int32, class, id int32) {
	f := &c.factors[set[0]]
	u := &c.vars[f.producer()]
	var readers, values []int32
	for _, fi := range set {
		r := c.factors[fi].reader()
		if x, found := slices.BinarySearch(c.vars[r].dom, class); found {
			readers, values = append(readers, r), append(values, int32(x))
		}
	}
	if len(readers) == 0 {
		return
	}
	y := int32(len(d.vars))
	d.vars = append(d.vars, coreVar{id: id, dom: []int32{0, 1}, own: []int64{0, 0}})
	var have []int64
	for _, a := range u.dom {
		price := f.price(a, class)
		not := int64(0)
		if price == 0 {
			not = inf
		}
		have = append(have, not, price)
	}
	d.factors = append(d.factors, bond{from: f.producer(), to: y, dense: have})
	for i, r := range readers {
		n := len(c.vars[r].dom)
		need := make([]int64, 2*n)
		need[values[i]] = inf
		d.factors = append(d.factors, bond{from: y, to: r, dense: need})
	}
}

// open gives the opened core, nil if that would be too large to be of use.
func (q *quest) open() *core {
	p := q.s.b.p
	if q.c.openings(int32(p.Classes)) > maxOpen {
		return nil
	}
	return q.c.opened(int32(len(p.Vars)), int32(p.Classes))
}

// maxOpen is how many variables an opened core may have more.
const maxOpen = 1 << 11

// openings counts the variables that opening adds.
func (c *core) openings(classes int32) (n int) {
	for _, set := range c.sets {
		seen := make([]bool, classes)
		for _, fi := range set {
			for _, a := range c.vars[c.factors[fi].reader()].dom {
				if !seen[a] {
					seen[a] = true
					n++
				}
			}
		}
	}
	return n
}
