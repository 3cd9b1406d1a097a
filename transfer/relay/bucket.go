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
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
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
	// Stall is how long a read waits for a byte, or for an answer, before it tries another path. Default: 10 seconds.
	Stall time.Duration
	// Window bounds the bytes that are read ahead, beside the reader's own memory, when there are several paths. A read whose
	// first piece does not fit has that one piece more. Default: 32 MiB.
	Window unit.Bytes
}

// Bucket reads the objects of a bucket that a [Server] serves, over one or more paths. It is read-only: to write is ErrInvalid.
// It is safe for concurrent use; Close it to let go of its connections.
//
// A read of a known version is cut into pieces that the paths pull, each as fast as it can: a few reads keep all paths busy. A path
// that fails or stalls is left alone for a while, and what it was to bring comes over the others.
type Bucket struct {
	name   string
	lanes  []*lane
	stall  time.Duration
	window int64

	mu    sync.Mutex
	reads []*striped // with something to fetch still, oldest first
	held  int64      // bytes of all pieces that have not been read
	idle  [][]byte   // memory of earlier ones, oldest first
	kept  int64      // bytes of idle
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
	if opts.Stall <= 0 {
		opts.Stall = 10 * time.Second
	}
	if opts.Window <= 0 {
		opts.Window = 32 << 20
	}
	b := &Bucket{name: opts.Name, stall: opts.Stall, window: int64(opts.Window)}
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

// Rates is the bytes per second that each path brought lately, in the order given to [Open]: what it was planned to carry as long
// as nothing is known, 0 if nothing was planned either. It tells a planner which of its figures are wrong.
func (b *Bucket) Rates() []float64 {
	rates := make([]float64, len(b.lanes))
	for i, l := range b.lanes {
		rates[i] = l.pace()
	}
	return rates
}

// LeastStreams is how many reads at once keep all paths busy: a read that ends leaves work for as long as the next one takes to begin.
func (b *Bucket) LeastStreams() int {
	if len(b.lanes) == 1 {
		return 1
	}
	return len(b.lanes) + 1
}

// choose takes the lane on which a read is expected to end first. A lane nobody knows is taken to be as fast as the fastest.
func (b *Bucket) choose(now time.Time) *lane {
	fastest := 1.0
	for _, l := range b.lanes {
		fastest = max(fastest, l.pace())
	}
	best, least := b.lanes[0], b.lanes[0].cost(now, fastest)
	for _, l := range b.lanes[1:] {
		if c := l.cost(now, fastest); c < least {
			best, least = l, c
		}
	}
	best.begin(now)
	return best
}

// ask sends a request over a lane, and over another when that fails. The lane is busy until the returned body is closed.
func (b *Bucket) ask(ctx context.Context, path string, header http.Header) (*body, error) {
	var failed []error
	for range len(b.lanes) + 1 {
		res, err := b.askLane(ctx, b.choose(time.Now()), path, header)
		var lost *laneError
		if !errors.As(err, &lost) {
			return res, err
		}
		failed = append(failed, lost.err)
	}
	return nil, errors.Join(failed...)
}

// laneError is a failure of a lane, not of what was asked.
type laneError struct{ err error }

func (e *laneError) Error() string { return e.err.Error() }
func (e *laneError) Unwrap() error { return e.err }

func (b *Bucket) askLane(ctx context.Context, l *lane, path string, header http.Header) (*body, error) {
	life, end := context.WithCancelCause(ctx)
	stall := time.AfterFunc(b.stall, func() { end(errStalled) })
	in := &body{lane: l, life: life, end: end, stall: stall, limit: b.stall, begun: time.Now()}
	req, err := http.NewRequestWithContext(life, http.MethodGet, "http://relay"+path, http.NoBody) //nolint:gosec // the host is ours: only the path is the caller's
	if err != nil {
		in.close()
		return nil, err
	}
	req.Header = header
	res, err := l.client.Do(req) //nolint:bodyclose,gosec // the answer is read and closed by who asked; the host: see above
	if err != nil {
		if ctx.Err() == nil {
			in.err = in.cause(err)
			err = &laneError{in.err}
		} else {
			err = context.Cause(ctx) // it was not the lane
		}
		in.close()
		return nil, err
	}
	in.from = res.Body
	if res.StatusCode != http.StatusOK {
		defer in.Close()
		return nil, told(res)
	}
	return in, nil
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
	defer res.Close()
	var obj transfer.Object
	if err := json.NewDecoder(res).Decode(&obj); err != nil {
		return transfer.Object{}, b.fail("stat", key, err)
	}
	return obj, nil
}

// Read streams a range of one object: over all paths at once when the version is known and the range is long, else over one, and
// over another when that fails.
func (b *Bucket) Read(ctx context.Context, key string, r transfer.Range, match string) (io.ReadCloser, error) {
	if len(b.lanes) > 1 && match != "" && r.Length >= 2*leastPiece {
		return b.stripe(ctx, key, r, match), nil
	}
	in := &reader{ctx: ctx, bucket: b, key: key, left: r, match: match}
	if err := in.open(); err != nil {
		return nil, b.fail("read", key, err)
	}
	return in, nil
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
	defer res.Close()
	for in := json.NewDecoder(res); ; {
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
