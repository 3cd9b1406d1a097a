package optimize

import (
	"cmp"
	"slices"
)

// merge makes one variable of those that must share a class, and one factor of those that then join the same two. Heavy
// edges are what slows messages down, and light ones what is left of a plan to decide. It is false if there is no plan.
func (s *summer) merge(c *core, tr *trail) bool {
	of := s.sets(c)
	if of == nil {
		return true
	}
	kept := make([][]int32, len(c.vars)) // by old variable: the positions that stay
	for i := range c.vars {
		kept[i] = make([]int32, len(c.vars[i].dom))
		for x := range kept[i] {
			kept[i][x] = int32(x)
		}
	}
	for i := range c.vars {
		if r := of[i]; r != int32(i) {
			if !c.absorb(r, int32(i), of, kept) {
				return false
			}
			tr.steps = append(tr.steps, step{id: c.vars[i].id, with: c.vars[r].id + 1})
		}
	}
	at, n := make([]int32, len(c.vars)), 0 // where a set went
	for i := range c.vars {
		if of[i] == int32(i) {
			at[i] = int32(n)
			c.vars[n] = c.vars[i]
			n++
		}
	}
	clear(c.vars[n:])
	c.vars = c.vars[:n]
	s.rejoin(c, of, at, kept)
	return c.compact(nil)
}

// sets gives, per variable, the first of those it must share a class with; nil if each stands alone.
func (s *summer) sets(c *core) []int32 {
	of := make([]int32, len(c.vars))
	for i := range of {
		of[i] = int32(i)
	}
	find := func(i int32) int32 {
		for of[i] != i {
			i = of[i]
		}
		return i
	}
	any := false
	for i := range c.factors {
		if f := &c.factors[i]; f.same {
			a, b := find(f.from), find(f.to)
			of[max(a, b)] = min(a, b)
			any = true
		}
	}
	if !any {
		return nil
	}
	for i := range of {
		of[i] = find(int32(i))
	}
	return of
}

// absorb adds variable j's costs to i's; only classes that both have stay, in all that were absorbed before as well.
func (c *core) absorb(i, j int32, of []int32, kept [][]int32) bool {
	v, w := &c.vars[i], &c.vars[j]
	var left, right []int32
	for x, y := 0, 0; x < len(v.dom) && y < len(w.dom); {
		switch {
		case v.dom[x] < w.dom[y]:
			x++
		case v.dom[x] > w.dom[y]:
			y++
		default:
			n := len(left)
			v.dom[n], v.own[n] = v.dom[x], min(inf, v.own[x]+w.own[y])
			left, right = append(left, int32(x)), append(right, int32(y))
			x, y = x+1, y+1
		}
	}
	v.dom, v.own = v.dom[:len(left)], v.own[:len(left)]
	for k := range j {
		if of[k] == i {
			for n, x := range left {
				kept[k][n] = kept[k][x]
			}
			kept[k] = kept[k][:len(left)]
		}
	}
	kept[j] = right
	return len(left) > 0
}

// rejoin gives the factors their new ends, and takes their messages along.
func (s *summer) rejoin(c *core, of, at []int32, kept [][]int32) {
	var left []bond
	for _, f := range c.factors {
		from, to := at[of[f.from]], at[of[f.to]]
		if from == to {
			v := &c.vars[from]
			for x, a := range v.dom {
				v.own[x] = min(inf, v.own[x]+f.t.staying(a))
			}
			continue
		}
		if f.set > 0 {
			f.narrow(kept[f.from], kept[f.to])
		} else {
			f.dense = nil
		}
		f.ahead, f.extra = pick(f.ahead, kept[f.to]), pick(f.extra, kept[f.to])
		f.back, f.past = pick(f.back, kept[f.from]), pick(f.past, kept[f.from])
		f.from, f.to = from, to
		if from > to {
			f.turn(s.b.flipped(f.t))
		}
		left = append(left, f)
	}
	slices.SortStableFunc(left, func(x, y bond) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.set, y.set))
	})
	c.factors = left[:0]
	for _, f := range left {
		if n := len(c.factors); n > 0 && c.factors[n-1].from == f.from && c.factors[n-1].to == f.to && c.factors[n-1].set == f.set {
			c.factors[n-1].unite(s.b, &f)
			continue
		}
		c.factors = append(c.factors, f)
	}
	c.release()
}

// unite adds a factor between the same two variables.
func (f *bond) unite(b *builder, g *bond) {
	if f.set > 0 { // the same reader twice
		for x := range f.dense {
			f.dense[x] = min(inf, f.dense[x]+g.dense[x])
		}
	} else {
		f.t = b.together(f.t, g.t)
	}
	f.past = nil
	if f.ahead == nil || g.ahead == nil {
		f.ahead, f.back, f.extra = nil, nil, nil
		return
	}
	for x := range f.ahead {
		f.ahead[x] += g.ahead[x]
	}
	for x := range f.back {
		f.back[x] += g.back[x]
	}
}

// flipped is a table seen from the other end.
func (b *builder) flipped(t *table) *table {
	sources := slices.Clone(t.sources)
	for i := range sources {
		sources[i].flip = !sources[i].flip
	}
	slices.SortFunc(sources, source.compare)
	return b.table(sources)
}

// together is the sum of two tables.
func (b *builder) together(t, u *table) *table {
	sources := append(slices.Clone(t.sources), u.sources...)
	slices.SortFunc(sources, source.compare)
	return b.table(sources)
}
