package sky_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

func planOf(t *testing.T, j *sky.Job) *sky.Plan {
	t.Helper()
	p, err := snapshot(t).Plan(t.Context(), j)
	require.NoError(t, err)
	return p
}

// twoSpeeds has a slow cheap way and a fast dear one for each of two stages.
func twoSpeeds() *sky.Job {
	j := sky.NewJob("speeds")
	for _, name := range []string{"first", "second"} {
		j.Stage(name).Script("x").Either(sky.On("tpu-v3:8").Takes(time.Hour), sky.On("inferentia:1").Takes(20*time.Hour))
	}
	return j
}

func TestParetoIsTheFront(t *testing.T) {
	t.Parallel()
	front, err := planOf(t, twoSpeeds().Deadline(30*time.Hour)).Pareto(t.Context())
	require.NoError(t, err)
	require.Len(t, front, 2, "of two stages at once the slower counts: one alone made faster is no trade-off")
	require.Equal(t, 20*time.Hour, front[0].Time)
	require.Equal(t, time.Hour, front[1].Time)

	j := sky.NewJob("chain")
	first := j.Stage("first").Script("x").Either(sky.On("tpu-v3:8").Takes(time.Hour), sky.On("inferentia:1").Takes(20*time.Hour))
	j.Stage("second").Script("x").After(first).Either(sky.On("tpu-v3:8").Takes(time.Hour), sky.On("inferentia:1").Takes(30*time.Hour))
	front, err = planOf(t, j).Pareto(t.Context())
	require.NoError(t, err)
	require.Greater(t, len(front), 1)
	for i, p := range front {
		require.Len(t, p.Stages, 2)
		if i > 0 {
			require.Greater(t, p.Cost, front[i-1].Cost)
			require.Less(t, p.Time, front[i-1].Time)
			require.False(t, p.Proof.Optimal)
			require.Positive(t, p.Proof.Gap)
		}
	}
	again, err := front[1].Pareto(t.Context())
	require.NoError(t, err)
	require.Equal(t, asJSON(t, front[0]), asJSON(t, again[0]), "a plan of the front can be asked the same")
}

func TestFrontOfInsetBIsOnePlan(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	front, err := p.Pareto(t.Context())
	require.NoError(t, err)
	require.Len(t, front, 1, "the cheapest plan is the fastest as well")
	require.Equal(t, p.Cost, front[0].Cost)
	require.True(t, front[0].Proof.Optimal)
	require.Empty(t, p.Diff(front[0]))
}

func TestAlternativesOfInsetB(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	all, err := p.Alternatives(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, "$41.4352", all[0].Cost.String(), "the runner-up")
	require.Equal(t, []string{"azure", "gcp", "gcp"}, clouds(all[0]))
	require.Len(t, all, 8, "3 regions for train × 3 for infer, less the plan itself")
	seen := map[string]bool{fmt.Sprint(clouds(p)): true}
	for i, a := range all {
		key := fmt.Sprint(clouds(a))
		require.False(t, seen[key], key)
		seen[key] = true
		require.True(t, i == 0 || a.Cost >= all[i-1].Cost)
	}
	two, err := p.Alternatives(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, all[:2]), asJSON(t, two))
	none, err := p.Alternatives(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, none)
	back, err := two[0].Alternatives(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, p.Cost, back[0].Cost, "the best other plan of the runner-up is the best plan")
}

func TestExplainInsetB(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	bids, err := p.Explain(t.Context(), "infer")
	require.NoError(t, err)
	require.Len(t, bids, 3)
	require.Equal(t, "aws/us-east-1/vm/inf/on-demand", bids[0].Offering)
	require.Empty(t, bids[0].WhyNot)
	require.Equal(t, "adds $0.99602 to the plan", bids[1].WhyNot)
	require.Equal(t, "$0.99602", bids[1].Drop.String())

	bids, err = p.Explain(t.Context(), "proc")
	require.NoError(t, err)
	require.Equal(t, "aws", bids[1].Place.Cloud)
	require.Equal(t, "fails need confidential sgx", bids[1].WhyNot)

	_, err = p.Explain(t.Context(), "nowhere")
	require.ErrorContains(t, err, `no such stage`)
}

// TestExplainNamesTheBrokenRule: under a deadline of six hours no plan can use a V100.
func TestExplainNamesTheBrokenRule(t *testing.T) {
	t.Parallel()
	bids, err := planOf(t, reviews().Deadline(6*time.Hour)).Explain(t.Context(), "train")
	require.NoError(t, err)
	require.Len(t, bids, 3)
	for _, b := range bids[1:] {
		require.Equal(t, "breaks deadline 6h0m0s", b.WhyNot)
		require.Zero(t, b.Drop, "no price makes it faster")
	}
}

// TestADropDrawsLevel: at a price that is lower by the drop, and a little, the loser wins; by a little less, it does not.
func TestADropDrawsLevel(t *testing.T) {
	t.Parallel()
	bids, err := planOf(t, reviews()).Explain(t.Context(), "infer")
	require.NoError(t, err)
	drop := float64(bids[1].Drop) / float64(sky.Dollar) / 1.79 // per hour of the stage
	for _, c := range []struct {
		share float64
		cloud string
	}{{1.001, "gcp"}, {0.999, "aws"}} {
		d := market()
		for i, o := range d.Offerings {
			if o.Place.Cloud == "gcp" && o.Type.Name == "t4" {
				d.Offerings[i].Price = price(fmt.Sprintf("%.6f", 0.73-drop*c.share))
			}
		}
		p, err := snapshotOf(t, d).Plan(t.Context(), reviews())
		require.NoError(t, err)
		require.Equal(t, c.cloud, clouds(p)[2])
	}
}

func TestEgressBreakEvenOfInsetB(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	flip, err := p.EgressBreakEven(t.Context())
	require.NoError(t, err)
	require.True(t, flip.Found)
	require.InDelta(t, 1.00922/0.0132, flip.Factor, 0.01, "where what Inferentia saves pays for moving the model to it")
	require.Equal(t, []string{"azure", "gcp", "gcp"}, clouds(flip.After))

	hundredfold := market()
	for i := range hundredfold.Links {
		hundredfold.Links[i].Egress *= 100
	}
	dear, err := snapshotOf(t, hundredfold).Plan(t.Context(), reviews())
	require.NoError(t, err)
	require.Equal(t, "$50.0977", dear.Cost.Round(4))
	require.Equal(t, clouds(flip.After), clouds(dear))

	next, err := flip.After.EgressBreakEven(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 63.62254/0.0875, flip.Factor*next.Factor, 0.1, "then all goes to Azure")
	require.Equal(t, []string{"azure", "azure", "azure"}, clouds(next.After))
	last, err := next.After.EgressBreakEven(t.Context())
	require.NoError(t, err)
	require.False(t, last.Found, "nothing moves any more")
	require.NotEqual(t, p.Snapshot, flip.After.Snapshot, "a supposition is not what the clouds ask")
}

func TestSizeBreakEven(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	flip, err := p.SizeBreakEven(t.Context(), "train/model")
	require.NoError(t, err)
	require.True(t, flip.Found)
	require.InDelta(t, 1.00922/0.12, float64(flip.Size)/float64(sky.GB), 0.001)
	require.InDelta(t, float64(flip.Size)/float64(110*sky.MB), flip.Factor, 1e-9)
	require.Equal(t, []string{"azure", "gcp", "gcp"}, clouds(flip.After))

	flip, err = p.SizeBreakEven(t.Context(), "raw")
	require.NoError(t, err)
	require.False(t, flip.Found, "only Azure can read it, where it is")
	_, err = p.SizeBreakEven(t.Context(), "nothing")
	require.ErrorContains(t, err, "no such artifact")

	short, err := snapshot(t).Plan(t.Context(), reviews().Deadline(6*time.Hour).Rules(sky.Clouds("azure", "gcp", "aws")))
	require.NoError(t, err)
	flip, err = short.SizeBreakEven(t.Context(), "proc/clean")
	require.NoError(t, err)
	require.True(t, flip.Found)
	require.Nil(t, flip.After, "so much data takes too long to move, wherever to")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	require.Empty(t, p.Diff(p))
	other := planOf(t, reviews().Rules(sky.Clouds("aws", "azure")))
	text := p.Diff(other)
	require.Equal(t, `cost $40.44 -> $103.92 (+$63.48); time 5h44m -> 10h07m (+4h23m)
  train: gcp/us-central1 tpu, on-demand -> azure/eastus v100x4, on-demand, $39.24 -> $102.82 (+$63.58), 4h -> 8h24m (+4h24m)
  moving data: $0.10 -> $0.01 (-$0.09)
`, text)
	back := other.Diff(p)
	require.Contains(t, back, "time 10h07m -> 5h44m (-4h23m)")
	require.Contains(t, back, "(-$63.48)")

	one := planOf(t, twoSpeeds())
	require.Contains(t, p.Diff(one), "  proc: only before, on azure/eastus sgx, on-demand\n")
	require.Contains(t, p.Diff(one), "  first: only after, on ")
}

func TestAPlanFromJSONCannotBeAsked(t *testing.T) {
	t.Parallel()
	var p sky.Plan
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, planOf(t, reviews()))), &p))
	ctx := t.Context()
	for want, ask := range map[string]func(*sky.Plan) error{
		"trade-offs":   func(p *sky.Plan) error { _, err := p.Pareto(ctx); return err },
		"alternatives": func(p *sky.Plan) error { _, err := p.Alternatives(ctx, 3); return err },
		`stage "x"`:    func(p *sky.Plan) error { _, err := p.Explain(ctx, "x"); return err },
		"of egress":    func(p *sky.Plan) error { _, err := p.EgressBreakEven(ctx); return err },
		`of "raw"`:     func(p *sky.Plan) error { _, err := p.SizeBreakEven(ctx, "raw"); return err },
	} {
		var detached *sky.DetachedPlanError
		require.ErrorAs(t, ask(&p), &detached)
		require.Equal(t, "reviews", detached.Job)
		require.Contains(t, detached.Want, want)
		require.ErrorContains(t, detached, "plan it again")
		require.ErrorAs(t, ask(nil), &detached)
		require.ErrorAs(t, ask(&sky.Plan{}), &detached)
	}
	require.Empty(t, p.Diff(planOf(t, reviews())), "what a plan says can be compared all the same")
}

func TestChoicesAtOnce(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	var all sync.WaitGroup
	texts := make([]string, 4)
	for i := range texts {
		all.Go(func() {
			alternatives, err1 := p.Alternatives(t.Context(), 3)
			bids, err2 := p.Explain(t.Context(), "train")
			flip, err3 := p.SizeBreakEven(t.Context(), "train/model")
			text, err4 := json.Marshal([]any{alternatives, bids, flip})
			texts[i] = fmt.Sprint(string(text), err1, err2, err3, err4)
		})
	}
	all.Wait()
	for _, text := range texts {
		require.Equal(t, texts[0], text)
		require.True(t, strings.HasSuffix(text, "<nil> <nil> <nil> <nil>"))
	}
}

func TestChoicesEndWithTheContext(t *testing.T) {
	t.Parallel()
	p := planOf(t, reviews())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.EgressBreakEven(ctx)
	if err != nil { // a problem of this size may be answered all the same
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = p.Explain(ctx, "train")
	require.ErrorIs(t, err, context.Canceled)
}

// What else could have been planned, and when something else would be better.
func ExamplePlan_EgressBreakEven() {
	ctx := context.Background()
	c, err := catalog.New(market())
	if err != nil {
		fmt.Println(err)
		return
	}
	broker, err := sky.New(sky.Config{Catalog: c})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	plan, err := broker.Plan(ctx, reviews())
	if err != nil {
		fmt.Println(err)
		return
	}
	others, err := plan.Alternatives(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print("the runner-up: ", plan.Diff(others[0]))
	bids, err := plan.Explain(ctx, "infer")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s loses: %s\n", bids[1].Offering, bids[1].WhyNot)
	flip, err := plan.EgressBreakEven(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("with egress at %.1f times its price, infer moves to %s\n", flip.Factor, flip.After.Stages[2].Offering.Place)
	// Output:
	// the runner-up: cost $40.44 -> $41.44 (+$1.00); time 5h44m -> 6h24m (+39m57s)
	//   infer: aws/us-east-1 inf, on-demand -> gcp/us-central1 t4, on-demand, $0.30 -> $1.31 (+$1.01), 1h07m -> 1h47m (+40m48s)
	//   moving data: $0.10 -> $0.09 (-$0.01)
	// gcp/us-central1/vm/t4/on-demand loses: adds $0.99602 to the plan
	// with egress at 76.5 times its price, infer moves to gcp/us-central1
}
