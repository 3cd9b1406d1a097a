package verify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	. "github.com/openintercloud/broker/catalog/verify"
)

// stores is a catalog of two clouds with an object store each, one of them in two releases, and a bolt over both.
func stores(t *testing.T) *catalog.Catalog {
	t.Helper()
	d := catalog.Data{
		Source: catalog.Source{Name: "our own books", AsOf: date()},
		Clouds: []catalog.Cloud{{Name: "red"}, {Name: "blue"}},
		Services: catalog.Services{
			List:  []catalog.Service{{Name: "s3", Kind: catalog.Standard}, {Name: "acid-table", Kind: catalog.Standard}},
			Bolts: []catalog.Bolt{{Service: "acid-table", Engine: "delta", Over: "s3"}},
		},
	}
	for _, cloud := range []string{"red", "blue"} {
		d.Services.Products = append(d.Services.Products, catalog.Product{Cloud: cloud, Name: "Store", Recipe: catalog.Recipe{API: "s3", Protocol: "s3"}})
		d.Services.Hostings = append(d.Services.Hostings, catalog.Hosting{Service: "s3", Cloud: cloud, Product: "Store", Native: []string{"versions"}})
	}
	d.Services.Hostings = append(d.Services.Hostings, catalog.Hosting{Service: "s3", Cloud: "red", Product: "Store", Release: "2"})
	c, err := catalog.New(d)
	require.NoError(t, err)
	return c
}

func result(states ...State) Result {
	r := Result{Service: "s3", Suite: "s3-api", Version: "1.2", At: date()}
	for i, s := range states {
		r.Outcomes = append(r.Outcomes, Outcome{Check: string(rune('a' + i)), State: s})
	}
	return r
}

func TestRecord(t *testing.T) {
	t.Parallel()
	before := stores(t)
	fork := before.Hostings(catalog.Want{Name: "s3"})[0]
	require.Equal(t, "blue", fork.Cloud)
	c, err := Record(before, fork, result(Held, Broken))
	require.NoError(t, err)
	c, err = Record(c, catalog.Hosting{Service: "s3", Cloud: "red", Product: "Store", Release: "2"}, result(Held, Held))
	require.NoError(t, err)

	verdicts := map[string]string{}
	for _, h := range c.Hostings(catalog.Want{Name: "s3"}) {
		verdicts[h.Cloud+" "+h.String()] = h.Verdict.String()
	}
	require.Equal(t, map[string]string{
		"blue Store": "failed s3-api 1.2 at b on 2026-11-24", "red Store": "unverified", "red Store 2": "passed s3-api 1.2 on 2026-11-24",
	}, verdicts)
	verified := c.Hostings(catalog.Want{Name: "s3", Verified: true})
	require.Len(t, verified, 1)
	require.Equal(t, "Store 2", verified[0].String())
	require.Equal(t, []string{"versions"}, c.Hostings(catalog.Want{Name: "s3"})[0].Native, "the rest of the entry stays")
	for _, h := range before.Hostings(catalog.Want{Name: "s3"}) {
		require.Equal(t, catalog.Unverified, h.Verdict.State)
	}
	for _, h := range c.Hostings(catalog.Want{Name: "acid-table"}) {
		require.Equal(t, "red", h.Cloud, "nothing is bolted onto what failed")
		require.Equal(t, catalog.Unverified, h.Verdict.State)
	}
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	c := stores(t)
	red := catalog.Hosting{Service: "s3", Cloud: "red", Product: "Store"}
	c, err := Record(c, red, result(Held))
	require.NoError(t, err)
	old := result(Broken)
	old.At = old.At.AddDate(0, 0, -1)
	other := result(Held)
	other.Service = "blob"
	nowhere := red
	nowhere.Release = "9"
	bolted := c.Hostings(catalog.Want{Name: "acid-table"})[0]
	table := result(Held)
	table.Service = "acid-table"
	for want, x := range map[string]struct {
		h catalog.Hosting
		r Result
	}{
		"1 of 2 checks held and none is broken":               {red, result(Held, Undecided)},
		"0 of 0 checks held and none is broken":               {red, result()},
		"the suite checks blob, the hosting is one of s3":     {red, other},
		"delta over s3 is bolted on":                          {bolted, table},
		"the catalog has no entry of it":                      {nowhere, result(Held)},
		"the entry has a newer verdict: passed s3-api 1.2 on": {red, old},
		"record suite s3-api for Store 9 of red":              {nowhere, result(Broken)},
	} {
		got, err := Record(c, x.h, x.r)
		require.ErrorContains(t, err, want)
		require.Nil(t, got)
	}
}
