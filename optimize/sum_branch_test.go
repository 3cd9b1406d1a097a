package optimize

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a plan costs beyond the bound is blamed on its variables to the last unit, but for halves that rounding drops.
func TestBlameAddsUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		p := scale71(seed, 40, 5, 1, true, parents(3))
		s := newSummer(newSpent(context.Background(), Limit{}))
		_, c := build(p)
		class := make([]int32, len(p.Vars))
		for i := range c.vars {
			class[c.vars[i].id] = c.vars[i].dom[0]
		}
		sw := s.newSweep(c)
		for range 3 {
			require.True(t, sw.forward())
			sw.blame, sw.plan = make([]int64, len(p.Vars)), class
			low := sw.backward(nowhere, nil)
			var sum int64
			for _, b := range sw.blame {
				require.GreaterOrEqual(t, b, int64(0))
				sum += b
			}
			require.InDelta(t, c.cost(class)-low, sum, float64(2*len(c.factors)))
		}
	}
}

func TestQuickSelects(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 60; n++ {
		list := make([]int64, n)
		for i := range list {
			list[i] = r.Int64N(int64(n))
		}
		sorted := slices.Sorted(slices.Values(list))
		for k := range n {
			require.Equal(t, sorted[k], quick(slices.Clone(list), k))
		}
	}
}
