//go:build integration

package gcs_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"

	"github.com/openintercloud/broker/internal/servers"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/buckettest"
	"github.com/openintercloud/broker/transfer/gcs"
)

func TestFakeGCS(t *testing.T) {
	server := servers.FakeGCS(t)
	client, err := storage.NewClient(t.Context(), option.WithEndpoint(server.Endpoint+"/storage/v1/"), option.WithoutAuthentication())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	var n atomic.Int64
	buckettest.RunWith(t, buckettest.Config{
		Open: func(t *testing.T) transfer.Bucket {
			name := fmt.Sprint("bucket-", n.Add(1))
			require.NoError(t, client.Bucket(name).Create(t.Context(), "project", nil))
			return at(t, server.Endpoint, name, gcs.Config{})
		},
		Parts: 100,
		// What fake-gcs-server 1.56 gets wrong. The strict fake of TestConformance covers it.
		Except: map[string]string{
			"copied by the store":              "rewrite ignores ifSourceGenerationMatch",
			"copied by the store, many shapes": "rewrite ignores ifGenerationMatch",
			"delete":                           "objects.delete ignores ifGenerationMatch",
			"conditions of many parts":         "compose ignores ifGenerationMatch",
			"signed":                           "the XML API ignores x-goog-if-generation-match",
			"object and prefix":                "it keeps files, so that a/b cannot be beside a: 500",
			"keys that may be refused":         "it keeps files: a key with a slash at its end loses its content",
		},
		ExceptKeys: map[string]string{"line\nfeed": "Google Cloud Storage takes no line feed in a key"},
	})
}
