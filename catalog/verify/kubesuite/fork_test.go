//go:build integration

package kubesuite_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/servers"
)

// fork is a real cluster whose API has lost a field and takes a second create for the first.
func fork(t *testing.T, cluster servers.Cluster) *httptest.Server {
	t.Helper()
	target, err := url.Parse(cluster.URL)
	require.NoError(t, err)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Transport: cluster.Client.Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			body, err := io.ReadAll(r.In.Body)
			if err != nil {
				return
			}
			body = bytes.ReplaceAll(body, []byte(`"ttlSecondsAfterFinished":1`), []byte(`"suspend":false`))
			r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Out.Header.Set("Content-Length", strconv.Itoa(len(body)))
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusConflict {
				r.StatusCode, r.Status = http.StatusOK, "200 OK"
			}
			return nil
		},
	})
	t.Cleanup(server.Close)
	return server
}
