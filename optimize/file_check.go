package optimize

import "fmt"

// maxMilliGB keeps the size of an edge, in kB, within what a Problem takes.
const maxMilliGB = maxTotal / 1000

// instanceChecker finds what is wrong with an instance, be it read or made by hand.
type instanceChecker struct {
	in     *Instance
	faults []string
}

func (c *instanceChecker) faultf(format string, args ...any) {
	switch {
	case len(c.faults) < maxFileFaults:
		c.faults = append(c.faults, fmt.Sprintf(format, args...))
	case len(c.faults) == maxFileFaults:
		c.faults = append(c.faults, "and more")
	}
}

func (c *instanceChecker) check() {
	c.kind()
	c.table("egress_microusd_per_gb", c.in.Egress)
	c.table("transfer_ms_per_gb", c.in.Transfer)
	c.stages()
	c.edges()
	c.quota()
}

func (c *instanceChecker) kind() {
	in := c.in
	switch in.Kind {
	case "", "cost", "residency", "quota", "share", "makespan":
	case "deadline":
		if in.Deadline == 0 {
			c.faultf("deadline_ms: missing, kind is deadline")
		}
	case "budget":
		if in.Budget == 0 {
			c.faultf("budget_microusd: missing, kind is budget")
		}
	default:
		c.faultf("kind: no kind %.40q: use cost, residency, quota, share, deadline, budget or makespan", in.Kind)
	}
	if len(in.Regions) > maxFileRegions {
		c.faultf("regions: %d, at most %d", len(in.Regions), maxFileRegions)
	}
}

func (c *instanceChecker) table(key string, rows [][]int64) {
	n := len(c.in.Regions)
	if len(rows) != n {
		c.faultf("%s: %d rows for %d regions", key, len(rows), n)
	}
	for i, row := range rows {
		if len(row) != n {
			c.faultf("%s[%d]: %d entries for %d regions", key, i, len(row), n)
		}
	}
}

func (c *instanceChecker) stages() {
	for s, stage := range c.in.Stages {
		for o, opt := range stage.Options {
			if !c.isRegion(opt.Region) {
				c.faultf("stages[%d].options[%d].region: %d of %d regions", s, o, opt.Region, len(c.in.Regions))
			}
			if opt.Units < 0 {
				c.faultf("stages[%d].options[%d].quota_units: %d is negative", s, o, opt.Units)
			}
		}
		if stage.Allowed != nil && len(stage.Allowed) == 0 {
			c.faultf("stages[%d].allowed_countries: empty: leave the key out to allow all", s)
		}
	}
}

func (c *instanceChecker) isRegion(r int) bool { return r >= 0 && r < len(c.in.Regions) }

func (c *instanceChecker) edges() {
	n := len(c.in.Stages)
	first := map[int]int{}
	for i, e := range c.in.Edges {
		for _, end := range []struct {
			key   string
			stage int
		}{{"from", e.From}, {"to", e.To}} {
			if end.stage < 0 || end.stage >= n {
				c.faultf("edges[%d].%s: %d of %d stages", i, end.key, end.stage, n)
			}
		}
		if e.From == e.To {
			c.faultf("edges[%d].to: a stage does not wait for itself", i)
		}
		if e.MilliGB < 0 || e.MilliGB > maxMilliGB {
			c.faultf("edges[%d].milli_gb: %d is not in 0..%d", i, e.MilliGB, maxMilliGB)
		}
		j, seen := first[e.From]
		if !seen {
			first[e.From] = i
		} else if other := c.in.Edges[j]; c.in.Sharing && other.MilliGB != e.MilliGB {
			c.faultf("edges[%d].milli_gb: %d, but edges[%d] carries %d of the same shared output", i, e.MilliGB, j, other.MilliGB)
		}
	}
}

func (c *instanceChecker) quota() {
	first := map[int]int{}
	for i, q := range c.in.Quota {
		if !c.isRegion(q.Region) {
			c.faultf("quota[%d].region: %d of %d regions", i, q.Region, len(c.in.Regions))
		}
		if j, seen := first[q.Region]; seen {
			c.faultf("quota[%d].region: %d has a quota already, quota[%d]", i, q.Region, j)
		}
		first[q.Region] = i
	}
}

// compile makes the problem of a sound instance. A region is a class; the units are thousandths of GB there and kB here.
func (in *Instance) compile() *Problem {
	n := len(in.Regions)
	t := Tariff{Money: make([]int64, 0, n*n), Time: make([]int64, 0, n*n)}
	for r := range n {
		t.Money = append(t.Money, in.Egress[r]...)
		t.Time = append(t.Time, in.Transfer[r]...)
	}
	p := &Problem{Classes: n, Tariffs: []Tariff{t}, Deadline: in.Deadline, Budget: in.Budget}
	if in.Kind == "budget" || in.Kind == "makespan" {
		p.Objective.Aim = Time
	}
	for s, stage := range in.Stages {
		v := Var{Name: stage.Name}
		for _, o := range in.kept(s) {
			opt := stage.Options[o]
			v.Options = append(v.Options, Option{Class: opt.Region, Money: opt.Cost, Time: opt.Time})
		}
		p.Vars = append(p.Vars, v)
	}
	for _, e := range in.Edges {
		edge := Edge{From: e.From, To: e.To, KB: e.MilliGB * 1000}
		if in.Sharing {
			edge.Artifact = 1
		}
		p.Edges = append(p.Edges, edge)
	}
	for _, q := range in.Quota {
		p.Limits = append(p.Limits, in.capacity(q))
	}
	return p
}

// capacity is a quota over the options that are kept.
func (in *Instance) capacity(q InstanceQuota) Capacity {
	c := Capacity{Name: "quota of " + in.Regions[q.Region].ID, Max: q.Max}
	for s, stage := range in.Stages {
		for at, o := range in.kept(s) {
			if opt := stage.Options[o]; opt.Region == q.Region && opt.Units > 0 {
				c.Uses = append(c.Uses, Use{Var: s, Option: at, Amount: opt.Units})
			}
		}
	}
	return c
}
