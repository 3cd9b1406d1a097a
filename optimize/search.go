package optimize

import (
	"cmp"
	"context"
	"slices"
)

// search decides the nodes in order, keeping all partial plans that no bound excludes and no other beats. It is
// exhaustive: what it does not return does not exist, unless it says cut.
type search struct {
	m      *model
	bounds []*bound
	best   *plan // the incumbent, or nil
	want   goal
	most   int64  // only plans of at most this value matter
	width  int    // partial plans kept per position; the rest are cut
	all    []plan // those of everyPlan
	spent  *spent
}

// spent counts search nodes over all the searches of one call, and knows when to stop.
type spent struct {
	ctx     context.Context
	nodes   int
	limit   int
	stopped bool
	shrink  int // tests narrow the searches by this power of two, to see the branching at work
}

func newSpent(ctx context.Context, lim Limit) *spent {
	if lim.Nodes == 0 {
		lim.Nodes = defaultWork
	}
	return &spent{ctx: ctx, limit: lim.Nodes}
}

func (s *spent) stop() bool {
	s.nodes++
	if s.nodes > s.limit || s.nodes%64 == 0 && s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stopped
}

// run goes through all positions. cut: something was dropped for want of width or work, so nothing is proved.
func (s *search) run() (found, cut bool) {
	layer := []*label{s.root()}
	for i := range s.m.nodes {
		next := s.expand(layer, i)
		if s.spent.stopped {
			return found, true
		}
		if len(next) > s.width && s.want == everyPlan {
			return found, true
		}
		if len(next) > s.width {
			slices.SortStableFunc(next, func(a, b *label) int { return cmp.Compare(a.value, b.value) })
			next, cut = next[:s.width], true
		}
		layer = next
	}
	for _, l := range layer {
		pl := plan{l.options(len(s.m.nodes)), l.cost, l.time, l.add + s.m.pr.time(l.time)}
		if s.want == everyPlan && pl.value <= s.most {
			s.all = append(s.all, pl)
			continue
		}
		if pl.value <= s.most && (s.best == nil || s.m.before(&pl, s.best)) {
			s.best, found = &pl, true
		}
	}
	return found, cut
}

func (s *search) root() *label {
	return &label{ended: make([]int64, len(s.bounds)), paid: make([][]int, len(s.m.shares)), seen: make([][]int, len(s.m.spread))}
}

// expand makes the labels of position i+1 from those of position i.
func (s *search) expand(layer []*label, i int) []*label {
	x := newExpansion(s, i)
	for _, l := range layer {
		if s.spent.stop() {
			return nil
		}
		x.open(l)
		for c := range s.m.nodes[i].choices {
			x.try(l, int32(c))
		}
	}
	var out []*label
	for _, bucket := range x.buckets {
		out = append(out, bucket...)
	}
	return out
}

// hopeless says that no completion can rank before the incumbent. soonest is a lower bound on the makespan.
func (s *search) hopeless(l *label, soonest int64) bool {
	if l.value > s.most {
		return true
	}
	if s.best == nil || l.value < s.best.value {
		return false
	}
	if l.value > s.best.value || s.want != firstInRank {
		return true
	}
	b := s.best
	return cmp.Or(cmp.Compare(l.money, b.money), cmp.Compare(soonest, b.time), cmp.Compare(l.carbon, b.carbon)) > 0
}
