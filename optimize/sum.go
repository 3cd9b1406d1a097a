package optimize

// solveSum solves a problem for which isSum holds. The methods, each used only if those before it leave anything:
//
//   - options: one pass keeps the cheapest of each class (sum_expand.go);
//   - tree: variables that hang on at most one other are folded into it (sum_peel.go);
//   - elimination: the rest is folded up variable by variable, if the tables stay small (sum_order.go, sum_bucket.go);
//   - trws: messages bound what each value can lead to, plans come from following them (sum_trws.go, sum_move.go); values
//     that can lead to nothing better, or that another can always replace (sum_dead.go), go, until elimination can finish;
//   - branch: what is left is split.
//
// Plans of equal value are ranked only if they are few: by going through them all. Where there are more, a small problem
// goes on to the labels of deadline_search.go; the answer to a large one says in Stats that it is not Ranked.
func solveSum(p *Problem, sp *spent) result {
	s := newSummer(sp)
	r := s.solve(p)
	if r.best == nil || r.ranked || r.lower < r.value || s.pairs > maxSearched || sp.stopped {
		return r
	}
	again := newTimedRun(p, &spent{ctx: sp.ctx, limit: min(searched, sp.limit-sp.nodes)})
	again.offer(again.root.newTplan(r.best.option, r.value, r.best.time))
	again.solve()
	sp.nodes += again.sp.nodes
	if ranked := again.result(); ranked.ranked {
		ranked.kept, ranked.method = r.kept, r.method
		return ranked
	}
	return r
}

// maxSearched is how many pairs of values the edges of a problem may have for the search to rank its plans, searched how
// many partial plans it may look at.
const maxSearched, searched = 1 << 16, 5000

func newSummer(sp *spent) *summer { return &summer{kernel: kernel{work: work{sp: sp}}, rnd: 1} }

func (s *summer) solve(p *Problem) result {
	_, c := s.begin(p)
	r := result{kept: c.size(), lower: inf}
	if impossible(p) {
		return r
	}
	q := s.start(c)
	q.run()
	return s.finish(q, r)
}

// finish makes a quest's plan and bound the result, and finds the first in rank of the plans as good.
func (s *summer) finish(q *quest, r result) result {
	p, b := s.b.p, s.b
	r.method = s.method()
	r.lower = q.lower
	if q.lower < inf {
		r.lower = ceilDiv(q.lower, b.scale)
	}
	if q.cost >= nowhere {
		return r
	}
	rank := newEquals(p, b.pr, b.offers)
	tr := &trail{work: &s.work}
	if s.whole != nil {
		tr = s.whole
	}
	r.ranked = rank.search(tr, q.class) && s.whole != nil
	best := rank.best
	r.best = &plan{option: make([]int32, len(p.Vars)), cost: cost{best.Value, best.Money, best.Carbon}, time: best.Time, value: best.Value}
	for v, o := range best.Choice {
		r.best.option[v] = int32(o)
	}
	r.value, r.lower = best.Value, min(r.lower, best.Value)
	return r
}

// begin builds the core.
func (s *summer) begin(p *Problem) (*builder, *core) {
	b, c := build(p)
	s.b = b
	for _, list := range b.offers {
		s.spend(len(list))
	}
	for i := range c.factors {
		f := &c.factors[i]
		s.pairs += len(c.vars[f.from].dom) * len(c.vars[f.to].dom)
	}
	return b, c
}

// start begins the search for the best plan of a whole core; none is known yet.
func (s *summer) start(c *core) *quest {
	class := make([]int32, len(s.b.p.Vars)+len(c.sets)*s.b.p.Classes)
	for i := range class {
		class[i] = -1
	}
	return s.quest(c, class, inf, 0)
}

// method names the strongest method that was needed.
func (s *summer) method() string {
	switch {
	case s.branched:
		return "branch"
	case s.swept:
		return "trws"
	case s.width > 0:
		return "elimination"
	default:
		return "tree"
	}
}
