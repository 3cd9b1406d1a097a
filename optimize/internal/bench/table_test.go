//go:build bench

package bench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize/internal/instances"
	"github.com/openintercloud/broker/optimize/internal/oracle"
)

// bench is what all rows need. BENCH_SEEDS is the number of seeds (5), BENCH_OTHERS on how many of them the other solvers are
// asked too (as many), BENCH_LIMIT the seconds they get (120), BENCH_ROWS an expression for the names of rows (all),
// BENCH_TABLE a file to write the table to.
type bench struct {
	catalog *instances.Catalog
	runs    []*instances.Workflow
	solvers []oracle.Solver
	limit   time.Duration
	asked   int
}

func TestTable(t *testing.T) {
	data, err := instances.DataFolder()
	require.NoError(t, err)
	grid, err := instances.ReadGrid(data)
	require.NoError(t, err)
	runs, err := instances.ReadWorkflows(data)
	require.NoError(t, err)
	solvers, err := oracle.Solvers(context.Background())
	require.NoError(t, err)
	seeds := number(t, "BENCH_SEEDS", 5)
	b := &bench{
		catalog: instances.NewCatalog(grid, seeded("catalog", 1)), runs: runs, solvers: solvers,
		limit: time.Duration(number(t, "BENCH_LIMIT", 120)) * time.Second,
	}
	asked := number(t, "BENCH_OTHERS", seeds)
	wanted := regexp.MustCompile(cmp.Or(os.Getenv("BENCH_ROWS"), "."))
	var table strings.Builder
	table.WriteString(head(b.catalog.Size(), seeds, b.limit))
	for _, row := range b.rows() {
		if !wanted.MatchString(row.name) {
			continue
		}
		var all []sample
		ok := t.Run(row.name, func(t *testing.T) {
			for seed := range seeds {
				b.asked = max(0, asked-seed)
				got := row.run(t, seeded(cmp.Or(row.like, row.name), seed))
				for _, s := range got {
					t.Logf("seed %d: %s, proved %v, gap %.4f %%, width %d, others %v", seed, describe(s, cmp.Or(row.unit, "ms")), s.proved, 100*s.gap, s.width, s.theirs)
				}
				all = append(all, got...)
			}
		})
		line := b.line(row, all, ok)
		t.Log(line)
		table.WriteString(line + "\n")
	}
	if path := os.Getenv("BENCH_TABLE"); path != "" {
		require.NoError(t, os.WriteFile(path, []byte(table.String()), 0o644))
	}
	fmt.Println(table.String())
}

func number(t *testing.T, key string, otherwise int) int {
	text := os.Getenv(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, key)
	return n
}

func head(size, seeds int, limit time.Duration) string {
	return fmt.Sprintf(`# Benchmarks of the optimizer

Written by `+"`make bench`"+` (the package optimize/internal/bench makes it; its environment variables are described there). Machine: %d cores, %s, %s/%s.

Every problem is priced on a grid of 71 real regions with a synthetic catalog of %d offerings; edges are log-normal
(median 1.8 GB, sigma 2.5). Each row has %d seeds or more. "Proved" counts the instances solved to proven optimality, "worst gap" is
the largest proven distance to the optimum where not. "Width" is the largest treewidth found by a greedy order. Times are of
the solve alone, unless said otherwise; quick ones are the median of three runs.

CBC, GLPK and HiGHS get the reduced model (one value per region, or the undominated ones when time counts; continuous edge
variables), a gap of zero and %v. Their columns say how many times longer they took, median and worst (for us) over the seeds,
and how many they proved; ≥ means that some ran into the limit. The time of CBC and GLPK is that of the process, that of HiGHS
leaves out starting Python.

| instance | goal | median | worst | p90 | proved | worst gap | width | CBC | GLPK | HiGHS |
|---|---|---|---|---|---|---|---|---|---|---|
`, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, size, seeds, limit)
}

// line prints a row of the table.
func (b *bench) line(r row, all []sample, ok bool) string {
	if len(all) == 0 || !ok {
		return fmt.Sprintf("| %s | %s | failed | | | | | | | | |", r.name, r.goal)
	}
	var values []float64
	proved, gap, wide := 0, 0.0, 0
	for _, s := range all {
		values = append(values, s.millis)
		if s.proved {
			proved++
		} else {
			gap = max(gap, s.gap)
		}
		wide = max(wide, s.width)
	}
	slices.Sort(values)
	unit := cmp.Or(r.unit, "ms")
	show := func(q float64) string {
		return short(values[min(len(values)-1, int(q*float64(len(values))))]) + " " + unit
	}
	gapText := "–"
	if proved < len(all) {
		gapText = fmt.Sprintf("%.3f %%", 100*gap)
	}
	cells := []string{r.name, r.goal, show(0.5), show(1), show(0.9), fmt.Sprintf("%d/%d", proved, len(all)), gapText, strconv.Itoa(wide)}
	for _, name := range []string{"CBC", "GLPK", "HiGHS"} {
		cells = append(cells, versus(all, name))
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// versus prints how much longer another solver took.
func versus(all []sample, name string) string {
	var ratios []float64
	proved, cut, lost := 0, "", 0
	for _, s := range all {
		o, asked := s.theirs[name]
		switch {
		case !asked:
			continue
		case o.lost:
			lost++
			continue
		case o.proved:
			proved++
		default:
			cut = "≥ "
		}
		ratios = append(ratios, o.millis/s.millis)
	}
	if len(ratios) == 0 {
		return "–"
	}
	slices.Sort(ratios)
	text := fmt.Sprintf("%s%s×, worst %s×, %d/%d", cut, short(ratios[len(ratios)/2]), short(ratios[0]), proved, len(ratios))
	if lost > 0 {
		text += fmt.Sprintf(", %d crashed", lost)
	}
	return text
}

// short prints three digits, and thousands with a comma.
func short(x float64) string {
	if x < 100 {
		return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.*f", max(0, 2-len(strconv.Itoa(int(x)))+1), x), "0"), ".")
	}
	text := strconv.Itoa(int(x + 0.5))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
