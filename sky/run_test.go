package sky_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/sky"
	"github.com/openintercloud/broker/transfer"
)

// bench is a broker over the fake clouds of the test market, in a bubble of virtual time.
type bench struct {
	t      *testing.T
	market fake.Market
	broker *sky.Broker
	cfg    sky.Config
}

// inBubble runs a test with virtual time: whatever the stages take passes at once.
func inBubble(t *testing.T, cfg fake.Config, state string, test func(*testing.T, *bench)) {
	t.Helper()
	c, err := catalog.New(market())
	require.NoError(t, err)
	inBubbleOf(t, c, cfg, state, test)
}

// inBubbleOf is inBubble with another catalog.
func inBubbleOf(t *testing.T, c *catalog.Catalog, cfg fake.Config, state string, test func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, market: fake.NewMarket(c, cfg)}
		b.cfg = sky.Config{Catalog: c, Providers: b.market.Providers(), StateDir: state}
		b.broker = b.renew()
		test(t, b)
		require.NoError(t, b.broker.Close())
		b.market.Close()
	})
}

// renew is another host over the same clouds and the same state.
func (b *bench) renew() *sky.Broker {
	b.t.Helper()
	again, err := sky.New(b.cfg)
	require.NoError(b.t, err)
	return again
}

func (b *bench) start(job *sky.Job) *sky.Run {
	b.t.Helper()
	p, err := b.broker.Plan(b.t.Context(), job)
	require.NoError(b.t, err)
	r, err := b.broker.Start(b.t.Context(), p)
	require.NoError(b.t, err)
	return r
}

// run runs a job to its end, after which nothing may be held.
func (b *bench) run(job *sky.Job) (*sky.Report, error) {
	b.t.Helper()
	report, err := b.start(job).Wait(b.t.Context())
	require.Empty(b.t, b.market.Live(), "nothing leaks")
	return report, err
}

// places are where each attempt of a stage was, by cloud.
func places(report *sky.Report, stage string) []string {
	var out []string
	for _, s := range report.Stages {
		for _, a := range s.Attempts {
			if s.Name == stage {
				cloud, _, _ := strings.Cut(a.Place, "/")
				out = append(out, cloud)
			}
		}
	}
	return out
}

func kinds(report *sky.Report) map[sky.EventKind]int {
	count := map[sky.EventKind]int{}
	for _, e := range report.Events {
		count[e.Kind]++
	}
	return count
}

// put uploads an object of test data.
func (b *bench) put(url string, content string) {
	b.t.Helper()
	scheme, _, _ := strings.Cut(url, "://")
	cloud := map[string]string{"az": "azure", "gs": "gcp", "s3": "aws"}[scheme]
	bucket, key, err := b.market.Cloud(cloud).Open(b.t.Context(), url)
	require.NoError(b.t, err)
	up, err := bucket.Create(b.t.Context(), key, transfer.CreateOptions{Size: -1})
	require.NoError(b.t, err)
	require.NoError(b.t, up.Part(b.t.Context(), 1, strings.NewReader(content)))
	_, err = up.Commit(b.t.Context())
	require.NoError(b.t, err)
}

func (b *bench) get(cloud, url string) string {
	b.t.Helper()
	bucket, key, err := b.market.Cloud(cloud).Open(b.t.Context(), url)
	require.NoError(b.t, err)
	r, err := bucket.Read(b.t.Context(), key, transfer.Whole(), "")
	require.NoError(b.t, err)
	defer r.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(r)
	require.NoError(b.t, err)
	return text.String()
}

// pipelinePrograms do the work of [reviews]: each stage passes on what it read, with its own mark, and takes its time.
func pipelinePrograms() map[string]fake.Program {
	step := func(in, out string, d time.Duration) fake.Program {
		return func(p *fake.Process) int {
			if !p.Sleep(d) {
				return 143
			}
			text := ""
			for _, content := range p.Input(in) {
				text += string(content)
			}
			if out != "" {
				p.Output(out, "part-0", []byte(text+" "+p.Task().Name))
			}
			_, _ = p.Write([]byte("read: " + text))
			return 0
		}
	}
	return map[string]fake.Program{
		"proc":  step("raw", "clean", 36*time.Minute),
		"train": step("clean", "model", 4*time.Hour),
		"infer": step("model", "", 111*time.Hour/100),
	}
}

func TestRunOfInsetB(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Programs: pipelinePrograms()}, "", func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		r := b.start(reviews())
		report, err := r.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, sky.RunSucceeded, report.Outcome)
		require.Equal(t, []string{"azure"}, places(report, "proc"))
		require.Equal(t, []string{"gcp"}, places(report, "train"))
		require.Equal(t, []string{"aws"}, places(report, "infer"))

		var log strings.Builder
		require.NoError(t, r.Logs(t.Context(), "infer", &log))
		require.Equal(t, "read: raw proc train", log.String(), "the data went the whole way")
		url, m, err := r.Artifact("train/model")
		require.NoError(t, err)
		require.Len(t, m.Objects, 1)
		require.Equal(t, "raw proc train", b.get("gcp", url+m.Objects[0].Path))

		require.Equal(t, report.Plan.Cost, report.Predicted)
		compute := report.Plan.Cost - report.Plan.Egress
		require.InDelta(t, float64(compute), float64(report.Actual), float64(sky.Dollar)/1000, "the work took as long as planned; the data was tiny")
		require.InDelta(t, 5.71, report.Ended.Sub(report.Started).Hours(), 0.001)
	})
}

func TestRefusalMovesTheStageAndKeepsWhatIsDone(t *testing.T) {
	t.Parallel()
	cfg := fake.Config{Programs: pipelinePrograms(), Rules: []fake.Rule{{
		Op: "allocate", Offering: "gcp/us-central1/vm/tpu/on-demand", Err: &fault.Error{Kind: fault.Capacity, Scope: fault.ScopeOffering},
	}}}
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		b.put("az://reviews/raw/a", "raw")
		report, err := b.run(reviews())
		require.NoError(t, err)
		require.Equal(t, []string{"azure"}, places(report, "proc"), "what was done was not done again")
		require.Equal(t, []string{"gcp", "gcp"}, places(report, "train"), "the V100s of the same region are next")
		require.Equal(t, 1, kinds(report)[sky.RunReplanned])
		require.Equal(t, 1, kinds(report)[sky.StageRefused])
		require.Equal(t, sky.StageRefused, report.Stages[1].Attempts[0].Outcome)
	})
}

func TestFailedWorkIsTriedAgainWithinItsLimit(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	failing := func(until int32) fake.Config {
		return fake.Config{Program: func(*fake.Process) int {
			if tries.Add(1) <= until {
				return 3
			}
			return 0
		}}
	}
	job := func() *sky.Job {
		j := sky.NewJob("flaky")
		j.Stage("only").Script("x").Retry(2).Takes(time.Minute)
		return j
	}
	inBubble(t, failing(2), "", func(t *testing.T, b *bench) {
		report, err := b.run(job())
		require.NoError(t, err)
		require.Len(t, report.Stages[0].Attempts, 3)
		require.Equal(t, 2, kinds(report)[sky.StageRetrying])
	})
	tries.Store(0)
	inBubble(t, failing(99), "", func(t *testing.T, b *bench) {
		report, err := b.run(job())
		failed, ok := errors.AsType[*sky.RunError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, sky.RunFailed, failed.Outcome)
		require.Contains(t, failed.Reason, `stage "only", attempt 3 on aws`)
		require.Contains(t, failed.Reason, "exit code 3")
		require.Len(t, report.Stages[0].Attempts, 3)
	})
}

func TestCancelGivesEverythingBack(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(time.Hour)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("long")
		for _, name := range []string{"a", "b", "c"} {
			j.Stage(name).Script("x").Takes(time.Hour)
		}
		r := b.start(j)
		time.Sleep(10 * time.Minute) // virtual
		require.Len(t, b.market.Live(), 3, "independent stages run side by side")
		require.NoError(t, r.Cancel(t.Context(), "enough"))
		require.Empty(t, b.market.Live())
		report, err := r.Wait(t.Context())
		cancelled, ok := errors.AsType[*sky.RunError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, sky.RunCancelled, cancelled.Outcome)
		require.Contains(t, report.Reason, "enough")
		require.NoError(t, r.Cancel(t.Context(), "again"), "cancelling what has ended does nothing")
	})
}

func TestStalledStageIsToldOf(t *testing.T) {
	t.Parallel()
	cfg := fake.Config{Program: func(p *fake.Process) int {
		p.Progress(0.5, "half")
		p.Sleep(time.Hour)
		return 0
	}}
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("slow")
		j.Stage("only").Script("x").Stall(10 * time.Minute).Takes(time.Hour)
		report, err := b.run(j)
		require.NoError(t, err)
		var stalled []sky.Event
		for _, e := range report.Events {
			if e.Kind == sky.StageStalled {
				stalled = append(stalled, e)
			}
		}
		require.Len(t, stalled, 1)
		require.Equal(t, "only", stalled[0].Stage)
		require.True(t, strings.HasPrefix(stalled[0].Place, "aws/"))
		require.Contains(t, stalled[0].Detail, "half")
		require.InDelta(t, 10*time.Minute, stalled[0].Time.Sub(report.Started), float64(time.Second))
	})
}

func TestLostAnswerMakesNoSecondMachine(t *testing.T) {
	t.Parallel()
	cfg := fake.Config{Rules: []fake.Rule{{Op: "allocate", Times: 1, Lost: true}}}
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("ambiguous")
		j.Stage("only").Script("x").Takes(time.Minute)
		report, err := b.run(j)
		require.NoError(t, err)
		require.Equal(t, 1, kinds(report)[sky.StageUnknown])
		require.Len(t, report.Stages[0].Attempts, 1, "it was found and adopted")
		require.Len(t, b.market.Cloud("aws").Billed(), 1)
	})
}

func TestPreemptedStageRunsAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(time.Hour)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("spot")
		j.Stage("only").Script("x").Takes(time.Hour)
		r := b.start(j)
		time.Sleep(30 * time.Minute)
		require.True(t, b.market.Cloud("aws").Preempt(b.market.Live()[0].Handle))
		report, err := r.Wait(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Stages[0].Attempts, 2)
		require.Equal(t, 1, kinds(report)[sky.StageLost])
		require.Empty(t, b.market.Live())
	})
}

func TestGangRunsOnAllItsNodes(t *testing.T) {
	t.Parallel()
	var ranks atomic.Int32
	cfg := fake.Config{Program: func(p *fake.Process) int {
		if p.Getenv("SKY_NODES") == "3" {
			ranks.Add(1 << (8 * int32(p.Getenv("SKY_RANK")[0]-'0')))
		}
		return 0
	}}
	inBubble(t, cfg, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("gang")
		j.Stage("all").Script("x").Nodes(3).Takes(time.Minute)
		_, err := b.run(j)
		require.NoError(t, err)
		require.Equal(t, int32(0x010101), ranks.Load())
	})
}

func TestDetachedRunIsResumedWithoutRepeatingWhatIsDone(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	var ran atomic.Int32
	cfg := fake.Config{Program: func(p *fake.Process) int { ran.Add(1); p.Sleep(time.Hour); return 0 }}
	inBubble(t, cfg, state, func(t *testing.T, b *bench) {
		j := sky.NewJob("chain")
		first := j.Stage("first").Script("x").Takes(time.Hour)
		j.Stage("second").Script("x").After(first).Takes(time.Hour)
		r := b.start(j)
		time.Sleep(90 * time.Minute) // the second stage runs
		require.NoError(t, b.broker.Close())
		_, err := r.Wait(t.Context())
		require.ErrorContains(t, err, "Resume it")
		require.Len(t, b.market.Live(), 1, "the work goes on")
		_, err = b.broker.Start(t.Context(), r.Plan())
		require.ErrorIs(t, err, sky.ErrClosed)

		b.broker, err = sky.New(b.cfg)
		require.NoError(t, err)
		again, err := b.broker.Resume(t.Context(), r.ID())
		require.NoError(t, err)
		same, err := b.broker.StartAs(t.Context(), r.ID(), r.Plan())
		require.NoError(t, err)
		require.Same(t, again, same, "a name is a run")
		report, err := again.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, int32(2), ran.Load())
		require.Empty(t, b.market.Live())
		require.Equal(t, 1, kinds(report)[sky.RunResumed])

		third, err := sky.New(b.cfg)
		require.NoError(t, err)
		ended, err := third.Resume(t.Context(), r.ID())
		require.NoError(t, err)
		replayed, err := ended.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, asJSON(t, report), asJSON(t, replayed), "the journal alone tells the same story")
		names, err := third.Runs()
		require.NoError(t, err)
		require.Equal(t, []string{r.ID()}, names)
		require.NoError(t, third.Close())
	})
}

func TestEventsCanBeReadFromAnywhereByMany(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: fake.Takes(time.Minute)}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("events")
		j.Stage("only").Script("x").Takes(time.Minute)
		r := b.start(j)
		var all []sky.Event
		for e, err := range r.Events(t.Context(), 0) {
			require.NoError(t, err)
			all = append(all, e)
		}
		require.Equal(t, sky.RunStarted, all[0].Kind)
		require.True(t, all[len(all)-1].Last())
		var rest []sky.Event
		for e, err := range r.Events(t.Context(), 3) {
			require.NoError(t, err)
			rest = append(rest, e)
		}
		require.Equal(t, all[3:], rest)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range r.Events(ctx, len(all)+5) {
			require.NoError(t, err, "a run that has ended has nothing to wait for")
		}
	})
}

func TestSecretsReachTheWorkAndNothingElse(t *testing.T) {
	t.Parallel()
	const canary = "hunter2-canary"
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte(canary), 0o600))
	state := t.TempDir()
	seen := ""
	cfg := fake.Config{Program: func(p *fake.Process) int { seen = p.Getenv("PASSWORD"); return 0 }}
	inBubble(t, cfg, state, func(t *testing.T, b *bench) {
		j := sky.NewJob("secret")
		j.Stage("only").Script("x").Secret("PASSWORD", secret.Ref("file:"+file)).Takes(time.Minute)
		report, err := b.run(j)
		require.NoError(t, err)
		require.Equal(t, canary, seen)
		page, err := report.HTML()
		require.NoError(t, err)
		for _, text := range []string{asJSON(t, report), report.String(), string(page)} {
			require.NotContains(t, text, canary)
		}
	})
	require.NoError(t, filepath.WalkDir(state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NotContains(t, string(text), canary, path)
		return err
	}))
}

func TestStartNeedsAProviderForEveryCloud(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(market())
	require.NoError(t, err)
	b, err := sky.New(sky.Config{Catalog: c})
	require.NoError(t, err)
	p, err := b.Plan(t.Context(), reviews())
	require.NoError(t, err)
	_, err = b.Start(t.Context(), p)
	require.ErrorContains(t, err, `stage "proc" is planned on "azure", for which no provider`)
	require.ErrorContains(t, err, `stage "infer"`)
}

func TestOutputThatWasNotWrittenFailsTheStage(t *testing.T) {
	t.Parallel()
	inBubble(t, fake.Config{Program: func(*fake.Process) int { return 0 }}, "", func(t *testing.T, b *bench) {
		j := sky.NewJob("empty")
		j.Stage("only").Script("x").Writes("data", 1*sky.MB).Takes(time.Minute)
		_, err := b.run(j)
		require.ErrorContains(t, err, `stage "only" ended well but left nothing in output "data" (the directory in SKY_OUT_DATA)`)
	})
}
