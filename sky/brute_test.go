package sky

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// districts is a small world with several regions and zones, zonal offerings, and offerings of which there are few.
func districts(t *testing.T, r *rand.Rand) *Snapshot {
	t.Helper()
	var d catalog.Data
	d.Source = catalog.Source{Name: "made up", AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	used := map[string]Bytes{}
	cents := func(most int) unit.Price { return unit.Price(1+r.IntN(most)) * 10_000_000 }
	for _, cloud := range []string{"east", "west"} {
		d.Clouds = append(d.Clouds, catalog.Cloud{Name: cloud, Title: cloud, Operator: "US", Scheme: cloud})
		d.Types = append(d.Types, catalog.InstanceType{Cloud: cloud, Name: "m", CPUs: 2, Memory: GiB})
		out := catalog.Link{From: catalog.Place{Cloud: cloud}, To: catalog.Place{Cloud: catalog.Internet}, Egress: cents(30), Bandwidth: 125e6}
		for from := Bytes(0); r.IntN(2) == 0; {
			from += Bytes(1+r.IntN(15)) * GB
			out.Tiers = append(out.Tiers, catalog.Tier{From: from, Price: cents(30)})
		}
		used[cloud] = Bytes(r.IntN(20)) * GB
		d.Links = append(d.Links, out,
			catalog.Link{From: catalog.Place{Cloud: cloud}, To: catalog.Place{Cloud: cloud}, Egress: cents(10), Bandwidth: 125e6})
		for _, region := range []string{"a", "b"} {
			at := catalog.Place{Cloud: cloud, Region: region}
			d.Regions = append(d.Regions, catalog.Region{Place: at, Country: "US", Zones: []string{"1", "2"}})
			o := catalog.Offering{Service: "vm", Place: at, Type: catalog.InstanceType{Name: "m"}, Unit: catalog.PerHour, Market: catalog.OnDemand, Price: cents(100)}
			o.Increment = time.Duration(r.IntN(3)) * 2 * time.Hour
			if r.IntN(3) == 0 {
				o.Capacity = 1 + r.IntN(2)
			}
			d.Offerings = append(d.Offerings, o)
			if r.IntN(2) == 0 {
				o.Place.Zone, o.Market, o.Price, o.Capacity = "2", catalog.Spot, o.Price*unit.Price(40+r.IntN(60))/100, 0
				if taken := 0.1 * float64(r.IntN(4)); r.IntN(2) == 0 {
					o.Preemption = &taken
				}
				d.Offerings = append(d.Offerings, o)
			}
		}
	}
	c, err := catalog.New(d)
	require.NoError(t, err)
	b, err := New(Config{Catalog: c, Used: used})
	require.NoError(t, err)
	s, err := b.Snapshot(t.Context())
	require.NoError(t, err)
	return s
}

// threesome is a job of three stages that share data, under rules over several stages.
func threesome(r *rand.Rand) *Job {
	j := NewJob("errand")
	raw := j.Dataset("raw", "s3://x/raw/", Bytes(r.IntN(20))*GB).At("east/a")
	first := j.Stage("first").Script("x").Reads(raw).Takes(time.Duration(r.IntN(10))*time.Hour).Writes("out", Bytes(r.IntN(20))*GB)
	second := j.Stage("second").Script("x").Takes(time.Duration(r.IntN(10)) * time.Hour).Reads(first.Output("out"))
	third := j.Stage("third").Script("x").Takes(time.Duration(r.IntN(10)) * time.Hour)
	all := []*Stage{first, second, third}
	switch r.IntN(3) {
	case 0:
		third.Reads(first.Output("out"), raw)
	case 1:
		third.Reads(raw)
	default:
		third.Reads(first.Output("out"))
		second.Reads(raw)
	}
	for _, s := range all {
		if r.IntN(2) == 0 {
			s.Spot().Losses(Losses{PerHour: 0.05 * float64(r.IntN(3)), Checkpoint: time.Hour})
		}
	}
	levels := []Level{Zone, Zone, Region, Cloud}
	for range r.IntN(3) {
		some := all[:2+r.IntN(2)]
		level := levels[r.IntN(len(levels))]
		switch r.IntN(3) {
		case 0:
			j.Together(level, some...)
		case 1:
			j.Apart(level, some...)
		default:
			j.Spread(level, 2, some...)
		}
	}
	return j
}

// spot is where a stage can be, for counting by hand.
type spot struct {
	offering catalog.Offering
	place    catalog.Place
	cost     Money
}

// TestPlansAgreeWithCountingByHand compares plans under rules over several stages, zones among them, with the cheapest of all
// ways to place the stages, counted without the planner: copies once for each region at the price of the month's volume,
// billing by increments, machines that are few, spot losses as the job or the catalog tells them.
func TestPlansAgreeWithCountingByHand(t *testing.T) {
	t.Parallel()
	planned, refused, metered := 0, 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 77))
		snap, j := districts(t, r), threesome(r)
		p, err := snap.Plan(context.Background(), j)
		best, found := cheapest(t, snap, j)
		name := fmt.Sprintf("seed %d", seed)
		if !found {
			inf, ok := errors.AsType[*InfeasibleError](err)
			require.True(t, ok, "%s: %v", name, err)
			require.NotEmpty(t, inf.Conflict, name)
			refused++
			continue
		}
		require.NoError(t, err, name)
		require.True(t, p.Proof.Optimal, name)
		require.InDelta(t, float64(best), float64(p.Cost), 10_000, "%s: %s by hand, %s planned", name, best, p.Cost)
		var at []spot
		for _, s := range p.Stages {
			at = append(at, spot{offering: s.Offering, place: s.Offering.Place})
		}
		require.True(t, obeys(j, at), name)
		planned++
		c, err := compile(j, snap, past{})
		require.NoError(t, err)
		metered += len(c.problem.Meters)
	}
	require.Greater(t, planned, 50)
	require.Greater(t, metered, 50)
	require.Positive(t, refused)
}

// cheapest tries every way to place the stages.
func cheapest(t *testing.T, snap *Snapshot, j *Job) (best Money, found bool) {
	t.Helper()
	var ways [][]spot
	for _, s := range j.stages {
		var list []spot
		for _, o := range snap.catalog.Offerings(catalog.Query{}) {
			took := s.work.Estimate.Fixed
			if o.Market == catalog.Spot {
				if !s.spot {
					continue
				}
				losses, again := s.losses.PerHour, took
				if losses == 0 && o.Preemption != nil {
					losses = *o.Preemption
				}
				if s.losses.Checkpoint > 0 {
					again = min(took, s.losses.Checkpoint)
				}
				took += time.Duration(losses * took.Hours() * float64(again/2))
			}
			billed := took
			for o.Increment > 0 && (billed == 0 || billed%o.Increment != 0) {
				billed += o.Increment - billed%o.Increment
			}
			cost, err := o.Price.For(unit.Hours(billed))
			require.NoError(t, err)
			zones := []string{"1", "2"}
			if o.Place.Zone != "" {
				zones = []string{o.Place.Zone}
			}
			for _, z := range zones {
				list = append(list, spot{o, catalog.Place{Cloud: o.Place.Cloud, Region: o.Place.Region, Zone: z}, cost})
			}
		}
		ways = append(ways, list)
	}
	at := make([]spot, len(ways))
	var place func(i int)
	place = func(i int) {
		if i < len(ways) {
			for _, at[i] = range ways[i] {
				place(i + 1)
			}
			return
		}
		if !obeys(j, at) {
			return
		}
		if sum := total(t, snap, j, at); !found || sum < best {
			best, found = sum, true
		}
	}
	place(0)
	return best, found
}

// total adds up machines, and one copy of each artifact for each region that reads it.
func total(t *testing.T, snap *Snapshot, j *Job, at []spot) (sum Money) {
	t.Helper()
	type copied struct {
		artifact string
		to       catalog.Place
	}
	paid, sent := map[copied]bool{}, map[string]Bytes{}
	for _, v := range snap.used {
		sent[v.From.Cloud] = v.Sent
	}
	for i, s := range j.stages {
		sum += at[i].cost
		for _, ref := range s.reads {
			from, size := catalog.Place{Cloud: "east", Region: "a"}, j.sizeOf(ref)
			if o := j.output(ref); o != nil {
				from = at[o.stage.pos].place.InRegion()
			}
			key := copied{ref, at[i].place.InRegion()}
			if from == key.to || paid[key] {
				continue
			}
			paid[key] = true
			link, ok := snap.catalog.Link(from, key.to)
			require.True(t, ok)
			cost, err := link.Cost(size, sent[from.Cloud])
			require.NoError(t, err)
			sum += cost
			if from.Cloud != key.to.Cloud {
				sent[from.Cloud] += size
			}
		}
	}
	return sum
}

// obeys checks the rules over several stages, and that machines suffice for every two stages that may run at once.
func obeys(j *Job, at []spot) bool {
	domain := func(l Level, p catalog.Place) catalog.Place {
		switch l {
		case Region:
			return p.InRegion()
		case Cloud:
			return catalog.Place{Cloud: p.Cloud}
		}
		return p
	}
	for _, g := range j.groups {
		seen := map[catalog.Place]bool{}
		for _, name := range g.Stages {
			seen[domain(g.Level, at[j.stage(name).pos].place)] = true
		}
		if g.Kind == together && len(seen) > 1 || g.Kind == apart && len(seen) < len(g.Stages) || g.Kind == spread && len(seen) < g.K {
			return false
		}
	}
	for i, s := range j.stages {
		for k := range i {
			waits := k == 0 && slices.Contains(s.reads, "first/out")
			if o := at[i].offering; !waits && o.ID == at[k].offering.ID && o.Capacity == 1 {
				return false
			}
		}
	}
	return true
}
