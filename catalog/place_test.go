package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
)

func TestParsePlaceRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "/", "aws/", "/us-east-1", "aws//a", "a/b/c/d", "aws /x", "aws\t"} {
		_, err := ParsePlace(s)
		require.Error(t, err, "%q", s)
	}
}

func TestPlaceContains(t *testing.T) {
	t.Parallel()
	cloud, region, zone := place("aws"), place("aws/us-east-1"), place("aws/us-east-1/a")
	for _, p := range []Place{cloud, region, zone} {
		require.True(t, cloud.Contains(p))
		require.True(t, p.Contains(p))
	}
	require.True(t, region.Contains(zone))
	require.False(t, zone.Contains(region))
	require.False(t, region.Contains(cloud))
	require.False(t, region.Contains(place("gcp/us-east-1")))
	require.Equal(t, region, zone.InRegion())
	require.Empty(t, Place{}.String())
}

func TestPlaceText(t *testing.T) {
	t.Parallel()
	p := place("aws/us-east-1")
	require.NoError(t, p.UnmarshalText(nil))
	require.Equal(t, Place{}, p)
	require.Error(t, p.UnmarshalText([]byte("a//b")))
}
