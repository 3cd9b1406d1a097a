package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
)

func names(list []Reach) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Service)
	}
	return out
}

func TestCompatibility(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	set := c.Compatibility(map[string]int64{"vm": 5, "spark@^3": 2, "spark": 1, "SQL:2008": 3, "flink": 4, "not a name": 100})
	require.Equal(t, []string{"acid-table", "blob", "lake", "vm"}, names(set.Shared), "blue's spark and red's fork are not one service")
	require.Equal(t, []string{"flink", "spark", "sql:2008"}, names(set.Proprietary))
	require.Equal(t, 4, set.Size())
	require.InDelta(t, 2, set.Breadth(), 1e-9)
	shared, all := set.Frequency()
	require.Equal(t, []int64{5, 15}, []int64{shared, all})
	r, inSet, ok := set.Find("spark")
	require.True(t, ok)
	require.False(t, inSet)
	require.Equal(t, Reach{"spark", []string{"blue"}, 3}, r)
	_, _, ok = set.Find("none")
	require.False(t, ok)
}

func TestOneRowMovesAServiceAcross(t *testing.T) {
	t.Parallel()
	uses := map[string]int64{"vm": 5, "sql:2008": 3}
	d := managed()
	before := newCatalog(t, d).Compatibility(uses)
	d.Services.Hostings = append(d.Services.Hostings, Hosting{Service: "sql:2008", Cloud: "red", Product: "Red Store"})
	after := newCatalog(t, d).Compatibility(uses)

	require.Equal(t, before.Size()+1, after.Size())
	require.Len(t, after.Proprietary, len(before.Proprietary)-1)
	require.InDelta(t, before.Breadth()*float64(before.Size())+2, after.Breadth()*float64(after.Size()), 1e-9)
	shared, all := before.Frequency()
	sharedAfter, allAfter := after.Frequency()
	require.Equal(t, []int64{shared + 3, all}, []int64{sharedAfter, allAfter})
	r, inSet, ok := after.Find("sql:2008")
	require.True(t, ok && inSet)
	require.Equal(t, []string{"blue", "red"}, r.Clouds)
}

func TestABoltWidensTheSet(t *testing.T) {
	t.Parallel()
	d := managed()
	d.Services.Hostings[4].Verdict = Verdict{State: Failed, Suite: "s3", Version: "1", At: testSource().AsOf, Failed: "list"}
	_, shared, ok := newCatalog(t, d).Compatibility(nil).Find("acid-table")
	require.True(t, ok)
	require.False(t, shared, "nothing is made of a store that failed its checks")
	d = managed()
	d.Services.Bolts = nil
	without := newCatalog(t, d).Compatibility(nil)
	require.Equal(t, []string{"blob", "vm"}, names(without.Shared))
	require.Equal(t, 4, newCatalog(t, managed()).Compatibility(nil).Size())
}

func TestCompatibilityOfNothing(t *testing.T) {
	t.Parallel()
	set := newCatalog(t, Data{}).Compatibility(nil)
	shared, all := set.Frequency()
	require.Zero(t, set.Size())
	require.Zero(t, set.Breadth())
	require.Zero(t, shared+all)
}
