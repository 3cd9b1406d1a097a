package optimize

import "slices"

// kind names what prices a pair of classes: the index of a tariff, or behind those a group rule.
type kind struct {
	index int
	flip  bool // the edge begins where the bond ends
}

// source is what one edge, or one rule on pairs, adds to what two variables cost together.
type source struct {
	kind
	kb int64
}

// table is what two variables cost together, by the row and the column of their classes. Edges of one tariff and size
// share it.
type table struct {
	g       *grid
	sources []source
	slots   []int // by source: its rate in the grid's codes
	pr      pricer
	scale   int64
	cells   []int64 // nil if there would be too many: then they are made where they are used
	stay    []int64 // by class; nil if staying is free
	top     int64   // no pair costs more
}

// maxCells is the size up to which tables are kept.
const maxCells = 1 << 10

func newTable(g *grid, pr pricer, scale int64, sources []source) *table {
	t := &table{g: g, sources: sources, pr: pr, scale: scale}
	for _, s := range sources {
		t.slots = append(t.slots, slices.Index(g.kinds, s.kind))
	}
	if len(g.cell) <= maxCells {
		t.cells = t.all(make([]int64, len(g.cell)))
	}
	t.top = inf
	if t.cells != nil {
		t.top = 0
		for i, x := range t.cells {
			if g.cell[i] >= 0 {
				t.top = max(t.top, x)
			}
		}
	}
	if !g.free {
		t.stay = make([]int64, g.n)
		for a, k := range g.stay {
			t.stay[a] = t.price(k)
		}
	}
	return t
}

// price is what a pair of one code costs, scaled.
func (t *table) price(code int32) int64 {
	if code < 0 {
		return inf
	}
	var sum int64
	for i, slot := range t.slots {
		r, kb := t.g.rates[code][slot], t.sources[i].kb
		if r.banned {
			return inf
		}
		sum += t.pr.cost(perGB(kb, r.money), perGB(kb, r.carbon)).add
	}
	return sum * t.scale
}

func (t *table) all(buf []int64) []int64 {
	for i, k := range t.g.cell {
		buf[i] = t.price(k)
	}
	return buf
}

// values are all cells, in buf if the table does not keep them.
func (t *table) values(buf *[]int64) []int64 {
	if t.cells != nil {
		return t.cells
	}
	if len(*buf) < len(t.g.cell) {
		*buf = make([]int64, len(t.g.cell))
	}
	return t.all((*buf)[:len(t.g.cell)])
}

// pair is what classes a and b cost together.
func (t *table) pair(a, b int32) int64 {
	if a == b {
		return t.staying(a)
	}
	i := int(t.g.row[a])*t.g.cols + int(t.g.col[b])
	if t.cells != nil {
		return t.cells[i]
	}
	return t.price(t.g.cell[i])
}

func (t *table) staying(a int32) int64 {
	if t.stay == nil {
		return 0
	}
	return t.stay[a]
}
