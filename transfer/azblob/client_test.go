package azblob_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/azblob/internal/fake"
	"github.com/openintercloud/broker/transfer/wire"
)

// Requests go over the host's client.
func TestHostsClient(t *testing.T) {
	t.Parallel()
	w := wire.New(wire.Config{})
	client := w.Client(4)
	t.Cleanup(client.CloseIdleConnections)
	b, _ := open(t, fake.Options{}, azblob.Config{HTTPClient: client})
	p := content(4000)
	obj, err := put(t, b, "x", p, transfer.CreateOptions{})
	require.NoError(t, err)
	got, err := read(t, b, "x", obj.Version)
	require.NoError(t, err)
	require.Equal(t, p, got)
	require.Greater(t, int64(w.Sent()), int64(len(p)))
	require.Greater(t, int64(w.Received()), int64(len(p)))
}
