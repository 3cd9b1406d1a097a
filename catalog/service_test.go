package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
)

func fields(s string) []string { return strings.Fields(s) }

func want(t testing.TB, s string) Want {
	t.Helper()
	w, err := ParseService(s)
	require.NoError(t, err)
	return w
}

func parquetRecipe() Recipe { return Recipe{API: "tables", Submit: "query"} }

// managed is the small catalog with services: blue hosts an old spark and a newer one, red a fork of the newest.
func managed() Data {
	d := small()
	d.Services = Services{
		List: []Service{
			{Name: "spark", Kind: Codebase},
			{Name: "blob", Kind: Standard},
			{Name: "acid-table", Kind: Standard},
			{Name: "sql:2008", Kind: Standard},
			{Name: "lake", Kind: Codebase},
		},
		Products: []Product{
			{Cloud: "blue", Name: "Blue Spark", Offered: "blue-spark", Unit: PerHour, Recipe: Recipe{
				API: "spark", Start: "create", Submit: "run", Stop: "delete", Image: "spark:{version}",
				Params: []Param{{"release", "{release}"}, {"app", "{service}"}},
			}},
			{Cloud: "red", Name: "Red Spark", Recipe: Recipe{API: "fork", Submit: "run"}},
			{Cloud: "red", Name: "Red Store", Recipe: Recipe{API: "store", Protocol: "s3"}},
			{Cloud: "blue", Name: "Blue Store", Recipe: Recipe{API: "store", Protocol: "s3"}},
			{Cloud: "blue", Name: "Blue SQL", Recipe: parquetRecipe()},
		},
		Hostings: []Hosting{
			{Service: "spark", Cloud: "blue", Product: "Blue Spark", Release: "3.6", Version: "2.3"},
			{Service: "spark", Cloud: "blue", Product: "Blue Spark", Release: "8.2", Version: "3.1.1", Verdict: Verdict{
				State: Passed, Suite: "spark-tests", Version: "1", At: testSource().AsOf,
			}},
			{Service: "spark", Cloud: "blue", Product: "Blue Spark", Release: "9.9", Version: "3.1.3"},
			{Service: "spark", Cloud: "red", Product: "Red Spark", Release: "1", Version: "3.2.0+red.1", Verdict: Verdict{
				State: Failed, Suite: "spark-tests", Version: "1", At: testSource().AsOf, Failed: "window functions",
			}},
			{Service: "blob", Cloud: "red", Product: "Red Store", Native: []string{"replication", "lock"}},
			{Service: "blob", Cloud: "blue", Product: "Blue Store"},
			{Service: "sql:2008", Cloud: "blue", Product: "Blue SQL"},
		},
		Bolts: []Bolt{
			{Service: "acid-table", Engine: "delta", Over: "blob", Adds: []string{"time-travel"}},
			{Service: "lake", Engine: "lakehouse", Over: "acid-table", Version: "2.1", Image: "lake:2.1"},
		},
	}
	red, blue := place("red/north"), place("blue/paris")
	d.Offerings = append(d.Offerings,
		Offering{Service: "blue-spark", Place: blue, Price: dollars("0.5")},
		Offering{Service: "spark@3.2", Place: red, Price: dollars("0.4")},
		Offering{Service: "blob", Place: red, Price: dollars("0.02"), Unit: PerGBMonth},
		Offering{Service: "blob", Place: blue, Price: dollars("0.01"), Unit: PerGBMonth},
	)
	return d
}

func TestOffersByVersion(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	for text, ids := range map[string]string{
		"spark":              "red/north/spark@3.2/on-demand blue/paris/blue-spark/on-demand",
		"spark>=3.1":         "red/north/spark@3.2/on-demand blue/paris/blue-spark/on-demand",
		"spark@3.1.1":        "blue/paris/blue-spark/on-demand",
		"SPARK@3.1.x":        "blue/paris/blue-spark/on-demand",
		"spark@2.3":          "blue/paris/blue-spark/on-demand",
		"spark@2.3.2":        "",
		"spark@~3.2":         "red/north/spark@3.2/on-demand",
		"spark@4":            "",
		"SQL:2008":           "blue/paris/sql:2008/on-demand",
		"vm@1":               "",
		"flink":              "",
		"acid-table":         "blue/paris/blob/on-demand red/north/blob/on-demand",
		"lake@^2":            "blue/paris/blob/on-demand red/north/blob/on-demand",
		"blue-spark":         "", // what is asked for is a service, not what prices it
		"spark@2.3 || 3.2.x": "red/north/spark@3.2/on-demand blue/paris/blue-spark/on-demand",
	} {
		var got []string
		for _, o := range c.Offers(want(t, text), Query{}) {
			got = append(got, o.ID)
		}
		require.Equal(t, fields(ids), append([]string{}, got...), text)
	}
	require.Len(t, c.Offers(want(t, "vm"), Query{Cloud: "blue"}), len(c.Offerings(Query{Service: "vm", Cloud: "blue"})))
}

func TestOfferSaysHowToStart(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	o := c.Offers(want(t, "spark@2.3"), Query{})[0]
	require.Equal(t, "Blue Spark 3.6", o.Hosting.String())
	require.Equal(t, Recipe{
		API: "spark", Start: "create", Submit: "run", Stop: "delete", Image: "spark:2.3", Params: []Param{{"release", "3.6"}, {"app", "spark"}},
	}, o.Recipe)
	require.Equal(t, dollars("0.5"), o.Price)
	require.Equal(t, testSource(), o.Hosting.Source)
	lake := c.Offers(want(t, "lake"), Query{Cloud: "red"})[0]
	require.Equal(t, "lakehouse over acid-table (delta over blob)", lake.Hosting.Bolt)
	require.Equal(t, "lake:2.1", lake.Recipe.Image)
	p, ok := c.Product("blue", "Blue Spark")
	require.True(t, ok)
	require.Equal(t, PerHour, p.Unit)
	_, ok = c.Product("blue", "Red Spark")
	require.False(t, ok)
	s, ok := c.Service("sql:2008")
	require.True(t, ok)
	require.Equal(t, Standard, s.Kind)
	require.Equal(t, []string{"blue-spark", "spark@3.2"}, c.Names("spark"))
}

func TestProviderPrefersWhatPassedThenTheNewest(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	h, ok := c.Provider("blue", "blue-spark", want(t, "spark@^3"))
	require.True(t, ok)
	require.Equal(t, "8.2", h.Release)
	h, ok = c.Provider("blue", "blue-spark", want(t, "spark@>=3.1.2"))
	require.True(t, ok)
	require.Equal(t, "9.9", h.Release)
	d := managed()
	d.Offerings = append(d.Offerings, Offering{Service: "spark@4.0", Place: place("blue/paris"), Price: dollars("1")})
	c = newCatalog(t, d)
	h, ok = c.Provider("blue", "spark@4.0", want(t, "spark@>=3"))
	require.True(t, ok, "an offering that prices no hosting is what its name says")
	require.Equal(t, Hosting{Service: "spark", Cloud: "blue", Version: "4.0"}, h)
	_, ok = c.Provider("red", "spark@4.0", want(t, "spark"))
	require.False(t, ok)
}

func TestFeaturesOfWhatIsUnderABoltAreKept(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	w := want(t, "acid-table")
	require.Len(t, c.Hostings(w), 2, "each store gains tables")
	w.Features = []string{"replication", "time-travel"}
	hosts := c.Hostings(w)
	require.Len(t, hosts, 1)
	require.Equal(t, "red", hosts[0].Cloud)
	require.Equal(t, []string{"lock", "replication", "time-travel"}, hosts[0].Native)
	require.Equal(t, "feature: Blue Store lacks replication", c.WhyNot("blue", w))
}

func TestWhyNot(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	verified := func(s string) Want { w := want(t, s); w.Verified = true; return w }
	for _, x := range []struct {
		cloud string
		w     Want
		why   string
	}{
		{"blue", want(t, "spark@3.1.1"), ""},
		{"blue", want(t, "spark@4"), "version: Blue Spark 8.2 has 3.1.1, Blue Spark 9.9 has 3.1.3, Blue Spark 3.6 has 2.3"},
		{"red", want(t, "spark@3.1"), "version: Red Spark 1 has 3.2.0+red.1"},
		{"red", verified("spark"), "verification: Red Spark 1 is failed spark-tests 1 at window functions on 2025-11-30"},
		{"blue", verified("spark@3.1.3"), "verification: Blue Spark 9.9 is unverified"},
		{"blue", verified("spark@^3"), ""},
		{"blue", verified("vm"), "verification: vm of blue is unverified"},
		{"blue", want(t, "vm@3"), "version: vm of blue has an unknown one"},
		{"blue", want(t, "flink"), "nothing of blue is known to offer flink"},
		{"blue", want(t, "lake"), ""},
	} {
		require.Equal(t, x.why, c.WhyNot(x.cloud, x.w), "%s on %s", x.w, x.cloud)
	}
	d := managed()
	d.Offerings = d.Offerings[:len(d.Offerings)-4]
	require.Equal(t, "price: none is known for Blue Spark 8.2", newCatalog(t, d).WhyNot("blue", want(t, "spark@^3")))
}

func TestParseServiceRefuses(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"": "want a name", "@3": "want a name", "sp ark": "want a name", "spark@": "no version", "spark@x": "version \"x\"", "spark/1": "want a name",
	} {
		_, err := ParseService(text)
		require.ErrorContains(t, err, why, text)
	}
}

func TestServicesLoadBack(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, managed())
	back, err := Load(dir(c))
	require.NoError(t, err)
	require.Equal(t, c.Data().Services, back.Data().Services)
	require.Equal(t, c.Digest(), back.Digest())
	require.NotEqual(t, c.Digest(), newCatalog(t, small()).Digest())

	over := Data{Services: Services{Hostings: []Hosting{{
		Service: "spark", Cloud: "blue", Product: "Blue Spark", Release: "8.2", Version: "3.1.2", Source: testSource(),
	}}}}
	both, err := c.With(over)
	require.NoError(t, err)
	require.Empty(t, both.Hostings(want(t, "spark@3.1.1")), "the row above replaces the one below")
	require.Len(t, both.Hostings(want(t, "spark")), 4)

	h := c.Hostings(want(t, "blob"))
	h[1].Native[0] = "x"
	p, _ := c.Product("blue", "Blue Spark")
	p.Recipe.Params[0].Name = "x"
	require.Equal(t, back.Digest(), c.Digest(), "nothing above changed a row")
}

func TestServicesAreRefused(t *testing.T) {
	t.Parallel()
	for why, edit := range map[string]func(*Services){
		"has no recipe":                                          func(s *Services) { s.Products[0].Recipe = Recipe{} },
		"what is started must be stopped":                        func(s *Services) { s.Products[0].Recipe.Stop = "" },
		"want no braces but":                                     func(s *Services) { s.Products[0].Recipe.Params[0].Value = "{flavour}" },
		"parameter \"\"=\"x\"":                                   func(s *Services) { s.Products[0].Recipe.Params[0] = Param{"", "x"} },
		"unknown cloud \"green\"":                                func(s *Services) { s.Products[0].Cloud = "green" },
		"unknown unit \"week\"":                                  func(s *Services) { s.Products[0].Unit = "week" },
		"product \"blue/Blue Spark\": given twice":               func(s *Services) { s.Products[1] = s.Products[0] },
		"unknown product \"None\"":                               func(s *Services) { s.Hostings[0].Product = "None" },
		"hosting \"flink/blue/Blue Spark/3.6\": unknown service": func(s *Services) { s.Hostings[0].Service = "flink" },
		"version \"v3\"":                                         func(s *Services) { s.Hostings[0].Version = "v3" },
		"is a standard":                                          func(s *Services) { s.Hostings[4].Version = "1" },
		"feature \"lock\": given twice":                          func(s *Services) { s.Hostings[4].Native = []string{"lock", "lock"} },
		"say which suite":                                        func(s *Services) { s.Hostings[1].Verdict.Suite = "" },
		"without a verdict":                                      func(s *Services) { s.Hostings[1].Verdict.State = Unverified },
		"unknown verdict \"maybe\"":                              func(s *Services) { s.Hostings[1].Verdict.State = "maybe" },
		"name the check of a failed verdict":                     func(s *Services) { s.Hostings[3].Verdict.Failed = "" },
		"it follows from the bolts":                              func(s *Services) { s.Hostings[1].Bolt = "x" },
		"unknown kind \"thing\"":                                 func(s *Services) { s.List[0].Kind = "thing" },
		"name \"Spark\"":                                         func(s *Services) { s.List[0].Name = "Spark" },
		"bolt \"acid-table = delta over none\": unknown service \"none\"": func(s *Services) { s.Bolts[0].Over = "none" },
		"needs itself":                   func(s *Services) { s.Bolts[0].Over = "lake" },
		"service \"spark\": given twice": func(s *Services) { s.List[1].Name = "spark" },
	} {
		d := managed()
		edit(&d.Services)
		_, err := New(d)
		require.ErrorContains(t, err, why)
	}
}

func TestServiceFilesAreRefusedWithFileAndLine(t *testing.T) {
	t.Parallel()
	fsys := dir(newCatalog(t, small()))
	file := func(name, text string) { fsys[name] = &fstest.MapFile{Data: []byte(text)} }
	file("services.csv", "name,kind,source,as_of\nspark,codebase,x,2025-01-01\nsql:2008,law,x,2025-01-01\n")
	file("services_products.csv", "cloud,name,api,params,source,as_of\nblue,Blue Spark,,a,x,2025-01-01\nred,Red Spark,y,,x,2025-01-01\n")
	file("services_hosted.csv", "service,cloud,product,version,verified,source,as_of\nspark,blue,Blue Spark,3.x,,x,2025-01-01\nspark,red,Spark,3,soon,x,2025-01-01\n")
	_, err := Load(fsys)
	require.Error(t, err)
	for _, why := range []string{
		"services.csv:3: service \"sql:2008\": unknown kind \"law\"",
		"services_products.csv:2: params: \"a\": want name=value",
		"services_products.csv:3: product \"red/Red Spark\": has no recipe",
		"services_hosted.csv:2: hosting \"spark/blue/Blue Spark\": version \"3.x\"",
		"services_hosted.csv:3: verified: \"soon\": want a date",
	} {
		require.ErrorContains(t, err, why)
	}
}

func FuzzServiceFiles(f *testing.F) {
	f.Add("name,kind,source,as_of\nspark,codebase,x,2025-01-01\n", "cloud,name,api,submit,params,source,as_of\nblue,S,a,run,\"a={release}; b=c\",x,2025-01-01\n",
		"service,cloud,product,version,native,source,as_of\nspark,blue,S,3.1.1+b,x y,x,2025-01-01\n", "service,engine,over,source,as_of\n")
	f.Add("name,kind,source,as_of\na,standard,x,2025-01-01\nb,standard,x,2025-01-01\n", "cloud,name,api,source,as_of\n", "service,cloud,product,source,as_of\n",
		"service,engine,over,source,as_of\na,e,b,x,2025-01-01\nb,e,a,x,2025-01-01\n")
	small, err := New(small())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, services, products, hosted, bolts string) {
		fsys := dir(small)
		for name, text := range map[string]string{
			"services.csv": services, "services_products.csv": products, "services_hosted.csv": hosted, "services_bolts.csv": bolts,
		} {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		c, err := Load(fsys)
		if err != nil {
			return
		}
		back, err := Load(dir(c))
		require.NoError(t, err)
		require.Equal(t, c.Digest(), back.Digest())
		set := c.Compatibility(nil)
		require.GreaterOrEqual(t, set.Size(), 1, "vm is offered twice")
	})
}

func TestOpenAt(t *testing.T) {
	t.Parallel()
	d := small()
	day := func(y int) time.Time { return time.Date(y, 12, 20, 0, 0, 0, 0, time.UTC) }
	d.Regions[0].Since = day(2023)
	c := newCatalog(t, d)
	back, err := Load(dir(c))
	require.NoError(t, err)
	require.Equal(t, c.Digest(), back.Digest())
	then, err := c.OpenAt(day(2022))
	require.NoError(t, err)
	require.Len(t, then.Regions(), len(c.Regions())-1)
	for _, o := range then.Offerings(Query{}) {
		require.NotEqual(t, d.Regions[0].Place, o.Place.InRegion())
	}
	now, err := c.OpenAt(day(2023))
	require.NoError(t, err)
	require.Equal(t, c.Digest(), now.Digest())
}
