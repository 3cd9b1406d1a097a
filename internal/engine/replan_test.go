package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/fault"
)

// The index of blocks answers as a plain walk over everything that was ever blocked does.
func TestBlocksAgainstWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := ruled(Rules{Block: 10 * time.Second})
		m.indexBlocks()
		m.s.Now = time.Unix(1000, 0)
		type made struct {
			area  Block
			until time.Time
		}
		var ever []made
		draw := func(what string) Assignment {
			word := rapid.SampledFrom([]string{"x", "y"})
			return Assignment{
				Cloud: word.Draw(t, what), Region: word.Draw(t, what), Zone: word.Draw(t, what),
				Offering: word.Draw(t, what), Market: word.Draw(t, what),
			}
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			m.s.Now = m.s.Now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "later")) * time.Second)
			place := draw("blocked")
			f := &Fault{Kind: fault.Capacity, RetryAfter: time.Duration(rapid.IntRange(0, 20).Draw(t, "after")) * time.Second}
			scope := rapid.SampledFrom(scopesForTest()).Draw(t, "scope")
			m.block(&place, scope, f)
			hold := f.RetryAfter
			if hold == 0 {
				hold = 10 * time.Second
			}
			ever = append(ever, made{area(&place, scope), m.s.Now.Add(hold)})

			asked := draw("asked")
			want := false
			for _, b := range ever {
				want = want || b.until.After(m.s.Now) && b.area.covers(asked)
			}
			_, got := m.blocked(&asked)
			require.Equal(t, want, got, "%+v of %+v", asked, ever)
		}
		for _, b := range m.s.Blocks[:len(m.s.Blocks)-1] {
			require.True(t, b.Until.After(m.s.Now), "what has run out is forgotten")
		}
	})
}

// A block where zones do not matter reaches the same offering in a zone, too.
func TestBlockWithoutZone(t *testing.T) {
	t.Parallel()
	m := ruled(Rules{})
	m.s.Now = time.Unix(0, 0)
	wide := at(0, "a/r//o/m")
	m.block(&wide, fault.ScopeOffering, nil)
	for place, want := range map[string]bool{"a/r/z/o/m": true, "a/r//o/n": true, "a/r/z/p/m": false, "a/q/z/o/m": false, "b/r/z/o/m": false} {
		asked := at(0, place)
		_, got := m.blocked(&asked)
		require.Equal(t, want, got, place)
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	var none *Fault
	require.Equal(t, fault.Unknown, none.kind())
	for name, c := range map[string]struct {
		f    *Fault
		want fault.Scope
	}{
		"nothing said": {nil, fault.ScopeZone},
		"no scope":     {&Fault{Kind: fault.Quota}, fault.ScopeZone},
		"its own":      {&Fault{Kind: fault.Quota, Scope: fault.ScopeRegion}, fault.ScopeRegion},
		"no rights":    {&Fault{Kind: fault.Auth, Scope: fault.ScopeZone}, fault.ScopeCloud},
	} {
		require.Equal(t, c.want, c.f.reach(fault.ScopeZone), name)
	}
}

// The request says why, what stays, and what to avoid, and is the same when it is issued again.
func TestReplanRequest(t *testing.T) {
	t.Parallel()
	sc := scenario{name: "request", stages: []Stage{{}, {}, {}}, end: Running, lines: []line{
		{"plan", "allocate:0.1.0 allocate:1.1.0 allocate:2.1.0"},
		{"allocated allocate:1.1.0", "run:1.1.0"},
		{"exited run:1.1.0", "release:1.1.0"},
		{"refused allocate:0.1.0 fault=quota scope=region", "replan:0 pin=1@a pin=2@a block=a/r///"},
	}}
	d := play(t, sc)
	out := d.m.Outstanding()
	request := out[len(out)-1].Replan
	require.NotNil(t, request)
	require.Equal(t, "quota: test", request.Reason)
	require.Equal(t, []Assignment{at(1, "a/r/z/o/m"), at(2, "a/r/z/o/m")}, request.Pinned)
	require.Equal(t, []Block{{Cloud: "a", Region: "r", Until: d.now.Add(10 * time.Minute), Reason: "quota: test"}}, request.Blocked)

	again, err := Replay(list(d.entries))
	require.NoError(t, err)
	out = again.Outstanding()
	require.Equal(t, request, out[len(out)-1].Replan)
}

// A stage that waits for a release when a plan is made is placed by it, and goes there once the release is proven.
func TestPlanMadeWhileReleasing(t *testing.T) {
	t.Parallel()
	play(t, scenario{name: "meanwhile", stages: []Stage{{}, {}}, end: Running, lines: []line{
		{"plan", "allocate:0.1.0 allocate:1.1.0"},
		{"allocated allocate:0.1.0", "run:0.1.0"},
		{"lost run:0.1.0 fault=preempted scope=zone", "release:0.1.0"},
		{"refused allocate:1.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
		{"replanned 0 0=b/r/z/o/m 1=c/r/z/o/m", "allocate:1.2.0"},
		{"released release:0.1.0", ""},
		{"+1m", "allocate:0.2.0"},
	}})
}

// Under a flood of refusals there is one request at a time, and each answers all that came before it.
func TestRefusalFlood(t *testing.T) {
	t.Parallel()
	const n = 300
	spec := &Spec{Rules: Rules{Quiet: time.Second, MaxInFlight: n}}
	e := Event{Kind: Planned, Spec: spec}
	for i := range n {
		spec.Stages = append(spec.Stages, Stage{})
		e.Assignments = append(e.Assignments, at(i, "a/r/z/o/m"))
	}
	d := newDriver()
	for _, c := range d.step(e) {
		require.Empty(t, d.step(Event{Kind: Refused, ID: c.ID, Fault: &Fault{Kind: fault.Capacity}}))
		d.now = d.now.Add(time.Millisecond)
	}
	commands := d.wait(time.Second)
	require.Len(t, commands, 1)
	require.Empty(t, commands[0].Replan.Pinned)
	require.Len(t, commands[0].Replan.Blocked, 1, "the same place is blocked once")
	answer := Event{Kind: Replanned, ID: commands[0].ID}
	for i := range n {
		answer.Assignments = append(answer.Assignments, at(i, "b/r/z/o/m"))
	}
	require.Len(t, d.step(answer), n)
}
