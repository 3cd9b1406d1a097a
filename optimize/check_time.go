package optimize

// makespan is the least makespan of any plan if no two edges meet in one variable; else less, since what lies behind two
// edges may then be placed in two ways at once.
func (x *bounder) makespan() int64 {
	p := x.p
	x.exact = x.exact && len(p.Groups) == 0
	outs, waits := make([][]int, len(p.Vars)), make([]int, len(p.Vars)) // waits: for the ends behind
	ins := make([]int, len(p.Vars))
	for i, e := range p.Edges {
		outs[e.From] = append(outs[e.From], i)
		waits[e.From]++
		ins[e.To]++
		x.exact = x.exact && ins[e.To] == 1
	}
	into := make([][]int, len(p.Vars))
	var ready []int
	for v := range p.Vars {
		if waits[v] == 0 {
			ready = append(ready, v)
		}
	}
	for i, e := range p.Edges {
		into[e.To] = append(into[e.To], i)
	}
	after := make([]map[int]int64, len(p.Vars)) // by class: from its start to the end of all behind it
	var most int64
	for i := 0; i < len(ready); i++ {
		v := ready[i]
		after[v] = x.after(v, outs[v], after)
		most = max(most, soonest(after[v]))
		for _, e := range into[v] {
			from := p.Edges[e].From
			if waits[from]--; waits[from] == 0 {
				ready = append(ready, from)
			}
		}
	}
	return most
}

// after is the least time from the start of v to the end of all behind it, by its class.
func (x *bounder) after(v int, outs []int, after []map[int]int64) map[int]int64 {
	tail := map[int]int64{}
	best := map[int]int64{}
	for _, o := range x.p.Vars[v].Options {
		t, known := tail[o.Class]
		if !known {
			for _, i := range outs {
				t = max(t, x.behind(x.p.Edges[i], o.Class, after))
			}
			tail[o.Class] = t
		}
		if old, seen := best[o.Class]; !seen || o.Time+t < old {
			best[o.Class] = min(forbidden, o.Time+t)
		}
	}
	return best
}

// behind is the least time from the end of an edge's producer in class a to the end of all behind it.
func (x *bounder) behind(e Edge, a int, after []map[int]int64) int64 {
	least := forbidden
	for b, t := range after[e.To] { // in any order the outcome is the same
		if e.Tariff >= 0 {
			table, cell := x.p.Tariffs[e.Tariff], a*x.p.Classes+b
			if entry64(table.Money, cell) < 0 {
				continue
			}
			t += half(e.KB, entry64(table.Time, cell)) + entry64(table.Fixed, cell)
		}
		least = min(least, t)
	}
	return least
}

func soonest(list map[int]int64) int64 {
	least := forbidden
	for _, t := range list {
		least = min(least, t)
	}
	return least
}
