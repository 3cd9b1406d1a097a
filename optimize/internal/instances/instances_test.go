package instances

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func TestGraphs(t *testing.T) {
	t.Parallel()
	r := seeded(1)
	for _, c := range []struct {
		g             Graph
		stages, edges int // edges 0: not known beforehand
	}{
		{Chain(1000), 1000, 999},
		{Tree(r, 1000), 1000, 999},
		{Reduction(10), 1023, 1022},
		{Random(r, 50, 2), 50, 0},
		{Local(r, 500, 3, 6), 500, 0},
		{Layered(r, 50, 8, 3), 400, 0},
		{Joined(20, 10), 200, 1900},
		{Fan(100), 100, 196},
		{Hub(10_000), 10_001, 10_000},
	} {
		t.Run(c.g.Name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.stages, c.g.Stages)
			if c.edges > 0 {
				require.Len(t, c.g.Edges, c.edges)
			}
			seen := map[[2]int]bool{}
			for _, e := range c.g.Edges {
				require.Less(t, e[0], e[1])
				require.Less(t, e[1], c.stages)
				require.False(t, seen[e], "twice")
				seen[e] = true
			}
		})
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	c := NewCatalog(MakeGrid(seeded(1), 71), seeded(2))
	require.Equal(t, 47_528, c.Size())
	require.Len(t, c.machines, 528)

	n := Need{Work: General, Hours: 10, Memory: 16, NotCloud: "azure"}
	cheap, all := c.Expand(n, false), c.Expand(n, true)
	require.NotEmpty(t, cheap)
	require.Greater(t, len(all), 3*len(cheap))
	best := map[int]optimize.Option{}
	for i, o := range all {
		require.NotEqual(t, "azure", c.Grid.Regions[o.Class].Cloud)
		if p := i - 1; p >= 0 && all[p].Class == o.Class {
			require.Greater(t, o.Money, all[p].Money)
			require.Less(t, o.Time, all[p].Time)
		} else {
			best[o.Class] = o
		}
	}
	require.Len(t, best, len(cheap))
	for _, o := range cheap {
		require.InEpsilon(t, best[o.Class].Money, o.Money, 1e-6, "class %d", o.Class)
	}
	n.Pinned, n.Region, n.NotCloud = true, 4, ""
	require.Len(t, c.Expand(n, false), 1)
}

func TestMakeIsSoundAndRepeatable(t *testing.T) {
	t.Parallel()
	c := NewCatalog(MakeGrid(seeded(1), 12), seeded(2))
	for _, s := range []Spec{{}, {Timed: true}, {Resident: 0.5, Pinned: true, Data: 10}} {
		p := c.Make(seeded(3), Random(seeded(4), 20, 2), s)
		require.NoError(t, p.Validate())
		require.Equal(t, p, c.Make(seeded(3), Random(seeded(4), 20, 2), s))
		require.Equal(t, s.Pinned, len(p.Vars[0].Options) == 1)
	}
}

func TestMarketIsSound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := Market(seeded(seed), Random(seeded(seed), 9, 2), 5, 8)
		s, err := optimize.Solve(context.Background(), p, optimize.Limit{})
		require.NoError(t, err)
		require.Equal(t, optimize.Optimal, s.Status)
	}
}

const wfFormat = `{"workflow": {
  "specification": {
    "tasks": [
      {"name": "split_ID000001", "id": "split_ID000001", "parents": [], "inputFiles": ["in"], "outputFiles": ["a", "b"]},
      {"name": "blast_ID000002", "id": "blast_ID000002", "parents": ["split_ID000001"], "inputFiles": ["a", "b"], "outputFiles": ["c"]},
      {"name": "blast_ID000003", "id": "blast_ID000003", "parents": ["split_ID000001"], "inputFiles": ["x"], "outputFiles": []}],
    "files": [{"id": "in", "sizeInBytes": 9}, {"id": "a", "sizeInBytes": 1000}, {"id": "b", "sizeInBytes": 500}]},
  "execution": {"tasks": [{"id": "split_ID000001", "runtimeInSeconds": 1.5}, {"id": "blast_ID000002", "runtimeInSeconds": 20},
    {"id": "blast_ID000003", "runtimeInSeconds": 40}]}}}`

const dax = `<adag xmlns="http://pegasus.isi.edu/schema/DAX">
  <job id="1" name="split" runtime="1.5"><uses file="a" link="output" size="1000"/><uses file="b" link="output" size="500"/></job>
  <job id="2" name="blast" runtime="20"><uses file="a" link="input" size="1000"/><uses file="b" link="input" size="500"/></job>
  <job id="3" name="blast" runtime="40"/>
  <child ref="2"><parent ref="1"/></child><child ref="3"><parent ref="1"/></child>
</adag>`

func TestWorkflows(t *testing.T) {
	t.Parallel()
	a, err := ParseWfFormat([]byte(wfFormat))
	require.NoError(t, err)
	b, err := ParseDAX([]byte(dax))
	require.NoError(t, err)
	require.Equal(t, []Flow{{0, 1, 1500}, {0, 2, 0}}, a.Flows)
	require.Equal(t, a.Flows, b.Flows)
	for i := range a.Tasks {
		require.Equal(t, a.Tasks[i].Kind, b.Tasks[i].Kind)
		require.Equal(t, a.Tasks[i].Seconds, b.Tasks[i].Seconds)
	}
	_, err = ParseDAX([]byte(`<adag><job id="1"/><child ref="1"><parent ref="2"/></child></adag>`))
	require.ErrorContains(t, err, `no parent "2"`)

	c := NewCatalog(MakeGrid(seeded(1), 12), seeded(2))
	alike := c.Place(seeded(3), a, PlaceSpec{Alike: true})
	require.NoError(t, alike.Validate())
	require.Len(t, alike.Vars[0].Options, 1, "where its data is")
	require.Equal(t, alike.Vars[1].Options, alike.Vars[2].Options)
	require.Equal(t, int64(75), alike.Edges[0].KB)
	own := c.Place(seeded(3), a, PlaceSpec{Data: 1})
	require.False(t, slices.Equal(own.Vars[1].Options, own.Vars[2].Options))
	require.Equal(t, int64(2), own.Edges[0].KB)
}
