package optimize

import "slices"

// step is a variable that has been decided in terms of others: the best of its values depends on those alone. Steps are
// read backwards.
type step struct {
	id   int32
	with int32 // 1 plus the id of the variable whose class it shares; 0: it has values of its own
	dom  []int32
	own  []int64
	// pairs and tabs are what ties it to variables decided later; it is the first of each tab.
	pairs []tie
	tabs  []*tab
}

// tie is one end of a factor as seen from the other.
type tie struct {
	t      *table
	other  int32 // id
	atFrom bool  // whether the other is where the bond begins
}

// meet notes a factor of the variable at position i of the core.
func (s *step) meet(c *core, f *bond, i int32) {
	other := f.from + f.to - i
	if f.t != nil {
		s.pairs = append(s.pairs, tie{f.t, c.vars[other].id, f.from == other})
		return
	}
	b := bucket{c: c, v: i}
	t := b.pair(f, other)
	t.ids, t.doms = []int32{s.id, c.vars[other].id}, [][]int32{s.dom, c.vars[other].dom}
	s.tabs = append(s.tabs, t)
}

// trail is a list of steps. Going back through it gives the best plan, and all that are as good.
type trail struct {
	steps []step
	sum   []int64 // scratch
	work  *work
}

// scores gives what each value of a step adds, by the classes of what was decided later.
func (tr *trail) scores(s *step, class []int32) []int64 {
	sum := fit(&tr.sum, len(s.dom))
	copy(sum, s.own)
	for i := range s.pairs {
		p := &s.pairs[i]
		(&bond{t: p.t}).addPair(s.dom, p.atFrom, class[p.other], sum)
	}
	for _, t := range s.tabs {
		for i, x := range t.row(class) {
			sum[i] = min(inf, sum[i]+x)
		}
	}
	tr.work.spend(len(sum) * (1 + len(s.pairs) + len(s.tabs)))
	return sum
}

// decode fills in the best class of every step.
func (tr *trail) decode(class []int32) {
	for i := len(tr.steps) - 1; i >= 0; i-- {
		s := &tr.steps[i]
		if s.with > 0 {
			class[s.id] = class[s.with-1]
			continue
		}
		class[s.id] = s.dom[argmin(tr.scores(s, class))]
	}
}

// argmin is the first position of the smallest entry.
func argmin(list []int64) int {
	at := 0
	for i, x := range list {
		if x < list[at] {
			at = i
		}
	}
	return at
}

// reduce decides, exactly, all variables that have one value or hang on at most one other, again and again, and writes
// them to the trail. It is false if it finds that there is no plan.
func (k *kernel) reduce(c *core, tr *trail) bool {
	for {
		if done, ok := k.peel(c, tr); done || !ok {
			return ok
		}
	}
}

// peel is one round of reduce; done says that there was nothing to do.
func (k *kernel) peel(c *core, tr *trail) (done, ok bool) {
	degree := make([]int, len(c.vars))
	gone := make([]bool, len(c.vars))
	var queue []int32
	for i := range c.vars {
		degree[i] = c.vars[i].degree()
		if (degree[i] <= 1 || len(c.vars[i].dom) == 1) && !c.shared(int32(i)) {
			queue = append(queue, int32(i))
		}
	}
	if len(queue) == 0 {
		return true, true
	}
	for ; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		if v := &c.vars[i]; gone[i] || degree[i] > 1 && len(v.dom) > 1 || c.shared(i) {
			continue
		}
		gone[i] = true
		if !k.settle(c, i, gone, tr) {
			return false, false
		}
		c.eachFactor(i, func(f int32, other int32) {
			if !gone[other] {
				if degree[other]--; degree[other] == 1 {
					queue = append(queue, other)
				}
			}
		})
	}
	return false, c.compact(gone)
}

// eachFactor visits the factors of a variable with their other ends.
func (c *core) eachFactor(i int32, visit func(f, other int32)) {
	for _, f := range c.vars[i].in {
		visit(f, c.factors[f].from)
	}
	for _, f := range c.vars[i].out {
		visit(f, c.factors[f].to)
	}
}

// settle moves what a variable costs over to its neighbours, of which it has several only if it has one value.
func (k *kernel) settle(c *core, i int32, gone []bool, tr *trail) bool {
	v := &c.vars[i]
	s := step{id: v.id, dom: v.dom, own: v.own}
	z := v.own
	if len(v.dom) == 1 {
		c.base += v.own[0]
		z = []int64{0}
		if v.own[0] >= nowhere {
			return false
		}
	}
	alone := true
	c.eachFactor(i, func(fi, other int32) {
		f := &c.factors[fi]
		if gone[other] {
			return
		}
		alone = false
		w := &c.vars[other]
		msg := fit(&k.z, len(w.dom))
		k.push(c, f, f.from == i, z, msg)
		for x := range w.own {
			w.own[x] = min(inf, w.own[x]+msg[x])
		}
		if len(v.dom) > 1 {
			s.meet(c, f, i)
		}
	})
	tr.steps = append(tr.steps, s)
	if alone && len(v.dom) > 1 {
		low := slices.Min(v.own)
		c.base += low
		return low < nowhere
	}
	return true
}
