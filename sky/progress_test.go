package sky

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func sampleTime() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }

func eventsOf(list []Event, end error) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(Event{}, end)
		}
	}
}

func TestProgressPlainGolden(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewProgress(ProgressConfig{Writer: &b, Plan: samplePlan(t)})
	require.NoError(t, p.Follow(eventsOf(sampleEvents(sampleTime()), nil)))
	golden(t, "progress.txt", b.String())
	before := b.Len()
	p.Handle(Event{Kind: RunStarted})
	require.NoError(t, p.Close())
	require.Equal(t, before, b.Len(), "a closed progress shows nothing more")
}

func TestProgressPlainIsHarmless(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewProgress(ProgressConfig{Writer: &b})
	p.Handle(Event{Kind: StageLost, Stage: "a\x1b[2J", Detail: "b\rc\nd\u202e"})
	require.NoError(t, p.Close())
	require.Equal(t, "+0s      a [2J: lost: b c d \n", b.String())
}

func TestProgressTellsOfErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	require.ErrorIs(t, NewProgress(ProgressConfig{}).Follow(eventsOf(nil, broken)), broken)
	p := NewProgress(ProgressConfig{Writer: failingWriter{broken}})
	p.Handle(Event{Kind: RunStarted})
	require.ErrorIs(t, p.Close(), broken)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestProgressLive draws to a buffer, at moments that the test chooses, and leaves no goroutine behind.
func TestProgressLive(t *testing.T) { //nolint:paralleltest // looks at all goroutines
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	drawn := frames{written: make(chan struct{}, 100)}
	refresh := make(chan any)
	now := sampleTime()
	p := NewProgress(ProgressConfig{Writer: &drawn, Plan: samplePlan(t), Now: func() time.Time { return now.Add(90 * second) }, live: true, refresh: refresh})
	events := sampleEvents(now)
	for _, e := range events[:7] {
		p.Handle(e)
	}
	refresh <- now
	<-drawn.written
	for _, e := range events[7:] {
		p.Handle(e)
	}
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())

	text := drawn.String()
	require.NotContains(t, text, "\x1b[3", "no colour")
	require.Regexp(t, `clean +\[#+\.+\] progress 52%: shard 13 of 25`, text)
	require.Contains(t, text, "+1m30s  run succeeded; 4 of 4 stages done, $0.8544 spent")
	for _, stage := range []string{"clean", "train", "infer", "publish"} {
		require.Regexp(t, stage+` +\[#+\]`, text, "the last state shows a full bar")
	}
}

// frames is a buffer that tells of each write.
type frames struct {
	bytes.Buffer
	written chan struct{}
}

func (f *frames) Write(b []byte) (int, error) {
	n, err := f.Buffer.Write(b)
	f.written <- struct{}{}
	return n, err
}

func TestProgressLiveAbandoned(t *testing.T) { //nolint:paralleltest // looks at all goroutines
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	p := NewProgress(ProgressConfig{Writer: io.Discard, live: true})
	for _, e := range sampleEvents(sampleTime())[:7] {
		p.Handle(e)
	}
	require.NoError(t, p.Close())
	none := NewProgress(ProgressConfig{Writer: io.Discard, live: true})
	require.NoError(t, none.Close(), "nothing was shown at all")
}

func TestEventLines(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Event{
		"train (try 2): refused tpu-v3-8, spot at gcp/us-central1: no capacity": {Kind: StageRefused, Stage: "train", Attempt: 2, Offering: "tpu-v3-8, spot", Place: "gcp/us-central1", Detail: "no capacity"},
		"train: exited with 3":                  {Kind: StageExited, Stage: "train", Attempt: 1, Exit: 3},
		"train: released for $0.0300":           {Kind: StageReleased, Stage: "train", Cost: Dollar * 3 / 100},
		"train: moved to aws/x (1.5 GB): model": {Kind: StageMoved, Stage: "train", Place: "aws/x", Bytes: 1500 * MB, Detail: "model"},
		"run failed: budget":                    {Kind: RunFailed, Detail: "budget"},
	} {
		require.Equal(t, want, e.line())
	}
	require.False(t, strings.Contains(Event{Kind: StageProgress}.line(), "%"))
}
