package optimize_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
)

// small is a problem file of two stages and two regions.
const small = `{
  "name": "small", "kind": "deadline", "deadline_ms": 9000,
  "regions": [{"id": "x:east", "cloud": "x", "country": "A"}, {"id": "y:west", "cloud": "y", "country": "B"}],
  "egress_microusd_per_gb": [[0, 90], [-1, 0]],
  "transfer_ms_per_gb": [[0, 800], [700, 0]],
  "stages": [
    {"name": "clean", "options": [{"region": 1, "time_ms": 1, "cost_microusd": 1}, {"region": "x:east", "time_ms": 1000, "cost_microusd": 100}],
     "allowed_countries": ["A"]},
    {"name": "train", "options": [{"region": 0, "time_ms": 3000, "cost_microusd": 900, "quota_units": 4}, {"region": 1, "time_ms": 4000, "cost_microusd": 500}]}
  ],
  "edges": [{"from": "clean", "to": 1, "milli_gb": 2000}],
  "feasible": true, "optimum": 780, "unit": "microusd", "one_optimal_plan": [1, 1], "optimal_plan_count": 1,
  "best_5_plan_objectives": [780, 1000], "pareto_cost_time": [[780, 6600], [1000, 4000]], "verified_by": ["hand"]
}`

func TestReadInstance(t *testing.T) {
	t.Parallel()
	in, err := optimize.ReadInstance(strings.NewReader(small))
	require.NoError(t, err)
	require.Equal(t, "small", in.Name)
	require.Equal(t, 0, in.Stages[0].Options[1].Region, "a region by its id")
	require.Equal(t, &optimize.Answers{
		Feasible: true, Optimum: 780, Unit: "microusd", Plan: []int{1, 1}, Plans: 1,
		Best: []int64{780, 1000}, Pareto: [][]int64{{780, 6600}, {1000, 4000}}, VerifiedBy: []string{"hand"},
	}, in.Answers)

	p, err := in.Problem()
	require.NoError(t, err)
	require.Equal(t, int64(9000), p.Deadline)
	require.Len(t, p.Vars[0].Options, 1, "country B is not allowed")
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	require.NoError(t, err)
	require.Equal(t, in.Optimum, s.Value)
	require.Equal(t, in.Answers.Plan, in.Plan(s.Choice))
	require.Nil(t, in.Plan(nil))
	require.Nil(t, in.Plan([]int{1, 0}), "one option is not allowed")
}

func TestInstanceRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{small, `{"name":"","regions":[],"egress_microusd_per_gb":[],"transfer_ms_per_gb":[],"stages":[],"edges":[]}`} {
		in, err := optimize.ReadInstance(strings.NewReader(text))
		require.NoError(t, err)
		again := rewrite(t, in)
		require.Equal(t, in, again)
	}
}

func rewrite(t *testing.T, in *optimize.Instance) *optimize.Instance {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, in.Write(&b))
	again, err := optimize.ReadInstance(&b)
	require.NoError(t, err)
	return again
}

func TestReadInstanceFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, new string
		faults         []string
	}{
		{"region by an unknown name", `"region": "x:east"`, `"region": "x"`, []string{`stages[0].options[1].region: no region "x"`}},
		{"region out of range", `"region": "x:east"`, `"region": 7`, []string{`stages[0].options[1].region: 7 of 2 regions`}},
		{"region twice", `"y:west"`, `"x:east"`, []string{`stages[0].options[1].region: several regions are called "x:east": use the index`}},
		{"unknown stage", `"from": "clean"`, `"from": "claen"`, []string{`edges[0].from: no stage "claen"`}},
		{"not whole", `"time_ms": 3000`, `"time_ms": 3e3`, []string{`stages[1].options[0].time_ms: a whole number belongs here, not "3e3"`}},
		{"negative", `"time_ms": 3000`, `"time_ms": -1`, []string{`stages[1].options[0].time_ms: -1 is not in 0..9007199254740992`}},
		{"too large", `"milli_gb": 2000`, `"milli_gb": 9007199254741`, []string{`edges[0].milli_gb: 9007199254741 is not in 0..9007199254740`}},
		{"missing", `"time_ms": 3000, `, ``, []string{`stages[1].options[0].time_ms: missing`}},
		{"twice", `"time_ms": 3000`, `"time_ms": 3000, "time_ms": 1`, []string{`stages[1].options[0].time_ms: given twice`}},
		{"unknown key", `"deadline_ms"`, `"dead_line": {"a": [1]}, "deadline_ms"`, []string{`dead_line: unknown key`}},
		{"a list for an object", `{"from": "clean", "to": 1, "milli_gb": 2000}`, `[[1], {"a": 2}]`, []string{`edges[0]: an object belongs here, not [`}},
		{"a text for a list", `["A"]`, `"A"`, []string{`stages[0].allowed_countries: a list belongs here, not "A"`}},
		{"no country", `["A"]`, `[]`, []string{`stages[0].allowed_countries: empty: leave the key out to allow all`}},
		{"kind", `"deadline",`, `"dead",`, []string{`kind: no kind "dead": use cost, residency, quota, share, deadline, budget or makespan`}},
		{"no deadline", ` "deadline_ms": 9000,`, ``, []string{`deadline_ms: missing, kind is deadline`}},
		{"short row", `[-1, 0]`, `[-1]`, []string{`egress_microusd_per_gb[1]: 1 entries for 2 regions`}},
		{"no row", `, [700, 0]`, ``, []string{`transfer_ms_per_gb: 1 rows for 2 regions`}},
		{"cycle", `"milli_gb": 2000}`, `"milli_gb": 2000}, {"from": 1, "to": 0, "milli_gb": 0}`, []string{`edges: a cycle through some of 2 variables`}},
		{"sharing", `"milli_gb": 2000}`, `"milli_gb": 2000}, {"from": 0, "to": 1, "milli_gb": 0}], "egress_sharing": true, "quota": [`, []string{
			`edges[1].milli_gb: 0, but edges[0] carries 2000 of the same shared output`,
		}},
		{"quota", `"edges"`, `"quota": [{"region": 1, "max_units": 1}, {"region": "y:west", "max_units": 1}], "edges"`, []string{
			`quota[1].region: 1 has a quota already, quota[0]`,
		}},
		{"answers", `"feasible": true`, `"feasible": 1`, []string{`feasible: true or false belongs here, not "1"`}},
		{"null", `"name": "clean"`, `"name": null`, []string{`stages[0].name: a text belongs here, not <nil>`, `edges[0].from: no stage "clean"`}},
		{"two documents", `"verified_by": ["hand"]`, `"verified_by": []}{`, []string{`more text after the problem, at byte 903`}},
		{"form and sense at once", `"time_ms": 1, "cost_microusd": 1}, {"region": "x:east"`, `"time_ms": 1, "cost_microusd": "1"}, {"region": 9`, []string{
			`stages[0].options[0].cost_microusd: a whole number belongs here, not "1"`, `stages[0].options[1].region: 9 of 2 regions`,
		}},
		{"all at once", `"regions": [{"id": "x:east", "cloud": "x", "country": "A"}`, `"regions": [{"id": 1, "clout": "x", "country": "A"}`, []string{
			`regions[0].id: a text belongs here, not "1"`, `regions[0].clout: unknown key`, `regions[0].cloud: missing`,
			`stages[0].options[1].region: no region "x:east"`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(small, c.old, c.new, 1)
			require.NotEqual(t, small, text)
			_, err := optimize.ReadInstance(strings.NewReader(text))
			var bad *optimize.FileError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.faults, bad.Faults)
		})
	}
}

func TestReadInstanceCutShort(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 40, 300, len(small) - 1} {
		_, err := optimize.ReadInstance(strings.NewReader(small[:n]))
		require.ErrorContains(t, err, "not JSON near byte", n)
	}
	broken := errors.New("the disk is gone")
	_, err := optimize.ReadInstance(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestReadInstanceCaps(t *testing.T) {
	t.Parallel()
	_, err := optimize.ReadInstance(&padded{head: `{"name": "`})
	require.ErrorContains(t, err, "name: the file is longer than 67108864 bytes")
	_, err = optimize.ReadInstance(strings.NewReader(`{"regions": [` + strings.Repeat(`{},`, 1000)))
	var bad *optimize.FileError
	require.ErrorAs(t, err, &bad)
	require.Len(t, bad.Faults, 101)
	row := strings.Repeat("0,", 1000) + "0"
	_, err = optimize.ReadInstance(strings.NewReader(`{"egress_microusd_per_gb": [[` + row + `]]}`))
	require.ErrorContains(t, err, "egress_microusd_per_gb[0]: more than 1000 items")
}

// padded is a file that never ends.
type padded struct{ head string }

func (p *padded) Read(b []byte) (int, error) {
	n := copy(b, p.head)
	p.head = p.head[n:]
	for i := n; i < len(b); i++ {
		b[i] = 'a'
	}
	return len(b), nil
}

func TestInstanceMadeByHand(t *testing.T) {
	t.Parallel()
	in := optimize.Instance{
		Stages: []optimize.InstanceStage{{Options: []optimize.InstanceOption{{Region: -1}}}},
		Edges:  []optimize.InstanceEdge{{From: 0, To: 5, MilliGB: -1}},
		Quota:  []optimize.InstanceQuota{{Region: 3}},
	}
	_, err := in.Problem()
	var bad *optimize.FileError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, []string{
		"stages[0].options[0].region: -1 of 0 regions", "edges[0].to: 5 of 1 stages",
		"edges[0].milli_gb: -1 is not in 0..9007199254740", "quota[0].region: 3 of 0 regions",
	}, bad.Faults)
}

func FuzzReadInstance(f *testing.F) {
	f.Add(small)
	f.Add(`{"name":"","regions":[],"egress_microusd_per_gb":[],"transfer_ms_per_gb":[],"stages":[],"edges":[]}`)
	f.Add(`{"stages":[{"options":[{"region":"a"}]}]`)
	f.Add(`{"name":"","regions":null,"egress_microusd_per_gb":null,"transfer_ms_per_gb":null,"stages":[{"name":"a","options":null}],"edges":null,
		"pareto_cost_time":[],"verified_by":[],"best_5_plan_objectives":[],"quota":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := optimize.ReadInstance(strings.NewReader(text))
		if err != nil {
			require.Nil(t, in)
			return
		}
		require.Equal(t, in, rewrite(t, in))
	})
}

func ExampleReadInstance() {
	in, err := optimize.ReadInstance(strings.NewReader(small))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := in.Problem()
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(in.Name, s.Value, in.Plan(s.Choice))
	_, err = optimize.ReadInstance(strings.NewReader(strings.Replace(small, `"x:east", "time_ms"`, `"x", "time_ms"`, 1)))
	fmt.Println(err)
	// Output:
	// small 780 [1 1]
	// optimize: problem file: stages[0].options[1].region: no region "x"
}
