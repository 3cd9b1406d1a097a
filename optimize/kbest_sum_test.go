package optimize

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBestOfSums lists the plans of small sums with every method in turn, and compares values and plans with all there are.
func TestBestOfSums(t *testing.T) {
	t.Parallel()
	listed := 0
	for seed := range uint64(1600) {
		r := rand.New(rand.NewPCG(seed, 91))
		p := random(r)
		p.Deadline, p.Budget, p.CarbonCap, p.Objective = 0, 0, 0, Objective{Aim: []Aim{Cost, Carbon, Blend}[seed%3], PerKg: 700_000}
		for i := range p.Edges {
			p.Edges[i].Artifact = 0
		}
		if p.Objective.Aim != Blend {
			p.Then = [][]Aim{nil, {Time}, {Carbon, Time}}[r.IntN(3)]
		}
		if !isPairs(p) {
			continue
		}
		want := every(p)
		name := seeded{seed, p, nil}
		k := 1 + r.IntN(30)
		s := newSummer(newSpent(context.Background(), Limit{}))
		s.off = sumOff{eliminate: seed%4 > 1, sweep: seed%4 == 3}
		got := s.best(p, k)
		if len(want) == 0 {
			require.Nil(t, got, name)
			continue
		}
		require.NotNil(t, got, name)
		require.True(t, got.Complete, name)
		require.Equal(t, choices(want[:min(k, len(want))]), choices(got.Plans), name)
		for _, x := range got.Plans {
			require.Equal(t, want[0].Value, x.Bound, name)
			require.NoError(t, Verify(p, x), name)
		}
		listed += len(got.Plans)
	}
	require.Greater(t, listed, 6_000)
}

// TestBestOfALargeSum looks at what can be checked without listing all plans: order, distinctness, sums, and that a shorter list
// begins a longer one.
func TestBestOfALargeSum(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1) {
		p := scale71(seed+1, []int{50, 20}[seed], 5, 1, seed != 1, parents(2))
		one, err := Solve(context.Background(), p, Limit{})
		require.NoError(t, err)
		got, err := Best(context.Background(), p, 100, Limit{})
		require.NoError(t, err)
		require.True(t, got.Complete)
		require.Len(t, got.Plans, 100)
		require.Equal(t, one.Choice, got.Plans[0].Choice)
		for i, s := range got.Plans {
			require.NoError(t, Verify(p, s))
			if i > 0 {
				require.LessOrEqual(t, got.Plans[i-1].Value, s.Value)
				require.NotEqual(t, got.Plans[i-1].Choice, s.Choice)
			}
		}
		few, err := Best(context.Background(), p, 20, Limit{})
		require.NoError(t, err)
		require.Equal(t, choices(got.Plans[:20]), choices(few.Plans))
		if seed == 0 {
			other, ok := newLister(distinct(p), newSpent(context.Background(), Limit{})).list(20)
			require.True(t, ok)
			for i, x := range other { // found by the general method
				require.Equal(t, x.choice, few.Plans[i].Choice)
			}
		}
	}
}
