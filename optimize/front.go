package optimize

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Frontier is a set of plans none of which is better than another in everything that counts.
type Frontier struct {
	// Axes are the aims compared.
	Axes []Aim
	// Points are the plans, the best in the first axis first. Of plans that are equal in all axes there is one, the first
	// in rank. Value and Bound of each are those of the first axis, when the others must be no worse than they are.
	Points []*Solution
	// Complete is false when the work was cut short: the points are plans, but some may be missing or dominated.
	Complete bool
}

// Front finds every trade-off between two or three different aims out of Cost, Time and Carbon, under all rules of p; its
// Objective and Then do not count. It solves for the first axis under ever tighter limits on the others, so each point is
// proved. lim bounds the whole call.
//
// The errors are those of Solve, or name axes that cannot be compared. When the work is cut short after the first
// point, there is no error and Complete is false.
func Front(ctx context.Context, p *Problem, axes []Aim, lim Limit) (*Frontier, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	for i, a := range axes {
		if a < Cost || a > Carbon || slices.Contains(axes[:i], a) || len(axes) > 3 {
			return nil, fmt.Errorf("optimize: front: axes %v: want two or three different ones of cost, time and carbon", axes)
		}
	}
	if len(axes) < 2 {
		return nil, fmt.Errorf("optimize: front: axes %v: want two or three", axes)
	}
	q := *p
	q.Objective, q.Then = Objective{Aim: axes[0]}, axes[1:]
	f := &fronter{p: &q, c: newCounter(&q), axes: axes, sp: newSpent(ctx, lim)}
	out := &Frontier{Axes: slices.Clone(axes), Complete: f.run()}
	if len(f.points) == 0 {
		return nil, f.failure(ctx, lim)
	}
	slices.SortFunc(f.points, f.compare)
	kept := f.c.kept()
	for _, t := range f.points {
		lower := int64(0)
		if f.proved[t] {
			lower = t.value
		}
		out.Points = append(out.Points, t.result(kept, lower).solution(&q))
	}
	return out, nil
}

// fronter is the work on one front.
type fronter struct {
	p      *Problem
	c      *counter
	axes   []Aim
	sp     *spent
	points []*tally
	proved map[*tally]bool
	known  []capAnswer
}

// capAnswer is a plan and the limits on the axes after the first under which it is the best.
type capAnswer struct {
	caps []int64
	t    *tally
}

// run collects the points; false if it was cut short.
func (f *fronter) run() bool {
	f.proved = map[*tally]bool{}
	if len(f.axes) == 2 {
		_, ok := f.plane(inf)
		return ok
	}
	// With a limit on the third axis, the trade-offs of the first two that it leaves are trade-offs of all three. Any
	// other lies lower on the third axis than the highest of these.
	for most := inf; ; {
		highest, ok := f.plane(most)
		if !ok || highest <= 0 {
			return ok
		}
		most = highest - 1
	}
}

// plane goes along the first two axes under a limit on the third, and gives the highest value met there; -1 without a point.
func (f *fronter) plane(third int64) (highest int64, ok bool) {
	highest = -1
	for second := inf; second >= 0; {
		caps := []int64{second, third}[:len(f.axes)-1]
		t, ok := f.answer(caps)
		if t == nil || !ok {
			return highest, ok
		}
		if !slices.ContainsFunc(f.points, func(o *tally) bool { return f.compare(o, t) == 0 }) {
			f.points = append(f.points, t)
		}
		if len(f.axes) == 3 {
			highest = max(highest, t.of(f.axes[2]))
		}
		second = t.of(f.axes[1]) - 1
	}
	return highest, true
}

// answer is the best plan under limits; nil if there is none. The best under wider limits that keeps these needs no work.
func (f *fronter) answer(caps []int64) (t *tally, ok bool) {
	for _, k := range f.known {
		wider := true
		for i, c := range caps {
			wider = wider && k.caps[i] >= c && k.t.of(f.axes[i+1]) <= c
		}
		if wider {
			return k.t, true
		}
	}
	q := f.p
	for i, c := range caps {
		if c < inf {
			q = capped(q, f.axes[i+1], c)
		}
	}
	r := answer(q, f.sp, firstInRank)
	if r.best == nil {
		return nil, r.lower >= inf
	}
	t = f.c.count(r.best.choice()[:len(f.p.Vars)])
	if !r.agreed {
		f.points = append(f.points, t)
		return t, false
	}
	f.proved[t] = true
	f.known = append(f.known, capAnswer{caps, t})
	return t, true
}

func (f *fronter) compare(a, b *tally) int {
	c := 0
	for _, axis := range f.axes {
		c = cmp.Or(c, cmp.Compare(a.of(axis), b.of(axis)))
	}
	return c
}

// failure is why there is no point at all.
func (f *fronter) failure(ctx context.Context, lim Limit) error {
	if f.sp.stopped {
		return &UnfinishedError{Nodes: f.sp.nodes, Cause: context.Cause(ctx)}
	}
	return explain(f.p, newSpent(ctx, lim))
}
