package overlay_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/optimize"
	"github.com/openintercloud/broker/transfer/overlay"
)

const mb = 1e6

// drawn is a random network of a few nodes and a demand from node 0.
func drawn(t *rapid.T, destinations int) (*overlay.Network, overlay.Demand) {
	n := &overlay.Network{}
	nodes := rapid.IntRange(destinations+1, 6).Draw(t, "nodes")
	rate := rapid.Float64Range(1*mb, 50*mb)
	for i := range nodes {
		n.Nodes = append(n.Nodes, overlay.Node{
			Name: fmt.Sprint("n", i), Egress: rate.Draw(t, "egress"), Ingress: rate.Draw(t, "ingress"),
			Machines: rapid.IntRange(1, 3).Draw(t, "machines"), Price: unit.Price(rapid.Int64Range(0, 2e9).Draw(t, "hour")),
		})
	}
	for i := range nodes {
		for j := range nodes {
			if i != j && rapid.IntRange(0, 3).Draw(t, "link") > 0 {
				n.Links = append(n.Links, overlay.Link{From: i, To: j, Rate: rate.Draw(t, "rate"), Price: unit.Price(rapid.Int64Range(0, 2e8).Draw(t, "fee"))})
			}
		}
	}
	d := overlay.Demand{Size: 10 * unit.GB}
	for i := range destinations {
		d.To = append(d.To, i+1)
	}
	return n, d
}

// edgeFlow is the same question to one destination as a program over links: another model, the same optimum.
func edgeFlow(n *overlay.Network, d overlay.Demand) *optimize.LP {
	k := len(n.Nodes)
	p := &optimize.LP{Rows: make([]optimize.LPRow, 5*k)}
	for i, v := range n.Nodes {
		m := float64(v.Machines)
		p.Rows[i].RHS, p.Rows[k+i].RHS, p.Rows[2*k+i].RHS, p.Rows[3*k+i].RHS = m*v.Egress/mb, m*v.Ingress/mb, m, m
		p.Rows[4*k+i].Sense = optimize.Exactly
	}
	for _, l := range n.Links {
		if l.To == d.From || l.From == d.To[0] {
			continue
		}
		use := mb / l.Rate
		p.Columns = append(p.Columns, optimize.LPColumn{Upper: math.Inf(1), Entries: []optimize.LPEntry{
			{Row: l.From, Value: 1},
			{Row: k + l.To, Value: 1},
			{Row: 2*k + l.From, Value: use},
			{Row: 3*k + l.To, Value: use},
			{Row: 4*k + l.From, Value: -1},
			{Row: 4*k + l.To, Value: 1},
		}})
	}
	p.Columns = append(p.Columns, optimize.LPColumn{Upper: math.Inf(1), Cost: -1, Entries: []optimize.LPEntry{{Row: 4*k + d.From, Value: 1}, {Row: 4*k + d.To[0], Value: -1}}})
	return p
}

func TestBestRateIsTheMaximumFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := drawn(t, 1)
		s, err := optimize.SolveLP(context.Background(), edgeFlow(n, d), optimize.Limit{})
		require.NoError(t, err)
		p, err := overlay.Solve(context.Background(), n, d)
		if -s.Objective < 1e-9 {
			require.ErrorIs(t, err, overlay.ErrUnreachable)
			return
		}
		require.NoError(t, err)
		require.NoError(t, overlay.Check(n, d, p))
		require.InEpsilon(t, -s.Objective*mb, p.BestRate, 1e-6)
		require.InEpsilon(t, p.BestRate, p.Rate, 1e-6)
	})
}

// A plan passes the check, a lower rate never costs more in the bound, and a budget is kept and buys what it can.
func TestPlansHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := drawn(t, rapid.IntRange(1, 3).Draw(t, "destinations"))
		fast, err := overlay.Solve(context.Background(), n, d)
		if err != nil {
			require.ErrorIs(t, err, overlay.ErrUnreachable)
			return
		}
		require.NoError(t, overlay.Check(n, d, fast))
		half := d
		half.Rate = fast.BestRate / 2
		slow, err := overlay.Solve(context.Background(), n, half)
		require.NoError(t, err)
		require.NoError(t, overlay.Check(n, half, slow))
		require.LessOrEqual(t, slow.CostBound, slow.Cost)
		bought := d
		bought.Budget = slow.Cost + 1_000_000
		p, err := overlay.Solve(context.Background(), n, bought)
		require.NoError(t, err)
		require.NoError(t, overlay.Check(n, bought, p))
		require.GreaterOrEqual(t, p.Rate, slow.Rate*(1-1e-3), "this budget bought %g before", slow.Rate)
	})
}

// With whole machines at no price, the least cost is that of the relaxed program.
func TestCostIsTheBoundWhenMachinesAreFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := drawn(t, 2)
		for i := range n.Nodes {
			n.Nodes[i].Price = 0
		}
		p, err := overlay.Solve(context.Background(), n, d)
		if err != nil {
			require.ErrorIs(t, err, overlay.ErrUnreachable)
			return
		}
		require.InDelta(t, float64(p.CostBound), float64(p.Cost), 1e-5*float64(p.Cost)+10)
	})
}

// broadcast is one source and five destinations, all able to pass on; the source sends at most 5 MB/s.
func broadcast() (*overlay.Network, overlay.Demand) {
	n, d := &overlay.Network{}, overlay.Demand{Size: unit.GB}
	for i := range 6 {
		n.Nodes = append(n.Nodes, overlay.Node{Name: fmt.Sprint("site", i), Egress: 20 * mb, Ingress: 20 * mb, Machines: 1})
		for j := range 6 {
			if i != j {
				n.Links = append(n.Links, overlay.Link{From: i, To: j, Rate: 20 * mb, Price: 10_000_000})
			}
		}
	}
	n.Nodes[0].Egress = 5 * mb
	d.To = []int{1, 2, 3, 4, 5}
	return n, d
}

func TestBroadcastPassesOnThroughDestinations(t *testing.T) {
	n, d := broadcast()
	p, err := overlay.Solve(t.Context(), n, d)
	require.NoError(t, err)
	require.NoError(t, overlay.Check(n, d, p))
	require.InEpsilon(t, 5*mb, p.Rate, 1e-6, "a star would reach a fifth")
	require.False(t, p.Direct)
	require.Equal(t, overlay.Binding{Node: 0, What: overlay.Egress, Share: 1}, rounded(p.Binding[0]))
	require.Equal(t, 5*10*unit.Cent/10, p.Cost, "five links carry the data once each")
}

func rounded(b overlay.Binding) overlay.Binding { b.Share = math.Round(b.Share*1e6) / 1e6; return b }

func TestCheckFindsWhatIsWrong(t *testing.T) {
	n, d := broadcast()
	d.To = []int{1}
	good, err := overlay.Solve(t.Context(), n, d)
	require.NoError(t, err)
	for name, spoil := range map[string]func(p *overlay.Plan){
		"rate":     func(p *overlay.Plan) { p.Rate *= 1.01 },
		"cost":     func(p *overlay.Plan) { p.Cost++ },
		"machines": func(p *overlay.Plan) { p.Machines[0] = 0 },
		"overload": func(p *overlay.Plan) { p.Trees[0].Rate *= 2; p.Rate *= 2 },
		"reach":    func(p *overlay.Plan) { p.Trees[0].Links = []int{1} },
		"order":    func(p *overlay.Plan) { p.Trees[0].Links = []int{5, 0} },
	} {
		p := *good
		p.Machines = slices.Clone(good.Machines)
		p.Trees = slices.Clone(good.Trees)
		spoil(&p)
		require.Error(t, overlay.Check(n, d, &p), name)
	}
}

func TestBadInputIsRefusedTogether(t *testing.T) {
	n, d := broadcast()
	n.Nodes[2].Egress = 0
	n.Links[0].To = n.Links[0].From
	d.To = []int{1, 1, 9}
	d.Size = 0
	_, err := overlay.Solve(t.Context(), n, d)
	require.Error(t, err)
	for _, part := range []string{"site2", "link 0", "destination 1", "destination 9", "size"} {
		require.ErrorContains(t, err, part)
	}
	n, d = broadcast()
	d.Rate = 6 * mb
	_, err = overlay.Solve(t.Context(), n, d)
	require.ErrorIs(t, err, overlay.ErrUnreachable)
	d.Rate, d.Budget = 0, 1
	_, err = overlay.Solve(t.Context(), n, d)
	require.ErrorIs(t, err, overlay.ErrUnreachable)
}

// The slow link from the source is passed round.
func ExampleSolve() {
	n := &overlay.Network{
		Nodes: []overlay.Node{
			{Name: "paris", Egress: 100e6, Ingress: 100e6, Machines: 1, Price: 360_000_000},
			{Name: "tokyo", Egress: 100e6, Ingress: 100e6, Machines: 1, Price: 360_000_000},
			{Name: "oregon", Egress: 100e6, Ingress: 100e6, Machines: 2, Price: 360_000_000},
		},
		Links: []overlay.Link{
			{From: 0, To: 1, Rate: 10e6, Price: 20_000_000},
			{From: 0, To: 2, Rate: 50e6, Price: 20_000_000},
			{From: 2, To: 1, Rate: 60e6, Price: 20_000_000},
		},
	}
	plan, err := overlay.Solve(context.Background(), n, overlay.Demand{From: 0, To: []int{1}, Size: 100 * unit.GB})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan.Describe(n))
	// Output:
	// 0.40 Gbit/s, 33m20s, $4.60
	// 100.0 %  paris > oregon  oregon > tokyo
	// limit: time to send of paris (100 %)
}
