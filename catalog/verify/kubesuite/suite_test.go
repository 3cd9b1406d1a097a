package kubesuite_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/kubesuite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func at() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

// judge runs the suite, each check for a moment only, against a server that answers like this.
func judge(t *testing.T, answer http.HandlerFunc) (verify.Result, error) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	suite := kubesuite.Suite()
	for i := range suite.Checks {
		suite.Checks[i].Limit = 50 * time.Millisecond
	}
	return verify.Run(t.Context(), suite, kubesuite.Endpoint{URL: server.URL, Client: server.Client()}, at())
}

func TestServerThatSaysYesToEverythingPassesNothing(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"{}", `{"items": [{}, {}, {}], "metadata": {"name": "x"}}`, "not JSON"} {
		result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		require.NoError(t, err)
		require.Len(t, result.Broken(), len(result.Outcomes), result)
		require.Equal(t, "complete", result.Verdict().Failed)
	}
}

func TestServerThatRefusesEverythingIsNotJudged(t *testing.T) {
	t.Parallel()
	result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"reason": "Unauthorized", "message": "who are you?", "code": 401}`)
	})
	require.ErrorContains(t, err, "GET /apis/batch/v1/namespaces/default/jobs?limit=1: 401 Unauthorized: who are you?")
	require.Equal(t, catalog.Verdict{}, result.Verdict())
}

// What was created is asked to go, also where nothing else worked.
func TestChecksDeleteWhatTheyCreated(t *testing.T) {
	t.Parallel()
	var created, deleted atomic.Int32
	result, err := judge(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			created.Add(1)
		case http.MethodDelete:
			deleted.Add(1)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "{}")
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, int(deleted.Load()), len(result.Outcomes))
	require.GreaterOrEqual(t, int(created.Load()), len(result.Outcomes))
	require.Contains(t, result.Outcomes[0].Left, "500")
}

func TestServiceIsInTheCatalog(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	_, ok := c.Service(kubesuite.Suite().Service)
	require.True(t, ok)
}
