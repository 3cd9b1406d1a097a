package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/transfer"
)

// Options are what a [Bucket] needs to reach its source.
type Options struct {
	// Identity of this machine; the source and each relay must know its key. Required.
	Identity *Identity
	// Dial opens the connection to the first machine of a path. Default: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Name is what the bucket is called in messages, the URL of what is served. Default: "relay:" and the address of the source.
	Name string
	// Streams is how many idle connections each path keeps. Default: 64.
	Streams int
}

// Bucket reads the objects of a bucket that a [Server] serves, over one or more paths. It is read-only: to write is ErrInvalid.
// It is safe for concurrent use; Close it to let go of its connections.
type Bucket struct {
	name  string
	lanes []*lane
}

// Open returns a bucket over paths, which must all end at servers of the same objects. It does not connect yet.
func Open(paths []Path, opts Options) (*Bucket, error) {
	if opts.Identity == nil || len(paths) == 0 {
		return nil, errors.New("a relayed bucket needs an identity and a path")
	}
	if opts.Dial == nil {
		opts.Dial = new(net.Dialer).DialContext
	}
	if opts.Streams <= 0 {
		opts.Streams = 64
	}
	b := &Bucket{name: opts.Name}
	for _, p := range paths {
		if len(p.Peers) == 0 {
			return nil, errors.New("a path without machines")
		}
		if b.name == "" {
			b.name = "relay:" + p.Peers[len(p.Peers)-1].Address
		}
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx, opts.Identity, opts.Dial) }
		b.lanes = append(b.lanes, &lane{path: p, rate: p.Rate, client: &http.Client{Transport: &http.Transport{
			DialContext: dial, MaxIdleConnsPerHost: opts.Streams, IdleConnTimeout: time.Minute, DisableCompression: true,
		}}})
	}
	return b, nil
}

// Close closes idle connections. Reads under way go on.
func (b *Bucket) Close() error {
	for _, l := range b.lanes {
		l.client.CloseIdleConnections()
	}
	return nil
}

// String is the bucket's name.
func (b *Bucket) String() string { return b.name }

// choose takes the lane on which a read is expected to end first. A lane nobody knows is taken to be as fast as the fastest.
func (b *Bucket) choose() *lane {
	fastest := 1.0
	for _, l := range b.lanes {
		l.mu.Lock()
		fastest = max(fastest, l.rate)
		l.mu.Unlock()
	}
	now := time.Now()
	best, least := b.lanes[0], b.lanes[0].cost(now, fastest)
	for _, l := range b.lanes[1:] {
		if c := l.cost(now, fastest); c < least {
			best, least = l, c
		}
	}
	best.begin()
	return best
}

// ask sends a request over a lane. The lane is busy until the returned body is closed.
func (b *Bucket) ask(ctx context.Context, path string, header http.Header) (*http.Response, error) {
	l := b.choose()
	begin := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://relay"+path, http.NoBody)
	if err != nil {
		l.end(0, 0, nil, begin)
		return nil, err
	}
	req.Header = header
	res, err := l.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			l.end(0, 0, nil, time.Now()) // it was not the lane
			return nil, context.Cause(ctx)
		}
		l.end(0, 0, err, time.Now())
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		l.end(0, 0, nil, time.Now())
		return nil, told(res)
	}
	res.Body = &metered{ReadCloser: res.Body, lane: l, begin: begin}
	return res, nil
}

// told is the error that a server answered.
func told(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return err
	}
	answer := errors.New(strings.TrimSpace(string(text)))
	if k, err := strconv.Atoi(res.Header.Get(headerError)); err == nil && k >= 0 && k < len(kinds()) {
		return fmt.Errorf("%w: %w", kinds()[k], answer)
	}
	return answer
}

// metered notes what a body brought when it is closed.
type metered struct {
	io.ReadCloser
	lane  *lane
	begin time.Time
	bytes int64
	err   error
	ended bool
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.bytes += int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) {
		m.err = err
	}
	return n, err
}

func (m *metered) Close() error {
	if !m.ended {
		m.ended = true
		now := time.Now()
		m.lane.end(m.bytes, now.Sub(m.begin), m.err, now)
	}
	return m.ReadCloser.Close()
}

func (b *Bucket) fail(op, key string, err error) error {
	return &transfer.Error{Op: op, Bucket: b.name, Key: key, Err: err}
}

func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// Stat describes one object.
func (b *Bucket) Stat(ctx context.Context, key string) (transfer.Object, error) {
	res, err := b.ask(ctx, escaped(facts+key), http.Header{})
	if err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	defer res.Body.Close()
	var obj transfer.Object
	if err := json.NewDecoder(res.Body).Decode(&obj); err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	return obj, nil
}

// Read streams a range of one object over one of the paths.
func (b *Bucket) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	header := http.Header{"Range": {fmt.Sprintf("%d+%d", r.Offset, r.Length)}, headerMatch: {match}}
	res, err := b.ask(ctx, escaped(objects+key), header)
	if err != nil {
		return nil, b.fail("read", key, err)
	}
	return res.Body, nil
}

// List yields the objects below a prefix in order.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[transfer.Object, error] {
	return func(yield func(transfer.Object, error) bool) {
		if err := b.list(ctx, prefix, func(o transfer.Object) bool { return yield(o, nil) }); err != nil {
			yield(transfer.Object{}, b.fail("list", prefix, err))
		}
	}
}

func (b *Bucket) list(ctx context.Context, prefix string, yield func(transfer.Object) bool) error {
	res, err := b.ask(ctx, listing+"?"+url.Values{"prefix": {prefix}}.Encode(), http.Header{})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for in := json.NewDecoder(res.Body); ; {
		var obj transfer.Object
		if err := in.Decode(&obj); err != nil {
			return err
		}
		if obj.Key == "" || !yield(obj) {
			return nil
		}
	}
}

var errReadOnly = fmt.Errorf("a relayed bucket is read-only: %w", transfer.ErrInvalid)

// Create fails: the bucket is read-only.
func (b *Bucket) Create(_ context.Context, key string, _ transfer.CreateOptions) (transfer.Upload, error) {
	return nil, b.fail("create", key, errReadOnly)
}

// Delete fails: the bucket is read-only.
func (b *Bucket) Delete(_ context.Context, key, _ string) error {
	return b.fail("delete", key, errReadOnly)
}
