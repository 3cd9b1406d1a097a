package source_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/provider/secret"
)

// Windows, Low Priority, DevTest, meters that are not primary and other services are passed over; a reservation is said
// per hour of its term: 588 dollars are 0.067123288 for each of 8,760 hours.
func TestAzureSample(t *testing.T) {
	t.Parallel()
	d := read(t, "azure_page1.json", source.AzureJSON)
	require.Empty(t, d.complaints())
	require.Equal(t, []string{
		"azure/westeurope/vm/Standard_D2s_v5/on-demand $0.115",
		"azure/westeurope/vm/Standard_D2s_v5/reserved/1yr $0.067123288",
		"azure/westeurope/vm/Standard_D2s_v5/reserved/3yr $0.04326484",
		"azure/westeurope/vm/Standard_D2s_v5/spot $0.0219",
	}, d.prices())
	require.Equal(t, time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), d.rows[0].Offering.Source.AsOf)
	d = read(t, "azure_page2.json", source.AzureJSON)
	require.Empty(t, d.complaints())
	require.Equal(t, []string{
		"azure/northeurope/vm/Standard_D2s_v5/on-demand $0.096",
		"azure/westeurope/vm/Standard_B1ls/on-demand $0.006",
		"azure/westeurope/vm/Standard_NC24ads_A100_v4/on-demand $4.775",
	}, d.prices())
}

func TestAzureMalformed(t *testing.T) {
	t.Parallel()
	d := read(t, "azure_bad.json", source.AzureJSON)
	require.Empty(t, d.rows)
	require.Equal(t, []string{
		`1 DZH318Z0BQPS/0021: the price is 0, which stands for an unknown one`,
		`2 DZH318Z0BQPS/0022: the price $96000.50 an hour is not believed: the most is $2000.00`,
		`3 DZH318Z0BQPS/0023: the price is not in US dollars`,
		`4 DZH318Z0BQPS/0024: the price holds only from 10.0 units on`,
		`5 DZH318Z0BQPS/0025: unit of measure "1 Month": want a number of hours`,
		`6 DZH318Z0BQPS/0026: reservation term "5 Years": want 1 Year or 3 Years`,
		`7 DZH318Z0BQPS/0027: effectiveStartDate "soon": want one such as 2020-08-01T00:00:00Z`,
		`8 DZH318Z0BQPS/0028: price "cheap": want a decimal number`,
		`9 DZH318Z0BQPS/0029: the item is not of the documented form: found array as armSkuName`,
		`10 DZH318Z0BQPS/0030: price "-0.1": want a decimal number`,
	}, d.complaints())
	for _, broken := range []string{"", "[]", `{"error": "busy"}`, sample(t, "azure_page1.json")[:3000], `{"Items": 7}`, `{"Items": [], "NextPageLink": {}}`} {
		require.Error(t, text(source.AzureJSON, broken).err, broken)
	}
}

// azureSite has two pages; the first is found by any query.
func azureSite(t *testing.T, next string, asked *[]string) *http.Client {
	t.Helper()
	var first map[string]any
	require.NoError(t, json.Unmarshal([]byte(sample(t, "azure_page1.json")), &first))
	first["NextPageLink"] = next
	page, err := json.Marshal(first)
	require.NoError(t, err)
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		*asked = append(*asked, r.URL.Query().Get("$filter"))
		s := site{r.URL.String(): string(page)}
		if r.URL.Query().Get("$skip") == "1000" {
			s[r.URL.String()] = sample(t, "azure_page2.json")
		}
		return s.answer(r)
	})}
}

func TestAzureOverTheNetwork(t *testing.T) {
	t.Parallel()
	const base = "https://azure.test/api/retail/prices"
	var asked []string
	a := source.Azure{
		HTTP: source.HTTP{Client: azureSite(t, base+"?$skip=1000", &asked)}, BaseURL: base,
		Regions: []string{"westeurope", "north'europe"}, AsOf: day,
	}
	require.Equal(t, base, a.Name())
	d := drain(a.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Len(t, d.prices(), 7)
	require.Equal(t, catalog.Source{Name: base, AsOf: day}, d.rows[0].Offering.Source)
	require.Equal(t, []string{
		"serviceName eq 'Virtual Machines' and (armRegionName eq 'westeurope' or armRegionName eq 'north''europe')", "",
	}, asked)
	// A price that holds only later is not the price of now.
	a.AsOf = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	d = drain(a.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Empty(t, d.rows)
	require.Contains(t, d.complaints()[0], "the price holds only from 2023-01-01 on")

	for next, want := range map[string]string{
		"https://evil.test/?$skip=1000":    "it leads to https://evil.test",
		base + "?$skip=7":                  "the list has no end",
		"http://azure.test/prices?$skip=1": "it leads to http://azure.test",
	} {
		d := drain(source.Azure{HTTP: source.HTTP{Client: azureSite(t, next, &asked)}, BaseURL: base}.Rows(t.Context()))
		require.ErrorContains(t, d.err, want)
	}
	few := source.HTTP{Client: azureSite(t, base+"?$skip=1000", &asked), MaxPages: 1}
	require.ErrorContains(t, drain(source.Azure{HTTP: few, BaseURL: base}.Rows(t.Context())).err, "beyond the 1 allowed")
}

// 2 cores and 8 GiB of e2 in us-central1 are 2 x 0.02181159 + 8 x 0.00292353 = 0.06701142, the printed price of
// e2-standard-2; with its one A100 a2-highgpu-1g comes to its printed 3.673385.
func TestGCPSample(t *testing.T) {
	t.Parallel()
	types := base(t).Types()
	pages := sample(t, "gcp_page1.json") + "\n" + sample(t, "gcp_page2.json")
	d := text(source.GCPSkus{Types: types}.Read, pages)
	require.NoError(t, d.err)
	require.Empty(t, d.complaints())
	var here []string
	for _, p := range d.prices() {
		if strings.HasPrefix(p, "gcp/us-central1/") {
			here = append(here, strings.TrimPrefix(p, "gcp/us-central1/vm/"))
		}
	}
	require.Equal(t, []string{
		"a2-highgpu-1g/on-demand $3.673385",
		"c2-standard-4/on-demand $0.20872",
		"e2-medium/on-demand $0.03350571",
		"e2-medium/spot $0.010051",
		"e2-standard-2/on-demand $0.06701142",
		"e2-standard-2/spot $0.020102",
		"n1-standard-4+t4x1/on-demand $0.539999",
		"n1-standard-4/on-demand $0.189999",
	}, here)
	require.Equal(t, time.Date(2026, 1, 5, 1, 48, 54, 819e6, time.UTC), d.rows[0].Offering.Source.AsOf)
	require.Equal(t, "list", d.rows[0].Offering.Source.Name)
}

func TestGCPMalformed(t *testing.T) {
	t.Parallel()
	format := source.GCPSkus{Types: base(t).Types(), AsOf: day}.Read
	d := read(t, "gcp_bad.json", format)
	require.Empty(t, d.rows)
	require.Equal(t, []string{
		`1 0BAD-0000-0001: the price is 0, which stands for an unknown one`,
		`2 0BAD-0000-0002: usage unit "GiBy.mo": want GiBy.h`,
		`3 0BAD-0000-0003: 2 tiers of price: want one, from 0 on`,
		`4 0BAD-0000-0004: the price is not in US dollars`,
		`5 0BAD-0000-0005: 0 units and -5 nanos are not believed as a price of an hour`,
		`6 0BAD-0000-0006: 9999999 units and 4550000 nanos are not believed as a price of an hour`,
		`7 0BAD-0000-0007: no pricingInfo`,
		`8 0BAD-0000-0008: no serviceRegions`,
		`10 0BAD-0000-0010: contradicts 0BAD-0000-0009 of gcp_bad.json:9: $0.35 and $0.30 for t4 gpu in us-central1`,
		`11 0BAD-0000-0011: the SKU is not of the documented form: found string as serviceRegions`,
	}, d.complaints())
	for _, broken := range []string{"", "[]", `{"error": {"code": 403}}`, sample(t, "gcp_page1.json")[:3000], `{"skus": 7}`} {
		require.Error(t, text(format, broken).err, broken)
	}
}

func TestGCPOverTheNetwork(t *testing.T) {
	t.Parallel()
	const list = "https://billing.test/v1/services/6F81-5844-456A/skus"
	pages := site{
		list + "?currencyCode=USD&pageSize=5000":                  sample(t, "gcp_page1.json"),
		list + "?currencyCode=USD&pageSize=5000&pageToken=page-2": sample(t, "gcp_page2.json"),
	}
	keys := map[string]bool{}
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		keys[r.Header.Get("X-Goog-Api-Key")] = true
		return pages.answer(r)
	})}
	g := source.GCP{
		HTTP: source.HTTP{Client: client}, BaseURL: "https://billing.test", Key: secret.New("hush"), Types: base(t).Types(), AsOf: day,
	}
	require.Equal(t, list, g.Name())
	d := drain(g.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Len(t, d.prices(), 20)
	require.Equal(t, map[string]bool{"hush": true}, keys) // and never in a URL, which ends up in logs
	require.Equal(t, catalog.Source{Name: list, AsOf: day}, d.rows[0].Offering.Source)

	g.BaseURL = "https://other.test"
	require.ErrorContains(t, drain(g.Rows(t.Context())).err, "status 404")
	require.Equal(t, "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus", source.GCP{}.Name())
}
