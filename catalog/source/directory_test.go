package source_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := source.Directory{FS: os.DirFS("testdata/cellar"), Title: "cellar", Source: before}
	c, report, err := source.Load(t.Context(), base(t), dir)
	require.NoError(t, err)
	require.Empty(t, report.Defects)
	o, ok := c.Offering("cellar/berlin/vm/big/on-demand")
	require.True(t, ok)
	require.Equal(t, usd(t, "0.35"), o.Price)
	require.Equal(t, 12, o.Capacity)
	require.Equal(t, catalog.Source{Name: "operations handbook", AsOf: day}, o.Source)
	require.Equal(t, 512*unit.GiB, o.Type.Memory)
	require.Equal(t, catalog.Accelerator{Kind: "a100", Count: 4}, o.Type.Accelerator)
	store, ok := c.Offering("cellar/berlin/blob/on-demand")
	require.True(t, ok)
	require.True(t, store.Free)
	cellar, ok := c.Cloud("cellar")
	require.True(t, ok)
	require.Equal(t, before, cellar.Source) // the CSV names none: that of the directory
	berlin, ok := c.Region(catalog.Place{Cloud: "cellar", Region: "berlin"})
	require.True(t, ok)
	require.Equal(t, []string{"hall-1", "hall-2"}, berlin.Zones)
}

// Written by hand, so a mistake fails the source, once all mistakes are told with file and line.
func TestDirectoryMistakes(t *testing.T) {
	t.Parallel()
	old := base(t)
	c, report, err := source.Load(t.Context(), old, source.Directory{FS: os.DirFS("testdata/cellar_bad")})
	require.ErrorContains(t, err, `7 rows cannot be read, the first at machines.yaml:4: regions: unknown column "countr"`)
	require.Same(t, old, c)
	var told []string
	for _, d := range report.Defects {
		require.False(t, d.Kept)
		told = append(told, d.Where.String()+" "+strings.SplitN(d.Reason, ": want", 2)[0])
	}
	require.Equal(t, []string{
		`machines.yaml:4 regions: unknown column "countr"`,
		`machines.yaml:5 regions: line 5: key "region" is given twice: first on line 5`,
		`machines.yaml:7 types: cpus: "many"`,
		`machines.yaml:8 types: line 8: anchors and aliases are refused: write the value out`,
		`machines.yaml:9 types: line 9: anchors and aliases are refused: write the value out`,
		`machines.yaml:11 offerings: price: money "dear": "dear" is not a decimal number of dollars with at most nine digits after the point`,
		`machines.yaml:12 offerings: line 12`,
	}, told)
}

func TestDirectoryFilesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"prices.csv", "a,b\n", `no table is called "prices"`},
		{"clouds.csv", "", "no line of column names"},
		{"clouds.csv", "name,colour\n", `unknown column "colour"`},
		{"clouds.csv", "name,name\n", "given twice"},
		{"clouds.csv", "name\n\"x", "quote"},
		{"a.yaml", "clouds: [", "a.yaml"},
		{"a.yaml", "", "a.yaml"},
		{"a.yaml", "just words", "line 1: want keys with values"},
		{"a.yaml", "clouds: []\nprices: []", `line 2: unknown key "prices"`},
		{"a.yaml", "clouds: {}", "line 1: clouds: want a list of rows"},
		{"a.yaml", "source: {a: b}", "want a word"},
		{"a.yaml", "as_of: yesterday", "line 1: as_of: \"yesterday\": want a date"},
		{"a.yaml", "clouds:\n- {name: {a: b}}", "a.yaml:2: clouds: name: line 2: want a word"},
		{"a.yaml", "clouds:\n- {name: [[a]]}", "want a list of words"},
		{"a.yaml", "clouds:\n- {<<: {name: x}}", "want a word"},
		{"a.yaml", "clouds:\n- {[a]: x}", "want a word as key"},
		{"a.yaml", "clouds: []\n---\nclouds: []", "a.yaml"},
		{"a.yaml", strings.Repeat("[", 20_000), "a.yaml"},
		{"a.yaml", "# " + strings.Repeat("x", 65<<20), "larger than allowed"},
	} {
		d := drain(source.Directory{FS: fstest.MapFS{c.name: {Data: []byte(c.text)}}}.Rows(t.Context()))
		require.ErrorContains(t, d.err, c.want, "%s", c.text[:min(len(c.text), 80)])
	}
	d := drain(source.Directory{FS: fstest.MapFS{"README.md": {}, ".hidden.yaml": {}, "sub/clouds.csv": {Data: []byte("x")}}}.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Empty(t, d.rows)
	d = drain(source.Directory{FS: os.DirFS("testdata/nowhere")}.Rows(t.Context()))
	require.ErrorIs(t, d.err, fs.ErrNotExist)
	d = drain(source.File(os.DirFS("testdata"), "nowhere.csv", source.AWSCSV).Rows(t.Context()))
	require.ErrorIs(t, d.err, fs.ErrNotExist)
}

// What the catalog writes comes back the same through a directory, whatever is in it.
func TestDirectoryReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	embedded, err := catalog.Embedded()
	require.NoError(t, err)
	require.Equal(t, tables(embedded), tables(reread(t, embedded)))
	rapid.Check(t, func(t *rapid.T) {
		c := base(t)
		d := c.Data()
		for i := range d.Offerings {
			d.Offerings[i].Price = unit.Price(rapid.Int64Range(1, 1e12).Draw(t, "price"))
			d.Offerings[i].Capacity = rapid.IntRange(0, 1e6).Draw(t, "capacity")
			d.Offerings[i].Source.Name = rapid.StringMatching(`[a-z]{1,8}( "[a-z]{1,8}", \?#)?`).Draw(t, "source")
		}
		c, err := catalog.New(d)
		require.NoError(t, err)
		require.Equal(t, c.Digest(), reread(t, c).Digest())
	})
}

// reread writes the tables that a directory may have and loads them into nothing.
func reread(t require.TestingT, c *catalog.Catalog) *catalog.Catalog {
	files := fstest.MapFS{}
	for _, f := range c.Files() {
		switch f.Name {
		case "clouds.csv", "regions.csv", "types.csv", "offerings.csv", "links.csv":
			files[f.Name] = &fstest.MapFile{Data: f.Content}
		}
	}
	again, report, err := source.Load(ctxOf(t), nil, source.Directory{FS: files})
	require.NoError(t, err)
	require.Empty(t, report.Defects)
	return again
}

// tables is the five tables by themselves.
func tables(c *catalog.Catalog) catalog.Data {
	d := c.Data()
	return catalog.Data{Clouds: d.Clouds, Regions: d.Regions, Types: d.Types, Offerings: d.Offerings, Links: d.Links}
}
