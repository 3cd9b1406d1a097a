package sky

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/secret"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	o := catalog.Offering{Type: catalog.InstanceType{
		Name: "big", CPUs: 8, Memory: 32 * GiB, Arch: "arm64", Accelerator: catalog.Accelerator{Kind: "v100", Count: 4}, Confidential: "sgx",
	}}
	for _, x := range []struct {
		need Need
		text string
		met  bool
	}{
		{CPUs(8), "8 CPUs", true},
		{CPUs(9), "9 CPUs", false},
		{Memory(32 * GiB), "34.36 GB of memory", true},
		{Memory(32*GiB + 1), "34.36 GB of memory", false},
		{Accelerator("v100"), "accelerator v100:1", true},
		{Accelerator("V100:4"), "accelerator v100:4", true},
		{Accelerator("v100:5"), "accelerator v100:5", false},
		{Accelerator("t4:1"), "accelerator t4:1", false},
		{Confidential("SGX"), "confidential sgx", true},
		{Confidential("tdx"), "confidential tdx", false},
		{Arch("arm64"), "arch arm64", true},
		{Arch("amd64"), "arch amd64", false},
		{Type("big"), "type big", true},
		{Type("small"), "type small", false},
		{Need{Kind: "luck"}, "luck ", false},
	} {
		require.Equal(t, x.met, x.need.met(o), x.text)
		require.Equal(t, x.text, x.need.String())
	}
	for _, wrong := range []Need{CPUs(0), Memory(-1), Accelerator(""), Accelerator(":"), Accelerator("v100:x"), Accelerator("v100:0"), Confidential(""), Arch(""), Type(""), {}} {
		require.NotEmpty(t, wrong.check(), "%+v", wrong)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	berlin := location{place: catalog.Place{Cloud: "gcp", Region: "europe-west10", Zone: "a"}, country: "DE", operator: "US"}
	nowhere := location{place: catalog.Place{Cloud: "own", Region: "cellar"}}
	for _, x := range []struct {
		rule         Rule
		berlin, none bool
	}{
		{In("DE"), true, false},
		{In("FR", "EU"), true, false},
		{In("US"), false, false},
		{Operator("US"), true, false},
		{Operator("EU"), false, false},
		{Clouds("gcp", "own"), true, true},
		{Regions("gcp/europe-west10"), true, false},
		{Regions("own/cellar"), false, true},
		{Rule{Kind: "luck", Values: []string{"x"}}, false, false},
	} {
		require.Equal(t, x.berlin, x.rule.allows(berlin), "%s", x.rule)
		require.Equal(t, x.none, x.rule.allows(nowhere), "%s: what is not known obeys no rule", x.rule)
	}
	for _, wrong := range []Rule{In(), In("Germany"), In("de"), Operator(""), Regions("gcp"), Regions("a/b/c"), {Kind: "luck", Values: []string{"x"}}} {
		require.NotEmpty(t, wrong.check(), "%+v", wrong)
	}
}

func TestEstimates(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		estimate Estimate
		inputs   Bytes
		want     time.Duration
	}{
		{Estimate{}, 5 * GB, 0},
		{Estimate{Fixed: time.Hour}, 5 * GB, time.Hour},
		{Estimate{Each: time.Minute}, 5 * GB, 5 * time.Minute},
		{Estimate{Each: time.Minute, Of: 10 * GB}, 5 * GB, 30 * time.Second},
		{Estimate{Fixed: time.Second, Each: time.Minute, Power: 2}, 3 * GB, 9*time.Minute + time.Second},
		{Estimate{Fixed: 1}, 0, time.Millisecond},
		{Estimate{Each: time.Hour}, 0, 0},
		{Estimate{Fixed: math.MaxInt64}, 0, maxEstimate},
		{Estimate{Fixed: math.MaxInt64, Each: math.MaxInt64, Power: 8}, math.MaxInt64, maxEstimate},
		{Estimate{Each: time.Hour, Of: 1, Power: 8}, math.MaxInt64, maxEstimate},
		{Estimate{Each: time.Hour, Of: 1, Power: 1000}, math.MaxInt64, maxEstimate},
		{Estimate{Each: time.Hour, Power: math.NaN()}, 2 * GB, maxEstimate},
		{Estimate{Fixed: -time.Hour}, GB, 0},
	} {
		require.Equal(t, x.want, x.estimate.For(x.inputs), "%+v of %s", x.estimate, x.inputs)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := Estimate{
			Fixed: time.Duration(rapid.Int64().Draw(t, "fixed")), Each: time.Duration(rapid.Int64().Draw(t, "each")),
			Of: Bytes(rapid.Int64Min(0).Draw(t, "of")), Power: rapid.Float64().Draw(t, "power"),
		}
		d := e.For(Bytes(rapid.Int64().Draw(t, "inputs")))
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, maxEstimate)
	})
}

func TestLossesStretchWork(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		losses Losses
		work   time.Duration
		nodes  int
		want   time.Duration
	}{
		{Losses{}, 10 * time.Hour, 4, 10 * time.Hour},
		{Losses{PerHour: 0.1}, 10 * time.Hour, 1, 15 * time.Hour},                                                            // once, half of it again
		{Losses{PerHour: 0.1, Checkpoint: time.Hour}, 10 * time.Hour, 1, 10*time.Hour + 30*time.Minute},                      // once, half an hour
		{Losses{PerHour: 0.1, Checkpoint: time.Hour, Restart: time.Minute}, 10 * time.Hour, 2, 11*time.Hour + 2*time.Minute}, // twice
		{Losses{PerHour: 0.1, Checkpoint: 20 * time.Hour}, 10 * time.Hour, 1, 15 * time.Hour},
		{Losses{PerHour: 3600, Restart: maxEstimate}, maxEstimate, 1 << 30, maxEstimate},
	} {
		require.Equal(t, x.want, x.losses.stretch(x.work, x.nodes), "%+v", x.losses)
		require.Empty(t, x.losses.check())
	}
	for _, wrong := range []Losses{{PerHour: -1}, {PerHour: math.NaN()}, {PerHour: math.Inf(1)}, {Checkpoint: -1}, {Restart: -1}} {
		require.NotEmpty(t, wrong.check(), "%+v", wrong)
	}
}

func TestConversions(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int64{0, 0, 1, 1, 2}, []int64{micros(0), micros(499), micros(500), micros(1499), micros(1500)})
	require.Equal(t, []int64{0, 1, 1, 2}, []int64{millis(0), millis(1), millis(time.Millisecond), millis(time.Millisecond + 1)})
	require.Equal(t, []int64{0, 1, 1, 2}, []int64{kilobytes(0), kilobytes(1), kilobytes(1000), kilobytes(1001)})
	for _, n := range []int64{micros(math.MaxInt64), millis(math.MaxInt64), kilobytes(math.MaxInt64)} {
		require.Positive(t, n)
	}
}

// jobs draws valid jobs over the clouds of the test market.
func jobs() *rapid.Generator[*Job] {
	return rapid.Custom(func(t *rapid.T) *Job {
		j := NewJob("drawn").Minimize(rapid.SampledFrom([]Objective{Cost, Time, Blend(Dollar, 0)}).Draw(t, "objective"))
		if rapid.Bool().Draw(t, "bounded") {
			j.Deadline(time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour).Budget(Money(rapid.IntRange(1, 500).Draw(t, "dollars")) * Dollar)
		}
		if rapid.IntRange(0, 4).Draw(t, "ruled") == 0 {
			j.Rules(In("US", "EU"), Operator("US"))
		}
		size := rapid.Custom(func(t *rapid.T) Bytes { return Bytes(rapid.Int64Range(0, int64(200*GB)).Draw(t, "size")) })
		var data []Artifact
		for i, place := range rapid.SliceOfN(rapid.SampledFrom([]string{"aws/us-east-1", "azure/eastus", "gcp/us-central1"}), 0, 2).Draw(t, "datasets") {
			data = append(data, j.Dataset("d"+string(rune('0'+i)), "s3://bucket/x/", size.Draw(t, "size")).At(place))
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
			s := j.Stage("s" + string(rune('0'+i))).Script("true").Retry(rapid.IntRange(0, 3).Draw(t, "retry"))
			drawStage(t, j, s, data)
			for o := range rapid.IntRange(0, 2).Draw(t, "outputs") {
				name := "o" + string(rune('0'+o))
				data = append(data, s.Writes(name, size.Draw(t, "size")).Output(name))
			}
		}
		return j
	})
}

func drawStage(t *rapid.T, j *Job, s *Stage, data []Artifact) {
	seen := map[string]bool{}
	for _, a := range data {
		own := a.Name()[len(a.Name())-2:] // the variable's name must not be taken
		if !seen[own] && rapid.IntRange(0, 2).Draw(t, "reads") == 0 {
			seen[own] = true
			s.Reads(a)
		}
	}
	if s.pos > 0 && rapid.IntRange(0, 3).Draw(t, "after") == 0 {
		s.After(j.stages[rapid.IntRange(0, s.pos-1).Draw(t, "which")])
	}
	hours := func() time.Duration { return time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(t, "takes")) }
	switch rapid.IntRange(0, 3).Draw(t, "work") {
	case 0:
		s.Either(On("v100:4").Takes(hours()), On("t4").Estimate(Estimate{Fixed: hours(), Each: time.Minute, Power: 0.5}))
	case 1:
		s.Needs(CPUs(4), Memory(GiB)).Estimate(Estimate{Each: hours(), Of: 100 * GB})
	default:
		s.Takes(hours())
	}
	if rapid.Bool().Draw(t, "more") {
		s.Nodes(rapid.IntRange(1, 4).Draw(t, "nodes")).Env("A", "b").Secret("S", secret.Ref("env:X")).Spot().
			Losses(Losses{PerHour: 0.25, Checkpoint: hours(), Restart: time.Minute}).Timeout(time.Hour).Stall(time.Minute).Grace(time.Second)
	}
	if s.pos == 1 && rapid.IntRange(0, 2).Draw(t, "group") == 0 {
		level := rapid.SampledFrom([]Level{Zone, Region, Cloud}).Draw(t, "level")
		rapid.SampledFrom([]func(){
			func() { j.Apart(level, j.stages[0], s) }, func() { j.Together(level, j.stages[0], s) }, func() { j.Spread(level, 2, s, j.stages[0]) },
		}).Draw(t, "kind")()
	}
}
