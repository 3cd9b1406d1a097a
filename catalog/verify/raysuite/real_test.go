//go:build integration

package raysuite_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/raysuite"
	"github.com/openintercloud/broker/internal/servers"
)

// run runs the checks of these names, or all.
func run(t *testing.T, url string, names ...string) verify.Result {
	t.Helper()
	suite := raysuite.Suite()
	suite.Checks = slices.DeleteFunc(suite.Checks, func(c verify.Check[raysuite.Endpoint]) bool {
		return len(names) > 0 && !slices.Contains(names, c.Name)
	})
	client := &http.Client{}
	defer client.CloseIdleConnections()
	result, err := verify.Run(t.Context(), suite, raysuite.Endpoint{URL: url, Client: client}, time.Now())
	t.Log("\n" + result.String())
	require.NoError(t, err)
	for _, o := range result.Outcomes {
		require.Empty(t, o.Left, o.Check)
	}
	return result
}

// Ray passes, and a fork of it is found out at what it changed and at nothing else.
func TestRay(t *testing.T) {
	url := servers.Ray(t, 4)
	t.Run("itself", func(t *testing.T) {
		require.Equal(t, catalog.Passed, run(t, url).Verdict().State)
	})
	t.Run("fork", func(t *testing.T) {
		require.Equal(t, []string{"env-vars", "unknown"}, run(t, fork(t, url).URL, "succeed", "duplicate", "env-vars", "unknown").Broken())
	})
}
