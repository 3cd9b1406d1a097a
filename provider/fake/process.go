package fake

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/openintercloud/broker/provider"
)

// Program is what a task does; it returns the exit code. It waits only with [Process.Sleep], so that its time is the
// cloud's. A panic is printed and ends the task with code 2, as it ends a process.
type Program func(p *Process) int

// Forever is longer than any test.
const Forever time.Duration = math.MaxInt64

// Process is a running task, as its program sees it. It is for the program's own goroutine; only Write and Context are
// safe for concurrent use.
type Process struct {
	c       *Cloud
	t       *task
	program Program
	env     map[string]string
	inputs  map[string]map[string][]byte // artifact → object → content
	outputs map[string]map[string][]byte

	ctx    context.Context
	cancel context.CancelFunc
	timers []func() bool // to be stopped at the end; guarded by the cloud's lock

	mu    sync.Mutex // held while the program runs, free while it sleeps
	next  func() (time.Duration, bool)
	stop  func()
	yield func(time.Duration) bool
	turn  int         // counts the sleeps, so that a timer that comes late wakes none but its own
	rest  func() bool // stops the timer of the last one
	asked bool        // the end signal has come
	told  bool        // and the program knows
	over  bool
	exit  int
}

// killed unwinds a program that sleeps when its task is killed.
type killed struct{}

func newProcess(c *Cloud, t *task, spec provider.Task, program Program) *Process {
	p := &Process{c: c, t: t, program: program, env: map[string]string{}, outputs: map[string]map[string][]byte{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	maps.Copy(p.env, spec.Env)
	for name, s := range spec.Secrets {
		p.env[name] = s.Reveal()
	}
	paths := map[string]string{}
	for _, d := range slices.Concat(spec.Inputs, spec.Outputs) {
		paths[d.Variable] = "/sky/" + d.Variable
	}
	maps.Copy(p.env, paths)
	spec.Argv = spec.Arguments(paths)
	spec.Secrets = nil
	t.spec = spec
	return p
}

// Task is what was started, without its secrets.
func (p *Process) Task() provider.Task { return p.t.spec }

// Getenv is an environment variable, a secret one too; "" when it is not set.
func (p *Process) Getenv(name string) string { return p.env[name] }

// Now is the time on the cloud's clock.
func (p *Process) Now() time.Time { return p.c.clock.Now() }

// Context ends when the task is asked to end, for programs that call something that blocks.
func (p *Process) Context() context.Context { return p.ctx }

// Sleep waits until d has passed, or until the task is asked to end: then, once, it returns false. It does not return
// when the task is killed, or its machine lost.
func (p *Process) Sleep(d time.Duration) bool {
	if p.hears() {
		return false
	}
	if !p.yield(d) {
		panic(killed{})
	}
	return !p.hears()
}

func (p *Process) hears() bool {
	news := p.asked && !p.told
	p.told = p.asked
	return news
}

// Write prints to the task's log.
func (p *Process) Write(b []byte) (int, error) {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	p.t.update(func(s *provider.TaskStatus) {
		p.t.log = append(p.t.log, b...)
		s.Progress.At = p.c.clock.Now()
	})
	return len(b), nil
}

// Progress says how far the task is, from 0 to 1.
func (p *Process) Progress(fraction float64, note string) {
	p.update(func(s *provider.TaskStatus) {
		s.Progress = provider.Progress{Fraction: fraction, Note: note, At: p.c.clock.Now()}
	})
}

// Ready says that a Serve task answers, and where.
func (p *Process) Ready(endpoints ...string) {
	p.update(func(s *provider.TaskStatus) {
		s.State, s.Endpoints = provider.TaskReady, slices.Clone(endpoints)
	})
}

func (p *Process) update(change func(*provider.TaskStatus)) {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	p.t.update(change)
}

// Input is the content of an input artifact, by object; artifact is its name or its variable.
func (p *Process) Input(artifact string) map[string][]byte {
	for _, d := range p.t.spec.Inputs {
		if artifact == d.Name || artifact == d.Variable {
			return p.inputs[d.Name]
		}
	}
	return nil
}

// Output leaves an object in an output artifact. It is stored when the task exits. An artifact that is not one of the
// task's outputs is dropped.
func (p *Process) Output(artifact, object string, content []byte) {
	for _, d := range p.t.spec.Outputs {
		if artifact != d.Name && artifact != d.Variable {
			continue
		}
		if p.outputs[d.Name] == nil {
			p.outputs[d.Name] = map[string][]byte{}
		}
		p.outputs[d.Name][object] = slices.Clone(content)
	}
}

// begin fetches the inputs and runs the program up to its first sleep.
func (p *Process) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.update(func(s *provider.TaskStatus) { s.State, s.Started = provider.TaskRunning, p.c.clock.Now() })
	p.limit(p.t.spec.Timeout)
	if err := p.fetch(); err != nil {
		_, _ = fmt.Fprintln(p, err)
		p.finish(66) // what sysexits.h calls "no input"
		return
	}
	p.next, p.stop = iter.Pull(p.steps)
	p.step()
}

// limit ends the task after its time is over.
func (p *Process) limit(d time.Duration) {
	if d <= 0 {
		return
	}
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	p.timers = append(p.timers, p.c.later(d, func() { p.c.terminate(p.t) }))
}

// steps is the program as a series of sleeps: it runs as a coroutine of whoever lets time go on.
func (p *Process) steps(yield func(time.Duration) bool) {
	defer func() {
		if r := recover(); r != nil && r != any(killed{}) {
			_, _ = fmt.Fprintf(p, "panic: %v\n", r)
			p.exit = 2
		}
	}()
	p.yield = yield
	p.exit = p.program(p)
}

// step runs the program up to its next sleep or its end.
func (p *Process) step() {
	d, sleeps := p.next()
	if !sleeps {
		p.finish(p.exit)
		return
	}
	p.turn++
	turn := p.turn
	p.rest = func() bool { return false }
	if d < Forever {
		p.rest = p.c.clock.AfterFunc(d, func() { p.wake(turn) })
	}
}

func (p *Process) wake(turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over && turn == p.turn {
		p.step()
	}
}

// signal is the end signal: it wakes the program if it sleeps.
func (p *Process) signal() {
	p.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = true
	if p.next != nil && !p.over {
		p.rest()
		p.step()
	}
}

// kill ends the program where it sleeps.
func (p *Process) kill() {
	p.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	if p.stop != nil {
		p.rest()
		p.stop()
	}
	p.finish(128 + 9)
}

// finish stores the outputs and then says that the task has exited, unless it was lost.
func (p *Process) finish(code int) {
	p.over = true
	p.cancel()
	if !p.lost() {
		if err := p.store(); err != nil {
			_, _ = fmt.Fprintln(p, err)
			code = 74 // "input/output error"
		}
	}
	p.update(func(s *provider.TaskStatus) {
		s.State, s.Exit, s.Ended = provider.TaskExited, code, p.c.clock.Now()
	})
}

// lost says whether the task has ended without its program, and stops the timers that would end it.
func (p *Process) lost() bool {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	for _, stop := range p.timers {
		stop()
	}
	p.timers = nil
	return p.t.ended()
}
