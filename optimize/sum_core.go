package optimize

import (
	"cmp"
	"slices"
)

// nowhere is from where on a cost means "not possible"; sums of a few such stay representable.
const nowhere = inf / 2

// core is a sum to minimise: variables with a cost per class, and factors between pairs of them. Costs are whole
// multiples of the scale and not negative. Variables stand in topological order, and factors point forward.
type core struct {
	vars    []coreVar
	factors []bond
	base    int64 // what every plan pays
	// sets are the factors of each shared output, see sum_share.go.
	sets [][]int32
}

// coreVar is a variable with what is left of its classes.
type coreVar struct {
	id  int32   // in Problem.Vars
	dom []int32 // classes, ascending
	own []int64 // by position in dom
	// in and out are the factors that end and begin here.
	in, out []int32
}

// bond is a factor: it joins two variables.
type bond struct {
	from, to int32
	t        *table
	// set is 1 plus the shared output that the factor belongs to, an index into core.sets; 0: none.
	set int32
	// dense holds the costs by position in the domains, from*len(to)+to, once those are small; else nil. Of a set it is a part
	// of the price.
	dense []int64
	width int // columns of dense, of a set
	// turned: the reader is at from, which merging can bring about.
	turned bool
	// ahead and back are the messages to the ends: ahead by position of to, back by position of from.
	ahead, back []int64
	past        []int64 // back before it last moved
	// extra is what the ends cost more, at the least, if they do not share a class, by position of to.
	extra []int64
	same  bool // every plan that matters has both ends in one class
}

func (c *core) size() (values int) {
	for i := range c.vars {
		values += len(c.vars[i].dom)
	}
	return values
}

func (v *coreVar) degree() int { return len(v.in) + len(v.out) }

// link fills in, out and sets, lightest factors first, and makes the dense tables of small factors.
func (c *core) link() {
	for i := range c.sets {
		c.sets[i] = c.sets[i][:0]
	}
	for i := range c.vars {
		c.vars[i].in, c.vars[i].out = c.vars[i].in[:0], c.vars[i].out[:0]
	}
	for _, i := range c.lightest() {
		f := &c.factors[i]
		c.vars[f.from].out = append(c.vars[f.from].out, i)
		c.vars[f.to].in = append(c.vars[f.to].in, i)
		if f.set > 0 {
			c.sets[f.set-1] = append(c.sets[f.set-1], i)
		}
		from, to := c.vars[f.from].dom, c.vars[f.to].dom
		if f.t == nil || len(from)*len(to) > maxDense || len(f.dense) == len(from)*len(to) {
			continue
		}
		f.dense = make([]int64, 0, len(from)*len(to))
		for _, a := range from {
			for _, b := range to {
				f.dense = append(f.dense, f.t.pair(a, b))
			}
		}
	}
}

// lightest are the factors by the most they can cost.
func (c *core) lightest() []int32 {
	order := make([]int32, len(c.factors))
	for i := range order {
		order[i] = int32(i)
	}
	top := func(i int32) int64 {
		if t := c.factors[i].t; t != nil {
			return t.top
		}
		return inf
	}
	slices.SortStableFunc(order, func(i, j int32) int { return cmp.Compare(top(i), top(j)) })
	return order
}

// maxDense is the size up to which a factor keeps its own table.
const maxDense = 1 << 8

// compact drops values that have become impossible, and factors and variables that gone marks. It is false if some
// variable is left without a value.
func (c *core) compact(gone []bool) bool {
	kept, ok := c.narrow(gone)
	if !ok {
		return false
	}
	at, n := make([]int32, len(c.vars)), int32(0)
	for i := range c.vars {
		at[i] = n
		if gone == nil || !gone[i] {
			c.vars[n] = c.vars[i]
			n++
		}
	}
	clear(c.vars[n:])
	c.vars = c.vars[:n]
	left := c.factors[:0]
	for _, f := range c.factors {
		if gone != nil && (gone[f.from] || gone[f.to]) {
			continue
		}
		if from, to := kept[f.from], kept[f.to]; from != nil || to != nil {
			if f.set > 0 {
				f.narrow(from, to)
			} else {
				f.dense = nil
			}
			f.back, f.past, f.ahead, f.extra = pick(f.back, from), pick(f.past, from), pick(f.ahead, to), pick(f.extra, to)
		}
		f.from, f.to = at[f.from], at[f.to]
		left = append(left, f)
	}
	clear(c.factors[len(left):])
	c.factors = left
	c.link()
	return true
}

// narrow drops impossible values and gives, by variable, the positions left, nil: all. It is false if none is.
func (c *core) narrow(gone []bool) (kept [][]int32, ok bool) {
	kept = make([][]int32, len(c.vars))
	for i := range c.vars {
		if v := &c.vars[i]; (gone == nil || !gone[i]) && slices.ContainsFunc(v.own, func(x int64) bool { return x >= nowhere }) {
			kept[i] = v.narrow()
			if len(v.dom) == 0 {
				return nil, false
			}
		}
	}
	return kept, true
}

// narrow drops impossible values and gives the positions of the others.
func (v *coreVar) narrow() []int32 {
	kept := []int32{}
	for x, own := range v.own {
		if own < nowhere {
			v.dom[len(kept)], v.own[len(kept)] = v.dom[x], own
			kept = append(kept, int32(x))
		}
	}
	v.dom, v.own = v.dom[:len(kept)], v.own[:len(kept)]
	return kept
}

// pick keeps some entries, in place; nil keeps all.
func pick(list []int64, kept []int32) []int64 {
	if kept == nil || list == nil {
		return list
	}
	for i, x := range kept {
		list[i] = list[x]
	}
	return list[:len(kept)]
}

// clone copies what branches change; tables stay shared, messages are copied too.
func (c *core) clone() *core {
	d := &core{vars: slices.Clone(c.vars), factors: slices.Clone(c.factors), base: c.base, sets: slices.Clone(c.sets)}
	for i := range d.sets {
		d.sets[i] = slices.Clone(d.sets[i])
	}
	for i := range d.vars {
		v := &d.vars[i]
		v.dom, v.own = slices.Clone(v.dom), slices.Clone(v.own)
		v.in, v.out = slices.Clone(v.in), slices.Clone(v.out)
	}
	for i := range d.factors {
		f := &d.factors[i]
		f.ahead, f.back, f.extra, f.past = slices.Clone(f.ahead), slices.Clone(f.back), slices.Clone(f.extra), slices.Clone(f.past)
		if f.set > 0 {
			f.dense = slices.Clone(f.dense)
		}
	}
	return d
}

// cost is what a plan costs here, given the classes by id; inf if it breaks a rule or uses a class that is gone.
func (c *core) cost(class []int32) int64 {
	sum := c.base
	for i := range c.vars {
		v := &c.vars[i]
		x, found := slices.BinarySearch(v.dom, class[v.id])
		if !found {
			return inf
		}
		sum += v.own[x]
	}
	for i := range c.factors {
		f := &c.factors[i]
		p := f.t.pair(class[c.vars[f.from].id], class[c.vars[f.to].id])
		if p >= nowhere {
			return inf
		}
		if f.set == 0 || c.first(f, class, everyone) {
			sum += p
		}
	}
	return sum
}
