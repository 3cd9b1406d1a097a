package sky

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReportTextGolden(t *testing.T) {
	t.Parallel()
	golden(t, "report.txt", sampleReport(t).String())
}

func TestReportTextIsNarrowAndHarmless(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) { requireNarrow(r, drawReport(r).String()) })
}

// drawReport is any report: times in any order, amounts of any size, hostile words.
func drawReport(r *rapid.T) *Report {
	words := rapid.StringN(0, 120, 300)
	moment := rapid.Custom(func(r *rapid.T) time.Time {
		n := rapid.Int64Range(-1, 1<<40).Draw(r, "moment")
		if n < 0 {
			return time.Time{}
		}
		return time.Unix(0, n).UTC()
	})
	money := rapid.Custom(func(r *rapid.T) Money { return Money(rapid.Int64Range(-1<<40, 1<<50).Draw(r, "money")) })
	phase := rapid.Custom(func(r *rapid.T) Phase {
		return Phase{words.Draw(r, "phase"), moment.Draw(r, "from"), moment.Draw(r, "to")}
	})
	try := rapid.Custom(func(r *rapid.T) AttemptReport {
		return AttemptReport{
			Attempt: rapid.Int().Draw(r, "attempt"), Place: words.Draw(r, "place"), Offering: words.Draw(r, "offering"),
			Phases: rapid.SliceOfN(phase, 0, 3).Draw(r, "phases"), Outcome: EventKind(words.Draw(r, "outcome")),
			Detail: words.Draw(r, "detail"), Predicted: money.Draw(r, "predicted"), Actual: money.Draw(r, "actual"),
		}
	})
	stage := rapid.Custom(func(r *rapid.T) StageReport {
		return StageReport{words.Draw(r, "stage"), EventKind(words.Draw(r, "state")), rapid.SliceOfN(try, 0, 3).Draw(r, "attempts")}
	})
	return &Report{
		Run: words.Draw(r, "run"), Job: words.Draw(r, "job"), Outcome: EventKind(words.Draw(r, "outcome")), Reason: words.Draw(r, "reason"),
		Started: moment.Draw(r, "started"), Ended: moment.Draw(r, "ended"), Stages: rapid.SliceOfN(stage, 0, 3).Draw(r, "stages"),
		Ledger: []LedgerLine{{
			Stage: words.Draw(r, "line"), Attempt: 1, What: words.Draw(r, "what"), Detail: words.Draw(r, "detail"),
			Predicted: money.Draw(r, "p"), Actual: money.Draw(r, "a"), List: money.Draw(r, "l"),
		}},
		Events: []Event{{Kind: CallFailed, Stage: words.Draw(r, "of"), Detail: words.Draw(r, "why"), Time: moment.Draw(r, "when")}},
	}
}

func TestReportTextOfARunUnderWay(t *testing.T) {
	t.Parallel()
	r := sampleReport(t)
	r.Outcome, r.Ended, r.Ledger = "", time.Time{}, nil
	r.Stages = r.Stages[:1]
	r.Stages[0].Attempts[0].Outcome = ""
	r.Stages[0].Attempts[0].Phases[1].End = time.Time{}
	text := r.String()
	require.Contains(t, text, "still running")
	require.Contains(t, text, "under way")
	require.NotContains(t, text, "Ledger")
	require.NotEmpty(t, (&Report{}).String())
}

func TestReportJSON(t *testing.T) {
	t.Parallel()
	b, err := sampleReport(t).JSON()
	require.NoError(t, err)
	var back map[string]any
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, "run succeeded", back["outcome"])
	require.Len(t, back["ledger"], 9)
}

func TestTimelineTicks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		line := timeline{total: time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(r, "total"))}
		n := rapid.IntRange(1, 12).Draw(r, "n")
		marks := line.ticks(n)
		require.LessOrEqual(r, len(marks), n+1)
		require.Zero(r, marks[0])
		for i := 1; i < len(marks); i++ {
			require.Greater(r, marks[i], marks[i-1])
			require.LessOrEqual(r, marks[i], line.total)
		}
	})
}
