package servers

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTime bounds how long a server may take to answer; a loaded machine is slow.
const startTime = 2 * time.Minute

// freePort is a port of the loopback address nobody listens on now.
func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// fromEnv is the path of a program below the folder that an environment variable names.
func fromEnv(tb testing.TB, variable string, below ...string) string {
	tb.Helper()
	dir := os.Getenv(variable)
	require.NotEmpty(tb, dir, "%s is not set: run this test by `make integration`", variable)
	path := filepath.Join(append([]string{dir}, below...)...)
	require.FileExists(tb, path, "run `make setup`")
	return path
}

// output keeps what a process prints, for the test's log.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > 1<<20 {
		o.buf.Reset()
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// process is a server that runs until its test ends.
type process struct {
	name string
	out  output
	done chan struct{}
}

// start runs a command, with its children in one process group, and ends the group with the test.
func start(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	p := &process{name: filepath.Base(cmd.Path), done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
	require.NoError(tb, cmd.Start())
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // the way it ended is in its output
	}()
	tb.Cleanup(func() {
		p.stop(cmd.Process.Pid)
		if tb.Failed() {
			tb.Logf("output of %s:\n%s", p.name, p.out.String())
		}
	})
	return p
}

// stop asks the group to end, then makes it.
func (p *process) stop(group int) {
	_ = syscall.Kill(-group, syscall.SIGTERM) // gone already is what is wanted
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
	}
	_ = syscall.Kill(-group, syscall.SIGKILL)
	<-p.done
}

// ready waits until ask returns nil.
func (p *process) ready(tb testing.TB, ask func(context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), startTime)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		select {
		case <-p.done:
			require.FailNow(tb, p.name+" ended before it was ready", p.out.String())
		case <-ctx.Done():
			require.FailNow(tb, p.name+" is not ready: "+err.Error(), p.out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// listening asks whether something accepts connections at an address.
func listening(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
