package catalog_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 344, Distance(48.86, 2.35, 51.51, -0.13), 5, "Paris to London")
	require.InDelta(t, 20015, Distance(0, 0, 0, 180), 1, "half way round")
	require.InDelta(t, 20015, Distance(90, 0, -90, 77), 1)
	require.Zero(t, Distance(10, 20, 10, 20))
}

func TestLatencyIsMeasuredOrEstimated(t *testing.T) {
	t.Parallel()
	d := small()
	d.Regions[1].Latitude, d.Regions[1].Longitude = -23.55, -46.63
	d.Links = append(d.Links, Link{From: place("red/north"), To: place("blue/paris"), Egress: 1, RTT: 95 * time.Millisecond})
	c := newCatalog(t, d)
	for _, ends := range [][2]string{{"red/north", "blue/paris"}, {"blue/paris", "red/north/a"}} {
		l, ok := c.Latency(place(ends[0]), place(ends[1]))
		require.True(t, ok)
		require.Equal(t, Latency{RoundTrip: 95 * time.Millisecond, Source: testSource()}, l, "measured, in either direction")
	}
	l, ok := c.Latency(place("red/north"), place("red/south"))
	require.True(t, ok)
	require.True(t, l.Estimated)
	require.InDelta(t, 139, float64(l.RoundTrip.Milliseconds()), 10)
	_, ok = c.Latency(place("red/south"), place("blue/paris"))
	require.False(t, ok, "Paris has no coordinates in this catalog")
	_, ok = c.Latency(place("blue/paris"), place("red/south"))
	require.False(t, ok)

	near, ok := c.LatencyFrom(40, -83, place("red/north"))
	require.True(t, ok)
	require.True(t, near.Estimated)
	require.Less(t, near.RoundTrip, 4*time.Millisecond)
	for _, bad := range [][2]float64{{91, 0}, {0, 181}} {
		_, ok = c.LatencyFrom(bad[0], bad[1], place("red/north"))
		require.False(t, ok)
	}
	_, ok = c.LatencyFrom(40, -83, place("green/x"))
	require.False(t, ok)
}

// The embedded round trips were measured; an estimate from coordinates alone has to come near them.
func TestLatencyEstimatesAreNearMeasurements(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	var ratios []float64
	for _, l := range c.Data().Links {
		a, _ := c.Region(l.From)
		if l.RTT == 0 || a.Latitude == 0 {
			continue
		}
		e, ok := c.LatencyFrom(a.Latitude, a.Longitude, l.To)
		require.True(t, ok, l.To)
		ratios = append(ratios, float64(e.RoundTrip)/float64(l.RTT))
	}
	slices.Sort(ratios)
	require.Greater(t, len(ratios), 2000)
	require.InDelta(t, 1, ratios[len(ratios)/2], 0.02)
	near := 0
	for _, r := range ratios {
		if r > 2.0/3 && r < 4.0/3 {
			near++
		}
	}
	require.Greater(t, float64(near)/float64(len(ratios)), 0.75)
}
