package s3_test

import (
	"bytes"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

// BenchmarkSmall stores objects of 64 KiB, one request each, in a store in the same process.
func BenchmarkSmall(b *testing.B) {
	store := httptest.NewServer(fake.New(fake.Options{}))
	defer store.Close()
	bucket, err := s3.Open(b.Context(), "s3://bucket", s3.Config{
		Endpoint: store.URL, Credentials: credentials.NewStaticCredentialsProvider("user", "secret-of-a-test", ""), Backoff: time.Millisecond,
	})
	require.NoError(b, err)
	defer func() { require.NoError(b, bucket.Close()) }()
	p := bytesOf(64 << 10)
	b.SetBytes(int64(len(p)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			up, err := bucket.Create(b.Context(), "x", transfer.CreateOptions{Size: 64 << 10})
			require.NoError(b, err)
			require.NoError(b, up.Part(b.Context(), 1, bytes.NewReader(p)))
			_, err = up.Commit(b.Context())
			require.NoError(b, err)
		}
	})
}
