//go:build netns

package netns

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/relay"
)

const (
	prefix = "oic-"    // of all namespaces, by which they are found again
	port   = ":7000"   // where every process listens
	subnet = "10.77.0" // never seen outside of the namespaces
	mbit   = 1e6 / 8   // bytes per second
)

// frame is how much of a shaped link carries content: 1448 bytes of each 1514.
const frame = 1448.0 / 1514

// lab is machines around one bridge. The egress of each is shaped; the bridge is not.
type lab struct {
	t     *testing.T
	nodes int
	ids   []*relay.Identity
	procs []*proc
	dir   string
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
}

// sweep removes what a killed run left.
func sweep() {
	out, _ := exec.Command("ip", "netns", "list").Output()
	for line := range strings.Lines(string(out)) {
		if name := strings.Fields(line)[0]; strings.HasPrefix(name, prefix) {
			_ = exec.Command("ip", "netns", "del", name).Run()
		}
	}
}

func newLab(t *testing.T, nodes int) *lab {
	dir, err := os.MkdirTemp("/dev/shm", prefix) //nolint:usetesting // in memory, so that no disk is measured
	require.NoError(t, err)
	l := &lab{t: t, nodes: nodes, dir: dir}
	t.Cleanup(l.close)
	sweep()
	run(t, "ip", "netns", "add", prefix+"hub")
	run(t, "ip", "-n", prefix+"hub", "link", "add", "br0", "type", "bridge")
	run(t, "ip", "-n", prefix+"hub", "link", "set", "br0", "up")
	for i := range nodes {
		id, err := relay.NewIdentity()
		require.NoError(t, err)
		l.ids = append(l.ids, id)
		ns, port := l.ns(i), fmt.Sprintf("p%d", i)
		run(t, "ip", "netns", "add", ns)
		run(t, "ip", "link", "add", "eth0", "netns", ns, "type", "veth", "peer", "name", port, "netns", prefix+"hub")
		run(t, "ip", "-n", prefix+"hub", "link", "set", port, "master", "br0", "up")
		run(t, "ip", "-n", ns, "addr", "add", l.ip(i)+"/24", "dev", "eth0")
		run(t, "ip", "-n", ns, "link", "set", "eth0", "up")
		run(t, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	return l
}

func (l *lab) close() {
	for _, p := range l.procs {
		p.kill()
	}
	sweep()
	_ = os.RemoveAll(l.dir)
}

func (l *lab) ns(node int) string      { return prefix + strconv.Itoa(node) }
func (l *lab) ip(node int) string      { return subnet + "." + strconv.Itoa(node+1) }
func (l *lab) address(node int) string { return l.ip(node) + port }

func bits(rate float64) string { return strconv.FormatFloat(rate*8, 'f', 0, 64) + "bit" }

// burst is the bytes a shaped link sends at once: at least one segment that the sender did not cut, and ten milliseconds.
func burst(rate float64) int { return max(96<<10, int(rate/100)) }

// queue is the bytes that wait for a shaped link: fifty milliseconds.
func queue(rate float64) int { return max(256<<10, int(rate/20)) }

// shape sets the rate of a machine's egress; called again, it changes it.
func (l *lab) shape(node int, rate float64) {
	run(l.t, "tc", "-n", l.ns(node), "qdisc", "replace", "dev", "eth0", "root", "handle", "1:", "tbf", "rate", bits(rate),
		"burst", strconv.Itoa(burst(rate)), "limit", strconv.Itoa(queue(rate)))
}

// shapeLinks gives each link of a machine a rate, and all of them together one, if above 0. What goes elsewhere is not shaped.
func (l *lab) shapeLinks(node int, egress float64, to map[int]float64) {
	tc := func(args ...string) { run(l.t, "tc", append([]string{"-n", l.ns(node)}, args...)...) }
	var sum float64
	for _, r := range to {
		sum += r
	}
	if egress <= 0 {
		egress = sum
	}
	class := func(parent, id string, rate, ceil float64) {
		tc("class", "add", "dev", "eth0", "parent", parent, "classid", id, "htb", "rate", bits(rate), "ceil", bits(ceil),
			"burst", strconv.Itoa(burst(rate)), "cburst", strconv.Itoa(burst(ceil)), "quantum", "65536")
	}
	tc("qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb")
	class("1:", "1:1", egress, egress)
	for i := range l.nodes {
		r, ok := to[i]
		if !ok {
			continue
		}
		id := fmt.Sprintf("1:%d", 10+i)
		class("1:1", id, r*min(1, egress/sum), min(r, egress))
		tc("qdisc", "add", "dev", "eth0", "parent", id, "bfifo", "limit", strconv.Itoa(queue(r)))
		tc("filter", "add", "dev", "eth0", "parent", "1:", "protocol", "ip", "u32", "match", "ip", "dst", l.ip(i)+"/32", "flowid", id)
	}
}

// proc is a process in a namespace.
type proc struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
	ended bool
}

func (l *lab) start(node int, r role) *proc {
	text, err := json.Marshal(r)
	require.NoError(l.t, err)
	self, err := os.Executable()
	require.NoError(l.t, err)
	cmd := exec.Command("ip", "netns", "exec", l.ns(node), self)
	cmd.Env = append(os.Environ(), roleEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(l.t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(l.t, err)
	require.NoError(l.t, cmd.Start())
	p := &proc{t: l.t, cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}
	l.procs = append(l.procs, p)
	if r.Listen != "" {
		line, err := p.out.ReadString('\n')
		require.NoError(l.t, err)
		require.Equal(l.t, "ready\n", line)
	}
	return p
}

func (p *proc) kill() {
	if !p.ended {
		p.ended = true
		_ = p.stdin.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// wait is what the process told at its end.
func (p *proc) wait() outcome {
	var o outcome
	err := json.NewDecoder(p.out).Decode(&o)
	require.NoError(p.t, err)
	require.Empty(p.t, o.Error)
	p.kill()
	return o
}

// source makes an object of random bytes and serves it from a machine to those that the peers are.
func (l *lab) source(node int, size int64, perConn float64, peers ...relay.Key) *proc {
	dir := filepath.Join(l.dir, "src")
	require.NoError(l.t, os.MkdirAll(dir, 0o700))
	f, err := os.Create(filepath.Join(dir, "data"))
	require.NoError(l.t, err)
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{1}), size)
	require.NoError(l.t, err)
	require.NoError(l.t, f.Close())
	seed := l.ids[node].Marshal()
	return l.start(node, role{Kind: "serve", Listen: port, Seed: seed, Peers: peers, Dir: dir, PerConn: int(perConn)})
}

func (l *lab) relay(node int, peer relay.Key, next ...int) *proc {
	r := role{Kind: "serve", Listen: port, Seed: l.ids[node].Marshal(), Peers: []relay.Key{peer}}
	for _, n := range next {
		r.Next = append(r.Next, l.address(n))
	}
	return l.start(node, r)
}

// path is a way from the source, the last of the nodes, to the machine before the first.
func (l *lab) path(rate float64, nodes ...int) relay.Path {
	p := relay.Path{Rate: rate}
	for _, n := range nodes {
		p.Peers = append(p.Peers, relay.Peer{Address: l.address(n), Key: l.ids[n].Key()})
	}
	return p
}

// begin starts to copy the object to a machine.
func (l *lab) begin(node int, r role) *proc {
	r.Kind, r.Key, r.Seed = "copy", "data", l.ids[node].Marshal()
	if r.To == "" {
		r.Dir = filepath.Join(l.dir, "dst")
	}
	return l.start(node, r)
}

// finish waits for a copy and compares what arrived.
func (l *lab) finish(p *proc) outcome {
	o := p.wait()
	course(l.t.Name(), o)
	want, got := l.crc("src"), l.crc("dst")
	require.Equal(l.t, want, got, "what arrived is not what was sent")
	require.NoError(l.t, os.RemoveAll(filepath.Join(l.dir, "dst")))
	return o
}

func (l *lab) crc(dir string) uint32 {
	f, err := os.Open(filepath.Join(l.dir, dir, "data"))
	require.NoError(l.t, err)
	defer f.Close()
	var sum uint32
	for buf := make([]byte, 1<<20); ; {
		n, err := f.Read(buf)
		sum = transfer.CRC32C(sum, buf[:n])
		if err == io.EOF {
			return sum
		}
		require.NoError(l.t, err)
	}
}

func median[T int | float64](of []T) T {
	if len(of) == 0 {
		return 0
	}
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// raw is what a bare sender brings from one machine to another over one connection, in bytes per second.
func (l *lab) raw(from, to int, seconds float64) float64 {
	d := l.start(to, role{Kind: "drain", Listen: ":7001"})
	b := l.start(from, role{Kind: "blast", To: l.ip(to) + ":7001", Seconds: seconds})
	o := d.wait()
	b.kill()
	return float64(o.Bytes) / o.seconds()
}

// within is the bytes that a link of a rate lets through in a time, its first burst included.
func within(rate, seconds float64) float64 { return frame * (rate*seconds + float64(burst(rate))) }
