package engine

// pile keeps a slice as a binary heap: plain data in the state, order from outside. It tells where each entry went,
// for whoever keeps an index, and counts its steps so that a test can bound the work of an event.
type pile[T any] struct {
	heap  *[]T
	less  func(a, b T) bool
	moved func(x T, i int) // may be nil; i is -1 when x left
	work  *int
}

func (p pile[T]) push(x T) {
	*p.heap = append(*p.heap, x)
	p.up(len(*p.heap) - 1)
}

// remove takes out the entry at i.
func (p pile[T]) remove(i int) T {
	h := *p.heap
	x, last := h[i], len(h)-1
	h[i] = h[last]
	clear(h[last:])
	*p.heap = h[:last]
	if p.moved != nil {
		p.moved(x, -1)
	}
	if i < last && !p.up(i) {
		p.down(i)
	}
	return x
}

// up lets entry i rise and says whether it did.
func (p pile[T]) up(i int) bool {
	h, from := *p.heap, i
	for i > 0 {
		parent := (i - 1) / 2
		if !p.less(h[i], h[parent]) {
			break
		}
		p.swap(i, parent)
		i = parent
	}
	p.place(i)
	return i != from
}

func (p pile[T]) down(i int) {
	h := *p.heap
	for {
		child := 2*i + 1
		if child+1 < len(h) && p.less(h[child+1], h[child]) {
			child++
		}
		if child >= len(h) || !p.less(h[child], h[i]) {
			break
		}
		p.swap(i, child)
		i = child
	}
	p.place(i)
}

func (p pile[T]) swap(i, j int) {
	h := *p.heap
	h[i], h[j] = h[j], h[i]
	p.place(i)
}

func (p pile[T]) place(i int) {
	*p.work++
	if p.moved != nil {
		p.moved((*p.heap)[i], i)
	}
}
