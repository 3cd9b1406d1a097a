package sky

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDrawGolden(t *testing.T) {
	t.Parallel()
	golden(t, "job.mmd", sampleJob().Mermaid())
	golden(t, "job.dot", sampleJob().DOT())
	golden(t, "plan.mmd", samplePlan(t).Mermaid())
	golden(t, "plan.dot", samplePlan(t).DOT())
}

func TestDrawNothingAndNonsense(t *testing.T) {
	t.Parallel()
	require.Equal(t, "flowchart LR\n", (&Plan{}).Mermaid())
	j := NewJob("odd")
	s := j.Stage("a").Writes("out", 1)
	j.Stage("a").Reads(s.Output("missing"), j.Stage("b").Output("none"))
	s.After(s)
	requireDrawn(t, j.Mermaid(), j.DOT())
}

func FuzzDraw(f *testing.F) {
	for _, s := range []string{"clean", `a"b`, `back\slash\`, "new\nline", "<br/>", "]--x", "#quot;", "&amp;&", "`md`", "|x|", "end", "\x00\x1b[0m", "%%{init}%%", `\N`, "ü\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j := NewJob(s)
		d := j.Dataset(s+"d", s, 1)
		first := j.Stage(s).Reads(d).Writes(s, 1).Needs(Type(s))
		j.Stage(s + "2").Reads(first.Output(s)).After(first)
		requireDrawn(t, j.Mermaid(), j.DOT())
		p := samplePlan(t)
		p.Job = j
		p.Stages = p.Stages[:2]
		p.Stages[0].Name, p.Stages[1].Name = s, s+"2"
		p.Stages[0].Offering.Place.Cloud, p.Stages[0].Offering.Type.Name = s, s
		p.Routes[1].Artifact, p.Routes[1].Consumers = s+"/"+s, []string{s + "2"}
		requireDrawn(t, p.Mermaid(), p.DOT())
	})
}

// requireDrawn checks that words stay inside their quotes, by reading each line as the two languages do.
func requireDrawn(t *testing.T, mermaid, dot string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(mermaid, "\n"), "\n")
	require.Equal(t, "flowchart LR", lines[0])
	for _, line := range lines[1:] {
		outside := strings.Split(line, `"`) // no escapes inside Mermaid's quotes: every second part is outside
		require.Contains(t, []int{1, 3}, len(outside), line)
		if len(outside) == 3 {
			require.NotRegexp(t, "[<>`|\\\\\x00-\x1f]", strings.ReplaceAll(outside[1], "<br/>", ""))
			require.Regexp(t, `^ +(subgraph c\d+\[$|n\d+\[\(?$|n\d+ -\.?->\|$)`, outside[0])
			require.Regexp(t, `^(\)?\]|\| n\d+)$`, outside[2])
			continue
		}
		require.Regexp(t, `^ +(end|n\d+ -\.?-> n\d+)$`, line)
	}
	depth := 0
	for _, r := range withoutStrings(t, dot) {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
			require.GreaterOrEqual(t, depth, 0)
		}
	}
	require.Zero(t, depth)
	require.True(t, strings.HasPrefix(dot, "digraph \"") && strings.HasSuffix(dot, "}\n"))
}

// withoutStrings is DOT without what stands in quotes, where a backslash takes the next character's meaning away.
func withoutStrings(t *testing.T, dot string) string {
	t.Helper()
	var b strings.Builder
	quoted := false
	for i := 0; i < len(dot); i++ {
		switch c := dot[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted:
			b.WriteByte(c)
		}
	}
	require.False(t, quoted)
	return b.String()
}
