package gcs_test

import (
	"crypto/sha256"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/buckettest"
	"github.com/openintercloud/broker/transfer/gcs"
	"github.com/openintercloud/broker/transfer/gcs/internal/fake"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The SDK links OpenCensus, which starts a worker for the life of the process.
		goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// serve starts a store and returns its URL.
func serve(t *testing.T, store *fake.Store) string {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return server.URL
}

// at opens a bucket of the store at an endpoint. Everything happens with little data.
func at(t *testing.T, endpoint, name string, cfg gcs.Config) *gcs.Bucket {
	t.Helper()
	cfg.Endpoint, cfg.Anonymous, cfg.Backoff = endpoint, true, time.Millisecond
	if cfg.HoldSize == 0 {
		cfg.HoldSize = 1000
	}
	cfg.Account = "signer@project.example"
	cfg.Sign = func(p []byte) ([]byte, error) { sum := sha256.Sum256(p); return sum[:], nil }
	b, err := gcs.Open(t.Context(), "gs://"+name, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// open is a bucket of a new store.
func open(t *testing.T, opts fake.Options, cfg gcs.Config) (*gcs.Bucket, *fake.Store) {
	t.Helper()
	store := fake.New(opts)
	return at(t, serve(t, store), "bucket", cfg), store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts fake.Options
		cfg  gcs.Config
	}{
		"plain":              {},
		"small steps":        {opts: fake.Options{PageSize: 7, StepSize: 1700}},
		"no request for all": {cfg: gcs.Config{HoldSize: 1}},
		"no sums":            {opts: fake.Options{NoSums: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := serve(t, fake.New(c.opts))
			var n atomic.Int64
			parts := 40
			if name == "plain" {
				parts = 1100 // three rounds of compose
			}
			buckettest.RunWith(t, buckettest.Config{
				Parts:      parts,
				Open:       func(t *testing.T) transfer.Bucket { return at(t, endpoint, fmt.Sprint("bucket-", n.Add(1)), c.cfg) },
				ExceptKeys: map[string]string{"line\nfeed": "Google Cloud Storage takes no line feed in a key"},
			})
		})
	}
}
