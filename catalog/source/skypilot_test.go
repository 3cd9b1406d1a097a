package source_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

// Each known defect of such catalogs is refused with its row and reason: a price of 0, the sentinel 700, rows given
// twice, spot at the on-demand price, 12 accelerators where the machine has 8.
func TestSkyPilotSamples(t *testing.T) {
	t.Parallel()
	types := base(t).Types()
	for cloud, want := range map[string]struct{ prices, complaints []string }{
		"aws": {
			[]string{
				"aws/us-east-1/vm/m7i-flex.2xlarge/on-demand $0.39",
				"aws/us-east-1/vm/m7i-flex.2xlarge/spot $0.204",
				"aws/us-east-1/vm/p5en.48xlarge/on-demand $63.296",
				"aws/us-east-1/vm/p5en.48xlarge/spot $18.2492",
				"aws/us-east-2/vm/p5e.48xlarge/spot $18.7359",
			},
			[]string{
				"6 p5.48xlarge in aws/us-east-1/use1-az1: on-demand price: the price is 0, which stands for an unknown one",
				"7 m7i-flex.2xlarge in aws/us-east-1/use1-az1: given twice: first on line 2",
				"8 m7i-flex.2xlarge in aws/us-east-1/use1-az3: on-demand price $0.39, but $0.38304 on line 2 (kept)",
			},
		},
		"gcp": {
			[]string{
				"gcp/europe-west1/vm/e2-standard-32/on-demand $1.17945",
				"gcp/europe-west1/vm/e2-standard-32/spot $0.47168",
				"gcp/us-central1/vm/a2-highgpu-1g/on-demand $3.67339",
				"gcp/us-central1/vm/a2-highgpu-1g/spot $1.83671",
				"gcp/us-central1/vm/e2-standard-2/on-demand $0.06701",
				"gcp/us-central1/vm/e2-standard-2/spot $0.0294",
				"gcp/us-east5/vm/v6e-8/on-demand $21.60",
				"gcp/us-east5/vm/v6e-8/spot $9.72",
			},
			[]string{
				"8 v6e-8 in gcp/asia-east1/asia-east1-c: the on-demand price of $700 stands for an unknown one",
				"8 v6e-8 in gcp/asia-east1/asia-east1-c: the spot price of $700 stands for an unknown one",
				"9 tpu-v6e-8 in gcp/us-east5/us-east5-a: given twice: first on line 7",
				"6 g2-standard-4: is the price of the machine without its accelerators",
				"6 g2-standard-4: is the price of the machine without its accelerators",
			},
		},
		"azure": {
			[]string{
				"azure/eastus/vm/Standard_B1ls/on-demand $0.0052",
				"azure/eastus/vm/Standard_E48as_v5/on-demand $2.712",
				"azure/eastus/vm/Standard_E48as_v5/spot $0.29832",
				"azure/eastus/vm/Standard_NC24ads_A100_v4/on-demand $3.673",
				"azure/eastus/vm/Standard_NC24ads_A100_v4/spot $0.444433",
				"azure/eastus/vm/Standard_NC40ads_H100_v5/on-demand $6.98",
			},
			[]string{
				"5 Standard_NC40ads_H100_v5 in azure/eastus: the spot price is the on-demand price, $6.98: no spot price is known",
				"6 Standard_ND96isr_H100_v5 in azure/eastus: has 12 accelerators, and Standard_ND96isr_H100_v5 is known to have 8",
				"7 Standard_ND96isr_H100_v5 in azure/westus: on-demand price: the price is 0, which stands for an unknown one",
			},
		},
		"lambda": {
			[]string{
				"lambda/europe-central-1/vm/gpu_1x_a6000/on-demand $1.09",
				"lambda/us-east-1/vm/cpu_4x_general/on-demand $0.20",
				"lambda/us-east-1/vm/gpu_8x_v100/on-demand $6.32",
				"lambda/us-west-1/vm/gpu_4x_a6000/on-demand $4.36",
			},
			[]string{
				`6 gpu_9x_a6000 in lambda/europe-central-1: accelerator count "9.5": want a whole number from 1 on`,
				"7 gpu_1x_h100 in lambda/us-east-1: has no price",
			},
		},
	} {
		d := read(t, "skypilot_"+cloud+".csv", source.SkyPilot{Cloud: cloud, AsOf: day, Types: types}.Read)
		require.Equal(t, want.prices, d.prices(), cloud)
		require.Equal(t, want.complaints, d.complaints(), cloud)
	}
}

func TestSkyPilotDescribesMachines(t *testing.T) {
	t.Parallel()
	d := read(t, "skypilot_lambda.csv", source.SkyPilot{Cloud: "lambda", AsOf: day}.Read)
	machines := map[string]catalog.InstanceType{}
	for _, r := range d.rows {
		if r.Type != nil {
			machines[r.Type.Name] = *r.Type
		}
	}
	require.Equal(t, catalog.InstanceType{
		Cloud: "lambda", Name: "gpu_8x_v100", CPUs: 92, Memory: 448 * unit.GiB,
		Accelerator: catalog.Accelerator{Kind: "v100", Count: 8}, Source: catalog.Source{Name: "skypilot_lambda.csv", AsOf: day},
	}, machines["gpu_8x_v100"])
}

// A count that no machine has is found without knowing the machine.
func TestSkyPilotUnknownMachine(t *testing.T) {
	t.Parallel()
	d := read(t, "skypilot_azure.csv", source.SkyPilot{Cloud: "azure", AsOf: day}.Read)
	require.Contains(t, d.complaints(),
		"6 Standard_ND96isr_H100_v5 in azure/eastus: has 12 accelerators, which no machine is sold with")
}

func TestSkyPilotZones(t *testing.T) {
	t.Parallel()
	zones := map[string]string{"use1-az1": "us-east-1a", "use1-az2": "us-east-1b", "use2-az3": "us-east-2c"}
	d := read(t, "skypilot_aws.csv", source.SkyPilot{Cloud: "aws", AsOf: day, Zones: zones}.Read)
	require.Equal(t, []string{
		"aws/us-east-1/us-east-1a/vm/m7i-flex.2xlarge/spot $0.204",
		"aws/us-east-1/us-east-1b/vm/m7i-flex.2xlarge/spot $0.1999",
		"aws/us-east-1/us-east-1b/vm/p5en.48xlarge/spot $18.2492",
		"aws/us-east-1/vm/m7i-flex.2xlarge/on-demand $0.39",
		"aws/us-east-1/vm/p5en.48xlarge/on-demand $63.296",
		"aws/us-east-2/us-east-2c/vm/p5e.48xlarge/spot $18.7359",
	}, d.prices())
	delete(zones, "use2-az3")
	d = read(t, "skypilot_aws.csv", source.SkyPilot{Cloud: "aws", AsOf: day, Zones: zones}.Read)
	require.Contains(t, d.complaints(), `5 p5e.48xlarge in aws/us-east-2/use2-az3: zone "use2-az3" is not among the zones given`)
}

func TestSkyPilotFilesThatAreNone(t *testing.T) {
	t.Parallel()
	list := sample(t, "skypilot_aws.csv")
	good := source.SkyPilot{Cloud: "aws", AsOf: day}
	require.ErrorContains(t, text(source.SkyPilot{Cloud: "aws"}.Read, list).err, "SkyPilot.AsOf")
	require.ErrorContains(t, text(source.SkyPilot{AsOf: day}.Read, list).err, "SkyPilot.Cloud")
	require.ErrorContains(t, text(good.Read, "").err, "no line of column names")
	require.ErrorContains(t, text(good.Read, strings.Replace(list, "SpotPrice", "Bid", 1)).err, "no column SpotPrice")
	require.ErrorContains(t, text(good.Read, list+"\"x").err, "quote")
}
