package engine

import "time"

// scenarios are the rules one by one.
func scenarios() []scenario {
	var all []scenario
	for _, group := range [][]scenario{placing(), moving(), ahead(), aheadPlanned(), aheadPaid(), tasks(), services(), sealing(), releasing(), planning(), admission(), full(), ends(), longServices(), graphs()} {
		all = append(all, group...)
	}
	return all
}

func placing() []scenario {
	one := []Stage{{}}
	return []scenario{
		{
			name: "no stages at all", end: Succeeded,
			lines: []line{{"plan", ""}},
		},
		{
			name: "throttled: the same request, not before retry after", rules: retryAtOnce(), stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=throttled after=30s", ""},
				{"+29s", ""},
				{"+1s", "allocate:0.1.1"},
				{"refused allocate:0.1.1 fault=transient", ""},
				{"+1ns", "allocate:0.1.2"},
				{"refused allocate:0.1.2 fault=transient", "replan:0 block=a/r/z//"},
				{"replanned 0 0=a/r/y/o/m", "allocate:0.2.0"},
			},
		},
		{
			name: "every scope blocks its own area", stages: one, end: RunFailed, reason: ReasonUnplannable,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity", "replan:0 block=a/r/z/o/"},
				{"replanned 0 0=a/r/z/p/m", "allocate:0.2.0"},
				{"refused allocate:0.2.0 fault=quota scope=market", "replan:1 block=a/r/z/o/ block=a/r///m"},
				{"replanned 1 0=a/r/z/p/n", "allocate:0.3.0"},
				{"refused allocate:0.3.0 fault=capacity scope=region after=1h", "replan:2 block=a/r/z/o/ block=a/r///m block=a/r///"},
				{"replanned 2 0=b/r/z/p/n", "allocate:0.4.0"},
				{"+10m", ""},
				{"refused allocate:0.4.0 fault=auth", "replan:3 block=a/r/// block=b////"},
				{"unplannable 3", ""},
			},
		},
		{
			name: "invalid fails anywhere", stages: []Stage{{}, {}}, end: RunFailed, reason: ReasonInvalid,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"refused allocate:0.1.0 fault=invalid", "release:1.1.0"},
				{"refused allocate:1.1.0 fault=capacity", ""},
				{"released release:1.1.0", ""},
			},
		},
		{
			name: "a taken key is released before the stage moves", stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=conflict", "release:0.1.0"},
				{"released release:0.1.0", "replan:0 block=a/r/z/o/"},
			},
		},
		{
			name: "a refusal nobody understands is doubt", stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=unknown", "resolve:0.1.0"},
				{"refused resolve:0.1.0 fault=auth", ""}, // of the question, not of the allocation
				{"+1s", "resolve:0.1.1"},
				{"refused resolve:0.1.1 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
			},
		},
		{
			name: "absent too often counts as refused", rules: Rules{BackoffBase: 1, BackoffCap: 1, Tries: 2}, stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"unknown allocate:0.1.0", "resolve:0.1.0"},
				{"absent resolve:0.1.0", ""},
				{"+1ns", "allocate:0.1.1"},
				{"unknown allocate:0.1.1", "resolve:0.1.1"},
				{"absent resolve:0.1.1", "replan:0 block=a/r/z//"},
			},
		},
		{
			name: "pending too long: released first, then blocked", rules: Rules{Provision: time.Minute}, stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"+59s", ""},
				{"+1s", "release:0.1.0"},
				{"allocated allocate:0.1.0", ""}, // being released already
				{"released release:0.1.0 cost=1", "replan:0 block=a/r/z//"},
				{"replanned 0 0=a/r/y/o/m", "allocate:0.2.0"},
			},
		},
		{
			name: "pending machines that vanish are asked for again", rules: retryAtOnce(), stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"absent allocate:0.1.0", ""},
				{"+1ns", "allocate:0.1.1"},
				{"failed allocate:0.1.1 fault=transient", ""},
				{"+1ns", "allocate:0.1.2"},
				{"failed allocate:0.1.2 fault=capacity", "replan:0 block=a/r/z/o/"},
			},
		},
		{
			name: "after a resume only a release proves that nothing came of the first call", rules: Rules{Tries: 1}, stages: []Stage{{}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"resume 2", ""}, // both are issued again
				{"refused allocate:0.1.0 fault=auth", "release:0.1.0"},
				{"refused allocate:1.1.0 fault=throttled", "release:1.1.0"},
				{"released release:0.1.0", "replan:0 block=a////"},
				{"released release:1.1.0", ""},
				{"replanned 0 0=b/r/z/o/m 1=b/r/z/o/m", "allocate:0.2.0 allocate:1.2.0"},
			},
		},
		{
			name: "but a refusal that tells of the place does", rules: Rules{Tries: 1}, stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"resume 2", ""},
				{"refused allocate:0.1.0 fault=capacity", "replan:0 block=a/r/z/o/"},
			},
		},
		{
			name: "a late success is released, once", rules: Rules{Tries: 1}, stages: one, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity", "replan:0 block=a/r/z/o/"},
				{"allocated allocate:0.1.0", "release:0.1.0"},
				{"allocated allocate:0.1.0", ""},
				{"released release:0.1.0 cost=2", ""},
				{"allocated allocate:0.1.0", ""},
				{"allocated allocate:0.1.7", ""}, // never asked for
			},
		},
	}
}

func moving() []scenario {
	shared := []Assignment{at(0, "a/r/z/o/m", "x", "y"), at(1, "a/r/z/o/m", "x")}
	return []scenario{
		{
			name: "moves are shared", stages: []Stage{{}, {}}, places: shared, end: Running,
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1"},
				{"moved move:0.1.0 cost=3", "allocate:1.1.0"},
				{"moved move:0.1.0 cost=3", ""},
				{"moved move:0.1.1", "allocate:0.1.0"},
			},
		},
		{
			name: "a move that fails for good blocks the place for all who wait", rules: Rules{BackoffBase: 1, BackoffCap: 1, Tries: 2},
			stages: []Stage{{}, {}}, places: shared, end: Running,
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1"},
				{"failed move:0.1.0 fault=transient", ""},
				{"+1ns", "move:0.1.0"},
				{"failed move:0.1.0 fault=transient", "replan:0 block=a/r/z//"},
				{"failed move:0.1.1 fault=transient", ""}, // nobody waits for it any more
				{"replanned 0 0=b/r/z/o/m 1=b/r/z/o/m", "allocate:0.2.0 allocate:1.2.0"},
			},
		},
		{
			name: "what waits for another try when its attempt is given up is forgotten", stages: []Stage{{}}, end: Running,
			places: []Assignment{at(0, "a/r/z/o/m", "x$1", "y$1")},
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1"},
				{"failed move:0.1.0 fault=throttled after=1h", ""},
				{"failed move:0.1.1 fault=auth", "replan:0 block=a////"},
				{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"+2h", ""},
			},
		},
		{
			name: "no rights on a cloud blocks it at once", stages: []Stage{{}}, places: shared[:1], end: Running,
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1"},
				{"failed move:0.1.0 fault=auth", "replan:0 block=a////"},
			},
		},
		{
			name: "a source that is not there fails the run", stages: []Stage{{}, {}}, places: shared, end: RunFailed, reason: ReasonMove,
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1"},
				{"failed move:0.1.0 fault=not_found", "stop:0.1.0"},
				{"moved move:0.1.1 cost=1", ""},
			},
		},
		{
			name:   "a move nobody waits for is stopped at the end",
			stages: []Stage{{}, {}}, places: []Assignment{at(0, "a/r/z/o/m", "x", "y"), at(1, "b/r/z/o/m")}, end: Succeeded,
			lines: []line{
				{"plan", "move:0.1.0 move:0.1.1 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:1.1.0", ""},
				{"failed move:0.1.0 fault=auth", "replan:0 pin=1@b block=a////"},
				{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0", "release:0.2.0 stop:0.1.0"},
				{"released release:0.2.0", ""},
				{"failed move:0.1.1 fault=transient", ""},
			},
		},
	}
}

func tasks() []scenario {
	two := at(0, "a/r/z/o/m")
	two.Tasks = 2
	return []scenario{
		{
			name: "tasks run one after another", stages: []Stage{{}}, places: []Assignment{two}, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "run:0.1.1"},
				{"exited run:0.1.0 exit=1", ""},
				{"exited run:0.1.1", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
		},
		{
			name: "lost machines are proven gone before the next attempt", rules: retryAtOnce(), stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"lost run:0.1.0 fault=transient", "release:0.1.0"},
				{"+1m", ""},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0 exit=1 fault=preempted scope=market", "release:0.2.0"},
				{"released release:0.2.0", "replan:0 block=a/r///m"},
				{"replanned 0 0=a/r/z/o/ondemand", "allocate:0.3.0"},
			},
		},
		{
			name: "lost too often", rules: Rules{Tries: 1}, stages: []Stage{{}}, end: RunFailed, reason: ReasonLost,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"lost run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+1m", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"lost run:0.2.0", "release:0.2.0"},
				{"released release:0.2.0", ""},
			},
		},
		{
			name: "too long: stopped, then failed whatever the exit", stages: []Stage{{Timeout: time.Minute}}, end: RunFailed, reason: ReasonTimeout,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"+1m", "stop:0.1.0"},
				{"exited run:0.1.0 exit=0", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
		},
		{
			name: "no progress is a fact, not a command", stages: []Stage{{Stall: time.Minute}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"+1m", ""},
				{"+1h", ""},
			},
		},
		{
			name: "a start that fails in passing is repeated under its id", rules: retryAtOnce(), stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"failed run:0.1.0 fault=transient", ""},
				{"+1ns", "run:0.1.0"},
				{"failed run:0.1.0 fault=throttled", ""},
				{"+1ns", "run:0.1.0"},
				{"failed run:0.1.0 fault=transient", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
			},
		},
		{
			name: "a place that cannot run it is left, and released", stages: []Stage{{}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"refused run:0.1.0 fault=unsupported", "release:0.1.0 replan:0 block=a/r/z/o/"},
				{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"},
			},
		},
		{
			name: "a task that is invalid fails the run", stages: []Stage{{}}, end: RunFailed, reason: ReasonInvalid,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"refused run:0.1.0 fault=invalid", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
		},
		{
			name: "out of time between two tries to start", rules: Rules{BackoffBase: time.Hour, BackoffCap: time.Hour},
			stages: []Stage{{Timeout: time.Second}}, end: RunFailed, reason: ReasonTimeout,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"failed run:0.1.0 fault=transient", ""},
				{"+1s", "release:0.1.0"},
				{"released release:0.1.0", ""},
			},
		},
	}
}

func services() []scenario {
	pair := []Stage{{Serves: true, Retries: 1}, {Needs: needs(UntilReady, 0)}}
	return []scenario{
		{
			name: "a service is stopped when its users are done", stages: pair, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0 data=port", "allocate:1.1.0"},
				{"ready run:0.1.0", ""},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				{"exited run:0.1.0 exit=143", "release:0.1.0"},
				{"released release:0.1.0 & released release:1.1.0", ""},
			},
		},
		{
			name: "a service that ends too early has failed", rules: retryAtOnce(), stages: pair, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=0", "release:0.1.0"},
				{"+1ns", "allocate:0.2.0"},
			},
		},
		{
			name: "readiness that is lost again holds back those not begun", rules: retryAtOnce(),
			stages: []Stage{{Serves: true}, {}, {Needs: append(needs(UntilReady, 0), needs(UntilExited, 1)...)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0 & allocated allocate:1.1.0", "run:0.1.0 run:1.1.0"},
				{"ready run:0.1.0", ""},
				{"lost run:0.1.0", "release:0.1.0"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"ready run:0.2.0", "allocate:2.1.0"},
			},
		},
		{
			name: "a service on its way back that nobody needs is given up", rules: retryAtOnce(), stages: pair, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"lost run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+1ns", "allocate:0.2.0"},
				{"exited run:1.1.0", "release:0.2.0 release:1.1.0"},
				{"released release:0.2.0 & released release:1.1.0", ""},
			},
		},
		{
			name: "a service with outputs seals them at its end", stages: []Stage{{Serves: true, Seals: true}, {Needs: needs(UntilReady, 0)}}, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"ready run:0.1.0", "allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"exited run:1.1.0", "stop:0.1.0 release:1.1.0"},
				{"failed run:0.1.0 fault=transient", "seal:0.1.0"},
				{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
				{"published publish:0.1.0", ""},
				{"released release:0.1.0 & released release:1.1.0", ""},
			},
		},
	}
}

func sealing() []scenario {
	one := []Stage{{Seals: true, Retries: 1}}
	start := []line{
		{"plan", "allocate:0.1.0"},
		{"allocated allocate:0.1.0", "run:0.1.0"},
		{"exited run:0.1.0", "seal:0.1.0"},
	}
	then := func(lines ...line) []line { return append(start[:3:3], lines...) }
	return []scenario{
		{
			name: "a seal that fails in passing is repeated, then the attempt has failed", rules: Rules{BackoffBase: 1, BackoffCap: 1, Tries: 2},
			stages: one, end: Running,
			lines: then(
				line{"failed seal:0.1.0 fault=transient", ""},
				line{"+1ns", "seal:0.1.1"},
				line{"sealed seal:0.1.0", ""}, // answered before
				line{"failed seal:0.1.1 fault=transient", "release:0.1.0"},
				line{"+1ns", "allocate:0.2.0"},
				line{"sealed seal:0.1.1", ""}, // given up
			),
		},
		{
			name: "a missing output fails the attempt at once", rules: retryAtOnce(), stages: []Stage{{Seals: true}}, end: RunFailed, reason: ReasonSeal,
			lines: then(
				line{"failed seal:0.1.0 fault=not_found", "release:0.1.0"},
				line{"released release:0.1.0", ""},
			),
		},
		{
			name: "a publish that meets another commit fails the run", stages: one, end: RunFailed, reason: ReasonPublish,
			lines: then(
				line{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
				line{"failed publish:0.1.0 fault=conflict", ""},
				line{"released release:0.1.0", ""},
			),
		},
		{
			name: "a publish is repeated", rules: retryAtOnce(), stages: one, end: Succeeded,
			lines: then(
				line{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
				line{"released release:0.1.0", ""},
				line{"failed publish:0.1.0 fault=transient", ""},
				line{"+1ns", "publish:0.1.1"},
				line{"published publish:0.1.1", ""},
			),
		},
		{
			name: "a publish under way when the run is cancelled is waited for", stages: one, end: Cancelled, reason: ReasonCancel,
			lines: then(
				line{"sealed seal:0.1.0", "publish:0.1.0 release:0.1.0"},
				line{"cancel", "stop:0.1.0"},
				line{"released release:0.1.0", ""},
				line{"published publish:0.1.0", ""},
			),
		},
	}
}

func releasing() []scenario {
	two := Rules{BackoffBase: 1, BackoffCap: 1, Tries: 2}
	return []scenario{
		{
			name: "what cannot be released fails the run at its end", rules: two, stages: []Stage{{}}, end: RunFailed, reason: ReasonAlive,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"failed release:0.1.0 fault=transient", ""},
				{"+1ns", "release:0.1.1"},
				{"failed release:0.1.1 fault=transient", ""},
				{"+1ns", "release:0.1.2"}, // nothing else is left: once more from the start
				{"failed release:0.1.2 fault=transient", ""},
				{"+1ns", "release:0.1.3"},
				{"failed release:0.1.3 fault=transient", ""},
			},
		},
		{
			name: "while work goes on a release is tried on and on", rules: two, stages: []Stage{{}, {}}, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0 & allocated allocate:1.1.0", "run:0.1.0 run:1.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"failed release:0.1.0 fault=auth", ""},
				{"+1ns", "release:0.1.1"},
				{"failed release:0.1.1 fault=transient", ""},
				{"+1ns", "release:0.1.2"},
				{"released release:0.1.2 cost=9", ""},
				{"exited run:1.1.0", "release:1.1.0"},
				{"failed release:1.1.0 fault=not_found", ""}, // proven absent
			},
		},
		{
			name: "a stage that must be released first cannot go on", rules: two, stages: []Stage{{}}, end: RunFailed, reason: ReasonAlive,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"lost run:0.1.0", "release:0.1.0"},
				{"failed release:0.1.0 fault=transient", ""},
				{"+1ns", "release:0.1.1"},
				{"failed release:0.1.1 fault=transient", ""},
				{"+1ns", "release:0.1.2"},
				{"failed release:0.1.2 fault=auth", ""},
			},
		},
		{
			name: "cancelled, but something stays alive", rules: two, stages: []Stage{{}}, end: RunFailed, reason: ReasonAlive,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"cancel", "release:0.1.0"},
				{"cancel", ""},
				{"failed release:0.1.0 fault=auth", ""},
				{"+1ns", "release:0.1.1"},
				{"failed release:0.1.1 fault=auth", ""},
			},
		},
		{
			name: "cancelled before the plan", end: Cancelled, reason: ReasonCancel,
			lines: []line{{"resume 2", ""}, {"cancel", ""}, {"plan", ""}},
		},
		{
			name: "too late to cancel", stages: []Stage{{}}, end: Succeeded,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"cancel", ""},
				{"released release:0.1.0", ""},
			},
		},
	}
}

func planning() []scenario {
	return []scenario{
		{
			name: "refusals within the quiet period share a plan", rules: Rules{Quiet: time.Second}, stages: []Stage{{}, {}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0 allocate:2.1.0"},
				{"refused allocate:1.1.0 fault=capacity", ""},
				{"refused allocate:0.1.0 fault=quota", ""},
				{"+1s", "replan:0 pin=2@a block=a/r/z/o/"},
				{"replanned 0 0=b/r/z/o/m 1=b/r/z/o/m 2=b/r/z/o/m", "allocate:0.2.0 allocate:1.2.0"},
			},
		},
		{
			name: "one plan at a time; what was refused meanwhile asks for another", stages: []Stage{{}, {}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@a block=a/r/z//"},
				{"refused allocate:1.1.0 fault=capacity scope=cloud", ""},
				{"replanned 0 0=a/r/y/o/m", "replan:1 block=a/r/z// block=a////"},
				{"replanned 1 0=b/r/z/o/m 1=b/r/z/o/m", "allocate:0.2.0 allocate:1.2.0"},
			},
		},
		{
			name: "while a plan is made, nothing begins that it may place", stages: []Stage{{}, {}, {Needs: needs(UntilExited, 1)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@a block=a/r/z//"},
				{"exited run:1.1.0", "release:1.1.0"},
				{"replanned 0 0=b/r/z/o/m 2=c/r/z/o/m", "allocate:0.2.0 allocate:2.1.0"},
			},
		},
		{
			name: "a stage whose place is blocked asks before it begins", stages: []Stage{{}, {}, {Needs: needs(UntilExited, 1)}}, end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:1.1.0", "run:1.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 pin=1@a block=a/r/z//"},
				{"replanned 0 0=b/r/z/o/m", "allocate:0.2.0"}, // silent about stage 2
				{"exited run:1.1.0", "release:1.1.0 replan:1 pin=0@b pin=1@a block=a/r/z//"},
			},
		},
		{
			name: "a plan that ignores a block ends the run", stages: []Stage{{}}, end: RunFailed, reason: ReasonUnplannable,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=zone", "replan:0 block=a/r/z//"},
				{"replanned 0 0=a/r/z/p/m", ""},
			},
		},
		{
			name: "a plan that makes no sense ends the run", stages: []Stage{{}}, end: RunFailed, reason: ReasonInvalid,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity", "replan:0 block=a/r/z/o/"},
				{"replanned 0 5=a/r/z/p/m", ""},
			},
		},
	}
}

func admission() []scenario {
	return []scenario{
		{
			name: "at most so many at once, in stage order", rules: Rules{MaxInFlight: 1}, stages: []Stage{{}, {}, {}}, end: Running,
			places: []Assignment{at(0, "a/r/z/o/m"), at(1, "b/r/z/o/m"), at(2, "a/r/z/o/m")},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0 allocate:2.1.0"},
				{"allocated allocate:2.1.0", "run:2.1.0"},
			},
		},
		{
			name: "commands in the queue are dropped by a cancel, releases are not", rules: Rules{MaxInFlight: 1}, stages: []Stage{{}, {}, {}},
			end: Cancelled, reason: ReasonCancel,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0 allocate:1.1.0"},
				{"cancel", "stop:0.1.0 release:0.1.0"},
				{"released release:0.1.0", "release:1.1.0"},
				{"released release:1.1.0", ""},
			},
		},
		{
			name: "a retry waits for the money its release gives back", rules: Rules{Budget: 12, BackoffBase: 1, BackoffCap: 1}, stages: []Stage{{Retries: 1}},
			end: Running,
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0 exit=1", "release:0.1.0"},
				{"+1ns", ""},
				{"released release:0.1.0 cost=2", "allocate:0.2.0"},
			},
		},
		{
			name: "moves are part of what is reserved", rules: Rules{Budget: 10}, stages: []Stage{{}}, end: Succeeded,
			places: []Assignment{at(0, "a/r/z/o/m", "x")},
			lines: []line{
				{"plan", "move:0.1.0"},
				{"moved move:0.1.0 cost=4", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"exited run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0 cost=6", ""},
			},
		},
		{
			name: "over the budget from the start", rules: Rules{Budget: 15}, stages: []Stage{{}, {}}, end: RunFailed, reason: ReasonBudget,
			lines: []line{{"plan", ""}},
		},
	}
}
