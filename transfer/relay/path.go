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
	first := conn
	stop := context.AfterFunc(ctx, func() { _ = first.SetDeadline(time.Unix(1, 0)) })
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
	if !stop() { // its deadline is over: nobody may be given it
		return nil, errors.Join(context.Cause(ctx), conn.Close())
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
	since  time.Time // start of the window in which bytes are counted
	bytes  int64     // since then
	ready  time.Time // after failures: when it may be tried again
	failed int       // in a row

	measured bool          // rate is more than a plan
	latency  time.Duration // to the first byte, about the least
}

const (
	firstWait  = 100 * time.Millisecond
	lastWait   = 5 * time.Second
	stallWait  = time.Minute // to find out that it still stalls takes long
	rateWindow = 400 * time.Millisecond
	pieceTime  = 150 * time.Millisecond
	tooSlow    = 50 // times slower than the fastest: a lane to be used when all others are crowded
)

// cost orders lanes: how long a read is expected to wait for its turn, in units of one read. A lane with nothing to do comes before
// all that have: with fewer reads than lanes, that is what adds most. It is nearly infinite while the lane rests.
func (l *lane) cost(now time.Time, fastest float64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := l.rate
	if rate == 0 {
		rate = fastest
	}
	cost := float64(l.flying+1) / rate
	if l.flying == 0 && rate*tooSlow > fastest {
		cost /= 1e6
	}
	if now.Before(l.ready) {
		cost += 1e12 * l.ready.Sub(now).Seconds()
	}
	if l.failed > 0 && l.flying > 0 {
		cost += 1e12 // one read is enough to find out whether it works again
	}
	return cost
}

// pace is the rate of the lane, 0 when it is not known.
func (l *lane) pace() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate
}

// laneDepth is the reads that keep a lane busy: while one begins or ends, the other flows.
const laneDepth = 2

// open says that the lane works and has room for one more read.
func (l *lane) open(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flying < laneDepth && !now.Before(l.ready) && (l.failed == 0 || l.flying == 0)
}

// piece is how many bytes are worth a request: what one of the reads gets in a while that is long beside the time to the first byte.
func (l *lane) piece() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.measured {
		return leastPiece
	}
	while := max(pieceTime, 8*l.latency)
	return int64(l.rate * while.Seconds() / float64(max(l.flying, laneDepth)))
}

// answered notes the time to the first byte.
func (l *lane) answered(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latency == 0 || took < l.latency {
		l.latency = took
	}
	l.latency += (took - l.latency) / 16 // it may have become longer for good
}

func (l *lane) begin(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flying++; l.flying == 1 {
		l.since, l.bytes = now, 0
	}
}

// note counts what arrived.
func (l *lane) note(n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 {
		l.failed = 0
	}
	l.bytes += int64(n)
	took := now.Sub(l.since)
	if took < rateWindow {
		return
	}
	rate := float64(l.bytes) / took.Seconds()
	if !l.measured {
		l.rate, l.measured = rate, true
	}
	l.rate += (rate - l.rate) / 3
	l.since, l.bytes = now, 0
}

// end notes that a read ended, with an error if it was the lane that failed.
func (l *lane) end(err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying--
	if err == nil {
		return
	}
	wait := min(lastWait, firstWait<<min(l.failed, 10))
	if errors.Is(err, errStalled) {
		wait = stallWait
	}
	l.ready = now.Add(wait)
	l.failed++
}
