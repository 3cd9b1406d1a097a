package optimize

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
)

// Ranking is a list of plans in order.
type Ranking struct {
	// Plans are in order. Bound is that of the whole problem for each, so that Gap says how much is given up: Status is Optimal for
	// those that are as good as the first, Feasible for the others.
	Plans []*Solution
	// Complete: these are proved to be the first of all plans. False when the work was cut short.
	Complete bool
}

// Best finds the k best plans: every plan counts that differs in at least one option, and none is set aside. They come in
// order of value, Then, money, makespan, carbon, and the first variable whose options differ, the lower index first (where a
// solution is not Stats.Ranked, only the order of value is sure). So the first is as good as the one Solve finds, and is
// that one unless equals had to be told apart. There are fewer than k if no more exist. lim bounds the whole call.
//
// The errors are those of Solve. When the work is cut short after the first plan, there is no error and Complete is false.
func Best(ctx context.Context, p *Problem, k int, lim Limit) (*Ranking, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sp := newSpent(ctx, lim)
	if out := newSummer(sp).best(p, k); out != nil {
		return out, nil
	}
	if sp.stopped {
		return nil, failure(ctx, p, sp, lim)
	}
	ls := newLister(distinct(p), sp)
	out := &Ranking{Complete: true}
	if plans, ok := ls.list(k); ok {
		for _, t := range plans {
			out.add(t, ls.kept, p, true, ls.sp.nodes)
		}
		return out, nil
	}
	for len(out.Plans) < k && out.Complete {
		t, ok := ls.next()
		out.Complete = ok
		if t == nil {
			break
		}
		out.add(t, ls.kept, p, ok, ls.sp.nodes)
		out.Plans[len(out.Plans)-1].Stats.Ranked = ok && !ls.loose
	}
	if len(out.Plans) == 0 && k > 0 {
		return nil, failure(ctx, p, ls.sp, lim)
	}
	return out, nil
}

// failure is why there is no plan: the proof that there is none, or the end of the work.
func failure(ctx context.Context, p *Problem, sp *spent, lim Limit) error {
	if sp.stopped {
		return &UnfinishedError{Nodes: sp.nodes, Cause: context.Cause(ctx)}
	}
	return explain(p, newSpent(ctx, lim))
}

// distinct is p with a mark of its own on every option, so that none is set aside.
func distinct(p *Problem) *Problem {
	q := *p
	q.Vars = slices.Clone(p.Vars)
	for v := range q.Vars {
		marks := make([]int32, len(q.Vars[v].Options))
		for i := range marks {
			marks[i] = int32(i)
		}
		q.Vars[v].marks = marks
	}
	return &q
}

// lister lists plans in order. The plans not listed yet are split into parts; the best of each part waits in a queue.
// When one is listed, the rest of its part is split by the first variable that differs from it.
type lister struct {
	p     *Problem
	c     *counter
	kept  int
	whole []Aim
	sp    *spent
	queue []listPart
	begun bool
	cut   bool // some part's best is not proved
	loose bool // some part's best is not ranked
}

// listPart is some plans, and the best of them; nil: not looked for yet, and no better than after.
type listPart struct {
	keep  [][]int
	best  *tally
	after *tally
}

func newLister(p *Problem, sp *spent) *lister {
	ls := &lister{p: p, c: newCounter(p), sp: sp}
	ls.kept = ls.c.kept()
	ls.whole = p.aims()
	return ls
}

// next is the next plan; nil if there is none. ok is false if it is not proved to be the next.
func (ls *lister) next() (t *tally, ok bool) {
	if !ls.begun {
		ls.begun = true
		ls.push(listPart{keep: everything(ls.p)})
	}
	for ls.Len() > 0 && !ls.cut {
		pt := heap.Pop(ls).(listPart)
		if pt.best == nil {
			ls.push(pt)
			continue
		}
		ls.split(pt)
		return pt.best, true
	}
	if ls.cut && ls.Len() > 0 { // a plan is better than none
		if pt := heap.Pop(ls).(listPart); pt.best != nil {
			return pt.best, false
		}
	}
	return nil, !ls.cut
}

// split queues the rest of a part, by the first variable that differs from its best.
func (ls *lister) split(pt listPart) {
	keep := pt.keep
	for v, o := range pt.best.choice {
		if len(keep[v]) > 1 {
			heap.Push(ls, listPart{keep: narrowed(keep, v, func(x int) bool { return x != o }), after: pt.best})
			keep = narrowed(keep, v, func(x int) bool { return x == o })
		}
	}
}

// push finds the best of a part and queues it.
func (ls *lister) push(pt listPart) {
	if empty(pt.keep) {
		return
	}
	s := restrict(ls.p, pt.keep)
	r := answer(s.Problem, ls.sp, firstInRank)
	ls.loose = ls.loose || r.best != nil && !r.ranked
	ls.cut = ls.cut || r.lower < inf && (r.best == nil || !r.ranked && r.lower < r.value)
	if r.best != nil {
		pt.best = ls.c.count(s.lift(r.best.choice()))
		heap.Push(ls, pt)
	}
}

// add appends a plan. proved: no plan that is not listed yet is better.
func (r *Ranking) add(t *tally, kept int, p *Problem, proved bool, nodes int) {
	lower := int64(0)
	switch {
	case len(r.Plans) > 0:
		lower = r.Plans[0].Bound
	case proved:
		lower = t.value
	}
	s := t.result(kept, lower).solution(p)
	s.Stats.Ranked, s.Stats.Nodes = proved, nodes
	r.Plans = append(r.Plans, s)
}

// compare ranks by the whole order of aims, then by options.
func (ls *lister) compare(a, b *tally) int {
	for _, aim := range ls.whole {
		if c := cmp.Compare(ls.total(a, aim), ls.total(b, aim)); c != 0 {
			return c
		}
	}
	return slices.Compare(a.choice, b.choice)
}

// total is what an aim makes of a tally; a blend that is not the objective is the last of Then.
func (ls *lister) total(t *tally, aim Aim) int64 {
	if aim != Blend || ls.p.Objective.Aim == Blend {
		return t.of(aim)
	}
	q := *ls.p
	q.Objective.Aim = Blend
	c := newCounter(&q)
	return c.count(t.choice).value
}

// Len, Less, Swap, Push and Pop make a heap of the queue. A part whose best is not known comes before what it cannot beat.

func (ls *lister) Len() int { return len(ls.queue) }

func (ls *lister) Less(i, j int) bool {
	a, b := ls.queue[i], ls.queue[j]
	x, y := cmp.Or(a.best, a.after), cmp.Or(b.best, b.after)
	if c := ls.compare(x, y); c != 0 {
		return c < 0
	}
	return a.best == nil && b.best != nil
}

func (ls *lister) Swap(i, j int) { ls.queue[i], ls.queue[j] = ls.queue[j], ls.queue[i] }

func (ls *lister) Push(x any) { ls.queue = append(ls.queue, x.(listPart)) }

func (ls *lister) Pop() any {
	last := ls.queue[len(ls.queue)-1]
	ls.queue = ls.queue[:len(ls.queue)-1]
	return last
}
