package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Peer is a machine with a server: where it listens and which key it has.
type Peer struct {
	Address string // host and port
	Key     Key
}

// Path is a way to the source: the relays to pass, in order from here, and the source last.
type Path struct {
	Peers []Peer
	Rate  float64 // bytes per second it is planned to carry; 0 = not known. What it really carries is found out
}

// String is the addresses of the path.
func (p Path) String() string {
	var hops []string
	for _, h := range p.Peers {
		hops = append(hops, h.Address)
	}
	return strings.Join(hops, " > ")
}

// dial opens a connection along the path: to the first machine, through it to the second, and so on. Each stretch is encrypted
// for its end, so that no machine on the way reads what is for those behind it.
func (p Path) dial(ctx context.Context, me *Identity, open func(context.Context, string, string) (net.Conn, error)) (net.Conn, error) {
	conn, err := open(ctx, "tcp", p.Peers[0].Address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for i, peer := range p.Peers {
		if i > 0 {
			err = connect(conn, peer.Address)
		}
		if err == nil {
			inner := tls.Client(conn, me.talk(peer.Key))
			err = inner.HandshakeContext(ctx)
			conn = inner
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("path %s: %s: %w", p, peer.Address, err), conn.Close())
		}
	}
	return conn, nil
}

// connect asks the machine at the end of a connection to pass it on.
func connect(conn net.Conn, address string) error {
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", address, address); err != nil {
		return err
	}
	// One byte at a time: what follows the answer belongs to the next stretch.
	res, err := http.ReadResponse(bufio.NewReaderSize(oneByte{conn}, 16), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not passed on: %s", res.Status)
	}
	return nil
}

type oneByte struct{ net.Conn }

func (c oneByte) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(1, len(p))]) }

// lane is a path in use, and what it brought lately.
type lane struct {
	path   Path
	client *http.Client

	mu     sync.Mutex
	flying int
	rate   float64   // bytes per second of all its reads together, smoothed; 0 = not known
	ready  time.Time // after failures: when it may be tried again
	failed int       // in a row
}

const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// cost is how long a read is expected to wait for its turn on the lane, in units of one read; it is infinite while the lane rests.
func (l *lane) cost(now time.Time, unknown float64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := l.rate
	if rate == 0 {
		rate = unknown
	}
	cost := float64(l.flying+1) / rate
	if now.Before(l.ready) {
		cost += 1e12 * l.ready.Sub(now).Seconds()
	}
	return cost
}

func (l *lane) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying++
}

// end notes what a read brought: so many bytes in a time, among so many reads.
func (l *lane) end(bytes int64, took time.Duration, err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	among := float64(l.flying)
	l.flying--
	if err != nil {
		l.ready = now.Add(min(lastWait, firstWait<<min(l.failed, 10)))
		l.failed++
		return
	}
	l.failed = 0
	if bytes < 1<<14 || took <= 0 {
		return // too little to tell a rate
	}
	rate := among * float64(bytes) / took.Seconds()
	if l.rate == 0 {
		l.rate = rate
	}
	l.rate += (rate - l.rate) / 8
}
