//go:build integration

package servers

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each server starts, answers and is gone after its test.
func TestServersStart(t *testing.T) {
	for name, begin := range map[string]func(testing.TB) string{
		"versitygw": func(tb testing.TB) string { return VersityGW(tb).Endpoint },
		"moto":      func(tb testing.TB) string { return Moto(tb).Endpoint },
		"gcs":       func(tb testing.TB) string { return FakeGCS(tb).Endpoint + "/storage/v1/b" },
		"azurite":   func(tb testing.TB) string { return Azurite(tb).Endpoint + "?comp=list" },
		"ray":       func(tb testing.TB) string { return Ray(tb, 1) + "/api/version" },
	} {
		var url string
		t.Run(name, func(t *testing.T) {
			url = begin(t)
			res, err := http.Get(url)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Less(t, res.StatusCode, 500)
		})
		_, err := http.Get(url)
		require.Error(t, err, "%s still answers after its test", name)
	}
	t.Run("kubernetes", func(t *testing.T) {
		c := Kubernetes(t)
		res, err := c.Client.Get(c.URL + "/apis/batch/v1/namespaces/default/jobs")
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
	})
	t.Run("postgres", func(t *testing.T) { require.Contains(t, Postgres(t), "postgres://") })
}
