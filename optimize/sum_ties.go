package optimize

import (
	"cmp"
	"slices"
)

// maxEquals bounds the plans of equal value that are compared, and maxLooks the steps of looking for them.
const maxEquals, maxLooks = 1 << 12, 1 << 16

// equals looks through all plans as cheap as the best for the first in rank. Going back through a trail, a value that
// is not the best of its step makes the plan dearer by exactly the difference; so those as good are followed alone.
type equals struct {
	p       *Problem
	pr      pricer
	tr      *trail
	offers  []offers
	class   []int32
	choice  []int
	best    *Solution
	order   []int
	ends    []int64
	sets    []int   // see sharing
	served  [][]int // by set: classes paid
	ins     [][]int // edges into a variable
	seen    int
	looks   int
	cut     bool
	perPlan int
}

func newEquals(p *Problem, pr pricer, list []offers) *equals {
	r := &equals{p: p, pr: pr, offers: list, order: topological(p), ends: make([]int64, len(p.Vars)), ins: make([][]int, len(p.Vars))}
	r.choice = make([]int, len(p.Vars))
	r.sets, r.served = p.sharing(), make([][]int, len(p.Edges))
	for i, e := range p.Edges {
		r.ins[e.To] = append(r.ins[e.To], i)
	}
	r.perPlan = (len(p.Vars) + len(p.Edges)) / 8
	return r
}

// search goes through the trail; it is false if there were too many plans to see them all.
func (r *equals) search(tr *trail, class []int32) bool {
	r.tr, r.class = tr, class
	r.follow(len(tr.steps) - 1)
	return !r.cut
}

func (r *equals) follow(i int) {
	if r.looks++; r.cut || r.looks > maxLooks || r.seen*(1+r.perPlan) > maxLooks {
		r.cut = r.best != nil
		if r.cut {
			return
		}
	}
	if i < 0 {
		r.seen++
		r.variants(0)
		return
	}
	s := &r.tr.steps[i]
	if s.with > 0 {
		r.class[s.id] = r.class[s.with-1]
		r.follow(i - 1)
		return
	}
	scores := slices.Clone(r.tr.scores(s, r.class))
	low := slices.Min(scores)
	for x, score := range scores {
		if score == low {
			r.class[s.id] = s.dom[x]
			r.follow(i - 1)
		}
	}
}

// variants goes on through options of one class that cost the same.
func (r *equals) variants(v int) {
	if r.cut {
		return
	}
	if v == len(r.choice) {
		if r.looks += r.perPlan; r.looks > maxLooks && r.best != nil {
			r.cut = true
			return
		}
		r.offer()
		return
	}
	list := r.offers[v]
	at, _ := slices.BinarySearchFunc(list, r.class[v], func(c choice, class int32) int { return cmp.Compare(c.class, class) })
	for ; at < len(list) && list[at].class == r.class[v]; at++ {
		r.choice[v] = int(list[at].index)
		r.variants(v + 1)
	}
}

// offer ranks the choice at hand.
func (r *equals) offer() {
	s := r.total()
	b := r.best
	if b == nil || cmp.Or(cmp.Compare(s.Value, b.Value), cmp.Compare(s.Money, b.Money), cmp.Compare(s.Time, b.Time),
		cmp.Compare(s.Carbon, b.Carbon), slices.Compare(r.choice, b.Choice)) < 0 {
		s.Choice = slices.Clone(r.choice)
		r.best = &s
	}
}

// total adds a plan up; the value is a sum.
func (r *equals) total() (s Solution) {
	for i := range r.served {
		r.served[i] = r.served[i][:0]
	}
	for _, v := range r.order {
		o := &r.p.Vars[v].Options[r.choice[v]]
		var start int64
		c := r.pr.cost(o.Money, o.Carbon)
		for _, i := range r.ins[v] {
			e := r.p.Edges[i]
			move, time, _ := r.pr.move(r.p, e, r.p.Vars[e.From].Options[r.choice[e.From]].Class, o.Class)
			if !r.paid(i, o.Class) {
				c = c.plus(move)
			}
			start = max(start, r.ends[e.From]+time)
		}
		r.ends[v] = start + o.Time
		s.Time = max(s.Time, r.ends[v])
		s.Value, s.Money, s.Carbon = s.Value+c.add, s.Money+c.money, s.Carbon+c.carbon
	}
	return s
}

// paid says whether somebody in a class has paid what an edge carries already, and notes that now somebody has.
func (r *equals) paid(edge, class int) bool {
	set := r.sets[edge]
	if set == alone || set == twice {
		return set == twice
	}
	if slices.Contains(r.served[set], class) {
		return true
	}
	r.served[set] = append(r.served[set], class)
	return false
}
