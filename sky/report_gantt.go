package sky

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
)

// gantt is the timeline, ready to be written as SVG: across in percent, so that it fits any page; down in pixels.
type gantt struct {
	Height int
	Ticks  []ganttTick
	Rows   []ganttRow
}

type ganttTick struct {
	At    float64
	Label string
}

type ganttRow struct {
	Text, Top  int // of the line of words, and of the bar
	Class      string
	Stage      string
	Try, Where string
	Took       string
	Failed     bool
	Outcome    string
	Bars       []ganttBar
	Mark, Down float64 // where it failed
}

type ganttBar struct {
	At, Width float64
	Phase     string
	Title     string
}

const ganttHead, ganttStep, ganttBarTall = 26, 46, 15

func (r *Report) gantt(t timeline, c colours) *gantt {
	if t.total <= 0 || len(t.rows) == 0 {
		return nil
	}
	g := &gantt{Height: ganttHead + ganttStep*len(t.rows) + 6}
	for _, at := range t.ticks(6) {
		g.Ticks = append(g.Ticks, ganttTick{100 * t.share(at), span(at)})
	}
	for i, row := range t.rows {
		a := row.attempt
		out := ganttRow{
			Text: ganttHead + ganttStep*i + 16, Top: ganttHead + ganttStep*i + 23, Class: c.ofPlace(a.Place), Stage: clip(row.stage, 32),
			Where: shortPlace(a.Place), Took: span(row.took()), Failed: row.failed, Outcome: a.outcome(),
		}
		if a.Attempt > 1 {
			out.Try = fmt.Sprintf("try %d", a.Attempt)
		}
		for _, s := range row.spans {
			from, to := t.share(s.from), t.share(s.to)
			out.Bars = append(out.Bars, ganttBar{100 * from, 100 * (to - from), phaseClass(s.name), fmt.Sprintf("%s, %s: %s, from +%s", row.stage, s.name, span(s.to-s.from), span(s.from))})
			out.Mark = max(out.Mark, 100*to)
		}
		out.Down = float64(out.Top) + ganttBarTall/2.0
		g.Rows = append(g.Rows, out)
	}
	return g
}

// phaseNames are the names of [Phase] in the order of an attempt.
func phaseNames() []string { return []string{"move", "allocate", "run", "seal", "release"} }

// phaseClass keeps words of unknown origin out of class names.
func phaseClass(phase string) string {
	if slices.Contains(phaseNames(), phase) {
		return phase
	}
	return "other"
}

// colours gives each cloud of a report a class, the same everywhere on the page.
type colours struct {
	names []string
}

const cloudClasses = 8

func (r *Report) colours() colours {
	var c colours
	for _, s := range r.Stages {
		for _, a := range s.Attempts {
			c.names = append(c.names, cloudOf(a.Place))
		}
	}
	if r.Plan != nil {
		c.names = append(c.names, r.Plan.drawing().clouds()...)
		for _, s := range r.Plan.Singles {
			c.names = append(c.names, s.Cloud)
		}
	}
	slices.Sort(c.names)
	c.names = slices.DeleteFunc(slices.Compact(c.names), func(s string) bool { return s == "" })
	return c
}

func (c colours) class(cloud string) string {
	i := slices.Index(c.names, cloud)
	if i < 0 {
		return "c-none"
	}
	return fmt.Sprintf("c%d", i%cloudClasses)
}

func (c colours) ofPlace(place string) string { return c.class(cloudOf(place)) }

func (c colours) legend() []pageCloud {
	var all []pageCloud
	for _, name := range c.names {
		all = append(all, pageCloud{name, c.class(name)})
	}
	return all
}

func cloudOf(place string) string {
	cloud, _, _ := strings.Cut(place, "/")
	return cloud
}

func regionOf(place string) string {
	p, err := catalog.ParsePlace(place)
	if err != nil {
		return place
	}
	return p.InRegion().String()
}
