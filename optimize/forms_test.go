package optimize

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomForms makes a small problem with limits, meters and several aims on top of what random mixes.
func randomForms(r *rand.Rand) *Problem {
	p := random(r)
	for range r.IntN(3) {
		l := Capacity{Max: r.Int64N(8)}
		for v := range p.Vars {
			for o := range p.Vars[v].Options {
				if n := r.Int64N(5); n > 0 && r.IntN(3) > 0 {
					l.Uses = append(l.Uses, Use{v, o, n})
				}
			}
		}
		p.Limits = append(p.Limits, l)
	}
	for range r.IntN(3) {
		p.Meters = append(p.Meters, randomMeter(r))
	}
	for i := range p.Tariffs {
		if len(p.Meters) > 0 {
			p.Tariffs[i].Meter = make([]int, p.Classes*p.Classes)
			for c := range p.Tariffs[i].Meter {
				p.Tariffs[i].Meter[c] = r.IntN(len(p.Meters) + 1)
			}
		}
	}
	if p.Objective.Aim != Blend && r.IntN(2) == 0 {
		p.Then = []Aim{Aim(r.IntN(3)), Aim(r.IntN(4))}[:1+r.IntN(2)]
		if p.Then[0] == Blend || len(p.Then) == 2 && p.Then[1] == Blend {
			p.Objective.PerHour, p.Objective.PerKg = r.Int64N(2*msPerHour), r.Int64N(2*mgPerKg)
		}
	}
	return p
}

// randomMeter is a meter whose price falls, rises, or both.
func randomMeter(r *rand.Rand) Meter {
	m := Meter{Used: r.Int64N(2_000_000)}
	from := int64(0)
	for range r.IntN(4) {
		m.Tiers = append(m.Tiers, Tier{From: from, Money: r.Int64N(100)})
		from += 1 + r.Int64N(3_000_000)
	}
	return m
}

func TestFormsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	for shard := range uint64(2) {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			feasible := 0
			for seed := shard; seed < 7000; seed += 2 {
				p := randomForms(rand.New(rand.NewPCG(seed, 21)))
				want := brute(p, undominated(p))
				got := answer(p, newSpent(context.Background(), Limit{}), firstInRank).solution(p)
				name := seeded{seed, p, nil}
				require.Equal(t, want.Status, got.Status, name)
				if want.Status == Infeasible {
					continue
				}
				feasible++
				require.NoError(t, Verify(p, got), name)
				require.True(t, got.Stats.Ranked, name)
				got.Stats = Stats{}
				require.Equal(t, want, got, name)
			}
			require.Greater(t, feasible, 1000)
		})
	}
}

// quotas makes a problem whose best plan without limits uses twice what they allow.
func quotas(t *testing.T, seed uint64, n, classes int, sh shape) *Problem {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 32))
	p := market(r, n, classes, 30, sh)
	used := make([]int64, classes)
	for v, o := range must(t, p).Choice {
		used[p.Vars[v].Options[o].Class] += int64(1 + v%3)
	}
	for c, n := range used {
		if n > 1 {
			p.Limits = append(p.Limits, Quota(p, fmt.Sprint("class ", c), n/2, func(v int, o Option) int64 {
				if o.Class != c {
					return 0
				}
				return int64(1 + v%3)
			}))
		}
	}
	return p
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := quotas(t, seed, 12, 12, dag)
		require.NotEmpty(t, p.Limits)
		free := *p
		free.Limits = nil
		require.Greater(t, must(t, p).Value, must(t, &free).Value)
	}
}

func TestFormsCutShortGivePlanAndBound(t *testing.T) {
	t.Parallel()
	unfinished := 0
	for seed := range uint64(6) {
		p := quotas(t, seed, 8, 8, mapReduce)
		if seed%2 == 0 {
			p.Tariffs[0].Meter = make([]int, 64)
			for i, m := range p.Tariffs[0].Money {
				if m > 50_000 {
					p.Tariffs[0].Meter[i] = 1
				}
			}
			p.Meters = []Meter{{Tiers: []Tier{{0, 90_000}, {2_000_000, 40_000}}}}
		}
		best := must(t, p)
		for _, nodes := range []int{1, 3, 10, 30, 100, 300} {
			s, err := Solve(context.Background(), p, Limit{Nodes: nodes})
			require.LessOrEqual(t, s.Bound, best.Value)
			if s.Status == Unknown {
				var u *UnfinishedError
				require.ErrorAs(t, err, &u)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, Verify(p, s))
			require.GreaterOrEqual(t, s.Value, best.Value)
			if s.Status == Feasible {
				unfinished++
			}
			front, err := Front(context.Background(), p, []Aim{Cost, Time}, Limit{Nodes: nodes})
			require.True(t, err != nil || len(front.Points) > 0)
			ranked, err := Best(context.Background(), p, 5, Limit{Nodes: nodes})
			if err == nil {
				for i, s := range ranked.Plans {
					require.NoError(t, Verify(p, s))
					require.True(t, i == 0 || ranked.Plans[i-1].Value <= s.Value || !ranked.Complete)
				}
			}
		}
	}
	require.Positive(t, unfinished)
}

func TestAnswersRefuseWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	p := inset()
	ctx := context.Background()
	for _, axes := range [][]Aim{nil, {Cost}, {Cost, Cost}, {Cost, Blend}, {Cost, Time, Carbon, Cost}} {
		_, err := Front(ctx, p, axes, Limit{})
		require.ErrorContains(t, err, "axes")
	}
	for _, c := range []Change{{Remove: []Pick{{9, 0}}}, {Pin: []Pick{{0, 7}}}, {Block: []int{3}}} {
		_, err := Resolve(ctx, p, nil, c, Limit{})
		require.ErrorContains(t, err, "does not exist")
	}
	_, err := Explain(ctx, p, must(t, p), 5, Limit{})
	require.ErrorContains(t, err, "variable 5 of 3")
	bad := inset()
	bad.Classes = -1
	var malformed *ProblemError
	_, err = Best(ctx, bad, 1, Limit{})
	require.ErrorAs(t, err, &malformed)
	_, err = Diverse(ctx, bad, 1, Difference{}, Limit{})
	require.ErrorAs(t, err, &malformed)
	_, err = Front(ctx, bad, []Aim{Cost, Time}, Limit{})
	require.ErrorAs(t, err, &malformed)
	for _, at := range []func(int64) *Problem{ScaleTariff(p, 4), EdgeSize(p, -1), OptionPrice(p, Pick{1, 9})} {
		_, err = BreakEven(ctx, at, 0, 1, Limit{})
		require.ErrorAs(t, err, &malformed)
	}
	_, err = BreakEven(ctx, func(int64) *Problem { return bad }, 0, 1, Limit{})
	require.ErrorAs(t, err, &malformed)
}
