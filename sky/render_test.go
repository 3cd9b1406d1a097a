package sky

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// update writes the golden files anew: go test ./sky -run Golden -update.
var update = flag.Bool("update", false, "write the golden files of sky/testdata/render")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "render", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

const (
	hour   = time.Hour
	minute = time.Minute
	second = time.Second
)

func dollars(t testing.TB, s string) Money {
	t.Helper()
	m, err := unit.ParseMoney(s)
	require.NoError(t, err)
	return m
}

func at(t testing.TB, place string) catalog.Place {
	t.Helper()
	p, err := catalog.ParsePlace(place)
	require.NoError(t, err)
	return p
}

func offeringAt(t testing.TB, place, machine, price string, market catalog.Market) catalog.Offering {
	t.Helper()
	per, err := unit.Dollars(price)
	require.NoError(t, err)
	p := at(t, place)
	return catalog.Offering{
		ID: place + "/vm/" + machine + "/" + string(market), Service: "vm", Place: p,
		Type: catalog.InstanceType{Cloud: p.Cloud, Name: machine}, Market: market, Price: per, Unit: catalog.PerHour,
	}
}

// sampleJob is the pipeline of reviews: three stages that only three clouds together run well.
func sampleJob() *Job {
	j := NewJob("reviews").Deadline(12 * hour)
	raw := j.Dataset("raw", "az://reviews/raw/", 8*GB).At("azure/westeurope")
	held := j.Dataset("held-out", "s3://reviews/held-out/", 250*MB).At("aws/us-east-1")
	clean := j.Stage("clean").Image("opaque:0.9").Command("filter", "--drop", "name").
		Needs(Confidential("sgx"), CPUs(4)).Reads(raw).Writes("reviews", 1*GB).Takes(36 * minute)
	train := j.Stage("train").Either(
		On("tpu-v3:8").Image("bert-tpu:1").Takes(4*hour),
		On("v100:4").Image("bert-cuda:1").Takes(8*hour+24*minute)).
		Command("train").Reads(clean.Output("reviews")).Writes("model", 400*MB)
	infer := j.Stage("infer").Image("bert-inf:1").Command("infer").Needs(Accelerator("inferentia")).
		Reads(train.Output("model"), held).Writes("scores", 10*MB).Takes(67 * minute)
	j.Stage("publish").Command("publish").Reads(infer.Output("scores")).After(clean).Takes(30 * second)
	return j
}

func samplePlan(t testing.TB) *Plan {
	t.Helper()
	usd := func(s string) Money { return dollars(t, s) }
	azure, gcp, aws := at(t, "azure/westeurope"), at(t, "gcp/us-central1"), at(t, "aws/us-east-1")
	grams := 5210.0
	p := &Plan{
		Version: 1, Job: sampleJob(), Snapshot: "sha256:5f1c", Cost: usd("40.572"), Egress: usd("0.1355"), Time: 5*hour + 46*minute,
		Carbon: &grams, Proof: Proof{Optimal: true, Value: 40572000, Bound: 40572000, Method: "branch and bound"},
		Warnings: []string{"no bandwidth is known from gcp/us-central1 to aws/us-east-1: planned with 1 Gbit/s"},
	}
	p.Stages = []PlannedStage{
		{Name: "clean", Offering: offeringAt(t, "azure/westeurope", "Standard_DC4s_v3", "1.335", catalog.OnDemand), Nodes: 1, Time: 36 * minute, Cost: usd("0.801")},
		{Name: "train", Offering: offeringAt(t, "gcp/us-central1/us-central1-b", "tpu-v3-8", "9.81", catalog.Spot), Nodes: 1, Start: 37 * minute, Time: 4 * hour, Cost: usd("39.24")},
		{Name: "infer", Offering: offeringAt(t, "aws/us-east-1", "inf1.xlarge", "0.268", catalog.OnDemand), Nodes: 2, Start: 4*hour + 38*minute, Time: 67 * minute, Cost: usd("0.3952")},
		{Name: "publish", Offering: offeringAt(t, "aws/us-east-1", "t3.micro", "0.0104", catalog.OnDemand), Nodes: 1, Start: 5*hour + 45*minute, Time: 30 * second, Cost: usd("0.0003")},
	}
	p.Stages[0].Bids = []Bid{
		{Offering: p.Stages[0].Offering.ID, Place: azure, Price: "$1.335/hour", Time: 36 * minute, Cost: usd("0.801")},
		{Offering: "azure/northeurope/vm/Standard_DC4s_v3/on-demand", Place: at(t, "azure/northeurope"), Price: "$1.335/hour", Time: 36 * minute, Cost: usd("0.801"), WhyNot: "adds $0.16 to the plan", Adds: usd("0.16")},
		{Place: at(t, "aws"), WhyNot: "fails need confidential sgx"},
		{Place: at(t, "gcp"), WhyNot: "fails need confidential sgx"},
	}
	p.Stages[1].Bids = []Bid{
		{Offering: p.Stages[1].Offering.ID, Place: p.Stages[1].Offering.Place, Price: "$9.81/hour", Time: 4 * hour, Cost: usd("39.24")},
		{Offering: "gcp/europe-west4/vm/tpu-v3-8/spot", Place: at(t, "gcp/europe-west4"), Price: "$10.02/hour", Time: 4 * hour, Cost: usd("40.08"), WhyNot: "adds $0.84 to the plan", Adds: usd("0.84")},
		{Offering: "aws/us-east-1/vm/p3.8xlarge/on-demand", Place: aws, Price: "$12.24/hour", Time: 8*hour + 24*minute, Cost: usd("102.816"), WhyNot: "adds $63.576 to the plan", Adds: usd("63.576")},
		{Offering: "azure/westeurope/vm/Standard_NC24s_v3/on-demand", Place: azure, Price: "$12.24/hour", Time: 8*hour + 24*minute, Cost: usd("102.816"), WhyNot: "adds $63.488 to the plan", Adds: usd("63.488")},
		{Offering: "aws/eu-central-1/vm/p3.8xlarge/on-demand", Place: at(t, "aws/eu-central-1"), Price: "$15.29/hour", Time: 8*hour + 24*minute, Cost: usd("128.436"), WhyNot: "breaks the deadline, the budget or a rule over several stages"},
	}
	p.Routes = []Route{
		{Artifact: "raw", From: azure, To: azure, Kind: InPlace, Bytes: 8 * GB, Consumers: []string{"clean"}},
		{Artifact: "clean/reviews", From: azure, To: gcp, Kind: Direct, Mover: "host", Bytes: 1 * GB, Time: 58 * second, Cost: usd("0.0875"), Consumers: []string{"train"}},
		{Artifact: "train/model", From: gcp, To: aws, Kind: Direct, Mover: "host", Bytes: 400 * MB, Time: 53 * second, Cost: usd("0.048"), Consumers: []string{"infer"}},
		{Artifact: "held-out", From: aws, To: aws, Kind: InPlace, Bytes: 250 * MB, Consumers: []string{"infer"}},
		{Artifact: "infer/scores", From: aws, To: aws, Kind: InPlace, Bytes: 10 * MB, Consumers: []string{"publish"}},
	}
	p.Singles = []SingleCloud{
		{Cloud: "aws", Reason: `stage "clean" fails need confidential sgx`},
		{Cloud: "azure", Cost: usd("104.97024"), Time: 10*hour + 47*minute},
		{Cloud: "gcp", Reason: `stage "clean" fails need confidential sgx`},
	}
	return p
}

// sampleReport is a run with a refusal, a lost machine and a failed try, that came through.
func sampleReport(t testing.TB) *Report {
	t.Helper()
	usd := func(s string) Money { return dollars(t, s) }
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	phase := func(name string, from, to time.Duration) Phase { return Phase{name, start.Add(from), start.Add(to)} }
	r := &Report{
		Run: "r-7f3a91", Job: "reviews", Outcome: RunSucceeded, Started: start, Ended: start.Add(7*hour + 4*minute + 20*second),
		Plan: samplePlan(t), Predicted: usd("40.572"), Actual: usd("48.6231"),
	}
	m := func(n float64) time.Duration { return time.Duration(n * float64(minute)) }
	r.Stages = []StageReport{
		{Name: "clean", State: StageDone, Attempts: []AttemptReport{
			{
				Attempt: 1, Place: "azure/westeurope", Offering: "Standard_DC4s_v3, on-demand", Outcome: StageSealed, Predicted: usd("0.801"), Actual: usd("0.8544"),
				Phases: []Phase{phase("allocate", 0, m(2.2)), phase("run", m(2.2), m(39)), phase("seal", m(39), m(40)), phase("release", m(40), m(41))},
			},
		}},
		{Name: "train", State: StageDone, Attempts: []AttemptReport{
			{
				Attempt: 1, Place: "gcp/us-central1/us-central1-b", Offering: "tpu-v3-8, spot", Outcome: StageLost, Detail: "the machine was preempted after 1h20m", Predicted: usd("39.24"), Actual: usd("13.08"),
				Phases: []Phase{phase("move", m(40), m(41)), phase("allocate", m(41), m(47)), phase("run", m(47), m(127))},
			},
			{
				Attempt: 2, Place: "gcp/us-central1/us-central1-b", Offering: "tpu-v3-8, spot", Outcome: StageRefused, Detail: "no capacity for tpu-v3-8 in us-central1-b",
				Phases: []Phase{phase("allocate", m(128), m(129))},
			},
			{
				Attempt: 3, Place: "gcp/europe-west4", Offering: "tpu-v3-8, spot", Outcome: StageSealed, Actual: usd("34.068"),
				Phases: []Phase{phase("move", m(130), m(133)), phase("allocate", m(133), m(138)), phase("run", m(138), m(346)), phase("seal", m(346), m(348)), phase("release", m(348), m(349))},
			},
		}},
		{Name: "infer", State: StageDone, Attempts: []AttemptReport{
			{
				Attempt: 1, Place: "aws/us-east-1", Offering: "2 × inf1.xlarge, on-demand", Outcome: StageExited, Exit: 137, Detail: "killed: out of memory", Predicted: usd("0.3952"), Actual: usd("0.05"),
				Phases: []Phase{phase("move", m(348), m(350)), phase("allocate", m(350), m(351)), phase("run", m(351), m(356))},
			},
			{
				Attempt: 2, Place: "aws/us-east-1", Offering: "2 × inf1.xlarge, on-demand", Outcome: StageSealed, Actual: usd("0.3864"),
				Phases: []Phase{phase("run", m(357), m(421)), phase("seal", m(421), m(421.5)), phase("release", m(421.5), m(423))},
			},
		}},
		{Name: "publish", State: StageDone, Attempts: []AttemptReport{
			{
				Attempt: 1, Place: "aws/us-east-1", Offering: "t3.micro, on-demand", Outcome: StageSealed, Predicted: usd("0.0003"), Actual: usd("0.0004"),
				Phases: []Phase{phase("allocate", m(421.6), m(423.4)), phase("run", m(423.4), m(424)), phase("seal", m(424), m(424.1)), phase("release", m(424.1), m(424.3))},
			},
		}},
	}
	r.Ledger = []LedgerLine{
		{Stage: "clean", Attempt: 1, What: "compute", Detail: "Standard_DC4s_v3 on-demand, 38m24s", Predicted: usd("0.801"), Actual: usd("0.8544")},
		{Stage: "train", Attempt: 1, What: "egress", Detail: "clean/reviews to gcp/us-central1", Predicted: usd("0.0875"), Actual: usd("0.0875")},
		{Stage: "train", Attempt: 1, What: "compute", Detail: "tpu-v3-8 spot, 1h20m", Predicted: usd("39.24"), Actual: usd("13.08")},
		{Stage: "train", Attempt: 3, What: "egress", Detail: "clean/reviews to gcp/europe-west4", Actual: usd("0.0875")},
		{Stage: "train", Attempt: 3, What: "compute", Detail: "tpu-v3-8 spot, 3h24m", Actual: usd("34.068")},
		{Stage: "infer", Attempt: 1, What: "egress", Detail: "train/model to aws/us-east-1", Predicted: usd("0.048"), Actual: usd("0.0094")},
		{Stage: "infer", Attempt: 1, What: "compute", Detail: "2 × inf1.xlarge on-demand, 6m", Predicted: usd("0.3952"), Actual: usd("0.05")},
		{Stage: "infer", Attempt: 2, What: "compute", Detail: "2 × inf1.xlarge on-demand, 1h04m", Actual: usd("0.3864")},
		{Stage: "publish", Attempt: 1, What: "compute", Detail: "t3.micro on-demand, 2m", Predicted: usd("0.0003"), Actual: usd("0.0004")},
	}
	r.Events = sampleEvents(start)
	return r
}

func sampleEvents(start time.Time) []Event {
	list := []Event{
		{Kind: RunStarted, Detail: "reviews"},
		{Kind: StageMoving, Stage: "clean", Attempt: 1, Place: "azure/westeurope", Detail: "raw"},
		{Kind: StageAllocating, Stage: "clean", Attempt: 1, Place: "azure/westeurope", Offering: "Standard_DC4s_v3, on-demand"},
		{Kind: StageAllocated, Stage: "clean", Attempt: 1, Place: "azure/westeurope"},
		{Kind: StageRunning, Stage: "clean", Attempt: 1, Place: "azure/westeurope"},
		{Kind: StageProgress, Stage: "clean", Attempt: 1, Fraction: 0.04, Detail: "shard 1 of 25"},
		{Kind: StageProgress, Stage: "clean", Attempt: 1, Fraction: 0.52, Detail: "shard 13 of 25"},
		{Kind: StageProgress, Stage: "clean", Attempt: 1, Fraction: 0.56, Detail: "shard 14 of 25"},
		{Kind: StageExited, Stage: "clean", Attempt: 1},
		{Kind: StageSealed, Stage: "clean", Attempt: 1, Bytes: 1 * GB},
		{Kind: StageDone, Stage: "clean", Attempt: 1},
		{Kind: StageMoving, Stage: "train", Attempt: 1, Place: "gcp/us-central1", Detail: "clean/reviews"},
		{Kind: StageReleased, Stage: "clean", Attempt: 1, Cost: 854400000},
		{Kind: StageMoved, Stage: "train", Attempt: 1, Place: "gcp/us-central1", Bytes: 1 * GB, Detail: "clean/reviews"},
		{Kind: StageAllocating, Stage: "train", Attempt: 1, Place: "gcp/us-central1/us-central1-b", Offering: "tpu-v3-8, spot"},
		{Kind: StageRunning, Stage: "train", Attempt: 1, Place: "gcp/us-central1/us-central1-b"},
		{Kind: StageStalled, Stage: "train", Attempt: 1, Place: "gcp/us-central1/us-central1-b", Detail: "no progress for 10m"},
		{Kind: StageLost, Stage: "train", Attempt: 1, Place: "gcp/us-central1/us-central1-b", Detail: "the machine was preempted after 1h20m"},
		{Kind: StageRefused, Stage: "train", Attempt: 2, Place: "gcp/us-central1/us-central1-b", Detail: "no capacity for tpu-v3-8 in us-central1-b"},
		{Kind: RunReplanned, Detail: "train was refused at gcp/us-central1/us-central1-b"},
		{Kind: StageRunning, Stage: "train", Attempt: 3, Place: "gcp/europe-west4"},
		{Kind: StageDone, Stage: "train", Attempt: 3},
		{Kind: StageRunning, Stage: "infer", Attempt: 1, Place: "aws/us-east-1"},
		{Kind: StageExited, Stage: "infer", Attempt: 1, Exit: 137, Detail: "killed: out of memory"},
		{Kind: StageRetrying, Stage: "infer", Attempt: 2},
		{Kind: StageDone, Stage: "infer", Attempt: 2},
		{Kind: CallFailed, Stage: "infer", Attempt: 2, Place: "aws/us-east-1", Detail: "release: connection reset"},
		{Kind: StageDone, Stage: "publish", Attempt: 1},
		{Kind: RunSucceeded},
	}
	for i := range list {
		list[i].Seq = i + 1
		list[i].Time = start.Add(time.Duration(i*i) * 31 * second)
	}
	return list
}
