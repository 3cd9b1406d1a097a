package catalog_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
)

// good is a small catalog as files. Row one of each file is on line 2, but for offerings, which begin with a comment.
func good() map[string]string {
	return map[string]string{
		"clouds.csv":  "name,operator,source,as_of\nred,US,page,2025-11-30\n",
		"regions.csv": "cloud,region,country,latitude,longitude,zones,carbon,source,as_of\nred,north,US,40,-83,a b,400,page,2025-11-30\n",
		"types.csv":   "cloud,name,cpus,memory,accelerator,watts,source,as_of\nred,m.large,2,8 GiB,,,page,2025-11-30\nred,gpu.4,32,244GiB,v100:4,1200,page,2025-11-30\n",
		"offerings.csv": "# prices\nservice,place,type,market,price,unit,minimum,capacity,free,source,as_of\n" +
			"vm,red/north,m.large,,0.096,,1m0s,,,page,2025-11-30\nvm,red/north/a,gpu.4,spot,3.67,hour,,8,,page,2025-11-30T12:00:00Z\n",
		"links.csv": "from,to,egress,free,bandwidth,latency,source,as_of\nred,*,0.09,,1.25e9,250ms,page,2025-11-30\n",
	}
}

func files(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c, err := Load(files(good()))
	require.NoError(t, err)
	o, ok := c.Offering("red/north/a/vm/gpu.4/spot")
	require.True(t, ok)
	require.Equal(t, Accelerator{Kind: "v100", Count: 4}, o.Type.Accelerator)
	require.Equal(t, 1200.0, *o.Type.Watts)
	require.Equal(t, 8, o.Capacity)
	r, _ := c.Region(o.Place)
	require.Equal(t, []string{"a", "b"}, r.Zones)
	l, ok := c.Link(place("red/north"), place("elsewhere"))
	require.True(t, ok)
	require.Equal(t, 1.25e9, l.Bandwidth)
}

func TestLoadIgnoresOrderOfColumnsAndByteOrderMark(t *testing.T) {
	t.Parallel()
	texts := good()
	texts["clouds.csv"] = "\ufeffsource,as_of,operator,name\r\npage,2025-11-30,US,red\r\n"
	c, err := Load(files(texts))
	require.NoError(t, err)
	want, err := Load(files(good()))
	require.NoError(t, err)
	require.Equal(t, want.Digest(), c.Digest())
}

func TestLoadNamesFileAndLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, old, new, want string }{
		{"clouds.csv", "US", "USA", `clouds.csv:2: cloud "red": operator "USA"`},
		{"clouds.csv", "page", "", `clouds.csv:2: cloud "red": has no source`},
		{"clouds.csv", "2025-11-30", "", `clouds.csv:2: cloud "red": has no date`},
		{"clouds.csv", "2025-11-30", "30.11.2025", `clouds.csv:2: as_of: "30.11.2025": want a date`},
		{"clouds.csv", "red,US", "red,US,more", `clouds.csv:2: has 5 cells: want 4`},
		{"clouds.csv", "red,US,page,2025-11-30", "red", `clouds.csv:2: has 1 cells: want 4`},
		{"clouds.csv", "red,US", "red,\"U\"S", `clouds.csv:2: column 7: `},
		{"clouds.csv", "operator", "boss", `clouds.csv:1: unknown column "boss"`},
		{"clouds.csv", "operator", "name", `clouds.csv:1: column "name" is given twice`},
		{"clouds.csv", "as_of", "title", `clouds.csv:1: no column "as_of"`},
		{"regions.csv", "red,north", "green,north", `regions.csv:2: region "green/north": unknown cloud "green"`},
		{"regions.csv", ",US,", ",us,", `regions.csv:2: region "red/north": country "us"`},
		{"regions.csv", ",40,", ",400,", `regions.csv:2: region "red/north": latitude 400`},
		{"regions.csv", ",40,", ",,", `regions.csv:2: has only one of latitude and longitude`},
		{"regions.csv", ",40,", ",NaN,", `regions.csv:2: latitude: "NaN": want a decimal number`},
		{"regions.csv", ",400,", ",-1,", `regions.csv:2: region "red/north": carbon -1`},
		{"types.csv", ",2,", ",two,", `types.csv:2: cpus: "two": want a whole number`},
		{"types.csv", "8 GiB", "8 GiBs", `types.csv:2: memory: size "8 GiBs"`},
		{"types.csv", "8 GiB", "", `types.csv:2: type "red/m.large": memory 0 bytes`},
		{"types.csv", "v100:4", "v100:none", `types.csv:3: accelerator: accelerator "v100:none"`},
		{"types.csv", "1200", "0", `types.csv:3: type "red/gpu.4": watts 0`},
		{"types.csv", "gpu.4", "m.large", `types.csv:3: type "red/m.large": given twice: first on line 2`},
		{"offerings.csv", "0.096", "0", `offerings.csv:3: offering "red/north/vm/m.large/on-demand": price is 0`},
		{"offerings.csv", "0.096", "", `offerings.csv:3: price is empty`},
		{"offerings.csv", "0.096", "-1", `offerings.csv:3: offering "red/north/vm/m.large/on-demand": price -$1.00 is negative`},
		{"offerings.csv", "0.096", "2001", `offerings.csv:3: offering "red/north/vm/m.large/on-demand": price $2001.00 is not believed`},
		{"offerings.csv", "0.096", "NaN", `offerings.csv:3: price: money "NaN"`},
		{"offerings.csv", "m.large,,", "m.small,,", `offerings.csv:3: offering "red/north/vm/m.small/on-demand": unknown type "m.small"`},
		{"offerings.csv", "red/north,", "red/south,", `unknown region "red/south"`},
		{"offerings.csv", "red/north/a", "red/north/c", `offerings.csv:4: offering "red/north/c/vm/gpu.4/spot": unknown zone "c"`},
		{"offerings.csv", "red/north/a", "red//a", `offerings.csv:4: place: place "red//a"`},
		{"offerings.csv", ",hour,", ",year,", `unknown unit "year"`},
		{"offerings.csv", ",8,,page", ",8,no,page", `offerings.csv:4: free: "no": want yes or nothing`},
		{"offerings.csv", "1m0s", "1 minute", `offerings.csv:3: minimum: `},
		{"offerings.csv", "red/north/a,gpu.4,spot", "red/north,m.large,spot", `offerings.csv:4: offering "red/north/vm/m.large/spot": spot price $3.67 is above`},
		{"offerings.csv", "red/north/a,gpu.4,spot", "red/north,m.large,", `offerings.csv:4: offering "red/north/vm/m.large/on-demand": given twice: first on line 3`},
		{"links.csv", "0.09", "0", `links.csv:2: link "red to *": egress is 0`},
		{"links.csv", "red,*", "*,red", `links.csv:2: link "* to red": unknown cloud "*"`},
		{"links.csv", "250ms", "fast", `links.csv:2: latency: `},
		{"links.csv", good()["links.csv"], "", `links.csv: has no line of column names`},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			texts := good()
			require.Contains(t, texts[c.file], c.old)
			texts[c.file] = strings.Replace(texts[c.file], c.old, c.new, 1)
			_, err := Load(files(texts))
			require.ErrorContains(t, err, c.want)
			var p *Problem
			require.ErrorAs(t, err, &p)
			require.NotEmpty(t, p.File)
		})
	}
}

func TestLoadReportsEverythingAtOnceInOrder(t *testing.T) {
	t.Parallel()
	texts := good()
	texts["types.csv"] = strings.Replace(texts["types.csv"], ",2,", ",two,", 1)
	texts["offerings.csv"] = strings.Replace(texts["offerings.csv"], "3.67", "0", 1)
	texts["regions.csv"] = strings.Replace(texts["regions.csv"], ",US,", ",XX,", 1)
	_, err := Load(files(texts))
	require.EqualError(t, err, `offerings.csv:4: offering "red/north/a/vm/gpu.4/spot": price is 0: leave the row out if the price is unknown, or say that it is free`+"\n"+
		`regions.csv:2: region "red/north": country "XX": want an ISO 3166-1 code of two capital letters such as DE`+"\n"+
		`types.csv:2: cpus: "two": want a whole number`)
}

func TestLoadMissingFile(t *testing.T) {
	t.Parallel()
	texts := good()
	delete(texts, "regions.csv")
	_, err := Load(files(texts))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "regions.csv: open")
	require.NotContains(t, err.Error(), "unknown region", "what refers to a file that was not read is not blamed")
}

type brokenFS struct{ fs.FS }

func (b brokenFS) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if name == "links.csv" {
		return brokenFile{f}, err
	}
	return f, err
}

type brokenFile struct{ fs.File }

var errDisk = errors.New("disk on fire")

func (brokenFile) Read([]byte) (int, error) { return 0, errDisk }

func TestLoadReadError(t *testing.T) {
	t.Parallel()
	_, err := Load(brokenFS{files(good())})
	require.ErrorIs(t, err, errDisk)
	require.ErrorContains(t, err, "links.csv")
}

func TestFilesLoadBackToTheSameDigest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := someData(rt)
		watts, carbon := rapid.Float64Range(1, 1e5).Draw(rt, "watts"), rapid.Float64Range(0, 2000).Draw(rt, "carbon")
		d.Types[0].Watts, d.Regions[0].Carbon = &watts, &carbon
		d.Regions[0].History = []CarbonYear{{2022, carbon}, {2023, watts / 100}}
		if d.Regions[0].Place.Cloud == d.Regions[1].Place.Cloud {
			d.Regions[1].Parent = d.Regions[0].Place.Region
		}
		d.Regions[1].Latitude = rapid.Float64Range(-90, 90).Draw(rt, "latitude")
		d.Links[0].Bandwidth = rapid.Float64Range(0, 1e12).Draw(rt, "bandwidth")
		d.Clouds[0].Title = rapid.SampledFrom([]string{"", `The "Red", Inc.`, "#1", "Ciel rosé"}).Draw(rt, "title")
		c := newCatalog(t, d)
		back, err := Load(dir(c))
		require.NoError(rt, err)
		require.Equal(rt, c.Digest(), back.Digest())
		require.Equal(rt, c.Files(), back.Files())
	})
}

func TestLoadRefusesEdgeSitesOfNothing(t *testing.T) {
	t.Parallel()
	const head = "cloud,region,parent,carbon_years,source,as_of\n"
	for row, want := range map[string]string{
		"red,north,,,page,2025-11-30\nred,edge,south,,page,2025-11-30\n":                                `parent "south": want a region`,
		"red,north,,,page,2025-11-30\nred,edge,north,,page,2025-11-30\nred,rim,edge,,page,2025-11-30\n": `parent "edge": want a region`,
		"red,north,,2023=1 2022=2,page,2025-11-30\n":                                                    "ascending",
		"red,north,,2023,page,2025-11-30\n":                                                             "want a year and grams",
		"red,north,,x=1,page,2025-11-30\n":                                                              "want a whole number",
		"red,north,,2023=x,page,2025-11-30\n":                                                           "want a decimal number",
		"red,north,,2023=9000,page,2025-11-30\n":                                                        "carbon of a year",
	} {
		f := good()
		f["regions.csv"] = head + row
		_, err := Load(files(f))
		require.ErrorContains(t, err, want, row)
	}
}

func TestParseAccelerator(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Accelerator{"v100:4": {Kind: "v100", Count: 4}, "t4": {Kind: "t4", Count: 1}} {
		got, err := ParseAccelerator(s)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, s := range []string{"", ":4", "v100:", "v100:0", "v100:-1", "V100:1", "v100:4:4", "v 100"} {
		_, err := ParseAccelerator(s)
		require.Error(t, err, "%q", s)
	}
	require.Empty(t, Accelerator{}.String())
	require.Equal(t, "v100:4", Accelerator{Kind: "v100", Count: 4}.String())
}

func FuzzLoad(f *testing.F) {
	g := good()
	add := func(t map[string]string) {
		f.Add(t["clouds.csv"], t["regions.csv"], t["types.csv"], t["offerings.csv"], t["links.csv"])
	}
	add(g)
	g["clouds.csv"] = "name,source,as_of\n\"red\",\"a\"\"b\",0001-01-01T00:00:00Z\n"
	add(g)
	g["offerings.csv"] = "id,service,place,price,free,source,as_of\nx,sql:2008,red/north,0,yes,page,2025-11-30\n"
	add(g)
	g = good()
	g["offerings.csv"] = "service,place,type,market,price,increment,preemption,term,upfront,opens,closes,source,as_of\n" +
		"vm,red/north,m.large,spot,1,1s,0.25,,,,,page,2025-11-30\n" +
		"vm,red/north,m.large,reserved,1,1h,,8760h,20.5,2026-01-01,2026-02-01T10:00:00Z,page,2025-11-30\n"
	g["links.csv"] = "from,to,egress,tiers,waives,rtt,source,as_of\nred,*,0.09,10TB=0.085 50TB=0.07,,,page,2025-11-30\nred,red,unknown,,yes,12ms,page,2025-11-30\n"
	add(g)
	f.Fuzz(func(t *testing.T, clouds, regions, types, offerings, links string) {
		c, err := Load(files(map[string]string{
			"clouds.csv": clouds, "regions.csv": regions, "types.csv": types, "offerings.csv": offerings, "links.csv": links,
		}))
		if err != nil {
			var p *Problem
			require.ErrorAs(t, err, &p)
			return
		}
		back, err := Load(dir(c))
		require.NoError(t, err)
		require.Equal(t, c.Digest(), back.Digest())
	})
}

func FuzzParsePlace(f *testing.F) {
	for _, s := range []string{"aws", "aws/us-east-1", "aws/us-east-1/a", "", "/", "a//b", "a/b/c/d", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePlace(s)
		if err != nil {
			return
		}
		require.Equal(t, s, p.String())
		text, err := p.MarshalText()
		require.NoError(t, err)
		var back Place
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, p, back)
		require.True(t, p.InRegion().Contains(p))
	})
}
