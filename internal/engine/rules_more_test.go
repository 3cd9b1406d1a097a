package engine

import "time"

// ends are the ways a task can end, crossed with what was asked of it before.
func ends() []scenario {
	slow := []Stage{{Timeout: time.Minute, Retries: 1}}
	stopped := []line{
		{"plan", "allocate:0.1.0"},
		{"allocated allocate:0.1.0", "run:0.1.0"},
		{"+1m", "stop:0.1.0"},
	}
	then := func(lines ...line) []line { return append(stopped[:3:3], lines...) }
	return []scenario{
		{
			name: "too long, then lost", rules: retryAtOnce(), stages: slow, end: Running,
			lines: then(
				line{"lost run:0.1.0 fault=transient", "release:0.1.0"}, // a failure of the work, not of the place
				line{"+1ns", "allocate:0.2.0"},
			),
		},
		{
			name: "too long, then not to be watched", rules: retryAtOnce(), stages: slow, end: Running,
			lines: then(
				line{"failed run:0.1.0 fault=transient", "release:0.1.0"},
				line{"+1ns", "allocate:0.2.0"},
			),
		},
		{
			name: "too long, and it does not stop: its machines go", rules: Rules{Grace: time.Second, BackoffBase: 1, BackoffCap: 1}, stages: slow, end: Running,
			lines: then(
				line{"+1s", "release:0.1.0"},
				line{"exited run:0.1.0", ""},
				line{"+1ns", "allocate:0.2.0"},
			),
		},
		{
			name: "too long twice", rules: retryAtOnce(), stages: slow, end: RunFailed, reason: ReasonTimeout,
			lines: then(
				line{"exited run:0.1.0 exit=143", "release:0.1.0"},
				line{"+1ns", "allocate:0.2.0"},
				line{"allocated allocate:0.2.0", "run:0.2.0"},
				line{"released release:0.1.0", ""},
				line{"+1m", "stop:0.2.0"},
				line{"exited run:0.2.0 exit=143", "release:0.2.0"},
				line{"released release:0.2.0", ""},
			),
		},
		{
			name: "cancelled while it is being stopped", stages: slow, end: Cancelled, reason: ReasonCancel,
			lines: then(
				line{"cancel", "release:0.1.0"}, // no second stop
				line{"exited run:0.1.0 exit=143", ""},
				line{"released release:0.1.0", ""},
			),
		},
		{
			name: "the time for the work does not run while it is sealed", stages: []Stage{{Timeout: time.Minute, Seals: true}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"+5m", ""},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"+59s", ""},
				{"exited run:0.1.0", "seal:0.1.0"},
				{"+1h", ""},
			},
		},
		{
			name: "machines gone when the task is to start", rules: retryAtOnce(), stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"failed run:0.1.0 fault=not_found", "release:0.1.0"},
				{"failed release:0.1.0 fault=not_found", ""},
				{"+1ns", "allocate:0.2.0"},
			},
		},
		{
			name: "no rights to start leaves the cloud", stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"refused run:0.1.0 fault=auth", "release:0.1.0 replan:0 block=a////"},
			},
		},
		{
			name: "preempted with exit 0 is lost all the same", rules: retryAtOnce(), stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=0 fault=preempted", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
			},
		},
		{
			name: "retries and losses are counted apart", rules: Rules{BackoffBase: 1, BackoffCap: 1, Tries: 1}, stages: []Stage{{Retries: 1}},
			end: RunFailed, reason: ReasonTask,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"lost run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0 exit=1", "release:0.2.0"},
				{"+1ns", "allocate:0.3.0"},
				{"released release:0.2.0", ""},
				{"allocated allocate:0.3.0", "run:0.3.0"},
				{"exited run:0.3.0 exit=2", "release:0.3.0"},
				{"released release:0.3.0", ""},
			},
		},
		{
			name: "one failure ends the others", stages: []Stage{{}, {Seals: true}, {}, {Needs: needs(UntilExited, 1)}}, end: RunFailed, reason: ReasonTask,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0 allocate:2.1.0"},
				{"allocated allocate:0.1.0 & allocated allocate:1.1.0", "run:0.1.0 run:1.1.0"},
				{"exited run:1.1.0", "seal:1.1.0"},
				{"unknown allocate:2.1.0", "resolve:2.1.0"},
				{"exited run:0.1.0 exit=9", "release:0.1.0 release:1.1.0 release:2.1.0"},
				{"sealed seal:1.1.0", ""},
				{"absent resolve:2.1.0", ""},
				{"released release:2.1.0 & released release:1.1.0 & released release:0.1.0", ""},
			},
		},
		{
			name: "a place blocked meanwhile is not retried at", rules: retryAtOnce(), stages: []Stage{{Retries: 1}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=1", "release:0.1.0"},
				{"refused allocate:1.1.0 fault=capacity scope=zone", "replan:0 pin=0@a block=a/r/z//"},
				{"+1ns", ""}, // pinned by the plan that is being made, and in a place that is blocked by now
				{"replanned 0 1=b/r/z/o/m", "allocate:1.2.0 replan:1 pin=1@b block=a/r/z//"},
				{"replanned 1 0=c/r/z/o/m", "allocate:0.2.0"},
			},
		},
	}
}

// longServices are services that take part in more than one thing.
func longServices() []scenario {
	three := at(0, "a/r/z/o/m")
	three.Tasks = 3
	staged := []Assignment{three, at(1, "a/r/z/o/m")}
	pair := []Stage{{Serves: true}, {Needs: needs(UntilReady, 0)}}
	up := []line{
		{"plan", "allocate:0.1.0"},
		{"allocated allocate:0.1.0", "run:0.1.0"},
		{"ready run:0.1.0", "allocate:1.1.0"},
		{"allocated allocate:1.1.0", "run:1.1.0"},
	}
	then := func(lines ...line) []line { return append(up[:4:4], lines...) }
	return []scenario{
		{
			name: "stage in, serve, stage out", stages: pair, places: staged, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "run:0.1.1"},
				{"ready run:0.1.1", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				{"exited run:0.1.1 exit=143", "run:0.1.2"},
				{"exited run:0.1.2", "release:0.1.0"},
				{"released release:0.1.0 & released release:1.1.0", ""},
			},
		},
		{
			name: "stage out that fails after the service was stopped", stages: pair, places: staged, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "run:0.1.1"},
				{"ready run:0.1.1", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				{"exited run:0.1.1 exit=143", "run:0.1.2"},
				{"exited run:0.1.2 exit=1", "release:0.1.0"}, // nobody needs it, and it has no outputs
				{"released release:0.1.0 & released release:1.1.0", ""},
			},
		},
		{
			name: "two users: the last one ends it", stages: []Stage{{Serves: true}, {Needs: needs(UntilReady, 0)}, {Needs: needs(UntilReady, 0)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", "allocate:1.1.0 allocate:2.1.0"},
				{"allocated allocate:1.1.0 & allocated allocate:2.1.0", "run:1.1.0 run:2.1.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"exited run:2.1.0", "stop:0.1.0 release:2.1.0"},
			},
		},
		{
			name: "a chain of services ends from the far end", end: Succeeded,
			stages: []Stage{{Serves: true}, {Serves: true, Needs: needs(UntilReady, 0)}, {Needs: needs(UntilReady, 1)}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"ready run:1.1.0", "allocate:2.1.0"},
				{"allocated allocate:2.1.0", "run:2.1.0"},
				{"exited run:2.1.0", "stop:1.1.0 release:2.1.0"},
				{"exited run:1.1.0 exit=143", "stop:0.1.0 release:1.1.0"},
				{"exited run:0.1.0 exit=143", "release:0.1.0"},
				{"released release:0.1.0 & released release:1.1.0 & released release:2.1.0", ""},
			},
		},
		{
			name: "lost while it is being stopped", stages: pair, end: Succeeded,
			lines: then(
				line{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				line{"lost run:0.1.0", "release:0.1.0"},
				line{"released release:0.1.0 & released release:1.1.0", ""},
			),
		},
		{
			name: "refused while it is being stopped", stages: pair, end: Succeeded,
			lines: then(
				line{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				line{"refused run:0.1.0 fault=unsupported", "release:0.1.0"},
				line{"released release:0.1.0 & released release:1.1.0", ""},
			),
		},
		{
			name: "nobody needs it while a plan is made for it", rules: retryAtOnce(), stages: pair, end: Succeeded,
			lines: then(
				line{"lost run:0.1.0 fault=preempted scope=zone", "release:0.1.0"},
				line{"released release:0.1.0", "replan:0 pin=1@a block=a/r/z//"},
				line{"exited run:1.1.0", "release:1.1.0"},
				line{"released release:1.1.0", ""},
				line{"replanned 0 0=b/r/z/o/m", ""},
			),
		},
		{
			name: "a service that does not stop loses its machines", stages: pair, end: Succeeded,
			lines: then(
				line{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				line{"+10m", "release:0.1.0"},
				line{"released release:0.1.0 & released release:1.1.0", ""},
			),
		},
		{
			name: "nobody needs it between two attempts", rules: Rules{BackoffBase: time.Hour, BackoffCap: time.Hour}, stages: pair, end: Succeeded,
			lines: then(
				line{"lost run:0.1.0", "release:0.1.0"},
				line{"released release:0.1.0", ""},
				line{"exited run:1.1.0", "release:1.1.0"},
				line{"released release:1.1.0", ""},
				line{"+2h", ""},
			),
		},
		{
			name: "a service with outputs that is lost at the end runs again", rules: retryAtOnce(),
			stages: []Stage{{Serves: true, Seals: true}, {Needs: needs(UntilReady, 0)}}, end: Running,
			lines: then(
				line{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				line{"lost run:0.1.0", "release:0.1.0"},
				line{"released release:0.1.0", ""},
				line{"+1ns", "allocate:0.2.0"},
				line{"allocated allocate:0.2.0", "run:0.2.0"},
				line{"ready run:0.2.0", "stop:0.2.0"}, // nobody waits for it
				line{"exited run:0.2.0 exit=143", "seal:0.2.0"},
			),
		},
		{
			name: "a service that nobody uses runs until it ends", stages: []Stage{{Serves: true}}, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", ""},
				{"+24h", ""},
				{"exited run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
		},
		{
			name: "a task says ready although it is no service", stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", ""},
			},
		},
	}
}

// graphs are about which stage may begin when.
func graphs() []scenario {
	return []scenario{
		{
			name: "a diamond", stages: []Stage{{}, {Needs: needs(UntilExited, 0)}, {Needs: needs(UntilCommitted, 0)}, {Needs: needs(UntilExited, 1, 2)}},
			end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 allocate:1.1.0 allocate:2.1.0"},
				{"allocated allocate:2.1.0 & allocated allocate:1.1.0", "run:2.1.0 run:1.1.0"},
				{"exited run:2.1.0", "release:2.1.0"},
				{"exited run:1.1.0", "release:1.1.0 allocate:3.1.0"},
			},
		},
		{
			name: "the same need twice", stages: []Stage{{}, {Needs: needs(UntilExited, 0, 0)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 allocate:1.1.0"},
			},
		},
		{
			name: "data is there only when it is published", stages: []Stage{{Seals: true}, {Needs: needs(UntilCommitted, 0)}, {Needs: needs(UntilExited, 0)}},
			end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "seal:0.1.0"},
				{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
				{"released release:0.1.0", ""},
				{"published publish:0.1.0", "allocate:1.1.0 allocate:2.1.0"},
			},
		},
		{
			name: "a move that is done is not made again", end: Running,
			stages: []Stage{{}, {Needs: needs(UntilExited, 0)}},
			places: []Assignment{at(0, "a/r/z/o/m", "x"), at(1, "a/r/z/o/m", "x", "x")},
			lines: []line{
				{"plan", "move:0.1.0"},
				{"moved move:0.1.0", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0 allocate:1.1.0"},
			},
		},
		{
			name: "the same move twice is one move", stages: []Stage{{}}, places: []Assignment{at(0, "a/r/z/o/m", "x", "x")}, end: Running,
			lines: []line{
				{"plan", "move:0.1.0"},
				{"moved move:0.1.0", "allocate:0.1.0"},
			},
		},
		{
			name: "a move that failed for one is carried by the next who needs it", rules: Rules{Tries: 1, Block: time.Second},
			stages: []Stage{{}, {}, {Needs: needs(UntilExited, 1)}}, end: Running,
			places: []Assignment{at(0, "a/r/z/o/m", "x"), at(1, "b/r/z/o/m"), at(2, "a/r/z/o/m", "x")},
			lines: []line{
				{"plan", "move:0.1.0 allocate:1.1.0"},
				{"failed move:0.1.0 fault=transient", "replan:0 pin=1@b block=a/r/z//"},
				{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"+1s", ""},
				{"exited run:1.1.0", "release:1.1.0 move:2.1.0"},
				{"moved move:0.1.0", ""}, // answered before
				{"moved move:2.1.0", "allocate:2.1.0"},
			},
		},
		{
			name: "a batch counts as one moment: both refusals share a plan", stages: []Stage{{}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"refused allocate:1.1.0 fault=capacity scope=zone & refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
			},
		},
		{
			name: "ready and gone in one batch begins nobody", rules: retryAtOnce(), stages: []Stage{{Serves: true}, {Needs: needs(UntilReady, 0)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0 & lost run:0.1.0", "release:0.1.0"},
			},
		},
	}
}
