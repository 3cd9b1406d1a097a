package s3_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/buckettest"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a store and returns its URL.
func serve(t *testing.T, store http.Handler) string {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return server.URL
}

// at opens a bucket of the store at an endpoint.
func at(t *testing.T, endpoint, name string, cfg s3.Config) *s3.Bucket {
	t.Helper()
	cfg.Endpoint, cfg.Region = endpoint, "test-region"
	cfg.Credentials = credentials.NewStaticCredentialsProvider("user", "secret-of-a-test", "")
	if cfg.Backoff == 0 {
		cfg.Backoff = time.Millisecond
	}
	b, err := s3.Open(t.Context(), "s3://"+name, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// small makes everything happen with little data.
func small(cfg s3.Config) s3.Config {
	cfg.HoldSize, cfg.CopySize = 1000, 2000
	return cfg
}

// open is a bucket of a new store.
func open(t *testing.T, opts fake.Options, cfg s3.Config) (*s3.Bucket, *fake.Store) {
	t.Helper()
	if opts.MinPart == 0 {
		opts.MinPart = 1
	}
	store := fake.New(opts)
	return at(t, serve(t, store), "bucket", small(cfg)), store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts fake.Options
		cfg  s3.Config
	}{
		"amazon":                     {},
		"parts' sums, as R2":         {fake.Options{PartSums: true, EqualParts: true}, s3.Config{Sums: s3.PartSums, EqualParts: true}},
		"MD5":                        {fake.Options{NoSums: true}, s3.Config{Sums: s3.MD5Sums}},
		"ignores sums, all in parts": {fake.Options{NoSums: true}, s3.Config{HoldSize: 1}},
		"copied by tag, small pages": {fake.Options{PageSize: 7}, s3.Config{CopyByTag: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.opts.MinPart = 1
			store := fake.New(c.opts)
			endpoint := serve(t, store)
			cfg := small(c.cfg)
			if c.cfg.HoldSize != 0 {
				cfg.HoldSize = c.cfg.HoldSize
			}
			names := make(chan string, 1000)
			for i := range cap(names) {
				names <- "bucket-" + string(rune('a'+i%26)) + time.Duration(i).String()
			}
			parts := 100
			if name == "amazon" {
				parts = 10_000
			}
			buckettest.RunWith(t, buckettest.Config{
				Parts: parts,
				Open:  func(t *testing.T) transfer.Bucket { return at(t, endpoint, <-names, cfg) },
			})
			t.Cleanup(func() { require.Zero(t, store.Uploads(), "uploads were left open") })
		})
	}
}
