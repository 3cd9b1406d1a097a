package gcs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"cloud.google.com/go/auth"
	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/gcs"
	"github.com/openintercloud/broker/transfer/gcs/internal/fake"
	"github.com/openintercloud/broker/transfer/wire"
)

// token is a credential that never ends.
type token string

// Token gives the credential.
func (t token) Token(context.Context) (*auth.Token, error) { return &auth.Token{Value: string(t)}, nil }

// Requests go over the host's client and carry the credentials, whatever the API.
func TestHostsClientAndCredentials(t *testing.T) {
	t.Parallel()
	store := fake.New(fake.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-of-a-test" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		store.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	w := wire.New(wire.Config{})
	client := w.Client(4)
	t.Cleanup(client.CloseIdleConnections)
	creds := auth.NewCredentials(&auth.CredentialsOptions{TokenProvider: token("token-of-a-test")})
	b, err := gcs.Open(t.Context(), "gs://bucket", gcs.Config{Endpoint: server.URL, HTTPClient: client, Credentials: creds, HoldSize: 1000})
	require.NoError(t, err)
	p := content(4000)
	obj, err := put(t, b, "x", p, transfer.CreateOptions{})
	require.NoError(t, err)
	got, err := read(t, b, "x", obj.Version)
	require.NoError(t, err)
	require.Equal(t, p, got)
	require.Greater(t, int64(w.Sent()), int64(len(p)))
	require.Greater(t, int64(w.Received()), int64(len(p)))
	require.NoError(t, b.Close())
	_, err = b.Stat(t.Context(), "x")
	require.NoError(t, err, "the host's client is not closed with the bucket")
	require.Equal(t, "gs://"+server.Listener.Addr().String()+"/bucket", b.String())
}
