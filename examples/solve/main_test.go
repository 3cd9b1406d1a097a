package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
)

func TestOwnFilesAgreeWithEveryPlanTried(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	lines := solve(t, append([]string{"-k", "5", "-pareto"}, paths...)...)
	require.Len(t, lines, len(paths))
	for i, path := range paths {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			in := read(t, path)
			all := tryAll(in)
			require.Equal(t, *in.Answers, all, "the file's own answers")
			agrees(t, in, lines[i])
		})
	}
}

// agrees compares a line with the answers of its file.
func agrees(t *testing.T, in *optimize.Instance, got answer) {
	t.Helper()
	require.Equal(t, in.Name, got.Name)
	require.Equal(t, in.Feasible, got.Feasible)
	require.Equal(t, in.Optimum, got.Value)
	require.Equal(t, in.Optimum, got.Bound)
	require.Equal(t, map[bool]string{true: "optimal", false: "infeasible"}[in.Feasible], got.Status)
	require.Empty(t, got.CutShort)
	require.Equal(t, in.Feasible, got.Plan != nil)
	if in.Best != nil {
		require.Equal(t, in.Best, got.Best)
	}
	if in.Plans == 1 {
		require.Equal(t, in.Answers.Plan, got.Plan)
	}
	if in.Pareto != nil {
		require.Len(t, got.Pareto, len(in.Pareto))
		for i, point := range in.Pareto {
			require.Equal(t, point, got.Pareto[i][:])
		}
	}
}

func solve(t *testing.T, args ...string) []answer {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	var lines []answer
	for line := range strings.Lines(out.String()) {
		var a answer
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		lines = append(lines, a)
	}
	return lines
}

func read(t *testing.T, path string) *optimize.Instance {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	in, err := optimize.ReadInstance(f)
	require.NoError(t, err)
	return in
}

// tryAll tries every plan of a small instance.
func tryAll(in *optimize.Instance) optimize.Answers {
	a := optimize.Answers{Unit: "microusd", VerifiedBy: []string{"exhaustive"}}
	if in.Kind == "budget" {
		a.Unit = "ms"
	}
	type found struct {
		value int64
		plan  []int
	}
	var plans []found
	var points [][]int64
	plan := make([]int, len(in.Stages))
	for next := true; next; next = step(in, plan) {
		if !allowed(in, plan) {
			continue
		}
		cost, time := price(in, plan), makespan(in, plan)
		points = append(points, []int64{cost, time})
		if in.Deadline > 0 && time > in.Deadline || in.Budget > 0 && cost > in.Budget {
			continue
		}
		f := found{cost, slices.Clone(plan)}
		if in.Kind == "budget" {
			f.value = time
		}
		plans = append(plans, f)
	}
	slices.SortStableFunc(plans, func(x, y found) int { return int(x.value - y.value) })
	for i, f := range plans {
		if i == 0 {
			a.Feasible, a.Optimum, a.Plan = true, f.value, f.plan
		}
		if f.value == a.Optimum {
			a.Plans++
		}
		if i < 5 {
			a.Best = append(a.Best, f.value)
		}
	}
	slices.SortFunc(points, slices.Compare[[]int64])
	for _, p := range points {
		if n := len(a.Pareto); n == 0 || p[1] < a.Pareto[n-1][1] {
			a.Pareto = append(a.Pareto, p)
		}
	}
	return a
}

// step goes to the next plan, the last stage first.
func step(in *optimize.Instance, plan []int) bool {
	for s := len(plan) - 1; s >= 0; s-- {
		if plan[s]++; plan[s] < len(in.Stages[s].Options) {
			return true
		}
		plan[s] = 0
	}
	return false
}

func at(in *optimize.Instance, plan []int, s int) optimize.InstanceOption {
	return in.Stages[s].Options[plan[s]]
}

func allowed(in *optimize.Instance, plan []int) bool {
	for s, stage := range in.Stages {
		if stage.Allowed != nil && !slices.Contains(stage.Allowed, in.Regions[at(in, plan, s).Region].Country) {
			return false
		}
	}
	for _, q := range in.Quota {
		left := q.Max
		for s := range plan {
			if o := at(in, plan, s); o.Region == q.Region {
				left -= o.Units
			}
		}
		if left < 0 {
			return false
		}
	}
	return true
}

func price(in *optimize.Instance, plan []int) int64 {
	var sum int64
	for s := range plan {
		sum += at(in, plan, s).Cost
	}
	paid := map[[2]int]bool{}
	for _, e := range in.Edges {
		from, to := at(in, plan, e.From).Region, at(in, plan, e.To).Region
		if key := [2]int{e.From, to}; !in.Sharing || !paid[key] {
			sum += (e.MilliGB*in.Egress[from][to] + 500) / 1000
			paid[key] = true
		}
	}
	return sum
}

// makespan needs edges that go from lower to higher stages.
func makespan(in *optimize.Instance, plan []int) int64 {
	ends := make([]int64, len(plan))
	var last int64
	for s := range plan {
		for _, e := range in.Edges {
			if e.To == s {
				wait := (e.MilliGB*in.Transfer[at(in, plan, e.From).Region][at(in, plan, s).Region] + 500) / 1000
				ends[s] = max(ends[s], ends[e.From]+wait)
			}
		}
		ends[s] += at(in, plan, s).Time
		last = max(last, ends[s])
	}
	return last
}

func TestRun(t *testing.T) {
	t.Parallel()
	lines := solve(t)
	require.Len(t, lines, 4, "without a file, its own")
	require.Nil(t, lines[0].Best)
	require.Nil(t, lines[0].Pareto)

	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"name": "bad", "stages": [{"name": 3}]}`), 0o600))
	var out bytes.Buffer
	err := run([]string{bad, "testdata/no-plan.json", "testdata/nowhere.json"}, &out)
	require.ErrorContains(t, err, bad+": optimize: problem file: stages[0].name: a text belongs here")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "a bad file does not stop the others")
	require.Contains(t, out.String(), `"name":"no-plan","status":"infeasible","feasible":false,"value":0`)
}
