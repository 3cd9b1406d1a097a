package s3suite_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/s3suite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// judge runs the suite against a server that answers like this.
func judge(t *testing.T, answer http.HandlerFunc) (verify.Result, error) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("user", "secret-of-a-test", ""),
	})
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	return verify.Run(t.Context(), s3suite.Suite(), s3suite.Endpoint{Client: client, Bucket: "bucket"}, at)
}

func TestServerThatSaysYesToEverythingPassesNothing(t *testing.T) {
	t.Parallel()
	result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"x"`)
		fmt.Fprint(w, "<Result><UploadId>x</UploadId></Result>")
	})
	require.NoError(t, err)
	require.Len(t, result.Broken(), len(result.Outcomes), result)
}

func TestStrangerIsNotJudged(t *testing.T) {
	t.Parallel()
	result, err := judge(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	require.ErrorContains(t, err, "before the first check: the endpoint does not answer")
	require.Equal(t, catalog.Verdict{}, result.Verdict())
}

func TestServiceIsInTheCatalog(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	_, ok := c.Service(s3suite.Suite().Service)
	require.True(t, ok)
}
