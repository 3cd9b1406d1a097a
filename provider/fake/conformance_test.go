package fake_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/providertest"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func offering(name string) catalog.Offering {
	place := catalog.Place{Cloud: "fake", Region: "north", Zone: "a"}
	return catalog.Offering{
		ID: "fake/north/a/vm/" + name, Service: "vm", Place: place, Type: catalog.InstanceType{Cloud: "fake", Name: name},
		Market: catalog.OnDemand, Price: unit.Price(unit.Dollar), Unit: catalog.PerHour,
	}
}

func request(o catalog.Offering) provider.Request {
	return provider.Request{Place: o.Place, Offering: o, Market: o.Market, Nodes: 1}
}

// behaviours are programs for the suite's tasks, chosen by the task's first argument.
type behaviours struct {
	mu  sync.Mutex
	all []providertest.Behaviour
}

func (bs *behaviours) task(b providertest.Behaviour) provider.Task {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.all = append(bs.all, b)
	return provider.Task{Argv: append([]string{strconv.Itoa(len(bs.all) - 1)}, b.Args...)}
}

func (bs *behaviours) program(p *fake.Process) int {
	n, err := strconv.Atoi(p.Task().Argv[0])
	if err != nil {
		return 127
	}
	bs.mu.Lock()
	b := bs.all[n]
	bs.mu.Unlock()
	return behave(p, b)
}

func behave(p *fake.Process, b providertest.Behaviour) int {
	for _, arg := range p.Task().Argv[1:] {
		_, _ = fmt.Fprintf(p, "%s|\n", arg)
	}
	_, _ = fmt.Fprint(p, b.Print, b.Complain)
	for _, name := range b.ShowEnv {
		_, _ = fmt.Fprintf(p, "%s=%s\n", name, p.Getenv(name))
	}
	for _, name := range b.Measure {
		_, _ = fmt.Fprintf(p, "%s has %d bytes\n", name, len(p.Getenv(name)))
	}
	if b.Progress != "" {
		fraction, note, _ := strings.Cut(b.Progress, " ")
		f, err := strconv.ParseFloat(fraction, 64)
		if err != nil {
			return 1
		}
		p.Progress(f, note)
	}
	for object, content := range p.Input(b.Copy[0]) {
		p.Output(b.Copy[1], object, content)
	}
	if b.Sleep > 0 && !p.Sleep(b.Sleep) {
		return 128 + 15
	}
	_, _ = fmt.Fprint(p, b.Then)
	if b.Block {
		if p.Task().Kind == provider.Serve {
			p.Ready()
		}
		p.Sleep(fake.Forever)
		return 128 + 15
	}
	for b.Stubborn {
		p.Sleep(fake.Forever)
	}
	if b.Signal != 0 {
		return 128 + b.Signal
	}
	return b.Exit
}

func harness(t *testing.T, cfg fake.Config) (*fake.Cloud, providertest.Harness) {
	bs := &behaviours{}
	cfg.Program = bs.program
	cfg.Settle, cfg.Boot = time.Minute, 40*time.Second
	cfg.Capacity = map[string]int{"fake/north/a/vm/none-left": 0}
	cloud := fake.New(cfg)
	t.Cleanup(cloud.Close)
	return cloud, providertest.Harness{
		New:     func(*testing.T) provider.Provider { return cloud },
		Request: request(offering("small")),
		Refused: request(offering("none-left")),
		Settle:  cfg.Settle,
		Task:    bs.task,
		Preempt: func(_ *testing.T, h provider.Handle) { cloud.Preempt(h) },
		Vanish:  func(_ *testing.T, ref provider.Ref) { cloud.Vanish(ref) },
		Leaks: func(*testing.T) []string {
			var names []string
			for _, a := range cloud.Live() {
				names = append(names, a.Handle.Key)
			}
			return names
		},
		Stored: func(t *testing.T) string {
			text, err := json.Marshal(cloud.Live())
			if err != nil {
				t.Error(err)
			}
			return string(text)
		},
	}
}

func TestConformanceVirtualTime(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		clock := fake.NewClock(start)
		_, h := harness(t, fake.Config{Clock: clock})
		h.Now, h.Advance, h.Lease = clock.Now, clock.Advance, 10*time.Minute
		return h
	})
}

func TestConformanceLateRefusal(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		clock := fake.NewClock(start)
		cloud, h := harness(t, fake.Config{Clock: clock})
		cloud.Add(fake.Rule{Op: "allocate", Offering: "refused", Accept: true, Err: &fault.Error{Kind: fault.Quota, Scope: fault.ScopeRegion}})
		h.Refused, h.RefusedKind = request(offering("refused")), fault.Quota
		h.Now, h.Advance = clock.Now, clock.Advance
		return h
	})
}

func TestConformanceRealTime(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		bs := &behaviours{}
		cloud := fake.New(fake.Config{Program: bs.program, Boot: 5 * time.Millisecond})
		t.Cleanup(cloud.Close)
		return providertest.Harness{
			New: func(*testing.T) provider.Provider { return cloud }, Request: request(offering("small")), Task: bs.task,
			Preempt: func(_ *testing.T, h provider.Handle) { cloud.Preempt(h) },
			Lease:   300 * time.Millisecond,
		}
	})
}
