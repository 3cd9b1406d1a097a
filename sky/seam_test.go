package sky_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/journal"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
)

// emptyJournal is what a host leaves that dies between making a run's journal and its first record.
func emptyJournal(t *testing.T, dir string) {
	t.Helper()
	f, err := journal.Create(dir, journal.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// fakes are the named clouds of a catalog.
func fakes(t *testing.T, c *catalog.Catalog, names ...string) []provider.Provider {
	t.Helper()
	var all []provider.Provider
	for _, p := range fake.NewMarket(c, fake.Config{}).Providers() {
		if slices.Contains(names, p.Name()) {
			all = append(all, p)
		}
	}
	return all
}
