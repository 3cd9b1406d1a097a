package catalog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// market is a catalog of n offerings of a dollar each.
func market(t *testing.T, n int) *Catalog {
	t.Helper()
	d := small()
	d.Offerings = nil
	for i := range n {
		d.Offerings = append(d.Offerings, Offering{
			ID: fmt.Sprintf("o%03d", i), Service: "vm", Place: place("red/north"), Type: InstanceType{Name: "m.large"}, Price: dollars("1"),
		})
	}
	return newCatalog(t, d)
}

func TestUpdateRefusesAbsurdPrices(t *testing.T) {
	t.Parallel()
	for why, edit := range map[string]func(*Offering){
		"price went from $1.00 to $1000.00: more than a factor of 5": func(o *Offering) { o.Price *= 1000 },
		"price went from $1.00 to $0.001":                            func(o *Offering) { o.Price /= 1000 },
		"price went from $1.00 to $0.00":                             func(o *Offering) { o.Price = 0 },
		"price went from $1.00 to $0.00: more":                       func(o *Offering) { o.Price, o.Free = 0, true },
		"price -$1.00 is negative":                                   func(o *Offering) { o.Price = -o.Price },
		"was priced per hour, now per TB":                            func(o *Offering) { o.Unit = PerTB },
		"unknown type \"huge\"":                                      func(o *Offering) { o.Type = InstanceType{Name: "huge"} },
		"has no source":                                              func(o *Offering) { o.Source = Source{AsOf: testSource().AsOf} },
	} {
		old := market(t, 20)
		news := old.Data()
		edit(&news.Offerings[7])
		news.Offerings[8].Price = dollars("1.25")
		c, report := Update(old, news, Bounds{})
		require.True(t, report.Accepted, why)
		require.Len(t, report.Refused, 1, why)
		require.Contains(t, report.Refused[0].String(), why)
		require.Contains(t, report.String(), `offering "o007": `)
		require.Equal(t, []int{0, 1, 0, 19}, []int{report.Added, report.Changed, report.Removed, report.Same})
		require.Equal(t, c.Digest(), report.NewDigest)
		kept, _ := c.Offering("o007")
		require.Equal(t, "$1.00", kept.Price.String(), "the last good price stays")
		changed, _ := c.Offering("o008")
		require.Equal(t, "$1.25", changed.Price.String())
	}
}

func TestUpdateIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		edit   func(*Data)
		bounds Bounds
	}{
		"5 of 22 rows are wrong": {func(d *Data) {
			for i := range 5 {
				d.Offerings[i].Price *= 100
			}
		}, Bounds{}},
		"10 of 20 offerings are missing": {func(d *Data) { d.Offerings = d.Offerings[:10] }, Bounds{}},
		"20 offerings are more than 19":  {func(*Data) {}, Bounds{MaxRows: 19}},
	} {
		old := market(t, 20)
		news := old.Data()
		news.Links = news.Links[:2]
		c.edit(&news)
		got, report := Update(old, news, c.bounds)
		require.Same(t, old, got)
		require.False(t, report.Accepted)
		require.Contains(t, report.String(), "update refused: "+why)
		require.Equal(t, old.Digest(), report.NewDigest)
	}
}

func TestUpdateOfPartsAndLinks(t *testing.T) {
	t.Parallel()
	old := market(t, 20)
	link := old.Data().Links[1]
	link.Tiers = []Tier{{unit.TB, 1}}
	news := Data{Source: testSource(), Links: []Link{link, {From: place("red"), To: place("blue"), Egress: dollars("0.03")}}}
	c, report := Update(old, news, Bounds{KeepMissing: true, MaxRefused: 500})
	require.True(t, report.Accepted, report)
	require.Equal(t, 20, report.Same)
	require.Len(t, report.Refused, 1)
	require.Equal(t, unit.Price(1), report.Refused[0].New)
	l, _ := c.Link(place("red/north"), place("blue/paris"))
	require.Equal(t, "$0.03", l.Egress.String())

	news = Data{Source: testSource(), Types: []InstanceType{{Cloud: "red", Name: "odd", CPUs: -1, Memory: 1}}, Offerings: []Offering{
		{Service: "vm", Place: place("red/north"), Type: InstanceType{Name: "odd"}, Price: 1},
		{Service: "vm", Place: place("red/north"), Type: InstanceType{Name: "m.large"}, Price: dollars("1")},
	}}
	c, report = Update(old, news, Bounds{KeepMissing: true, MaxRefused: 1000})
	require.True(t, report.Accepted, report)
	require.Len(t, report.Refused, 2, "the type, and then what was offered of it")
	require.Equal(t, 1, report.Added)
	_, ok := c.Type("red", "odd")
	require.False(t, ok)
}

func TestUpdateWithItselfChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		old := newCatalog(t, someData(rt))
		c, report := Update(old, old.Data(), Bounds{})
		require.True(rt, report.Accepted)
		require.Equal(rt, old.Digest(), c.Digest())
		require.Empty(rt, report.Refused)
	})
}

func TestUpdateNeverLeavesTheBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		old := newCatalog(t, someData(rt))
		news := old.Data()
		for i := range news.Offerings {
			news.Offerings[i].Price = unit.Price(rapid.Int64Range(-1, 1e8).Draw(rt, "price"))
		}
		c, _ := Update(old, news, Bounds{Factor: 3, MaxRefused: 1000})
		for o := range c.Each(Query{}) {
			before, ok := old.Offering(o.ID)
			require.True(rt, ok)
			require.LessOrEqual(rt, o.Price, 3*before.Price)
			require.LessOrEqual(rt, before.Price, 3*o.Price)
		}
	})
}
