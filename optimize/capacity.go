package optimize

// Capacity bounds what a plan uses of something scarce: the amounts of the chosen options add up to at most Max. It is a
// total over the whole plan, not at any one time. Both of these are capacities:
//
//   - a quota of units in a region: every option placed there uses its units;
//   - a number of machines of one type at one place: every such option uses its count.
type Capacity struct {
	// Name appears in errors only; it may be empty.
	Name string
	// Max is the most that may be used, in the caller's units; 0: nothing at all.
	Max int64
	// Uses lists which options use how much. An option that is not listed uses nothing; one may be listed once only.
	Uses []Use
}

// Use is what one option takes from a Capacity.
type Use struct {
	// Var is an index into Problem.Vars, Option one into its Options.
	Var, Option int
	// Amount is in the units of the capacity; it may not be negative.
	Amount int64
}

// Quota is the capacity most often wanted: units(v, o) is what option o of variable v uses, 0 for options that do not count.
func Quota(p *Problem, name string, most int64, units func(v int, o Option) int64) Capacity {
	c := Capacity{Name: name, Max: most}
	for v := range p.Vars {
		for i, o := range p.Vars[v].Options {
			if n := units(v, o); n != 0 {
				c.Uses = append(c.Uses, Use{v, i, n})
			}
		}
	}
	return c
}

func (c *checker) capacities() {
	for i, l := range c.p.Limits {
		if !inTotal(l.Max) {
			c.faultf("limit %d %q: max %d is not in 0..%d", i, l.Name, l.Max, maxTotal)
		}
		var sum int64
		seen := map[[2]int]bool{}
		for _, u := range l.Uses {
			at := [2]int{u.Var, u.Option}
			if !c.isVar(u.Var) || u.Option < 0 || u.Option >= len(c.p.Vars[u.Var].Options) || seen[at] {
				c.faultf("limit %d %q: option %d of variable %d unknown or listed twice", i, l.Name, u.Option, u.Var)
				break
			}
			seen[at] = true
			if !inTotal(u.Amount) || sum > maxTotal-u.Amount {
				c.faultf("limit %d %q: amounts are negative or add up to more than %d", i, l.Name, maxTotal)
				break
			}
			sum += u.Amount
		}
	}
}

func (c *checker) then() {
	aims := append([]Aim{c.p.Objective.Aim}, c.p.Then...)
	for i, a := range aims {
		if a < Cost || a > Blend || a == Blend && i+1 < len(aims) {
			c.faultf("then %v after aim %d: unknown, or a blend that is not last", c.p.Then, c.p.Objective.Aim)
			return
		}
	}
}
