//go:build integration

package overlay_test

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer/overlay"
)

const gbit = 1e9 / 8

// measured is Skyplane's grid of November 2022: 71 regions, with the limits of one machine in each cloud and its spot price.
func measured(t testing.TB, machines int) (*overlay.Network, map[string]int) {
	folder := filepath.Join(cmp.Or(os.Getenv("BROKER_DATA"), "../../../shared/data"), "network")
	n, index := &overlay.Network{}, map[string]int{}
	node := func(name string) int {
		i, ok := index[name]
		if !ok {
			i = len(n.Nodes)
			v := overlay.Node{Name: name, Egress: 16 * gbit, Ingress: 16 * gbit, Machines: machines, Price: 540_000_000}
			switch {
			case strings.HasPrefix(name, "aws:"):
				v.Egress, v.Ingress = 5*gbit, 10*gbit
			case strings.HasPrefix(name, "gcp:"):
				v.Egress = 7 * gbit
			}
			index[name], n.Nodes = i, append(n.Nodes, v)
		}
		return i
	}
	fees := map[[2]int]unit.Price{}
	rows(t, filepath.Join(folder, "egress_usd_per_gb_71.csv"), func(from, to, fee string) {
		price, err := unit.Dollars(fee)
		require.NoError(t, err)
		fees[[2]int{node(from), node(to)}] = price
	})
	rows(t, filepath.Join(folder, "throughput_2022-11-28.csv"), func(from, to, rate string) {
		r, err := strconv.ParseFloat(rate, 64)
		require.NoError(t, err)
		key := [2]int{node(from), node(to)}
		n.Links = append(n.Links, overlay.Link{From: key[0], To: key[1], Rate: r * gbit, Price: fees[key]})
	})
	require.Len(t, n.Nodes, 71)
	return n, index
}

func rows(t testing.TB, path string, each func(from, to, value string)) {
	f, err := os.Open(path)
	require.NoError(t, err, "set BROKER_DATA")
	defer func() { require.NoError(t, f.Close()) }()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, l := range lines[1:] {
		each(l[0], l[1], l[2])
	}
}

// The figures were found with CBC: the highest rate, and the least cost with whole machines at 0.95 of it and at the direct rate.
func TestGoldenFigures(t *testing.T) {
	for _, c := range []struct {
		from, to         string
		machines         int
		direct, most     float64
		atDirect, atMost float64
		count            int
	}{
		{"azure:eastus", "aws:ap-northeast-1", 1, 6.42, 9.61, 0.0881, 0.1616, 3},
		{"azure:eastus", "aws:ap-northeast-1", 8, 51.39, 76.87, 0.0879, 0.1616, 21},
		{"azure:southcentralus", "gcp:asia-northeast3-a", 1, 0.23, 16.00, 0.1033, 0.1324, 6},
		{"azure:southcentralus", "gcp:asia-northeast3-a", 8, 1.82, 128.0, 0.0987, 0.1323, 39},
		{"azure:westeurope", "aws:us-east-1", 1, 4.91, 9.67, 0.0882, 0.1352, 3},
		{"gcp:us-central1-a", "aws:ap-southeast-2", 1, 6.38, 7.00, 0.1906, 0.2029, 5},
		{"aws:us-east-1", "gcp:europe-west3-a", 8, 39.91, 40.00, 0.0905, 0.0905, 16},
		{"aws:us-east-1", "aws:eu-west-1", 8, 40.00, 40.00, 0.0205, 0.0205, 16},
	} {
		name := fmt.Sprintf("%s to %s, %d", c.from, c.to, c.machines)
		n, index := measured(t, c.machines)
		d := overlay.Demand{From: index[c.from], To: []int{index[c.to]}, Size: 100 * unit.GB}
		solve := func(rate, want float64, machines int) {
			d.Rate = rate * gbit
			begin := time.Now()
			p, err := overlay.Solve(t.Context(), n, d)
			require.NoError(t, err, name)
			took := time.Since(begin)
			require.NoError(t, overlay.Check(n, d, p), name)
			fee, used := float64(p.Cost)/1e9/100, 0
			for _, k := range p.Machines {
				used += k
			}
			t.Logf("%s: %.2f Gbit/s: $%.4f a GB, bound %.4f, %d machines, %d paths, %v", name, rate, fee, float64(p.CostBound)/1e9/100, used, len(p.Trees), took)
			require.InDelta(t, want, fee, 0.0003, name)
			require.LessOrEqual(t, p.CostBound, p.Cost)
			if machines > 0 {
				require.InDelta(t, machines, used, 1, name)
			}
			require.InDelta(t, c.most, p.BestRate/gbit, 0.006, name)
		}
		solve(c.direct, c.atDirect, 0)
		solve(0.95*c.most, c.atMost, c.count)
	}
}
