package optimize

import (
	"fmt"
	"math/big"
)

// Verify recomputes a solution from the problem alone: totals, value and every rule, and that bound and status fit. It
// shares no code with the solvers and does its sums in unbounded integers. Where it can cheaply find the best value
// itself, it also refuses a bound above it; Prove tells whether it could. nil: all is as the solution says.
func Verify(p *Problem, s *Solution) error {
	_, err := Prove(p, s)
	return err
}

func verify(p *Problem, s *Solution) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if s.Status != Optimal && s.Status != Feasible {
		return fmt.Errorf("optimize: verify: status %d has no plan", s.Status)
	}
	if len(s.Choice) != len(p.Vars) {
		return fmt.Errorf("optimize: verify: %d choices for %d variables", len(s.Choice), len(p.Vars))
	}
	for v, o := range s.Choice {
		if o < 0 || o >= len(p.Vars[v].Options) {
			return fmt.Errorf("optimize: verify: variable %d has no option %d", v, o)
		}
	}
	a := auditor{p: p, s: s}
	a.sum()
	for _, check := range []func() error{a.totals, a.limits, a.capacities, a.groups, a.proof} {
		if err := check(); err != nil {
			return fmt.Errorf("optimize: verify: %w", err)
		}
	}
	return nil
}

type auditor struct {
	p      *Problem
	s      *Solution
	money  big.Int
	carbon big.Int
	priced big.Int // carbon in micro-dollars
	time   big.Int
	banned error
}

func (a *auditor) option(v int) Option { return a.p.Vars[v].Options[a.s.Choice[v]] }

// sum adds up options and edges, and finds the longest path by relaxing the edges until nothing moves.
func (a *auditor) sum() {
	ends := make([]*big.Int, len(a.p.Vars))
	for v := range a.p.Vars {
		o := a.option(v)
		ends[v] = big.NewInt(o.Time)
		a.pay(big.NewInt(o.Money), big.NewInt(o.Carbon))
	}
	type delivery struct{ from, artifact, class int }
	paid := map[delivery]bool{}
	fed := make([]*big.Int, len(a.p.Meters))
	for m := range fed {
		fed[m] = new(big.Int)
	}
	waits := make([]*big.Int, len(a.p.Edges))
	for i, e := range a.p.Edges {
		from, to := a.option(e.From).Class, a.option(e.To).Class
		waits[i] = new(big.Int)
		if e.Tariff < 0 {
			continue
		}
		t := a.p.Tariffs[e.Tariff]
		cell := from*a.p.Classes + to
		if len(t.Money) > 0 && t.Money[cell] < 0 {
			a.banned = fmt.Errorf("edge %d: class %d to %d is forbidden", i, from, to)
			continue
		}
		waits[i].Add(scaled(e.KB, entry64(t.Time, cell), 1e6), big.NewInt(entry64(t.Fixed, cell)))
		d := delivery{e.From, e.Artifact, to}
		if e.Artifact == 0 || !paid[d] {
			a.pay(scaled(e.KB, entry64(t.Money, cell), 1e6), scaled(e.KB, entry64(t.Carbon, cell), 1e6))
			if len(t.Meter) > 0 && t.Meter[cell] > 0 {
				fed[t.Meter[cell]-1].Add(fed[t.Meter[cell]-1], big.NewInt(e.KB))
			}
		}
		paid[d] = true
	}
	for m, kb := range fed {
		a.charge(a.p.Meters[m], kb)
	}
	a.relax(ends, waits)
}

func (a *auditor) relax(ends, waits []*big.Int) {
	for moved := true; moved; {
		moved = false
		for i, e := range a.p.Edges {
			end := new(big.Int).Add(ends[e.From], waits[i])
			end.Add(end, big.NewInt(a.option(e.To).Time))
			if end.Cmp(ends[e.To]) > 0 {
				ends[e.To], moved = end, true
			}
		}
	}
	for _, end := range ends {
		if end.Cmp(&a.time) > 0 {
			a.time.Set(end)
		}
	}
}

func (a *auditor) pay(money, carbon *big.Int) {
	a.money.Add(&a.money, money)
	a.carbon.Add(&a.carbon, carbon)
	if a.p.Objective.PerKg == 0 || carbon.Sign() == 0 {
		return
	}
	price := new(big.Int).Mul(carbon, big.NewInt(a.p.Objective.PerKg))
	a.priced.Add(&a.priced, halfUp(price, 1e6))
}

func entry64(table []int64, cell int) int64 {
	if len(table) == 0 {
		return 0
	}
	return table[cell]
}

func scaled(a, b, unit int64) *big.Int {
	return halfUp(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), unit)
}

func halfUp(n *big.Int, unit int64) *big.Int {
	return new(big.Int).Div(new(big.Int).Add(n, big.NewInt(unit/2)), big.NewInt(unit))
}

func (a *auditor) totals() error {
	value := new(big.Int)
	switch a.p.Objective.Aim {
	case Cost:
		value.Set(&a.money)
	case Time:
		value.Set(&a.time)
	case Carbon:
		value.Set(&a.carbon)
	case Blend:
		hours := new(big.Int).Mul(&a.time, big.NewInt(a.p.Objective.PerHour))
		value.Add(value.Add(&a.money, &a.priced), halfUp(hours, 3_600_000))
	}
	for _, row := range []struct {
		name string
		want *big.Int
		got  int64
	}{{"money", &a.money, a.s.Money}, {"time", &a.time, a.s.Time}, {"carbon", &a.carbon, a.s.Carbon}, {"value", value, a.s.Value}} {
		if row.want.Cmp(big.NewInt(row.got)) != 0 {
			return fmt.Errorf("%s is %v, not %d", row.name, row.want, row.got)
		}
	}
	return a.banned
}

func (a *auditor) limits() error {
	for _, row := range []struct {
		name        string
		used, limit int64
	}{{"deadline", a.s.Time, a.p.Deadline}, {"budget", a.s.Money, a.p.Budget}, {"carbon cap", a.s.Carbon, a.p.CarbonCap}} {
		if row.limit > 0 && row.used > row.limit {
			return fmt.Errorf("%s of %d exceeded: %d", row.name, row.limit, row.used)
		}
	}
	return nil
}

func (a *auditor) groups() error {
	for i, g := range a.p.Groups {
		domains := map[int]int{}
		for _, v := range g.Vars {
			class := a.option(v).Class
			ids := map[Level][]int{Zone: a.p.Zones, Region: a.p.Regions, Cloud: a.p.Clouds}[g.Level]
			if ids != nil {
				class = ids[class]
			}
			domains[class]++
		}
		kept := true
		switch g.Kind {
		case Together:
			kept = len(domains) <= 1
		case Apart:
			kept = len(domains) == len(g.Vars)
		case Spread:
			kept = len(domains) >= g.Min
		}
		if !kept {
			return fmt.Errorf("group %d %q: %d members in %d domains", i, g.Name, len(g.Vars), len(domains))
		}
	}
	return nil
}

func (a *auditor) proof() error {
	if a.s.Bound > a.s.Value || a.s.Status == Optimal && a.s.Bound != a.s.Value {
		return fmt.Errorf("status %d does not fit value %d and bound %d", a.s.Status, a.s.Value, a.s.Bound)
	}
	return nil
}
