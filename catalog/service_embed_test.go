package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
)

func TestEmbeddedHasTheProjectsOfInsetC(t *testing.T) {
	t.Parallel()
	set := embedded(t).Compatibility(nil)
	for _, name := range fields("linux container kubernetes terraform spark kafka postgresql mysql mongodb tensorflow pytorch mxnet mlflow " +
		"lightning horovod ray parquet delta delta-sharing blob s3 acid-table vm sql:2008") {
		r, _, ok := set.Find(name)
		require.True(t, ok, name)
		require.GreaterOrEqual(t, len(r.Clouds), 3, name)
	}
	for _, name := range fields("cassandra iceberg hudi") {
		_, shared, ok := set.Find(name)
		require.True(t, ok && shared, name)
	}
	for _, name := range fields("bigquery cosmos-db glue") {
		_, shared, ok := set.Find(name)
		require.True(t, ok && !shared, name)
	}
}

func TestEmbeddedSparkByVersion(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	found := map[string]bool{}
	for _, h := range c.Hostings(want(t, "spark@3.1.1")) {
		require.True(t, strings.HasPrefix(h.Version, "3.1.1"), h)
		found[h.Cloud+" "+h.String()] = true
	}
	require.True(t, found["azure Databricks 8.2"])
	require.True(t, found["aws Databricks 8.2"])
	require.False(t, found["azure HDInsight 3.6"])
	old := c.Hostings(want(t, "spark@2.3"))
	require.True(t, slices.ContainsFunc(old, func(h Hosting) bool { return h.String() == "HDInsight 3.6" }))

	clouds := map[string]bool{}
	for _, o := range c.Offers(want(t, "spark>=3.1"), Query{}) {
		clouds[o.Place.Cloud] = true
		require.NotEmpty(t, o.Recipe.Submit, o.ID)
		require.NotEmpty(t, o.Hosting.Source.Name)
		require.Positive(t, o.Price)
	}
	require.Equal(t, []string{"aws", "azure", "gcp"}, slices.Sorted(maps.Keys(clouds)))
	products := map[string]bool{}
	for _, o := range c.Offers(want(t, "SQL:2008"), Query{}) {
		products[o.Hosting.Product] = true
		require.Equal(t, PerTB, o.Unit)
		require.Empty(t, o.Type)
	}
	require.Equal(t, []string{"Athena", "BigQuery", "Synapse serverless SQL"}, slices.Sorted(maps.Keys(products)))
}

func TestEmbeddedServicesSayWhereTheyAreFrom(t *testing.T) {
	t.Parallel()
	s := embedded(t).Data().Services
	var sources []Source
	for _, x := range s.List {
		sources = append(sources, x.Source)
	}
	for _, x := range s.Products {
		require.NotEmpty(t, x.Unit, x.Name)
		sources = append(sources, x.Source)
	}
	for _, x := range s.Hostings {
		require.Equal(t, Verdict{}, x.Verdict, "nobody has checked a live endpoint for the snapshot")
		sources = append(sources, x.Source)
	}
	for _, x := range s.Bolts {
		sources = append(sources, x.Source)
	}
	for _, x := range sources {
		require.True(t, strings.HasPrefix(x.Name, "https://"), x.Name)
		require.False(t, x.AsOf.IsZero())
	}
}

func TestEmbeddedTablesKeepWhatTheirStoreCanDo(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	clouds := func(w Want) []string {
		found := map[string]bool{}
		for _, h := range c.Hostings(w) {
			found[h.Cloud] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	w := want(t, "acid-table")
	require.Subset(t, clouds(w), []string{"aws", "azure", "gcp"})
	require.Equal(t, clouds(want(t, "blob")), clouds(w), "tables come wherever there is a store")
	w.Features = []string{"object-lock", "cross-region-replication"}
	require.Equal(t, []string{"aws"}, clouds(w))
}
