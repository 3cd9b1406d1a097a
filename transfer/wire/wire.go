package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/openintercloud/broker/catalog/unit"
)

// Config says what all connections of a wire have in common. The zero value limits, refuses and dials nothing specially.
type Config struct {
	// Rate is the most bytes per second, in each direction. Default: no limit.
	Rate unit.Bytes
	// Allow is asked before a host is dialled or a redirect to it followed; its error ends the request. It may be called
	// concurrently. Default: every host is allowed.
	Allow func(ctx context.Context, host string) error
	// Dial opens a connection. Default: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Wire is a set of connections under one [Config]. It is safe for concurrent use; make one with [New].
type Wire struct {
	cfg            Config
	in, out        *rate.Limiter // nil = no limit
	received, sent atomic.Int64
}

// New returns a wire without connections.
func New(cfg Config) *Wire {
	w := &Wire{cfg: cfg}
	if cfg.Dial == nil {
		w.cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Rate > 0 {
		w.in, w.out = limiter(cfg.Rate), limiter(cfg.Rate)
	}
	return w
}

// burstTime is how much of a pause may be made up for: a tenth of a second sees at most a twentieth more than its share.
const burstTime = 5 * time.Millisecond

// limiter lets through bytes at a rate, in pieces of at most what burstTime allows.
func limiter(perSecond unit.Bytes) *rate.Limiter {
	burst := int(float64(perSecond) * burstTime.Seconds())
	return rate.NewLimiter(rate.Limit(perSecond), max(burst, 1))
}

// Received is the bytes read from all connections so far, protocol included.
func (w *Wire) Received() unit.Bytes { return unit.Bytes(w.received.Load()) }

// Sent is the bytes written to all connections so far, protocol included.
func (w *Wire) Sent() unit.Bytes { return unit.Bytes(w.sent.Load()) }

// ErrRefused is wrapped by the error of a connection that the boundary does not allow.
var ErrRefused = errors.New("the boundary does not allow this host")

func (w *Wire) allow(ctx context.Context, host string) error {
	if w.cfg.Allow == nil {
		return nil
	}
	if err := w.cfg.Allow(ctx, host); err != nil {
		return fmt.Errorf("%s: %w: %w", host, ErrRefused, err)
	}
	return nil
}

// DialContext opens a connection that belongs to the wire.
func (w *Wire) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	if err := w.allow(ctx, host); err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	inner, err := w.cfg.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	return &conn{Conn: inner, wire: w, life: life, end: end}, nil
}

// most redirects that are followed, as the standard client does.
const redirects = 10

// Client returns an HTTP client whose connections belong to the wire. Up to perHost of them stay open to each host.
func (w *Wire) Client(perHost int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: w.DialContext, MaxIdleConnsPerHost: perHost, MaxIdleConns: 4 * perHost, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second, DisableCompression: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= redirects {
				return fmt.Errorf("%s: stopped after %d redirects", req.URL.Host, redirects)
			}
			return w.allow(req.Context(), req.URL.Hostname())
		},
	}
}

// conn counts and slows one connection.
type conn struct {
	net.Conn
	wire *Wire
	life context.Context // ends with the connection, so that nobody waits for the limit of a closed one
	end  context.CancelFunc
}

// Read takes no more than the limit allows at once, and waits afterwards: what is not read fills the sender's window.
func (c *conn) Read(p []byte) (int, error) {
	if l := c.wire.in; l != nil && len(p) > l.Burst() {
		p = p[:l.Burst()]
	}
	n, err := c.Conn.Read(p)
	c.wire.received.Add(int64(n))
	if err == nil {
		err = c.wait(c.wire.in, n)
	}
	return n, err
}

func (c *conn) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		piece := p
		if l := c.wire.out; l != nil && len(piece) > l.Burst() {
			piece = piece[:l.Burst()]
		}
		if err := c.wait(c.wire.out, len(piece)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(piece)
		c.wire.sent.Add(int64(n))
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

func (c *conn) wait(l *rate.Limiter, n int) error {
	if l == nil || n == 0 {
		return nil
	}
	if err := l.WaitN(c.life, n); err != nil {
		return net.ErrClosed
	}
	return nil
}

// Close closes the connection and lets go who waits for the limit.
func (c *conn) Close() error {
	c.end()
	return c.Conn.Close()
}
