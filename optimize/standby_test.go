package optimize

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStandbyAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	found := 0
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 81))
		p := random(r)
		if seed%4 > 0 { // the others are of any form
			p.Deadline, p.Budget, p.CarbonCap, p.Objective = 0, 0, 0, Objective{Aim: []Aim{Cost, Carbon}[seed%2]}
			for i := range p.Edges {
				p.Edges[i].Artifact = 0
			}
		}
		name := seeded{seed, p, nil}
		sol, err := Solve(context.Background(), p, Limit{})
		if err != nil {
			sol = nil
		}
		s, err := Prepare(context.Background(), p, sol, Limit{})
		require.NoError(t, err, name)
		for range 3 {
			c := randomChange(r, p)
			want := brute(p, c.allows(p))
			got, err := s.Resolve(context.Background(), c, Limit{})
			if want.Choice == nil {
				var none *InfeasibleError
				require.ErrorAs(t, err, &none, name)
				continue
			}
			require.NoError(t, err, name)
			require.Equal(t, want.Value, got.Value, name)
			require.Equal(t, Optimal, got.Status, name)
			require.Zero(t, compareTotals(want, got), name)
			if got.Stats.Method != "kept" {
				cold, err := Resolve(context.Background(), p, nil, c, Limit{})
				require.NoError(t, err, name)
				require.Equal(t, cold.Choice, got.Choice, name)
			}
			found++
		}
	}
	require.Greater(t, found, 500)
}

func TestStandbyAgreesWithAColdSolve(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		p := scale71(seed+1, []int{60, 120}[seed%2], 5, 1, true, parents(2))
		sol, err := Solve(context.Background(), p, Limit{})
		require.NoError(t, err)
		s, err := Prepare(context.Background(), p, sol, Limit{})
		require.NoError(t, err)
		used := p.Vars[0].Options[sol.Choice[0]].Class
		for _, c := range []Change{{Block: []int{used}}, {Block: []int{used, used + 1, used + 2}}, {Remove: []Pick{{0, sol.Choice[0]}}}, {Pin: []Pick{{3, (sol.Choice[3] + 1) % len(p.Vars[3].Options)}}}} {
			c.Block = modulo(c.Block, p.Classes)
			warm, err := s.Resolve(context.Background(), c, Limit{})
			require.NoError(t, err)
			cold, err := Resolve(context.Background(), p, nil, c, Limit{})
			require.NoError(t, err)
			require.Equal(t, cold.Value, warm.Value)
			require.Equal(t, Optimal, warm.Status)
			if cold.Stats.Ranked && warm.Stats.Ranked && warm.Stats.Method != "kept" {
				require.Equal(t, cold.Choice, warm.Choice)
			}
			require.NoError(t, Verify(restrict(p, c.keep(p)).Problem, lowered(warm, c.keep(p))))
		}
	}
}

func modulo(list []int, n int) (out []int) {
	for _, x := range list {
		out = append(out, x%n)
	}
	return out
}

// lowered is a solution in terms of the options kept.
func lowered(s *Solution, keep [][]int) *Solution {
	out := *s
	out.Choice = make([]int, len(s.Choice))
	for v, o := range s.Choice {
		for i, k := range keep[v] {
			if k == o {
				out.Choice[v] = i
			}
		}
	}
	return &out
}
