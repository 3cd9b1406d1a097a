package sky_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

func clouds(p *sky.Plan) []string {
	var names []string
	for _, s := range p.Stages {
		names = append(names, s.Offering.Place.Cloud)
	}
	return names
}

func TestPlanOfInsetB(t *testing.T) {
	t.Parallel()
	p, err := snapshot(t).Plan(t.Context(), reviews())
	require.NoError(t, err)
	require.Equal(t, []string{"azure", "gcp", "aws"}, clouds(p))
	require.Equal(t, "$40.43918", p.Cost.String())
	require.Equal(t, "$0.1007", p.Egress.String())
	require.InDelta(t, 5.740244, p.Time.Hours(), 1e-6)
	require.True(t, p.Proof.Optimal)
	require.InDelta(t, float64(p.Cost)/1000, float64(p.Proof.Value), 2, "the solver's micro-dollars and the plan's nano-dollars agree")
	share, cloud, ok := p.Saving()
	require.True(t, ok)
	require.Equal(t, "azure", cloud)
	require.InDelta(t, 0.6148, share, 1e-4)

	for _, s := range p.Singles {
		if s.Cloud == "azure" {
			require.Equal(t, "$104.97024", s.Cost.String())
			require.InDelta(t, 10.79, s.Time.Hours(), 1e-9)
		} else {
			require.Contains(t, s.Reason, `stage "proc" fails need confidential sgx`)
		}
	}
	require.Len(t, p.Routes, 3)
	require.Equal(t, sky.InPlace, p.Routes[0].Kind)
	require.Equal(t, "host", p.Routes[1].Mover)
	require.Equal(t, p.Stages[0].Time+58*time.Second, p.Stages[1].Start)

	infer := p.Stages[2]
	require.Equal(t, "aws/us-east-1/vm/inf/on-demand", infer.Bids[0].Offering)
	require.Empty(t, infer.Bids[0].WhyNot)
	require.Equal(t, "gcp/us-central1/vm/t4/on-demand", infer.Bids[1].Offering)
	require.Equal(t, "adds $0.99602 to the plan", infer.Bids[1].WhyNot, "the runner-up plan costs $41.4352")
}

func TestPlanIsDeterministic(t *testing.T) {
	t.Parallel()
	first, err := snapshot(t).Plan(t.Context(), reviews())
	require.NoError(t, err)
	for range 5 {
		again, err := snapshot(t).Plan(t.Context(), reviews())
		require.NoError(t, err)
		require.Equal(t, asJSON(t, first), asJSON(t, again))
	}
}

func TestVariantsOfInsetB(t *testing.T) {
	t.Parallel()
	noTPU := market()
	noTPU.Offerings = append(noTPU.Offerings[:4:4], noTPU.Offerings[5:]...)
	p, err := snapshotOf(t, noTPU).Plan(t.Context(), reviews())
	require.NoError(t, err)
	require.Equal(t, "$92.50718", p.Cost.String())

	p, err = snapshot(t).Plan(t.Context(), reviews().Rules(sky.Clouds("aws", "azure")))
	require.NoError(t, err)
	require.Equal(t, []string{"azure", "azure", "aws"}, clouds(p))
	require.Equal(t, "$103.92411", p.Cost.Round(5))

	dear := market()
	for i := range dear.Links {
		dear.Links[i].Egress *= 100
	}
	p, err = snapshotOf(t, dear).Plan(t.Context(), reviews())
	require.NoError(t, err)
	require.Equal(t, "$50.0977", p.Cost.Round(4))
}

func TestImpossibleJobSaysWhyAndWhatWouldHelp(t *testing.T) {
	t.Parallel()
	job := sky.NewJob("big")
	job.Stage("huge").Script("true").Needs(sky.CPUs(500), sky.Memory(1*sky.GB)).Takes(time.Hour)
	_, err := snapshot(t).Plan(t.Context(), job)
	inf, ok := errors.AsType[*sky.InfeasibleError](err)
	require.True(t, ok, "%v", err)
	require.Len(t, inf.Stages, 1)
	require.Len(t, inf.Stages[0].Clouds, 3)
	for _, c := range inf.Stages[0].Clouds {
		require.Equal(t, "need 500 CPUs", c.Reason)
	}
	require.Contains(t, inf.Relax[0], "8 CPUs instead of 500 CPUs would do")

	_, err = snapshot(t).Plan(t.Context(), reviews().Rules(sky.In("DE")))
	inf, ok = errors.AsType[*sky.InfeasibleError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "rule in DE", inf.Stages[0].Clouds[0].Reason)
	require.Contains(t, err.Error(), `without "rule in DE"`)
}

func TestDeadlineAndBudgetThatCannotBeMet(t *testing.T) {
	t.Parallel()
	_, err := snapshot(t).Plan(t.Context(), reviews().Deadline(time.Hour))
	inf, ok := errors.AsType[*sky.InfeasibleError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{"deadline 1h0m0s"}, inf.Conflict)
	require.Equal(t, []string{"a deadline of 5h44m24.88s"}, inf.Relax)

	_, err = snapshot(t).Plan(t.Context(), reviews().Budget(20*sky.Dollar))
	inf, ok = errors.AsType[*sky.InfeasibleError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{"a budget of $40.43918"}, inf.Relax)
}

func TestMinimisingTimeAndRulesOverSeveralStages(t *testing.T) {
	t.Parallel()
	job := func() (*sky.Job, *sky.Stage, *sky.Stage) {
		j := sky.NewJob("two")
		return j, j.Stage("a").Script("true").Takes(time.Hour), j.Stage("b").Script("true").Takes(time.Hour)
	}
	j, a, b := job()
	p, err := snapshot(t).Plan(t.Context(), j.Apart(sky.Cloud, a, b))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"aws", "azure"}, clouds(p))

	j, a, b = job()
	p, err = snapshot(t).Plan(t.Context(), j.Spread(sky.Zone, 2, a, b))
	require.NoError(t, err)
	require.Equal(t, []string{"aws", "aws"}, clouds(p))
	require.NotEqual(t, p.Stages[0].Offering.Place.Zone, p.Stages[1].Offering.Place.Zone)

	j, a, b = job()
	a.Needs(sky.Confidential("sgx"))
	p, err = snapshot(t).Plan(t.Context(), j.Together(sky.Region, a, b))
	require.NoError(t, err)
	require.Equal(t, []string{"azure", "azure"}, clouds(p))
}

func TestDataGravity(t *testing.T) {
	t.Parallel()
	job := func(size sky.Bytes) *sky.Job {
		j := sky.NewJob("gravity")
		raw := j.Dataset("raw", "gs://data/", size).At("gcp/us-central1")
		j.Stage("work").Script("true").Reads(raw).Takes(10 * time.Hour)
		return j
	}
	p, err := snapshot(t).Plan(t.Context(), job(1*sky.GB))
	require.NoError(t, err)
	require.Equal(t, []string{"aws"}, clouds(p), "small data moves to the cheap machine")
	p, err = snapshot(t).Plan(t.Context(), job(10*sky.TB))
	require.NoError(t, err)
	require.Equal(t, []string{"gcp"}, clouds(p), "the machine moves to large data")
}

func TestDatasetWithoutAPlaceIsAMistake(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("where")
	raw := j.Dataset("raw", "s3://bucket/x", 1*sky.GB)
	j.Stage("a").Script("true").Reads(raw)
	_, err := snapshot(t).Plan(t.Context(), j)
	require.Contains(t, mistakes(t, err)[0].What, "where is s3://bucket/x?")

	c, err := catalog.New(market())
	require.NoError(t, err)
	b, err := sky.New(sky.Config{Catalog: c, Buckets: map[string]string{"s3://": "aws/us-east-1", "s3://bucket/": "gcp/us-central1"}})
	require.NoError(t, err)
	p, err := b.Plan(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, "gcp/us-central1", p.Routes[0].From.String(), "the longest prefix counts")
}

func TestCopyIsSharedByTheZonesOfARegion(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("zones")
	raw := j.Dataset("raw", "gs://b/raw/", 100*sky.GB).At("gcp/us-central1")
	a := j.Stage("a").Script("x").Rules(sky.Clouds("aws")).Reads(raw).Takes(time.Hour)
	b := j.Stage("b").Script("x").Rules(sky.Clouds("aws")).Reads(raw).Takes(time.Hour)
	p, err := snapshot(t).Plan(t.Context(), j.Apart(sky.Zone, a, b))
	require.NoError(t, err)
	require.NotEqual(t, p.Stages[0].Offering.Place, p.Stages[1].Offering.Place)
	require.Equal(t, "$12.10", p.Cost.String(), "one copy for both zones, and two machines")
	require.Equal(t, int64(12_100_000), p.Proof.Value)
	require.True(t, p.Proof.Optimal)
}
