package catalog_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// billedTB is a terabyte as aws bills it: 1024 of the gigabytes that its prices are for.
const billedTB = 1024 * unit.GB

func tiered() Link {
	return Link{Egress: dollars("0.09"), Tiers: []Tier{
		{From: 10 * billedTB, Price: dollars("0.085")},
		{From: 50 * billedTB, Price: dollars("0.07")},
		{From: 150 * billedTB, Price: dollars("0.05")},
	}}
}

// The volumes and amounts of a table of what another broker gets wrong: it subtracts a threshold where it should stop
// at it, so that 10 TiB out of aws cost nothing.
func TestTransferTiersAreMarginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		volume unit.Bytes
		want   string
	}{
		{0, "$0.00"},
		{5, "$460.80"},
		{10, "$921.60"},
		{15, "$1356.80"},
		{50, "$4403.20"},
		{60, "$5120.00"},
		{100, "$7987.20"},
		{150, "$11571.20"},
		{160, "$12083.20"},
	} {
		got, err := tiered().Cost(c.volume*billedTB, 0)
		require.NoError(t, err)
		require.Equal(t, c.want, got.String(), "%d TiB", c.volume)
	}
}

func TestTransferCountsTheMonth(t *testing.T) {
	t.Parallel()
	d := small()
	d.Links[0].Tiers = []Tier{{From: 10 * unit.TB, Price: dollars("0.01")}}
	c := newCatalog(t, d)
	from, to := place("red/north"), place("blue/paris")
	for used, want := range map[unit.Bytes]string{0: "$90.00", 9500 * unit.GB: "$50.00", 10 * unit.TB: "$10.00", 50 * unit.TB: "$10.00"} {
		got, err := c.Transfer(from, to, unit.TB, used)
		require.NoError(t, err)
		require.Equal(t, want, got.String(), "after %s", used)
	}
	_, err := c.Transfer(place("green/x"), to, 1, 0)
	unknown, ok := errors.AsType[*UnknownLinkError](err)
	require.True(t, ok)
	require.Equal(t, "green/x", unknown.From.String())
	require.ErrorContains(t, err, "no price is known for moving data from green/x to blue/paris")
}

func TestTransferRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, used unit.Bytes }{{-1, 0}, {0, -1}, {math.MaxInt64, 1}, {1, math.MaxInt64}} {
		_, err := tiered().Cost(c.size, c.used)
		require.ErrorIs(t, err, unit.ErrOverflow)
	}
	_, err := Link{Egress: math.MaxInt64, Tiers: []Tier{{unit.GB, math.MaxInt64}}}.Cost(math.MaxInt64, 0)
	require.ErrorIs(t, err, unit.ErrOverflow)
}

func TestTransferIsAdditiveAndMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := Link{Egress: unit.Price(rapid.Int64Range(0, 1e9).Draw(rt, "price"))}
		from := unit.Bytes(0)
		for range rapid.IntRange(0, 4).Draw(rt, "tiers") {
			from += unit.Bytes(rapid.Int64Range(1, 1e14).Draw(rt, "width"))
			l.Tiers = append(l.Tiers, Tier{from, unit.Price(rapid.Int64Range(0, 1e9).Draw(rt, "tier price"))})
		}
		used := unit.Bytes(rapid.Int64Range(0, 1e15).Draw(rt, "used"))
		a, b := unit.Bytes(rapid.Int64Range(0, 1e15).Draw(rt, "a")), unit.Bytes(rapid.Int64Range(0, 1e15).Draw(rt, "b"))
		cost := func(size, used unit.Bytes) unit.Money {
			m, err := l.Cost(size, used)
			require.NoError(rt, err)
			require.GreaterOrEqual(rt, m, unit.Money(0))
			return m
		}
		require.Equal(rt, cost(a+b, used), cost(a, used)+cost(b, used+a))
		if len(l.Tiers) == 0 {
			want, err := l.Egress.For(unit.Gigabytes(a))
			require.NoError(rt, err)
			require.Equal(rt, want, cost(a, 0))
		}
	})
}

func TestPeeringIsFreeOnlyIfReciprocal(t *testing.T) {
	t.Parallel()
	d := small()
	d.Links = []Link{
		{From: place("red"), To: place("*"), Egress: dollars("0.09")},
		{From: place("red/south"), To: place("*"), Egress: dollars("0.15")},
		{From: place("red"), To: place("blue"), Egress: dollars("0.09"), Waives: true},
		{From: place("red/south"), To: place("blue"), Egress: dollars("0.15")},
		{From: place("blue"), To: place("red"), Egress: dollars("0.05")},
	}
	egress := func(c *Catalog, from, to string) string {
		l, ok := c.Link(place(from), place(to))
		require.True(t, ok)
		require.Equal(t, l.Egress == 0, l.Free)
		return l.Egress.String()
	}
	one := newCatalog(t, d)
	require.Equal(t, "$0.09", egress(one, "red/north", "blue/paris"), "a waiver that is not returned")
	require.Equal(t, "$0.05", egress(one, "blue/paris", "red/north"))

	d.Links[4].Waives = true
	both := newCatalog(t, d)
	for _, region := range []string{"red/north", "red/south"} {
		require.Equal(t, "$0.00", egress(both, region, "blue/paris"))
		require.Equal(t, "$0.00", egress(both, "blue/paris", region))
	}
	require.Equal(t, "$0.09", egress(both, "red/north", "green/x"), "nobody else gains")
	require.NotEqual(t, one.Digest(), both.Digest())
}

func TestLinksAreChecked(t *testing.T) {
	t.Parallel()
	for why, edit := range map[string]func(*Link){
		"waives egress to the internet":       func(l *Link) { l.Waives = true },
		"tier from 1 GB: want more than 1 GB": func(l *Link) { l.Tiers = []Tier{{unit.GB, 1}, {unit.GB, 1}} },
		"tier from 0 B":                       func(l *Link) { l.Tiers = []Tier{{0, 1}} },
		"is negative":                         func(l *Link) { l.Tiers = []Tier{{1, -1}} },
		"has tiers, yet":                      func(l *Link) { l.Egress, l.Free, l.Tiers = 0, true, []Tier{{1, 1}} },
		"rtt -1ns":                            func(l *Link) { l.RTT = -1 },
		"yet the row says that it knows none": func(l *Link) { l.Unpriced, l.RTT = true, 1 },
		"says nothing: leave the row out":     func(l *Link) { l.Unpriced, l.Egress = true, 0 },
	} {
		d := small()
		edit(&d.Links[0])
		_, err := New(d)
		require.ErrorContains(t, err, why)
	}
}

func TestUnpricedLinkGivesTheRest(t *testing.T) {
	t.Parallel()
	d := small()
	d.Links = append(d.Links,
		Link{From: place("red/north"), To: place("red/south"), Unpriced: true, RTT: 120 * time.Millisecond, Source: Source{Name: "probe", AsOf: testSource().AsOf}},
		Link{From: place("red/north"), To: place("red/north"), Unpriced: true, Bandwidth: 5e9},
		Link{From: place("blue/paris"), To: place("blue/paris"), Unpriced: true, Bandwidth: 1},
		Link{From: place("blue"), To: place("*"), Unpriced: true, Bandwidth: 7})
	c := newCatalog(t, d)
	l, ok := c.Link(place("red/north"), place("red/south"))
	require.True(t, ok)
	require.Equal(t, Link{
		From: place("red/north"), To: place("red/south"), Egress: dollars("0.02"), Bandwidth: 6e8, RTT: 120 * time.Millisecond, Source: testSource(),
	}, l)
	l, ok = c.Link(place("red/north"), place("red/north"))
	require.True(t, ok)
	require.True(t, l.Free)
	require.Equal(t, 5e9, l.Bandwidth)
	_, ok = c.Link(place("blue/paris"), place("green/x"))
	require.False(t, ok, "no price is known")
}

// Data of aws for several consumers at gcp: a store that asks nothing for egress pays as soon as two consumers read it,
// and not before, since each byte leaves aws once instead of once per consumer.
func TestZeroEgressStoreBreaksEvenAtTwoConsumers(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	aws, gcp, store := place("aws/us-east-1"), place("gcp/us-central1"), place("cloudflare/auto")
	const size, parts = unit.TB, 125_000 // of 8 MB
	move := func(from, to Place) unit.Money {
		m, err := c.Transfer(from, to, size, 0)
		require.NoError(t, err)
		return m
	}
	use := func(service string, u Usage) unit.Money {
		m, err := c.Offerings(Query{Service: service, Place: store})[0].Cost(u)
		require.NoError(t, err)
		return m
	}
	for n := unit.Money(1); n <= 4; n++ {
		direct := n * move(aws, gcp)
		staged := move(aws, store) + n*move(store, gcp) + use(BlobWrite, Usage{Requests: parts}) +
			n*use(BlobRead, Usage{Requests: parts}) + use(Blob, Usage{Bytes: size, Time: 24 * time.Hour})
		require.Equal(t, n >= 2, staged < direct, "%d consumers: direct %s, staged %s", n, direct, staged)
	}
}
