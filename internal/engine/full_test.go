package engine

import "time"

// full are runs that find no place for a while, and one that finds no money.
func full() []scenario {
	rules := Rules{BackoffBase: time.Nanosecond, BackoffCap: time.Nanosecond, Block: time.Minute}
	return []scenario{
		{
			name: "a full place is waited for", rules: rules, stages: []Stage{{}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=cloud", "replan:0 block=a////"},
				{"unplannable 0 capacity", ""},
				{"+59s", ""},
				{"+1s", "replan:1"},
				{"replanned 1 0=a/r/z/o/m", "allocate:0.2.0"},
				{"allocated allocate:0.2.0", "run:0.2.0"},
				{"exited run:0.2.0", "release:0.2.0"},
				{"released release:0.2.0", ""},
			},
			end: Succeeded,
		},
		{
			name: "what is given back may be had again", rules: rules, stages: []Stage{{}, {}},
			lines: []line{
				{"plan", "allocate:0.1.0 allocate:1.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"refused allocate:1.1.0 fault=capacity scope=cloud", "replan:0 pin=0@a block=a////"},
				{"unplannable 0 capacity", ""},
				{"exited run:0.1.0", "release:0.1.0"},
				{"released release:0.1.0", ""},
				{"+0s", "replan:1 pin=0@a"},
				{"replanned 1 1=a/r/z/o/m", "allocate:1.2.0"},
				{"allocated allocate:1.2.0", "run:1.2.0"},
				{"exited run:1.2.0", "release:1.2.0"},
				{"released release:1.2.0", ""},
			},
			end: Succeeded,
		},
		{
			name: "no place would ever do", rules: rules, stages: []Stage{{}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"refused allocate:0.1.0 fault=capacity scope=cloud", "replan:0 block=a////"},
				{"unplannable 0 invalid", ""},
			},
			end: RunFailed, reason: ReasonUnplannable,
		},
		{
			name: "the budget is used up by what runs", rules: rules, stages: []Stage{{}},
			lines: []line{
				{"plan", "allocate:0.1.0"},
				{"allocated allocate:0.1.0", "run:0.1.0"},
				{"overspent", "stop:0.1.0 release:0.1.0"},
				{"released release:0.1.0 cost=100", ""},
			},
			end: RunFailed, reason: ReasonBudget,
		},
	}
}
