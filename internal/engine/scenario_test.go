package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func retryAtOnce() Rules {
	return Rules{BackoffBase: time.Nanosecond, BackoffCap: time.Nanosecond, Tries: 3}
}

// goldens are the runs whose journals are kept in testdata and must replay for ever.
func goldens() []scenario {
	return []scenario{
		{
			name:   "success",
			stages: []Stage{{Seals: true}, {Needs: needs(UntilCommitted, 0)}},
			places: []Assignment{at(0, "a/r/z/o/m", "raw"), at(1, "b/r/z/o/m", "0>x")},
			lines: []line{
				{"plan", "move:0.1.0"},
				{"moved move:0.1.0 cost=2 data=there", "allocate:0.1.0"},
				{"allocated allocate:0.1.0 data=vm", "run:0.1.0"},
				{"started run:0.1.0", ""},
				{"exited run:0.1.0", "seal:0.1.0"},
				{"sealed seal:0.1.0 data=out", "publish:0.1.0 release:0.1.0"},
				{"published publish:0.1.0 data=manifest", "move:1.1.0"},
				{"released release:0.1.0 cost=5", ""},
				{"moved move:1.1.0", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:1.1.0 cost=4", ""},
			},
			end: Succeeded,
		},
		{
			name:   "replan",
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0, 1)}},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@a block=a/r/z//"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"replanned 0 0=b/r/z/o/m 2=b/r/z/o/m", "allocate:0.2.0"},
				{"released release:1.1.0 cost=3", ""},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0", "release:0.2.0 allocate:2.1.0"},
				{"released release:0.2.0", ""},
				{"allocated allocate:2.1.0", "run:2.1.0"},
				{"exited run:2.1.0", "release:2.1.0"},
				{"released release:2.1.0", ""},
			},
			end: Succeeded,
		},
		{
			name:   "retry",
			rules:  retryAtOnce(),
			stages: []Stage{{Retries: 1}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=3", "release:0.1.0"},
				{"+1ns", "allocate:0.2.0"},
				{"released release:0.1.0 cost=1", ""},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0 exit=4", "release:0.2.0"},
				{"released release:0.2.0 cost=1", ""},
			},
			end: RunFailed, reason: ReasonTask,
		},
		{
			name:   "cancel",
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0)}},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"cancel enough", "stop:0.1.0 release:0.1.0 release:1.1.0"},
				{"allocated allocate:1.1.0", ""},
				{"exited run:0.1.0 exit=143", ""},
				{"released release:0.1.0 cost=2", ""},
				{"released release:1.1.0 cost=1", ""},
			},
			end: Cancelled, reason: ReasonCancel,
		},
		{
			name:   "ambiguous",
			rules:  retryAtOnce(),
			stages: []Stage{{}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"unknown allocate:0.1.0 fault=unknown", "resolve:0.1.0"},
				{"unknown resolve:0.1.0 fault=transient", ""},
				{"+1ns", "resolve:0.1.1"},
				{"absent resolve:0.1.1", ""},
				{"+1ns", "allocate:0.1.1"},
				{"unknown allocate:0.1.1", "resolve:0.1.2"},
				{"allocated resolve:0.1.2", "run:0.1.0"},
				{"allocated allocate:0.1.0", ""},
				{"exited run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
			end: Succeeded,
		},
		{
			name:   "budget",
			rules:  Rules{Budget: 20},
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0)}},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"}, // stage 2 waits for the money of stage 0
				{"released release:0.1.0 cost=11", "release:1.1.0"},
				{"released release:1.1.0 cost=0", ""},
			},
			end: RunFailed, reason: ReasonBudget,
		},
		{
			name:   "ahead",
			stages: []Stage{{Seals: true}, {Seals: true}, {Needs: needs(UntilCommitted, 0, 1)}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "c/r/z/o/m", "raw$4", "0>x$3", "1>y$2")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0 move:2.1.0"}, // the dataset is there from the start
				{"allocated allocate:0.1.0 & allocated allocate:1.1.0", "run:0.1.0 run:1.1.0"},
				{"moved move:2.1.0 cost=4", ""},
				{"exited run:0.1.0", "seal:0.1.0"},
				{"sealed seal:0.1.0 data=out", "publish:0.1.0 release:0.1.0"},
				{"published publish:0.1.0", "move:2.1.1"}, // while the other producer runs
				{"exited run:1.1.0", "seal:1.1.0"},
				{"released release:0.1.0 cost=9", ""},
				{"sealed seal:1.1.0", "publish:1.1.0 release:1.1.0"},
				{"released release:1.1.0 cost=9", ""},
				{"published publish:1.1.0", "move:2.1.2"}, // the attempt begins, and waits for what is on its way
				{"moved move:2.1.2 cost=1", ""},
				{"moved move:2.1.1 cost=5", "allocate:2.1.0"},
				{"allocated allocate:2.1.0", "run:2.1.0"},
				{"exited run:2.1.0", "release:2.1.0"},
				{"released release:2.1.0", ""},
			},
			end: Succeeded,
		},
		{
			name:   "rerouted",
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 0, 1)}},
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "c/r/z/o/m", "x", "y$3", "z$2")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0 move:2.1.0 move:2.1.1 move:2.1.2"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"moved move:2.1.0 cost=1", ""},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@b block=a/r/z//"},
				{"replanned 0 0=d/r/z/o/m 2=d/r/z/o/m,w$2,z$2", "stop:2.1.0 allocate:0.2.0 move:2.1.3"}, // z goes on, y ends, x stays
				{"failed move:2.1.1 fault=transient", ""},
				{"moved move:2.1.2 cost=2", ""},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0", "release:0.2.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:0.2.0 & released release:1.1.0", ""},
				{"moved move:2.1.3 cost=2", "allocate:2.1.0"},
				{"allocated allocate:2.1.0", "run:2.1.0"},
				{"exited run:2.1.0", "release:2.1.0"},
				{"released release:2.1.0 cost=6", ""},
			},
			end: Succeeded,
		},
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, sc := range append(goldens(), scenarios()...) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			d := play(t, sc)
			if d.m.Status().Done() {
				if sc.reason != ReasonAlive {
					require.Zero(t, d.m.Status().Reserved)
				}
				require.Empty(t, d.m.Outstanding())
				_, any := d.m.Next()
				require.False(t, any)
			}
		})
	}
}
