package catalog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func contract() Source { return Source{Name: "contract 7", AsOf: testSource().AsOf} }

func TestPriceBookDiscountFlipsTheCheapest(t *testing.T) {
	t.Parallel()
	d := small()
	d.Offerings[0].Price = dollars("0.40")
	list := newCatalog(t, d)
	cheapest := func(c *Catalog) string {
		return c.Offerings(Query{Service: "vm", Markets: []Market{OnDemand}, Limit: 1})[0].ID
	}
	require.Equal(t, "blue/paris/vm/safe/on-demand", cheapest(list))

	book := PriceBook{Source: contract(), Discounts: []Discount{
		{Match: Match{Cloud: "red", Region: "nor*", Service: "vm", Type: "m.*"}, Off: 3000},
		{Match: Match{Cloud: "red", Type: "gpu.*", Market: OnDemand}, Price: dollars("2")},
	}}
	own, err := book.Apply(list)
	require.NoError(t, err)
	require.Equal(t, "red/north/vm/m.large/on-demand", cheapest(own))
	o, _ := own.Offering("red/north/vm/m.large/on-demand")
	require.Equal(t, "$0.28", o.Price.String())
	require.Equal(t, contract(), o.Source)
	conflict, ok := own.Conflict(o.ID)
	require.True(t, ok, "the list price is kept")
	require.Equal(t, "$0.40", conflict.Losers[0].Price.String())
	gpu, _ := own.Offering("red/north/a/vm/gpu.4/on-demand")
	require.Equal(t, "$2.00", gpu.Price.String(), "below the spot price, which is no reason to doubt that")

	back, err := Load(dir(own))
	require.NoError(t, err)
	require.Equal(t, own.Digest(), back.Digest())
	require.NotEqual(t, list.Digest(), own.Digest())
}

func TestPriceBookMovesData(t *testing.T) {
	t.Parallel()
	d := small()
	d.Links = append(d.Links, Link{From: place("red/south"), To: place("blue"), Egress: dollars("0.15"), Tiers: []Tier{{unit.TB, dollars("0.1")}}})
	list := newCatalog(t, d)
	book := PriceBook{
		Source:    contract(),
		Discounts: []Discount{{Match: Match{Cloud: "red", Region: "south", Service: Egress}, Off: 5000}},
		Peering:   []Peering{{place("red/north"), place("blue")}},
	}
	own, err := book.Apply(list)
	require.NoError(t, err)
	for _, want := range []struct{ from, to, egress string }{
		{"red/north", "blue/paris", "$0.00"},
		{"blue/paris", "red/north", "$0.00"},
		{"red/south", "blue/paris", "$0.075"},
		{"red/north", "red/south", "$0.02"},
		{"red/north", "green/x", "$0.09"},
	} {
		l, ok := own.Link(place(want.from), place(want.to))
		require.True(t, ok)
		require.Equal(t, want.egress, l.Egress.String(), "%s to %s", want.from, want.to)
	}
	cost, err := own.Transfer(place("red/south"), place("blue/paris"), 2*unit.TB, 0)
	require.NoError(t, err)
	require.Equal(t, "$125.00", cost.String())
}

func TestBillOfMoves(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	link, _ := c.Link(place("red/north"), place("blue/paris"))
	move := []Use{{Move: &Move{Link: link, Size: 100 * unit.GB}}}
	for rule, book := range map[string]PriceBook{
		"free peering": {Peering: []Peering{{place("blue"), place("red")}}},
		"12.50% off":   {Discounts: []Discount{{Match: Match{Service: "vm"}, Off: 1}, {Match: Match{Service: Egress}, Off: 1250}}},
		"$0.01 agreed": {Discounts: []Discount{{Match: Match{Service: Egress, Cloud: "r*"}, Price: dollars("0.01")}}},
		"":             {},
	} {
		r, err := book.Bill(move, testSource().AsOf)
		require.NoError(t, err)
		want := map[string]string{"free peering": "$0.00", "12.50% off": "$7.88", "$0.01 agreed": "$1.00", "": "$9.00"}[rule]
		require.Equal(t, rule, r.Lines[0].Rule)
		require.Equal(t, want, r.Due.Cents())
		require.Equal(t, "$9.00", r.List.Cents())
	}
	_, err := PriceBook{}.Bill([]Use{{What: "x", Move: &Move{Link: link, Size: -1}}}, testSource().AsOf)
	require.ErrorContains(t, err, "bill x")
}

func TestPriceBookOwnCloud(t *testing.T) {
	t.Parallel()
	shed := place("shed/here")
	book := PriceBook{Source: contract(), Own: Data{
		Clouds:    []Cloud{{Name: "shed", Operator: "FR"}},
		Regions:   []Region{{Place: shed, Country: "FR"}},
		Types:     []InstanceType{{Cloud: "shed", Name: "rack", CPUs: 8, Memory: unit.GiB}},
		Offerings: []Offering{{Service: "vm", Place: shed, Type: InstanceType{Name: "rack"}, Price: dollars("0.01"), Capacity: 3}},
	}}
	own, err := book.Apply(newCatalog(t, small()))
	require.NoError(t, err)
	best := own.Offerings(Query{Service: "vm", Limit: 1})[0]
	require.Equal(t, "shed/here/vm/rack/on-demand", best.ID)
	require.Equal(t, 3, best.Capacity)
	require.Equal(t, contract(), best.Source)
}

func TestBillSpendsCreditsFirst(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	red, _ := c.Offering("red/north/a/vm/gpu.4/on-demand")
	blue, _ := c.Offering("blue/paris/vm/safe/on-demand")
	link, _ := c.Link(place("red/north"), place("blue/paris"))
	now := testSource().AsOf
	book := PriceBook{
		Source:    contract(),
		Discounts: []Discount{{Match: Match{Cloud: "red", Service: "vm"}, Off: 5000}},
		Credits: []Credit{
			{Cloud: "red", Balance: 1000 * unit.Dollar, Until: now},
			{Cloud: "red", Balance: 50 * unit.Dollar},
		},
		Prepaid: []Prepaid{{Match: Match{Cloud: "red", Service: "vm"}, Time: 2 * time.Hour}},
	}
	require.NoError(t, book.Check(c))
	r, err := book.Bill([]Use{
		{What: "train", Offering: red, Usage: Usage{Machines: 2, Time: 5 * time.Hour}},
		{What: "move", Move: &Move{Link: link, Size: 100 * unit.GB}},
		{What: "serve", Offering: blue, Usage: Usage{Time: 10 * time.Hour}},
	}, now)
	require.NoError(t, err)
	require.Equal(t, ""+
		"                                     list    effective       credit          due\n"+
		"train                             $122.40       $48.96       $48.96        $0.00  50% off, 2h0m0s prepaid\n"+
		"move                                $9.00        $9.00        $1.04        $7.96\n"+
		"serve                               $3.84        $3.84        $0.00        $3.84\n"+
		"total                             $135.24       $61.80       $50.00       $11.80\n", r.String())
	require.Equal(t, unit.Money(0), r.Left.Credits[1].Balance)
	require.Equal(t, 1000*unit.Dollar, r.Left.Credits[0].Balance, "lapsed")
	require.Equal(t, 50*unit.Dollar, book.Credits[1].Balance, "the book itself is not changed")

	again, err := r.Left.Bill([]Use{{Offering: red, Usage: Usage{Time: time.Hour}}}, now)
	require.NoError(t, err)
	require.Equal(t, "$6.12", again.Due.String())
	_, err = book.Bill([]Use{{What: "bad", Offering: red, Usage: Usage{Time: -1}}}, now)
	require.ErrorContains(t, err, "bill bad")
}

func TestBillAddsUp(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	all := c.Offerings(Query{})
	rapid.Check(t, func(rt *rapid.T) {
		book := PriceBook{
			Discounts: []Discount{{Match: Match{Cloud: "red"}, Off: rapid.IntRange(1, 10_000).Draw(rt, "off")}},
			Credits:   []Credit{{Cloud: "red", Balance: unit.Money(rapid.Int64Range(1, 1e11).Draw(rt, "credit"))}},
			Prepaid:   []Prepaid{{Match: Match{Cloud: "red"}, Time: time.Duration(rapid.Int64Range(1, 1e14).Draw(rt, "prepaid"))}},
		}
		var uses []Use
		for range rapid.IntRange(0, 6).Draw(rt, "uses") {
			uses = append(uses, Use{
				Offering: rapid.SampledFrom(all).Draw(rt, "offering"),
				Usage: Usage{
					Machines: rapid.IntRange(0, 5).Draw(rt, "machines"), Bytes: unit.Bytes(rapid.Int64Range(0, 1e13).Draw(rt, "bytes")),
					Time: time.Duration(rapid.Int64Range(0, 1e14).Draw(rt, "time")),
				},
			})
		}
		r, err := book.Bill(uses, testSource().AsOf)
		require.NoError(rt, err)
		var list, due, credit unit.Money
		for _, l := range r.Lines {
			require.LessOrEqual(rt, l.Effective, l.List)
			require.Equal(rt, l.Effective, l.Credit+l.Due)
			require.GreaterOrEqual(rt, min(l.Effective, l.Credit, l.Due), unit.Money(0))
			list, due, credit = list+l.List, due+l.Due, credit+l.Credit
		}
		require.Equal(rt, []unit.Money{list, due, credit}, []unit.Money{r.List, r.Due, r.Credit})
		require.Equal(rt, book.Credits[0].Balance-credit, r.Left.Credits[0].Balance)
	})
}

func TestPriceBookReportsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	far := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	book := PriceBook{
		Discounts: []Discount{
			{Match: Match{Cloud: "red"}},
			{Match: Match{Cloud: "red"}, Off: 10_001},
			{Match: Match{Cloud: "red"}, Price: -1},
			{Match: Match{Cloud: "[", Service: "vm"}, Off: 1},
			{Match: Match{Cloud: "green"}, Off: 1},
			{Match: Match{Service: Egress, Type: "x"}, Off: 1},
			{Match: Match{Service: Egress, Cloud: "green"}, Off: 1},
		},
		Prepaid: []Prepaid{{Match: Match{Cloud: "red"}}},
		Credits: []Credit{{Cloud: "green"}, {Cloud: "red", Balance: 1, Until: far}},
		Peering: []Peering{{place("red"), place("red")}, {place("red/north/a"), place("blue")}, {place("blue"), place("red/north/a")}},
	}
	_, err := book.Apply(newCatalog(t, small()))
	for _, want := range []string{
		"source: is missing", "discount 1: want either", "discount 2: 10001", "discount 3: agreed price", "discount 4: pattern",
		"discount 5: matches no offering", "discount 6: egress has neither", "discount 7: matches no link", "prepaid 1: machine time",
		"credit 1: balance", "credit 1: unknown cloud", "credit 2: lapses", "peering 1: joins", "peering 2: red/north/a", "peering 3: of blue and red/north/a is given twice",
	} {
		require.ErrorContains(t, err, want)
	}
}
