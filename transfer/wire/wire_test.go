package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes dials connections whose other ends are given to serve.
func pipes(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serve(far)
		return near, nil
	}
}

// Two connections share the rate, and no tenth of a second sees more than a twentieth above its share.
func TestRateHoldsOverEveryTenth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perSecond, size = 100_000, 150_000
		begin := time.Now()
		var mu sync.Mutex
		var at []time.Duration // when each thousandth part of what was sent came
		w := wire.New(wire.Config{Rate: perSecond, Dial: pipes(func(c net.Conn) {
			buf := make([]byte, 64<<10)
			for {
				n, err := c.Read(buf)
				mu.Lock()
				for range n {
					at = append(at, time.Since(begin))
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})})
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				c, err := w.DialContext(t.Context(), "tcp", "store:80")
				require.NoError(t, err)
				_, err = c.Write(make([]byte, size))
				require.NoError(t, err)
				require.NoError(t, c.Close())
			})
		}
		both.Wait()
		synctest.Wait()
		require.Len(t, at, 2*size)
		require.Equal(t, unit.Bytes(2*size), w.Sent())
		require.InDelta(t, float64(2*size)/perSecond, time.Since(begin).Seconds(), 0.02)
		for first, last := 0, 0; last < len(at); last++ {
			for at[last]-at[first] > 100*time.Millisecond {
				first++
			}
			require.LessOrEqual(t, last-first+1, perSecond/10*106/100)
		}
	})
}

func TestReadingIsSlowedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire.New(wire.Config{Rate: 1000, Dial: pipes(func(c net.Conn) {
			_, _ = c.Write(make([]byte, 5000))
			_ = c.Close()
		})})
		begin := time.Now()
		c, err := w.DialContext(t.Context(), "tcp", "store:80")
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, c)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.EqualValues(t, 5000, n)
		require.InDelta(t, 5, time.Since(begin).Seconds(), 0.02)
		require.Equal(t, unit.Bytes(5000), w.Received())
	})
}

func TestCloseLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire.New(wire.Config{Rate: 1, Dial: pipes(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })})
		c, err := w.DialContext(t.Context(), "tcp", "store:80")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() {
			_, err := c.Write(make([]byte, 1000))
			ended <- err
		}()
		synctest.Wait()
		require.NoError(t, c.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	})
}

func TestBoundaryHoldsForDialsAndRedirects(t *testing.T) {
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer outside.Close()
	away, err := url.Parse(outside.URL)
	require.NoError(t, err)
	away.Host = "localhost:" + away.Port()
	inside := httptest.NewServer(http.RedirectHandler(away.String(), http.StatusTemporaryRedirect))
	defer inside.Close()

	rule := errors.New("data stays in this country")
	w := wire.New(wire.Config{Allow: func(_ context.Context, host string) error {
		if host == "127.0.0.1" {
			return nil
		}
		return rule
	}})
	client := w.Client(2)
	defer client.CloseIdleConnections()
	for _, target := range []string{inside.URL, away.String()} {
		_, err := client.Get(target) //nolint:bodyclose // with an error the client has closed it
		require.ErrorIs(t, err, wire.ErrRefused, target)
		require.ErrorIs(t, err, rule, target)
	}
	require.Positive(t, w.Sent())
}
