//go:build netns

package netns

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
	"github.com/openintercloud/broker/transfer/relay"
)

// roleEnv holds what a process that the test started is to do.
const roleEnv = "BROKER_NETNS_ROLE"

// role is one process in one namespace.
type role struct {
	Kind   string // "serve", "copy", "store", "blast" or "drain"
	Listen string
	Seed   []byte
	Peers  []relay.Key
	Next   []string
	Dir    string // served from, or copied to
	// PerConn is the most bytes per second of one connection; 0 = no limit.
	PerConn int

	Paths    []relay.Path
	Key      string // of the object to be copied
	To       string // address of a store, when not Dir
	Streams  int
	PartSize unit.Bytes
	Memory   unit.Bytes
	Seconds  float64 // of a blast
}

// outcome is what a copy or a drain tells when it ends.
type outcome struct {
	Error      string
	Bytes      int64
	Start, End time.Time
	Streams    int // most at once
	Steady     int // median over the samples of the second half
	Base, Peak int64
	Samples    []int64 // bytes received so far, every sampleTime
	Rates      []float64
}

func (o outcome) seconds() float64 { return o.End.Sub(o.Start).Seconds() }

const sampleTime = 100 * time.Millisecond

func TestMain(m *testing.M) {
	text := os.Getenv(roleEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	var r role
	err := json.Unmarshal([]byte(text), &r)
	if err == nil {
		// What is measured are links, not the other work on this machine.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
		ctx, stop := context.WithCancel(context.Background())
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }() // the parent ended
		err = play(ctx, r)
	}
	if err != nil {
		tell(outcome{Error: err.Error()})
		os.Exit(1)
	}
}

func play(ctx context.Context, r role) error {
	switch r.Kind {
	case "serve":
		return serve(ctx, r)
	case "copy":
		return copyRole(ctx, r)
	case "store":
		return store(ctx, r)
	case "blast":
		return blast(ctx, r)
	case "drain":
		return drain(ctx, r)
	}
	return fmt.Errorf("no role %q", r.Kind)
}

func tell(o outcome) {
	_ = json.NewEncoder(os.Stdout).Encode(o)
}

func listen(ctx context.Context, r role) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", r.Listen)
	if err != nil {
		return nil, err
	}
	fmt.Println("ready")
	if r.PerConn > 0 {
		return capped{l, r.PerConn}, nil
	}
	return l, nil
}

func serve(ctx context.Context, r role) error {
	id, err := relay.ParseIdentity(r.Seed)
	if err != nil {
		return err
	}
	cfg := relay.Config{Identity: id, Peers: r.Peers, Next: r.Next}
	if r.Dir != "" {
		if cfg.Serve, err = file.Open(r.Dir, file.Options{}); err != nil {
			return err
		}
	}
	s, err := relay.NewServer(cfg)
	if err != nil {
		return err
	}
	l, err := listen(ctx, r)
	if err != nil {
		return err
	}
	return s.Run(ctx, l)
}

// capped slows each connection by itself.
type capped struct {
	net.Listener
	perConn int
}

func (c capped) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &slow{conn, rate.NewLimiter(rate.Limit(c.perConn), 64<<10)}, nil
}

type slow struct {
	net.Conn
	limit *rate.Limiter
}

func (s *slow) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		piece := p[:min(len(p), 32<<10)]
		if err = s.limit.WaitN(context.Background(), len(piece)); err == nil {
			var k int
			k, err = s.Conn.Write(piece)
			n += k
			p = p[k:]
		}
	}
	return n, err
}

// counted is a bucket whose readers are counted as they are read.
type counted struct {
	*relay.Bucket
	bytes, readers atomic.Int64
}

func (c *counted) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	body, err := c.Bucket.Read(ctx, key, r, match)
	if err != nil {
		return nil, err
	}
	c.readers.Add(1)
	return &countedBody{ReadCloser: body, of: c}, nil
}

type countedBody struct {
	io.ReadCloser
	of   *counted
	once sync.Once
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.of.bytes.Add(int64(n))
	return n, err
}

func (b *countedBody) Close() error {
	b.once.Do(func() { b.of.readers.Add(-1) })
	return b.ReadCloser.Close()
}

func copyRole(ctx context.Context, r role) error {
	id, err := relay.ParseIdentity(r.Seed)
	if err != nil {
		return err
	}
	from, err := relay.Open(r.Paths, relay.Options{Identity: id})
	if err != nil {
		return err
	}
	defer from.Close()
	src := &counted{Bucket: from}
	to := transfer.Target{Key: r.Key}
	if r.To != "" {
		to.Bucket = newRemote(r.To)
	} else if to.Bucket, err = file.Open(r.Dir, file.Options{Create: true}); err != nil {
		return err
	}
	out := outcome{Base: rss(), Start: time.Now()}
	watch, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { sample(watch, src, &out) })
	report, err := transfer.Copy(ctx, to, transfer.Target{Bucket: src, Key: r.Key},
		transfer.Options{Streams: r.Streams, PartSize: r.PartSize, MemoryBudget: r.Memory})
	out.End = time.Now()
	stop()
	watching.Wait()
	if err != nil {
		return err
	}
	out.Bytes, out.Streams = int64(report.Bytes), report.Streams
	tell(out)
	return nil
}

// sample notes how far the copy is, now and then.
func sample(ctx context.Context, src *counted, out *outcome) {
	t := time.NewTicker(sampleTime)
	defer t.Stop()
	var readers []int
	for ctx.Err() == nil {
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		out.Samples = append(out.Samples, src.bytes.Load())
		out.Peak = max(out.Peak, rss())
		readers = append(readers, int(src.readers.Load()))
	}
	out.Steady = median(readers[len(readers)/2:])
	out.Rates = src.Rates()
}

// rss is the memory of this process that is in RAM, files of tmpfs that it only reads and writes not included.
func rss() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if text, ok := strings.CutPrefix(in.Text(), "VmRSS:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// blast sends as fast as it can over one connection.
func blast(ctx context.Context, r role) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.To)
	if err != nil {
		return err
	}
	defer conn.Close()
	buf := make([]byte, 256<<10)
	for begin := time.Now(); time.Since(begin).Seconds() < r.Seconds; {
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// drain receives one connection and tells what came between the first byte and the last.
func drain(ctx context.Context, r role) error {
	l, err := listen(ctx, r)
	if err != nil {
		return err
	}
	defer l.Close()
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	out := outcome{Start: time.Now()}
	buf := make([]byte, 256<<10)
	for {
		n, err := conn.Read(buf)
		out.Bytes += int64(n)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	out.End = time.Now()
	tell(out)
	return nil
}
