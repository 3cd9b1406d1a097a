package sky

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
)

// Config says what a broker works with. The zero value plans over the embedded catalog and runs nothing.
type Config struct {
	// Providers are the clouds the host can use. Defaults to none: then plans are made over every cloud of the
	// catalog, and Start refuses them.
	Providers []provider.Provider
	// Catalog is what the clouds offer. Defaults to the embedded snapshot.
	Catalog *catalog.Catalog
	// PriceBook is what the host pays where that is not the list price, what it has paid already, and its own clouds.
	// Defaults to nil: list prices. Credits and prepaid time do not decide what is the best plan; they are spent first.
	PriceBook *catalog.PriceBook
	// Fresh is how old the oldest price may be when a snapshot is taken; an older one is refused with a
	// [*catalog.StaleError]. Runs that go on are not stopped by it. Defaults to 0: any age.
	Fresh time.Duration
	// Used is how much has left each cloud in this calendar month, for prices that depend on it: by "cloud", or by
	// "cloud/region" where that region is counted by itself. Each tiered price of a cloud starts from it.
	// [Report.Sent] tells what a run adds. Defaults to nothing.
	Used map[string]Bytes
	// StateDir is where runs are journaled, so that they survive the process. Defaults to "": runs are kept in memory
	// and Close cancels them.
	StateDir string
	// Buckets says where the data under a URL prefix is, as "cloud/region". Defaults to none: datasets say it with At.
	Buckets map[string]string
	// Owner marks what belongs to this broker in the clouds. Brokers of one owner see each other's allocations.
	// Defaults to "broker".
	Owner string
	// OnClose says what Close does with runs that go on. Defaults to Detach when there is a StateDir.
	OnClose OnClose
	// Lease is how long machines live after the last sign of a broker, where the provider can extend a lease. Defaults
	// to 24 hours.
	Lease time.Duration
	// Block is how long a place that refused is avoided when it does not say. Defaults to 10 minutes.
	Block time.Duration
	// Provision is how long an allocation may stay pending before another place is tried. Defaults to 15 minutes.
	Provision time.Duration
	// Backoff is the longest wait before a call that failed in passing is made again; the first waits are shorter.
	// Defaults to 1 minute.
	Backoff time.Duration
	// Logger is told what the broker does. Defaults to none.
	Logger *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// OnClose is what becomes of runs when a broker is closed.
type OnClose string

// What Close can do.
const (
	Detach OnClose = "detach" // the work goes on under its lease; Resume adopts it
	Cancel OnClose = "cancel" // every run is cancelled, and Close waits for its end
)

// Broker plans jobs and runs them. It is safe for concurrent use; two brokers in one process do not meet.
type Broker struct {
	cfg       Config
	providers map[string]provider.Provider
	buckets   []bucketPlace
	market    market
	used      []volume
	mu        sync.Mutex
	runs      map[string]*Run
	closed    bool
}

// ErrClosed is the error of calls on a closed broker.
var ErrClosed = errors.New("the broker is closed")

// New makes a broker. It does no I/O but making the state directory. All mistakes of the configuration are reported
// together.
func New(cfg Config) (*Broker, error) {
	if os.Getenv(provider.FuncVariable) != "" {
		return nil, fmt.Errorf("this process was started to run one function of a stage: call sky.Init first in main (%s is set)", provider.FuncVariable)
	}
	b := &Broker{cfg: cfg.withDefaults(), providers: map[string]provider.Provider{}, runs: map[string]*Run{}}
	errs := []error{b.takeProviders(), b.takeMarket(), b.takePlaces()}
	if what := cfg.OnClose; what != "" && what != Detach && what != Cancel {
		errs = append(errs, fmt.Errorf("sky.Config: OnClose %q: want %q or %q", what, Detach, Cancel))
	}
	if cfg.StateDir != "" {
		errs = append(errs, os.MkdirAll(filepath.Join(cfg.StateDir, runsDir), 0o700))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *Broker) takeProviders() error {
	var errs []error
	for i, p := range b.cfg.Providers {
		switch {
		case p == nil:
			errs = append(errs, fmt.Errorf("sky.Config: Providers[%d] is nil", i))
		case b.providers[p.Name()] != nil:
			errs = append(errs, fmt.Errorf("sky.Config: two providers are named %q: give one another name", p.Name()))
		default:
			b.providers[p.Name()] = p
		}
	}
	return errors.Join(errs...)
}

func (b *Broker) takeMarket() (err error) {
	if b.cfg.Catalog == nil {
		if b.cfg.Catalog, err = catalog.Embedded(); err != nil {
			return err
		}
	}
	if b.market, err = newMarket(b.cfg.Catalog, b.cfg.PriceBook); err != nil {
		return fmt.Errorf("sky.Config: PriceBook: %w", err)
	}
	return nil
}

// takePlaces reads what is said by place.
func (b *Broker) takePlaces() error {
	var errs []error
	for _, prefix := range slices.Sorted(maps.Keys(b.cfg.Buckets)) {
		p, err := catalog.ParsePlace(b.cfg.Buckets[prefix])
		if err != nil || p.Region == "" {
			errs = append(errs, fmt.Errorf("sky.Config: Buckets[%q]: %q: want cloud/region", prefix, b.cfg.Buckets[prefix]))
		}
		b.buckets = append(b.buckets, bucketPlace{prefix, p})
	}
	for _, from := range slices.Sorted(maps.Keys(b.cfg.Used)) {
		p, err := catalog.ParsePlace(from)
		sent := b.cfg.Used[from]
		if err != nil || p.Zone != "" || sent < 0 || sent > maxBytes {
			errs = append(errs, fmt.Errorf("sky.Config: Used[%q]: %d: want cloud or cloud/region, and 0 to %d bytes", from, sent, maxBytes))
		}
		b.used = append(b.used, volume{p, sent})
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Owner == "" {
		c.Owner = "broker"
	}
	if c.OnClose == "" {
		c.OnClose = Detach
	}
	if c.StateDir == "" {
		c.OnClose = Cancel
	}
	if c.Lease <= 0 {
		c.Lease = 24 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// quiet is how long refusals are gathered before a new plan is made: stages that were placed together are refused
// together.
const quiet = time.Second

// rules is the behaviour a new run is pinned to.
func (c Config) rules() engine.Rules {
	return engine.Rules{Quiet: quiet, Block: c.Block, Provision: c.Provision, BackoffCap: c.Backoff, BackoffBase: min(c.Backoff, time.Second)}
}

// Snapshot freezes what the broker knows, to plan from. It fails with a [*catalog.StaleError] when the catalog is older than
// Config.Fresh allows.
func (b *Broker) Snapshot(_ context.Context) (*Snapshot, error) {
	s, err := b.snapshot()
	if err == nil && b.cfg.Fresh > 0 {
		err = b.cfg.Catalog.RequireFresh(s.asOf, b.cfg.Fresh)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// snapshot is the same whatever its age, for runs that go on.
func (b *Broker) snapshot() (*Snapshot, error) {
	now := b.cfg.Now().UTC()
	s := &Snapshot{market: b.market.at(now), buckets: b.buckets, used: b.used, asOf: now}
	if len(b.providers) > 0 {
		s.clouds = []string{}
		for name := range b.providers {
			s.clouds = append(s.clouds, name)
		}
		slices.Sort(s.clouds)
	}
	return s.seal()
}

// Plan finds the best plan for a job: [Snapshot.Plan] on what the broker knows now. Nothing is created, nothing is paid.
func (b *Broker) Plan(ctx context.Context, j *Job) (*Plan, error) {
	s, err := b.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return s.Plan(ctx, j)
}

// Check asks every provider whether a run could work: credentials, rights, tools. All problems are joined.
func (b *Broker) Check(ctx context.Context) error {
	var errs []error
	for _, p := range b.cfg.Providers {
		if c, ok := provider.As[provider.Checker](p); ok {
			if err := c.Check(ctx); err != nil {
				errs = append(errs, fmt.Errorf("cloud %q: %w", p.Name(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// Start runs a plan under a new name. The context bounds only this call: the run lives until it ends, is cancelled, or
// the broker is closed.
func (b *Broker) Start(ctx context.Context, p *Plan) (*Run, error) {
	var id [4]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("name the run: %w", err)
	}
	suffix := "-" + hex.EncodeToString(id[:])
	name := "run" + suffix
	if p != nil && p.Job != nil {
		name = p.Job.name[:min(len(p.Job.name), maxName-len(suffix))] + suffix
	}
	return b.StartAs(ctx, name, p)
}

// StartAs runs a plan under a name of the host's choice. A name that was used before means that run: it is returned if
// it is going on here, and resumed otherwise, whatever the plan.
func (b *Broker) StartAs(_ context.Context, id string, p *Plan) (*Run, error) {
	if !validName.MatchString(id) {
		return nil, fmt.Errorf("run %q: a name is 1 to 63 letters, digits, '.', '_' or '-', and starts with a letter or digit", id)
	}
	if err := b.runnable(id, p); err != nil {
		return nil, err
	}
	return b.enter(id, func(snap *Snapshot) (*Run, error) {
		r, err := b.begin(snap, id, p)
		if errors.As(err, new(existsError)) {
			return b.reopen(snap, id)
		}
		return r, err
	})
}

// Resume takes a run over that another process, or this one before, began: it adopts the work that goes on, repeats
// what was not finished, and leaves alone what was. A run that has ended is returned as it ended.
func (b *Broker) Resume(_ context.Context, id string) (*Run, error) {
	if b.cfg.StateDir == "" {
		return nil, fmt.Errorf("resume run %q: the broker has no StateDir to find it in", id)
	}
	return b.enter(id, func(snap *Snapshot) (*Run, error) { return b.reopen(snap, id) })
}

// enter makes sure that one run is opened once.
func (b *Broker) enter(id string, open func(*Snapshot) (*Run, error)) (*Run, error) {
	snap, err := b.snapshot()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	if r := b.runs[id]; r != nil && !r.detached() {
		return r, nil
	}
	r, err := open(snap)
	if err != nil {
		return nil, err
	}
	b.runs[id] = r
	return r, nil
}

// runnable checks that a plan, which may have been stored and changed, fits its job, and that every cloud of it has a
// provider.
func (b *Broker) runnable(id string, p *Plan) error {
	if err := p.check(); err != nil {
		return fmt.Errorf("start run %q: %w", id, err)
	}
	var errs []error
	for _, s := range p.Stages {
		if cloud := s.Offering.Place.Cloud; b.providers[cloud] == nil {
			errs = append(errs, fmt.Errorf("stage %q is planned on %q, for which no provider is in Config.Providers", s.Name, cloud))
		}
	}
	return errors.Join(errs...)
}

// Runs lists the names of the runs in the state directory, ended ones included, in order.
func (b *Broker) Runs() ([]string, error) {
	if b.cfg.StateDir == "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Sorted(maps.Keys(b.runs)), nil
	}
	entries, err := os.ReadDir(filepath.Join(b.cfg.StateDir, runsDir))
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Close ends the broker: its runs are detached or cancelled, as Config.OnClose says. When it returns no goroutine of
// the broker is left. Closing twice is harmless.
func (b *Broker) Close() error {
	b.mu.Lock()
	b.closed = true
	runs := make([]*Run, 0, len(b.runs))
	for _, id := range slices.Sorted(maps.Keys(b.runs)) {
		runs = append(runs, b.runs[id])
	}
	b.mu.Unlock()
	errs := make([]error, len(runs))
	var ending sync.WaitGroup
	for i, r := range runs {
		ending.Go(func() {
			if b.cfg.OnClose == Cancel {
				errs[i] = r.Cancel(context.Background(), "the broker is closing")
			}
			r.detach()
		})
	}
	ending.Wait()
	return errors.Join(errs...)
}
