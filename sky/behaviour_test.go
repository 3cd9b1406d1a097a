package sky_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/sky"
)

// refusing is a fake whose rules come from a test.
func refusing(program fake.Program, rules ...fake.Rule) fake.Config {
	return fake.Config{Program: program, Rules: rules}
}

func TestBudgetStopsARunThatCostsMoreThanPlanned(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(3 * time.Hour)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("dear").Budget(20 * sky.Dollar / 100) // three hours at $0.05 are planned, each takes three
		first := j.Stage("first").Script("x").Takes(time.Hour)
		second := j.Stage("second").Script("x").After(first).Takes(time.Hour)
		j.Stage("third").Script("x").After(second).Takes(time.Hour)
		report, err := b.run(j)
		require.ErrorContains(t, err, "come to the budget of $0.20")
		require.Equal(t, sky.RunFailed, report.Outcome)
		require.InDelta(t, float64(sky.Dollar/5), float64(report.Actual), float64(sky.Dollar/1000))
		require.Empty(t, report.Stages[2].Attempts)
	})
}

func TestBudgetThatThePlanMeetsToTheLastMicroDollarIsEnough(t *testing.T) {
	t.Parallel()
	odd := market()
	for i := range odd.Offerings {
		odd.Offerings[i].Price += 400 // nano-dollars: each stage's cost is rounded down to micro-dollars when planning
	}
	c, err := catalog.New(odd)
	require.NoError(t, err)
	job := func(budget sky.Money) *sky.Job {
		j := sky.NewJob("exact").Budget(budget)
		a := j.Stage("a").Script("x").Takes(time.Hour)
		j.Stage("b").Script("x").After(a).Takes(time.Hour)
		return j
	}
	inBubbleOf(t, c, fake.Config{Program: fake.Takes(time.Hour)}, "", func(t *testing.T, b *bench) {
		_, err := b.broker.Plan(t.Context(), job(1))
		require.ErrorContains(t, err, "a budget of $0.10")
		report, err := b.run(job(sky.Dollar / 10))
		require.NoError(t, err)
		require.Equal(t, "$0.1000008", report.Plan.Cost.String())
	})
}

func TestABlockEndsAndThePlaceIsUsedAgain(t *testing.T) {
	t.Parallel()
	full := &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeCloud}
	cfg := refusing(fake.Takes(time.Hour),
		fake.Rule{Op: "allocate", Place: catalog.Place{Cloud: "aws"}, Err: full, Times: 1},
		fake.Rule{Op: "allocate", Place: catalog.Place{Cloud: "azure"}, Err: full, Skip: 1, Times: 1})
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("patient")
		first := j.Stage("first").Script("x").Takes(time.Hour)
		j.Stage("second").Script("x").After(first).Takes(time.Hour)
		report, err := b.run(j)
		require.NoError(t, err)
		require.Equal(t, []string{"aws", "azure"}, places(report, "first"))
		require.Equal(t, []string{"azure", "aws"}, places(report, "second"), "after an hour aws is not blocked any more")
	})
}

func TestRefusedZoneIsLeftForAnotherOfTheRegion(t *testing.T) {
	t.Parallel()
	cfg := refusing(fake.Takes(time.Hour), fake.Rule{
		Op: "allocate", Place: catalog.Place{Cloud: "aws", Region: "us-east-1", Zone: "us-east-1a"},
		Err: &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeZone},
	})
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("zones")
		a, c := j.Stage("a").Script("x").Takes(time.Hour), j.Stage("c").Script("x").Takes(time.Hour)
		j.Together(sky.Zone, a, c)
		report, err := b.run(j)
		require.NoError(t, err)
		for _, s := range report.Stages {
			require.Equal(t, "aws/us-east-1/us-east-1b", s.Attempts[len(s.Attempts)-1].Place)
		}
	})
}

func TestNoPlaceLeftSaysWhatTheRefusalsWere(t *testing.T) {
	t.Parallel()
	cfg := refusing(fake.Takes(time.Hour), fake.Rule{Op: "allocate", Err: &fault.Error{Kind: fault.Quota, Scope: fault.ScopeCloud, Code: "LimitExceeded"}})
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("nowhere").Deadline(5 * time.Hour)
		j.Stage("only").Script("x").Takes(time.Hour)
		r := b.start(j)
		time.Sleep(time.Minute)
		events := asJSON(t, r.Report().Events)
		require.Contains(t, events, `stage \"only\" fits nowhere`)
		require.Contains(t, events, "aws: fails not refused lately (quota: allocate at aws/us-east-1: quota (LimitExceeded))")
		report, err := r.Wait(t.Context())
		require.ErrorContains(t, err, "deadline", "there may be room later, as long as there is time")
		require.InDelta(t, 4, report.Ended.Sub(report.Started).Hours(), 0.5)
	})
}

func TestCancelThatIsNotWaitedForSaysSo(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(time.Hour)}, t.TempDir(), func(t *testing.T, b *bench) {
		j := sky.NewJob("held")
		j.Stage("only").Script("x").Takes(time.Hour)
		r := b.start(j)
		time.Sleep(time.Minute)
		require.NoError(t, b.broker.Close()) // detaches
		require.ErrorContains(t, r.Cancel(t.Context(), "late"), "the broker has let go of it")
		b.broker = b.renew()
		again, err := b.broker.Resume(t.Context(), r.ID())
		require.NoError(t, err)
		require.NoError(t, again.Cancel(t.Context(), "now"))
		require.Empty(t, b.market.Live())
	})
}

func TestCloseOfABrokerInMemoryCancelsAllRunsTogether(t *testing.T) {
	t.Parallel()
	inBubble(t, refusing(fake.Takes(time.Hour), fake.Rule{Op: "release", Delay: time.Minute}), "", func(t *testing.T, b *bench) {
		for range 3 {
			j := sky.NewJob("one")
			j.Stage("only").Script("x").Takes(time.Hour)
			b.start(j)
		}
		time.Sleep(time.Minute)
		require.Len(t, b.market.Live(), 3)
		begun := time.Now()
		require.NoError(t, b.broker.Close())
		require.Less(t, time.Since(begun), 2*time.Minute)
		require.Empty(t, b.market.Live())
	})
}

func TestResumeAndReplanWithACatalogThatLostThePlaces(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cfg := refusing(fake.Takes(time.Hour), fake.Rule{
		Op: "allocate", Place: catalog.Place{Cloud: "aws"}, Skip: 1, Times: 1, Err: &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeCloud},
	})
	inBubble(t, cfg, state, func(t *testing.T, b *bench) {
		j := sky.NewJob("moved").Deadline(150 * time.Minute).Budget(1 * sky.Dollar)
		first := j.Stage("first").Script("x").Writes("out", 1*sky.MB).Takes(time.Hour)
		j.Stage("second").Script("x").Reads(first.Output("out")).Takes(time.Hour)
		r := b.start(j)
		time.Sleep(30 * time.Minute)
		require.NoError(t, b.broker.Close())

		other := market()
		kept := other.Offerings[:0]
		for _, o := range other.Offerings {
			if o.Place.Cloud != "aws" || o.Type.Name != "small" {
				kept = append(kept, o)
			}
		}
		other.Offerings = kept
		c, err := catalog.New(other)
		require.NoError(t, err)
		b.cfg.Catalog = c
		b.broker = b.renew()
		again, err := b.broker.Resume(t.Context(), r.ID())
		require.NoError(t, err)
		report, err := again.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"aws"}, places(report, "first"))
		require.Equal(t, []string{"aws", "azure"}, places(report, "second"))
	})
}

func TestReplanCountsTheTimeThatAStageHasRunAlready(t *testing.T) {
	t.Parallel()
	cfg := refusing(nil, fake.Rule{
		Op: "allocate", Place: catalog.Place{Cloud: "aws"}, Skip: 2, Times: 1, Err: &fault.Error{Kind: fault.Unsupported, Scope: fault.ScopeOffering},
	})
	cfg.Programs = map[string]fake.Program{"long": fake.Takes(6 * time.Hour), "short": fake.Takes(5 * time.Hour), "last": fake.Takes(time.Hour)}
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("late").Deadline(7 * time.Hour)
		j.Stage("long").Script("x").Takes(6 * time.Hour)
		short := j.Stage("short").Script("x").Takes(5 * time.Hour)
		j.Stage("last").Script("x").After(short).Takes(time.Hour)
		report, err := b.run(j)
		require.NoError(t, err, "two hours are left when last is refused, and long needs one of them")
		require.Equal(t, []string{"aws", "azure"}, places(report, "last"))
	})
}

func TestLiveStoryIsTheJournalsStory(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cfg := fake.Config{Programs: pipelinePrograms(), Rules: []fake.Rule{{
		Op: "allocate", Offering: "gcp/us-central1/vm/tpu/on-demand", Err: &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeOffering},
	}}}
	inBubble(t, cfg, state, func(t *testing.T, b *bench) {
		require.NoError(t, b.broker.Close())
		zone := time.FixedZone("far", 7*3600+1800)
		b.cfg.Now = func() time.Time { return time.Now().In(zone) }
		b.broker = b.renew()
		b.put("az://reviews/raw/a", "raw")
		r := b.start(reviews())
		live, err := r.Wait(t.Context())
		require.NoError(t, err)
		other := b.renew()
		again, err := other.Resume(t.Context(), r.ID())
		require.NoError(t, err)
		replayed, err := again.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, asJSON(t, live), asJSON(t, replayed))
		require.Equal(t, live.Events, replayed.Events)
		require.NoError(t, other.Close())
	})
}

func TestStartAsIsIdempotent(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	var ran atomic.Int32
	cfg := fake.Config{Program: func(*fake.Process) int { ran.Add(1); return 0 }}
	inBubble(t, cfg, state, func(t *testing.T, b *bench) {
		j := sky.NewJob("once")
		j.Stage("only").Script("x").Takes(time.Minute)
		p, err := b.broker.Plan(t.Context(), j)
		require.NoError(t, err)
		for range 3 {
			r, err := b.broker.StartAs(t.Context(), "mine", p)
			require.NoError(t, err)
			_, err = r.Wait(t.Context())
			require.NoError(t, err)
		}
		require.NoError(t, b.broker.Close())
		b.broker = b.renew()
		r, err := b.broker.StartAs(t.Context(), "mine", p)
		require.NoError(t, err)
		_, err = r.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, int32(1), ran.Load())
		_, err = b.broker.StartAs(t.Context(), "no/name", p)
		require.ErrorContains(t, err, `run "no/name": a name is`)
	})
}

func TestJournalOfAHostThatDiedBeforeTheFirstRecordIsTakenOver(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	inBubble(t, fake.Config{}, state, func(t *testing.T, b *bench) {
		j := sky.NewJob("early")
		j.Stage("only").Script("x").Takes(time.Minute)
		p, err := b.broker.Plan(t.Context(), j)
		require.NoError(t, err)
		emptyJournal(t, filepath.Join(state, "runs", "mine"))
		_, err = b.broker.Resume(t.Context(), "mine")
		require.ErrorContains(t, err, `resume run "mine": the journal is empty: the run was never begun`)
		r, err := b.broker.StartAs(t.Context(), "mine", p)
		require.NoError(t, err)
		_, err = r.Wait(t.Context())
		require.NoError(t, err)
	})
}

func TestRunMayBeCalledLikeAStage(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Programs: pipelinePrograms()}, t.TempDir(), func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		p, err := b.broker.Plan(t.Context(), reviews())
		require.NoError(t, err)
		r, err := b.broker.StartAs(t.Context(), "train", p)
		require.NoError(t, err)
		_, err = r.Wait(t.Context())
		require.NoError(t, err)
		bucket, _, err := b.market.Cloud("aws").Open(t.Context(), "s3://sky-us-east-1/")
		require.NoError(t, err)
		for o, err := range bucket.List(t.Context(), "") {
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(o.Key, "train/train/"), "%s is not below the run's folder", o.Key)
		}
	})
}

func TestLongJobNamesCanBeStarted(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob(strings.Repeat("n", 63))
		j.Stage("only").Script("x").Takes(time.Minute)
		report, err := b.run(j)
		require.NoError(t, err)
		require.Len(t, report.Run, 63)
	})
}

func TestPlanFromAFileIsCheckedBeforeItRuns(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Programs: pipelinePrograms()}, "", func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		p, err := b.broker.Plan(t.Context(), reviews())
		require.NoError(t, err)
		stored := asJSON(t, p)
		for what, change := range map[string]func(p *sky.Plan){
			"has no job":                func(p *sky.Plan) { p.Job = nil },
			"version 9":                 func(p *sky.Plan) { p.Version = 9 },
			"2 stages, its job 3":       func(p *sky.Plan) { p.Stages = p.Stages[:2] },
			"takes alternative 7 of 2":  func(p *sky.Plan) { p.Stages[1].Alternative = 7 },
			"takes alternative -1 of 2": func(p *sky.Plan) { p.Stages[1].Alternative = -1 },
			`has "other" in its place`:  func(p *sky.Plan) { p.Stages[0].Name = "other" },
			"has 1000000000 nodes":      func(p *sky.Plan) { p.Stages[0].Nodes = 1e9 },
			"which is nowhere":          func(p *sky.Plan) { p.Stages[0].Offering.Place = catalog.Place{} },
			`no way for "proc/clean"`:   func(p *sky.Plan) { p.Routes = p.Routes[:1] },
			"is planned on \"mars\"": func(p *sky.Plan) {
				p.Stages[0].Offering.Place.Cloud, p.Routes[1].From.Cloud, p.Routes[0].To.Cloud = "mars", "mars", "mars"
				p.Routes[0].Kind = sky.Direct
			},
			"expects it to cost -$1.00 at $": func(p *sky.Plan) { p.Stages[0].Cost = -sky.Dollar },
			"has no stages":                  func(p *sky.Plan) { p.Job, p.Stages = sky.NewJob("empty"), nil },
		} {
			var back sky.Plan
			require.NoError(t, json.Unmarshal([]byte(stored), &back))
			change(&back)
			_, err := b.broker.Start(t.Context(), &back)
			require.ErrorContains(t, err, what)
		}
		_, err = b.broker.Start(t.Context(), nil)
		require.ErrorContains(t, err, "has no job")

		var back sky.Plan
		require.NoError(t, json.Unmarshal([]byte(stored), &back))
		r, err := b.broker.Start(t.Context(), &back)
		require.NoError(t, err)
		_, err = r.Wait(t.Context())
		require.NoError(t, err)
	})
}

func TestAskingAtOnceAfterStart(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(time.Minute)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("eager")
		j.Stage("only").Script("x").Writes("out", 1).Takes(time.Minute)
		r := b.start(j) // its loop has not run yet
		require.ErrorContains(t, r.Logs(t.Context(), "only", nil), "has not run yet")
		require.ErrorContains(t, r.Logs(t.Context(), "none", nil), `no stage "none"`)
		_, _, err := r.Artifact("only/out")
		require.ErrorContains(t, err, "not there yet")
		_, _, err = r.Artifact("only/none")
		require.ErrorContains(t, err, `no output "only/none"`)
		require.Empty(t, r.Report().Outcome)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		report, err := r.Wait(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NotNil(t, report)
		_, err = r.Wait(t.Context())
		require.NoError(t, err)
	})
}

func TestTimeoutIsNamedAsTheReason(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(5 * time.Hour)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("slow")
		j.Stage("only").Script("x").Timeout(time.Hour).Takes(time.Hour)
		_, err := b.run(j)
		require.ErrorContains(t, err, `stage "only", attempt 1 on aws: timeout`)
	})
}

func TestResumeOfNothing(t *testing.T) {
	t.Parallel()
	b, err := sky.New(sky.Config{StateDir: t.TempDir()})
	require.NoError(t, err)
	_, err = b.Resume(t.Context(), "none")
	require.ErrorContains(t, err, `resume run "none"`)
	require.ErrorIs(t, err, os.ErrNotExist)
	memory, err := sky.New(sky.Config{})
	require.NoError(t, err)
	_, err = memory.Resume(t.Context(), "none")
	require.ErrorContains(t, err, "no StateDir")
	require.NoError(t, memory.Close())
	require.NoError(t, memory.Close())
	_, err = memory.Resume(t.Context(), "none")
	require.Error(t, err)
}

func TestConfigMistakesAreReportedTogether(t *testing.T) {
	t.Parallel()
	c := fake.New(fake.Config{})
	_, err := sky.New(sky.Config{
		Providers: append(fake.Market{c, c}.Providers(), nil), Buckets: map[string]string{"a": "x", "b": "y"}, OnClose: "explode",
	})
	for _, what := range []string{"two providers", "Providers[2] is nil", `Buckets["a"]`, `Buckets["b"]`, `OnClose "explode"`} {
		require.ErrorContains(t, err, what)
	}
}
