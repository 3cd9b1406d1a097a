package sky_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

// lab adds to the market a private cloud at $0.01 an hour, with so many machines.
func lab(machines int) catalog.Data {
	d := market()
	at := catalog.Place{Cloud: "lab", Region: "cellar"}
	d.Clouds = append(d.Clouds, catalog.Cloud{Name: "lab", Title: "lab", Operator: "US", Scheme: "lab"})
	d.Regions = append(d.Regions, catalog.Region{Place: at, Country: "US"})
	d.Types = append(d.Types, catalog.InstanceType{Cloud: "lab", Name: "own", CPUs: 8, Memory: 32 * sky.GiB})
	d.Offerings = append(d.Offerings, catalog.Offering{
		Service: "vm", Place: at, Type: catalog.InstanceType{Name: "own"}, Market: catalog.OnDemand, Price: price("0.01"), Unit: catalog.PerHour, Capacity: machines,
	})
	return d
}

func fan(n, nodes int) (*sky.Job, []*sky.Stage) {
	j := sky.NewJob("fan")
	var all []*sky.Stage
	for i := range n {
		all = append(all, j.Stage(fmt.Sprintf("s%d", i)).Script("x").Takes(time.Duration(i+1)*time.Hour).Nodes(nodes))
	}
	return j, all
}

func at(p *sky.Plan, cloud string) (n int) {
	for _, c := range clouds(p) {
		if c == cloud {
			n++
		}
	}
	return n
}

func TestTheFifthTaskSpills(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, lab(4))
	j, all := fan(5, 1)
	p, err := snap.Plan(t.Context(), j)
	require.NoError(t, err)
	require.True(t, p.Proof.Optimal)
	require.Equal(t, 4, at(p, "lab"))
	require.Equal(t, "aws", p.Stages[0].Offering.Place.Cloud, "the shortest: $0.05 beats any other")
	require.Equal(t, "$0.19", p.Cost.String(), "14 hours in the lab, one elsewhere")

	j.Stage("last").Script("x").Takes(time.Hour).After(all...)
	p, err = snap.Plan(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, 5, at(p, "lab"), "what waits for the others finds the lab empty")

	j, _ = fan(3, 2)
	p, err = snap.Plan(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, 2, at(p, "lab"), "each takes two machines")
	bids, err := p.Explain(t.Context(), "s0")
	require.NoError(t, err)
	require.Equal(t, "aws", bids[0].Place.Cloud)
	for _, b := range bids {
		if b.Place.Cloud == "lab" {
			require.Equal(t, "adds $0.08 to the plan", b.WhyNot, "another would have to go")
		}
	}
}

func TestTooFewMachinesSayHowMany(t *testing.T) {
	t.Parallel()
	j, _ := fan(3, 2)
	j.Rules(sky.Clouds("lab"))
	_, err := snapshotOf(t, lab(4)).Plan(t.Context(), j)
	inf, ok := errors.AsType[*sky.InfeasibleError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{"capacity 4 of lab/cellar/vm/own/on-demand, for s0, s1, s2"}, inf.Conflict)
	require.Equal(t, []string{"a capacity of 6 instead of 4 of lab/cellar/vm/own/on-demand, for s0, s1, s2"}, inf.Relax)

	p, err := snapshotOf(t, lab(6)).Plan(t.Context(), j)
	require.NoError(t, err, "what was said to help does")
	require.Equal(t, 3, at(p, "lab"))
}

func TestCapacityOfManyWays(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("lattice") // 2 to the power of 8 sets of stages may run at once
	for i := range 8 {
		first := j.Stage(fmt.Sprintf("a%d", i)).Script("x").Takes(time.Hour)
		j.Stage(fmt.Sprintf("b%d", i)).Script("x").Takes(time.Hour).After(first)
	}
	p, err := snapshotOf(t, lab(7)).Plan(t.Context(), j)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(p.Warnings), "lab/cellar/vm/own/on-demand")
	require.Less(t, at(p, "lab"), 16)
}

// TestSpotThatIsLostOftenIsDear: spot costs half, but with enough of it done again it is the dearer one.
func TestSpotThatIsLostOftenIsDear(t *testing.T) {
	t.Parallel()
	d := market()
	for _, o := range d.Offerings {
		if o.Type.Name == "small" {
			o.Market, o.Price = catalog.Spot, o.Price/2
			d.Offerings = append(d.Offerings, o)
		}
	}
	snap := snapshotOf(t, d)
	for _, x := range []struct {
		losses sky.Losses
		market catalog.Market
		takes  time.Duration
	}{
		{sky.Losses{}, catalog.Spot, 10 * time.Hour},
		{sky.Losses{PerHour: 0.1}, catalog.Spot, 15 * time.Hour},
		{sky.Losses{PerHour: 0.3}, catalog.OnDemand, 10 * time.Hour},
		{sky.Losses{PerHour: 0.3, Checkpoint: time.Hour}, catalog.Spot, 11*time.Hour + 30*time.Minute},
	} {
		j := sky.NewJob("long")
		j.Stage("work").Script("x").Takes(10 * time.Hour).Spot().Losses(x.losses)
		p, err := snap.Plan(t.Context(), j)
		require.NoError(t, err)
		require.Equal(t, x.market, p.Stages[0].Offering.Market, "%+v", x.losses)
		require.Equal(t, x.takes, p.Stages[0].Time, "%+v", x.losses)
	}
}
