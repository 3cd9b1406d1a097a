package optimize

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Long chains are proved in work that hardly grows with the number of partial plans: both ends grow toward one another.
func TestLongChainsAreProved(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := wideMarket(seed+1, 120, 8, 15, chain)
		squeeze(p, 0.05+0.2*float64(seed))
		sp := newSpent(context.Background(), Limit{Nodes: 1 << 40})
		r := timedAnswer(p, sp, firstInRank)
		s := r.solution(p)
		require.Equal(t, Optimal, s.Status)
		require.NoError(t, Verify(p, s))
		require.Less(t, sp.nodes, 4000)
	}
}

// A chain gets the same answer from the search for DAGs and from both ends.
func TestChainsMeetInTheMiddle(t *testing.T) {
	t.Parallel()
	met := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 44))
		p := wideMarket(seed, 2+r.IntN(8), 5, 4, chain)
		for v := range p.Vars { // few prices and times, many ties
			for o := range p.Vars[v].Options {
				x := &p.Vars[v].Options[o]
				x.Money, x.Time, x.Carbon = x.Money>>18<<18, x.Time>>21<<21, r.Int64N(3)
			}
		}
		squeeze(p, 0.1+0.8*r.Float64())
		run := newTimedRun(p, newSpent(context.Background(), Limit{Nodes: 1 << 40}))
		if run.d.run(3); run.best == nil {
			continue
		}
		d := run.d
		require.True(t, d.lined())
		got, exact := newTline(d).meet(run.sp, 1<<16, true)
		require.True(t, exact)
		s := newTsearch(d, 1<<20)
		want, l, cut := s.run()
		require.False(t, cut)
		if want == nil {
			require.Nil(t, got)
			continue
		}
		met++
		require.Equal(t, d.t.newTplan(want, l.sum, l.time), got, "seed %d", seed)
	}
	require.Greater(t, met, 120)
}

// A part starts from the bound of the whole: with its price and its messages.
func TestPartsStartWhereTheWholeEnded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		p := wideMarket(seed+1, 16, 10, 20, random2)
		squeeze(p, 0.1)
		r := newTimedRun(p, newSpent(context.Background(), Limit{Nodes: 1 << 40}))
		require.True(t, r.d.run(timedRounds))
		d := r.part(r.d)
		w := d.price(d.lam, d.pi)
		require.GreaterOrEqual(t, w.value(d.sweep(w)), r.d.peak-r.d.peak/500)
	}
}

// Mending keeps the rules and never makes a plan worse.
func TestMend(t *testing.T) {
	t.Parallel()
	better := 0
	for seed := range uint64(6) {
		p := wideMarket(seed+1, 12, 8, 15, []shape{random2, layered(3)}[seed%2])
		squeeze(p, 0.05)
		q := *p
		q.Objective.Aim = Time
		fast := must(t, &q)
		r := newTimedRun(p, newSpent(context.Background(), Limit{Nodes: 1 << 40}))
		r.d.rough = true // so that it looks for no plans of its own
		require.True(t, r.d.run(2))
		var option []int32
		for _, o := range fast.Choice {
			option = append(option, int32(o))
		}
		r.offer(r.root.newTplan(option, fast.Money, fast.Time))
		before := r.best.value
		r.mend()
		require.LessOrEqual(t, r.best.value, before)
		require.NoError(t, Verify(p, r.result().solution(p)))
		if r.best.value < before {
			better++
		}
	}
	require.Equal(t, 6, better)
}
