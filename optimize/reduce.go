package optimize

import (
	"cmp"
	"slices"
)

// needs says which criteria can force a plan to be dearer than the cheapest; the others only break ties.
type needs struct{ time, money, carbon bool }

func needsOf(p *Problem, pr pricer) needs {
	return needs{time: p.Deadline > 0 || pr.perHour > 0, money: p.Budget > 0, carbon: p.CarbonCap > 0}
}

// choice is an option as the search sees it.
type choice struct {
	cost
	time  int64
	index int32 // in Var.Options
	class int32 // local to the variable, see tnode.classes
}

// setAside applies the rule stated at Objective: in each class only options that no other beats or equals in money, time
// and carbon stay; options with different marks never stand in for one another. by maps each option to its dominator, or -1. The rest comes back sorted by class, then index.
func setAside(v Var, pr pricer) (kept []choice, by []int) {
	all := make([]choice, len(v.Options))
	by = make([]int, len(v.Options))
	for i, o := range v.Options {
		all[i] = choice{pr.cost(o.Money, o.Carbon), o.Time, int32(i), int32(o.Class)}
		by[i] = -1
	}
	// In this order an option can only be dominated by an earlier one.
	slices.SortFunc(all, func(a, b choice) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.money, b.money), cmp.Compare(a.time, b.time),
			cmp.Compare(a.carbon, b.carbon), cmp.Compare(a.index, b.index))
	})
	start := 0
	for _, o := range all {
		for start < len(kept) && kept[start].class != o.class {
			start = len(kept)
		}
		d := slices.IndexFunc(kept[start:], func(k choice) bool {
			return k.time <= o.time && k.carbon <= o.carbon && (v.marks == nil || v.marks[k.index] == v.marks[o.index])
		})
		if d < 0 {
			kept = append(kept, o)
		} else {
			by[o.index] = int(kept[start+d].index)
		}
	}
	return kept, by
}

// prune drops from what setAside left the options that cannot be in the best plan under this objective and these
// limits, whatever the rest of the plan: an exchange for the one that beats it keeps every rule and ranks first.
func prune(in []choice, n needs) []choice {
	var out []choice
	for i, by := range beaten(in, n) {
		if by < 0 {
			out = append(out, in[i])
		}
	}
	return out
}

// beaten gives for each of some choices, sorted by class, the position of an unbeaten one of its class that beats it, or -1.
func beaten(in []choice, n needs) []int {
	by := make([]int, len(in))
	for lo := 0; lo < len(in); {
		hi := lo
		for hi < len(in) && in[hi].class == in[lo].class {
			by[hi] = -1
			hi++
		}
		for i := lo; i < hi; i++ {
			for j := lo; j < hi && by[i] < 0; j++ {
				if i != j && in[j].beats(in[i], n) {
					by[i] = j
				}
			}
		}
		for i := lo; i < hi; i++ { // beating is transitive and has no circles
			for by[i] >= 0 && by[by[i]] >= 0 {
				by[i] = by[by[i]]
			}
		}
		lo = hi
	}
	return by
}

// beats is the exchange argument for single options; texpansion.beats is the same for partial plans.
func (a choice) beats(b choice, n needs) bool {
	if a.add > b.add || n.money && a.money > b.money || n.carbon && a.carbon > b.carbon || n.time && a.time > b.time {
		return false
	}
	if a.add != b.add {
		return true
	}
	if a.money != b.money {
		return a.money < b.money
	}
	if a.time > b.time {
		return false
	}
	if a.carbon != b.carbon {
		return a.carbon < b.carbon
	}
	return a.index < b.index
}
