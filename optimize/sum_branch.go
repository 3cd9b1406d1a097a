package optimize

import (
	"cmp"
	"slices"
)

const (
	// tried is how many variables a branch looks at, looks how many sweeps it takes to see what a half can lead to.
	tried, looks = 3, 3
)

// arm is a core with part of the values of one variable, and a bound on its plans.
type arm struct {
	c   *core
	low int64
}

// branch splits the values of one variable, that for which both halves look dearest. It is false if it found one half to be
// of no use: then the core is the other half, and there is nothing to split yet.
func (q *quest) branch() (done bool) {
	q.s.branched = true
	var best [2]arm
	most := int64(-1)
	for _, at := range q.suspects() {
		var pair [2]arm
		good := q.tight(at)
		for i := range pair {
			pair[i] = q.half(at, good, i == 0)
		}
		if q.s.over() && most >= 0 {
			break
		}
		switch bar := q.bar(); {
		case pair[0].low >= bar && pair[1].low >= bar:
			q.lower = max(q.lower, q.limit)
			return true
		case pair[0].low >= bar:
			q.c = pair[1].c
			return false
		case pair[1].low >= bar:
			q.c = pair[0].c
			return false
		}
		rise := func(h arm) int64 { return max(0, h.low-q.lower) }
		if score := min(rise(pair[0]), rise(pair[1]))*4 + max(rise(pair[0]), rise(pair[1])); score > most {
			best, most = pair, score
		}
	}
	q.follow(best)
	return true
}

// follow solves both halves, the one that looks better first.
func (q *quest) follow(pair [2]arm) {
	if pair[1].low < pair[0].low {
		pair[0], pair[1] = pair[1], pair[0]
	}
	lower := inf
	for i := range pair {
		lower = min(lower, q.within(pair[i]).lower)
		pair[i].c = nil
	}
	q.lower = max(q.lower, min(q.limit, lower))
}

// within solves a part of the core, and keeps its plan if that is better.
func (q *quest) within(h arm) *quest {
	class := slices.Clone(q.class)
	sub := q.s.quest(h.c, class, q.limit, q.depth+1)
	sub.lower, sub.outer, sub.guessed = min(q.limit, max(q.lower, h.low)), q, true
	sub.run()
	if sub.cost < q.cost {
		copy(q.class, class)
		q.tr.decode(q.class)
		q.met(sub.cost)
	}
	return sub
}

// suspects are the variables with the largest part in what the best plan costs beyond the bound.
func (q *quest) suspects() []int {
	c := q.c
	blame := make([]int64, len(q.class))
	if sw := q.s.newSweep(c); !q.s.off.sweep && q.held() != nil && sw.forward() {
		sw.blame, sw.plan = blame, q.class
		sw.backward(nowhere, nil)
	}
	var list []int
	for i := range c.vars {
		if len(c.vars[i].dom) > 1 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(i, j int) int {
		v, w := &c.vars[i], &c.vars[j]
		return cmp.Or(cmp.Compare(blame[w.id], blame[v.id]), cmp.Compare(w.degree(), v.degree()), cmp.Compare(len(w.dom), len(v.dom)), cmp.Compare(i, j))
	})
	return list[:min(tried, len(list))]
}

// tight are the values of a variable that the bound rests on; some, not all.
func (q *quest) tight(at int) []bool {
	belief, low := q.s.newSweep(q.c).believe(at)
	sorted := slices.Sorted(slices.Values(belief))
	pivot := low + (q.bar()-q.lower)/32
	if pivot >= sorted[len(sorted)-1] {
		pivot = sorted[(len(sorted)-1)/2]
	}
	good, n := make([]bool, len(belief)), 0
	for x, b := range belief {
		if good[x] = b <= pivot && n < len(belief)-1; good[x] {
			n++
		}
	}
	return good
}

// half leaves a variable those values that are good, or the others, and looks at where that leads.
func (q *quest) half(at int, good []bool, in bool) arm {
	h := arm{c: q.c.clone()}
	v := &h.c.vars[at]
	for x := range v.own {
		if good[x] != in {
			v.own[x] = inf
		}
	}
	if !h.c.compact(nil) {
		h.low = inf
		return h
	}
	if q.s.off.sweep {
		return h
	}
	sw := q.s.newSweep(h.c)
	for round := 0; round < looks && h.low < q.bar() && !q.s.over(); round++ {
		low := inf
		if sw.forward() {
			low = sw.backward(q.bar(), q.held())
		}
		h.low = max(h.low, low)
		sw.balance()
	}
	if h.low < q.bar() && !h.c.compact(nil) {
		h.low = inf
	}
	return h
}
