package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// holding is one allocation as its file tells.
type holding struct {
	Request provider.Request `json:"request"`
	Created time.Time        `json:"created"`
}

// locked runs f while no other goroutine or process changes the account.
func (c *Cloud) locked(f func() error) error {
	unlock, err := lock(c.path("lock"))
	if err != nil {
		return err
	}
	return errors.Join(f(), unlock())
}

func (c *Cloud) heldPath(key string) string { return c.path("held", key+".json") }
func (c *Cloud) gonePath(key string) string { return c.path("allocations", key, "allocation.json") }

// closed says whether a key's Release has begun.
func (c *Cloud) closed(key string) bool {
	_, err := os.Stat(c.path("allocations", key, "closed"))
	return err == nil
}

// readHolding returns an error that is fs.ErrNotExist when there is none.
func readHolding(path string) (holding, error) {
	var h holding
	b, err := os.ReadFile(path)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// writeHolding replaces the file at once and whole.
func writeHolding(path string, h holding) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// holdings reads the whole account, in the order of the keys. One given back meanwhile is left out.
func (c *Cloud) holdings() ([]holding, error) {
	entries, err := os.ReadDir(c.path("held"))
	if err != nil {
		return nil, err
	}
	var all []holding
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		h, err := readHolding(filepath.Join(c.path("held"), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

func (h holding) expired(now time.Time) bool {
	return !h.Request.Until.IsZero() && !now.Before(h.Request.Until)
}

// room says whether a request fits beside what is held, and if not how far the refusal reaches.
func (c *Cloud) room(req provider.Request, all []holding) *fault.Error {
	cpus, memory := size(req)
	if !c.cfg.Unlimited && (cpus > c.cfg.CPUs || memory > c.cfg.Memory) {
		return c.fail("allocate", fault.Unsupported, fault.ScopeOffering, "larger than the machine",
			fmt.Errorf("%d x %s need %d CPUs and %v, of %d CPUs and %v", req.Nodes, req.Offering.Type.Name, cpus, memory, c.cfg.CPUs, c.cfg.Memory))
	}
	nodes := req.Nodes
	for _, h := range all {
		if h.expired(c.cfg.Clock()) {
			continue
		}
		n, m := size(h.Request)
		cpus, memory = cpus+n, memory+m
		if h.Request.Offering.ID == req.Offering.ID {
			nodes += h.Request.Nodes
		}
	}
	if limit := req.Offering.Capacity; limit > 0 && nodes > limit {
		return c.fail("allocate", fault.Capacity, fault.ScopeOffering, "offering used up",
			fmt.Errorf("%d of %s would be held, of %d", nodes, req.Offering.ID, limit))
	}
	if !c.cfg.Unlimited && (cpus > c.cfg.CPUs || memory > c.cfg.Memory) {
		return c.fail("allocate", fault.Capacity, fault.ScopeCloud, "machine used up",
			fmt.Errorf("%d CPUs and %v would be held, of %d CPUs and %v", cpus, memory, c.cfg.CPUs, c.cfg.Memory))
	}
	return nil
}

// size is what a request takes of the machine.
func size(req provider.Request) (cpus int, memory unit.Bytes) {
	return req.Offering.Type.CPUs * req.Nodes, req.Offering.Type.Memory * unit.Bytes(req.Nodes)
}

// same says whether two requests of one key ask for the same. A later epoch may ask again with a later lease.
func same(a, b provider.Request) bool {
	return a.Owner == b.Owner && a.Place == b.Place && a.Offering.ID == b.Offering.ID && a.Offering.Service == b.Offering.Service &&
		a.Market == b.Market && a.Nodes == b.Nodes && a.Image == b.Image
}

// allocation is a holding as the contract shows it.
func (c *Cloud) allocation(h holding, state provider.AllocationState) provider.Allocation {
	req := h.Request
	a := provider.Allocation{
		Handle: req.Handle(), State: state, Owner: req.Owner, Labels: req.Labels,
		Epoch: req.Epoch, Until: req.Until, Created: h.Created,
	}
	a.Handle.ID = req.Key
	switch {
	case state == provider.Gone:
	case h.expired(c.cfg.Clock()):
		a.State, a.Err = provider.Gone, c.fail("describe", fault.Preempted, fault.ScopeNone, "the lease ran out", nil)
		a.Err.Place = req.Place.String()
	default:
		for n := range req.Nodes {
			a.Machines = append(a.Machines, provider.Machine{Name: fmt.Sprintf("%s-%d", req.Key, n), Address: "127.0.0.1"})
		}
	}
	return a
}
