//go:build integration

package oracle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
	"github.com/openintercloud/broker/optimize/internal/instances"
)

const patience = 20 * time.Second

func dataFolder(t *testing.T) string {
	data, err := instances.DataFolder()
	require.NoError(t, err)
	return data
}

// solversHere gives the solvers. One that is missing fails the test where CI is set; elsewhere the others will do.
func solversHere(t *testing.T) []Solver {
	here, missing := Solvers(context.Background())
	if os.Getenv("CI") != "" || len(here) == 0 {
		require.NoError(t, missing)
	}
	if missing != nil {
		t.Log(missing)
	}
	return here
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 4)) }

// graph draws a shape of modest size.
func graph(r *rand.Rand, i int) instances.Graph {
	switch i % 6 {
	case 0:
		return instances.Chain(8 + r.IntN(8))
	case 1:
		return instances.Tree(r, 8+r.IntN(8))
	case 2:
		return instances.Random(r, 8+r.IntN(6), 2)
	case 3:
		return instances.Layered(r, 3, 3+r.IntN(2), 2)
	case 4:
		return instances.Fan(8 + r.IntN(5))
	default:
		return instances.Joined(3, 3)
	}
}

// forms are the rules the other solvers can be told.
func forms() map[string]func(t *testing.T, r *rand.Rand, p *optimize.Problem) {
	return map[string]func(t *testing.T, r *rand.Rand, p *optimize.Problem){
		"cost": func(*testing.T, *rand.Rand, *optimize.Problem) {},
		"time": func(_ *testing.T, _ *rand.Rand, p *optimize.Problem) { p.Objective.Aim = optimize.Time },
		"deadline": func(t *testing.T, r *rand.Rand, p *optimize.Problem) {
			fast, cheap := extremes(t, p)
			p.Deadline = fast.Time + int64(float64(cheap.Time-fast.Time)*(0.05+0.9*r.Float64()))
		},
		"budget": func(t *testing.T, r *rand.Rand, p *optimize.Problem) {
			fast, cheap := extremes(t, p)
			p.Budget = cheap.Money + int64(float64(fast.Money-cheap.Money)*(0.05+0.9*r.Float64()))
			p.Objective.Aim = optimize.Time
		},
		"shared": func(_ *testing.T, _ *rand.Rand, p *optimize.Problem) {
			size := map[int]int64{}
			for i := range p.Edges {
				e := &p.Edges[i]
				if size[e.From] == 0 {
					size[e.From] = 5*e.KB + 1
				}
				e.KB, e.Artifact = size[e.From], 1
			}
		},
		"quota": func(_ *testing.T, r *rand.Rand, p *optimize.Problem) {
			for class := range 2 {
				most := 2 + r.Int64N(6)
				p.Limits = append(p.Limits, optimize.Quota(p, "", most, func(v int, o optimize.Option) int64 {
					if o.Class != class {
						return 0
					}
					return 1 + int64(v)%3
				}))
			}
		},
	}
}

func extremes(t *testing.T, p *optimize.Problem) (fast, cheap *optimize.Solution) {
	q := *p
	cheap, err := optimize.Solve(context.Background(), &q, optimize.Limit{})
	require.NoError(t, err)
	q.Objective.Aim = optimize.Time
	fast, err = optimize.Solve(context.Background(), &q, optimize.Limit{})
	require.NoError(t, err)
	return fast, cheap
}

// TestSolversAgree compares the optimum of hundreds of problems with three solvers of others.
func TestSolversAgree(t *testing.T) {
	solvers := solversHere(t)
	for name, form := range forms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var proved atomic.Int32
			const runs = 60
			for i := range runs {
				r := seeded(uint64(i))
				p := instances.Market(r, graph(r, i), 5, 12)
				form(t, r, p)
				proved.Add(int32(compare(t, p, solvers, fmt.Sprint(name, " ", i))))
			}
			t.Logf("%d problems, %d proofs by others", runs, proved.Load())
			require.Greater(t, int(proved.Load()), runs, "too few proofs to mean anything")
		})
	}
}

// compare solves a problem by us and by all others, and counts what they proved.
func compare(t *testing.T, p *optimize.Problem, solvers []Solver, what string) int {
	ours, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	var infeasible *optimize.InfeasibleError
	if !errors.As(err, &infeasible) {
		require.NoError(t, err, what)
		require.Equal(t, optimize.Optimal, ours.Status, what)
		require.NoError(t, optimize.Verify(p, ours), what)
	}
	m, err := NewModel(p)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, m.Save(dir))
	proved := 0
	for _, s := range solvers {
		theirs, err := s.Solve(context.Background(), m, dir, patience)
		require.NoError(t, err, what)
		if theirs.Crashed {
			t.Logf("%s: %s crashed", what, s.Name)
		}
		switch theirs.Status {
		case optimize.Infeasible:
			require.NotNil(t, infeasible, "%s: %s finds no plan", what, s.Name)
			proved++
		case optimize.Optimal:
			proved++
			fallthrough
		case optimize.Feasible:
			require.Nil(t, infeasible, "%s: %s finds a plan", what, s.Name)
			sameValue(t, p, ours, theirs, what+" "+s.Name)
		}
	}
	return proved
}

// sameValue holds their value against ours. They compute in floating point with tolerances, so what counts is their plan,
// added up exactly: it must not beat ours, and when they call it the best, ours must not beat what they claim by
// more than their tolerance.
func sameValue(t *testing.T, p *optimize.Problem, ours *optimize.Solution, theirs Answer, what string) {
	money, makespan, ok := Totals(p, theirs.Plan)
	require.True(t, ok, what)
	value := money
	if p.Objective.Aim == optimize.Time {
		value = makespan
	}
	kept := (p.Deadline == 0 || makespan <= p.Deadline) && (p.Budget == 0 || money <= p.Budget)
	if kept {
		require.LessOrEqual(t, ours.Value, value, "%s: a better plan than ours: %v", what, theirs.Plan)
	}
	if theirs.Status == optimize.Optimal {
		slack := max(0.5, 1e-6*math.Abs(theirs.Value))
		require.GreaterOrEqual(t, float64(ours.Value), theirs.Value-slack, "%s: ours is too good to be true", what)
		if kept {
			require.LessOrEqual(t, float64(value), float64(ours.Value)+slack, "%s: we claim better than their proof", what)
		}
	}
}

// TestSolversAgreeOnPlacement compares on the placement problems of the data folder.
func TestSolversAgreeOnPlacement(t *testing.T) {
	solvers := solversHere(t)
	paths, err := filepath.Glob(filepath.Join(dataFolder(t), "placement", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			in, err := optimize.ReadInstance(f)
			require.NoError(t, err)
			p, err := in.Problem()
			require.NoError(t, err)
			n := compare(t, p, solvers, in.Name)
			require.True(t, n > 0 || len(p.Vars) > 50, "none of the others proved anything")
		})
	}
}

// TestWorkflowsArePlannedWithProof plans every real run of the data folder on the real price table, task by task.
func TestWorkflowsArePlannedWithProof(t *testing.T) {
	data := dataFolder(t)
	grid, err := instances.ReadGrid(data)
	require.NoError(t, err)
	catalog := instances.NewCatalog(grid, seeded(1))
	require.Equal(t, 47_528, catalog.Size())
	all, err := instances.ReadWorkflows(data)
	require.NoError(t, err)
	require.Len(t, all, 11)
	for _, w := range all {
		for _, alike := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/alike=%v", w.Name, alike), func(t *testing.T) {
				t.Parallel()
				p := catalog.Place(seeded(7), w, instances.PlaceSpec{Alike: alike})
				s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
				require.NoError(t, err)
				require.NoError(t, optimize.Verify(p, s))
				require.Equal(t, optimize.Optimal, s.Status, "gap %.4f", s.Gap())
			})
		}
	}
}
