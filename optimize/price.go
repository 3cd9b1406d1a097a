package optimize

import "math"

const (
	kbPerGB   = 1_000_000
	mgPerKg   = 1_000_000
	msPerHour = 3_600_000

	// inf stands for "not possible" in tables of costs; sums of a few of them still fit an int64.
	inf = int64(math.MaxInt64 / 8)
)

// orInf is a limit of which zero means none.
func orInf(limit int64) int64 {
	if limit == 0 {
		return inf
	}
	return limit
}

func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// perGB is rate per GB for kb kilobytes, half up.
func perGB(kb, rate int64) int64 { return (kb*rate + kbPerGB/2) / kbPerGB }

// at reads a tariff table; a nil table is all zeros.
func at(table []int64, i int) int64 {
	if table == nil {
		return 0
	}
	return table[i]
}

// cost is a bundle of what an option or an edge adds to a plan. add is its part of the objective that sums up.
type cost struct{ add, money, carbon int64 }

func (c cost) plus(d cost) cost { return cost{c.add + d.add, c.money + d.money, c.carbon + d.carbon} }

// pricer turns money and carbon into costs under one objective.
type pricer struct {
	aim            Aim
	perHour, perKg int64
}

func newPricer(o Objective) pricer {
	switch o.Aim {
	case Time: // a makespan priced at one unit per millisecond
		return pricer{aim: Time, perHour: msPerHour}
	case Blend:
		return pricer{Blend, o.PerHour, o.PerKg}
	default:
		return pricer{aim: o.Aim}
	}
}

func (pr pricer) cost(money, carbon int64) cost {
	c := cost{money: money, carbon: carbon}
	switch pr.aim {
	case Cost:
		c.add = money
	case Carbon:
		c.add = carbon
	case Blend:
		c.add = money + (carbon*pr.perKg+mgPerKg/2)/mgPerKg
	}
	return c
}

// time is the part of the objective that depends on the makespan.
func (pr pricer) time(makespan int64) int64 {
	if pr.perHour == msPerHour {
		return makespan
	}
	return (makespan*pr.perHour + msPerHour/2) / msPerHour
}

// move is what edge e costs and takes from class a to class b; ok is false where the tariff forbids it.
func (pr pricer) move(p *Problem, e Edge, a, b int) (c cost, time int64, ok bool) {
	if e.Tariff == NoTariff {
		return cost{}, 0, true
	}
	t, i := &p.Tariffs[e.Tariff], a*p.Classes+b
	rate := at(t.Money, i)
	if rate < 0 {
		return cost{}, 0, false
	}
	c = pr.cost(perGB(e.KB, rate), perGB(e.KB, at(t.Carbon, i)))
	return c, perGB(e.KB, at(t.Time, i)) + at(t.Fixed, i), true
}

// domain gives the domain of a class at a level.
func (p *Problem) domain(l Level, class int) int {
	table := [...][]int{p.Zones, p.Regions, p.Clouds}[l]
	if table == nil {
		return class
	}
	return table[class]
}
