//go:build integration

package s3suite_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/s3suite"
	"github.com/openintercloud/broker/internal/servers"
)

func run(t *testing.T, store servers.Store) verify.Result {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := s3.New(s3.Options{
		BaseEndpoint: &store.Endpoint, UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(store.User, store.Token, ""),
	})
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("test-bucket")})
	require.NoError(t, err)
	result, err := verify.Run(t.Context(), s3suite.Suite(), s3suite.Endpoint{Client: client, Bucket: "test-bucket"}, time.Now())
	t.Log("\n" + result.String())
	require.NoError(t, err)
	for _, o := range result.Outcomes {
		require.Empty(t, o.Left, o.Check)
	}
	return result
}

// It keeps objects as files, so that no key can be the beginning of another at a slash, and names strangers in its own words.
func TestVersityGW(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"flat-keys", "unknown-key"}, run(t, servers.VersityGW(t)).Broken())
}

// It believes everyone and everything, and knows no conditions of copies.
func TestMoto(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"wrong-md5", "wrong-crc32c", "wrong-crc64", "wrong-sha256", "checksum-kept",
		"wrong-secret", "unknown-key", "presigned", "expired", "changed-body",
		"part-order", "part-numbers", "part-checksum", "abort", "read-part",
		"copy-if-match", "part-copy-range", "part-copy-if-match",
	}, run(t, servers.Moto(t)).Broken())
}
