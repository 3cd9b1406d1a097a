package catalog_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func TestBilledTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minimum, increment, term, use, want time.Duration
	}{
		{0, 0, 0, 90 * time.Second, 90 * time.Second},
		{time.Minute, time.Second, 0, 300 * time.Millisecond, time.Minute},
		{time.Minute, time.Second, 0, 61*time.Second + 1, 62 * time.Second},
		{0, time.Hour, 0, time.Second, time.Hour},
		{0, time.Hour, 0, time.Hour, time.Hour},
		{10 * time.Minute, time.Hour, 0, 61 * time.Minute, 2 * time.Hour},
		{0, 0, 720 * time.Hour, time.Hour, 720 * time.Hour},
		{0, 0, 720 * time.Hour, 721 * time.Hour, 1440 * time.Hour},
		{0, 0, 720 * time.Hour, 0, 720 * time.Hour},
		{time.Minute, time.Second, 0, 0, 0},
		{time.Minute, time.Second, 0, -1, 0},
		{0, time.Hour, 0, math.MaxInt64, math.MaxInt64},
	} {
		o := Offering{Minimum: c.minimum, Increment: c.increment, Commitment: Commitment{Term: c.term}}
		require.Equal(t, c.want, o.Billed(c.use), "%+v", c)
	}
}

func TestCostByUnit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    Offering
		u    Usage
		want string
	}{
		{Offering{Price: dollars("3"), Unit: PerHour, Minimum: time.Minute}, Usage{Time: time.Second}, "$0.05"},
		{Offering{Price: dollars("3"), Increment: time.Hour}, Usage{Machines: 4, Time: 61 * time.Minute}, "$24.00"},
		{Offering{Price: dollars("5"), Unit: PerTB}, Usage{Bytes: 250 * unit.GB}, "$1.25"},
		{Offering{Price: dollars("0.4"), Unit: PerMillion}, Usage{Requests: 2_500_000}, "$1.00"},
		{Offering{Price: dollars("0.02"), Unit: PerGBMonth}, Usage{Bytes: 100 * unit.GB, Time: 365 * time.Hour}, "$1.00"},
		{Offering{Price: dollars("0.02"), Unit: PerGBMonth, Minimum: 730 * time.Hour}, Usage{Bytes: 100 * unit.GB, Time: time.Hour}, "$2.00"},
		{
			Offering{Price: dollars("1"), Market: Reserved, Commitment: Commitment{Term: 10 * time.Hour, Upfront: dollars("7")}},
			Usage{Machines: 2, Time: 11 * time.Hour},
			"$68.00",
		},
	} {
		got, err := c.o.Cost(c.u)
		require.NoError(t, err)
		require.Equal(t, c.want, got.String(), "%+v", c)
	}
	for _, u := range []Usage{{Machines: -1}, {Time: -1}, {Bytes: -1}, {Requests: -1}, {Machines: math.MaxInt, Time: math.MaxInt64}} {
		_, err := Offering{ID: "x", Price: 1}.Cost(u)
		require.ErrorContains(t, err, "cost of x")
	}
	_, err := Offering{Unit: "week"}.Cost(Usage{})
	require.Error(t, err)
	_, err = Offering{Price: 1, Commitment: Commitment{Term: 1, Upfront: math.MaxInt64}}.Cost(Usage{Time: 2})
	require.ErrorIs(t, err, unit.ErrOverflow)
}

func TestBilledIsNoLessAndAMultiple(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		some := func(name string) time.Duration { return time.Duration(rapid.Int64Range(0, 1e13).Draw(rt, name)) }
		o := Offering{Minimum: some("minimum"), Increment: some("increment")}
		use := some("use") + 1
		billed := o.Billed(use)
		require.GreaterOrEqual(rt, billed, max(use, o.Minimum))
		if o.Increment > 0 {
			require.Zero(rt, billed%o.Increment)
			require.Less(rt, billed, max(use, o.Minimum)+o.Increment)
		}
		require.Equal(rt, billed, o.Billed(billed), "billing what is billed changes nothing")
	})
}

func TestReservationsAreChecked(t *testing.T) {
	t.Parallel()
	opens := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	rate := 0.1
	for why, edit := range map[string]func(*Offering){
		"binds its buyer on market":      func(o *Offering) { o.Market, o.Commitment.Term = OnDemand, time.Hour },
		"binds its buyer per TB":         func(o *Offering) { o.Unit, o.Commitment.Term = PerTB, time.Hour },
		"term -1ns":                      func(o *Offering) { o.Commitment.Term = -1 },
		"upfront -$":                     func(o *Offering) { o.Commitment.Upfront = -1 },
		"without a term":                 func(o *Offering) { o.Commitment.Upfront = 1 },
		"closes 2026-12-01, not after":   func(o *Offering) { o.Commitment.Opens, o.Commitment.Closes = opens, opens },
		"window 0001":                    func(o *Offering) { o.Commitment.Opens = time.Time{}.Add(1) },
		"rate of preemption on market":   func(o *Offering) { o.Preemption = &rate },
		"increment -1ns":                 func(o *Offering) { o.Increment = -1 },
		"preemption -1: want 0 to 3600":  func(o *Offering) { low := -1.0; o.ID, o.Market, o.Preemption = "x", Spot, &low },
		"spot price $12.24 is above the": func(o *Offering) { o.Market, o.Preemption = Spot, &rate; o.ID = "x"; o.Price = dollars("12.24") },
	} {
		d := small()
		o := d.Offerings[1]
		o.Market, o.Price = Reserved, dollars("8")
		edit(&o)
		d.Offerings[1].Price = dollars("12")
		d.Offerings = append(d.Offerings, o)
		if o.Market == OnDemand {
			d.Offerings = append(d.Offerings[:1], d.Offerings[2:]...)
		}
		_, err := New(d)
		require.ErrorContains(t, err, why)
	}
}

func TestReservationsLoadBack(t *testing.T) {
	t.Parallel()
	d, rate := small(), 0.025
	d.Offerings[2].Preemption = &rate
	o := d.Offerings[1]
	o.Market, o.Increment, o.Capacity = Reserved, time.Second, 16
	o.Commitment = Commitment{Term: 8760 * time.Hour, Upfront: dollars("1000.5"), Opens: testSource().AsOf, Closes: testSource().AsOf.Add(1000 * time.Hour)}
	d.Offerings = append(d.Offerings, o)
	d.Links[0].Tiers = tiered().Tiers
	d.Links[1].Waives, d.Links[1].RTT = true, 12*time.Millisecond
	c := newCatalog(t, d)
	back, err := Load(dir(c))
	require.NoError(t, err)
	require.Equal(t, c.Digest(), back.Digest())
	require.Equal(t, c.Data().Links, back.Data().Links)
	require.Equal(t, c.Data().Offerings, back.Data().Offerings)
	got, ok := back.Offering("red/north/a/vm/gpu.4/reserved")
	require.True(t, ok)
	require.Equal(t, o.Commitment, got.Commitment)
	require.Equal(t, 16, got.Capacity)
	spot, _ := back.Offering("red/north/a/vm/gpu.4/spot")
	require.Equal(t, 0.025, *spot.Preemption)
}

func TestCommitmentWindow(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return testSource().AsOf.AddDate(0, 0, n) }
	c := Commitment{Opens: day(1), Closes: day(3)}
	for _, x := range []struct {
		from, until int
		open        bool
	}{{1, 3, true}, {1, 2, true}, {0, 2, false}, {2, 4, false}, {3, 3, false}, {3, 0, false}, {1, 0, true}} {
		require.Equal(t, x.open, c.Open(day(x.from), day(x.until)), "%d to %d", x.from, x.until)
	}
	require.True(t, c.Open(day(2), time.Time{}))
	require.True(t, Commitment{}.Open(day(0), day(1000)))
}
