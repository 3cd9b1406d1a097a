package sky

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
)

func TestReportHTMLGolden(t *testing.T) {
	t.Parallel()
	b, err := sampleReport(t).HTML()
	require.NoError(t, err)
	golden(t, "report.html", string(b))
	requirePage(t, string(b))
	for _, want := range []string{
		"succeeded", "predicted $40.57 (&#43;20%)", "Planned saving", "best alone: azure at $104.97, 10h47m", "What went wrong on the way",
		"stage &#34;clean&#34; fails need confidential sgx", "the machine was preempted after 1h20m", "Total", "gcp/europe-west4 tpu-v3-8 spot",
	} {
		require.Contains(t, string(b), want)
	}
}

var (
	tags      = regexp.MustCompile(`<(/?)([a-zA-Z!][a-zA-Z0-9]*)((?:[^<>"]|"[^"]*")*?)(/?)>`)
	fetches   = regexp.MustCompile(`(?i)\b(?:src|href|xlink:href|action|data|poster|srcset)\s*=|@import|url\(\s*[^#]|<script|<link|<iframe|<img|javascript:`)
	eventAttr = regexp.MustCompile(`(?i)^on|^href|^src`)
	attrNames = regexp.MustCompile(`([a-zA-Z:-]+)(?:="[^"]*")?`)
)

// requirePage checks that every element is closed in order, and that the page fetches and runs nothing.
func requirePage(t require.TestingT, page string) {
	void := []string{"meta", "br", "hr", "!doctype"}
	var open []string
	rest := tags.ReplaceAllStringFunc(page, func(tag string) string {
		m := tags.FindStringSubmatch(tag)
		name := strings.ToLower(m[2])
		for _, attr := range attrNames.FindAllStringSubmatch(m[3], -1) {
			require.NotRegexp(t, eventAttr, attr[1])
		}
		switch {
		case m[1] == "/":
			require.NotEmpty(t, open, tag)
			require.Equal(t, open[len(open)-1], name)
			open = open[:len(open)-1]
		case m[4] == "/" || slices.Contains(void, name):
		default:
			open = append(open, name)
		}
		return ""
	})
	require.Empty(t, open)
	require.NotContains(t, rest, "<", "a bracket that is no tag")
	for _, tag := range tags.FindAllString(page, -1) {
		require.NotRegexp(t, fetches, tag)
	}
	style := page[strings.Index(page, "<style>"):strings.Index(page, "</style>")]
	require.NotRegexp(t, fetches, style)
	require.NotContains(t, page, "ZgotmplZ", "the template met a value where none may stand")
	require.NotContains(t, page, "<no value>")
	require.Contains(t, page, `content="default-src 'none'; style-src 'unsafe-inline'"`)
}

func TestReportHTMLEscapes(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>`, `</title></svg><iframe src="javascript:alert(1)">`,
		`' onload='x`, `<!--`, `]]>`, `{{.Run}}`, "\x00\x1b[31m\u202e", `url(http://x)`, `c0" onclick="x`,
	} {
		r := hostileReport(t, evil)
		b, err := r.HTML()
		require.NoError(t, err)
		requirePage(t, string(b))
		require.False(t, strings.ContainsAny(evil, "<>") && bytes.Contains(b, []byte(evil)), evil)
	}
}

// hostileReport has the same words wherever a report can hold any.
func hostileReport(t *testing.T, evil string) *Report {
	r := sampleReport(t)
	r.Run, r.Job, r.Reason, r.Outcome = evil, evil, evil, EventKind(evil)
	job := NewJob(evil)
	data := job.Dataset(evil+"0", evil, 1)
	first := job.Stage(evil).Reads(data).Writes(evil, 5)
	job.Stage(evil + "2").Reads(first.Output(evil))
	place := catalog.Place{Cloud: evil, Region: evil}
	r.Plan.Job, r.Plan.Snapshot, r.Plan.Warnings, r.Plan.Proof.Method = job, evil, []string{evil}, evil
	r.Plan.Stages = r.Plan.Stages[:2]
	r.Plan.Stages[0].Name, r.Plan.Stages[0].Offering.Place = evil, place
	r.Plan.Stages[0].Offering.Type.Name = evil
	r.Plan.Stages[0].Bids[1] = Bid{Offering: evil, Place: place, Price: evil, WhyNot: evil}
	r.Plan.Routes[0].Artifact, r.Plan.Routes[0].From, r.Plan.Routes[0].Kind, r.Plan.Routes[0].Mover = evil+"0", place, RouteKind(evil), evil
	r.Plan.Singles = append(r.Plan.Singles, SingleCloud{Cloud: evil, Reason: evil}, SingleCloud{Cloud: evil, Cost: 5})
	r.Stages[0].Name = evil
	a := &r.Stages[0].Attempts[0]
	a.Place, a.Offering, a.Detail, a.Outcome, a.Phases[0].Name = evil, evil, evil, EventKind(evil), evil
	r.Ledger[0] = LedgerLine{Stage: evil, What: evil, Detail: evil}
	r.Events[3] = Event{Kind: EventKind(evil), Stage: evil, Detail: evil, Place: evil, Offering: evil}
	return r
}

func TestReportHTMLOfAnyReport(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b, err := drawReport(r).HTML()
		require.NoError(r, err)
		requirePage(r, string(b))
	})
}

func TestReportHTMLLeavesOutTheMiddleOfManyEvents(t *testing.T) {
	t.Parallel()
	r := sampleReport(t)
	r.Events = nil
	for i := range shownEvents + 7 {
		r.Events = append(r.Events, Event{Seq: i, Kind: StageMoved, Detail: fmt.Sprintf("part %d.", i)})
	}
	b, err := r.HTML()
	require.NoError(t, err)
	require.Contains(t, string(b), "7 more left out in the middle")
	require.Contains(t, string(b), "part 999.")
	require.NotContains(t, string(b), "part 1000.")
	require.NotContains(t, string(b), "part 1006.")
	require.Contains(t, string(b), "part 1007.")
}

func TestReportHTMLOfFailureAndOfNothing(t *testing.T) {
	t.Parallel()
	r := sampleReport(t)
	r.Outcome, r.Reason = RunFailed, "stage \"infer\" failed 2 times"
	r.Plan.Singles = nil
	b, err := r.HTML()
	require.NoError(t, err)
	require.Contains(t, string(b), `<span class="pill bad">failed</span>`)
	require.Contains(t, string(b), "no single cloud can run this job")
	b, err = (&Report{}).HTML()
	require.NoError(t, err)
	requirePage(t, string(b))
}

// TestLayout checks what a reader needs: no two nodes overlap, all are inside, and data flows one way.
func TestLayout(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := drawing{}
		n := rapid.IntRange(1, 24).Draw(r, "nodes")
		for i := range n {
			d.nodes = append(d.nodes, drawNode{name: fmt.Sprint(i), dataset: i < n/4, lines: []string{"a", "b", "c"}})
		}
		for range rapid.IntRange(0, 3*n).Draw(r, "edges") {
			e := drawEdge{from: rapid.IntRange(0, n-1).Draw(r, "from"), to: rapid.IntRange(0, n-1).Draw(r, "to"), label: []string{"x", "y"}}
			if e.from < e.to && e.to >= n/4 {
				d.edges = append(d.edges, e)
			}
		}
		for _, down := range []bool{false, true} {
			requireLayout(r, d, d.layout(down, func(string) string { return "" }), down)
		}
	})
}

func requireLayout(t *rapid.T, d drawing, g dag, down bool) {
	require.Len(t, g.Edges, len(d.edges))
	for i, a := range g.Nodes {
		require.True(t, a.X >= 0 && a.Y >= 0 && a.X+a.W <= g.Width && a.Y+a.H <= g.Height)
		for _, b := range g.Nodes[:i] {
			require.True(t, a.X >= b.X+b.W || b.X >= a.X+a.W || a.Y >= b.Y+b.H || b.Y >= a.Y+a.H, "nodes overlap")
		}
	}
	for _, e := range d.edges {
		from, to := g.Nodes[e.from], g.Nodes[e.to]
		require.True(t, (!down && from.X+from.W < to.X) || (down && from.Y+from.H < to.Y))
	}
}

func TestLayoutOfACycleEnds(t *testing.T) {
	t.Parallel()
	d := drawing{nodes: make([]drawNode, 3), edges: []drawEdge{{from: 0, to: 1}, {from: 1, to: 0}, {from: 2, to: 2}}}
	g := d.layout(false, func(string) string { return "" })
	require.Len(t, g.Nodes, 3)
	require.Empty(t, g.Edges)
}

func TestGanttMarksWhereAnAttemptFailed(t *testing.T) {
	t.Parallel()
	r := sampleReport(t)
	g := r.gantt(r.timeline(), r.colours())
	require.Len(t, g.Rows, 7)
	require.True(t, g.Rows[1].Failed)
	want := 100 * float64(127*time.Minute) / float64(r.Ended.Sub(r.Started))
	require.InDelta(t, want, g.Rows[1].Mark, 0.01)
	require.False(t, g.Rows[0].Failed)
}
