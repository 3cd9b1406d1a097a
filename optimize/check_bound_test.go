package optimize

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProveConfirmsAndRefutes(t *testing.T) {
	t.Parallel()
	confirmed, refuted := 0, 0
	for seed := range uint64(1000) {
		p := randomForms(rand.New(rand.NewPCG(seed, 31)))
		if seed%2 == 0 {
			p.Deadline, p.Budget, p.CarbonCap, p.Limits = 0, 0, 0, nil
		}
		best := brute(p, undominated(p))
		if best.Status == Infeasible {
			continue
		}
		name := seeded{seed, p, nil}
		proved, err := Prove(p, best)
		require.NoError(t, err, name)
		if proved {
			confirmed++
		}
		second := *best // claim that a worse plan is the best
		for _, s := range every(p) {
			if s.Value > best.Value {
				second = *s
				break
			}
		}
		if second.Value == best.Value {
			continue
		}
		proved, err = Prove(p, &second)
		require.False(t, proved, name)
		if err != nil {
			require.ErrorContains(t, err, "bound", name)
			refuted++
		}
	}
	require.Greater(t, confirmed, 200)
	require.Greater(t, refuted, 30)
}

func TestProveChain(t *testing.T) {
	t.Parallel()
	p := market(rand.New(rand.NewPCG(1, 2)), 1000, 30, 60, chain)
	proved, err := Prove(p, must(t, p))
	require.NoError(t, err)
	require.True(t, proved)
}

// A hub is no reason to give up, nor to take long; what is woven too closely is.
func TestProveKnowsItsLimits(t *testing.T) {
	t.Parallel()
	fan := func(_ *rand.Rand, n int) (out [][2]int) {
		for i := 1; i < n; i++ {
			out = append(out, [2]int{0, i})
		}
		return out
	}
	p := market(rand.New(rand.NewPCG(1, 3)), 5000, 8, 8, fan)
	proved, err := Prove(p, must(t, p))
	require.NoError(t, err)
	require.True(t, proved)
	all := func(_ *rand.Rand, n int) (out [][2]int) {
		for i := range n {
			for j := range i {
				out = append(out, [2]int{j, i})
			}
		}
		return out
	}
	p = market(rand.New(rand.NewPCG(1, 4)), 9, 10, 20, all)
	proved, err = Prove(p, must(t, p))
	require.NoError(t, err)
	require.False(t, proved)
}
