package optimize

import "slices"

// reopen improves a plan by one class of a shared output at a time: it sends the output there and moves the readers that
// gain by it, or sends it there no more and moves those that were there to where it goes anyway.
func (k *kernel) reopen(c *core, class []int32) {
	cost := c.cost(class)
	for s, set := range c.sets {
		if cost >= nowhere {
			return
		}
		if len(set) < 2 {
			continue
		}
		r := k.reopening(c, int32(s+1), class)
		for range len(set) {
			old := slices.Clone(class)
			if !r.best(class) {
				break
			}
			if now := c.cost(class); now < cost {
				cost = now
				r.note(class)
			} else {
				copy(class, old)
				break
			}
		}
	}
}

// reopening is the work on one set.
type reopening struct {
	c       *core
	set     []int32
	at      int32     // the producer's class
	costs   [][]int64 // by reader, class: all but the set's price; inf where it cannot be
	prices  []int64   // by class
	sits    [][]int32 // by class: the readers there
	gain    []int64   // by class
	classes int
}

func (k *kernel) reopening(c *core, set int32, class []int32) *reopening {
	r := &reopening{c: c, set: c.sets[set-1]}
	for _, fi := range r.set {
		dom := c.vars[c.factors[fi].reader()].dom
		r.classes = max(r.classes, int(dom[len(dom)-1])+1)
	}
	f := &c.factors[r.set[0]]
	r.at = class[c.vars[f.producer()].id]
	r.prices, r.sits, r.gain = make([]int64, r.classes), make([][]int32, r.classes), make([]int64, r.classes)
	for b := range r.prices {
		r.prices[b] = f.price(r.at, int32(b))
	}
	for _, fi := range r.set {
		i := c.factors[fi].reader()
		v := &c.vars[i]
		sum := slices.Clone(v.own)
		c.eachFactor(i, func(fj, _ int32) {
			if g := &c.factors[fj]; g.set != set {
				c.addEnd(g, i, class, sum, everyone)
			}
		})
		k.spend(len(sum) * (2 + v.degree()))
		costs := make([]int64, r.classes)
		fill(costs, inf)
		for x, a := range v.dom {
			costs[a] = sum[x]
		}
		r.costs = append(r.costs, costs)
	}
	r.note(class)
	return r
}

// note finds out who is where.
func (r *reopening) note(class []int32) {
	for b := range r.sits {
		r.sits[b] = r.sits[b][:0]
	}
	for i, fi := range r.set {
		b := class[r.c.vars[r.c.factors[fi].reader()].id]
		r.sits[b] = append(r.sits[b], int32(i))
	}
}

// best makes the change that seems to gain most; false: none does.
func (r *reopening) best(class []int32) bool {
	most, at := int64(0), -1
	for b := range r.gain {
		if r.prices[b] >= nowhere {
			continue
		}
		gain := r.prices[b]
		if len(r.sits[b]) == 0 {
			gain = -gain
		}
		r.each(class, b, func(_ int32, more int64, _ int32) { gain -= more })
		if gain > most {
			most, at = gain, b
		}
	}
	if at < 0 {
		return false
	}
	r.each(class, at, func(reader int32, _ int64, to int32) { class[r.c.vars[reader].id] = to })
	return true
}

// each gives the readers that would move if class b were opened, or closed if somebody is there, with what they would pay more.
func (r *reopening) each(class []int32, b int, visit func(reader int32, more int64, to int32)) {
	if len(r.sits[b]) == 0 {
		for i, fi := range r.set {
			reader := r.c.factors[fi].reader()
			if more := r.costs[i][b] - r.costs[i][class[r.c.vars[reader].id]]; more < 0 {
				visit(reader, more, int32(b))
			}
		}
		return
	}
	for _, i := range r.sits[b] {
		to, least := int32(b), inf
		for x, cost := range r.costs[i] {
			if x != b && cost < least && (len(r.sits[x]) > 0 || r.prices[x] == 0) {
				to, least = int32(x), cost
			}
		}
		visit(r.c.factors[r.set[i]].reader(), least-r.costs[i][b], to)
	}
}
