package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/openintercloud/broker/optimize"
)

// Model is a mixed integer program that says the same as a problem.
type Model struct {
	p      *optimize.Problem
	timed  bool
	goal   []term
	rows   []row
	most   []term // upper bounds: coef is the bound
	binary []string
	seen   map[string]bool
	order  []string // variables in order of first use, which is how GLPK numbers them
	choice map[string]pick
	kept   [][]int // options by variable
}

type term struct {
	coef int64
	name string
}

type row struct {
	name  string
	terms []term
	op    string
	right int64
}

type pick struct{ v, option int }

// NewModel writes a problem down as a program. Groups, meters and aims other than Cost and Time are beyond it.
func NewModel(p *optimize.Problem) (*Model, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	aim := p.Objective.Aim
	if len(p.Groups) > 0 || len(p.Meters) > 0 || p.CarbonCap > 0 || aim != optimize.Cost && aim != optimize.Time {
		return nil, errors.New("oracle: groups, meters and aims other than cost and time are not modelled")
	}
	m := &Model{p: p, timed: aim == optimize.Time || p.Deadline > 0, seen: map[string]bool{}, choice: map[string]pick{}}
	m.options()
	m.edges()
	if m.timed {
		m.times()
	}
	m.limits()
	return m, nil
}

// Binaries is the number of 0/1 variables, Columns that of all.
func (m *Model) Binaries() int { return len(m.binary) }

// Columns is the number of variables.
func (m *Model) Columns() int { return len(m.order) }

func xName(v, o int) string       { return fmt.Sprintf("x%d_%d", v, o) }
func yName(e, a, b int) string    { return fmt.Sprintf("y%d_%d_%d", e, a, b) }
func zName(v, k, a, b int) string { return fmt.Sprintf("z%d_%d_%d_%d", v, k, a, b) }
func tName(v int) string          { return fmt.Sprintf("t%d", v) }

func (m *Model) row(name, op string, right int64, terms []term) {
	m.use(terms)
	m.rows = append(m.rows, row{name, terms, op, right})
}

func (m *Model) use(terms []term) {
	for _, t := range terms {
		if !m.seen[t.name] {
			m.seen[t.name] = true
			m.order = append(m.order, t.name)
		}
	}
}

// pay adds to what a plan costs.
func (m *Model) pay(coef int64, name string) {
	if coef != 0 {
		m.goal = append(m.goal, term{coef, name})
	}
}

func (m *Model) options() {
	for v := range m.p.Vars {
		kept := m.reduce(v)
		m.kept = append(m.kept, kept)
		var one []term
		for _, o := range kept {
			name := xName(v, o)
			m.choice[name] = pick{v, o}
			m.binary = append(m.binary, name)
			one = append(one, term{1, name})
			m.pay(m.p.Vars[v].Options[o].Money, name)
		}
		m.row(fmt.Sprintf("s%d", v), "=", 1, one)
	}
}

// reduce keeps per class the options that no other beats. With limits all stay: they may differ in what they use.
func (m *Model) reduce(v int) []int {
	opts := m.p.Vars[v].Options
	all := make([]int, len(opts))
	for i := range all {
		all[i] = i
	}
	if len(m.p.Limits) > 0 {
		return all
	}
	slices.SortStableFunc(all, func(a, b int) int {
		x, y := opts[a], opts[b]
		return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Money, y.Money), cmp.Compare(x.Time, y.Time))
	})
	kept := all[:0]
	for _, o := range all {
		if n := len(kept); n > 0 && opts[kept[n-1]].Class == opts[o].Class && (!m.timed || opts[kept[n-1]].Time <= opts[o].Time) {
			continue
		}
		kept = append(kept, o)
	}
	return kept
}

// classes gives the terms of a variable's options by class, and the classes in order.
func (m *Model) classes(v int) ([]int, map[int][]term) {
	by := map[int][]term{}
	var list []int
	for _, o := range m.kept[v] {
		c := m.p.Vars[v].Options[o].Class
		if by[c] == nil {
			list = append(list, c)
		}
		by[c] = append(by[c], term{-1, xName(v, o)})
	}
	slices.Sort(list)
	return list, by
}

// edges gives each edge a flow from the class of one end to that of the other.
func (m *Model) edges() {
	for i, e := range m.p.Edges {
		if e.Tariff == optimize.NoTariff {
			continue
		}
		from, fromX := m.classes(e.From)
		to, toX := m.classes(e.To)
		for _, a := range from {
			var out []term
			for _, b := range to {
				if m.open(e, a, b) {
					out = append(out, term{1, yName(i, a, b)})
				}
			}
			m.row(fmt.Sprintf("o%d_%d", i, a), "=", 0, append(out, fromX[a]...))
		}
		for _, b := range to {
			var in []term
			for _, a := range from {
				if m.open(e, a, b) {
					in = append(in, term{1, yName(i, a, b)})
					m.move(i, a, b)
				}
			}
			m.row(fmt.Sprintf("i%d_%d", i, b), "=", 0, append(in, toX[b]...))
		}
	}
}

func (m *Model) open(e optimize.Edge, a, b int) bool {
	t := m.p.Tariffs[e.Tariff]
	return len(t.Money) == 0 || t.Money[a*m.p.Classes+b] >= 0
}

// move pays for an edge; of a shared output once for all that receive it in one class.
func (m *Model) move(i, a, b int) {
	e := m.p.Edges[i]
	price := perGB(e.KB, at(m.p.Tariffs[e.Tariff].Money, a*m.p.Classes+b))
	if e.Artifact == 0 {
		m.pay(price, yName(i, a, b))
		return
	}
	z := zName(e.From, e.Artifact, a, b)
	if !m.seen[z] {
		m.pay(price, z)
	}
	m.row(fmt.Sprintf("z%d_%d_%d", i, a, b), ">=", 0, []term{{1, z}, {-1, yName(i, a, b)}})
}

// times says when each variable ends.
func (m *Model) times() {
	starts := make([]bool, len(m.p.Vars))
	for i, e := range m.p.Edges {
		starts[e.To] = true
		terms := []term{{1, tName(e.To)}, {-1, tName(e.From)}}
		if e.Tariff != optimize.NoTariff {
			terms = append(terms, m.waits(i)...)
		}
		m.row(fmt.Sprintf("w%d", i), ">=", 0, append(terms, m.durations(e.To)...))
	}
	for v := range m.p.Vars {
		if !starts[v] {
			m.row(fmt.Sprintf("b%d", v), ">=", 0, append([]term{{1, tName(v)}}, m.durations(v)...))
		}
		if m.p.Objective.Aim == optimize.Time {
			m.row(fmt.Sprintf("m%d", v), ">=", 0, []term{{1, "makespan"}, {-1, tName(v)}})
		}
		if m.p.Deadline > 0 {
			m.most = append(m.most, term{m.p.Deadline, tName(v)})
		}
	}
}

func (m *Model) waits(i int) []term {
	e := m.p.Edges[i]
	from, _ := m.classes(e.From)
	to, _ := m.classes(e.To)
	t := m.p.Tariffs[e.Tariff]
	var terms []term
	for _, a := range from {
		for _, b := range to {
			cell := a*m.p.Classes + b
			if wait := perGB(e.KB, at(t.Time, cell)) + at(t.Fixed, cell); wait > 0 && m.open(e, a, b) {
				terms = append(terms, term{-wait, yName(i, a, b)})
			}
		}
	}
	return terms
}

func (m *Model) durations(v int) []term {
	var terms []term
	for _, o := range m.kept[v] {
		if t := m.p.Vars[v].Options[o].Time; t > 0 {
			terms = append(terms, term{-t, xName(v, o)})
		}
	}
	return terms
}

func (m *Model) limits() {
	if m.p.Budget > 0 {
		m.row("budget", "<=", m.p.Budget, m.goal)
	}
	if m.p.Objective.Aim == optimize.Time {
		m.goal = []term{{1, "makespan"}}
	}
	for i, l := range m.p.Limits {
		var terms []term
		for _, u := range l.Uses {
			if u.Amount > 0 {
				terms = append(terms, term{u.Amount, xName(u.Var, u.Option)})
			}
		}
		if len(terms) > 0 {
			m.row(fmt.Sprintf("q%d", i), "<=", l.Max, terms)
		}
	}
	m.use(m.goal)
}

// perGB is the price of so many kB, half up, as Problem says.
func perGB(kb, perGB int64) int64 { return (kb*perGB + 500_000) / 1_000_000 }

func at(table []int64, cell int) int64 {
	if len(table) == 0 {
		return 0
	}
	return table[cell]
}
