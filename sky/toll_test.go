package sky

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
)

// TestAReplanGoesOnFromWhatWasMoved: copies of the run itself count as volume of the month.
func TestAReplanGoesOnFromWhatWasMoved(t *testing.T) {
	t.Parallel()
	at := func(cloud, region string) catalog.Place { return catalog.Place{Cloud: cloud, Region: region} }
	var snap *Snapshot
	var link catalog.Link
	for seed := uint64(0); len(link.Tiers) == 0; seed++ {
		snap = districts(t, rand.New(rand.NewPCG(seed, 77)))
		link, _ = snap.link(at("east", "a"), at("west", "b"))
	}
	before, of := newTolls(snap, past{}).used(&link)
	require.Equal(t, "east", of.String())

	snap.used = []volume{{at("east", "a"), 3 * GB}, {catalog.Place{Cloud: "east"}, GB}}
	counted := newTolls(snap, past{})
	first, of := counted.used(&link)
	require.Equal(t, 3*GB, first)
	require.Equal(t, "east/a", of.String())
	counted.pass(&link, 2*GB)
	then, _ := counted.used(&link)
	require.Equal(t, 5*GB, then)
	counted.pass(&link, maxBytes)
	most, _ := counted.used(&link)
	require.Equal(t, maxBytes, most, "sums stay within bounds")

	p := past{replicas: map[string][]catalog.Place{}}
	for range 2 { // told twice, of the stage that runs and of the copy
		require.NoError(t, p.keep(write(carry{Artifact: "raw", From: at("east", "b"), To: at("west", "b"), Bytes: 4 * GB})))
	}
	require.Len(t, p.moved, 1)
	link, _ = snap.link(at("east", "b"), at("west", "a"))
	snap.used = []volume{{catalog.Place{Cloud: "east"}, before + GB}}
	after, _ := newTolls(snap, p).used(&link)
	require.Equal(t, before+5*GB, after)
}

// TestMetersMergeTiersOfOneKilobyte, which the solver cannot tell apart.
func TestMetersMergeTiersOfOneKilobyte(t *testing.T) {
	t.Parallel()
	m := meterOf(catalog.Place{Cloud: "aws"}, &catalog.Link{Egress: 90_000_000, Tiers: []catalog.Tier{{From: 1001, Price: 80_000_000}, {From: 2000, Price: 70_000_000}, {From: GB, Price: 1000}}}, 5)
	require.Equal(t, int64(1), m.Used)
	require.Len(t, m.Tiers, 3)
	require.Equal(t, int64(70_000), m.Tiers[1].Money)
	require.Equal(t, int64(2), m.Tiers[1].From)
}
