package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
)

func TestMarket(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	c, err := catalog.Embedded()
	require.NoError(t, err)
	set := c.Compatibility(uses())
	shared, all := set.Frequency()
	for _, want := range []string{
		fmt.Sprintf("size       %d services", set.Size()),
		fmt.Sprintf("breadth    %.2f clouds", set.Breadth()),
		fmt.Sprintf("frequency  %d of %d uses", shared, all),
		"  spark           150 uses  aws azure gcp\n",
		"  acid-table       25 uses  aws azure",
		"  bigquery         40 uses  gcp\n",
		"Bids for stage \"sessions\"", "aws/us-east-1/spark/m5.xlarge/on-demand", "gcp/us-central1/spark/",
		"EMR emr-7.13.0 has spark 3.5.6+amzn.2 (unverified); it is started by elasticmapreduce.RunJobFlow with [{ReleaseLabel emr-7.13.0}",
		"Receipt: list prices\n", "Receipt: 60 TB have left aws this month\n",
		"Bids for stage \"train\"", "v3-8/on-demand", "ovh/GRA/vm/t1-180/on-demand",
	} {
		require.Contains(t, out.String(), want, out.String())
	}
	for _, want := range []string{
		`move sessions/sessions to gcp +\$4\.50 +\$4\.50 +\$0\.00 +\$4\.50\n`,
		`move sessions/sessions to gcp +\$3\.50 +\$3\.50 +\$0\.00 +\$3\.50\n`,
		`move sessions/sessions to gcp +\$4\.50 +\$3\.15 +\$0\.00 +\$3\.15  30% off\n`,
		`stage train +\$[0-9.]+ +\$[0-9.]+ +\$20\.00 +\$[0-9.]+  20% off\n`,
	} {
		require.Regexp(t, want, out.String())
	}
	require.Equal(t, int64(930), all)
	require.Equal(t, int64(875), shared)
	require.GreaterOrEqual(t, set.Size(), 20)
}
