package optimize

import "slices"

// tab is a cost by the values of several variables; the first of them, which is decided first, varies fastest.
type tab struct {
	vars  []int32 // positions in the core while eliminating
	ids   []int32
	doms  [][]int32
	cells []int64
}

// row is the part of the table by the values of its first variable, the others being in the classes given.
func (t *tab) row(class []int32) []int64 {
	at, stride := 0, len(t.doms[0])
	for i := 1; i < len(t.ids); i++ {
		x, _ := slices.BinarySearch(t.doms[i], class[t.ids[i]])
		at += x * stride
		stride *= len(t.doms[i])
	}
	return t.cells[at : at+len(t.doms[0])]
}

// bucket is the elimination of one variable: its inputs, and the table over those that meet in them.
type bucket struct {
	c    *core
	turn []int32 // by variable: when it is eliminated
	v    int32
	in   []*tab
	out  *tab
}

// eliminate decides all variables of a core in the order of a schedule, and leaves none.
func (k *kernel) eliminate(c *core, s schedule, tr *trail) bool {
	turn := make([]int32, len(c.vars))
	for i, v := range s.order {
		turn[v] = int32(i)
	}
	tabs := make([][]*tab, len(c.vars)) // by the variable that goes first
	for _, v := range s.order {
		if k.over() {
			return false
		}
		b := bucket{c: c, turn: turn, v: v, in: tabs[v]}
		st := step{id: c.vars[v].id, dom: c.vars[v].dom, own: c.vars[v].own, tabs: slices.Clip(tabs[v])}
		c.eachFactor(v, func(f, other int32) {
			if turn[other] > turn[v] {
				b.in = append(b.in, b.pair(&c.factors[f], other))
				st.meet(c, &c.factors[f], v)
			}
		})
		tabs[v] = nil
		b.scope()
		b.run(&k.work)
		tr.steps = append(tr.steps, st)
		if len(b.out.vars) == 0 {
			c.base = min(inf, c.base+b.out.cells[0])
			continue
		}
		first := b.out.vars[0]
		tabs[first] = append(tabs[first], b.out)
	}
	c.vars, c.factors = nil, nil
	return true
}

// pair writes a factor out.
func (b *bucket) pair(f *bond, other int32) *tab {
	mine, theirs := &b.c.vars[b.v], &b.c.vars[other]
	n, m := len(mine.dom), len(theirs.dom)
	t := &tab{vars: []int32{b.v, other}, cells: make([]int64, n*m)}
	switch {
	case f.dense != nil && f.to == b.v:
		copy(t.cells, f.dense)
	case f.dense != nil:
		for x := range n {
			for y := range m {
				t.cells[y*n+x] = f.dense[x*m+y]
			}
		}
	default:
		for y, at := range theirs.dom {
			f.addPair(mine.dom, f.to == b.v, at, t.cells[y*n:(y+1)*n])
		}
	}
	return t
}

// scope gathers the variables that meet, in the order of their turns.
func (b *bucket) scope() {
	b.out = &tab{}
	for _, t := range b.in {
		for _, u := range t.vars[1:] {
			if !slices.Contains(b.out.vars, u) {
				b.out.vars = append(b.out.vars, u)
			}
		}
	}
	slices.SortFunc(b.out.vars, func(x, y int32) int { return int(b.turn[x] - b.turn[y]) })
	size := 1
	for _, u := range b.out.vars {
		v := &b.c.vars[u]
		b.out.ids, b.out.doms = append(b.out.ids, v.id), append(b.out.doms, v.dom)
		size *= len(v.dom)
	}
	b.out.cells = make([]int64, size)
}

// run fills the table: for all values of the others the least over v of the sum of the inputs. Inputs that the fastest of
// the others does not touch are added up once for all of its values.
func (b *bucket) run(w *work) {
	own := b.c.vars[b.v].own
	n := len(own)
	fast := 1
	if len(b.out.vars) > 0 {
		fast = len(b.out.doms[0])
	}
	strides := make([][]int, len(b.in)) // by input, variable of out; in cells
	for i, t := range b.in {
		strides[i] = b.strides(t)
	}
	w.spend(len(b.out.cells) * n * (1 + len(b.in)/2))
	at := make([]int, len(b.in))
	digit := make([]int, len(b.out.vars))
	sum := make([]int64, n)
	for cell := 0; cell < len(b.out.cells); cell += fast {
		copy(sum, own)
		for i, t := range b.in {
			if fast == 1 || strides[i][0] == 0 {
				add(sum, t.cells[at[i]:at[i]+n])
			}
		}
		b.inner(sum, b.out.cells[cell:cell+fast], at, strides)
		b.advance(digit, at, strides)
	}
}

func add(sum, list []int64) {
	for x := range sum {
		sum[x] = min(inf, sum[x]+list[x])
	}
}

// strides is by how much a step of each variable of out moves in an input.
func (b *bucket) strides(t *tab) []int {
	out := make([]int, len(b.out.vars))
	stride := len(b.c.vars[b.v].dom)
	for _, u := range t.vars[1:] {
		out[slices.Index(b.out.vars, u)] = stride
		stride *= len(b.c.vars[u].dom)
	}
	return out
}

// inner goes through the values of the fastest variable of out.
func (b *bucket) inner(sum, out []int64, at []int, strides [][]int) {
	n := len(sum)
	if len(out) == 1 {
		out[0] = slices.Min(sum)
		return
	}
	var live []int
	for i := range b.in {
		if strides[i][0] > 0 {
			live = append(live, i)
		}
	}
	for y := range out {
		least := inf
		if len(live) == 1 {
			list := b.in[live[0]].cells[at[live[0]]+y*strides[live[0]][0]:][:n]
			for x, s := range sum {
				least = min(least, s+list[x])
			}
		} else {
			for x, s := range sum {
				for _, i := range live {
					s = min(inf, s+b.in[i].cells[at[i]+y*strides[i][0]+x])
				}
				least = min(least, s)
			}
		}
		out[y] = min(inf, least)
	}
}

// advance steps all variables of out but the fastest, like the digits of a counter.
func (b *bucket) advance(digit, at []int, strides [][]int) {
	for d := 1; d < len(digit); d++ {
		digit[d]++
		for i := range at {
			at[i] += strides[i][d]
		}
		if digit[d] < len(b.out.doms[d]) {
			return
		}
		for i := range at {
			at[i] -= strides[i][d] * len(b.out.doms[d])
		}
		digit[d] = 0
	}
}
