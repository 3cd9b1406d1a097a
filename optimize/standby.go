package optimize

import (
	"context"
	"maps"
	"slices"
)

// Standby is a solved problem kept ready for the day that some of its options fail: what the solver knows of it, over all
// options and not just those near the best plan. It may be used from several goroutines at once.
type Standby struct {
	p    *Problem
	sol  *Solution
	warm *warm // nil: the problem is of a form that is solved anew
}

// Prepare makes a Standby of a problem and a solution of it, which may be nil. It takes about as long as one or two solves, so
// do it while nothing is wrong. p must not change afterwards. lim and ctx bound the work; what they cut off only makes later
// solves slower. The error is a *ProblemError for a malformed problem.
//
// It pays where the value is a sum over options and edges; otherwise Standby.Resolve does what Resolve does.
func Prepare(ctx context.Context, p *Problem, sol *Solution, lim Limit) (*Standby, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := &Standby{p: p, sol: sol}
	if !formed(p) && len(p.Then) == 0 && isPairs(p) && !impossible(p) && !empty(everything(p)) {
		s.warm = newWarm(p, sol, newSpent(ctx, lim))
	}
	return s, nil
}

// Resolve is the function Resolve for the problem and solution at hand, and gives the same answers, sooner.
func (s *Standby) Resolve(ctx context.Context, c Change, lim Limit) (*Solution, error) {
	if s.warm == nil || c.check(s.p) != nil || c.leaves(s.p, s.sol) {
		return Resolve(ctx, s.p, s.sol, c, lim)
	}
	sp := newSpent(ctx, lim)
	r := s.warm.resolve(c, sp)
	if r.best == nil || !r.ranked && r.lower >= r.value && s.warm.pairs <= maxSearched {
		lim.Nodes = max(1, sp.limit-sp.nodes)
		return Resolve(ctx, s.p, nil, c, lim) // says why there is no plan, or tells equals apart
	}
	out := r.solution(s.p)
	out.Stats.Nodes = sp.nodes
	return out, nil
}

// warm is a sum with messages that bound every plan of it well. If options go, plans only become dearer, so the messages
// still hold, and are a good start for those that prove the best of what is left.
type warm struct {
	p     *Problem
	b     *builder
	c     *core // as built; its messages are those of what is left when loose ends are peeled off
	pairs int
	class []int32 // of the solution; nil: none
}

// maxSettling is how many sweeps messages get to settle in.
const maxSettling = 120

func newWarm(p *Problem, sol *Solution, sp *spent) *warm {
	s := newSummer(sp)
	w := &warm{p: p}
	w.b, w.c = s.begin(p)
	w.pairs = s.pairs
	for i := range p.Tariffs { // what merging variables needs
		w.b.grid([]kind{{index: i}, {index: i, flip: true}})
	}
	goal := nowhere
	if sol != nil && len(sol.Choice) == len(p.Vars) {
		goal = sol.Value * w.b.scale
		w.class = make([]int32, len(p.Vars))
		for v, o := range sol.Choice {
			w.class[v] = int32(p.Vars[v].Options[o].Class)
		}
	}
	d := w.c.clone()
	if s.reduce(d, &trail{work: &s.work}) && len(d.vars) > 0 {
		s.settled(d, goal)
		w.take(d)
	}
	return w
}

// settled passes messages until they prove the goal, or gain no more.
func (s *summer) settled(c *core, goal int64) {
	sw := s.newSweep(c)
	low, mark := int64(0), int64(0)
	for round := 1; round <= maxSettling && low < goal && !s.over() && sw.forward(); round++ {
		if low = sw.backward(nowhere, nil); round%patience == 0 {
			if low-mark <= (min(goal, 2*low)-low)/64 {
				return
			}
			mark = low
		}
	}
}

// take copies the messages back of another core, whose variables and factors are some of those here, in the same order.
func (w *warm) take(d *core) {
	n := 0
	for i := range w.c.factors {
		f := &w.c.factors[i]
		if n == len(d.factors) {
			return
		}
		g := &d.factors[n]
		if w.c.vars[f.from].id != d.vars[g.from].id || w.c.vars[f.to].id != d.vars[g.to].id {
			continue
		}
		n++
		from := &w.c.vars[f.from]
		f.back, f.ahead = make([]int64, len(from.dom)), make([]int64, len(w.c.vars[f.to].dom))
		f.extra = make([]int64, len(f.ahead))
		for x, a := range d.vars[g.from].dom {
			at, _ := slices.BinarySearch(from.dom, a)
			f.back[at] = g.back[x]
		}
	}
}

// resolve solves what a change leaves.
func (w *warm) resolve(ch Change, sp *spent) result {
	s := newSummer(sp)
	s.b, s.pairs = w.b.fork(), w.pairs
	c := w.c.clone()
	w.drop(ch, s.b, c)
	r := result{kept: c.size(), lower: inf}
	if !c.compact(nil) {
		return r
	}
	q := s.quest(c, s.mend(c, w.class), inf, 0)
	q.run()
	return s.finish(q, r)
}

// fork is a builder that may be used beside this one.
func (b *builder) fork() *builder {
	f := *b
	f.codes, f.grids, f.tables = maps.Clone(b.codes), maps.Clone(b.grids), maps.Clone(b.tables)
	f.offers = slices.Clone(b.offers)
	return &f
}

// drop takes options out.
func (w *warm) drop(ch Change, b *builder, c *core) {
	blocked := make([]bool, w.p.Classes)
	for _, x := range ch.Block {
		blocked[x] = true
	}
	single := map[int]bool{} // variables of which single options go
	for _, x := range slices.Concat(ch.Remove, ch.Pin) {
		single[x.Var] = true
	}
	var keep [][]int
	if len(single) > 0 {
		keep = ch.keep(w.p)
	}
	for i := range c.vars {
		v := &c.vars[i]
		if single[int(v.id)] {
			b.offers[v.id] = b.offersOf(int(v.id), keep[v.id])
		} else {
			b.offers[v.id] = slices.DeleteFunc(slices.Clone(b.offers[v.id]), func(o choice) bool { return blocked[o.class] })
		}
		list := b.offers[v.id]
		for x, a := range v.dom {
			for len(list) > 0 && list[0].class < a {
				list = list[1:]
			}
			if v.own[x] = inf; len(list) > 0 && list[0].class == a {
				v.own[x] = list[0].add * b.scale
			}
		}
	}
}

// offersOf are the offers of a variable with some of its options only.
func (b *builder) offersOf(v int, keep []int) offers {
	var left []Option
	for _, o := range keep {
		left = append(left, b.p.Vars[v].Options[o])
	}
	out := newExpander(b.p, b.pr).expand(left, nil)
	for i := range out {
		out[i].index = int32(keep[out[i].index])
	}
	return out
}

// mend makes a plan of one some of whose classes are gone: neighbours that lost their class move together, to where they are
// cheapest.
func (s *summer) mend(c *core, old []int32) []int32 {
	class := make([]int32, len(s.b.p.Vars))
	for i := range class {
		class[i] = -1
	}
	if old == nil {
		return class
	}
	copy(class, old)
	lost := make([]bool, len(c.vars))
	for i := range c.vars {
		_, found := slices.BinarySearch(c.vars[i].dom, class[c.vars[i].id])
		lost[i] = !found
	}
	for i := range c.vars {
		if lost[i] {
			s.move(c, c.crowd(int32(i), lost), class)
		}
	}
	s.descend(c, class)
	return class
}

// crowd are the variables that hang on one through others that lost their class; they no longer count as lost.
func (c *core) crowd(i int32, lost []bool) []int32 {
	crowd := []int32{i}
	lost[i] = false
	for at := 0; at < len(crowd); at++ {
		c.eachFactor(crowd[at], func(_, other int32) {
			if lost[other] {
				lost[other] = false
				crowd = append(crowd, other)
			}
		})
	}
	return crowd
}

// move puts variables into one class, or near it: the best for them all.
func (s *summer) move(c *core, crowd, class []int32) {
	best, least := []int32(nil), inf
	trial := make([]int32, len(crowd))
	for a := range int32(s.b.p.Classes) {
		sum := int64(0)
		for n, i := range crowd {
			v := &c.vars[i]
			x, found := slices.BinarySearch(v.dom, a)
			if !found {
				x = argmin(v.own)
			}
			trial[n] = v.dom[x]
			sum = min(inf, sum+v.own[x])
			s.spend(1 + v.degree())
		}
		for n, i := range crowd {
			class[c.vars[i].id] = trial[n]
		}
		if sum = min(inf, sum+c.tied(crowd, class)); sum < least || best == nil {
			best, least = slices.Clone(trial), sum
		}
	}
	for n, i := range crowd {
		class[c.vars[i].id] = best[n]
	}
}

// tied is what the factors of some variables cost, those within twice.
func (c *core) tied(crowd, class []int32) (sum int64) {
	for _, i := range crowd {
		c.eachFactor(i, func(fi, _ int32) {
			f := &c.factors[fi]
			sum = min(inf, sum+f.t.pair(class[c.vars[f.from].id], class[c.vars[f.to].id]))
		})
	}
	return sum
}
