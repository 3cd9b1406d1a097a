package instances

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/optimize"
)

// Region is a place of the grid.
type Region struct {
	ID, Cloud, Continent string
}

// Grid is the regions and what moving a GB between them costs (micro-dollars) and takes (milliseconds).
type Grid struct {
	Regions []Region
	Tariff  optimize.Tariff
}

// ReadGrid reads the folder network/ of the data: prices and measured throughput among 71 regions of three clouds.
func ReadGrid(data string) (*Grid, error) {
	prices := filepath.Join(data, "network", "egress_usd_per_gb_71.csv")
	speeds := filepath.Join(data, "network", "throughput_2022-11-28.csv")
	price, err := readPairs(prices)
	if err != nil {
		return nil, err
	}
	speed, err := readPairs(speeds)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, 71)
	for p := range speed {
		ids = append(ids, p[0], p[1])
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	g := newGrid(ids)
	for a, from := range ids {
		for b, to := range ids {
			if a == b {
				continue
			}
			usd, ok := price[[2]string{from, to}]
			gbps := speed[[2]string{from, to}]
			if !ok || gbps <= 0 {
				return nil, fmt.Errorf("%s to %s: no price in %s or no throughput in %s", from, to, prices, speeds)
			}
			g.Tariff.Money[a*len(ids)+b] = int64(math.Round(usd * 1e6))
			g.Tariff.Time[a*len(ids)+b] = int64(math.Round(8000 / gbps))
		}
	}
	return g, nil
}

// MakeGrid invents a grid of three clouds, for tests that have no data.
func MakeGrid(r *rand.Rand, regions int) *Grid {
	clouds := []string{"aws", "azure", "gcp"}
	parts := []string{"us", "eu", "ap"}
	ids := make([]string, regions)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s:%s-%02d", clouds[i%3], parts[i/3%3], i)
	}
	g := newGrid(ids)
	for a := range ids {
		for b := range ids {
			i := a*regions + b
			switch {
			case a == b:
			case a%3 == b%3:
				g.Tariff.Money[i], g.Tariff.Time[i] = 20_000, 800+r.Int64N(800)
			default:
				g.Tariff.Money[i], g.Tariff.Time[i] = 80_000+10_000*int64(a%5), 1000+r.Int64N(3000)
			}
		}
	}
	return g
}

func newGrid(ids []string) *Grid {
	n := len(ids)
	g := &Grid{Tariff: optimize.Tariff{Money: make([]int64, n*n), Time: make([]int64, n*n)}}
	for _, id := range ids {
		cloud, name, _ := strings.Cut(id, ":")
		g.Regions = append(g.Regions, Region{id, cloud, continent(name)})
	}
	return g
}

// continent is a rough guess by name, good enough to have rules of residency.
func continent(name string) string {
	for _, mark := range []string{"eu", "uk", "france", "germany", "norway", "sweden", "switzerland"} {
		if strings.HasPrefix(name, mark) {
			return "EU"
		}
	}
	for _, mark := range []string{"us", "ca-", "canada", "sa-", "south", "north", "west", "east", "central", "brazil"} {
		if strings.HasPrefix(name, mark) && !strings.Contains(name, "asia") && !strings.Contains(name, "india") {
			return "AM"
		}
	}
	return "APAC"
}

// readPairs reads a table of source, destination, number with one line of titles.
func readPairs(path string) (map[[2]string]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pairs := make(map[[2]string]float64, len(rows))
	for i, row := range rows {
		if i == 0 {
			continue
		}
		n, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		pairs[[2]string{row[0], row[1]}] = n
	}
	return pairs, nil
}

// DataFolder finds the folder of real figures: BROKER_DATA, or shared/data beside the checkout's root.
func DataFolder() (string, error) {
	data := os.Getenv("BROKER_DATA")
	if data == "" {
		root, err := filepath.Abs(".")
		if err != nil {
			return "", err
		}
		for root != filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			root = filepath.Dir(root)
		}
		data = filepath.Join(filepath.Dir(root), "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(data, "network")); err != nil {
		return "", fmt.Errorf("no data: set BROKER_DATA to its folder: %w", err)
	}
	return data, nil
}
