package optimize

import "slices"

// kernel holds the scratch of message passing.
type kernel struct {
	work
	z, row, col, cells []int64
	belief, rest       []int64
}

func fit(buf *[]int64, n int) []int64 {
	if cap(*buf) < n {
		*buf = make([]int64, n, 2*n)
	}
	return (*buf)[:n]
}

func fill(list []int64, x int64) {
	for i := range list {
		list[i] = x
	}
}

// push gives, for each value of the far end, the least over the values of the near end of z plus the factor's cost:
// out[b] = min over a of z[a] + cost(a, b). ahead: from f.from to f.to; else the other way.
func (k *kernel) push(c *core, f *bond, ahead bool, z, out []int64) {
	fill(out, inf)
	switch {
	case f.dense != nil && ahead:
		k.spend(len(f.dense))
		pushDense(f.dense, z, out)
		if f.extra != nil {
			f.setExtra(c, z, out)
		}
	case f.dense != nil:
		k.spend(len(f.dense))
		pullDense(f.dense, z, out)
	default:
		k.pushGrid(c, f, ahead, z, out)
	}
}

func pushDense(dense, z, out []int64) {
	n := len(out)
	for a, s := range z {
		if s >= nowhere {
			continue
		}
		for b, p := range dense[a*n : (a+1)*n] {
			out[b] = min(out[b], s+p)
		}
	}
}

func pullDense(dense, z, out []int64) {
	n := len(z)
	for a := range out {
		least := inf
		for b, p := range dense[a*n : (a+1)*n] {
			least = min(least, z[b]+p)
		}
		out[a] = least
	}
}

// pushGrid goes by rows and columns, then allows for staying.
func (k *kernel) pushGrid(c *core, f *bond, ahead bool, z, out []int64) {
	g := f.t.g
	near, far := c.vars[f.from].dom, c.vars[f.to].dom
	cells := f.t.values(&k.cells)
	row, col := fit(&k.row, g.rows), fit(&k.col, g.cols)
	fill(row, inf)
	fill(col, inf)
	k.spend(g.rows*g.cols + len(near) + len(far))
	if ahead {
		for i, a := range near {
			r := g.row[a]
			row[r] = min(row[r], z[i])
		}
		pushDense(cells, row, col)
		for j, b := range far {
			out[j] = col[g.col[b]]
		}
		copy(f.extra, out)
	} else {
		near, far = far, near
		for i, b := range near {
			l := g.col[b]
			col[l] = min(col[l], z[i])
		}
		pullDense(cells, col, row)
		for j, a := range far {
			out[j] = min(out[j], row[g.row[a]])
		}
	}
	for i, j := 0, 0; i < len(near) && j < len(far); {
		switch a, b := near[i], far[j]; {
		case a < b:
			i++
		case a > b:
			j++
		default:
			out[j] = min(out[j], z[i]+f.t.staying(a))
			i++
			j++
		}
	}
	if ahead {
		for j := range f.extra {
			f.extra[j] -= out[j]
		}
	}
}

// setExtra is for dense tables what pushGrid does on the way.
func (f *bond) setExtra(c *core, z, out []int64) {
	from, to := c.vars[f.from].dom, c.vars[f.to].dom
	n := len(to)
	for j, b := range to {
		low := inf
		for i, a := range from {
			if a != b {
				low = min(low, z[i]+f.dense[i*n+j])
			}
		}
		f.extra[j] = low - out[j]
	}
}

// addPair adds to out, by value of one end, what the factor costs if the other end sits in class at.
func (f *bond) addPair(dom []int32, atFrom bool, at int32, out []int64) {
	t := f.t
	if t.cells == nil {
		for i, a := range dom {
			out[i] = min(inf, out[i]+t.between(atFrom, at, a))
		}
		return
	}
	g := t.g
	if atFrom {
		row := t.cells[int(g.row[at])*g.cols:]
		for i, b := range dom {
			if b != at {
				out[i] = min(inf, out[i]+row[g.col[b]])
			}
		}
	} else {
		col := t.cells[g.col[at]:]
		for i, a := range dom {
			if a != at {
				out[i] = min(inf, out[i]+col[int(g.row[a])*g.cols])
			}
		}
	}
	if i, found := slices.BinarySearch(dom, at); found {
		out[i] = min(inf, out[i]+t.staying(at))
	}
}

// between is the cost of a class known at one end and another at the other.
func (t *table) between(atFrom bool, at, other int32) int64 {
	if atFrom {
		return t.pair(at, other)
	}
	return t.pair(other, at)
}

// work counts what is done, in basic steps: an addition and a comparison or so. It stops by a limit or a context.
type work struct {
	sp    *spent
	steps int // all of it
	until int // steps after which to pause; 0: none
	due   int // since the context was last asked
}

// perNode is how many basic steps count as one node of Limit: some thirty microseconds either way.
const perNode = 1 << 15

func (w *work) spend(n int) {
	w.steps += n
	w.due += n
}

// over asks whether to stop.
func (w *work) over() bool {
	for ; w.due >= perNode && !w.sp.stopped; w.due -= perNode {
		w.sp.nodes++
		if w.sp.nodes > w.sp.limit || w.due < 2*perNode && w.sp.ctx.Err() != nil {
			w.sp.stopped = true
		}
	}
	return w.sp.stopped || w.until > 0 && w.steps > w.until
}
