package sky_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/sky"
)

// mistakes splits a validation error into its parts.
func mistakes(t *testing.T, err error) []*sky.Mistake {
	t.Helper()
	require.Error(t, err)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "want joined errors, have %T", err)
	var all []*sky.Mistake
	for _, e := range joined.Unwrap() {
		m, ok := errors.AsType[*sky.Mistake](e)
		require.True(t, ok, "want a Mistake, have %T: %v", e, e)
		all = append(all, m)
	}
	return all
}

func TestEveryMistakeIsReportedAtOnceWithItsLine(t *testing.T) {
	t.Parallel()
	other := sky.NewJob("other").Stage("x").Writes("y", 1)
	job := sky.NewJob("bad name!").Deadline(-time.Second)
	job.Dataset("raw", "no-url", -1)
	a := job.Stage("a").Script("true")
	b := job.Stage("b").Command("run", "{in.none}").Reads(a.Output("missing"), other.Output("y"))
	a.After(b)
	b.After(a)
	job.Stage("a").Script("true")
	job.Stage("c").Either(sky.On("v100:0").Image("i").Takes(time.Hour), sky.On("t4").Command("x"))
	job.Stage("d").Nodes(0).Needs(sky.CPUs(0)).Rules(sky.In("Germany"))
	job.Apart(sky.Region, a)

	all := mistakes(t, job.Validate())
	var text []string
	for _, m := range all {
		require.NotEmpty(t, m.File, "%s", m.What)
		require.NotZero(t, m.Line, "%s", m.What)
		require.Contains(t, m.File, "job_test.go")
		text = append(text, m.Stage+": "+m.What)
	}
	report := strings.Join(text, "\n")
	for _, want := range []string{
		`: job "bad name!"`, ": deadline -1s is negative", `: dataset "raw": size -1 is negative`, "is not a URL",
		`: stage "a": the name is taken`, `b: reads "a/missing", which nothing writes`, "belongs to another job",
		`b: argument "{in.none}": the stage has no input "none"`, `c: alternative 1: need accelerator "v100": want kind:count`,
		"c: alternative 2 has no image, and others have", "d: runs on 0 nodes", "d: need 0 CPUs: want more than 0",
		`"Germany" is not an ISO 3166-1 alpha-2 country code`, "d: runs nothing", "name at least two stages", "waits for itself",
	} {
		require.Contains(t, report, want)
	}
}

func TestValidJobHasNoMistakes(t *testing.T) {
	t.Parallel()
	require.NoError(t, reviews().Validate())
}

func TestJobRoundTripsThroughJSON(t *testing.T) {
	t.Parallel()
	job := reviews().Budget(100*sky.Dollar).Rules(sky.In("US", "DE"), sky.Operator("US")).Minimize(sky.Blend(sky.Dollar, 0))
	text, err := json.Marshal(job)
	require.NoError(t, err)
	var back sky.Job
	require.NoError(t, json.Unmarshal(text, &back))
	require.NoError(t, back.Validate())
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))

	before, err := snapshot(t).Plan(t.Context(), job)
	require.NoError(t, err)
	after, err := snapshot(t).Plan(t.Context(), &back)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, before), asJSON(t, after))
}

func TestJobJSONRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"version":2,"name":"x","stages":[]}`:           "version 2",
		`{"version":1,"name":"x","stages":[],"more":1}`:  "more",
		`{"version":1,"name":"x","stages":[{"name":1}]}`: "name",
		`[`: "job as JSON",
	} {
		var job sky.Job
		require.ErrorContains(t, job.UnmarshalJSON([]byte(text)), want, text)
	}
}

func FuzzJobJSON(f *testing.F) {
	text, err := json.Marshal(reviews())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"name":"x","stages":[{"name":"a","after":["a"],"reads":["a/","/"]}]}`))
	f.Add([]byte(`{"version":1,"name":"x","budget":9223372036854775807,"stages":[{"name":"a","script":"x","nodes":99999,"estimate":{"fixed":9223372036854775807}},` +
		`{"name":"b","script":"x","spot":true}],"groups":[{"kind":"spread","level":"zone","k":2,"stages":["a","b"]}]}`))
	snap, err := world()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var job sky.Job
		if job.UnmarshalJSON(text) != nil {
			return
		}
		// Neither may panic, whatever the job.
		invalid := job.Validate()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		p, err := snap.Plan(ctx, &job)
		require.False(t, invalid != nil && err == nil, "a job with mistakes was planned")
		if err == nil {
			require.GreaterOrEqual(t, p.Cost, sky.Money(0))
			require.GreaterOrEqual(t, p.Time, time.Duration(0))
			_ = p.String()
		}
		again, err := json.Marshal(&job)
		require.NoError(t, err)
		var back sky.Job
		require.NoError(t, back.UnmarshalJSON(again))
	})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
