package sky

import (
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
)

func TestPlanTextGolden(t *testing.T) {
	t.Parallel()
	golden(t, "plan.txt", samplePlan(t).String())
}

func TestPlanTextOfOtherKinds(t *testing.T) {
	t.Parallel()
	p := samplePlan(t)
	p.Proof = Proof{Value: 20760000, Bound: 20000000, Gap: 0.0366}
	p.Job.Minimize(Time)
	require.Contains(t, p.String(), "Proof: none yet, at most 3.7% above the best possible: 5h46m against a bound of 5h33m.")
	p.Job.Minimize(Blend(5*Dollar, 0))
	require.Contains(t, p.String(), "$20.76 against a bound of $20.00")
	p.Job.Minimize(Carbon)
	require.Contains(t, p.String(), "20.76 kg CO2e against a bound of 20.00 kg CO2e")
	p.Singles[1] = SingleCloud{Cloud: "azure", Reason: "closed"}
	require.Contains(t, p.String(), "No cloud can do it alone.\n")
	require.NotContains(t, p.String(), "saving")
	require.Contains(t, (&Plan{}).String(), "Plan: 0 stages on 0 clouds\n")
}

func TestPlanTextIsNarrowAndHarmless(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		p := samplePlan(t)
		hostile := rapid.StringN(0, 200, 400)
		s := &p.Stages[rapid.IntRange(0, 3).Draw(r, "stage")]
		s.Name = hostile.Draw(r, "name")
		s.Offering.Type.Name = hostile.Draw(r, "type")
		s.Offering.Place = catalog.Place{Cloud: hostile.Draw(r, "cloud"), Region: hostile.Draw(r, "region")}
		s.Bids = append(s.Bids, Bid{WhyNot: hostile.Draw(r, "why")}, Bid{Offering: hostile.Draw(r, "bid")})
		p.Routes[1].Artifact = hostile.Draw(r, "artifact")
		p.Warnings = []string{hostile.Draw(r, "warning")}
		requireNarrow(r, p.String())
	})
}

// requireNarrow checks lines for length and for characters that a terminal would obey.
func requireNarrow(t require.TestingT, s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		require.Equal(t, clean(line), line)
		require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), textWidth, line)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s": 0, "1ms": 20 * time.Microsecond, "250ms": 250 * time.Millisecond, "1s": 999900 * time.Microsecond, "9.5s": 9500 * time.Millisecond,
		"1m": 59990 * time.Millisecond, "36m": 36 * time.Minute, "36m12s": 36*time.Minute + 12*time.Second, "1h": 3599900 * time.Millisecond,
		"5h44m": 5*time.Hour + 44*time.Minute + 25*time.Second, "47h59m": 48*time.Hour - time.Minute, "2d": 48 * time.Hour, "3d04h": 76 * time.Hour, "-2s": -2 * time.Second,
	} {
		require.Equal(t, want, span(d))
	}
	require.NotPanics(t, func() { span(-1 << 63) })
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<$0.01", digitsFor(40*Dollar).text(dollars(t, "0.0003")))
	require.Equal(t, "$0.00", digitsFor(40*Dollar).text(0))
	require.Equal(t, "$0.0123", digitsFor(dollars(t, "0.0123")).text(dollars(t, "0.0123")))
	require.Equal(t, "$0.000300", digitsFor(dollars(t, "0.0003")).text(dollars(t, "0.0003")))
	require.Equal(t, "+1.4%", off(100, 101.4))
	require.Equal(t, "-12%", off(100, 88))
	require.Empty(t, off(0, 5))
}
