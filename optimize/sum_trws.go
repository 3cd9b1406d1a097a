package optimize

import (
	"math"
	"math/bits"
	"slices"
)

// sweep passes messages along the factors of a core (tree-reweighted, sequential), so that the least each variable's own
// belief adds up to a bound on every plan. All in whole numbers: a share is rounded, what it leaves stays where it is.
//
// With own costs u, factors k, and any functions part, going ahead through the variables s with belief
// t[s] = u[s] + messages in, low[s] = min t[s], gives
//
//	sum over s before r of (u[s] + its factors ahead) >= front[r] + messages ahead that end at r or later,
//
// and likewise back. So a plan with variable r in class a costs at least front[r] + back[r] + t[r](a), back[r] being
// what variables after r and the factors from r on gave up on the way back. At the first variable that is the bound.
type sweep struct {
	c       *core
	k       *kernel
	swept   bool  // at least once
	last    int64 // bound
	slipped bool  // the bound fell: then messages do not lean
	// blame is, by id, what plan costs beyond the bound; nil: nobody asks.
	blame []int64
	plan  []int32
	// front is, per variable, what it and its factors ahead gave up; toll what the factors gave up on the way back.
	front, toll []int64
	fixed       int // values found to be of no use
	joined      int // factors whose ends must share a class
}

func (k *kernel) newSweep(c *core) *sweep {
	moves := c.moves()
	for i := range c.factors {
		f := &c.factors[i]
		if f.ahead == nil {
			f.ahead, f.back = make([]int64, len(c.vars[f.to].dom)), make([]int64, len(c.vars[f.from].dom))
			if !moves {
				f.extra = make([]int64, len(c.vars[f.to].dom))
			}
		}
	}
	return &sweep{c: c, k: k}
}

// believe sums up what is known of a variable's values.
func (s *sweep) believe(i int) (belief []int64, low int64) {
	v := &s.c.vars[i]
	belief = fit(&s.k.belief, len(v.dom))
	copy(belief, v.own)
	for _, f := range v.in {
		for x, m := range s.c.factors[f].ahead {
			belief[x] += m
		}
	}
	for _, f := range v.out {
		for x, m := range s.c.factors[f].back {
			belief[x] += m
		}
	}
	for x, own := range v.own {
		if own >= nowhere {
			belief[x] = inf
		}
	}
	s.k.spend(len(belief) * (1 + v.degree()))
	return belief, slices.Min(belief)
}

// share sends a belief in parts along the factors on one side of a variable, the lightest first, and gives what those gave
// up. A factor passes on differences up to the most it costs; what is beyond goes to the heavier ones.
func (s *sweep) share(v *coreVar, belief []int64, low int64, ahead bool) (gave int64) {
	list := v.in
	if ahead {
		list = v.out
	}
	left := max(len(v.in), len(v.out))
	rest := fit(&s.k.rest, len(belief))
	for x, b := range belief {
		rest[x] = b - low
		if b >= nowhere {
			rest[x] = inf
		}
	}
	z := fit(&s.k.z, len(belief))
	s.k.spend(3 * len(z) * len(list))
	for _, fi := range list {
		f := &s.c.factors[fi]
		came, out, far := f.ahead, f.back, f.from
		if ahead {
			came, out, far = f.back, f.ahead, f.to
		}
		dole(z, rest, came, left, f.t.top)
		left--
		s.k.push(s.c, f, ahead, z, out)
		s.ban(far, out)
		toll := level(out)
		if !ahead {
			s.toll[fi] = toll
			if s.blame != nil {
				s.accuse(f, z, toll)
			}
		}
		gave += toll
	}
	if s.blame != nil && !ahead {
		if x, found := slices.BinarySearch(v.dom, s.plan[v.id]); found {
			s.blame[v.id] += rest[x]
		}
	}
	return gave
}

// accuse adds to the blame of both ends what the held plan pays for a factor beyond the bound.
func (s *sweep) accuse(f *bond, z []int64, toll int64) {
	v, w := &s.c.vars[f.from], &s.c.vars[f.to]
	a, b := s.plan[v.id], s.plan[w.id]
	x, found := slices.BinarySearch(v.dom, a)
	y, too := slices.BinarySearch(w.dom, b)
	if found && too {
		more := (z[y] + f.t.pair(a, b) - f.back[x] - toll) / 2
		s.blame[v.id] += more
		s.blame[w.id] += more
	}
}

// dole takes one of so many equal parts of what is left of a belief, less what came from where it goes, and leaves what
// exceeds the least by more than top.
func dole(z, rest, came []int64, of int, top int64) {
	least := inf
	if of == 1 {
		for x, r := range rest {
			z[x] = r - came[x]
			if r < nowhere {
				least = min(least, z[x])
			}
		}
	} else {
		by := math.MaxUint64 / uint64(of) // a division per value would be slow
		for x, r := range rest {
			if r >= nowhere {
				continue
			}
			some, _ := bits.Mul64(uint64(r), by)
			z[x] = int64(some) - came[x]
			least = min(least, z[x])
		}
	}
	most := min(inf, least+top)
	for x, r := range rest {
		if r >= nowhere {
			z[x] = inf
			continue
		}
		z[x] = min(z[x], most)
		rest[x] = r - z[x] - came[x]
	}
}

// portion is the part of a belief that goes along one factor, less what came from there. A division is slow, most counts
// are small.
func portion(out, belief []int64, low int64, n int, came []int64) {
	switch n {
	case 1:
		for x, b := range belief {
			out[x] = b - low - came[x]
		}
	case 2:
		for x, b := range belief {
			out[x] = (b-low)>>1 - came[x]
		}
	default:
		by := int64(n)
		for x, b := range belief {
			out[x] = (b-low)/by - came[x]
		}
	}
	for x, b := range belief {
		if b >= nowhere {
			out[x] = inf
		}
	}
}

// level brings the least of a message to zero and gives what was taken; values nobody can reach get no more than inf.
func level(msg []int64) int64 {
	low := slices.Min(msg)
	if low >= nowhere {
		return inf
	}
	for x, m := range msg {
		if m >= nowhere {
			msg[x] = 0
		} else {
			msg[x] = m - low
		}
	}
	return low
}

// forward sends messages ahead; it is false if some variable has no value left.
func (s *sweep) forward() bool {
	c := s.c
	s.lean()
	s.front = append(s.front[:0], make([]int64, len(c.vars))...)
	for i := range c.vars {
		v := &c.vars[i]
		belief, low := s.believe(i)
		if low >= nowhere {
			return false
		}
		s.front[i] = low + s.share(v, belief, low, true)
	}
	return true
}

// lean carries messages on in the direction they last moved, as a heavy ball would roll: any messages give a bound, and
// these get to a good one in a fraction of the sweeps.
func (s *sweep) lean() {
	for i := range s.c.factors {
		f := &s.c.factors[i]
		switch {
		case s.slipped:
			f.past = append(f.past[:0], f.back...)
		case f.past != nil:
			for x, m := range f.back {
				step := m - f.past[x]
				f.back[x] += step - step>>3
				f.past[x] = m
			}
		case s.swept:
			f.past = slices.Clone(f.back)
		}
	}
	s.swept = true
	s.k.spend(s.c.size())
}

// ban marks values that nothing can reach.
func (s *sweep) ban(v int32, msg []int64) {
	own := s.c.vars[v].own
	for x, m := range msg {
		if m >= nowhere && own[x] < nowhere {
			own[x] = inf
			s.fixed++
		}
	}
}

// backward sends messages back and gives the bound. Values that no plan below limit can use are dropped on the way, but
// never those of the plan held.
func (s *sweep) backward(limit int64, held []int32) int64 {
	c := s.c
	front := c.base
	for _, x := range s.front {
		front = min(inf, front+x)
	}
	s.toll = append(s.toll[:0], make([]int64, len(c.factors))...)
	var back int64
	for i := len(c.vars) - 1; i >= 0; i-- {
		v := &c.vars[i]
		if len(s.front) > 0 {
			front -= s.front[i]
		}
		for _, f := range v.out {
			back += s.toll[f]
		}
		belief, low := s.believe(i)
		if low >= nowhere {
			return inf
		}
		for x, b := range belief {
			if b < nowhere && front+back+b >= limit && (held == nil || held[v.id] != v.dom[x]) {
				belief[x], v.own[x] = inf, inf
				s.fixed++
			}
		}
		if low = slices.Min(belief); low >= nowhere {
			return inf
		}
		s.join(v, belief, front+back, limit)
		back += low
		s.share(v, belief, low, false)
	}
	low := back + c.base
	s.slipped = low < s.last
	s.last = low
	return low
}

// join marks the factors into a variable that no plan below limit can have in two classes.
func (s *sweep) join(v *coreVar, belief []int64, rest, limit int64) {
	for _, fi := range v.in {
		f := &s.c.factors[fi]
		if f.same || f.extra == nil {
			continue
		}
		f.same = true
		for x, b := range belief {
			if b < nowhere && rest+b+f.extra[x] < limit {
				f.same = false
				break
			}
		}
		if f.same {
			s.joined++
		}
	}
}

// round follows the messages back to a plan: variable by variable the class that looks best given those before it. It is
// false if it runs into a rule.
func (s *sweep) round(class []int32) bool {
	c := s.c
	for i := range c.vars {
		v := &c.vars[i]
		sum := fit(&s.k.belief, len(v.dom))
		copy(sum, v.own)
		for _, fi := range v.out {
			for x, m := range c.factors[fi].back {
				sum[x] = min(inf, sum[x]+m)
			}
		}
		for _, fi := range v.in {
			f := &c.factors[fi]
			c.addEnd(f, int32(i), class, sum, func(r int32) bool { return r < int32(i) })
		}
		s.k.spend(len(sum) * (1 + v.degree()))
		at := argmin(sum)
		if sum[at] >= nowhere {
			return false
		}
		class[v.id] = v.dom[at]
	}
	return true
}
