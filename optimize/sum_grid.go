package optimize

import "slices"

// rate is what one GB from one class to another costs; banned: not at all.
type rate struct {
	money, carbon int64
	banned        bool
}

// dearer says that r may cost more than s for some size.
func (r rate) dearer(s rate) bool {
	return !s.banned && (r.banned || r.money > s.money || r.carbon > s.carbon)
}

// codes numbers the pairs of classes by what they cost: equal numbers cost the same whatever the size. A code stands for
// one rate per source, since several edges may join the same two variables.
type codes struct {
	n     int
	at    []int32 // by a*n+b
	rates [][]rate
}

// codesOf reads one source: rates as a function of the pair.
func codesOf(n int, of func(a, b int) rate) codes {
	c := codes{n: n, at: make([]int32, n*n)}
	seen := map[rate]int32{}
	for i := range c.at {
		r := of(i/n, i%n)
		k, known := seen[r]
		if !known {
			k = int32(len(c.rates))
			seen[r] = k
			c.rates = append(c.rates, []rate{r})
		}
		c.at[i] = k
	}
	return c
}

// flipped is the same seen from the other end.
func (c codes) flipped() codes {
	out := codes{n: c.n, at: make([]int32, len(c.at)), rates: c.rates}
	for i := range c.at {
		out.at[i] = c.at[i%c.n*c.n+i/c.n]
	}
	return out
}

// with joins two sources.
func (c codes) with(d codes) codes {
	out := codes{n: c.n, at: make([]int32, len(c.at))}
	seen := map[[2]int32]int32{}
	for i, a := range c.at {
		b := d.at[i]
		k, known := seen[[2]int32{a, b}]
		if !known {
			k = int32(len(out.rates))
			seen[[2]int32{a, b}] = k
			out.rates = append(out.rates, slices.Concat(c.rates[a], d.rates[b]))
		}
		out.at[i] = k
	}
	return out
}

// dearer says that code x may cost more than code y.
func (c *codes) dearer(x, y int32) bool {
	if x == y {
		return false
	}
	for i, r := range c.rates[x] {
		if r.dearer(c.rates[y][i]) {
			return true
		}
	}
	return false
}

// grid sorts the classes into few rows (as a source) and columns (as a destination) so that what a pair of different
// classes costs depends on its row and column alone, and staying in a class costs no more than the cell it would fall in.
// Real tariffs have some dozen of each, since clouds price by continent: 25 and 13 for 71 regions. A message along an
// edge then costs rows*cols instead of classes*classes.
type grid struct {
	rows, cols int
	row, col   []int32 // by class
	// cell[row*cols+col] is the code of its pairs; -1: there are none.
	cell  []int32
	stay  []int32 // code of the diagonal, by class
	free  bool    // staying costs nothing anywhere
	kinds []kind  // by rate of a code
	codes
}

func newGrid(c codes, kinds []kind) *grid {
	g := &grid{codes: c, kinds: kinds, row: make([]int32, c.n), col: make([]int32, c.n), stay: make([]int32, c.n), free: true}
	for a := range c.n {
		g.stay[a] = c.at[a*c.n+a]
		for _, r := range c.rates[g.stay[a]] {
			g.free = g.free && r == rate{}
		}
	}
	columns := g.group(g.col, c.n, func(b, a int) int32 {
		if a == b {
			return -1
		}
		return c.at[a*c.n+b]
	})
	g.cols = len(columns)
	rows := g.group(g.row, g.cols, func(a, k int) int32 { return columns[k][a] })
	g.rows = len(rows)
	g.cell = slices.Concat(rows...)
	for a := range c.n {
		if k := g.cell[int(g.row[a])*g.cols+int(g.col[a])]; k >= 0 && c.dearer(g.stay[a], k) {
			g.spell()
			break
		}
	}
	return g
}

// spell gives each class a row and a column of its own, for tariffs where staying can be dearer than moving.
func (g *grid) spell() {
	g.rows, g.cols, g.cell = g.n, g.n, slices.Clone(g.at)
	for a := range g.n {
		g.row[a], g.col[a] = int32(a), int32(a)
		g.cell[a*g.n+a] = -1
	}
}

// group puts items with equal signatures together; -1 in a signature fits all. It fills into and gives the joint
// signatures.
func (g *grid) group(into []int32, width int, code func(item, i int) int32) [][]int32 {
	var sigs [][]int32
	sig := make([]int32, width)
	for item := range into {
		for i := range sig {
			sig[i] = code(item, i)
		}
		at := slices.IndexFunc(sigs, func(s []int32) bool { return alike(s, sig) })
		if at < 0 {
			at = len(sigs)
			sigs = append(sigs, slices.Clone(sig))
		}
		for i, s := range sig {
			if s >= 0 {
				sigs[at][i] = s
			}
		}
		into[item] = int32(at)
	}
	return sigs
}

func alike(s, t []int32) bool {
	for i, x := range s {
		if x != t[i] && x >= 0 && t[i] >= 0 {
			return false
		}
	}
	return true
}
