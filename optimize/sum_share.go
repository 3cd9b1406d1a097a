package optimize

import "slices"

// An output that several read is paid once per class its readers are in. Its edges are bonds of one set. Messages see each
// of them as an edge of its own with a part of the price: as long as the parts add up to no more than the price, what
// they prove holds. Which parts prove most is found on the way, see balance. Plans are priced as they are. An elimination
// needs no parts, it opens the sets, see opened.

const (
	// alone is an edge that nobody shares, twice one that reads what another edge reads for the same variable already.
	alone, twice = -1, -2
)

// sharing gives, per edge, the first edge that carries the same to somebody else as well.
func (p *Problem) sharing() []int {
	type output struct{ from, artifact int }
	lists := map[output][]int{}
	out := make([]int, len(p.Edges))
	for i, e := range p.Edges {
		out[i] = alone
		if e.Artifact == 0 || e.Tariff == NoTariff {
			continue
		}
		key := output{e.From, e.Artifact}
		list := lists[key]
		if slices.ContainsFunc(list, func(j int) bool { return p.Edges[j].To == e.To }) {
			out[i] = twice
			continue
		}
		if list = append(list, i); len(list) > 1 {
			out[list[0]], out[i] = list[0], list[0]
		}
		lists[key] = list
	}
	return out
}

// sharesOutput says whether some output has several readers that may pay for it once.
func sharesOutput(p *Problem) bool {
	type output struct{ from, artifact int }
	seen := map[output]bool{}
	for _, e := range p.Edges {
		key := output{e.From, e.Artifact}
		if e.Artifact > 0 && e.Tariff != NoTariff {
			if seen[key] {
				return true
			}
			seen[key] = true
		}
	}
	return false
}

// share gives every bond of a set an equal part of the price, to begin with.
func (c *core) share() {
	for _, set := range c.sets {
		for _, fi := range set {
			f := &c.factors[fi]
			f.width = len(c.vars[f.to].dom)
			f.dense = make([]int64, 0, len(c.vars[f.from].dom)*f.width)
			for _, a := range c.vars[f.from].dom {
				for _, b := range c.vars[f.to].dom {
					price := f.t.pair(a, b)
					if price < nowhere {
						price /= int64(len(set))
					}
					f.dense = append(f.dense, price)
				}
			}
		}
	}
}

// narrow drops rows and columns of a bond's own table, in place; nil keeps all.
func (f *bond) narrow(from, to []int32) {
	width := f.width
	at := func(kept []int32, i int) int {
		if kept == nil {
			return i
		}
		return int(kept[i])
	}
	rows, cols := len(f.dense)/width, width
	if from != nil {
		rows = len(from)
	}
	if to != nil {
		cols = len(to)
	}
	for i := range rows {
		for j := range cols {
			f.dense[i*cols+j] = f.dense[at(from, i)*width+at(to, j)]
		}
	}
	f.dense, f.width = f.dense[:rows*cols], cols
}

// shared says whether a variable makes or reads a shared output.
func (c *core) shared(i int32) bool {
	joint := func(f int32) bool { return c.factors[f].set > 0 }
	return len(c.sets) > 0 && (slices.ContainsFunc(c.vars[i].in, joint) || slices.ContainsFunc(c.vars[i].out, joint))
}

// addEnd adds what a bond costs variable i by class, the other end being where it is in at: of a set, what no other reader
// pays already. Only readers that count are there.
func (c *core) addEnd(f *bond, i int32, at []int32, out []int64, counts func(reader int32) bool) {
	dom := c.vars[i].dom
	switch {
	case f.set == 0:
		f.addPair(dom, f.to == i, at[c.vars[f.from+f.to-i].id], out)
	case f.producer() == i:
		if c.first(f, at, counts) {
			f.addPair(dom, f.turned, at[c.vars[f.reader()].id], out)
		}
	default:
		before := slices.Clone(out)
		f.addPair(dom, !f.turned, at[c.vars[f.producer()].id], out)
		for _, g := range c.sets[f.set-1] {
			if r := c.factors[g].reader(); r != i && counts(r) {
				if x, found := slices.BinarySearch(dom, at[c.vars[r].id]); found && out[x] < nowhere {
					out[x] = before[x]
				}
			}
		}
	}
}

// first says whether the reader at the end of a bond is the first of its set in its class, of those that count.
func (c *core) first(f *bond, at []int32, counts func(reader int32) bool) bool {
	class := at[c.vars[f.reader()].id]
	return !slices.ContainsFunc(c.sets[f.set-1], func(g int32) bool {
		r := c.factors[g].reader()
		return r < f.reader() && at[c.vars[r].id] == class && counts(r)
	})
}

func everyone(int32) bool { return true }

func (f *bond) producer() int32 {
	if f.turned {
		return f.to
	}
	return f.from
}

func (f *bond) reader() int32 {
	if f.turned {
		return f.from
	}
	return f.to
}

// price is what one class of the producer and one of the reader cost.
func (f *bond) price(a, b int32) int64 { return f.t.between(!f.turned, a, b) }

// cell is where a pair of positions stands in the bond's own table, the producer's first.
func (f *bond) cell(a, b int) *int64 {
	if f.turned {
		a, b = b, a
	}
	return &f.dense[a*f.width+b]
}

// turn exchanges the ends; t is the table seen from there.
func (f *bond) turn(t *table) {
	old := f.dense
	if f.set > 0 {
		rows := len(old) / f.width
		f.dense = make([]int64, len(old))
		for i, x := range old {
			f.dense[i%f.width*rows+i/f.width] = x
		}
		f.width = rows
	}
	f.from, f.to, f.t, f.turned = f.to, f.from, t, !f.turned
	f.ahead, f.back, f.extra, f.past = f.back, f.ahead, make([]int64, len(f.back)), nil
}

// release makes plain bonds of sets that have but one reader left.
func (c *core) release() {
	left := make([]int, len(c.sets))
	for i := range c.factors {
		if set := c.factors[i].set; set > 0 {
			left[set-1]++
		}
	}
	joint := false
	for i := range c.factors {
		if f := &c.factors[i]; f.set > 0 && left[f.set-1] == 1 {
			f.set, f.turned, f.dense = 0, false, nil
		} else {
			joint = joint || f.set > 0
		}
	}
	if !joint {
		c.sets = nil
	}
}

// moves says whether some output costs something even where it is made. Then its maker and a reader are not merged.
func (c *core) moves() bool {
	return slices.ContainsFunc(c.factors, func(f bond) bool { return f.set > 0 && f.t.stay != nil })
}

// left is a bond whose own table is what is left to pay of a set's price, those readers that count being where they are.
func (c *core) left(f *bond, at []int32, counts func(reader int32) bool) []int64 {
	g := *f
	g.dense = make([]int64, len(f.dense))
	u := &c.vars[f.producer()]
	row := make([]int64, len(c.vars[f.reader()].dom))
	old := at[u.id]
	for x, a := range u.dom {
		clear(row)
		at[u.id] = a
		c.addEnd(f, f.reader(), at, row, counts)
		for y, price := range row {
			*g.cell(x, y) = price
		}
	}
	at[u.id] = old
	return g.dense
}

// guess supposes that the best plan costs little more than the bound, and looks for one that does: most of the core goes
// then. If there is one it is the best; if not the bound rises. Plans for shared outputs are hard to come by otherwise. It is
// false if it has been tried.
func (q *quest) guess() bool {
	if len(q.c.sets) == 0 || q.depth > 0 || q.guessed || q.limit >= nowhere {
		return false
	}
	q.guessed = true
	for step := (q.limit - q.lower) / 64; ; step *= 2 {
		scale := q.s.b.scale
		most := min(q.limit, ceilDiv(q.lower+max(step, scale), scale)*scale) // costs are multiples of the scale
		sub := q.s.quest(q.c.clone(), make([]int32, len(q.class)), most, q.depth+1)
		for i := range sub.class {
			sub.class[i] = -1
		}
		sub.lower, sub.cost, sub.limit, sub.guessed = q.lower, inf, most, true
		sub.run()
		q.lower = max(q.lower, min(sub.lower, most))
		if sub.cost < q.cost {
			copy(q.class, sub.class)
			q.tr.decode(q.class)
			q.met(sub.cost)
			q.lower = min(q.lower, q.limit)
		}
		if q.s.over() || sub.cost < most || most >= q.limit {
			return true
		}
	}
}
