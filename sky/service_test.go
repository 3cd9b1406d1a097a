package sky_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/sky"
)

// served is the test market with a query service that is priced by what it reads.
func served() catalog.Data {
	d := market()
	for cloud, dollars := range map[string]string{"aws": "5", "gcp": "6.25"} {
		region := map[string]string{"aws": "us-east-1", "gcp": "us-central1"}[cloud]
		d.Offerings = append(d.Offerings, catalog.Offering{
			Service: "sql:2008", Place: catalog.Place{Cloud: cloud, Region: region}, Market: catalog.OnDemand, Price: price(dollars), Unit: catalog.PerTB,
		})
	}
	return d
}

func TestServiceOfTheCatalogRunsAScriptAndIsPaidByWhatItReads(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(served())
	require.NoError(t, err)
	seen := make(chan string, 1)
	cfg := fake.Config{Program: func(p *fake.Process) int {
		seen <- p.Task().Recipe + ": " + p.Task().Script
		p.Sleep(time.Minute)
		return 0
	}}
	inBubbleOf(t, c, cfg, "", func(t *testing.T, b *bench) {
		b.put("gs://tables/raw/a", "x")
		j := sky.NewJob("query")
		raw := j.Dataset("raw", "gs://tables/raw/", 2*sky.TB).At("gcp/us-central1")
		j.Stage("count").Service("sql:2008").Script("select count(*) from raw").Reads(raw).Takes(time.Minute)
		report, err := b.run(j)
		require.NoError(t, err)
		require.Equal(t, "$12.50", report.Plan.Cost.String(), "moving 2 TB to the cheaper one would cost more")
		require.Equal(t, report.Plan.Cost, report.Actual)
		require.Equal(t, "sql:2008: select count(*) from raw", <-seen)
		require.Equal(t, "sql:2008, on-demand", report.Stages[0].Attempts[0].Offering)
	})
}

func TestServiceThatNobodyOffers(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("query")
	j.Stage("count").Service("sql:2050").Script("select 1")
	_, err := snapshotOf(t, served()).Plan(t.Context(), j)
	require.ErrorContains(t, err, "aws: fails service sql:2050")
}
