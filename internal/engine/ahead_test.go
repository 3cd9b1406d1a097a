package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ahead is about moves that start when their maker ends, before the stage that needs them begins.
func ahead() []scenario {
	chain := []Stage{{}, {Needs: needs(UntilExited, 0)}}
	first := func(moves ...string) []Assignment {
		return []Assignment{at(0, "b/r/z/o/m"), at(1, "a/r/z/o/m", moves...)}
	}
	return []scenario{
		{
			name: "a move still in flight when its attempt begins is waited for", stages: chain, places: first("x"), end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"moved move:1.1.0 cost=2", "allocate:1.1.0"},
				{"moved move:1.1.0 cost=2", ""},
			},
		},
		{
			name: "the output of a stage that seals nothing is there when it ends", end: Running,
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0, 1)}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "a/r/z/o/m"), at(2, "b/r/z/o/m", "0>x", "1>y")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0 & allocated allocate:1.1.0", "run:0.1.0 run:1.1.0"},
				{"exited run:1.1.0", "release:1.1.0 move:2.1.1"},
				{"exited run:0.1.0", "release:0.1.0 move:2.1.0"},
			},
		},
		{
			name: "two that wait for the same move share it, and so does one that begins", end: Running,
			stages: []Stage{{}, {Needs: needs(UntilExited, 0)}, {Needs: needs(UntilExited, 0)}, {}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m", "x", "y"), at(2, "b/r/z/o/m", "y", "z"), at(3, "b/r/z/o/m", "z")},
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0 move:1.1.1 move:3.1.0"},
				{"moved move:3.1.0", "allocate:3.1.0"},
				{"moved move:1.1.1", ""},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 allocate:2.1.0"},
			},
		},
		{
			name: "tried again as usual; in vain: left to the attempt, which fails as ever", rules: Rules{BackoffBase: 1, BackoffCap: 1, Tries: 2},
			stages: chain, places: first("x"), end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"failed move:1.1.0 fault=transient", ""},
				{"+1ns", "move:1.1.0"},
				{"failed move:1.1.0 fault=transient", ""},
				{"+1m", ""},
				{"exited run:0.1.0", "release:0.1.0 move:1.1.0"},
				{"failed move:1.1.0 fault=transient", ""},
				{"+1ns", "move:1.1.0"},
				{"failed move:1.1.0 fault=transient", "replan:0 pin=0@b block=a/r/z//"},
				{"replanned 0 1=c/r/z/o/m,y", "move:1.2.0"},
			},
		},
		{
			name: "between two tries when its attempt begins", rules: Rules{BackoffBase: time.Minute, BackoffCap: time.Minute}, stages: chain, places: first("x$1"),
			end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"failed move:1.1.0 fault=transient", ""},
				{"exited run:0.1.0", "release:0.1.0"},
				{"+1m", "move:1.1.0"},
				{"moved move:1.1.0", "allocate:1.1.0"},
			},
		},
		{
			name: "what is not there fails the run only when it is needed", stages: chain, places: first("x"), end: RunFailed, reason: ReasonMove,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"failed move:1.1.0 fault=not_found", ""},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 move:1.1.0"},
				{"released release:0.1.0", ""},
				{"failed move:1.1.0 fault=not_found", ""},
			},
		},
		{
			name: "a cancel stops it, and forgets what waits", rules: Rules{MaxInFlight: 2, BackoffBase: time.Hour}, stages: chain,
			places: first("x", "y", "z"), end: Cancelled, reason: ReasonCancel,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0 move:1.1.1"},
				{"failed move:1.1.1 fault=throttled after=1m", "move:1.1.2"},
				{"cancel", "stop:1.1.0 stop:1.1.1 release:0.1.0"},
				{"released release:0.1.0", ""},
				{"moved move:1.1.0 cost=3", ""},
				{"+1h", ""},
				{"failed move:1.1.2 fault=transient", ""},
			},
		},
		{
			name: "a failure of the run stops it", stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0)}}, end: RunFailed, reason: ReasonTask,
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "a/r/z/o/m"), at(2, "b/r/z/o/m", "x$4")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0 move:2.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=1", "stop:2.1.0 release:0.1.0 release:1.1.0"},
				{"released release:0.1.0 & released release:1.1.0", ""},
				{"failed move:2.1.0 fault=transient", ""},
			},
		},
		{
			name: "through its lane like any other", rules: Rules{MaxInFlight: 1}, stages: chain, places: first("x", "y"), end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"moved move:1.1.0", "move:1.1.1"},
			},
		},
	}
}

// aheadPlanned are new plans and blocks while something is brought ahead.
func aheadPlanned() []scenario {
	waiting := []Stage{{}, {Needs: needs(UntilExited, 0)}, {Needs: needs(UntilExited, 0)}}
	shared := []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m", "x", "y"), at(2, "b/r/z/o/m", "x")}
	lost := []line{
		{"plan", "allocate:0.1.0 move:1.1.0 move:1.1.1"},
		{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
	}
	then := func(lines ...line) []line { return append(lost[:2:2], lines...) }
	return []scenario{
		{
			name: "what another stage still needs goes on when the one it was brought for moves", stages: waiting, places: shared, end: Running,
			lines: then(
				line{"replanned 0 0=c/r/z/o/m 1=c/r/z/o/m,u 2=b/r/z/o/m,x", "stop:1.1.0 allocate:0.2.0 move:1.1.2"},
				line{"failed move:1.1.0 fault=transient", ""},
				line{"+1s", "move:1.1.0"}, // under the id it had, for the place it was for
				line{"failed move:1.1.1 fault=transient", ""},
				line{"+1m", ""},
				line{"allocated allocate:0.2.0", "run:0.2.0"},
				line{"exited run:0.2.0", "release:0.2.0"},
				line{"moved move:1.1.0", "allocate:2.1.0"},
				line{"moved move:1.1.2", "allocate:1.1.0"},
			),
		},
		{
			name: "the one it was brought for begins elsewhere under the same number", places: shared, end: Running,
			stages: []Stage{{}, {Needs: needs(UntilExited, 0), Timeout: time.Minute}, {Needs: needs(UntilExited, 0)}},
			lines: then(
				line{"replanned 0 0=c/r/z/o/m 1=c/r/z/o/m 2=b/r/z/o/m,x", "stop:1.1.0 allocate:0.2.0"},
				line{"allocated allocate:0.2.0", "run:0.2.0"},
				line{"exited run:0.2.0", "release:0.2.0 allocate:1.1.0"},
				line{"moved move:1.1.0", "allocate:2.1.0"},
				line{"allocated allocate:1.1.0", "run:1.1.0"},
				line{"+1m", "stop:1.1.1"}, // the first one was for the move
			),
		},
		{
			name: "stopped, and needed after all: brought again", stages: waiting[:2], places: shared[:2], rules: retryAtOnce(), end: Running,
			lines: then(
				line{"replanned 0 0=c/r/z/o/m 1=c/r/z/o/m", "stop:1.1.0 stop:1.1.1 allocate:0.2.0"},
				line{"refused allocate:0.2.0 fault=capacity scope=zone", "replan:1 block=a/r/z// block=c/r/z//"},
				line{"replanned 1 0=d/r/z/o/m 1=b/r/z/o/m,x", "allocate:0.3.0"},
				line{"allocated allocate:0.3.0", "run:0.3.0"},
				line{"exited run:0.3.0", "release:0.3.0"},
				line{"failed move:1.1.0 fault=not_found", ""}, // as an aborted copy may put it
				line{"+1ns", "move:1.1.0"},
				line{"moved move:1.1.0", "allocate:1.1.0"},
			),
		},
		{
			name: "nothing is brought to a place that a plan being made may change", end: Running,
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0, 1)}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "c/r/z/o/m", "1>x")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@b block=a/r/z//"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"replanned 0 0=c/r/z/o/m", "allocate:0.2.0 move:2.1.0"}, // silent about stage 2
			},
		},
		{
			name: "nor to a place that is blocked", end: Running,
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0, 1)}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "a/r/z/o/m", "1>x")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@b block=a/r/z//"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"replanned 0 0=c/r/z/o/m", "allocate:0.2.0"}, // silent about stage 2, whose place is blocked
				{"refused allocate:0.2.0 fault=capacity scope=zone", "replan:1 pin=1@b block=a/r/z// block=c/r/z//"},
				{"replanned 1 0=d/r/z/o/m 2=d/r/z/o/m,1>x", "allocate:0.3.0 move:2.1.0"},
			},
		},
		{
			name: "while the old attempt is released, its successor's data is on the way", stages: []Stage{{}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"lost run:0.1.0 fault=preempted scope=zone", "release:0.1.0"},
				{"refused allocate:1.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
				{"replanned 0 0=b/r/z/o/m,x 1=c/r/z/o/m", "allocate:1.2.0 move:0.2.0"},
				{"refused allocate:1.2.0 fault=capacity scope=zone", "replan:1 pin=0@b block=a/r/z// block=c/r/z//"},
				{"replanned 1 1=d/r/z/o/m", "allocate:1.3.0"}, // the stage that is pinned keeps its copy
				{"released release:0.1.0", ""},
				{"+1m", ""},
				{"moved move:0.2.0", "allocate:0.2.0"},
			},
		},
		{
			name: "a service given up before its next attempt leaves nothing on the way", stages: []Stage{{Serves: true}, {Needs: needs(UntilReady, 0)}, {}},
			rules: retryAtOnce(), end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:2.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"lost run:0.1.0 fault=preempted scope=zone", "release:0.1.0"},
				{"refused allocate:2.1.0 fault=capacity scope=market", "replan:0 pin=1@a block=a/r/z// block=a/r///m"},
				{"replanned 0 0=b/r/z/o/m,x$1,y$1 2=b/r/z/o/m", "allocate:2.2.0 move:0.2.0 move:0.2.1"},
				{"failed move:0.2.1 fault=throttled after=1h", ""},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:0.1.0 & released release:1.1.0", ""},
				{"allocated allocate:2.2.0", "run:2.2.0"},
				{"exited run:2.2.0", "release:2.2.0 stop:0.2.0"},
				{"released release:2.2.0", ""},
				{"failed move:0.2.0 fault=transient", ""},
			},
		},
	}
}

// aheadPaid are budgets.
func aheadPaid() []scenario {
	chain := []Stage{{}, {Needs: needs(UntilExited, 0)}}
	six := at(1, "a/r/z/o/m", "x$5")
	six.Cost = 6
	places := []Assignment{at(0, "a/r/z/o/m"), six}
	return []scenario{
		{
			name: "paid for once", rules: Rules{Budget: 21}, stages: chain, places: places, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"moved move:1.1.0 cost=5", ""},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 allocate:1.1.0"},
				{"released release:0.1.0 cost=10", ""},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:1.1.0 cost=6", ""},
			},
		},
		{
			name: "without the money it waits for its attempt", rules: Rules{Budget: 14}, stages: chain, places: places, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0 cost=3", "move:1.1.0"},
				{"moved move:1.1.0 cost=5", "allocate:1.1.0"},
			},
		},
		{
			name: "between two tries it holds no money", rules: Rules{Budget: 20, BackoffBase: time.Minute, BackoffCap: time.Minute},
			stages: []Stage{{}, {Needs: needs(UntilExited, 0)}, {Needs: needs(UntilReady, 3)}, {Serves: true}}, end: Running,
			places: []Assignment{at(0, "a/r/z/o/m"), six, at(2, "b/r/z/o/m"), func() Assignment { a := at(3, "a/r/z/o/m"); a.Cost = 0; return a }()},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:3.1.0 move:1.1.0"},
				{"failed move:1.1.0 fault=transient", ""},
				{"allocated allocate:3.1.0", "run:3.1.0"},
				{"ready run:3.1.0", "allocate:2.1.0"},
				{"+1m", ""}, // no money for another try
			},
		},
		{
			name: "one that needs money waits for what a copy under way may give back", rules: Rules{Budget: 16},
			stages: []Stage{{}, {Needs: needs(UntilExited, 0)}}, end: Running, places: places,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
				{"replanned 0 0=b/r/z/o/m,y$3 1=b/r/z/o/m", "stop:1.1.0"}, // 13 reserved, 5 in flight
				{"failed move:1.1.0 fault=transient", "move:0.2.0"},
				{"moved move:0.2.0 cost=6", "allocate:0.2.0"},
			},
		},
		{
			name: "and stops the run when it gives nothing back", rules: Rules{Budget: 16}, stages: []Stage{{}, {Needs: needs(UntilExited, 0)}},
			end: RunFailed, reason: ReasonBudget, places: places,
			lines: []line{
				{"plan", "allocate:0.1.0 move:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
				{"replanned 0 0=a/r/y/o/m,y$3 1=b/r/z/o/m", "stop:1.1.0"},
				{"moved move:1.1.0 cost=5", ""},
			},
		},
	}
}

// A command of a move brought ahead says what to bring and where to, whatever becomes of the assignment, and the same
// when it is issued again.
func TestAheadKeepsItsAssignment(t *testing.T) {
	t.Parallel()
	sc := goldens()[7]
	require.Equal(t, "rerouted", sc.name)
	sc.lines, sc.end = sc.lines[:5], Running
	d := play(t, sc)
	again, err := Replay(list(d.entries))
	require.NoError(t, err)
	snap, err := Decode([]byte(encode(t, d.m)))
	require.NoError(t, err)
	for _, m := range []*Machine{d.m, again, snap} {
		out := m.Outstanding()
		require.Equal(t, "move:2.1.1 move:2.1.2 run:1.1.0 stop:2.1.0 allocate:0.2.0 move:2.1.3", show(out))
		for _, c := range out {
			switch c.ID {
			case CommandID{2, 1, Bring, 1}, CommandID{2, 1, Stop, 0}:
				require.Equal(t, sc.places[2], *c.Assignment)
				require.Equal(t, parseMove("y$3"), c.Move)
			case CommandID{2, 1, Bring, 2}:
				require.Equal(t, sc.places[2], *c.Assignment)
				require.Equal(t, parseMove("z$2"), c.Move)
			case CommandID{2, 1, Bring, 3}:
				require.Equal(t, "d", c.Assignment.Cloud)
				require.Equal(t, parseMove("w$2"), c.Move)
			}
			if c.ID.Verb == Stop {
				require.Equal(t, CommandID{2, 1, Bring, 1}, c.Target)
			}
		}
		require.Empty(t, m.Stage(2).Attempts, "it has not begun")
	}
}

// What reports see of moves brought ahead, and what is reserved for them.
func TestAheadView(t *testing.T) {
	t.Parallel()
	places := []Assignment{at(0, "b/r/z/o/m"), at(1, "a/r/z/o/m", "x$3", "y$4")}
	places[1].Moves[0].Data = json.RawMessage(`"where"`)
	sc := scenario{stages: []Stage{{}, {Needs: needs(UntilExited, 0)}}, places: places, lines: []line{
		{"plan", "allocate:0.1.0 move:1.1.0 move:1.1.1"},
		{"moved move:1.1.0 cost=2 data=there", ""},
	}}
	d, start := tick(t, sc)
	require.Equal(t, StageWaiting, d.m.Stage(1).State)
	x := MoveView{
		ID: "x", Order: json.RawMessage(`"where"`), Owner: CommandID{1, 1, Bring, 0},
		Done: true, At: start.Add(time.Second), Cost: 2, Data: json.RawMessage(`"there"`),
	}
	y := MoveView{ID: "y", Owner: CommandID{1, 1, Bring, 1}}
	require.Equal(t, []MoveView{x, y}, d.m.Moves())
	got, known := d.m.MoveOf(x.Owner)
	require.True(t, known)
	require.Equal(t, x, got)
	_, known = d.m.MoveOf(CommandID{1, 2, Bring, 0})
	require.False(t, known)
	require.Equal(t, int64(2), d.m.Status().Spent)
	require.Equal(t, int64(10+4), d.m.Status().Reserved, "of the stage that has begun, and of the copy under way")

	d.step(sc.parse(t, "failed move:1.1.1 fault=transient"))
	require.Equal(t, int64(10), d.m.Status().Reserved, "nothing for a copy between two tries")
	d.step(sc.parse(t, "allocated allocate:0.1.0"))
	d.step(sc.parse(t, "exited run:0.1.0"))
	require.Equal(t, int64(10+10+4), d.m.Status().Reserved, "until the attempt that needs it begins")
	d.step(sc.parse(t, "released release:0.1.0 cost=1"))
	d.wait(time.Hour)
	d.step(sc.parse(t, "moved move:1.1.1 cost=9"))
	require.Equal(t, int64(10), d.m.Status().Reserved)
	require.Equal(t, int64(2+1+9), d.m.Status().Spent)
}

// A move of what a stage out of range makes, or the stage itself, is no plan.
func TestMakerIsChecked(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"x": true, "0>x": true, "1>x": false, "2>x": false, "-2>x": false} {
		a := at(1, "a/r/z/o/m", text)
		require.Equal(t, ok, a.check(2) == nil, text)
	}
}

// The end of a maker is told to those who copy from it only: each event's work is by its degree, however many moves
// and stages there are.
func TestWorkOfMoves(t *testing.T) {
	t.Parallel()
	worst := func(n int) int {
		spec := &Spec{Run: "fan", Rules: Rules{Version: RulesVersion}}
		e := Event{Kind: Planned, Spec: spec}
		last := at(n, "b/r/z/o/m")
		for i := range n {
			spec.Stages = append(spec.Stages, Stage{})
			e.Assignments = append(e.Assignments, at(i, "a/r/z/o/m"))
			last.Moves = append(last.Moves, Move{ID: string(rune('x' + i)), Maker: i + 1})
		}
		spec.Stages = append(spec.Stages, Stage{Needs: needs(UntilExited, upTo(n)...)})
		e.Assignments = append(e.Assignments, last)
		m, most, brought := New(), 0, 0
		drive(m, e, func(work int) { most = max(most, work) })
		require.Equal(t, Succeeded, m.Status().State)
		for _, mv := range m.Moves() {
			require.True(t, mv.Done)
			brought++
		}
		require.Equal(t, n, brought)
		return most
	}
	require.Less(t, worst(4000), worst(40)+60)
}

func upTo(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}
