package optimize

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shape draws the edges of a DAG over n variables.
type shape func(r *rand.Rand, n int) [][2]int

func chain(_ *rand.Rand, n int) [][2]int {
	var out [][2]int
	for i := 1; i < n; i++ {
		out = append(out, [2]int{i - 1, i})
	}
	return out
}

func tree(r *rand.Rand, n int) [][2]int {
	var out [][2]int
	for i := 1; i < n; i++ {
		out = append(out, [2]int{r.IntN(i), i})
	}
	return out
}

func dag(r *rand.Rand, n int) [][2]int {
	out := tree(r, n)
	for i := 2; i < n; i += 2 {
		if a := r.IntN(i); !containsPair(out, a, i) {
			out = append(out, [2]int{a, i})
		}
	}
	return out
}

func containsPair(list [][2]int, a, b int) bool { return slices.Contains(list, [2]int{a, b}) }

// mapReduce is one source, n-2 workers, one sink.
func mapReduce(_ *rand.Rand, n int) [][2]int {
	var out [][2]int
	for i := 1; i < n-1; i++ {
		out = append(out, [2]int{0, i}, [2]int{i, n - 1})
	}
	return out
}

// market makes a problem that looks like placement on three clouds: prices by class, types from slow and cheap to fast
// and dear, heavy-tailed edges.
func market(r *rand.Rand, n, classes, options int, sh shape) *Problem {
	p := &Problem{Classes: classes, Clouds: make([]int, classes)}
	level := make([]float64, classes)
	t := Tariff{Money: make([]int64, classes*classes), Time: make([]int64, classes*classes), Fixed: make([]int64, classes*classes)}
	for a := range classes {
		p.Clouds[a] = a % 3
		level[a] = 0.9 + 0.3*r.Float64()
		for b := range classes {
			i := a*classes + b
			switch {
			case a == b:
			case a%3 == b%3:
				t.Money[i], t.Time[i], t.Fixed[i] = 20_000, 800+r.Int64N(800), 1000
			default:
				t.Money[i], t.Time[i], t.Fixed[i] = 80_000+10_000*int64(a%5), 1000+r.Int64N(3000), 2000
			}
		}
	}
	p.Tariffs = []Tariff{t}
	for range n {
		work := math.Exp(r.NormFloat64()) * 3600_000
		var v Var
		for range options {
			speed := 1 + 15*r.Float64()
			c := r.IntN(classes)
			price := 0.1 * math.Pow(speed, 0.6+0.8*r.Float64()) * level[c] // $/h
			time := work / speed
			v.Options = append(v.Options, Option{c, int64(price * 1e6 * time / 3.6e6), int64(time), int64(time * speed * r.Float64() / 100)})
		}
		p.Vars = append(p.Vars, v)
	}
	for _, e := range sh(r, n) {
		p.Edges = append(p.Edges, Edge{From: e[0], To: e[1], KB: int64(1e6 * math.Exp(1.5*r.NormFloat64()))})
	}
	return p
}

// squeeze sets a deadline between the fastest plan and the makespan of the cheapest.
func squeeze(p *Problem, tight float64) {
	p.Objective = Objective{Aim: Time}
	fast, _ := Solve(context.Background(), p, Limit{})
	p.Objective = Objective{}
	cheap, _ := Solve(context.Background(), p, Limit{})
	p.Deadline = fast.Time + int64(tight*float64(cheap.Time-fast.Time))
}

var forms = []struct {
	name string
	set  func(p *Problem)
}{
	{"cost", func(*Problem) {}},
	{"time", func(p *Problem) { p.Objective.Aim = Time }},
	{"blend", func(p *Problem) { p.Objective = Objective{Blend, 1_000_000, 50_000} }},
	{"deadline", func(p *Problem) { squeeze(p, 0.4) }},
	{"budget", func(p *Problem) {
		s, _ := Solve(context.Background(), p, Limit{})
		p.Budget = s.Money * 13 / 10
		p.Objective.Aim = Time
	}},
	{"apart", func(p *Problem) {
		p.Groups = []Group{{Kind: Apart, Level: Cloud, Vars: []int{1, 2}}, {Kind: Together, Level: Cloud, Vars: []int{0, 3}}}
	}},
	{"shared", func(p *Problem) {
		for i := range p.Edges {
			p.Edges[i].Artifact, p.Edges[i].KB = 1, 1e6*int64(1+p.Edges[i].From)
		}
	}},
}

func BenchmarkSolve(b *testing.B) {
	shapes := []struct {
		name string
		shape
	}{{"chain", chain}, {"tree", tree}, {"dag", dag}, {"mapreduce", mapReduce}}
	for _, n := range []int{5, 10, 15} {
		for _, sh := range shapes {
			for _, f := range forms {
				b.Run(fmt.Sprintf("%d/%s/%s", n, sh.name, f.name), func(b *testing.B) {
					p := market(rand.New(rand.NewPCG(1, uint64(n))), n, 80, 2000, sh.shape)
					f.set(p)
					b.ResetTimer()
					nodes, gap := 0, 0.0
					for b.Loop() {
						s, err := Solve(context.Background(), p, Limit{})
						if err != nil {
							b.Fatal(err)
						}
						nodes, gap = s.Stats.Nodes, s.Gap()
					}
					b.ReportMetric(float64(nodes), "nodes")
					b.ReportMetric(100*gap, "%gap")
				})
			}
		}
	}
}

func BenchmarkBids(b *testing.B) {
	for _, f := range forms[:4] {
		b.Run(f.name, func(b *testing.B) {
			p := market(rand.New(rand.NewPCG(1, 5)), 5, 80, 500, dag)
			f.set(p)
			s, err := Solve(context.Background(), p, Limit{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Bids(context.Background(), p, s, 2, Limit{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
