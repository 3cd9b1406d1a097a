package optimize

// rivals is how many values of a variable are tried as a replacement for the others.
const rivals = 4

// endings drops values that another value of the same variable can always replace, whatever the neighbours do (Goldstein's
// dead-end elimination): own(a)-own(b) + the least over the neighbours of what a costs more than b there is not
// negative. With ties it must be positive. It gives the number of values dropped; the held plan's stay.
func (q *quest) endings() (dropped int) {
	for i := range q.c.vars {
		if q.s.over() {
			return dropped
		}
		if !q.c.shared(int32(i)) {
			dropped += q.dead(int32(i))
		}
	}
	return dropped
}

func (q *quest) dead(i int32) (dropped int) {
	v := &q.c.vars[i]
	tables := q.s.spread(q.c, i)
	held, enough := q.held(), int64(0)
	if q.ties {
		enough = 1
	}
	if q.s.many != nil {
		enough = max(1, q.bar()-q.lower)
	}
	diff := make([]int64, len(v.dom))
	for _, b := range q.cheapest(v) {
		if v.own[b] >= nowhere {
			continue
		}
		q.advantage(i, b, tables, diff)
		for a, d := range diff {
			if a != b && v.own[a] < nowhere && d >= enough && (held == nil || held[v.id] != v.dom[a]) {
				v.own[a] = inf
				dropped++
			}
		}
	}
	return dropped
}

// cheapest are the positions of a variable's cheapest values.
func (q *quest) cheapest(v *coreVar) []int {
	var at []int
	for x := range v.own {
		j := len(at)
		at = append(at, x)
		for ; j > 0 && v.own[at[j-1]] > v.own[x]; j-- {
			at[j] = at[j-1]
		}
		at[j] = x
		at = at[:min(len(at), rivals)]
	}
	return at
}

// spread writes the factors of a variable out: per factor and value of the other end a row over its own values.
func (k *kernel) spread(c *core, i int32) (tables [][]int64) {
	v := &c.vars[i]
	c.eachFactor(i, func(fi, other int32) {
		f, w := &c.factors[fi], &c.vars[other]
		t := make([]int64, len(v.dom)*len(w.dom))
		for y, at := range w.dom {
			f.addPair(v.dom, f.to == i, at, t[y*len(v.dom):(y+1)*len(v.dom)])
		}
		tables = append(tables, t)
		k.spend((1 + rivals) * len(t))
	})
	return tables
}

// advantage is, per value a, the least that a costs more than b in any surroundings.
func (q *quest) advantage(i int32, b int, tables [][]int64, diff []int64) {
	v := &q.c.vars[i]
	for a := range diff {
		diff[a] = v.own[a] - v.own[b]
	}
	low := make([]int64, len(diff))
	n := 0
	q.c.eachFactor(i, func(_, other int32) {
		fill(low, nowhere)
		for y, own := range q.c.vars[other].own {
			row := tables[n][y*len(diff) : (y+1)*len(diff)]
			if own >= nowhere {
				continue
			}
			for a, x := range row {
				switch {
				case x >= nowhere:
				case row[b] >= nowhere:
					low[a] = -nowhere
				default:
					low[a] = min(low[a], x-row[b])
				}
			}
		}
		for a, x := range low {
			diff[a] = max(-inf, min(inf, diff[a]+x))
		}
		n++
	})
}
