//go:build integration

package raysuite_test

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
)

// fork is a real cluster whose API writes the variables of jobs in small letters and forgets to say that a job is not there.
func fork(t *testing.T, cluster string) *httptest.Server {
	t.Helper()
	target, err := url.Parse(cluster)
	require.NoError(t, err)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			body, err := io.ReadAll(r.In.Body)
			if err != nil {
				return
			}
			body = bytes.ReplaceAll(body, []byte(`"COLOR"`), []byte(`"color"`))
			r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Out.Header.Set("Content-Length", strconv.Itoa(len(body)))
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusNotFound && r.Request.Method == http.MethodDelete {
				r.StatusCode, r.Status = http.StatusOK, "200 OK"
			}
			return nil
		},
	})
	t.Cleanup(server.Close)
	return server
}
