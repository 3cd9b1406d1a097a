package raysuite_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/raysuite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// judge runs the suite, each check for a moment only, against a server that answers like this.
func judge(t *testing.T, answer http.HandlerFunc) (verify.Result, error) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	suite := raysuite.Suite()
	for i := range suite.Checks {
		suite.Checks[i].Limit = 50 * time.Millisecond
	}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	return verify.Run(t.Context(), suite, raysuite.Endpoint{URL: server.URL, Client: server.Client()}, at)
}

func TestServerThatSaysYesToEverythingPassesNothing(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"{}", `{"status": "SUCCEEDED"}`, `{"status": "STOPPED"}`, "not JSON"} {
		result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		require.NoError(t, err)
		require.Len(t, result.Broken(), len(result.Outcomes), result)
		require.Equal(t, "succeed", result.Verdict().Failed)
	}
}

func TestServerThatIsDownIsNotJudged(t *testing.T) {
	t.Parallel()
	result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "trace\nno agent", http.StatusInternalServerError)
	})
	require.ErrorContains(t, err, "GET /api/version: 500: no agent")
	require.Equal(t, catalog.Verdict{}, result.Verdict())
}

func TestServiceIsInTheCatalog(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	_, ok := c.Service(raysuite.Suite().Service)
	require.True(t, ok)
}
