package optimize

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRivalsAgreeWithBruteForce: what is said to be exact is, what is said to be possible at most is no less than the best, and
// with enough work all is exact.
func TestRivalsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	exact, open := 0, 0
	for seed := range uint64(300) {
		gen := []func(*rand.Rand) *Problem{random, randomForms}[seed%2]
		p := gen(rand.New(rand.NewPCG(seed, 31)))
		p.Then = nil
		s, err := Solve(context.Background(), p, Limit{})
		if err != nil {
			continue
		}
		nodes := []int{1, 1 << 20}[seed/2%2]
		all, err := Rivals(context.Background(), p, s, Limit{Nodes: nodes})
		require.NoError(t, err)
		require.Len(t, all, len(p.Vars))
		for v, bids := range all {
			for o, b := range bids {
				want := brute(p, func(u, x int) bool { return u != v || x == o })
				name := fmt.Sprintf("seed %d variable %d option %d: %+v", seed, v, o, b)
				require.Equal(t, o, b.Option, name)
				switch b.Status {
				case Optimal:
					exact++
					require.Equal(t, want.Value, b.Value, name)
				case Infeasible:
					require.Equal(t, Infeasible, want.Status, name)
				case Feasible:
					open++
					require.Equal(t, Optimal, want.Status, name)
					require.GreaterOrEqual(t, b.Value, want.Value, name)
					require.Equal(t, 1, nodes, name)
				case Unknown:
					require.Equal(t, 1, nodes, name)
				case Dominated:
					require.GreaterOrEqual(t, b.By, 0, name)
				}
				if want.Status == Optimal && b.Status != Dominated {
					require.LessOrEqual(t, b.Bound, want.Value, name)
				}
			}
		}
	}
	require.Positive(t, exact)
	require.Positive(t, open)
}

func TestRivalsOfNoSolution(t *testing.T) {
	t.Parallel()
	p := inset()
	_, err := Rivals(context.Background(), p, nil, Limit{})
	require.ErrorContains(t, err, "no choice for the 3 variables")
	_, err = Rivals(context.Background(), p, &Solution{Choice: []int{0, 0, 99}}, Limit{})
	require.ErrorContains(t, err, "option 99 of variable 2")
	_, err = Rivals(context.Background(), &Problem{Classes: -1}, nil, Limit{})
	require.ErrorContains(t, err, "malformed")
}
