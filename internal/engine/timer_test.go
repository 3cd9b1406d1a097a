package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/fault"
)

// The timers behave like a plain list that is searched and sorted each time.
func TestTimersAgainstList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var heap []deadline
		var seq uint64
		var work int
		timers := newTimers(&heap, &seq, &work)
		model := map[Timer]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			timer := Timer{Kind: TimerRetry, Stage: rapid.IntRange(0, 9).Draw(t, "stage")}
			at := time.Unix(int64(rapid.IntRange(0, 20).Draw(t, "at")), 0)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				_, set := model[timer]
				require.Equal(t, set, timers.cancel(timer))
				delete(model, timer)
			case 1:
				timers.keep(func(x Timer) bool { return x.Stage != timer.Stage })
				delete(model, timer)
			default:
				timers.set(timer, at)
				model[timer] = at
			}
			requireTimers(t, timers, model, at)
		}
	})
}

func requireTimers(t *rapid.T, timers timers, model map[Timer]time.Time, now time.Time) {
	var want []int
	var first time.Time
	for timer, at := range model {
		if !at.After(now) {
			want = append(want, timer.Stage)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	slices.Sort(want)
	var got []int
	for _, d := range timers.due(now, nil) {
		got = append(got, d.Timer.Stage)
	}
	slices.Sort(got)
	require.Equal(t, want, got)
	next, any := timers.next()
	require.Equal(t, len(model) > 0, any)
	require.True(t, next.Equal(first))
	require.Len(t, timers.where, len(model))
}

func TestPileSorts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.IntRange(0, 50)).Draw(t, "in")
		var heap []int
		var work int
		p := pile[int]{heap: &heap, less: func(a, b int) bool { return a < b }, work: &work}
		for _, x := range in {
			p.push(x)
		}
		var out []int
		for len(heap) > 0 {
			out = append(out, p.remove(0))
		}
		slices.Sort(in)
		require.True(t, slices.Equal(in, out))
	})
}

func ruled(r Rules) *Machine {
	m := New()
	m.s.Spec = &Spec{Seed: 11, Rules: r}
	m.rules = r.withDefaults()
	return m
}

// Delays are spread evenly over [0, min(cap, base*2^n)] (each tenth of the range gets its share), and never less than
// what the cloud asked for.
func TestBackoffSpread(t *testing.T) {
	t.Parallel()
	m := ruled(Rules{BackoffBase: time.Second, BackoffCap: 30 * time.Second})
	for n, limit := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: 30 * time.Second, 1000: 30 * time.Second} {
		const many = 20_000
		var tenths [11]int
		for i := range many {
			wait := m.backoff(CommandID{Stage: i, Attempt: 1, Verb: Allocate}, n, nil)
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.LessOrEqual(t, wait, limit)
			tenths[wait*10/limit]++
		}
		for tenth, count := range tenths[:10] {
			require.InDelta(t, many/10, count, many/100, "try %d, tenth %d", n, tenth)
		}
	}
	for i := range 100 {
		wait := m.backoff(CommandID{Stage: i}, 0, &Fault{RetryAfter: 7 * time.Second})
		require.Equal(t, 7*time.Second, wait)
	}
	require.Equal(t, 40*time.Second, m.backoff(CommandID{}, 9, &Fault{RetryAfter: 40 * time.Second}), "a wish above the cap")
}

// Each of seed, stage, attempt, verb, number and try matters to the jitter, and nothing else.
func TestBackoffDepends(t *testing.T) {
	t.Parallel()
	id := CommandID{Stage: 1, Attempt: 1, Verb: Allocate}
	base := spread(1, id, 0)
	require.Equal(t, base, spread(1, id, 0))
	others := []uint64{
		spread(2, id, 0), spread(1, id, 1), spread(1, CommandID{2, 1, Allocate, 0}, 0), spread(1, CommandID{1, 2, Allocate, 0}, 0),
		spread(1, CommandID{1, 1, Seal, 0}, 0), spread(1, CommandID{1, 1, Allocate, 1}, 0),
	}
	for i, x := range others {
		require.NotEqual(t, base, x, "case %d", i)
	}
}

func TestRulesDefaults(t *testing.T) {
	t.Parallel()
	r := Rules{}.withDefaults()
	require.Equal(t, Rules{
		MaxInFlight: 64, Block: 10 * time.Minute, Provision: 15 * time.Minute, Grace: 10 * time.Minute, BackoffBase: time.Second, BackoffCap: time.Minute, Tries: 8,
	}, r)
	odd := Rules{MaxInFlight: -1, Tries: -5, BackoffBase: -1, BackoffCap: 1 << 62, Quiet: 3}.withDefaults()
	require.Equal(t, 64, odd.MaxInFlight)
	require.Equal(t, 24*time.Hour, odd.BackoffCap)
	require.Equal(t, time.Duration(3), odd.Quiet)
}

// A total outage of ten minutes: no stage asks more often than its backoff allows.
func TestPoliteInAnOutage(t *testing.T) {
	t.Parallel()
	const n = 200
	spec := &Spec{Run: "outage", Seed: 5, Rules: Rules{Version: 1, Tries: 1000, Provision: time.Hour, MaxInFlight: n}}
	plan := Event{Kind: Planned, Spec: spec}
	for i := range n {
		spec.Stages = append(spec.Stages, Stage{Name: "s"})
		plan.Assignments = append(plan.Assignments, at(i, "a/r/z/o/m"))
	}
	d := newDriver()
	start := d.now
	asked := map[int]int{}
	queue := d.step(plan)
	for d.now.Sub(start) < 10*time.Minute {
		for len(queue) > 0 {
			c := queue[0]
			require.Equal(t, Allocate, c.ID.Verb)
			require.Equal(t, 1, c.ID.Attempt, "the same attempt, hence the same key")
			asked[c.ID.Stage]++
			queue = append(queue[1:], d.step(Event{Kind: Refused, ID: c.ID, Fault: &Fault{Kind: fault.Transient}})...)
		}
		next, any := d.m.Next()
		require.True(t, any)
		d.now = next
		queue = d.step(d.m.Due(d.now)...)
	}
	total := 0
	for _, times := range asked {
		total += times
	}
	// Steps of 0.5, 1, 2, 4, 8, 16 and then 30 seconds on average are about 25 in ten minutes.
	require.InDelta(t, 25, float64(total)/n, 4)
}

// Timers that are due come earliest first, and come again until they are stepped.
func TestDueOrder(t *testing.T) {
	t.Parallel()
	sc := scenario{name: "due", stages: []Stage{{Timeout: 3 * time.Minute}, {Timeout: 2 * time.Minute}, {Stall: time.Minute}}, end: Running, lines: []line{
		{"plan", "allocate:0.1.0 allocate:1.1.0 allocate:2.1.0"},
		{"allocated allocate:0.1.0 & allocated allocate:1.1.0 & allocated allocate:2.1.0", "run:0.1.0 run:1.1.0 run:2.1.0"},
	}}
	d := play(t, sc)
	next, any := d.m.Next()
	require.True(t, any)
	require.Equal(t, d.now.Add(time.Minute), next)
	require.Empty(t, d.m.Due(next.Add(-1)))
	late := d.now.Add(time.Hour)
	for range 2 {
		var kinds []TimerKind
		var stages []int
		for _, e := range d.m.Due(late) {
			kinds, stages = append(kinds, e.Timer.Kind), append(stages, e.Timer.Stage)
		}
		require.Equal(t, []TimerKind{TimerStall, TimerTimeout, TimerTimeout}, kinds)
		require.Equal(t, []int{2, 1, 0}, stages)
	}
	twice := append(d.m.Due(late), d.m.Due(late)...)
	d.now = late
	require.Equal(t, "stop:1.1.0 stop:0.1.0", show(d.step(twice...)), "firing twice is firing once")
	next, _ = d.m.Next()
	require.Equal(t, late.Add(10*time.Minute), next, "until they are given up")
}

// A sign of life moves the stall deadline, and nothing else.
func TestObserve(t *testing.T) {
	t.Parallel()
	sc := scenario{name: "observe", stages: []Stage{{Stall: time.Minute}}, end: Running, lines: []line{
		{"plan", "allocate:0.1.0"},
		{"allocated allocate:0.1.0", "run:0.1.0"},
	}}
	d := play(t, sc)
	before := encode(t, d.m)
	d.m.Observe(0, 1, d.now.Add(30*time.Second))
	for _, wrong := range []AttemptRef{{0, 2}, {0, 0}, {7, 1}, {-1, 1}} {
		d.m.Observe(wrong.Stage, wrong.Attempt, d.now)
	}
	require.Equal(t, before, encode(t, d.m))
	require.Empty(t, d.m.Due(d.now.Add(time.Minute)))
	start := d.now
	require.Empty(t, d.wait(90*time.Second))
	require.Equal(t, start.Add(90*time.Second), d.m.Stage(0).Attempts[0].Stalled)
	_, any := d.m.Next()
	require.False(t, any, "it is said once")
	d.m.Observe(0, 1, d.now)
	next, any := d.m.Next()
	require.True(t, any, "until there is a sign of life")
	require.Equal(t, d.now.Add(time.Minute), next)

	again, err := Replay(list(d.entries))
	require.NoError(t, err)
	_, any = again.Next()
	require.False(t, any, "a replay has seen no sign of life")
	again.Step(d.now, []Event{{Kind: Resumed, Epoch: 1}})
	next, any = again.Next()
	require.True(t, any)
	require.Equal(t, d.now.Add(time.Minute), next)
	d.step(Event{Kind: Exited, ID: CommandID{0, 1, Run, 0}})
	d.m.Observe(0, 1, d.now)
	_, any = d.m.Next()
	require.False(t, any, "what has ended cannot stall")
}

func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	m := New()
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))
	m.Step(now, nil)
	m.Step(now.Add(-time.Hour), []Event{{Kind: Planned, Spec: &Spec{Stages: []Stage{{}}}, Assignments: []Assignment{at(0, "a")}}})
	require.Equal(t, now.UTC(), m.Stage(0).Attempts[0].Begun)
	require.Equal(t, time.UTC, m.Stage(0).Attempts[0].Begun.Location())
}
