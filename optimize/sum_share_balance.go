package optimize

// balance shares prices out anew. What messages leave of a pair of classes is, per bond, what its ends have left plus its part.
// The least of these over the bonds of a set becomes as large as the price allows.
func (s *sweep) balance() {
	for _, set := range s.c.sets {
		if len(set) == 0 {
			continue
		}
		b := newBalance(s, set)
		for a := range b.near[0] {
			for class := range b.at[0] {
				b.pour(a, int32(class))
			}
		}
	}
}

// balance is the work on one set.
type balance struct {
	c       *core
	set     []int32
	near    [][]int64 // by bond, value of the producer: what is left there
	far     [][]int64 // and of the reader
	at      [][]int32 // by bond, class: its position in the reader's domain, or -1
	who     []int32
	has     []int64
	classes int
}

func newBalance(s *sweep, set []int32) *balance {
	c := s.c
	b := &balance{c: c, set: set}
	for _, fi := range set {
		f := &c.factors[fi]
		v := &c.vars[f.reader()]
		b.classes = max(b.classes, int(v.dom[len(v.dom)-1])+1)
	}
	for _, fi := range set {
		f := &c.factors[fi]
		if near, far := s.left(f.from, f.back), s.left(f.to, f.ahead); f.turned {
			b.near, b.far = append(b.near, far), append(b.far, near)
		} else {
			b.near, b.far = append(b.near, near), append(b.far, far)
		}
		at := make([]int32, b.classes)
		for i := range at {
			at[i] = -1
		}
		for x, class := range c.vars[f.reader()].dom {
			at[class] = int32(x)
		}
		b.at = append(b.at, at)
		b.rise(len(b.at) - 1)
	}
	s.k.spend(2 * len(set) * b.classes * len(b.near[0]))
	return b
}

// rise makes the least of what a bond has zero, so that what is zero counts alike for all.
func (b *balance) rise(i int) {
	f := &b.c.factors[b.set[i]]
	low := inf
	for a, near := range b.near[i] {
		for x, far := range b.far[i] {
			if near < nowhere && far < nowhere {
				low = min(low, near+far+*f.cell(a, x))
			}
		}
	}
	for x, far := range b.far[i] {
		if far < nowhere && low < nowhere {
			b.far[i][x] = far - low
		}
	}
}

// left is what a variable has for one of its bonds, see portion.
func (s *sweep) left(i int32, came []int64) []int64 {
	v := &s.c.vars[i]
	belief, low := s.believe(int(i))
	out := make([]int64, len(belief))
	portion(out, belief, low, max(len(v.in), len(v.out)), came)
	return out
}

// pour shares out the price of one pair of classes: to the bonds that have least, until all that have some have the same.
func (b *balance) pour(a int, class int32) {
	b.who, b.has = b.who[:0], b.has[:0]
	one := &b.c.factors[b.set[0]]
	price := one.price(b.c.vars[one.producer()].dom[a], class)
	if len(b.set) == 2 && b.at[0][class] >= 0 && b.at[1][class] >= 0 && price < nowhere {
		b.halve(a, int(b.at[0][class]), int(b.at[1][class]), price)
		return
	}
	for i, fi := range b.set {
		x := b.at[i][class]
		if x < 0 {
			continue
		}
		cell := b.c.factors[fi].cell(a, int(x))
		if price >= nowhere {
			*cell = inf
			continue
		}
		*cell = 0
		if has := b.near[i][a] + b.far[i][x]; has < nowhere {
			b.rank(int32(i), has)
		}
	}
	if price == 0 || price >= nowhere || len(b.has) == 0 {
		return
	}
	level := b.level(price)
	for n, has := range b.has {
		if has >= level {
			break
		}
		*b.c.factors[b.set[b.who[n]]].cell(a, int(b.at[b.who[n]][class])) = level - has
	}
}

// rank puts one that has so much among those that have more and less.
func (b *balance) rank(who int32, has int64) {
	n := len(b.has)
	b.who, b.has = append(b.who, who), append(b.has, has)
	for ; n > 0 && b.has[n-1] > has; n-- {
		b.who[n], b.has[n] = b.who[n-1], b.has[n-1]
	}
	b.who[n], b.has[n] = who, has
}

// level is what those with least come to have when a price is shared out among them.
func (b *balance) level(price int64) int64 {
	level, sum := int64(0), price
	for n, has := range b.has {
		if n > 0 && level <= has {
			break
		}
		sum += has
		level = floorDiv(sum, int64(n+1))
	}
	return level
}

// halve is pour for two readers.
func (b *balance) halve(a, x, y int, price int64) {
	part := (price + b.near[1][a] + b.far[1][y] - b.near[0][a] - b.far[0][x]) >> 1
	part = max(0, min(price, part))
	*b.c.factors[b.set[0]].cell(a, x) = part
	*b.c.factors[b.set[1]].cell(a, y) = price - part
}

func floorDiv(a, n int64) int64 {
	q := a / n
	if a%n < 0 {
		q--
	}
	return q
}
