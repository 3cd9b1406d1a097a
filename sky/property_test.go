package sky

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// corner is a small world with odd prices: two machines for each of three clouds.
func corner(t *testing.T) *Snapshot {
	t.Helper()
	var d catalog.Data
	d.Source = catalog.Source{Name: "made up", AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for i, c := range []struct{ cloud, region, country string }{{"aws", "us-east-1", "US"}, {"azure", "eastus", "US"}, {"gcp", "us-central1", "US"}} {
		place, odd := catalog.Place{Cloud: c.cloud, Region: c.region}, unit.Price(i+1)*10_001_003
		d.Clouds = append(d.Clouds, catalog.Cloud{Name: c.cloud, Title: c.cloud, Operator: "US", Scheme: "s" + c.cloud})
		d.Regions = append(d.Regions, catalog.Region{Place: place, Country: c.country, Zones: []string{"a", "b"}})
		d.Links = append(d.Links, catalog.Link{
			From: catalog.Place{Cloud: c.cloud}, To: catalog.Place{Cloud: catalog.Internet}, Egress: unit.Price(80_000_000 + 5_000_000*i), Bandwidth: 125e6, Latency: time.Second,
		})
		for n, kind := range []string{"", "v100", "t4"} {
			name := "m" + kind
			d.Types = append(d.Types, catalog.InstanceType{Cloud: c.cloud, Name: name, CPUs: 8, Memory: 32 * GiB, Accelerator: catalog.Accelerator{Kind: kind, Count: 4 * min(n, 1)}})
			for _, m := range []catalog.Market{catalog.OnDemand, catalog.Spot} {
				d.Offerings = append(d.Offerings, catalog.Offering{
					Service: "vm", Place: place, Type: catalog.InstanceType{Name: name}, Market: m,
					Price: odd * unit.Price(1+3*n) * unit.Price(1+2*len(m)) / 7, Unit: catalog.PerHour, Minimum: time.Duration(n) * time.Minute,
				})
			}
		}
	}
	c, err := catalog.New(d)
	require.NoError(t, err)
	b, err := New(Config{Catalog: c})
	require.NoError(t, err)
	s, err := b.Snapshot(t.Context())
	require.NoError(t, err)
	return s
}

// TestPlansOfDrawnJobs checks plans of random jobs against what is known without the solver: a job that was written as
// JSON and read back has the same plan, byte for byte; the totals are those of the catalog's own prices; and the solver's
// whole micro-dollars are never further off than rounding explains.
func TestPlansOfDrawnJobs(t *testing.T) {
	t.Parallel()
	snap := corner(t)
	rapid.Check(t, func(rt *rapid.T) {
		j := jobs().Draw(rt, "job")
		require.NoError(rt, j.Validate())
		text, err := json.Marshal(j)
		require.NoError(rt, err)
		var back Job
		require.NoError(rt, json.Unmarshal(text, &back))

		p, err := snap.Plan(t.Context(), j)
		q, err2 := snap.Plan(t.Context(), &back)
		if err != nil {
			require.EqualError(rt, err2, err.Error())
			_, ok := errors.AsType[*InfeasibleError](err)
			require.True(rt, ok, "%v", err)
			return
		}
		require.NoError(rt, err2)
		first, err := json.Marshal(p)
		require.NoError(rt, err)
		second, err := json.Marshal(q)
		require.NoError(rt, err)
		require.Equal(rt, string(first), string(second))
		require.NoError(rt, p.check())
		requireOwnTotals(rt, snap.catalog, p)
		requireWithinLimits(rt, j, p)
	})
}

// requireOwnTotals adds a plan up again, from the catalog and nothing else.
func requireOwnTotals(t *rapid.T, c *catalog.Catalog, p *Plan) {
	compute, egress := Money(0), Money(0)
	inputs := map[string]Bytes{}
	for _, r := range p.Routes {
		require.Equal(t, r.From == r.To, r.Kind == InPlace)
		for _, s := range r.Consumers {
			inputs[s] += r.Bytes
		}
		if r.Kind == InPlace {
			require.Zero(t, r.Cost)
			continue
		}
		link, ok := c.Link(r.From, r.To)
		require.True(t, ok)
		cost, err := link.Egress.For(unit.Gigabytes(r.Bytes))
		require.NoError(t, err)
		require.Equal(t, cost, r.Cost)
		egress += cost
	}
	for i, s := range p.Stages {
		o, ok := c.Offering(s.Offering.ID)
		require.True(t, ok)
		w := p.Job.stages[i].options()[s.Alternative]
		took := p.Job.stages[i].takes(w, o, inputs[s.Name])
		require.Equal(t, took, s.Time)
		cost, err := o.Price.For(unit.Hours(max(took, o.Minimum)).Times(s.Nodes))
		require.NoError(t, err)
		require.Equal(t, cost, s.Cost)
		compute += cost
	}
	require.Equal(t, egress, p.Egress)
	require.Equal(t, compute+egress, p.Cost)
}

// requireWithinLimits checks the job's limits and the solver's value against the plan's own exact totals.
func requireWithinLimits(t *rapid.T, j *Job, p *Plan) {
	slack := Money(len(p.Stages)+len(p.Routes)) * 600 // half a micro-dollar each, and what a kilobyte begun costs
	if j.budget > 0 {
		require.LessOrEqual(t, p.Cost, j.budget+slack)
	}
	if j.deadline > 0 {
		require.LessOrEqual(t, p.Time, j.deadline+time.Duration(len(p.Routes))*time.Millisecond)
	}
	for _, s := range p.Singles {
		if s.Reason == "" && j.objective == Cost && p.Proof.Optimal {
			require.LessOrEqual(t, p.Cost, s.Cost+2*slack, "no single cloud is cheaper than the optimum over all")
		}
	}
	require.True(t, p.Proof.Optimal)
	if j.objective == Cost {
		require.InDelta(t, float64(p.Cost), float64(p.Proof.Value)*1000, float64(slack))
	}
	if j.objective == Time {
		require.LessOrEqual(t, p.Time.Milliseconds(), p.Proof.Value+int64(len(p.Routes)))
	}
	require.False(t, math.IsNaN(p.Proof.Gap))
}
