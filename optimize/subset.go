package optimize

import "slices"

// subset is a problem with some of its options only.
type subset struct {
	*Problem
	keep [][]int // by variable: index in the whole problem of each option, ascending
}

// everything is the subset that leaves nothing out.
func everything(p *Problem) [][]int {
	keep := make([][]int, len(p.Vars))
	for v := range p.Vars {
		keep[v] = make([]int, len(p.Vars[v].Options))
		for o := range keep[v] {
			keep[v][o] = o
		}
	}
	return keep
}

// narrowed is keep with one variable confined to the options that ok allows.
func narrowed(keep [][]int, v int, ok func(o int) bool) [][]int {
	out := slices.Clone(keep)
	out[v] = nil
	for _, o := range keep[v] {
		if ok(o) {
			out[v] = append(out[v], o)
		}
	}
	return out
}

// restrict leaves out all options but those in keep.
func restrict(p *Problem, keep [][]int) subset {
	q := *p
	q.Vars = slices.Clone(p.Vars)
	at := make([][]int, len(p.Vars)) // new index plus one
	for v, list := range keep {
		whole := p.Vars[v]
		at[v] = make([]int, len(whole.Options))
		q.Vars[v].Options, q.Vars[v].marks = make([]Option, len(list)), nil
		for i, o := range list {
			q.Vars[v].Options[i] = whole.Options[o]
			at[v][o] = i + 1
			if whole.marks != nil {
				q.Vars[v].marks = append(q.Vars[v].marks, whole.marks[o])
			}
		}
	}
	q.Limits = slices.Clone(p.Limits)
	for k, l := range p.Limits {
		q.Limits[k].Uses = nil
		for _, u := range l.Uses {
			if i := at[u.Var][u.Option]; i > 0 {
				q.Limits[k].Uses = append(q.Limits[k].Uses, Use{u.Var, i - 1, u.Amount})
			}
		}
	}
	return subset{&q, keep}
}

// lift gives a choice in the subset as one in the whole problem.
func (s subset) lift(choice []int) []int {
	out := make([]int, len(s.keep))
	for v := range out {
		out[v] = s.keep[v][choice[v]]
	}
	return out
}

// empty says that some variable has no option left.
func empty(keep [][]int) bool {
	return slices.ContainsFunc(keep, func(list []int) bool { return len(list) == 0 })
}

// withMarks is p with options marked by what they use of limits, so that only options with the same use are set aside for one
// another even where limits are out of sight.
func withMarks(p *Problem) *Problem {
	if len(p.Limits) == 0 {
		return p
	}
	q := *p
	q.Vars = slices.Clone(p.Vars)
	use := amounts(p)
	for v := range q.Vars {
		if q.Vars[v].marks != nil {
			continue
		}
		marks := make([]int32, len(q.Vars[v].Options))
		for k := range use {
			if use[k][v] != nil {
				refine(marks, use[k][v])
			}
		}
		q.Vars[v].marks = marks
	}
	return &q
}

// refine splits marks by another number: equal afterwards are those equal in both.
func refine(marks []int32, by []int64) {
	type key struct {
		mark int32
		by   int64
	}
	seen := map[key]int32{}
	for i := range marks {
		k := key{marks[i], by[i]}
		if _, ok := seen[k]; !ok {
			seen[k] = int32(len(seen))
		}
		marks[i] = seen[k]
	}
}
