package fake

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/provider"
)

// program chooses what a task does. Copy and Relay tasks move real bytes, which only a program of the host's can do.
func (c *Cloud) program(t provider.Task) (Program, bool) {
	names := []string{t.Name, t.Func, "", t.Image}
	if len(t.Argv) > 0 {
		names[2] = t.Argv[0]
	}
	for _, name := range names {
		if p := c.cfg.Programs[name]; name != "" && p != nil {
			return p, true
		}
	}
	switch t.Kind {
	case provider.Copy, provider.Relay:
		return nil, false
	case provider.Serve:
		return serve, true
	}
	return c.cfg.Program, true
}

// Takes is a program that works for d, leaves one small object in each of its outputs, and succeeds.
func Takes(d time.Duration) Program {
	return func(p *Process) int {
		if !p.Sleep(d) {
			return 128 + 15
		}
		for _, out := range p.Task().Outputs {
			p.Output(out.Name, "data", fmt.Appendf(nil, "%s of %s\n", out.Name, p.Task().Name))
		}
		return 0
	}
}

// Fails is a program that works for d and exits with a code.
func Fails(d time.Duration, code int) Program {
	return func(p *Process) int {
		if !p.Sleep(d) {
			return 128 + 15
		}
		return code
	}
}

// serve answers until it is asked to end.
func serve(p *Process) int {
	p.Ready()
	p.Sleep(Forever)
	return 0
}
