package engine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/fault"
)

func TestPlanRefused(t *testing.T) {
	t.Parallel()
	two := []Stage{{Name: "a"}, {Name: "b"}}
	both := []Assignment{at(0, "a"), at(1, "a")}
	with := func(needs ...[]Edge) (out []Stage) {
		for i, n := range needs {
			out = append(out, Stage{Name: string(rune('a' + i)), Needs: n, Serves: i == 0})
		}
		return out
	}
	noTasks := at(1, "a")
	noTasks.Tasks = 0
	for name, c := range map[string]struct {
		spec   *Spec
		places []Assignment
		want   string
	}{
		"no spec":              {nil, nil, "no spec"},
		"newer rules":          {&Spec{Rules: Rules{Version: 2}}, nil, "rules of version 2, this library knows 1"},
		"not assigned":         {&Spec{Stages: two}, both[:1], "stage 1 (b) is not assigned"},
		"assigned twice":       {&Spec{Stages: two}, []Assignment{both[0], both[0]}, "assigned twice"},
		"an unknown stage":     {&Spec{Stages: two}, []Assignment{at(2, "a")}, "names stage 2 of 2"},
		"a negative stage":     {&Spec{Stages: two}, []Assignment{at(-1, "a")}, "names stage -1 of 2"},
		"nowhere":              {&Spec{Stages: two}, []Assignment{at(0, "")}, "no cloud"},
		"no tasks":             {&Spec{Stages: two}, []Assignment{both[0], noTasks}, "0 tasks"},
		"a move without id":    {&Spec{Stages: two}, []Assignment{at(0, "a", "")}, "has no id"},
		"needs an unknown":     {&Spec{Stages: with(nil, needs(UntilExited, 4))}, both, "needs stage 4 of 2"},
		"waits for what":       {&Spec{Stages: with(nil, needs("dawn", 0))}, both, `waits until "dawn"`},
		"ready without serves": {&Spec{Stages: with(needs(UntilReady, 1), nil)}, both, "which is no service"},
		"needs itself":         {&Spec{Stages: with(nil, needs(UntilExited, 1))}, both, "waits for itself"},
		"a cycle":              {&Spec{Stages: with(needs(UntilExited, 1), needs(UntilCommitted, 0))}, both, "waits for itself"},
		"ready, and its end":   {&Spec{Stages: with(nil, append(needs(UntilReady, 0), needs(UntilCommitted, 0)...))}, both, "waits for itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDriver()
			require.Empty(t, d.step(Event{Kind: Planned, Spec: c.spec, Assignments: c.places}))
			st := d.m.Status()
			require.Equal(t, RunFailed, st.State)
			require.Equal(t, ReasonInvalid, st.Reason.Kind)
			require.Contains(t, st.Reason.Text, c.want)
			require.Zero(t, d.m.Len())
		})
	}
}

// A graph is accepted exactly when a slow search finds an order in which everything can begin and end.
func TestOrderAgainstSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		spec := &Spec{}
		for range n {
			spec.Stages = append(spec.Stages, Stage{Serves: true})
		}
		for range rapid.IntRange(0, 7).Draw(t, "edges") {
			i := rapid.IntRange(0, n-1).Draw(t, "from")
			e := Edge{rapid.IntRange(0, n-1).Draw(t, "to"), rapid.SampledFrom([]Until{UntilReady, UntilExited}).Draw(t, "until")}
			spec.Stages[i].Needs = append(spec.Stages[i].Needs, e)
		}
		require.Equal(t, canEnd(spec), spec.checkOrder() == nil, "%+v", spec.Stages)
	})
}

// canEnd begins what may begin and ends what may end until nothing changes.
func canEnd(spec *Spec) bool {
	n := len(spec.Stages)
	begun, ended := make([]bool, n), make([]bool, n)
	needed := func(server int) bool {
		for i, st := range spec.Stages {
			for _, e := range st.Needs {
				if e.Until == UntilReady && e.Stage == server && !ended[i] {
					return true
				}
			}
		}
		return false
	}
	for changed := true; changed; {
		changed = false
		for i, st := range spec.Stages {
			ok := !begun[i]
			for _, e := range st.Needs {
				met := ended[e.Stage] || e.Until == UntilReady && begun[e.Stage]
				ok = ok && met
			}
			if ok {
				begun[i], changed = true, true
			}
			if begun[i] && !ended[i] && !needed(i) {
				ended[i], changed = true, true
			}
		}
	}
	for _, e := range ended {
		if !e {
			return false
		}
	}
	return true
}

func TestAmountsDoNotWrap(t *testing.T) {
	t.Parallel()
	require.Equal(t, int64(5), add(2, 3))
	require.Equal(t, int64(2), add(2, -3), "a negative cost counts as nothing")
	require.Equal(t, int64(math.MaxInt64), add(math.MaxInt64-1, 2))

	dear := []Assignment{at(0, "a"), at(1, "a")}
	dear[0].Cost, dear[1].Cost = math.MaxInt64, math.MaxInt64
	d := newDriver()
	d.step(Event{Kind: Planned, Spec: &Spec{Rules: Rules{Budget: 100}, Stages: []Stage{{}, {}}}, Assignments: dear})
	require.Equal(t, ReasonBudget, d.m.Status().Reason.Kind)
}

// Nothing that arrives can make the machine stumble: random facts about random commands, before and after a plan.
func TestHostileFacts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		d := w.d
		if rapid.Bool().Draw(t, "planned") {
			w.start()
		}
		for range rapid.IntRange(1, 60).Draw(t, "facts") {
			e := hostile(t)
			if out := d.m.Outstanding(); len(out) > 0 && rapid.Bool().Draw(t, "plausible") {
				e.ID = out[rapid.IntRange(0, len(out)-1).Draw(t, "which")].ID
			}
			if due := d.m.Due(d.now.Add(1 << 50)); len(due) > 0 && rapid.IntRange(0, 5).Draw(t, "timer") == 0 {
				e = due[0]
			}
			d.step(e)
			st := d.m.Status()
			require.GreaterOrEqual(t, st.Reserved, int64(0))
			require.GreaterOrEqual(t, st.Spent, int64(0))
			for i := range d.m.Len() {
				require.NotEmpty(t, d.m.Stage(i).State)
			}
		}
		requireReplays(t, d)
	})
}

func hostile(t *rapid.T) Event {
	e := Event{
		Kind: rapid.SampledFrom(eventKinds()).Draw(t, "kind"),
		ID: CommandID{
			Stage: rapid.IntRange(-1, 7).Draw(t, "stage"), Attempt: rapid.IntRange(-1, 3).Draw(t, "attempt"),
			Verb: rapid.SampledFrom(append(verbs(), "")).Draw(t, "verb"), N: rapid.IntRange(-1, 3).Draw(t, "n"),
		},
		Exit: rapid.IntRange(-1, 1).Draw(t, "exit"), Cost: int64(rapid.IntRange(-5, 5).Draw(t, "cost")),
	}
	if rapid.Bool().Draw(t, "with fault") {
		e.Fault = trouble("", "")
		e.Fault.Kind = rapid.SampledFrom([]fault.Kind{"", "capacity", "auth", "invalid", "conflict", "preempted", "transient", "nonsense"}).Draw(t, "fault")
		e.Fault.Scope = rapid.SampledFrom(append(scopesForTest(), "", "galaxy")).Draw(t, "scope")
	}
	switch e.Kind {
	case TimerFired:
		if rapid.Bool().Draw(t, "with timer") {
			e.Timer = &Timer{Kind: rapid.SampledFrom(timerKinds()).Draw(t, "timer kind"), Stage: e.ID.Stage, Attempt: e.ID.Attempt, ID: e.ID}
		}
	case Planned, Replanned:
		for i := range rapid.IntRange(0, 3).Draw(t, "places") {
			e.Assignments = append(e.Assignments, at(i-1, "a/r"))
		}
	}
	return e
}
