package optimize

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

const benchSeeds = 5

// between sets a deadline between the fastest plan and the makespan of the cheapest.
func between(b *testing.B, p *Problem, tight float64) {
	b.Helper()
	plan := func(q Problem) int64 {
		r := newTimedRun(&q, newSpent(context.Background(), Limit{}))
		r.d.strict = true
		r.d.run(timedRounds)
		if r.best == nil {
			b.Fatal("no plan without a deadline")
		}
		return r.best.time
	}
	free, fast := *p, *p
	free.Deadline, fast.Objective.Aim = 1<<38, Time
	least := plan(fast)
	p.Deadline = least + int64(tight*float64(plan(free)-least))
}

// BenchmarkDeadline solves each family at several tightnesses, with ten seconds for each problem: median and worst time
// over the seeds, how many were proved, and the worst gap.
func BenchmarkDeadline(b *testing.B) {
	for _, f := range []struct {
		name string
		n    int
		sh   shape
	}{
		{"chain-20", 20, chain},
		{"chain-1000", 1000, chain},
		{"tree-10", 10, tree},
		{"tree-50", 50, tree},
		{"random-10", 10, random2},
		{"random-20", 20, random2},
		{"random-30", 30, random2},
		{"random-50", 50, random2},
		{"fan-30", 30, fan},
		{"layered-5x4", 20, layered(4)},
		{"layered-10x4", 40, layered(4)},
	} {
		for _, tight := range []float64{0.05, 0.2, 0.5, 0.8, 0.95} {
			b.Run(fmt.Sprintf("%s/%.2f", f.name, tight), func(b *testing.B) { benchTimed(b, f.n, f.sh, tight, false) })
		}
	}
}

// BenchmarkBudget asks for the fastest plan that costs no more than the cheapest under a deadline.
func BenchmarkBudget(b *testing.B) {
	for _, tight := range []float64{0.05, 0.2, 0.5, 0.8, 0.95} {
		b.Run(fmt.Sprintf("mapreduce-10/%.2f", tight), func(b *testing.B) { benchTimed(b, 10, mapReduce, tight, true) })
	}
}

func benchTimed(b *testing.B, n int, sh shape, tight float64, budget bool) {
	var problems []*Problem
	for seed := range uint64(benchSeeds) {
		p := wideMarket(seed+1, n, 71, 176, sh)
		between(b, p, tight)
		if budget {
			s, err := Solve(context.Background(), p, Limit{})
			if err != nil {
				b.Fatal(err)
			}
			p.Budget, p.Deadline, p.Objective.Aim = s.Value, 0, Time
		}
		problems = append(problems, p)
	}
	for b.Loop() {
		var took []time.Duration
		proved, gap := 0, 0.0
		for _, p := range problems {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			start := time.Now()
			s, err := Solve(ctx, p, Limit{Nodes: 1 << 40})
			cancel()
			took = append(took, time.Since(start))
			if err != nil {
				b.Fatal(err)
			}
			gap = max(gap, s.Gap())
			if s.Status == Optimal {
				proved++
			}
		}
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2].Seconds()*1000, "median-ms")
		b.ReportMetric(took[len(took)-1].Seconds()*1000, "worst-ms")
		b.ReportMetric(100*float64(proved)/benchSeeds, "%proved")
		b.ReportMetric(100*gap, "worst-%gap")
	}
}
