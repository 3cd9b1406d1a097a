package optimize

import (
	"fmt"
	"strings"
)

// instance reads the whole object.
func (f *fileReader) instance() {
	in := &f.in
	fields := []field{
		{"name", true, func(at *spot) { in.Name = f.text(at) }},
		{"kind", false, func(at *spot) { in.Kind = f.text(at) }},
		{"regions", true, func(at *spot) { f.array(at, maxFileRegions, f.region) }},
		{"egress_microusd_per_gb", true, func(at *spot) { in.Egress = f.table(at, -1) }},
		{"transfer_ms_per_gb", true, func(at *spot) { in.Transfer = f.table(at, 0) }},
		{"stages", true, func(at *spot) { f.array(at, maxFileItems, f.stage) }},
		{"edges", true, func(at *spot) { f.array(at, maxFileItems, f.edge) }},
		{"deadline_ms", false, func(at *spot) { in.Deadline = f.whole(at, 1, maxTotal) }},
		{"budget_microusd", false, func(at *spot) { in.Budget = f.whole(at, 1, maxTotal) }},
		{"quota", false, func(at *spot) { f.array(at, maxFileItems, f.quota) }},
		{"egress_sharing", false, func(at *spot) { in.Sharing = f.flag(at) }},
	}
	f.object(nil, append(fields, f.answers()...))
}

// answers are the keys of what is already known. Nothing but their form is checked: they are claims, not rules.
func (f *fileReader) answers() []field {
	a := &Answers{}
	known := func(read func(at *spot)) func(at *spot) {
		return func(at *spot) {
			f.in.Answers = a
			read(at)
		}
	}
	return []field{
		{"feasible", false, known(func(at *spot) { a.Feasible = f.flag(at) })},
		{"optimum", false, known(func(at *spot) { a.Optimum = f.whole(at, 0, maxTotal) })},
		{"unit", false, known(func(at *spot) { a.Unit = f.text(at) })},
		{"one_optimal_plan", false, known(func(at *spot) {
			f.array(at, maxFileItems, func(_ int, at *spot) { a.Plan = append(a.Plan, int(f.whole(at, 0, maxFileItems))) })
		})},
		{"optimal_plan_count", false, known(func(at *spot) { a.Plans = f.whole(at, 0, maxTotal) })},
		{"best_5_plan_objectives", false, known(func(at *spot) {
			f.array(at, maxFileItems, func(_ int, at *spot) { a.Best = append(a.Best, f.whole(at, 0, maxTotal)) })
		})},
		{"pareto_cost_time", false, known(func(at *spot) { a.Pareto = f.table(at, 0) })},
		{"verified_by", false, known(func(at *spot) {
			f.array(at, maxFileItems, func(_ int, at *spot) { a.VerifiedBy = append(a.VerifiedBy, f.text(at)) })
		})},
	}
}

func (f *fileReader) region(_ int, at *spot) {
	var r InstanceRegion
	f.object(at, []field{
		{"id", true, func(at *spot) { r.ID = f.text(at) }},
		{"cloud", true, func(at *spot) { r.Cloud = f.text(at) }},
		{"country", true, func(at *spot) { r.Country = f.text(at) }},
	})
	f.in.Regions = append(f.in.Regions, r)
}

func (f *fileReader) table(at *spot, least int64) [][]int64 {
	var table [][]int64
	f.array(at, maxFileItems, func(_ int, at *spot) {
		row := make([]int64, 0, len(f.in.Regions))
		f.array(at, maxFileRegions, func(_ int, at *spot) { row = append(row, f.whole(at, least, maxTotal)) })
		table = append(table, row)
	})
	return table
}

// countries is never nil: an empty list is not the same as none.
func (f *fileReader) countries(at *spot) []string {
	list := []string{}
	f.array(at, maxFileItems, func(_ int, at *spot) { list = append(list, f.text(at)) })
	return list
}

func (f *fileReader) stage(_ int, at *spot) {
	var s InstanceStage
	f.object(at, []field{
		{"name", true, func(at *spot) { s.Name = f.text(at) }},
		{"options", true, func(at *spot) {
			f.array(at, maxFileItems, func(_ int, at *spot) { s.Options = append(s.Options, f.option(at)) })
		}},
		{"allowed_countries", false, func(at *spot) { s.Allowed = f.countries(at) }},
	})
	f.in.Stages = append(f.in.Stages, s)
}

func (f *fileReader) option(at *spot) InstanceOption {
	var o InstanceOption
	f.object(at, []field{
		{"region", true, func(at *spot) { o.Region = f.ref(at) }},
		{"time_ms", true, func(at *spot) { o.Time = f.whole(at, 0, maxTotal) }},
		{"cost_microusd", true, func(at *spot) { o.Cost = f.whole(at, 0, maxTotal) }},
		{"quota_units", false, func(at *spot) { o.Units = f.whole(at, 0, maxTotal) }},
	})
	return o
}

func (f *fileReader) edge(_ int, at *spot) {
	var e InstanceEdge
	f.object(at, []field{
		{"from", true, func(at *spot) { e.From = f.ref(at) }},
		{"to", true, func(at *spot) { e.To = f.ref(at) }},
		{"milli_gb", true, func(at *spot) { e.MilliGB = f.whole(at, 0, maxMilliGB) }},
	})
	f.in.Edges = append(f.in.Edges, e)
}

func (f *fileReader) quota(_ int, at *spot) {
	var q InstanceQuota
	f.object(at, []field{
		{"region", true, func(at *spot) { q.Region = f.ref(at) }},
		{"max_units", true, func(at *spot) { q.Max = f.whole(at, 0, maxTotal) }},
	})
	f.in.Quota = append(f.in.Quota, q)
}

// resolve puts indices where the file has names. Of several regions of one id, or stages of one name, none can be named.
func (f *fileReader) resolve() {
	if len(f.names) == 0 {
		return
	}
	in := &f.in
	regions, stages := map[string]int{}, map[string]int{}
	for i, r := range in.Regions {
		claim(regions, r.ID, i)
	}
	for i, s := range in.Stages {
		claim(stages, s.Name, i)
	}
	for s := range in.Stages {
		for o := range in.Stages[s].Options {
			f.look(&in.Stages[s].Options[o].Region, regions, "region", "stages[%d].options[%d].region", s, o)
		}
	}
	for e := range in.Edges {
		f.look(&in.Edges[e].From, stages, "stage", "edges[%d].from", e)
		f.look(&in.Edges[e].To, stages, "stage", "edges[%d].to", e)
	}
	for q := range in.Quota {
		f.look(&in.Quota[q].Region, regions, "region", "quota[%d].region", q)
	}
}

// claim gives a name to an index, or, when it is taken, to none.
func claim(names map[string]int, name string, i int) {
	if _, taken := names[name]; taken {
		i = ambiguous
	}
	names[name] = i
}

const ambiguous = -1

func (f *fileReader) look(ref *int, names map[string]int, what, path string, at ...any) {
	if *ref >= 0 {
		return
	}
	name := f.names[-1-*ref]
	i, ok := names[name]
	*ref = max(0, i)
	switch {
	case !ok:
		f.faultf(nil, "%s: no %s %.40q", fmt.Sprintf(path, at...), what, name)
	case i == ambiguous:
		f.faultf(nil, "%s: several %ss are called %.40q: use the index", fmt.Sprintf(path, at...), what, name)
	}
}

// checkRest adds what else is wrong with an instance that has faults of form, so that one reading tells all. It leaves
// out what may only follow from a fault already named: of the same object, or of lists that others count on.
func (f *fileReader) checkRest() {
	if f.halted {
		return
	}
	named := map[string]bool{}
	for _, fault := range f.faults {
		path, _, _ := strings.Cut(fault, ": ")
		if path == "regions" || path == "stages" {
			return
		}
		named[parent(path)] = true
	}
	c := instanceChecker{in: &f.in}
	c.check()
	for _, fault := range c.faults {
		path, _, _ := strings.Cut(fault, ": ")
		if !named[parent(path)] {
			f.faultf(nil, "%s", fault)
		}
	}
}

// parent is the path of the object a key is in; a key of the document stands for itself.
func parent(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return path
}
