package sky_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/sky"
)

// agreement is what one host pays: a third less for machines of GCP, half for what leaves it, and $10 of it is a gift.
func agreement() *catalog.PriceBook {
	return &catalog.PriceBook{
		Source: catalog.Source{Name: "contract 17", AsOf: time.Date(2022, 5, 1, 0, 0, 0, 0, time.UTC)},
		Discounts: []catalog.Discount{
			{Match: catalog.Match{Cloud: "gcp", Service: "vm"}, Off: 3000},
			{Match: catalog.Match{Cloud: "gcp", Service: catalog.Egress}, Off: 5000},
		},
		Credits: []catalog.Credit{{Cloud: "gcp", Balance: 10 * sky.Dollar, Until: time.Date(2022, 6, 1, 0, 0, 0, 0, time.UTC)}},
	}
}

func inMay() time.Time { return time.Date(2022, 5, 20, 0, 0, 0, 0, time.UTC) }

func TestAPriceBookShowsBothPrices(t *testing.T) {
	t.Parallel()
	plain := planOf(t, reviews())
	require.Zero(t, plain.List)
	require.NotContains(t, plain.String(), "list ")
	p := planWith(t, sky.Config{PriceBook: agreement(), Now: inMay}, market(), reviews())
	require.Equal(t, clouds(plain), clouds(p))
	require.Equal(t, plain.Cost, p.List)
	require.Equal(t, plain.Catalog, p.Catalog, "the catalog is the one that was given")
	require.NotEqual(t, plain.Snapshot, p.Snapshot)
	train := p.Stages[1]
	require.Equal(t, "$39.24", train.List.String())
	require.Equal(t, "$27.468", train.Cost.String())
	require.Equal(t, "$9.81", train.ListPrice.String())
	require.Nil(t, p.Stages[0].ListPrice)
	require.Equal(t, p.Stages[0].Cost, p.Stages[0].List)
	require.Equal(t, "$0.0132", p.Routes[2].List.String())
	require.Equal(t, "$0.0066", p.Routes[2].Cost.String())
	require.Equal(t, 10*sky.Dollar, p.Credit)
	require.Contains(t, p.String(), "  list    $40.44; $10.00 of the cost is prepaid or covered by credits\n")
	require.Contains(t, p.String(), "Cost    List\n")
	require.Contains(t, p.String(), "$27.47  $39.24\n")

	r, err := p.Receipt()
	require.NoError(t, err)
	require.Equal(t, p.List, r.List)
	require.Equal(t, p.Cost, r.Effective)
	require.Equal(t, p.Cost-p.Credit, r.Due)
	require.Equal(t, "30% off", r.Lines[1].Rule)
	require.Zero(t, r.Left.Credits[0].Balance)
	list, err := plain.Receipt()
	require.NoError(t, err)
	require.Equal(t, plain.Cost, list.Due)
	var detached *sky.DetachedPlanError
	var read sky.Plan
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, p)), &read))
	_, err = read.Receipt()
	require.ErrorAs(t, err, &detached)
	require.Equal(t, asJSON(t, p), asJSON(t, read))

	june := planWith(t, sky.Config{PriceBook: agreement()}, market(), reviews())
	require.Zero(t, june.Credit, "it has lapsed")
	require.NotEqual(t, p.Snapshot, june.Snapshot)
	page, err := p.HTML(nil, "")
	require.NoError(t, err)
	require.Contains(t, string(page), "$40.44 at list prices")
}

// TestAPriceBookDecides: what the host pays is what plans go by, its own cloud and free peering among it.
func TestAPriceBookDecides(t *testing.T) {
	t.Parallel()
	j := reviews().Rules(sky.Clouds("aws", "azure"))
	require.Equal(t, []string{"azure", "azure", "aws"}, clouds(planOf(t, j)))
	book := &catalog.PriceBook{
		Source:    catalog.Source{Name: "contract 18", AsOf: inMay()},
		Discounts: []catalog.Discount{{Match: catalog.Match{Cloud: "aws", Type: "v100*"}, Price: price("10")}},
		Peering:   []catalog.Peering{{A: catalog.Place{Cloud: "aws"}, B: catalog.Place{Cloud: "azure"}}},
	}
	p := planWith(t, sky.Config{PriceBook: book}, market(), j)
	require.Equal(t, []string{"azure", "aws", "aws"}, clouds(p))
	require.Zero(t, p.Egress, "they peer")
	require.Equal(t, "$102.816", p.Stages[1].List.String())

	at := catalog.Place{Cloud: "cellar", Region: "left"}
	own := &catalog.PriceBook{Source: book.Source, Own: catalog.Data{
		Clouds:  []catalog.Cloud{{Name: "cellar", Title: "Ours", Operator: "US", Scheme: "cellar"}},
		Regions: []catalog.Region{{Place: at, Country: "US"}},
		Types:   []catalog.InstanceType{{Cloud: "cellar", Name: "box", CPUs: 8, Memory: 32 * unit.GiB, Accelerator: catalog.Accelerator{Kind: "t4", Count: 1}}},
		Offerings: []catalog.Offering{{
			Service: "vm", Place: at, Type: catalog.InstanceType{Name: "box"}, Price: price("0.01"), Capacity: 1,
		}},
		Links: []catalog.Link{{From: catalog.Place{Cloud: "cellar"}, To: catalog.Place{Cloud: catalog.Internet}, Free: true}},
	}}
	p = planWith(t, sky.Config{PriceBook: own}, market(), reviews())
	require.Equal(t, []string{"azure", "gcp", "cellar"}, clouds(p))
	require.Equal(t, p.Cost, p.List, "its own price is the price")

	c, err := catalog.New(market())
	require.NoError(t, err)
	_, err = sky.New(sky.Config{Catalog: c, PriceBook: &catalog.PriceBook{Credits: []catalog.Credit{{Cloud: "nowhere", Balance: 1}}}})
	require.ErrorContains(t, err, "PriceBook")
	require.ErrorContains(t, err, "nowhere")
}

// TestThePinnedCatalogGivesTheSamePlan: a plan tells the digest of its catalog, and that catalog gives the plan again.
func TestThePinnedCatalogGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(tiered())
	require.NoError(t, err)
	files := fstest.MapFS{}
	for _, f := range c.Files() {
		files[f.Name] = &fstest.MapFile{Data: f.Content}
	}
	plan := func(c *catalog.Catalog) *sky.Plan {
		b, err := sky.New(sky.Config{Catalog: c, PriceBook: agreement(), Now: inMay, Used: map[string]sky.Bytes{"aws": sky.GB}})
		require.NoError(t, err)
		p, err := b.Plan(t.Context(), reviews())
		require.NoError(t, err)
		return p
	}
	p := plan(c)
	pinned, err := catalog.LoadWith(files, catalog.Options{Digest: p.Catalog})
	require.NoError(t, err)
	require.Equal(t, asJSON(t, p), asJSON(t, plan(pinned)))
}

// TestALedgerShowsBothPrices, and the receipt of a run spends the credit first.
func TestALedgerShowsBothPrices(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Programs: pipelinePrograms()}, "", func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		b.cfg.PriceBook = agreement()
		broker := b.renew()
		defer broker.Close()
		p, err := broker.Plan(t.Context(), reviews())
		require.NoError(t, err)
		run, err := broker.Start(t.Context(), p)
		require.NoError(t, err)
		r, err := run.Wait(t.Context())
		require.NoError(t, err)
		for _, l := range r.Ledger {
			require.NotNil(t, l.Use, "%+v", l)
			if l.Stage == "train" && l.What == "compute" {
				require.InDelta(t, 39.24, float64(l.List)/1e9, 0.001)
				require.InDelta(t, 27.468, float64(l.Actual)/1e9, 0.001)
			}
		}
		require.Greater(t, r.List, r.Actual)
		require.Contains(t, r.String(), "List\n")
		require.Contains(t, asJSON(t, r), `"list_price"`)
		page, err := r.HTML()
		require.NoError(t, err)
		require.Contains(t, string(page), "($39.24 at list price)")
		book := *agreement()
		book.Credits[0].Until = time.Time{}
		bill, err := r.Receipt(book)
		require.NoError(t, err)
		require.Equal(t, r.List, bill.List)
		require.Equal(t, r.Actual, bill.Effective)
		require.Equal(t, r.Actual-10*sky.Dollar, bill.Due)
	})
}
