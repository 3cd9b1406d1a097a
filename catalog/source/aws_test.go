package source_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

func awsPrices() []string {
	return []string{
		"aws/eu-west-1/vm/m5.large/on-demand $0.107",
		"aws/us-east-1/vm/g4dn.2xlarge/on-demand $0.752",
		"aws/us-east-1/vm/m5.large/on-demand $0.096",
		"aws/us-east-1/vm/m5.large/reserved/1yr-no-upfront $0.06",
		"aws/us-east-1/vm/m5.large/reserved/1yr-partial-upfront $0.028 after $245.00",
		"aws/us-east-1/vm/m5.large/reserved/3yr-all-upfront $0.00 after $930.00",
		"aws/us-east-1/vm/m6g.large/on-demand $0.077",
		"aws/us-east-1/vm/x1e.32xlarge/on-demand $26.688",
	}
}

// Only Linux on shared hardware in regions is taken: not Windows, dedicated hosts, idle capacity reservations, software,
// Local Zones, convertible reservations or disks, which the sample has too.
func TestAWSSample(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]source.Format{"aws_ec2.csv": source.AWSCSV, "aws_ec2.json": source.AWSJSON} {
		d := read(t, name, format)
		require.Empty(t, d.complaints(), name)
		require.Equal(t, awsPrices(), d.prices(), name)
		machines := map[string]catalog.InstanceType{}
		for _, r := range d.rows {
			require.Equal(t, time.Date(2026, 1, 16, 16, 2, 58, 0, time.UTC), r.Offering.Source.AsOf)
			if r.Type != nil {
				x := *r.Type
				x.Source = catalog.Source{}
				machines[x.Name] = x
			}
			if r.Offering.Market == catalog.OnDemand {
				require.Equal(t, time.Minute, r.Offering.Minimum)
				require.Equal(t, time.Second, r.Offering.Increment)
			} else {
				require.Positive(t, r.Offering.Commitment.Term)
			}
		}
		require.Equal(t, map[string]catalog.InstanceType{
			"m5.large":  {Cloud: "aws", Name: "m5.large", CPUs: 2, Memory: 8 * unit.GiB, Arch: "amd64"},
			"m6g.large": {Cloud: "aws", Name: "m6g.large", CPUs: 2, Memory: 8 * unit.GiB, Arch: "arm64"},
			"g4dn.2xlarge": {
				Cloud: "aws", Name: "g4dn.2xlarge", CPUs: 8, Memory: 32 * unit.GiB, Arch: "amd64",
				Accelerator: catalog.Accelerator{Kind: "t4", Count: 1},
			},
			"x1e.32xlarge": {Cloud: "aws", Name: "x1e.32xlarge", CPUs: 128, Memory: 3904 * unit.GiB, Arch: "amd64"},
		}, machines, name)
	}
}

func TestAWSMalformed(t *testing.T) {
	t.Parallel()
	d := read(t, "aws_ec2_bad.csv", source.AWSCSV)
	require.Equal(t, []string{
		`7 SKUZERO000000001: the price is 0, which stands for an unknown one`,
		`8 SKUABSURD0000001: the price $96000.00 an hour is not believed: the most is $2000.00`,
		`9 : has 2 cells, not 36 as the line of column names`,
		`10 SKUTEXT000000001: price "n/a": want a decimal number`,
		`11 SKUNEG0000000001: price "-0.1": want a decimal number`,
		`12 SKUYUAN000000001: the price is not in US dollars`,
		`13 SKUUNIT000000001: unit "Quantity": want Hrs`,
		`14 SKUPLACE00000001: no region is known under the name "Moon (Sea of Tranquility)"`,
		`15 SKUGPU0000000001: the machine q9.large is not described: has 2 GPUs of a kind that is not known (kept)`,
		`16 SKUMEM0000000001: the machine m5.24xlarge is not described: memory "NA": want a size such as 8 GiB (kept)`,
		`18 SKULEASE00000001: lease contract length "5yr": want 1yr or 3yr`,
		`19 SKUFREE000000001: reservation: the price is 0, which stands for an unknown one`,
		`17 SKUHALF000000001: reservation without its price per hour`,
	}, d.complaints())
	// An old list has no region codes: the title of the region is enough.
	require.Contains(t, d.prices(), "aws/us-east-1/vm/m5.large/on-demand $0.096")

	d = read(t, "aws_ec2_bad.json", source.AWSJSON)
	require.Equal(t, []string{
		`5 SKUFORM000000001: the entry is not of the documented form: found array`,
		`7 SKUZERO000000001: the price is 0, which stands for an unknown one`,
		`8 SKUYUAN000000001: the price is not in US dollars`,
		`9 SKUGPU0000000001: the machine q9.large is not described: has 2 GPUs of a kind that is not known (kept)`,
		`10 SKUFORM000000002: the entry is not of the documented form: found number`,
		`11 SKUHALF000000001: reservation without its price per hour`,
	}, d.complaints())
}

func TestAWSListsThatAreNone(t *testing.T) {
	t.Parallel()
	csv, json := sample(t, "aws_ec2.csv"), sample(t, "aws_ec2.json")
	for _, c := range []struct {
		format source.Format
		text   string
		want   string
	}{
		{source.AWSCSV, "", "not an AWS price list"},
		{source.AWSCSV, "<html>Sign in</html>", "not an AWS price list"},
		{source.AWSCSV, strings.Replace(csv, "v1.0", "v9.9", 1), "format version"},
		{source.AWSCSV, strings.Replace(csv, "2026-01-16T16:02:58Z", "today", 1), "publication date"},
		{source.AWSCSV, strings.Replace(csv, `"PricePerUnit"`, `"Cost"`, 1), "no column PricePerUnit"},
		{source.AWSCSV, strings.Replace(csv, `"PricePerUnit"`, `"SKU"`, 1), "given twice"},
		{source.AWSCSV, csv + "\"unclosed\n", "quote"},
		{source.AWSCSV, csv + `"` + strings.Repeat("x", 5<<20), "larger than allowed"},
		{source.AWSJSON, "", "unexpected EOF"},
		{source.AWSJSON, "[]", "want {"},
		{source.AWSJSON, "{}", "not an AWS price list"},
		{source.AWSJSON, json[:len(json)/2], "unexpected EOF"},
		{source.AWSJSON, strings.Replace(json, "v1.0", "v9.9", 1), "format version"},
		{source.AWSJSON, `{"terms": {}, "products": {}}`, "publication date"},
		{source.AWSJSON, `{"publicationDate": "` + strings.Repeat("x", 12<<20) + `"}`, "larger than allowed"},
	} {
		d := text(c.format, c.text)
		require.ErrorContains(t, d.err, c.want)
		require.ErrorContains(t, d.err, "read list")
	}
}

// awsSite is the price list as it is laid out on the network.
func awsSite(t *testing.T) site {
	t.Helper()
	const ec2 = "/offers/v1.0/aws/AmazonEC2/20260116160258/"
	return site{
		"https://prices.test/offers/v1.0/aws/index.json":                          `{"offers":{"AmazonEC2":{"offerCode":"AmazonEC2","currentRegionIndexUrl":"/offers/v1.0/aws/AmazonEC2/current/region_index.json"}}}`,
		"https://prices.test/offers/v1.0/aws/AmazonEC2/current/region_index.json": `{"regions":{"us-east-1":{"regionCode":"us-east-1","currentVersionUrl":"` + ec2 + `us-east-1/index.json"},"eu-west-1":{"currentVersionUrl":"` + ec2 + `eu-west-1/index.json"}}}`,
		"https://prices.test" + ec2 + "us-east-1/index.csv":                       sample(t, "aws_ec2.csv"),
		"https://prices.test" + ec2 + "us-east-1/index.json":                      sample(t, "aws_ec2.json"),
		"https://prices.test" + ec2 + "eu-west-1/index.csv":                       sample(t, "aws_ec2.csv"),
	}
}

func TestAWSOverTheNetwork(t *testing.T) {
	t.Parallel()
	h := source.HTTP{Client: awsSite(t).client(), Retries: -1}
	for _, json := range []bool{false, true} {
		a := source.AWS{HTTP: h, BaseURL: "https://prices.test", Regions: []string{"us-east-1"}, JSON: json}
		require.Equal(t, "https://prices.test", a.Name())
		d := drain(a.Rows(t.Context()))
		require.NoError(t, d.err)
		require.Equal(t, awsPrices(), d.prices())
		require.Contains(t, d.rows[0].Offering.Source.Name, "https://prices.test/offers/v1.0/aws/AmazonEC2/20260116160258/us-east-1/index.")
	}
	d := drain(source.AWS{HTTP: h, BaseURL: "https://prices.test"}.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Len(t, d.prices(), 2*len(awsPrices()))
	d = drain(source.AWS{HTTP: h, BaseURL: "https://prices.test", Regions: []string{"mars-1"}}.Rows(t.Context()))
	require.ErrorContains(t, d.err, `no list for "mars-1"`)
	require.Equal(t, "https://pricing.us-east-1.amazonaws.com", source.AWS{}.Name())
}

func TestAWSIndexesThatAreNone(t *testing.T) {
	t.Parallel()
	for path, text := range map[string]string{
		"https://prices.test/offers/v1.0/aws/index.json":                          `{"offers":{}}`,
		"https://prices.test/offers/v1.0/aws/AmazonEC2/current/region_index.json": `{"regions":{}}`,
		"https://prices.test/offers/v1.0/aws/index.json ":                         ``,
	} {
		pages := awsSite(t)
		pages[strings.TrimSpace(path)] = text
		d := drain(source.AWS{HTTP: source.HTTP{Client: pages.client()}, BaseURL: "https://prices.test"}.Rows(t.Context()))
		require.Error(t, d.err)
		require.Empty(t, d.rows)
	}
	pages := awsSite(t)
	pages["https://prices.test/offers/v1.0/aws/AmazonEC2/current/region_index.json"] = `{"regions":{"us-east-1":{"currentVersionUrl":"https://evil.test/index.json"}}}`
	d := drain(source.AWS{HTTP: source.HTTP{Client: pages.client()}, BaseURL: "https://prices.test"}.Rows(t.Context()))
	require.ErrorContains(t, d.err, "it leads to https://evil.test")
}

// Whoever stops listening ends the reading.
func TestEarlyStop(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]source.Format{
		"aws_ec2.csv": source.AWSCSV, "aws_ec2.json": source.AWSJSON, "azure_page1.json": source.AzureJSON,
		"gcp_page1.json":   source.GCPSkus{Types: base(t).Types()}.Read,
		"skypilot_gcp.csv": source.SkyPilot{Cloud: "gcp", AsOf: day}.Read,
	} {
		n := 0
		for range format(t.Context(), name, strings.NewReader(sample(t, name))) {
			n++
			break
		}
		require.Equal(t, 1, n, name)
	}
}
