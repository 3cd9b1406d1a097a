package fake_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
)

// fresh is a request for one machine, under a key made of its offering.
func fresh(o catalog.Offering) provider.Request {
	req := request(o)
	req.Key, req.Owner, req.IssuedAt = "k-"+o.Type.Name, "me", start
	return req
}

// virtual is a cloud on a clock of its own.
func virtual(t *testing.T, cfg fake.Config) (*fake.Cloud, *fake.VirtualClock) {
	clock := fake.NewClock(start)
	cfg.Clock = clock
	cloud := fake.New(cfg)
	t.Cleanup(cloud.Close)
	return cloud, clock
}

func allocate(t *testing.T, c *fake.Cloud, req provider.Request) provider.Handle {
	t.Helper()
	_, err := c.Allocate(t.Context(), req)
	require.NoError(t, err)
	return req.Handle()
}

func run(t *testing.T, c *fake.Cloud, h provider.Handle, task provider.Task) provider.Ref {
	t.Helper()
	if task.Script == "" {
		task.Script = "true"
	}
	require.NoError(t, c.Start(t.Context(), h, task))
	return provider.Ref{Handle: h, TaskKey: task.Key}
}

func status(t *testing.T, c *fake.Cloud, ref provider.Ref) provider.TaskStatus {
	t.Helper()
	for s, err := range c.Poll(t.Context(), []provider.Ref{ref}) {
		require.NoError(t, err)
		return s
	}
	t.Fatal("Poll yielded nothing")
	return provider.TaskStatus{}
}

func TestZeroConfigWorks(t *testing.T) {
	t.Parallel()
	cloud := fake.New(fake.Config{})
	defer cloud.Close()
	require.Equal(t, "fake", cloud.Name())
	require.NoError(t, cloud.Check(t.Context()))
	a, err := cloud.Allocate(t.Context(), fresh(offering("small")))
	require.NoError(t, err)
	require.Equal(t, provider.Ready, a.State)
	ref := run(t, cloud, a.Handle, provider.Task{Key: "t"})
	for s, err := range cloud.Watch(t.Context(), ref) {
		require.NoError(t, err)
		require.Zero(t, s.Exit)
	}
	require.Equal(t, provider.TaskExited, status(t, cloud, ref).State)
}

func TestCapacityAndQuota(t *testing.T) {
	t.Parallel()
	small, large := offering("small"), offering("large")
	large.Capacity = 1
	cloud, _ := virtual(t, fake.Config{Capacity: map[string]int{small.ID: 2}, Quota: 3})
	ask := func(key string, o catalog.Offering, nodes int) error {
		req := fresh(o)
		req.Key, req.Nodes = key, nodes
		_, err := cloud.Allocate(t.Context(), req)
		return err
	}
	require.ErrorIs(t, ask("a", small, 3), fault.Capacity, "all or nothing")
	require.NoError(t, ask("a", small, 2))
	require.ErrorIs(t, ask("b", small, 1), fault.Capacity)
	require.NoError(t, ask("c", large, 1))
	require.ErrorIs(t, ask("d", large, 1), fault.Capacity, "the offering's own limit")
	require.ErrorIs(t, ask("e", offering("other"), 1), fault.Quota)
	require.NoError(t, cloud.Release(t.Context(), cloud.Live()[0].Handle))
	require.NoError(t, ask("f", small, 1))
	require.Len(t, cloud.Live(), 2)
}

func TestBills(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Boot: 10 * time.Minute})
	big := offering("big")
	big.Minimum = 2 * time.Hour
	two := fresh(offering("small"))
	two.Nodes = 2
	h := allocate(t, cloud, two)
	allocate(t, cloud, fresh(big))
	require.Empty(t, cloud.Billed(), "nothing is paid before it is Ready")
	clock.Advance(40 * time.Minute)
	require.NoError(t, cloud.Release(t.Context(), h))
	clock.Advance(10 * time.Minute)
	bills := cloud.Billed()
	require.Len(t, bills, 2)
	require.Equal(t, unit.Dollar, bills[0].Amount, "2 machines, half an hour")
	require.Equal(t, start.Add(40*time.Minute), bills[0].To)
	require.Equal(t, 2*unit.Dollar, bills[1].Amount, "the shortest time billed")
	require.Equal(t, 3*unit.Dollar, cloud.Spent())
	require.Len(t, cloud.Live(), 1)
	require.Equal(t, map[string]int{"allocate": 2, "release": 1}, cloud.Calls())
}

func TestMemory(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Memory: time.Minute})
	req := fresh(offering("small"))
	h := allocate(t, cloud, req)
	require.NoError(t, cloud.Release(t.Context(), h))
	a, err := cloud.Describe(t.Context(), h)
	require.NoError(t, err)
	require.Equal(t, provider.Gone, a.State)
	clock.Advance(2 * time.Minute)
	_, err = cloud.Describe(t.Context(), h)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = cloud.Allocate(t.Context(), req)
	require.ErrorIs(t, err, fault.Conflict, "the key is closed for good")
}

func TestProgramsAreChosen(t *testing.T) {
	t.Parallel()
	says := func(text string) fake.Program {
		return func(p *fake.Process) int { _, _ = p.Write([]byte(text)); return 0 }
	}
	cloud, clock := virtual(t, fake.Config{
		Programs: map[string]fake.Program{"train": says("stage"), "fit": says("func"), "filter": says("argv"), "bert:1": says("image")},
		Program:  says("other"),
	})
	h := allocate(t, cloud, fresh(offering("small")))
	for want, task := range map[string]provider.Task{
		"stage": {Name: "train", Func: "fit"},
		"func":  {Name: "x", Func: "fit", Image: "bert:1"},
		"argv":  {Argv: []string{"filter", "-v"}, Image: "bert:1"},
		"image": {Argv: []string{"x"}, Image: "bert:1"},
		"other": {Script: "x"},
	} {
		task.Key = want
		require.NoError(t, cloud.Start(t.Context(), h, task))
		clock.Advance(0)
		require.Equal(t, want, logs(t, cloud, provider.Ref{Handle: h, TaskKey: want}))
	}
	err := cloud.Start(t.Context(), h, provider.Task{Key: "c", Kind: provider.Copy, Func: "copy"})
	require.ErrorIs(t, err, fault.Unsupported, "bytes are not moved by pretending")
}

func logs(t *testing.T, c *fake.Cloud, ref provider.Ref) string {
	t.Helper()
	var b writer
	require.NoError(t, c.Logs(t.Context(), ref, provider.LogOptions{}, &b))
	return string(b)
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }

func TestServe(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Programs: map[string]fake.Program{"db": func(p *fake.Process) int {
		p.Sleep(time.Minute)
		p.Ready("db:5432")
		p.Sleep(fake.Forever)
		return 0
	}}})
	h := allocate(t, cloud, fresh(offering("small")))
	named := run(t, cloud, h, provider.Task{Key: "a", Kind: provider.Serve, Name: "db"})
	plain := run(t, cloud, h, provider.Task{Key: "b", Kind: provider.Serve})
	clock.Advance(time.Second)
	require.Equal(t, provider.TaskRunning, status(t, cloud, named).State)
	require.Equal(t, provider.TaskReady, status(t, cloud, plain).State)
	clock.Advance(time.Hour)
	require.Equal(t, provider.TaskReady, status(t, cloud, named).State)
	require.Equal(t, []string{"db:5432"}, status(t, cloud, named).Endpoints)
	require.NoError(t, cloud.Cancel(t.Context(), named))
	clock.Advance(0)
	require.Equal(t, provider.TaskExited, status(t, cloud, named).State)
}

func TestPanicIsAnExit(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Program: func(*fake.Process) int { panic("out of cheese") }})
	ref := run(t, cloud, allocate(t, cloud, fresh(offering("small"))), provider.Task{Key: "t"})
	clock.Advance(0)
	require.Equal(t, 2, status(t, cloud, ref).Exit)
	require.Equal(t, "panic: out of cheese\n", logs(t, cloud, ref))
}

func TestKillUnwindsTheProgram(t *testing.T) {
	t.Parallel()
	var unwound []string
	cloud, clock := virtual(t, fake.Config{Program: func(p *fake.Process) int {
		defer func() { unwound = append(unwound, p.Task().Key) }()
		for {
			p.Sleep(fake.Forever)
		}
	}})
	h := allocate(t, cloud, fresh(offering("small")))
	for _, key := range []string{"cancelled", "vanished", "preempted"} {
		run(t, cloud, h, provider.Task{Key: key, Grace: time.Minute})
	}
	clock.Advance(0)
	require.NoError(t, cloud.Cancel(t.Context(), provider.Ref{Handle: h, TaskKey: "cancelled"}))
	require.True(t, cloud.Vanish(provider.Ref{Handle: h, TaskKey: "vanished"}))
	require.False(t, cloud.Vanish(provider.Ref{Handle: h, TaskKey: "vanished"}))
	clock.Advance(30 * time.Second)
	require.Equal(t, []string{"vanished"}, unwound)
	clock.Advance(30 * time.Second)
	require.Equal(t, 128+9, status(t, cloud, provider.Ref{Handle: h, TaskKey: "cancelled"}).Exit)
	require.True(t, cloud.Preempt(h))
	require.False(t, cloud.Preempt(h))
	clock.Advance(0)
	require.Equal(t, []string{"vanished", "cancelled", "preempted"}, unwound)
	require.Equal(t, provider.TaskLost, status(t, cloud, provider.Ref{Handle: h, TaskKey: "preempted"}).State)
}

// A program that blocks on something else than Sleep can use Context.
func TestContextEndsWithTheSignal(t *testing.T) {
	t.Parallel()
	cloud := fake.New(fake.Config{Program: func(p *fake.Process) int { <-p.Context().Done(); return 128 + 15 }})
	defer cloud.Close()
	ref := run(t, cloud, allocate(t, cloud, fresh(offering("small"))), provider.Task{Key: "t"})
	require.NoError(t, cloud.Cancel(t.Context(), ref))
	var last provider.TaskStatus
	for s := range cloud.Watch(t.Context(), ref) {
		last = s
	}
	require.Equal(t, 128+15, last.Exit)
}

func TestSameRunSameOrder(t *testing.T) {
	t.Parallel()
	trace := func() []string {
		var order []string
		cloud, clock := virtual(t, fake.Config{Boot: time.Second, Program: func(p *fake.Process) int {
			for range 3 {
				order = append(order, p.Task().Key)
				p.Sleep(time.Second)
			}
			return 0
		}})
		h := allocate(t, cloud, fresh(offering("small")))
		clock.Advance(time.Second)
		for _, key := range []string{"a", "b", "c", "d"} {
			run(t, cloud, h, provider.Task{Key: key})
		}
		clock.Advance(time.Minute)
		return order
	}
	first := trace()
	require.Equal(t, []string{"a", "b", "c", "d"}, first[:4])
	for range 20 {
		require.Equal(t, first, trace())
	}
}

func TestMarket(t *testing.T) {
	t.Parallel()
	all, err := catalog.Embedded()
	require.NoError(t, err)
	clock := fake.NewClock(start)
	market := fake.NewMarket(all, fake.Config{Clock: clock})
	defer market.Close()
	require.Len(t, market.Providers(), len(all.Clouds()))
	require.Nil(t, market.Cloud("nowhere"))
	rented := 0
	for _, cloud := range all.Clouds() {
		offers := all.Offerings(catalog.Query{Cloud: cloud.Name, Service: "vm", Limit: 1})
		if len(offers) == 0 {
			continue // it sells storage only
		}
		rented++
		offer := offers[0]
		allocate(t, market.Cloud(cloud.Name), fresh(offer))
		url, err := market.Cloud(cloud.Name).Scratch(context.Background(), offer.Place)
		require.NoError(t, err)
		require.Contains(t, url, cloud.Scheme+"://")
	}
	clock.Advance(time.Hour)
	require.Len(t, market.Live(), rented)
	require.GreaterOrEqual(t, rented, 7)
	require.Positive(t, market.Spent())
}

func TestReadyMadePrograms(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{Programs: map[string]fake.Program{"takes": fake.Takes(time.Hour), "fails": fake.Fails(time.Minute, 7)}})
	h := allocate(t, cloud, fresh(offering("small")))
	exit := func(name string, after time.Duration, cancel bool) int {
		task := provider.Task{Key: name + after.String(), Name: name}
		task.Outputs = []provider.Data{{Name: "model", URL: "fake://bucket/" + task.Key + "/"}}
		ref := run(t, cloud, h, task)
		clock.Advance(after)
		if cancel {
			require.NoError(t, cloud.Cancel(t.Context(), ref))
			clock.Advance(0)
		}
		s := status(t, cloud, ref)
		require.Equal(t, provider.TaskExited, s.State)
		return s.Exit
	}
	require.Equal(t, 0, exit("takes", time.Hour, false))
	require.Equal(t, 128+15, exit("takes", time.Minute, true))
	require.Equal(t, 7, exit("fails", time.Minute, false))
	require.Equal(t, 128+15, exit("fails", time.Second, true))
	bucket, _, err := cloud.Open(t.Context(), "fake://bucket/")
	require.NoError(t, err)
	text, _, err := transfer.Get(t.Context(), bucket, "takes1h0m0s/data")
	require.NoError(t, err)
	require.Equal(t, "model of takes\n", string(text))
}

func TestDataOfAnotherCloudFailsTheTask(t *testing.T) {
	t.Parallel()
	cloud, clock := virtual(t, fake.Config{})
	h := allocate(t, cloud, fresh(offering("small")))
	foreign := []provider.Data{{Name: "raw", Variable: "SKY_RAW", URL: "s3://elsewhere/x/"}}
	in := run(t, cloud, h, provider.Task{Key: "in", Inputs: foreign})
	out := run(t, cloud, h, provider.Task{Key: "out", Outputs: foreign})
	clock.Advance(0)
	require.Equal(t, 66, status(t, cloud, in).Exit)
	require.Contains(t, logs(t, cloud, in), `input raw: open at fake: unsupported ("s3://elsewhere/x/" is not fake://BUCKET/KEY)`)
	require.Equal(t, 74, status(t, cloud, out).Exit)
	require.Contains(t, logs(t, cloud, out), "output raw: open at fake: unsupported")
	_, err := cloud.Scratch(t.Context(), catalog.Place{Cloud: "aws"})
	require.ErrorIs(t, err, fault.Unsupported)
}

func TestProcessSeesItsTask(t *testing.T) {
	t.Parallel()
	var now time.Time
	cloud, clock := virtual(t, fake.Config{Program: func(p *fake.Process) int {
		now = p.Now()
		require.Nil(t, p.Input("nothing"))
		p.Output("nothing", "x", nil)
		require.Nil(t, p.Task().Secrets)
		return len(p.Getenv("TOKEN")) + len(p.Getenv("SKY_OUT_MODEL"))
	}})
	ref := run(t, cloud, allocate(t, cloud, fresh(offering("small"))), provider.Task{
		Key: "t", Secrets: map[string]secret.Secret{"TOKEN": secret.New("123")},
		Outputs: []provider.Data{{Name: "model", Variable: "SKY_OUT_MODEL", URL: "fake://b/m/"}},
	})
	clock.Advance(time.Minute)
	require.Equal(t, len("123")+len("/sky/SKY_OUT_MODEL"), status(t, cloud, ref).Exit)
	require.Equal(t, start, now)
}
