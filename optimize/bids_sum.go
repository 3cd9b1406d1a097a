package optimize

import "slices"

// sumBids answers for one option after another of a problem whose value is a sum. Messages over all options, passed once, are
// a good start for each, and the solution with one variable moved is a plan to beat.
type sumBids struct {
	p     *Problem
	b     *builder
	c     *core // as built, with its messages
	class []int32
}

// bidSweeps is how many sweeps the messages get to settle in.
const bidSweeps = 40

func newSumBids(p *Problem, sol *Solution, sp *spent) *sumBids {
	s := newSummer(sp)
	x := &sumBids{p: p}
	x.b, x.c = s.begin(p)
	x.class = s.start(x.c).class
	if sol != nil {
		for v, o := range sol.Choice {
			x.class[v] = int32(p.Vars[v].Options[o].Class)
		}
	}
	sw := s.newSweep(x.c)
	for round, low, mark := 0, int64(0), int64(0); round < bidSweeps && !s.over() && sw.forward(); round++ {
		low = max(low, sw.backward(nowhere, nil))
		if low >= nowhere {
			break
		}
		sw.balance()
		if round%patience == patience-1 {
			if low-mark <= low/256 {
				break
			}
			mark = low
		}
	}
	return x
}

// bid is the best plan with one option forced.
func (x *sumBids) bid(v, o int, sp *spent) (value, lower int64) {
	s := newSummer(sp)
	s.b = x.b
	c := x.c.clone()
	forced := &x.p.Vars[v].Options[o]
	at := slices.IndexFunc(c.vars, func(u coreVar) bool { return int(u.id) == v })
	for i, class := range c.vars[at].dom {
		c.vars[at].own[i] = inf
		if int(class) == forced.Class {
			c.vars[at].own[i] = x.b.pr.cost(forced.Money, forced.Carbon).add * x.b.scale
		}
	}
	if !c.compact(nil) {
		return inf, inf
	}
	class := slices.Clone(x.class)
	class[v] = int32(forced.Class)
	if c.cost(class) < nowhere {
		s.descend(c, class)
	}
	q := s.quest(c, class, inf, 1)
	q.run()
	if q.lower >= nowhere {
		return inf, inf
	}
	lower = ceilDiv(q.lower, x.b.scale)
	if q.cost >= nowhere {
		return inf, lower
	}
	return q.cost / x.b.scale, lower
}
