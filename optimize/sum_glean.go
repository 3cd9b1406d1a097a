package optimize

import "slices"

const (
	// fewValues is how many values per variable gleaning keeps on the average.
	fewValues = 4
	// gleanWork is the least work it may take; otherwise that is a share of what was done so far.
	gleanWork, gleanShare = 1 << 20, 16
)

// glean looks for a better plan among the values that look best by the messages, those of the best plan included. What is left
// is small enough to be solved, or nearly so.
func (q *quest) glean() {
	s := q.s
	if s.until > 0 || s.many != nil || len(q.c.sets) > 0 {
		return
	}
	slack, most := q.slack()
	held := q.held()
	kept := make([][]int32, len(slack))
	for i := range kept {
		v := &q.c.vars[i]
		for x, more := range slack[i] {
			if more <= most || held != nil && held[v.id] == v.dom[x] {
				kept[i] = append(kept[i], int32(x))
			}
		}
	}
	s.until = s.steps + max(gleanWork, s.steps/gleanShare)
	branched, width := s.branched, s.width
	q.within(arm{c: q.c.part(kept)})
	s.until, s.branched, s.width = 0, branched, width // what is proved does not rest on this
}

// slack is by how much each value looks worse than the best of its variable, and which of these figures few are below.
func (q *quest) slack() (slack [][]int64, most int64) {
	sw := q.s.newSweep(q.c)
	var all []int64
	for i := range q.c.vars {
		belief, low := sw.believe(i)
		at := len(all)
		for _, b := range belief {
			all = append(all, b-low)
		}
		slack = append(slack, all[at:])
	}
	q.s.spend(4 * len(all))
	return slack, quick(slices.Clone(all), min(len(all)-1, fewValues*len(slack)))
}

// quick gives the entry that would be k-th of a sorted list; it shuffles the list.
func quick(list []int64, k int) int64 {
	for lo, hi := 0, len(list)-1; lo < hi; {
		pivot := list[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for list[j] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return list[k]
		}
	}
	return list[k]
}

// part is a core of its own with some of the values, by position.
func (c *core) part(kept [][]int32) *core {
	d := &core{vars: slices.Clone(c.vars), factors: slices.Clone(c.factors), base: c.base}
	for i := range d.vars {
		v := &d.vars[i]
		v.dom, v.own, v.in, v.out = some(v.dom, kept[i]), some(v.own, kept[i]), nil, nil
	}
	for i := range d.factors {
		f := &d.factors[i]
		from, to := kept[f.from], kept[f.to]
		f.ahead, f.back, f.extra, f.past, f.dense = some(f.ahead, to), some(f.back, from), some(f.extra, to), some(f.past, from), nil
	}
	d.link()
	return d
}

// some picks entries into a list of their own; nil stays nil.
func some[T any](list []T, at []int32) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(at))
	for i, x := range at {
		out[i] = list[x]
	}
	return out
}
