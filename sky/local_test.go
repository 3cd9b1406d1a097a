package sky_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/sky"
)

// runHere runs a job as a rehearsal on this machine.
func runHere(t *testing.T, job *sky.Job) (*sky.Run, *sky.Report, error) {
	t.Helper()
	b, _, err := rehearsal(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return runOn(t, b, job)
}

func runOn(t *testing.T, b *sky.Broker, job *sky.Job) (*sky.Run, *sky.Report, error) {
	t.Helper()
	p, err := b.Plan(t.Context(), job)
	require.NoError(t, err)
	r, err := b.Start(t.Context(), p)
	require.NoError(t, err)
	report, err := r.Wait(t.Context())
	return r, report, err
}

func TestGoFunctionRunsAsAStageInAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("funcs")
	said := j.Stage("say").Script(`printf hello > "$SKY_OUT_TEXT/line"`).Writes("text", 1*sky.KB).Rules(sky.Clouds("gcp"))
	loud := j.Stage("shout").Func("shout").Reads(said.Output("text")).Writes("loud", 1*sky.KB).Rules(sky.Clouds("aws"))
	j.Stage("check").Script(`test "$(cat "$SKY_IN_LOUD/line")" = 'hello!' && echo heard`).Reads(loud.Output("loud")).Rules(sky.Clouds("azure"))
	r, report, err := runHere(t, j)
	require.NoError(t, err, "%s", report)
	var log strings.Builder
	require.NoError(t, r.Logs(t.Context(), "check", &log))
	require.Equal(t, "heard\n", log.String())
	require.Positive(t, kinds(report)[sky.StageDone])
}

func TestGoFunctionThatFails(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("fails")
	j.Stage("only").Func("fail")
	r, _, err := runHere(t, j)
	require.ErrorContains(t, err, "exit code 1")
	var log strings.Builder
	require.NoError(t, r.Logs(t.Context(), "only", &log))
	require.Equal(t, "fail: as asked\n", log.String())
}

func TestGoFunctionNobodyRegistered(t *testing.T) {
	t.Parallel()
	j := sky.NewJob("unknown")
	j.Stage("only").Func("whisper")
	r, _, err := runHere(t, j)
	require.ErrorContains(t, err, "exit code 127")
	var log strings.Builder
	require.NoError(t, r.Logs(t.Context(), "only", &log))
	require.Contains(t, log.String(), `this binary has no function "whisper": give it to sky.Init with sky.Func`)
}

func TestImageIsRefusedWhereThereIsNoContainerRuntime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := catalog.New(market())
	require.NoError(t, err)
	var bare []provider.Provider
	for _, cloud := range c.Clouds() {
		p, err := local.New(local.Config{Name: cloud.Name, Scheme: cloud.Scheme, Dir: dir, Unlimited: true, Container: []string{}})
		require.NoError(t, err)
		bare = append(bare, p)
	}
	b, err := sky.New(sky.Config{Catalog: c, Providers: bare})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	j := sky.NewJob("image")
	j.Stage("only").Image("alpine:3").Command("sh", "-c", "echo ran > "+filepath.Join(dir, "ran"))
	_, report, err := runOn(t, b, j)
	require.ErrorContains(t, err, "image alpine:3 needs podman or docker on the PATH")
	require.ErrorContains(t, err, `stage "only"`)
	require.Equal(t, sky.RunFailed, report.Outcome)
	_, err = os.Stat(filepath.Join(dir, "ran"))
	require.ErrorIs(t, err, os.ErrNotExist, "it was not run without its image instead")
}

func TestProgressOfRealWorkIsTold(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "seen") // the work goes on once its progress was
	j := sky.NewJob("progress")
	j.Stage("only").Script(`echo "0.5 half way" > "$SKY_PROGRESS.next" && mv "$SKY_PROGRESS.next" "$SKY_PROGRESS"
		while [ ! -e "$SEEN" ]; do sleep 0.02; done`).Env("SEEN", seen).Takes(time.Second)
	b, _, err := rehearsal(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	p, err := b.Plan(t.Context(), j)
	require.NoError(t, err)
	r, err := b.Start(t.Context(), p)
	require.NoError(t, err)
	var told []sky.Event
	last := 0
	for e, err := range r.Events(t.Context(), 0) {
		require.NoError(t, err)
		require.GreaterOrEqual(t, e.Seq, last)
		last = e.Seq
		if e.Kind == sky.StageProgress {
			told = append(told, e)
			require.NoError(t, os.WriteFile(seen, nil, 0o600))
		}
	}
	require.NotEmpty(t, told)
	require.Equal(t, "half way", told[0].Detail)
	require.InDelta(t, 0.5, told[0].Fraction, 1e-9)
}
