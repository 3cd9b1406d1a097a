package source_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

const m5 = "aws/us-east-1/vm/m5.large/on-demand"

// priced is a row that prices a machine of aws in us-east-1.
func priced(t require.TestingT, line int, machine, price string, market catalog.Market, by string) source.Row {
	return source.Row{
		Where: source.Where{File: by, Row: line},
		Offering: &catalog.Offering{
			Service: "vm", Place: catalog.Place{Cloud: "aws", Region: "us-east-1"}, Type: catalog.InstanceType{Name: machine},
			Market: market, Price: usd(t, price), Unit: catalog.PerHour, Source: catalog.Source{Name: by, AsOf: day},
		},
	}
}

func TestLoadSamples(t *testing.T) {
	t.Parallel()
	old, dir := base(t), os.DirFS("testdata")
	c, report, err := source.Load(t.Context(), old,
		source.File(dir, "aws_ec2.csv", source.AWSCSV),
		source.File(dir, "azure_page1.json", source.AzureJSON),
		source.File(dir, "gcp_page1.json", source.GCPSkus{Types: old.Types()}.Read),
		source.File(dir, "skypilot_lambda.csv", source.SkyPilot{Cloud: "lambda", AsOf: day}.Read),
		source.Directory{FS: os.DirFS("testdata/cellar"), Source: before},
	)
	require.NoError(t, err)
	o, ok := c.Offering(m5)
	require.True(t, ok)
	require.Equal(t, usd(t, "0.096"), o.Price)
	require.Equal(t, 7, o.Capacity) // what the list does not know stays
	require.InDelta(t, 120, *o.Type.Watts, 0)
	require.Equal(t, "aws_ec2.csv", o.Source.Name)
	_, ok = c.Offering("lambda/us-east-1/vm/gpu_8x_v100/on-demand")
	require.True(t, ok)
	text := report.String()
	require.Contains(t, text, "aws_ec2.csv: 8 rows, 12 facts used, 0 refused, 0 doubtful\n")
	require.Contains(t, text, "conflict: "+m5+": price: $0.096 per hour by aws_ec2.csv, not $0.10 per hour by catalog\n")
	require.Contains(t, text, `refused: skypilot_lambda.csv:7: gpu_1x_h100 in lambda/us-east-1: has no price`)
	// The catalog itself keeps what lost, too.
	conflict, ok := c.Conflict(m5)
	require.True(t, ok)
	require.Equal(t, "aws_ec2.csv", conflict.Winner.Source.Name)
	require.Equal(t, []string{"the snapshot"}, []string{conflict.Losers[0].Source.Name})
}

// A later source wins, and both values are told.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	one := said{name: "one", rows: []source.Row{priced(t, 1, "m5.large", "0.11", "", "one")}}
	two := said{name: "two", rows: []source.Row{priced(t, 1, "m5.large", "0.12", "", "two")}}
	for _, c := range []struct {
		sources []source.Source
		price   string
		told    []string
	}{
		{[]source.Source{one, two}, "0.12", []string{
			m5 + ": price: $0.11 per hour by one, not $0.10 per hour by catalog",
			m5 + ": price: $0.12 per hour by two, not $0.11 per hour by one",
		}},
		{[]source.Source{two, one}, "0.11", []string{
			m5 + ": price: $0.12 per hour by two, not $0.10 per hour by catalog",
			m5 + ": price: $0.11 per hour by one, not $0.12 per hour by two",
		}},
	} {
		got, report, err := source.Load(t.Context(), base(t), c.sources...)
		require.NoError(t, err)
		o, _ := got.Offering(m5)
		require.Equal(t, usd(t, c.price), o.Price)
		require.Equal(t, c.told, lines(report.Conflicts))
		conflict, ok := got.Conflict(m5)
		require.True(t, ok)
		require.Len(t, conflict.Losers, 2)
	}
}

func TestLoadRefusesRows(t *testing.T) {
	t.Parallel()
	row := func(line int, machine, price string) source.Row { return priced(t, line, machine, price, "", "list") }
	far := row(9, "m5.large", "0.1")
	far.Offering.Place.Region = "mars-1"
	for name, c := range map[string]struct {
		rows   []source.Row
		reason string
		where  int
	}{
		"unknown machine": {[]source.Row{row(1, "m5.large", "0.1"), row(2, "m9.large", "0.1")}, "unknown type", 2},
		"unknown region":  {[]source.Row{row(1, "m5.large", "0.1"), far}, `unknown region "aws/mars-1"`, 9},
		"given twice":     {[]source.Row{row(1, "m5.large", "0.1"), row(2, "m5.large", "0.1")}, "given twice: first at list:1", 2},
		"contradiction":   {[]source.Row{row(1, "m5.large", "0.1"), row(2, "m5.large", "0.2")}, "contradicts list:1", 2},
		"spot above on-demand": {
			[]source.Row{row(1, "m5.large", "0.1"), priced(t, 2, "m5.large", "0.2", catalog.Spot, "list")}, "above the on-demand price", 2,
		},
	} {
		got, report, err := source.Load(t.Context(), base(t), said{name: "list", rows: c.rows})
		require.NoError(t, err, name)
		require.Len(t, report.Defects, 1, name)
		d := report.Defects[0]
		require.Contains(t, d.Reason, c.reason, name)
		require.Equal(t, source.Where{File: "list", Row: c.where}, d.Where, name)
		require.Equal(t, "list", d.Source)
		require.NotEmpty(t, d.Remedy)
		require.False(t, d.Kept)
		require.Equal(t, 1, report.Sources[0].Kept, name)
		require.Equal(t, 1, report.Sources[0].Refused, name)
		o, _ := got.Offering(m5)
		require.Equal(t, usd(t, "0.1"), o.Price, name)
	}
}

// A price of another scale is another unit or currency: what was known stands.
func TestLoadRefusesLeaps(t *testing.T) {
	t.Parallel()
	for _, price := range []string{"100", "0.0001", "5.01"} {
		list := said{name: "list", rows: []source.Row{
			priced(t, 1, "m5.large", price, "", "list"), priced(t, 2, "m5.large", "0.05", catalog.Spot, "list"),
		}}
		got, report, err := source.Load(t.Context(), base(t), list)
		require.NoError(t, err)
		require.Contains(t, report.Defects[0].Reason, "is not believed: it was $0.10")
		o, _ := got.Offering(m5)
		require.Equal(t, usd(t, "0.1"), o.Price)
		require.Empty(t, report.Conflicts)
	}
	_, report, err := source.Load(t.Context(), base(t), said{name: "list", rows: []source.Row{priced(t, 1, "m5.large", "5", "", "list")}})
	require.NoError(t, err)
	require.Empty(t, report.Defects)
}

// When a winner turns out not to be usable, the loser stands again.
func TestLoserComesBack(t *testing.T) {
	t.Parallel()
	one := said{name: "one", rows: []source.Row{priced(t, 1, "m5.large", "0.04", catalog.Spot, "one")}}
	two := said{name: "two", rows: []source.Row{priced(t, 1, "m5.large", "0.9", catalog.Spot, "two"), priced(t, 2, "m5.large", "0.1", "", "two")}}
	got, report, err := source.Load(t.Context(), base(t), one, two)
	require.NoError(t, err)
	o, ok := got.Offering("aws/us-east-1/vm/m5.large/spot")
	require.True(t, ok)
	require.Equal(t, usd(t, "0.04"), o.Price)
	require.Empty(t, report.Conflicts)
	require.Len(t, report.Defects, 1)
}

// A spot price of the old catalog that a fresh price contradicts is taken out: it is out of date.
func TestOldSpotPriceIsTakenOut(t *testing.T) {
	t.Parallel()
	ohio := func(price string, market catalog.Market, by string) said {
		row := priced(t, 1, "m5.large", price, market, by)
		row.Offering.Place.Region = "us-east-2"
		return said{name: by, rows: []source.Row{row}}
	}
	got, _, err := source.Load(t.Context(), base(t), ohio("0.04", catalog.Spot, "one"))
	require.NoError(t, err)
	got, report, err := source.Load(t.Context(), got, ohio("0.03", "", "two"))
	require.NoError(t, err)
	_, ok := got.Offering("aws/us-east-2/vm/m5.large/spot")
	require.False(t, ok)
	_, ok = got.Offering("aws/us-east-2/vm/m5.large/on-demand")
	require.True(t, ok)
	require.Len(t, report.Defects, 1)
	require.Equal(t, "catalog", report.Defects[0].Source)
}

func TestLoadIsAllOrNothing(t *testing.T) {
	t.Parallel()
	good := said{name: "good", rows: []source.Row{priced(t, 1, "m5.large", "0.11", "", "good")}}
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		bad  source.Source
		want string
	}{
		"broken off":       {said{name: "bad", rows: good.rows, errs: []error{boom}}, "source bad: boom"},
		"empty":            {said{name: "bad"}, "source bad: refused: it says nothing"},
		"all defects":      {said{name: "bad", errs: []error{&source.Defect{Reason: "is nonsense"}}}, "none of its 1 rows can be used, the first: is nonsense"},
		"all unknown":      {said{name: "bad", rows: []source.Row{priced(t, 1, "m9.large", "0.1", "", "bad")}}, "none of its 1 rows can be used"},
		"wrapped a defect": {said{name: "bad", rows: good.rows, errs: []error{fmt.Errorf("x: %w", &source.Defect{Reason: "y"})}}, "source bad: x: y"},
	} {
		old := base(t)
		digest := old.Digest()
		got, report, err := source.Load(t.Context(), old, good, c.bad)
		require.ErrorContains(t, err, c.want, name)
		require.Same(t, old, got, name)
		require.Equal(t, digest, got.Digest(), name)
		require.Len(t, report.Sources, 2, name)
		// An optional source is left out, whole, and the others count.
		got, report, err = source.Load(t.Context(), old, source.Optional(c.bad), good)
		require.NoError(t, err, name)
		o, _ := got.Offering(m5)
		require.Equal(t, usd(t, "0.11"), o.Price, name)
		require.Error(t, report.Sources[0].Err, name)
		require.Zero(t, report.Sources[0].Kept)
		require.Contains(t, report.String(), "left out")
	}
	refused, ok := errors.AsType[*source.RefusedError](func() error {
		_, _, err := source.Load(t.Context(), nil, said{name: "bad"})
		return err
	}())
	require.True(t, ok)
	require.Equal(t, "bad", refused.Source)
}

func TestLoadStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	cancel(stop)
	old := base(t)
	good := said{name: "good", rows: []source.Row{priced(t, 1, "m5.large", "0.11", "", "good")}}
	got, _, err := source.Load(ctx, old, source.Optional(good))
	require.ErrorIs(t, err, stop)
	require.Same(t, old, got)
}

func TestLikeDefectsAreCountedTogether(t *testing.T) {
	t.Parallel()
	list := said{name: "list", rows: []source.Row{priced(t, 1, "m5.large", "0.11", "", "list")}}
	for i := range 5_000 {
		list.errs = append(list.errs,
			&source.Defect{Where: source.Where{File: "list", Row: i + 1}, Reason: "is nonsense"},
			&source.Defect{Where: source.Where{File: "list", Row: i + 1}, Reason: fmt.Sprint("nonsense ", i), Kept: true})
	}
	_, report, err := source.Load(t.Context(), base(t), list)
	require.NoError(t, err)
	require.Len(t, report.Defects, 1_000)
	require.Equal(t, 5_000, report.Defects[0].Count)
	require.Equal(t, 1, report.Defects[0].Where.Row)
	require.Equal(t, 4_001, report.More)
	require.Equal(t, source.Tally{Name: "list", Rows: 5_001, Kept: 1, Refused: 5_000, Doubted: 5_000}, *report.Sources[0])
	require.Contains(t, report.String(), "refused: list:1: is nonsense (5000 rows)\n")
	require.Contains(t, report.String(), "and 4001 defects more\n")
}

// What a source said last is what the catalog says, unless it was refused; what nobody spoke of is as it was; and the
// same sources give the same catalog and the same report.
func TestLoadProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(rapid.Int64Range(1, 400_000_000), 1, 6).Draw(t, "prices")
		var sources []source.Source
		for i, p := range prices {
			name := fmt.Sprint("source ", i)
			row := priced(t, 1, "m5.large", "1", "", name)
			row.Offering.Price = unit.Price(p)
			sources = append(sources, said{name: name, rows: []source.Row{row}})
			if rapid.Bool().Draw(t, "optional") {
				sources[i] = source.Optional(sources[i])
			}
		}
		old := base(t)
		got, report, err := source.Load(context.Background(), old, sources...)
		again, report2, err2 := source.Load(context.Background(), old, sources...)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(err2))
		require.Equal(t, got.Digest(), again.Digest())
		require.Equal(t, report.String(), report2.String())
		if err != nil {
			require.Equal(t, old.Digest(), got.Digest())
			return
		}
		want, by := unit.Price(100_000_000), "the snapshot"
		for i, p := range prices {
			if q := unit.Price(p); q/50 <= want && want/50 <= q {
				want, by = q, fmt.Sprint("source ", i)
			}
		}
		o, _ := got.Offering(m5)
		require.Equal(t, want, o.Price)
		require.Equal(t, by, o.Source.Name)
		rest, _ := got.Offering("azure/westeurope/vm/Standard_D2s_v5/on-demand")
		before, _ := old.Offering("azure/westeurope/vm/Standard_D2s_v5/on-demand")
		require.Equal(t, before, rest)
	})
}

// The real snapshot takes real lists.
func TestLoadOverTheSnapshot(t *testing.T) {
	t.Parallel()
	old, err := catalog.Embedded()
	require.NoError(t, err)
	c, report, err := source.Load(t.Context(), old,
		source.File(os.DirFS("testdata"), "aws_ec2.csv", source.AWSCSV),
		source.File(os.DirFS("testdata"), "gcp_page1.json", source.GCPSkus{Types: old.Types()}.Read))
	require.NoError(t, err, report)
	require.NotEqual(t, old.Digest(), c.Digest())
	for _, want := range []string{"aws/us-east-1/vm/m5.large/on-demand", "gcp/us-central1/vm/e2-standard-2/on-demand"} {
		_, ok := c.Offering(want)
		require.True(t, ok, want)
	}
}

// What a source does not know of a place, a machine or a link is kept from what was known.
func TestWhatIsNotKnownStays(t *testing.T) {
	t.Parallel()
	old := base(t)
	d := old.Data()
	ireland := catalog.Place{Cloud: "aws", Region: "eu-west-1"}
	carbon := 316.0
	for i := range d.Regions {
		if d.Regions[i].Place == ireland {
			d.Regions[i].City, d.Regions[i].Latitude, d.Regions[i].Carbon = "Dublin", 53.35, &carbon
			d.Regions[i].Since, d.Regions[i].Zones = day, []string{"eu-west-1a"}
		}
	}
	to := catalog.Place{Cloud: catalog.Internet}
	d.Links = append(d.Links, catalog.Link{From: ireland, To: to, Egress: usd(t, "0.09"), Bandwidth: 1e9, Source: before})
	old, err := catalog.New(d)
	require.NoError(t, err)
	by := catalog.Source{Name: "list", AsOf: day}
	list := said{name: "list", rows: []source.Row{
		{Region: &catalog.Region{Place: ireland, Country: "DE", Source: by}},
		{Type: &catalog.InstanceType{Cloud: "aws", Name: "m5.large", CPUs: 4, Memory: 8 * unit.GiB, Source: by}},
		{Cloud: &catalog.Cloud{Name: "aws", Title: "AWS", Source: by}},
		{Link: &catalog.Link{From: ireland, To: to, Unpriced: true, Latency: 1e9, Source: by}},
	}}
	c, report, err := source.Load(t.Context(), old, list)
	require.NoError(t, err)
	require.Empty(t, report.Defects)
	require.Equal(t, []string{
		"aws/eu-west-1: country: DE by list, not IE by catalog", "aws/m5.large: cpus: 4 by list, not 2 by catalog",
	}, lines(report.Conflicts))
	region, _ := c.Region(ireland)
	require.Equal(t, catalog.Region{
		Place: ireland, Country: "DE", City: "Dublin", Latitude: 53.35, Zones: []string{"eu-west-1a"}, Since: day, Carbon: &carbon, Source: by,
	}, region)
	machine, _ := c.Type("aws", "m5.large")
	require.InDelta(t, 120, *machine.Watts, 0)
	require.Equal(t, "amd64", machine.Arch)
	require.Equal(t, 4, machine.CPUs)
	cloud, _ := c.Cloud("aws")
	require.Equal(t, catalog.Cloud{Name: "aws", Title: "AWS", Operator: "US", Source: by}, cloud)
	link, ok := c.Link(ireland, catalog.Place{Cloud: catalog.Internet})
	require.True(t, ok)
	require.Equal(t, usd(t, "0.09"), link.Egress)
	require.InDelta(t, 1e9, link.Bandwidth, 0)

	leap := said{name: "leap", rows: []source.Row{
		{Link: &catalog.Link{From: ireland, To: to, Egress: usd(t, "9"), Source: by}},
		{Link: &catalog.Link{From: catalog.Place{Cloud: "gcp"}, To: to, Egress: usd(t, "0.1"), Source: by}},
		{Link: &catalog.Link{From: catalog.Place{Cloud: "gcp"}, To: to, Egress: usd(t, "0.1"), Source: by}},
	}}
	_, report, err = source.Load(t.Context(), c, leap)
	require.NoError(t, err)
	require.Len(t, report.Defects, 2)
	require.Contains(t, report.String(), "aws/eu-west-1 to *: the price $9.00 is not believed: it was $0.09")
	require.Contains(t, report.String(), "gcp to *: given twice")
}

// A loser that could not have won is no reason to take the winner out.
func TestBadLoser(t *testing.T) {
	t.Parallel()
	named := func(by, price, zone string) said {
		row := priced(t, 1, "m5.large", price, "", by)
		row.Offering.ID, row.Offering.Place.Zone = "mine", zone
		return said{name: by, rows: []source.Row{row}}
	}
	bad, good := named("one", "0.11", "us-east-1z"), named("two", "0.12", "us-east-1a")
	c, report, err := source.Load(t.Context(), base(t), bad, good)
	require.NoError(t, err)
	o, ok := c.Offering("mine")
	require.True(t, ok)
	require.Equal(t, usd(t, "0.12"), o.Price)
	require.Len(t, report.Conflicts, 1)
	_, _, err = source.Load(t.Context(), base(t), good, bad)
	require.ErrorContains(t, err, `source one: refused: none of its 1 rows can be used, the first: one:1: mine: unknown zone`)
}
