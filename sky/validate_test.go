package sky_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/sky"
)

// fromJSON is a job with some parts given as JSON, as it comes from strangers.
func fromJSON(t *testing.T, parts string) *sky.Job {
	t.Helper()
	var j sky.Job
	require.NoError(t, j.UnmarshalJSON([]byte(`{"version":1,"name":"x",`+parts+`}`)), parts)
	return &j
}

func TestHostileJSONIsAMistakeNotAPanic(t *testing.T) {
	t.Parallel()
	for parts, want := range map[string]string{
		`"stages":null`:           "has no stages",
		`"stages":[null]`:         `stage "": a name is`,
		`"stages":[{"name":"a"}]`: "runs nothing",
		`"stages":[{"name":"a","script":"x","reads":["a/"]}]`:                                                                                  `reads "a/", which nothing writes`,
		`"stages":[{"name":"a","script":"x","reads":["/"]}]`:                                                                                   `reads "/", which nothing writes`,
		`"stages":[{"name":"a","script":"x","writes":[{"name":"o"}],"reads":["a/o"]}]`:                                                         "waits for itself: a after a",
		`"stages":[{"name":"a","script":"x","after":["a"]}]`:                                                                                   "waits for itself: a after a",
		`"stages":[{"name":"a","script":"x","after":["z"]}]`:                                                                                   `comes after "z", which is not a stage`,
		`"stages":[{"name":"a","script":"x","either":[null]}],"groups":[null]`:                                                                 "unknown level",
		`"stages":[{"name":"a","script":"x","nodes":-1}]`:                                                                                      "runs on -1 nodes",
		`"stages":[{"name":"a","script":"x","nodes":1000000000}]`:                                                                              "want at least 1 and at most 100000",
		`"stages":[{"name":"a","script":"x","retry":-1}]`:                                                                                      "must not be negative",
		`"stages":[{"name":"a","script":"x","needs":[{"kind":"luck"}]}]`:                                                                       `unknown need "luck"`,
		`"stages":[{"name":"a","script":"x","needs":[{"kind":"feature"}]}]`:                                                                    "need feature: name it",
		`"stages":[{"name":"a","script":"x","service":"spark@^x"}]`:                                                                            `version "x"`,
		`"stages":[{"name":"a","script":"x","needs":[{"kind":"memory","count":-5}]}]`:                                                          "want more than 0",
		`"stages":[{"name":"a","script":"x","rules":[{"kind":"on","values":["x"]}]}]`:                                                          `unknown rule "on"`,
		`"stages":[{"name":"a","script":"x","rules":[{"kind":"in","values":null}]}]`:                                                           "names nothing",
		`"stages":[{"name":"a","script":"x","rules":[{"kind":"regions","values":["aws"]}]}]`:                                                   `"aws": want cloud/region`,
		`"stages":[{"name":"a","script":"x","estimate":{"power":99}}]`:                                                                         "the power must be between 0 and 8",
		`"stages":[{"name":"a","script":"x","env":{"":"x"}}]`:                                                                                  `environment variable "": a name is`,
		`"stages":[{"name":"a","script":"x","env":{"A=B":"x"}}]`:                                                                               `environment variable "A=B": a name is`,
		`"stages":[{"name":"a","script":"x","env":{"SKY_FUNC":"x"}}]`:                                                                          "the broker's own",
		`"stages":[{"name":"a","script":"x","env":{"A":"\u0000"}}]`:                                                                            "zero byte",
		`"stages":[{"name":"a","command":["x","\u0000"]}]`:                                                                                     "zero byte",
		`"stages":[{"name":"a","command":[""]}]`:                                                                                               "the command's name is empty",
		`"stages":[{"name":"a","service":"sql:2008","command":["x"]}]`:                                                                         "service sql:2008 runs a Script",
		`"stages":[{"name":"a","service":"sql:2008","script":"x","image":"i"}]`:                                                                "leave the Image out",
		`"stages":[{"name":"a","script":"x","func":"y"}]`:                                                                                      "exclude each other",
		`"stages":[{"name":"a","func":"y","image":"i"}]`:                                                                                       "cannot run in an image",
		`"stages":[{"name":"a","script":"x","writes":[{"name":"o","size":-1}]}]`:                                                               "size -1 is negative",
		`"stages":[{"name":"a","script":"x","writes":[{"name":"o"},{"name":"o"}]}]`:                                                            `writes "o" twice`,
		`"datasets":[{"name":"d","url":"s3://b/","size":9000000000000000000}],"stages":[{"name":"a","script":"x"}]`:                            "more than an exabyte",
		`"datasets":[{"name":"d","url":"s3://","size":1}],"stages":[{"name":"a","script":"x"}]`:                                                "is not a URL",
		`"datasets":[{"name":"d","url":"s3://b/","place":"aws"}],"stages":[{"name":"a","script":"x"}]`:                                         "want cloud/region",
		`"objective":{"kind":"fame"},"stages":[{"name":"a","script":"x"}]`:                                                                     `unknown objective "fame"`,
		`"objective":{"kind":"blend","hour_worth":-1},"stages":[{"name":"a","script":"x"}]`:                                                    "negative",
		`"budget":-1,"deadline":-1,"stages":[{"name":"a","script":"x"}]`:                                                                       "budget -$0.000000001 is negative",
		`"groups":[{"kind":"aprt","level":"zone","stages":["a","b"]}],"stages":[{"name":"a","script":"x"},{"name":"b","script":"x"}]`:          `unknown rule "aprt"`,
		`"groups":[{"kind":"apart","level":"moon","stages":["a","b"]}],"stages":[{"name":"a","script":"x"},{"name":"b","script":"x"}]`:         `unknown level "moon"`,
		`"groups":[{"kind":"apart","level":"zone","stages":["a","a"]}],"stages":[{"name":"a","script":"x"}]`:                                   `"a" is named twice`,
		`"groups":[{"kind":"spread","level":"zone","k":-3,"stages":["a","b"]}],"stages":[{"name":"a","script":"x"},{"name":"b","script":"x"}]`: "want between 1 and",
		`"groups":[{"kind":"together","level":"zone","stages":["a","z"]}],"stages":[{"name":"a","script":"x"}]`:                                `"z" is not a stage`,
	} {
		j := fromJSON(t, parts)
		require.ErrorContains(t, j.Validate(), want, parts)
		_, err := snapshot(t).Plan(t.Context(), j)
		require.Error(t, err, parts)
	}
}

func TestAbsurdNumbersPlanOrFailButNeverPanic(t *testing.T) {
	t.Parallel()
	const most = math.MaxInt64
	for _, parts := range []string{
		fmt.Sprintf(`"deadline":%d,"budget":%d,"stages":[{"name":"a","script":"x","estimate":{"fixed":1000000}}]`, int64(most), int64(most)),
		fmt.Sprintf(`"stages":[{"name":"a","script":"x","nodes":100000,"retry":%d,"estimate":{"fixed":%d,"each":%d}}]`, int64(most), int64(most), int64(most)),
		fmt.Sprintf(`"stages":[{"name":"a","script":"x","timeout":%d,"stall":%d,"grace":%d}]`, int64(most), int64(most), int64(most)),
		fmt.Sprintf(`"objective":{"kind":"blend","hour_worth":%d,"tonne_worth":%d},"stages":[{"name":"a","script":"x","estimate":{"fixed":%d}}]`, int64(most), 0, int64(most)),
		`"datasets":[{"name":"d","url":"s3://b/","place":"aws/us-east-1","size":1000000000000000000}],"stages":[{"name":"a","script":"x","reads":["d"],"estimate":{"each":3600000000000,"power":8}}]`,
		`"stages":[{"name":"a","script":"x","needs":[{"kind":"cpus","count":9223372036854775807},{"kind":"accelerator","text":"v100","count":9223372036854775807}]}]`,
	} {
		j := fromJSON(t, parts)
		require.NoError(t, j.Validate(), parts)
		p, err := snapshot(t).Plan(t.Context(), j)
		if err == nil {
			require.GreaterOrEqual(t, p.Cost, sky.Money(0))
			require.GreaterOrEqual(t, p.Time, time.Duration(0))
			continue
		}
		require.Contains(t, err.Error(), `"`, "it says what it is about: %v", err)
	}
}

func TestTinyBudgetIsNoBudgetlessJob(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("tiny").Budget(400)
	j.Stage("a").Script("x").Takes(time.Hour)
	_, err := snapshot(t).Plan(t.Context(), j)
	require.ErrorContains(t, err, "budget $0.0000004")
}

func TestLargeJobsAreCheckedQuickly(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("wide")
	last := j.Stage("s0").Script("x").Writes("o", 1)
	for i := range 5_000 {
		last = j.Stage(fmt.Sprintf("s%d", i+1)).Script("x").Reads(last.Output("o")).Writes("o", 1)
	}
	wide := j.Stage("wide").Script("x")
	for i := range 5_000 {
		wide.Reads(j.Dataset(fmt.Sprintf("d%d", i), "s3://b/", 1))
	}
	begun := time.Now()
	require.NoError(t, j.Validate())
	require.Less(t, time.Since(begun), 5*time.Second)
}

func TestNothingWhereSomethingIsExpected(t *testing.T) {
	t.Parallel()
	var zero sky.Job
	s := zero.Stage("a").Script("x")
	zero.Dataset("d", "s3://b/", 1)
	require.ErrorContains(t, zero.Validate(), `job "": a name is`)
	var dataset *sky.Dataset
	var output *sky.Output
	s.Reads(nil, dataset, output, &sky.Dataset{}, &sky.Output{}).After(nil).Either(nil)
	zero.Apart(sky.Zone, nil, s)
	err := zero.Validate()
	require.Equal(t, 5, strings.Count(err.Error(), "reads nothing"))
	require.ErrorContains(t, err, "an alternative is nil")
	require.ErrorContains(t, (*sky.Job)(nil).Validate(), "the job is nil")
	_, err = snapshot(t).Plan(t.Context(), nil)
	require.ErrorContains(t, err, "the job is nil")
}

func TestMistakesComeInTheSameOrder(t *testing.T) {
	t.Parallel()
	build := func() error {
		j := sky.NewJob("order")
		s := j.Stage("a").Script("x")
		for _, name := range []string{"SKY_Z", "SKY_A", "1", "2", "SKY_M"} {
			s.Env(name, "x").Secret(name, secret.Ref("env:X"))
		}
		return j.Validate()
	}
	first := build().Error()
	for range 10 {
		require.Equal(t, first, build().Error())
	}
}

func TestZonesMustBeKnownWhereARuleLooksAtThem(t *testing.T) {
	t.Parallel()
	d := market()
	for i := range d.Regions {
		if d.Regions[i].Place.Cloud != "gcp" {
			d.Regions[i].Zones = nil
		}
	}
	job := func() *sky.Job {
		j := sky.NewJob("zones")
		a, b := j.Stage("a").Script("x").Takes(time.Hour), j.Stage("b").Script("x").Takes(time.Hour)
		return j.Apart(sky.Zone, a, b)
	}
	p, err := snapshotOf(t, d).Plan(t.Context(), job())
	require.NoError(t, err)
	require.Equal(t, []string{"gcp", "gcp"}, clouds(p))
	_, err = snapshotOf(t, d).Plan(t.Context(), job().Rules(sky.Clouds("aws")))
	require.ErrorContains(t, err, "aws: fails known zones, which a rule looks at")
}

func TestReasonsOfCloudsThatOfferNothing(t *testing.T) {
	t.Parallel()
	d := market()
	d.Clouds = append(d.Clouds, catalog.Cloud{Name: "moon", Title: "Moon", Operator: "US"})
	j := sky.NewJob("none")
	j.Stage("a").Script("x").Needs(sky.CPUs(9000)).Takes(time.Hour)
	_, err := snapshotOf(t, d).Plan(t.Context(), j)
	require.ErrorContains(t, err, "moon: fails to offer anything, as far as the catalog knows")

	c, err := catalog.New(market())
	require.NoError(t, err)
	only, err := sky.New(sky.Config{Catalog: c, Providers: fakes(t, c, "gcp")})
	require.NoError(t, err)
	_, err = only.Plan(t.Context(), j)
	require.ErrorContains(t, err, "aws: fails a provider in Config.Providers")
	require.ErrorContains(t, err, "gcp: fails need 9000 CPUs")
}
