//go:build integration

package azblob_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/servers"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/buckettest"
)

func TestAzurite(t *testing.T) {
	server := servers.Azurite(t)
	key, err := container.NewSharedKeyCredential(server.User, server.Token)
	require.NoError(t, err)
	var n atomic.Int64
	buckettest.RunWith(t, buckettest.Config{
		Open: func(t *testing.T) transfer.Bucket {
			name := fmt.Sprint("container-", n.Add(1))
			client, err := container.NewClientWithSharedKeyCredential(server.Endpoint+"/"+name, key, nil)
			require.NoError(t, err)
			_, err = client.Create(t.Context(), nil)
			require.NoError(t, err)
			return at(t, server.Endpoint, server.User, name, azblob.Config{Key: secret.New(server.Token)})
		},
		Parts:      100,
		ExceptKeys: map[string]string{"tab\tand\x01control": "Azurite fails to list a key with a control character"},
	})
}
