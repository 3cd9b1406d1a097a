package optimize

// descend moves one variable after the other to its best class, until none moves.
func (k *kernel) descend(c *core, class []int32) {
	for moved, round := true, 0; moved && round < 20; round++ {
		moved = false
		for i := range c.vars {
			v := &c.vars[i]
			sum := fit(&k.belief, len(v.dom))
			copy(sum, v.own)
			c.around(int32(i), class, sum)
			k.spend(len(sum) * (1 + v.degree()))
			if at := argmin(sum); v.dom[at] != class[v.id] && sum[at] < k.here(v, class, sum) {
				class[v.id] = v.dom[at]
				moved = true
			}
		}
	}
}

// here is the sum of the class a variable is in.
func (k *kernel) here(v *coreVar, class []int32, sum []int64) int64 {
	for x, a := range v.dom {
		if a == class[v.id] {
			return sum[x]
		}
	}
	return inf
}

// around adds what the factors of a variable cost with the other ends where they are.
func (c *core) around(i int32, class []int32, sum []int64) {
	v := &c.vars[i]
	for _, fi := range v.in {
		c.addEnd(&c.factors[fi], i, class, sum, everyone)
	}
	for _, fi := range v.out {
		c.addEnd(&c.factors[fi], i, class, sum, everyone)
	}
}

// shuffle is a small generator of numbers that look random and are the same every time.
type shuffle uint64

func (s *shuffle) below(n int) int {
	*s = *s*6364136223846793005 + 1442695040888963407
	return int(uint64(*s>>33) % uint64(n))
}

// forest chooses variables without a cycle among them, and no two readers of a shared output, as many as come in random order.
func (k *kernel) forest(c *core, rnd *shuffle) []bool {
	n := len(c.vars)
	order, root := make([]int32, n), make([]int32, n)
	for i := range order {
		order[i], root[i] = int32(i), int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	in, held := make([]bool, n), make([]bool, len(c.sets))
	var met []int32
	for i := n - 1; i >= 0; i-- {
		j := rnd.below(i + 1)
		order[i], order[j] = order[j], order[i]
		v := order[i]
		met = met[:0]
		clean := true
		c.eachFactor(v, func(f, other int32) {
			if set := c.factors[f].set; set > 0 && held[set-1] && c.factors[f].reader() == v {
				clean = false
			}
			if !in[other] {
				return
			}
			r := find(other)
			for _, m := range met {
				clean = clean && m != r
			}
			met = append(met, r)
		})
		if !clean {
			continue
		}
		in[v] = true
		c.eachFactor(v, func(f, _ int32) {
			if set := c.factors[f].set; set > 0 && c.factors[f].reader() == v {
				held[set-1] = true
			}
		})
		for _, r := range met {
			root[r] = v
		}
	}
	return in
}

// regrow replaces the part of a plan that lies in a random forest by the best there is, the rest being as it is.
func (k *kernel) regrow(c *core, class []int32, rnd *shuffle) {
	in := k.forest(c, rnd)
	part := &core{}
	at := make([]int32, len(c.vars))
	for i := range c.vars {
		if !in[i] {
			continue
		}
		v := &c.vars[i]
		at[i] = int32(len(part.vars))
		own := append([]int64(nil), v.own...)
		k.outside(c, int32(i), in, class, own)
		part.vars = append(part.vars, coreVar{id: v.id, dom: append([]int32(nil), v.dom...), own: own})
	}
	for i := range c.factors {
		f := &c.factors[i]
		if !in[f.from] || !in[f.to] {
			continue
		}
		if f.set > 0 {
			dense := c.left(f, class, func(r int32) bool { return !in[r] })
			part.factors = append(part.factors, bond{from: at[f.from], to: at[f.to], dense: dense})
		} else {
			part.factors = append(part.factors, bond{from: at[f.from], to: at[f.to], t: f.t, dense: f.dense})
		}
	}
	part.link()
	tr := &trail{work: &k.work}
	if k.reduce(part, tr) {
		tr.decode(class)
	}
}

// outside adds the factors to variables that are not chosen.
func (k *kernel) outside(c *core, i int32, in []bool, class []int32, sum []int64) {
	v := &c.vars[i]
	k.spend(len(sum) * (1 + v.degree()))
	c.eachFactor(i, func(fi, other int32) {
		if f := &c.factors[fi]; !in[other] {
			c.addEnd(f, i, class, sum, func(r int32) bool { return !in[r] })
		}
	})
}
