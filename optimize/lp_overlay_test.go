//go:build integration

package optimize

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// overlay is a grid of regions: Gbit/s of one pair of machines and dollars per GB.
type overlay struct {
	names     []string
	index     map[string]int
	rate, fee map[[2]int]float64
}

func readOverlay(t testing.TB) *overlay {
	g := &overlay{index: map[string]int{}}
	folder := filepath.Join(cmp.Or(os.Getenv("BROKER_DATA"), "../../shared/data"), "network")
	g.rate = g.table(t, filepath.Join(folder, "throughput_2022-11-28.csv"))
	g.fee = g.table(t, filepath.Join(folder, "egress_usd_per_gb_71.csv"))
	require.Len(t, g.names, 71)
	return g
}

func (g *overlay) table(t testing.TB, path string) map[[2]int]float64 {
	f, err := os.Open(path)
	require.NoError(t, err, "set BROKER_DATA")
	defer func() { require.NoError(t, f.Close()) }()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	out := map[[2]int]float64{}
	for _, l := range lines[1:] {
		v, err := strconv.ParseFloat(l[2], 64)
		require.NoError(t, err)
		out[[2]int{g.id(l[0]), g.id(l[1])}] = v
	}
	return out
}

func (g *overlay) id(name string) int {
	i, ok := g.index[name]
	if !ok {
		i = len(g.names)
		g.index[name], g.names = i, append(g.names, name)
	}
	return i
}

// machineRates are a machine's Gbit/s out and in.
func machineRates(region string) (out, in float64) {
	switch {
	case strings.HasPrefix(region, "aws:"):
		return 5, 10
	case strings.HasPrefix(region, "gcp:"):
		return 7, 16
	default:
		return 16, 16
	}
}

// program is the flow from one region to another. Per region: Gbit/s out, Gbit/s in, time sending, time receiving,
// each at most what its machines have, and flow kept. The last column is the rate; columns before it the machines.
// rate 0: the largest rate. Otherwise dollars per GB, machines at $0.54 an hour.
func (g *overlay) program(from, to, machines int, rate float64) *LP {
	n := len(g.names)
	p := &LP{Rows: make([]LPRow, 5*n)}
	for i := range n {
		p.Rows[4*n+i].Sense = Exactly
	}
	for i := range n {
		for j := range n {
			speed, ok := g.rate[[2]int{i, j}]
			if !ok || j == from || i == to {
				continue
			}
			c := LPColumn{Upper: math.Inf(1), Entries: []LPEntry{
				{i, 1}, {n + j, 1}, {2*n + i, 1 / speed}, {3*n + j, 1 / speed}, {4*n + i, -1}, {4*n + j, 1},
			}}
			if rate > 0 {
				c.Cost = g.fee[[2]int{i, j}] / rate
			}
			p.Columns = append(p.Columns, c)
		}
	}
	for i := range n {
		out, in := machineRates(g.names[i])
		c := LPColumn{Upper: float64(machines), Entries: []LPEntry{{i, -out}, {n + i, -in}, {2*n + i, -1}, {3*n + i, -1}}}
		if rate > 0 {
			c.Cost = 0.54 / 3600 * 8 / rate
		}
		p.Columns = append(p.Columns, c)
	}
	flow := LPColumn{Upper: math.Inf(1), Cost: -1, Entries: []LPEntry{{4*n + from, 1}, {4*n + to, -1}}}
	if rate > 0 {
		flow = LPColumn{}
		p.Rows[4*n+from].RHS, p.Rows[4*n+to].RHS = -rate, rate
	}
	p.Columns = append(p.Columns, flow)
	return p
}

// direct is the rate without relays.
func (g *overlay) direct(from, to, machines int) float64 {
	out, _ := machineRates(g.names[from])
	_, in := machineRates(g.names[to])
	return float64(machines) * min(g.rate[[2]int{from, to}], out, in)
}

type overlayCase struct {
	from, to              string
	machines              int
	direct, most          string
	atDirect, integerMost float64 // dollars per GB: the LP at the direct rate, whole machines at 0.95 of the most
}

func overlayCases() []overlayCase {
	return []overlayCase{
		{"azure:eastus", "aws:ap-northeast-1", 1, "6.42", "9.61", 0.0879, 0.1616},
		{"azure:eastus", "aws:ap-northeast-1", 8, "51.39", "76.87", 0.0879, 0.1616},
		{"azure:southcentralus", "gcp:asia-northeast3-a", 1, "0.23", "16.00", 0.0981, 0.1324},
		{"azure:southcentralus", "gcp:asia-northeast3-a", 8, "1.82", "128.00", 0.0981, 0.1323},
		{"azure:westeurope", "aws:us-east-1", 1, "4.91", "9.67", 0.0880, 0.1352},
		{"gcp:us-central1-a", "aws:ap-southeast-2", 1, "6.38", "7.00", 0.1904, 0.2029},
		{"aws:us-east-1", "gcp:europe-west3-a", 8, "39.91", "40.00", 0.0905, 0.0905},
		{"aws:us-east-1", "aws:eu-west-1", 8, "40.00", "40.00", 0.0205, 0.0205},
	}
}

func TestOverlayAgreesWithCBC(t *testing.T) {
	g := readOverlay(t)
	for _, c := range overlayCases() {
		name := fmt.Sprintf("%s to %s, %d", c.from, c.to, c.machines)
		from, to := g.index[c.from], g.index[c.to]
		timed := func(rate float64) *LPSolution {
			p := g.program(from, to, c.machines, rate)
			begin := time.Now()
			s, err := SolveLP(context.Background(), p, Limit{})
			require.NoError(t, err, name)
			require.Equal(t, LPOptimal, s.Status, name)
			t.Logf("%s: rate %.2f: %.4f, %d pivots, %.1f ms", name, rate, s.Objective, s.Pivots, float64(time.Since(begin).Microseconds())/1000)
			return s
		}
		require.Equal(t, c.direct, fmt.Sprintf("%.2f", g.direct(from, to, c.machines)), name)
		most := -timed(0).Objective
		require.Equal(t, c.most, fmt.Sprintf("%.2f", most), name)
		require.Equal(t, fmt.Sprintf("%.4f", c.atDirect), fmt.Sprintf("%.4f", timed(g.direct(from, to, c.machines)).Objective), name)
		near := timed(0.95 * most).Objective // the published figures are for whole machines: a little more
		require.LessOrEqual(t, near, c.integerMost+0.00005, name)
		require.Greater(t, near, c.integerMost-0.0006, name)
	}
}

// TestOverlayAgreesWithItself: other pairs, proved by VerifyLP; at the largest rate there is a flow, above it there is none.
func TestOverlayAgreesWithItself(t *testing.T) {
	g := readOverlay(t)
	worst := 0
	for k := range 40 {
		from, to := k*13%71, (k*29+7)%71
		if from == to {
			continue
		}
		name := g.names[from] + " to " + g.names[to]
		most, err := SolveLP(context.Background(), g.program(from, to, 2, 0), Limit{})
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, -most.Objective, g.direct(from, to, 2)-1e-6, name)
		for _, share := range []float64{0.3, 0.95, 1 - 1e-6, 1.001} {
			s, err := SolveLP(context.Background(), g.program(from, to, 2, -share*most.Objective), Limit{})
			require.NoError(t, err, name)
			require.Equal(t, share > 1, s.Status == LPInfeasible, name)
			worst = max(worst, s.Pivots)
		}
	}
	require.Less(t, worst, 2000)
	t.Logf("at most %d pivots", worst)
}

func BenchmarkOverlayLP(b *testing.B) {
	g := readOverlay(b)
	for _, c := range overlayCases() {
		from, to := g.index[c.from], g.index[c.to]
		most, err := SolveLP(context.Background(), g.program(from, to, c.machines, 0), Limit{})
		require.NoError(b, err)
		for _, kind := range []struct {
			name string
			rate float64
		}{{"most", 0}, {"direct", g.direct(from, to, c.machines)}, {"near", -0.95 * most.Objective}} {
			p := g.program(from, to, c.machines, kind.rate)
			b.Run(fmt.Sprintf("%s_%s_%d/%s", c.from, c.to, c.machines, kind.name), func(b *testing.B) {
				for b.Loop() {
					s, err := SolveLP(context.Background(), p, Limit{})
					require.NoError(b, err)
					b.ReportMetric(float64(s.Pivots), "pivots")
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/solve")
			})
		}
	}
}
