package mem_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// Whoever writes to an upload while another sweeps it learns that it is gone, and nothing else, at whatever moment.
func TestSweepIsOneStep(t *testing.T) {
	t.Parallel()
	const writers, rounds = 4, 500
	b := mem.New("b")
	for range rounds {
		up, err := b.Create(t.Context(), "x", transfer.CreateOptions{})
		require.NoError(t, err)
		began, ended := make(chan struct{}, writers), make(chan error, writers)
		for n := range writers {
			go func() {
				err := up.Part(t.Context(), n+1, bytes.NewReader([]byte("x")))
				began <- struct{}{}
				for err == nil {
					err = up.Part(t.Context(), n+1, bytes.NewReader([]byte("x")))
				}
				ended <- err
			}()
		}
		for range writers {
			<-began
		}
		swept, err := b.Sweep(t.Context(), time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, 1, swept)
		for range writers {
			require.ErrorIs(t, <-ended, transfer.ErrNotFound)
		}
	}
	require.Zero(t, b.OpenUploads())
}
