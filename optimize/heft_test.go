package optimize_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
)

// The example of Topcuoglu, Hariri and Wu (IEEE TPDS 13(3), 2002): ten tasks on three unequal machines that run one task at a
// time. Published: HEFT 80, CPOP 86; the exact optimum is 73.
type heft struct {
	run   [][3]int64
	edges [][3]int64 // from, to, cost when the machines differ
}

func paper() heft {
	return heft{
		run: [][3]int64{
			{14, 16, 9}, {13, 19, 18}, {11, 13, 19}, {13, 8, 17}, {12, 13, 10}, {13, 16, 9}, {7, 15, 11}, {5, 11, 14}, {18, 12, 20}, {21, 7, 16},
		},
		edges: [][3]int64{
			{0, 1, 18},
			{0, 2, 12},
			{0, 3, 9},
			{0, 4, 11},
			{0, 5, 14},
			{1, 7, 19},
			{1, 8, 16},
			{2, 6, 23},
			{3, 7, 27},
			{3, 8, 23},
			{4, 8, 13},
			{5, 7, 15},
			{6, 9, 17},
			{7, 9, 11},
			{8, 9, 13},
		},
	}
}

// problem asks the same of us. Our machines run any number of tasks at once.
func (h heft) problem() *optimize.Problem {
	p := &optimize.Problem{Classes: 3, Objective: optimize.Objective{Aim: optimize.Time}}
	for _, run := range h.run {
		var v optimize.Var
		for m, t := range run {
			v.Options = append(v.Options, optimize.Option{Class: m, Time: t})
		}
		p.Vars = append(p.Vars, v)
	}
	for i, e := range h.edges {
		c := e[2]
		p.Tariffs = append(p.Tariffs, optimize.Tariff{Fixed: []int64{0, c, c, c, 0, c, c, c, 0}})
		p.Edges = append(p.Edges, optimize.Edge{From: int(e[0]), To: int(e[1]), Tariff: i})
	}
	return p
}

// schedule is a partial schedule of machines that run one task at a time.
type schedule struct {
	h     heft
	on    []int // machine by task, -1 not yet
	start []int64
	end   []int64
}

func (h heft) empty() *schedule {
	s := &schedule{h: h, on: make([]int, len(h.run)), start: make([]int64, len(h.run)), end: make([]int64, len(h.run))}
	for i := range s.on {
		s.on[i] = -1
	}
	return s
}

// ready is when all that a task reads is on a machine; -1 when something it reads is not scheduled.
func (s *schedule) ready(task, m int) int64 {
	var at int64
	for _, e := range s.h.edges {
		if int(e[1]) != task {
			continue
		}
		from := int(e[0])
		if s.on[from] < 0 {
			return -1
		}
		wait := e[2]
		if s.on[from] == m {
			wait = 0
		}
		at = max(at, s.end[from]+wait)
	}
	return at
}

// gap is the first time at or after at when a machine is free for long enough.
func (s *schedule) gap(m int, at, long int64) int64 {
	var busy [][2]int64
	for t, on := range s.on {
		if on == m {
			busy = append(busy, [2]int64{s.start[t], s.end[t]})
		}
	}
	slices.SortFunc(busy, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	for _, b := range busy {
		if at+long <= b[0] {
			break
		}
		at = max(at, b[1])
	}
	return at
}

func (s *schedule) put(task, m int, at int64) {
	s.on[task], s.start[task], s.end[task] = m, at, at+s.h.run[task][m]
}

// place puts a task on the machine, of those given, where it ends first.
func (s *schedule) place(task int, machines ...int) {
	best, at := -1, int64(0)
	for _, m := range machines {
		start := s.gap(m, s.ready(task, m), s.h.run[task][m])
		if best < 0 || start+s.h.run[task][m] < at+s.h.run[task][best] {
			best, at = m, start
		}
	}
	s.put(task, best, at)
}

func (s *schedule) makespan() int64 { return slices.Max(s.end) }

// ranks are the longest mean way from each task to the end, and from the start to it, times three to stay whole.
func (h heft) ranks() (up, down []int64) {
	n := len(h.run)
	up, down = make([]int64, n), make([]int64, n)
	mean := func(t int) int64 { return h.run[t][0] + h.run[t][1] + h.run[t][2] }
	for t := range slices.Backward(up) {
		for _, e := range h.edges {
			if int(e[0]) == t {
				up[t] = max(up[t], 3*e[2]+up[e[1]])
			}
		}
		up[t] += mean(t)
	}
	for t := range down {
		for _, e := range h.edges {
			if int(e[1]) == t {
				down[t] = max(down[t], down[e[0]]+mean(int(e[0]))+3*e[2])
			}
		}
	}
	return up, down
}

// heft schedules by upward rank.
func (h heft) heft() *schedule {
	up, _ := h.ranks()
	order := make([]int, len(up))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(up[b] - up[a]) })
	s := h.empty()
	for _, t := range order {
		s.place(t, 0, 1, 2)
	}
	return s
}

// cpop puts the critical path on the one machine that runs it fastest, the rest where they end first.
func (h heft) cpop() *schedule {
	up, down := h.ranks()
	path := []int{0}
	for t := 0; t < len(h.run)-1; {
		for _, e := range h.edges {
			if int(e[0]) == t && up[e[1]]+down[e[1]] == up[0] {
				t = int(e[1])
				break
			}
		}
		path = append(path, t)
	}
	fastest := 0
	var sums [3]int64
	for _, t := range path {
		for m := range sums {
			sums[m] += h.run[t][m]
		}
	}
	for m := range sums {
		if sums[m] < sums[fastest] {
			fastest = m
		}
	}
	s := h.empty()
	for range h.run {
		next := -1
		for t := range h.run {
			if s.on[t] < 0 && s.ready(t, 0) >= 0 && (next < 0 || up[t]+down[t] > up[next]+down[next]) {
				next = t
			}
		}
		if slices.Contains(path, next) {
			s.place(next, fastest)
		} else {
			s.place(next, 0, 1, 2)
		}
	}
	return s
}

// exact tries all schedules in order of start, dropping those that cannot beat the best one known.
func (h heft) exact() int64 {
	tail := make([]int64, len(h.run)) // the least time from a task's end to the end of all
	for t := range slices.Backward(tail) {
		for _, e := range h.edges {
			if int(e[0]) == t {
				tail[t] = max(tail[t], slices.Min(h.run[e[1]][:])+tail[e[1]])
			}
		}
	}
	best := h.heft().makespan()
	s := h.empty()
	var free [3]int64
	var search func(done int, since int64)
	search = func(done int, since int64) {
		if done == len(h.run) {
			best = min(best, s.makespan())
			return
		}
		for t := range h.run {
			if s.on[t] >= 0 || s.ready(t, 0) < 0 {
				continue
			}
			for m := range free {
				at := max(free[m], s.ready(t, m))
				if at < since || at+h.run[t][m]+tail[t] >= best {
					continue
				}
				before := free[m]
				s.put(t, m, at)
				free[m] = s.end[t]
				search(done+1, at)
				free[m], s.on[t], s.end[t] = before, -1, 0
			}
		}
	}
	search(0, 0)
	return best
}

func TestHEFT(t *testing.T) {
	t.Parallel()
	h := paper()
	require.Equal(t, int64(80), h.heft().makespan(), "as published")
	require.Equal(t, int64(86), h.cpop().makespan(), "as published")
	require.Equal(t, int64(73), h.exact(), "one task at a time")

	p := h.problem()
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	require.NoError(t, err)
	require.NoError(t, optimize.Verify(p, s))
	require.Equal(t, optimize.Optimal, s.Status)
	require.Equal(t, h.together(), s.Value, "the best of all 59,049 placements, any number of tasks at once")
	require.LessOrEqual(t, s.Value, int64(73), "a machine that may run several tasks at once is never slower")
}

// together is the best makespan when machines run any number of tasks at once, by trying every placement.
func (h heft) together() int64 {
	best := int64(1 << 40)
	for code := range 59_049 {
		s := h.empty()
		for t := range h.run {
			m := code % 3
			code /= 3
			s.put(t, m, s.ready(t, m))
		}
		best = min(best, s.makespan())
	}
	return best
}
