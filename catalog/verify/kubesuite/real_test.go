//go:build integration

package kubesuite_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/kubesuite"
	"github.com/openintercloud/broker/internal/servers"
)

// run runs the checks of these names, or all, each for as long as this, or as it says itself.
func run(t *testing.T, url string, client *http.Client, limit time.Duration, names ...string) verify.Result {
	t.Helper()
	suite := kubesuite.Suite()
	suite.Checks = slices.DeleteFunc(suite.Checks, func(c verify.Check[kubesuite.Endpoint]) bool {
		return len(names) > 0 && !slices.Contains(names, c.Name)
	})
	for i := range suite.Checks {
		if limit > 0 {
			suite.Checks[i].Limit = limit
		}
	}
	result, err := verify.Run(t.Context(), suite, kubesuite.Endpoint{URL: url, Client: client}, time.Now())
	t.Log("\n" + result.String())
	require.NoError(t, err)
	for _, o := range result.Outcomes {
		require.Empty(t, o.Left, o.Check)
	}
	return result
}

func TestKubernetes(t *testing.T) {
	cluster := servers.Kubernetes(t)
	// Without a node nothing is run: what only stores jobs is not taken for a cluster.
	t.Run("control plane alone", func(t *testing.T) {
		result := run(t, cluster.URL, cluster.Client, 5*time.Second, "complete", "list-by-label", "dry-run")
		require.Equal(t, []string{"complete"}, result.Broken())
	})
	servers.Kubelet(t, cluster)
	t.Run("itself", func(t *testing.T) {
		require.Equal(t, catalog.Passed, run(t, cluster.URL, cluster.Client, 0).Verdict().State)
	})
	// A fork is found out at what it changed, and at nothing else.
	t.Run("fork", func(t *testing.T) {
		server := fork(t, cluster)
		result := run(t, server.URL, server.Client(), 20*time.Second, "complete", "indexed", "ttl", "delete-background", "create-twice")
		require.Equal(t, []string{"ttl", "create-twice"}, result.Broken())
	})
}
