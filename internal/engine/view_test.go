package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider/fault"
)

// tick plays lines one second apart and returns the driver and the time of the plan.
func tick(t *testing.T, sc scenario) (*driver, time.Time) {
	d := newDriver()
	start := d.now
	for _, l := range sc.lines {
		require.Equal(t, l.want, show(d.step(sc.parse(t, l.do))), l.do)
		d.now = d.now.Add(time.Second)
	}
	return d, start
}

// What reports see of a stage that went well: where, when, what came of it, what it cost.
func TestStageView(t *testing.T) {
	t.Parallel()
	sc := goldens()[0]
	sc.lines = sc.lines[:8]
	d, start := tick(t, sc)
	sec := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	v := d.m.Stage(0)
	want := sc.places[0]
	require.Equal(t, StageView{
		Name: "s0", State: StageDone, Assignment: want, Commit: 1,
		Attempts: []AttemptView{{
			Attempt: 1, State: StageDone, Assignment: want,
			Begun: sec(0), Asked: sec(1), Tried: sec(1), Allocated: sec(2), Sealed: sec(5), Published: sec(6), Ended: sec(6), Released: sec(7),
			Cost: 5, Tasks: []TaskView{{Asked: sec(2), Started: sec(3), Ended: sec(4)}},
			Allocation: json.RawMessage(`"vm"`), Outputs: json.RawMessage(`"out"`), Manifest: json.RawMessage(`"manifest"`),
		}},
	}, v)
	require.Equal(t, StageMoving, d.m.Stage(1).State)
	require.Equal(t, 2, d.m.Len())

	mv, known := d.m.Move("raw")
	require.True(t, known)
	require.Equal(t, MoveView{ID: "raw", Owner: CommandID{0, 1, Bring, 0}, Done: true, At: sec(1), Cost: 2, Data: json.RawMessage(`"there"`)}, mv)
	mv, known = d.m.Move("x")
	require.True(t, known)
	require.False(t, mv.Done)
	_, known = d.m.Move("never")
	require.False(t, known)

	st := d.m.Status()
	require.Equal(t, int64(2+5), st.Spent)
	require.Equal(t, int64(10), st.Reserved, "of the stage that moves its inputs")
	require.False(t, st.Done())

	v.Attempts[0].Tasks[0].Exit = 99
	require.Zero(t, d.m.Stage(0).Attempts[0].Tasks[0].Exit, "a view is a copy")
}

// What reports see of trouble: the kind of end of each attempt, and the faults on the way.
func TestTroubleView(t *testing.T) {
	t.Parallel()
	sc := scenario{
		stages: []Stage{{Retries: 1}},
		lines: []line{
			{"plan", "allocate:0.1.0"},
			{"unknown allocate:0.1.0 fault=unknown", "resolve:0.1.0"},
			{"refused resolve:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
			{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"},
			{"allocated allocate:0.2.0", "run:0.2.0"},
			{"lost run:0.2.0 fault=preempted data=gone", "release:0.2.0"},
			{"released release:0.2.0 cost=1 data=bill", ""},
		},
	}
	d, _ := tick(t, sc)
	d.wait(time.Hour)
	d.step(sc.parse(t, "allocated allocate:0.3.0"))
	d.step(sc.parse(t, "exited run:0.3.0 exit=3 fault=invalid"))
	v := d.m.Stage(0)
	require.Equal(t, StageRetrying, v.State)
	require.Zero(t, v.Commit)
	var states []StageState
	var kinds [][]fault.Kind
	for _, a := range v.Attempts {
		states = append(states, a.State)
		var k []fault.Kind
		for _, f := range a.Faults {
			k = append(k, f.Kind)
		}
		kinds = append(kinds, k)
	}
	require.Equal(t, []StageState{StageRefused, StageLost, StageFailed}, states)
	require.Equal(t, [][]fault.Kind{{fault.Unknown, fault.Capacity}, {fault.Preempted}, {fault.Invalid}}, kinds)
	require.Equal(t, "a", v.Attempts[0].Assignment.Cloud)
	require.Equal(t, "b", v.Attempts[1].Assignment.Cloud)
	require.Equal(t, json.RawMessage(`"gone"`), v.Attempts[1].Tasks[0].Result)
	require.Equal(t, json.RawMessage(`"bill"`), v.Attempts[1].Bill)
	require.Equal(t, 3, v.Attempts[2].Tasks[0].Exit)
}

// A reason names stage, cloud and exit code; what is left alive is listed.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		if sc.reason == "" {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			st := play(t, sc).m.Status()
			switch sc.reason {
			case ReasonCancel, ReasonUnplannable:
				return
			case ReasonTask:
				require.NotZero(t, st.Reason.Exit)
			case ReasonAlive:
				require.Equal(t, []AttemptRef{{0, 1}}, st.Alive)
			}
			if st.Reason.Stage < 0 {
				require.NotEmpty(t, st.Reason.Text)
				return
			}
			require.Equal(t, sc.spec().Stages[st.Reason.Stage].Name, st.Reason.Name)
			require.Positive(t, st.Reason.Attempt)
			require.Equal(t, "a", st.Reason.Cloud)
		})
	}
}

// Every stage of a run that has ended says how: done, failed (the one to blame) or stopped.
func TestStagesAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		if sc.end == Running {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			m := play(t, sc).m
			for i := range m.Len() {
				state := m.Stage(i).State
				require.Contains(t, []StageState{StageDone, StageFailed, StageStopped}, state)
				if state == StageFailed {
					require.Equal(t, i, m.Status().Reason.Stage)
				}
				if sc.end == Succeeded {
					require.Equal(t, StageDone, state)
				}
			}
		})
	}
}

func TestCommandIDString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "stage 3 attempt 1 run 0", CommandID{3, 1, Run, 0}.String())
	require.Equal(t, "replan 2", CommandID{-1, 0, Replan, 2}.String())
}
