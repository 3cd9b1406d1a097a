package optimize

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// isSum says whether the value of a plan is a sum over options and edges, or sets of edges, and every rule one on pairs: then
// the methods of the sum_ files solve it.
func isSum(p *Problem) bool {
	pr := newPricer(p.Objective)
	return !formed(p) && needsOf(p, pr) == needs{}
}

// isPairs says the same of a problem in which no two edges are paid as one.
func isPairs(p *Problem) bool { return isSum(p) && !sharesOutput(p) }

// builder turns a problem into a core.
type builder struct {
	p      *Problem
	pr     pricer
	scale  int64
	offers []offers
	codes  map[kind]codes
	grids  map[string]*grid
	tables map[source]*table // of single sources
	// pairs are the factors to be, by position in the order.
	pairs []pair
	sets  int // shared outputs
}

// pair is one source between two variables, by their positions.
type pair struct {
	from, to int
	source
	set int32 // see bond
}

// build gives the core of a problem. steps is the number of options looked at.
func build(p *Problem) (b *builder, c *core) {
	b = &builder{p: p, pr: newPricer(p.Objective), codes: map[kind]codes{}, grids: map[string]*grid{}, tables: map[source]*table{}}
	order := topological(p)
	at := positions(order)
	b.expand()
	b.edges(at)
	b.groups(at)
	for i := range b.pairs {
		if q := &b.pairs[i]; q.from > q.to {
			q.from, q.to, q.flip = q.to, q.from, !q.flip
		}
	}
	slices.SortStableFunc(b.pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.set, y.set), x.compare(y.source))
	})
	b.setScale()
	c = &core{sets: make([][]int32, b.sets)}
	for _, v := range order {
		c.vars = append(c.vars, b.variable(v))
	}
	for lo := 0; lo < len(b.pairs); {
		hi := lo + 1
		for hi < len(b.pairs) && b.pairs[hi].from == b.pairs[lo].from && b.pairs[hi].to == b.pairs[lo].to && b.pairs[hi].set == b.pairs[lo].set {
			hi++
		}
		var sources []source
		for _, q := range b.pairs[lo:hi] {
			sources = append(sources, q.source)
		}
		c.factors = append(c.factors, bond{from: int32(b.pairs[lo].from), to: int32(b.pairs[lo].to), set: b.pairs[lo].set, t: b.table(sources)})
		lo = hi
	}
	c.link()
	c.share()
	return b, c
}

func (b *builder) expand() {
	x := newExpander(b.p, b.pr)
	b.offers = make([]offers, len(b.p.Vars))
	for v := range b.p.Vars {
		b.offers[v] = x.expand(b.p.Vars[v].Options, b.p.Vars[v].marks)
	}
}

func (b *builder) variable(v int) coreVar {
	cv := coreVar{id: int32(v)}
	for i, o := range b.offers[v] {
		if i == 0 || o.class != b.offers[v][i-1].class {
			cv.dom, cv.own = append(cv.dom, o.class), append(cv.own, o.add*b.scale)
		}
	}
	return cv
}

// edges lists the edges that can cost or forbid anything.
func (b *builder) edges(at []int) {
	sets := b.p.sharing()
	number := make(map[int]int32)
	for i, e := range b.p.Edges {
		if e.Tariff == NoTariff {
			continue
		}
		bans, costs := b.kind(kind{index: e.Tariff}).effect()
		q := pair{at[e.From], at[e.To], source{kind{index: e.Tariff}, e.KB}, 0}
		switch set := sets[i]; {
		case set == twice, !bans && (!costs || e.KB == 0):
			continue
		case set != alone && costs && e.KB > 0:
			if number[set] == 0 {
				b.sets++
				number[set] = int32(b.sets)
			}
			q.set = number[set]
		}
		b.pairs = append(b.pairs, q)
	}
}

// groups lists the pairs that rules bind.
func (b *builder) groups(at []int) {
	for _, r := range b.p.pairRules(at) {
		rule := len(b.p.Tariffs) + 2*int(r.level)
		if !r.same {
			rule++
		}
		b.pairs = append(b.pairs, pair{from: at[r.a], to: at[r.b], source: source{kind: kind{index: rule}}})
	}
}

// kind reads the codes of a tariff, or of a group rule, once.
func (b *builder) kind(k kind) codes {
	c, known := b.codes[k]
	if known {
		return c
	}
	n := b.p.Classes
	if k.flip {
		c = b.kind(kind{index: k.index}).flipped()
	} else if rule := k.index - len(b.p.Tariffs); rule >= 0 {
		c = codesOf(n, func(x, y int) rate {
			l := Level(rule / 2)
			return rate{banned: (b.p.domain(l, x) == b.p.domain(l, y)) == (rule%2 == 1)}
		})
	} else {
		c = codesOf(n, func(x, y int) rate { return b.rate(&b.p.Tariffs[k.index], x*n+y) })
	}
	b.codes[k] = c
	return c
}

// rate is what the objective sees of a tariff's entry.
func (b *builder) rate(t *Tariff, i int) rate {
	r := rate{money: at(t.Money, i), carbon: at(t.Carbon, i)}
	if r.money < 0 {
		return rate{banned: true}
	}
	switch {
	case b.pr.aim == Cost || b.pr.aim == Blend && b.pr.perKg == 0:
		r.carbon = 0
	case b.pr.aim == Carbon:
		r.money = 0
	}
	return r
}

// effect says whether some pair is forbidden, and whether some costs anything.
func (c codes) effect() (bans, costs bool) {
	for _, r := range c.rates {
		bans = bans || r[0].banned
		costs = costs || r[0].money > 0 || r[0].carbon > 0
	}
	return bans, costs
}

// setScale makes room for the shares that messages are cut into, and leaves room for sums.
func (b *builder) setScale() {
	var total int64
	for _, list := range b.offers {
		var most int64
		for _, o := range list {
			most = max(most, o.add)
		}
		total += most
	}
	for _, q := range b.pairs {
		var most rate
		for _, r := range b.kind(q.kind).rates {
			if !r[0].banned {
				most = rate{money: max(most.money, r[0].money), carbon: max(most.carbon, r[0].carbon)}
			}
		}
		total += b.pr.cost(perGB(q.kb, most.money), perGB(q.kb, most.carbon)).add
	}
	b.scale = 1 << max(0, min(16, 56-bits.Len64(uint64(total))))
}

func (s source) compare(o source) int {
	flip := func(k kind) int {
		if k.flip {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(s.index, o.index), cmp.Compare(flip(s.kind), flip(o.kind)), cmp.Compare(s.kb, o.kb))
}

// table gives what several sources, in order, cost together.
func (b *builder) table(sources []source) *table {
	if t := b.tables[sources[0]]; len(sources) == 1 && t != nil {
		return t
	}
	var kinds []kind
	for _, s := range sources {
		if len(kinds) == 0 || kinds[len(kinds)-1] != s.kind {
			kinds = append(kinds, s.kind)
		}
	}
	t := newTable(b.grid(kinds), b.pr, b.scale, sources)
	if len(sources) == 1 {
		b.tables[sources[0]] = t
	}
	return t
}

// grid gives the grid of some kinds, in order.
func (b *builder) grid(kinds []kind) *grid {
	key := fmt.Sprint(kinds)
	g, known := b.grids[key]
	if !known {
		c := b.kind(kinds[0])
		for _, k := range kinds[1:] {
			c = c.with(b.kind(k))
		}
		g = newGrid(c, kinds)
		b.grids[key] = g
	}
	return g
}
