package optimize

import (
	"cmp"
	"slices"
)

// offers are the options of one variable that can matter to a sum: per class the cheapest, in ascending order. Options
// of a class that cost the same in the objective and in money, and of which none is better in both time and carbon,
// follow one another; from the second on they can only matter to the ranking.
type offers []choice

// expander makes offers in one pass over the options, however many there are.
type expander struct {
	pr pricer
	// best, add and money are by class, for the variable being looked at; best -1: none.
	best       []int32
	add, money []int64
	touched    []int
	same       []int32 // as cheap as the best of their class when they were met
	steps      int
	last       []Option // stages of like needs share their options
	marks      []int32  // see Var.marks
	result     offers
}

func newExpander(p *Problem, pr pricer) *expander {
	x := &expander{pr: pr, best: make([]int32, p.Classes), add: make([]int64, p.Classes), money: make([]int64, p.Classes)}
	for c := range x.best {
		x.best[c] = -1
	}
	return x
}

// expand gives the offers of a variable.
func (x *expander) expand(options []Option, marks []int32) offers {
	if marks == nil && x.marks == nil && len(x.last) > 0 && len(x.last) == len(options) && &x.last[0] == &options[0] {
		return x.result
	}
	x.steps += len(options)
	x.touched, x.same = x.touched[:0], x.same[:0]
	switch x.pr.aim {
	case Cost:
		for i := range options {
			x.meet(int32(i), &options[i], options[i].Money)
		}
	case Carbon:
		for i := range options {
			x.meet(int32(i), &options[i], options[i].Carbon)
		}
	default:
		for i := range options {
			o := &options[i]
			x.meet(int32(i), o, x.pr.cost(o.Money, o.Carbon).add)
		}
	}
	x.last, x.marks = options, marks
	x.result = x.collect(options)
	return x.result
}

// meet notes one option.
func (x *expander) meet(i int32, o *Option, add int64) {
	b := x.best[o.Class]
	if b >= 0 && add > x.add[o.Class] {
		return
	}
	if b < 0 {
		x.touched = append(x.touched, o.Class)
	} else if add == x.add[o.Class] {
		if o.Money == x.money[o.Class] {
			x.same = append(x.same, i)
		}
		if o.Money >= x.money[o.Class] {
			return
		}
	}
	x.best[o.Class], x.add[o.Class], x.money[o.Class] = i, add, o.Money
}

// collect writes the best of each class down, and clears the notes.
func (x *expander) collect(options []Option) offers {
	slices.Sort(x.touched)
	out := make(offers, 0, len(x.touched))
	for _, c := range x.touched {
		out = append(out, x.choice(options, x.best[c]))
	}
	out = append(out, x.equals(options)...)
	for _, c := range x.touched {
		x.best[c] = -1
	}
	if len(out) == len(x.touched) {
		return out
	}
	return x.undefeated(out)
}

// undefeated keeps, of options that cost the same, those that no other of their class and mark equals or beats in time and
// carbon.
func (x *expander) undefeated(in offers) (out offers) {
	mark := func(o choice) int32 {
		if x.marks == nil {
			return 0
		}
		return x.marks[o.index]
	}
	slices.SortFunc(in, func(a, b choice) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(mark(a), mark(b)), cmp.Compare(a.time, b.time),
			cmp.Compare(a.carbon, b.carbon), cmp.Compare(a.index, b.index))
	})
	for i, o := range in {
		if i > 0 && in[i-1].class == o.class && mark(in[i-1]) == mark(o) && out[len(out)-1].carbon <= o.carbon {
			continue
		}
		out = append(out, o)
	}
	return out
}

// equals are the options that are as cheap as the best of their class.
func (x *expander) equals(options []Option) (out offers) {
	for _, i := range x.same {
		c := x.choice(options, i)
		if c.add == x.add[c.class] && c.money == x.money[c.class] && i != x.best[c.class] {
			out = append(out, c)
		}
	}
	return out
}

func (x *expander) choice(options []Option, i int32) choice {
	o := &options[i]
	return choice{x.pr.cost(o.Money, o.Carbon), o.Time, i, int32(o.Class)}
}
