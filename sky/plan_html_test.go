package sky

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanAsAPage(t *testing.T) {
	t.Parallel()
	p := sampleReport(t).Plan
	dear := *p
	dear.Cost, dear.Time = 2*p.Cost, p.Time/2
	b, err := p.HTML([]*Plan{p, &dear}, "too short: <5h>")
	require.NoError(t, err)
	text := string(b)
	requirePage(t, text)
	for _, want := range []string{
		"planned", "Nothing has run yet", "Cost against time", `class="this"`, ": this plan</title>", "too short: &lt;5h&gt;", "Where it would run", "What else was on offer",
	} {
		require.Contains(t, text, want)
	}
	require.Equal(t, 2, strings.Count(text, "<circle"))
	require.NotContains(t, text, "this run")

	b, err = p.HTML(nil)
	require.NoError(t, err)
	require.NotContains(t, string(b), "<circle")
	require.NotContains(t, string(b), "What if")
	b, err = (&Plan{}).HTML([]*Plan{{}})
	require.NoError(t, err)
	requirePage(t, string(b))
}
