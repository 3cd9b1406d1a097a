package sky_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/sky"
)

// sparks is the test market with a Spark on each cloud: a checked one, an old one, and a fork that is the cheapest.
func sparks() catalog.Data {
	d := market()
	suite := func(state catalog.VerdictState, failed string) catalog.Verdict {
		return catalog.Verdict{State: state, Suite: "spark-tests", Version: "1.2", At: d.Source.AsOf, Failed: failed}
	}
	d.Services.List = []catalog.Service{{Name: "spark", Kind: catalog.Codebase}, {Name: "blob", Kind: catalog.Standard}, {Name: "acid-table", Kind: catalog.Standard}}
	for _, x := range []struct{ cloud, region, product, price string }{
		{"aws", "us-east-1", "EMR", "0.30"}, {"azure", "eastus", "HDInsight", "0.20"}, {"gcp", "us-central1", "Forkproc", "0.10"},
	} {
		d.Services.Products = append(d.Services.Products, catalog.Product{
			Cloud: x.cloud, Name: x.product, Offered: "lake", Recipe: catalog.Recipe{API: "jobs", Submit: "run"},
		})
		d.Offerings = append(d.Offerings, catalog.Offering{
			Service: "lake", Place: catalog.Place{Cloud: x.cloud, Region: x.region}, Price: price(x.price),
		})
		d.Services.Hostings = append(d.Services.Hostings, catalog.Hosting{Service: "blob", Cloud: x.cloud, Product: x.product})
	}
	d.Services.Hostings[0].Native = []string{"cross-region-replication"}
	d.Services.Bolts = []catalog.Bolt{{Service: "acid-table", Engine: "delta", Over: "blob"}}
	d.Services.Hostings = append(d.Services.Hostings,
		catalog.Hosting{Service: "spark", Cloud: "aws", Product: "EMR", Release: "6.3.0", Version: "3.1.1", Verdict: suite(catalog.Passed, "")},
		catalog.Hosting{Service: "spark", Cloud: "azure", Product: "HDInsight", Release: "3.6", Version: "2.3", Verdict: suite(catalog.Passed, "")},
		catalog.Hosting{Service: "spark", Cloud: "gcp", Product: "Forkproc", Release: "1", Version: "3.1.1", Verdict: suite(catalog.Failed, "window functions")},
	)
	return d
}

func etl(service string, needs ...sky.Need) *sky.Job {
	j := sky.NewJob("etl")
	j.Stage("load").Service(service).Script("load.py").Needs(needs...).Takes(time.Hour)
	return j
}

func machine() *sky.Job {
	j := sky.NewJob("machine")
	j.Stage("only").Command("true")
	return j
}

func TestServiceIsMatchedByVersion(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, sparks())
	for service, want := range map[string]string{
		"spark": "gcp", "spark@3.1.1": "gcp", "spark@^3": "gcp", "spark@2.3.x": "azure", "SPARK<3": "azure",
	} {
		plan, err := snap.Plan(t.Context(), etl(service))
		require.NoError(t, err)
		require.Equal(t, want, plan.Stages[0].Offering.Place.Cloud, service)
		require.Equal(t, "spark", plan.Stages[0].Hosting.Service)
	}
	_, err := snap.Plan(t.Context(), etl("spark@4"))
	require.ErrorContains(t, err, "azure: fails service spark@4 (version: HDInsight 3.6 has 2.3)")
	_, err = snap.Plan(t.Context(), etl("spark@what"))
	require.ErrorContains(t, err, `version "what"`)
}

func TestVerifiedKeepsForksOut(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, sparks())
	plan, err := snap.Plan(t.Context(), etl("spark@^3", sky.Verified()))
	require.NoError(t, err)
	require.Equal(t, "aws", plan.Stages[0].Offering.Place.Cloud, "the fork would be cheaper")
	require.Equal(t, "EMR 6.3.0", plan.Stages[0].Hosting.String())
	require.Contains(t, plan.String(), "spark 3.1.1 x1")
	require.Equal(t, map[string]int64{"spark@^3": 1}, plan.Uses())
	require.Equal(t, map[string]int64{"vm": 1}, (&sky.Plan{Job: machine(), Stages: []sky.PlannedStage{{Name: "only"}, {Name: "gone"}}}).Uses())
	bids, err := plan.Explain(t.Context(), "load")
	require.NoError(t, err)
	why := map[string]string{}
	for _, b := range bids {
		why[b.Place.Cloud] = b.WhyNot
	}
	require.Equal(t, map[string]string{
		"aws":   "",
		"azure": "fails service spark@^3 (version: HDInsight 3.6 has 2.3)",
		"gcp":   "fails need verified (verification: Forkproc 1 is failed spark-tests 1.2 at window functions on 2022-05-15)",
	}, why)

	_, err = snap.Plan(t.Context(), etl("acid-table", sky.Verified()))
	require.ErrorContains(t, err, "gcp: fails need verified (verification: Forkproc is unverified)")
}

func TestFeatureOfWhatIsUnderABoltIsNotHidden(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, sparks())
	plan, err := snap.Plan(t.Context(), etl("acid-table"))
	require.NoError(t, err)
	require.Equal(t, "gcp", plan.Stages[0].Offering.Place.Cloud)
	plan, err = snap.Plan(t.Context(), etl("acid-table", sky.Feature("cross-region-replication")))
	require.NoError(t, err)
	require.Equal(t, "aws", plan.Stages[0].Offering.Place.Cloud)
	require.Equal(t, "delta over blob", plan.Stages[0].Hosting.Bolt)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	var back sky.Plan
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, plan.Stages, back.Stages)
}

func TestProviderIsToldTheVersion(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(sparks())
	require.NoError(t, err)
	seen := make(chan string, 1)
	cfg := fake.Config{Program: func(p *fake.Process) int {
		seen <- p.Task().Recipe
		return 0
	}}
	inBubbleOf(t, c, cfg, "", func(t *testing.T, b *bench) {
		_, err := b.run(etl("spark@^3", sky.Verified()))
		require.NoError(t, err)
		require.Equal(t, "spark@3.1.1", <-seen)
	})
}

// canada is a market with a region on each coast and one abroad; the western one opened late.
func canada() catalog.Data {
	d := market()
	d.Offerings, d.Regions = nil, nil
	for _, x := range []struct {
		cloud, region, country string
		latitude, longitude    float64
	}{
		{"aws", "ca-central-1", "CA", 45.5, -73.57}, {"azure", "westus2", "US", 47.23, -119.85}, {"gcp", "ca-west", "CA", 51.05, -114.07},
	} {
		at := catalog.Place{Cloud: x.cloud, Region: x.region}
		d.Regions = append(d.Regions, catalog.Region{Place: at, Country: x.country, Latitude: x.latitude, Longitude: x.longitude})
		d.Offerings = append(d.Offerings, catalog.Offering{Service: "vm", Place: at, Type: catalog.InstanceType{Name: "small"}, Price: price("1")})
	}
	d.Regions[2].Since = time.Date(2023, 12, 20, 0, 0, 0, 0, time.UTC)
	return d
}

func TestNearNamesTheNearestLegalRegion(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(canada())
	require.NoError(t, err)
	then, err := c.OpenAt(time.Date(2022, 5, 15, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	game := func() *sky.Job {
		j := sky.NewJob("game")
		j.Stage("serve").Command("serve").Takes(time.Hour).Rules(sky.In("CA"), sky.Near(49.28, -123.12, 40*time.Millisecond))
		return j
	}
	plan, err := snapshotOf(t, canada()).Plan(t.Context(), game())
	require.NoError(t, err)
	require.Equal(t, "gcp/ca-west", plan.Stages[0].Offering.Place.String())

	_, err = snapshotOf(t, then.Data()).Plan(t.Context(), game())
	require.ErrorContains(t, err, "azure: fails rule in CA")
	require.ErrorContains(t, err, "aws: fails rule near 49.28, -123.12, 40ms (the nearest left is aws/ca-central-1, ")
	require.ErrorContains(t, err, "gcp: fails to offer anything")

	d := canada()
	d.Regions[0].Latitude, d.Regions[0].Longitude = 0, 0
	d.Regions = d.Regions[:2]
	d.Offerings = d.Offerings[:2]
	_, err = snapshotOf(t, d).Plan(t.Context(), game())
	require.ErrorContains(t, err, "how far it is, is not known")

	j := sky.NewJob("game")
	j.Stage("serve").Command("serve").Rules(sky.Near(91, 0, time.Second), sky.Near(0, 0, 0), sky.Rule{Kind: "near", Values: []string{"x", "0", "1s"}},
		sky.Rule{Kind: "near", Values: []string{"1"}}, sky.Rule{Kind: "near", Values: []string{"NaN", "0", "1s"}})
	require.ErrorContains(t, j.Validate(), "latitude of -90 to 90")
	require.ErrorContains(t, j.Validate(), "want a latitude, a longitude and a round trip")
}

func TestOperatorRefusalNamesTheLaw(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("records")
	j.Stage("store").Command("store").Takes(time.Hour).Rules(sky.Operator("CA"))
	_, err := snapshotOf(t, canada()).Plan(t.Context(), j)
	require.ErrorContains(t, err, "aws: fails rule operator CA (the law of US binds its operator)")
}
