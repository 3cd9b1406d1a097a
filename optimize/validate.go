package optimize

import (
	"fmt"
	"math/bits"
	"slices"
)

// maxTotal bounds every total a plan can reach, so that no sum in this package can overflow: about nine billion
// dollars, 285,000 years, nine million tonnes.
const maxTotal = int64(1) << 53

// Validate reports every fault of a problem as a *ProblemError: indices out of range, tables of the wrong size, negative
// numbers, cycles, totals that could overflow. Solve calls it first.
func (p *Problem) Validate() error {
	c := checker{p: p}
	c.limits()
	c.domains()
	c.tariffs()
	c.vars()
	c.edges()
	c.groups()
	c.then()
	c.capacities()
	c.meters()
	if len(c.faults) == 0 { // totals and cycles need sound indices
		c.order()
		c.totals()
	}
	if len(c.faults) > 0 {
		return &ProblemError{Faults: c.faults}
	}
	return nil
}

type checker struct {
	p      *Problem
	faults []string
}

func (c *checker) faultf(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) limits() {
	p := c.p
	if p.Classes < 0 || p.Classes > 1<<20 {
		c.faultf("classes: %d is not in 0..%d", p.Classes, 1<<20)
	}
	if p.Deadline < 0 || p.Budget < 0 || p.CarbonCap < 0 {
		c.faultf("deadline %d, budget %d, carbon cap %d: none may be negative", p.Deadline, p.Budget, p.CarbonCap)
	}
	if o := p.Objective; o.Aim < Cost || o.Aim > Blend || o.PerHour < 0 || o.PerKg < 0 {
		c.faultf("objective %+v: unknown aim or negative weight", o)
	}
}

func (c *checker) domains() {
	names := [...]string{"zones", "regions", "clouds"}
	for i, d := range [...][]int{c.p.Zones, c.p.Regions, c.p.Clouds} {
		if d != nil && len(d) != c.p.Classes {
			c.faultf("%s: %d entries for %d classes", names[i], len(d), c.p.Classes)
		}
	}
}

func (c *checker) tariffs() {
	for i, t := range c.p.Tariffs {
		c.table(i, "money", t.Money, -1)
		c.table(i, "time", t.Time, 0)
		c.table(i, "fixed", t.Fixed, 0)
		c.table(i, "carbon", t.Carbon, 0)
	}
}

func (c *checker) table(i int, name string, t []int64, least int64) {
	if t != nil && len(t) != c.p.Classes*c.p.Classes {
		c.faultf("tariff %d %s: %d entries for %d classes", i, name, len(t), c.p.Classes)
	}
	for at, n := range t {
		if n < least || n > maxTotal {
			c.faultf("tariff %d %s: entry %d is %d, not in %d..%d", i, name, at, n, least, maxTotal)
			return // one is enough: a wrong table is usually wrong throughout
		}
	}
}

func (c *checker) vars() {
	for i, v := range c.p.Vars {
		for j, o := range v.Options {
			if o.Class < 0 || o.Class >= c.p.Classes {
				c.faultf("variable %d %q option %d: class %d of %d", i, v.Name, j, o.Class, c.p.Classes)
			}
			if !inTotal(o.Money) || !inTotal(o.Time) || !inTotal(o.Carbon) {
				c.faultf("variable %d %q option %d: money %d, time %d, carbon %d: not in 0..%d", i, v.Name, j, o.Money, o.Time, o.Carbon, maxTotal)
			}
		}
	}
}

func inTotal(n int64) bool { return n >= 0 && n <= maxTotal }

func (c *checker) edges() {
	type output struct{ from, artifact int }
	first := map[output]int{}
	for i, e := range c.p.Edges {
		if !c.isVar(e.From) || !c.isVar(e.To) || e.From == e.To {
			c.faultf("edge %d: from %d to %d of %d variables", i, e.From, e.To, len(c.p.Vars))
		}
		if e.Tariff < NoTariff || e.Tariff >= len(c.p.Tariffs) {
			c.faultf("edge %d: tariff %d of %d", i, e.Tariff, len(c.p.Tariffs))
		}
		if !inTotal(e.KB) || e.Artifact < 0 {
			c.faultf("edge %d: KB %d or artifact %d out of range", i, e.KB, e.Artifact)
		}
		if e.Artifact == 0 {
			continue
		}
		key := output{e.From, e.Artifact}
		j, seen := first[key]
		if !seen {
			first[key] = i
		} else if f := c.p.Edges[j]; f.KB != e.KB || f.Tariff != e.Tariff {
			c.faultf("edges %d and %d: the same artifact with different KB or tariff", j, i)
		}
	}
}

func (c *checker) isVar(v int) bool { return v >= 0 && v < len(c.p.Vars) }

func (c *checker) groups() {
	for i, g := range c.p.Groups {
		if g.Kind < Together || g.Kind > Spread || g.Level < Zone || g.Level > Cloud {
			c.faultf("group %d %q: kind %d or level %d unknown", i, g.Name, g.Kind, g.Level)
		}
		if g.Kind == Spread && g.Min < 0 {
			c.faultf("group %d %q: min %d is negative", i, g.Name, g.Min)
		}
		seen := map[int]bool{}
		for _, v := range g.Vars {
			if !c.isVar(v) || seen[v] {
				c.faultf("group %d %q: variable %d unknown or named twice", i, g.Name, v)
			}
			seen[v] = true
		}
	}
}

func (c *checker) order() {
	if left := len(c.p.Vars) - len(topological(c.p)); left > 0 {
		c.faultf("edges: a cycle through some of %d variables", left)
	}
}

// topological gives the variables in an order that follows the edges; those on or behind a cycle are missing.
func topological(p *Problem) []int {
	waits := make([]int, len(p.Vars))
	outs := make([][]int, len(p.Vars))
	for _, e := range p.Edges {
		waits[e.To]++
		outs[e.From] = append(outs[e.From], e.To)
	}
	order := make([]int, 0, len(p.Vars))
	for v, n := range waits {
		if n == 0 {
			order = append(order, v)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, to := range outs[order[i]] {
			if waits[to]--; waits[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}

// totals adds up the worst of everything: a bound on any plan's money, makespan, carbon and blend.
func (c *checker) totals() {
	var t totals
	for _, v := range c.p.Vars {
		var money, time, carbon int64
		for _, o := range v.Options {
			money, time, carbon = max(money, o.Money), max(time, o.Time), max(carbon, o.Carbon)
		}
		t.add(money, time, carbon)
	}
	most := make([]Tariff, len(c.p.Tariffs))
	for i, tf := range c.p.Tariffs {
		most[i] = Tariff{Money: []int64{peak(tf.Money)}, Time: []int64{peak(tf.Time)}, Fixed: []int64{peak(tf.Fixed)}, Carbon: []int64{peak(tf.Carbon)}}
	}
	for _, e := range c.p.Edges {
		if e.Tariff == NoTariff {
			continue
		}
		m := most[e.Tariff]
		if !fits(e.KB, m.Money[0]) || !fits(e.KB, m.Time[0]) || !fits(e.KB, m.Carbon[0]) {
			t.over = true
			continue
		}
		t.add(perGB(e.KB, m.Money[0]), perGB(e.KB, m.Time[0])+m.Fixed[0], perGB(e.KB, m.Carbon[0]))
	}
	t.add(c.charges(), 0, 0)
	if o := c.p.Objective; (o.Aim == Blend || slices.Contains(c.p.Then, Blend)) && !t.over {
		t.over = !fits(t.time, o.PerHour) || !fits(t.carbon, o.PerKg)
		t.over = t.over || t.money+t.time*o.PerHour/msPerHour+t.carbon*o.PerKg/mgPerKg > maxTotal-int64(len(c.p.Vars)+len(c.p.Edges)+len(c.p.Meters)+1)
	}
	if t.over {
		c.faultf("totals: money, time, carbon or blend can exceed %d", maxTotal)
	}
}

type totals struct {
	money, time, carbon int64
	over                bool
}

func (t *totals) add(money, time, carbon int64) {
	if t.over {
		return
	}
	t.money, t.time, t.carbon = t.money+money, t.time+time, t.carbon+carbon
	t.over = t.money > maxTotal || t.time > maxTotal || t.carbon > maxTotal
}

func peak(table []int64) int64 {
	var most int64
	for _, n := range table {
		most = max(most, n)
	}
	return most
}

// fits says whether a product, half a divisor added, stays in an int64.
func fits(a, b int64) bool {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return hi == 0 && lo < 1<<62
}
