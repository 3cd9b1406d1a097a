package sky_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/sky"
)

// planWith plans a job over a catalog with some more configuration.
func planWith(t *testing.T, cfg sky.Config, d catalog.Data, j *sky.Job) *sky.Plan {
	t.Helper()
	c, err := catalog.New(d)
	require.NoError(t, err)
	cfg.Catalog = c
	b, err := sky.New(cfg)
	require.NoError(t, err)
	p, err := b.Plan(t.Context(), j)
	require.NoError(t, err)
	return p
}

// copying reads so many datasets at AWS on a machine that only GCP has.
func copying(sizes ...sky.Bytes) *sky.Job {
	j := sky.NewJob("copying")
	s := j.Stage("train").Script("x").Needs(sky.Accelerator("tpu-v3:8")).Takes(time.Hour)
	for i, size := range sizes {
		s.Reads(j.Dataset(string(rune('a'+i)), "s3://x/"+string(rune('a'+i))+"/", size).At("aws/us-east-1"))
	}
	return j
}

// TestTenTebibytesOutOfAWSAreNotFree: a planner that looks egress up in a table without tiers, or takes unknown for nothing,
// has said $0.
func TestTenTebibytesOutOfAWSAreNotFree(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	for _, x := range []struct {
		used sky.Bytes
		want float64
	}{
		{0, 10_240*0.09 + 755.11627776*0.085},
		{20 * sky.TB, 10_995.11627776 * 0.085},
		{45 * sky.TB, 6_200*0.085 + 4_795.11627776*0.07},
		{200 * sky.TB, 10_995.11627776 * 0.05},
	} {
		b, err := sky.New(sky.Config{Catalog: c, Used: map[string]sky.Bytes{"aws": x.used}})
		require.NoError(t, err)
		j := sky.NewJob("away")
		raw := j.Dataset("raw", "s3://raw/", 10*sky.TiB).At("aws/us-east-1")
		j.Stage("train").Script("x").Needs(sky.Accelerator("tpu-v3:8")).Reads(raw).Takes(time.Hour)
		p, err := b.Plan(t.Context(), j)
		require.NoError(t, err)
		require.InDelta(t, x.want, float64(p.Egress)/1e9, 0.00001)
		require.Equal(t, x.used, p.Routes[0].Used)
		require.Equal(t, "aws", p.Routes[0].Meter)
		require.True(t, p.Proof.Optimal)
		require.InDelta(t, float64(p.Cost)/1000, float64(p.Proof.Value), 5, "the solver knows the tiers too")
	}
}

// tiered is the market with a price that falls after the first 10 GB that leave AWS.
func tiered() catalog.Data {
	d := market()
	for i := range d.Links {
		if d.Links[i].From.Cloud == "aws" {
			d.Links[i].Tiers = []catalog.Tier{{From: 10 * sky.GB, Price: price("0.01")}}
		}
	}
	return d
}

// TestRoutesShareTheTiersOfAMonth: three copies together cost what one of their size does.
func TestRoutesShareTheTiersOfAMonth(t *testing.T) {
	t.Parallel()
	p := planWith(t, sky.Config{}, tiered(), copying(6*sky.GB, 6*sky.GB, 3*sky.GB))
	require.Equal(t, "$0.95", p.Egress.String())
	require.Equal(t, []sky.Bytes{0, 6 * sky.GB, 12 * sky.GB}, []sky.Bytes{p.Routes[0].Used, p.Routes[1].Used, p.Routes[2].Used})
	require.Equal(t, "$0.95", planWith(t, sky.Config{}, tiered(), copying(15*sky.GB)).Egress.String())

	p = planWith(t, sky.Config{Used: map[string]sky.Bytes{"aws": 7 * sky.GB, "aws/us-east-1": 9 * sky.GB}}, tiered(), copying(15*sky.GB))
	require.Equal(t, "$0.23", p.Egress.String())
	require.Equal(t, "aws/us-east-1", p.Routes[0].Meter, "a region that is counted by itself")

	_, err := sky.New(sky.Config{Used: map[string]sky.Bytes{"aws/x/y": 1, "gcp": -1}})
	require.ErrorContains(t, err, `Used["aws/x/y"]`)
	require.ErrorContains(t, err, `Used["gcp"]: -1`)
}

// TestAPlanChangesWithTheVolumeOfTheMonth: where egress has become cheap, data is worth moving to the cheaper machine.
func TestAPlanChangesWithTheVolumeOfTheMonth(t *testing.T) {
	t.Parallel()
	job := func() *sky.Job {
		j := sky.NewJob("match")
		raw := j.Dataset("raw", "s3://x/", 20*sky.GB).At("aws/us-east-1")
		j.Stage("play").Script("x").Needs(sky.Accelerator("v100:4")).Reads(raw).Takes(time.Hour) // $1.37 less on GCP
		return j
	}
	d := tiered()
	for i := range d.Links {
		if d.Links[i].From.Cloud == "aws" {
			d.Links[i].Egress = price("0.2")
		}
	}
	require.Equal(t, []string{"aws"}, clouds(planWith(t, sky.Config{}, d, job())))
	p := planWith(t, sky.Config{Used: map[string]sky.Bytes{"aws": 8 * sky.GB}}, d, job())
	require.Equal(t, []string{"gcp"}, clouds(p))
	flip, err := p.EgressBreakEven(t.Context())
	require.NoError(t, err)
	require.True(t, flip.Found)
	require.InDelta(t, 1.37/0.58, flip.Factor, 0.002, "the tiers move with the factor")
	require.Equal(t, []string{"aws"}, clouds(flip.After))
}

// TestTheLedgerCountsTheMonthAsThePlanDoes, and a machine's time by its increments.
func TestTheLedgerCountsTheMonthAsThePlanDoes(t *testing.T) {
	t.Parallel()
	d := tiered()
	for i := range d.Offerings {
		d.Offerings[i].Minimum, d.Offerings[i].Increment = time.Minute, time.Hour
	}
	c, err := catalog.New(d)
	require.NoError(t, err)
	inBubbleOf(t, c, fake.Config{}, "", func(t *testing.T, b *bench) {
		for _, name := range []string{"a", "b"} {
			b.put("s3://x/"+name+"/data", string(make([]byte, 600)))
		}
		b.cfg.Used = map[string]sky.Bytes{"aws": 10*sky.GB - 1000}
		broker := b.renew()
		defer broker.Close()
		p, err := broker.Plan(t.Context(), copying(600, 600))
		require.NoError(t, err)
		require.Equal(t, "$9.81", p.Stages[0].Cost.String(), "a whole hour at least")
		run, err := broker.Start(t.Context(), p)
		require.NoError(t, err)
		r, err := run.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, p.Cost, r.Actual)
		require.Equal(t, p.Egress, r.Ledger[1].Actual+r.Ledger[2].Actual)
		require.Equal(t, sky.Money(90+2), p.Egress, "1000 bytes at $0.09 for a gigabyte, 200 at $0.01: nano-dollars")
		require.Equal(t, map[string]sky.Bytes{"aws": 1200}, r.Sent())
		require.Equal(t, r.Actual, r.List)
		bill, err := r.Receipt(catalog.PriceBook{Credits: []catalog.Credit{{Cloud: "gcp", Balance: 4 * sky.Dollar}}})
		require.NoError(t, err)
		require.Equal(t, r.Actual, bill.List)
		require.Equal(t, r.Actual-4*sky.Dollar, bill.Due)
		require.Zero(t, bill.Left.Credits[0].Balance)
		require.NotContains(t, r.String(), "List")
	})
}

// TestSpotLossesOfTheCatalog hold where the job does not say better.
func TestSpotLossesOfTheCatalog(t *testing.T) {
	t.Parallel()
	d := market()
	taken := 0.5
	spot := d.Offerings[9] // aws small
	spot.Market, spot.Price, spot.Preemption = catalog.Spot, spot.Price/2, &taken
	d.Offerings = append(d.Offerings, spot)
	job := func(l sky.Losses) *sky.Job {
		j := sky.NewJob("long")
		j.Stage("work").Script("x").Takes(10 * time.Hour).Spot().Losses(l)
		return j
	}
	p := planWith(t, sky.Config{}, d, job(sky.Losses{}))
	require.Equal(t, catalog.OnDemand, p.Stages[0].Offering.Market, "five losses of half the work each are dearer")
	p = planWith(t, sky.Config{}, d, job(sky.Losses{Checkpoint: time.Hour}))
	require.Equal(t, catalog.Spot, p.Stages[0].Offering.Market)
	require.Equal(t, 12*time.Hour+30*time.Minute, p.Stages[0].Time)
	p = planWith(t, sky.Config{}, d, job(sky.Losses{PerHour: 0.01}))
	require.Equal(t, 10*time.Hour+30*time.Minute, p.Stages[0].Time, "the job knows better")
}

// TestReservations are options of stages that ask for them, while they are open, at the price of their term.
func TestReservations(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	d := market()
	mine := d.Offerings[9] // aws small, $0.05 an hour
	mine.Market, mine.Price = catalog.Reserved, price("0.01")
	mine.Commitment = catalog.Commitment{Term: 24 * time.Hour, Opens: now.Add(-time.Hour), Closes: now.Add(10 * time.Hour)}
	d.Offerings = append(d.Offerings, mine)
	at := func(when time.Time) sky.Config { return sky.Config{Now: func() time.Time { return when }} }
	job := func(takes time.Duration) *sky.Job {
		j := sky.NewJob("booked")
		j.Stage("work").Script("x").Takes(takes).Reserved()
		return j
	}
	p := planWith(t, at(now), d, job(8*time.Hour))
	require.Equal(t, catalog.Reserved, p.Stages[0].Offering.Market)
	require.Equal(t, "$0.24", p.Cost.String(), "the whole term")
	require.Empty(t, p.Warnings)
	for name, other := range map[string]*sky.Plan{
		"dearer than four hours on demand": planWith(t, at(now), d, job(4*time.Hour)),
		"not open long enough":             planWith(t, at(now), d, job(11*time.Hour)),
		"not open until the deadline":      planWith(t, at(now), d, job(8*time.Hour).Deadline(11*time.Hour)),
		"not open yet":                     planWith(t, at(now.Add(-2*time.Hour)), d, job(8*time.Hour)),
		"closed":                           planWith(t, at(now.Add(10*time.Hour)), d, job(8*time.Hour)),
	} {
		require.Equal(t, catalog.OnDemand, other.Stages[0].Offering.Market, name)
	}
	unasked := sky.NewJob("unasked")
	unasked.Stage("work").Script("x").Takes(8 * time.Hour)
	require.Equal(t, catalog.OnDemand, planWith(t, at(now), d, unasked).Stages[0].Offering.Market)

	late := job(8 * time.Hour)
	first := late.Stage("first").Script("x").Takes(5 * time.Hour)
	second := late.Stage("second").Script("x").Takes(8 * time.Hour).Reserved().After(first)
	require.NotNil(t, second)
	p = planWith(t, at(now), d, late)
	require.Contains(t, p.Warnings, `stage "second" ends after its reservation closes on 2026-11-24 22:00:00: give the job a deadline before that`)
	require.NotEqual(t, planWith(t, at(now.Add(time.Minute)), d, job(time.Hour)).Snapshot, planWith(t, at(now), d, job(time.Hour)).Snapshot,
		"the time is part of what is known where it decides")
}

func TestAStaleCatalogIsRefused(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(market()) // of 2022-05-15
	require.NoError(t, err)
	cfg := sky.Config{Catalog: c, Fresh: 24 * time.Hour, Now: func() time.Time { return time.Date(2022, 5, 16, 0, 0, 0, 0, time.UTC) }}
	b, err := sky.New(cfg)
	require.NoError(t, err)
	p, err := b.Plan(t.Context(), reviews())
	require.NoError(t, err)
	require.Equal(t, c.Digest(), p.Catalog)

	cfg.Now = func() time.Time { return time.Date(2022, 5, 16, 0, 0, 0, 1, time.UTC) }
	b, err = sky.New(cfg)
	require.NoError(t, err)
	_, err = b.Snapshot(t.Context())
	var stale *catalog.StaleError
	require.ErrorAs(t, err, &stale)
	require.Equal(t, 24*time.Hour, stale.MaxAge)
	_, err = b.Plan(t.Context(), reviews())
	require.ErrorAs(t, err, &stale)
}

// TestAStaleCatalogStopsNoRun: a plan that was made in time is run, whatever its age by then.
func TestAStaleCatalogStopsNoRun(t *testing.T) {
	t.Parallel()
	d := market()
	d.Source.AsOf = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) // bubbles begin in 2000
	c, err := catalog.New(d)
	require.NoError(t, err)
	inBubbleOf(t, c, fake.Config{Programs: pipelinePrograms()}, "", func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		p, err := b.broker.Plan(t.Context(), reviews())
		require.NoError(t, err)
		b.cfg.Fresh = time.Nanosecond
		broker := b.renew()
		defer broker.Close()
		_, err = broker.Plan(t.Context(), reviews())
		require.ErrorAs(t, err, new(*catalog.StaleError))
		run, err := broker.Start(t.Context(), p)
		require.NoError(t, err)
		_, err = run.Wait(t.Context())
		require.NoError(t, err)
	})
}
