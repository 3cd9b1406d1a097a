package azblob_test

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/azblob/internal/fake"
	"github.com/openintercloud/broker/transfer/buckettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at opens a container of the account at an endpoint. Everything happens with little data.
func at(t *testing.T, endpoint, account, name string, cfg azblob.Config) *azblob.Bucket {
	t.Helper()
	cfg.Endpoint, cfg.Backoff = endpoint, 2*time.Millisecond
	if cfg.HoldSize == 0 {
		cfg.HoldSize = 1000
	}
	if cfg.CopySize == 0 {
		cfg.CopySize = 2000
	}
	b, err := azblob.Open(t.Context(), "az://"+account+"/"+name, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// key is that of the fake's account.
func key() secret.Secret {
	return secret.New(base64.StdEncoding.EncodeToString([]byte("secret-of-a-test")))
}

// serve starts a store and returns the URL of its account.
func serve(t *testing.T, store *fake.Store) string {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return server.URL + "/account"
}

// open is a bucket of a new store.
func open(t *testing.T, opts fake.Options, cfg azblob.Config) (*azblob.Bucket, *fake.Store) {
	t.Helper()
	store := fake.New(opts)
	cfg.Key = key()
	return at(t, serve(t, store), "account", "container", cfg), store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]fake.Options{"plain": {}, "small pages": {PageSize: 7}, "no copies": {NoCopy: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := serve(t, fake.New(opts))
			var n atomic.Int64
			parts := 50
			if name == "plain" {
				parts = 2000
			}
			buckettest.RunWith(t, buckettest.Config{
				Parts: parts,
				Open: func(t *testing.T) transfer.Bucket {
					return at(t, endpoint, "account", fmt.Sprint("container-", n.Add(1)), azblob.Config{Key: key()})
				},
				ExceptKeys: map[string]string{"tab\tand\x01control": "XML has no such character"},
			})
		})
	}
}
