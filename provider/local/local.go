package local

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
	"github.com/openintercloud/broker/transfer/file"
)

// Config describes a local cloud. The zero value is this machine, whole, as the cloud "local".
type Config struct {
	// Name is the cloud's name in catalogs and places. Default: "local".
	Name string
	// Dir is where the cloud keeps its account, its tasks and its buckets, in a folder named like the cloud. Two
	// processes with the same Dir and Name see one account. Default: "broker" in the user's cache directory.
	Dir string
	// Scheme is the URL scheme of the cloud's buckets, such as "s3". Default: the cloud's name.
	Scheme string
	// CPUs is how many CPUs all allocations together may hold. Default: as many as the machine has.
	CPUs int
	// Memory is how much memory all allocations together may hold. Default: as much as the machine has.
	Memory unit.Bytes
	// Unlimited lets allocations hold any amount: offerings are taken as given. CPUs and Memory are then not used.
	Unlimited bool
	// Executable is the program that is run again for a Go function. Default: the running one.
	Executable string
	// Container is the command that runs an image, up to and with its "run": {"podman", "--storage-driver=vfs", "run"}.
	// Default: "podman run", else "docker run", whichever is on the PATH first.
	Container []string
	// Clock tells the time. Default: time.Now.
	Clock func() time.Time
}

// Cloud is this machine as a cloud. It is a [provider.Provider] with the abilities Storage, Watcher, Extender and
// Checker. It is safe for concurrent use, and for use by several processes at once.
type Cloud struct {
	cfg     Config
	root    string // <Dir>/<Name>
	account remote.Account
	runner  remote.Runner
	hub     hub
	mu      sync.Mutex
	buckets map[string]*file.Bucket
}

var (
	_ provider.Provider = (*Cloud)(nil)
	_ provider.Storage  = (*Cloud)(nil)
	_ provider.Watcher  = (*Cloud)(nil)
	_ provider.Extender = (*Cloud)(nil)
	_ provider.Checker  = (*Cloud)(nil)
)

// New opens a local cloud, making its directories where they are missing. The error is a *fault.Error.
func New(cfg Config) (*Cloud, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, &fault.Error{Op: "open", Cloud: cfg.Name, Kind: fault.Unsupported, Scope: fault.ScopeCloud, Err: err}
	}
	c := &Cloud{cfg: cfg, root: filepath.Join(cfg.Dir, cfg.Name), buckets: map[string]*file.Bucket{}}
	c.runner = remote.Runner{Shell: remote.Exec{Env: environment()}, Root: c.path("allocations")}
	c.account = remote.Account{Cloud: cfg.Name, Dir: c.root, Open: c.prepare, Room: c.room, Clock: cfg.Clock}
	for _, dir := range []string{"allocations", "buckets"} {
		if err := os.MkdirAll(c.path(dir), 0o700); err != nil {
			return nil, &fault.Error{Op: "open", Cloud: cfg.Name, Kind: fault.Invalid, Scope: fault.ScopeCloud, Err: err}
		}
	}
	return c, nil
}

// Rehearse gives a local cloud for each cloud of a catalog, with its name and its buckets' scheme, so that a job for
// several clouds runs unedited on this machine, with real processes and real files. Sizes are taken as given: the
// clouds are Unlimited, but for offerings that have a Capacity. All keep their things under dir.
func Rehearse(cat *catalog.Catalog, dir string) ([]provider.Provider, error) {
	var all []provider.Provider
	for _, cloud := range cat.Clouds() {
		c, err := New(Config{Name: cloud.Name, Dir: dir, Scheme: cloud.Scheme, Unlimited: true})
		if err != nil {
			return nil, fmt.Errorf("rehearse cloud %s in %s: %w", cloud.Name, dir, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Name is the cloud's name.
func (c *Cloud) Name() string { return c.cfg.Name }

func (c *Cloud) path(parts ...string) string {
	return filepath.Join(append([]string{c.root}, parts...)...)
}
