package sky

import (
	"bytes"
	_ "embed" // for the page's template
	"fmt"
	"html/template"
	"time"
)

//go:embed report.html.tmpl
var pageTemplate string

// most events the page lists: half of them the first ones, half the last.
const shownEvents = 2000

// HTML is the report as one page that needs nothing else: no script, no font, nothing to fetch. It has a light and a
// dark form, as the reader's system asks. Words that came from the work are escaped.
func (r *Report) HTML() ([]byte, error) {
	return r.page().render("report of run " + r.Run)
}

func (p page) render(what string) ([]byte, error) {
	t, err := template.New("report").Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("%s as HTML: %w", what, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("%s as HTML: %w", what, err)
	}
	return b.Bytes(), nil
}

// page is what the template shows.
type page struct {
	Planned            bool // nothing has run
	Run, Job, Reason   string
	Outcome, Mood      string // Mood is "ok", "bad" or "busy"
	When               string
	Cards              []pageCard
	Bars               []pageBar
	Clouds             []pageCloud
	Phases             []string
	Dags               []dag
	Front              *frontChart
	Notes              []string
	Gantt              *gantt
	Attempts           []pageRow
	Trouble            []string
	Ledger             []pageRow
	LedgerTotal        pageRow
	Routes             []pageRow
	Choices            []pageChoice
	Proof, Snapshot    string
	Warnings, NotAlone []string
	Events             []pageRow
	EventsLeftOut      int
}

type pageCard struct {
	Label, Value, Note, Mood string
}

type pageBar struct {
	Label, Value, Class string
	Width               float64 // percent
}

type pageCloud struct {
	Name, Class string
}

type pageRow struct {
	Class, Mood string // of the cloud; of the row
	Cells       []string
}

type pageChoice struct {
	Stage string
	Count int
	Bids  []pageRow
}

func (r *Report) page() page {
	t := r.timeline()
	c := r.colours()
	p := page{
		Run: r.Run, Job: r.Job, Reason: r.Reason, Outcome: r.outcome(), Mood: r.mood(), When: r.when(t),
		Cards: r.cards(t), Bars: r.bars(c), Clouds: c.legend(), Phases: phaseNames(), Gantt: r.gantt(t, c), Attempts: r.attemptRows(t, c), Trouble: r.trouble(),
	}
	p.Ledger, p.LedgerTotal = r.ledgerRows()
	p.Events, p.EventsLeftOut = r.eventRows(c)
	if r.Plan != nil {
		p.add(r, c)
	}
	return p
}

// add shows what the plan of a report says.
func (p *page) add(r *Report, c colours) {
	p.Dags = r.dags(c)
	p.Routes = r.Plan.routeRows(c)
	p.Choices = r.Plan.choices(c)
	p.Proof, p.Snapshot, p.Warnings = r.Plan.proofLine(), r.Plan.Snapshot, r.Plan.Warnings
	for _, s := range r.Plan.Singles {
		if s.Reason != "" {
			p.NotAlone = append(p.NotAlone, fmt.Sprintf("%s: %s", s.Cloud, s.Reason))
		}
	}
}

func (r *Report) mood() string {
	switch r.Outcome {
	case RunSucceeded:
		return "ok"
	case "":
		return "busy"
	}
	return "bad"
}

func (r *Report) when(t timeline) string {
	if t.start.IsZero() {
		return ""
	}
	const form = "2 Jan 2006, 15:04:05"
	return t.start.UTC().Format(form) + " to " + t.start.Add(t.total).UTC().Format(form) + " UTC"
}

func (r *Report) cards(t timeline) []pageCard {
	digits := r.digits()
	cost := pageCard{Label: "Cost", Value: digits.text(r.Actual), Note: "predicted " + digits.text(r.promised()) + r.off(float64(r.promised()), float64(r.Actual))}
	took := pageCard{Label: "Time", Value: span(t.total)}
	if r.Plan != nil {
		took.Note = "predicted " + span(r.Plan.Time) + r.off(float64(r.Plan.Time), float64(t.total))
	}
	return []pageCard{r.doneCard(), cost, took, r.savingCard()}
}

func (r *Report) doneCard() pageCard {
	done, tries, failed := 0, 0, 0
	for _, s := range r.Stages {
		if s.done() {
			done++
		}
		for _, a := range s.Attempts {
			tries++
			if a.failed() {
				failed++
			}
		}
	}
	c := pageCard{Label: "Stages done", Value: fmt.Sprintf("%d of %d", done, len(r.Stages)), Note: fmt.Sprintf("%d tries, none failed", tries)}
	if failed > 0 {
		c.Note = fmt.Sprintf("%d tries, %d of them failed", tries, failed)
	}
	return c
}

func (r *Report) savingCard() pageCard {
	share, best, ok := r.saving()
	if !ok {
		return pageCard{Label: "Against one cloud", Value: "only here", Note: "no single cloud can run this job"}
	}
	return pageCard{Label: "Planned saving", Value: percent(share), Note: "best alone: " + best.Cloud + " at " + r.digits().text(best.Cost) + ", " + span(best.Time)}
}

// bars compare what the run cost with the plan, and with each cloud that could have done it alone.
func (r *Report) bars(c colours) []pageBar {
	digits := r.digits()
	type amount struct {
		label, class string
		money        Money
	}
	all := []amount{{"this run", "ink", r.Actual}, {"as planned", "faint", r.promised()}}
	if r.Plan != nil {
		for _, s := range r.Plan.Singles {
			if s.Reason == "" {
				all = append(all, amount{s.Cloud + " alone", c.class(s.Cloud), s.Cost})
			}
		}
	}
	most := Money(1)
	for _, a := range all {
		most = max(most, a.money)
	}
	bars := make([]pageBar, 0, len(all))
	for _, a := range all {
		bars = append(bars, pageBar{a.label, digits.text(a.money), a.class, max(0, 100*float64(a.money)/float64(most))})
	}
	return bars
}

func (r *Report) attemptRows(t timeline, c colours) []pageRow {
	digits := r.digits()
	rows := make([]pageRow, 0, len(t.rows))
	for _, row := range t.rows {
		a := row.attempt
		mood := ""
		if row.failed {
			mood = "bad"
		}
		rows = append(rows, pageRow{c.ofPlace(a.Place), mood, []string{
			row.stage, fmt.Sprint(a.Attempt), shortPlace(a.Place), shortOffering(a.Offering), a.outcome(), span(row.took()),
			digits.text(a.Predicted), digits.text(a.Actual), a.Detail,
		}})
	}
	return rows
}

func (r *Report) ledgerRows() (rows []pageRow, total pageRow) {
	digits := r.digits()
	for _, l := range r.Ledger {
		rows = append(rows, pageRow{Cells: []string{
			l.Stage, fmt.Sprint(l.Attempt), l.What, l.detail(digits), digits.text(l.Predicted), digits.text(l.Actual), l.off(),
		}})
	}
	return rows, pageRow{Cells: []string{digits.text(r.Predicted), digits.text(r.Actual), off(float64(r.Predicted), float64(r.Actual))}}
}

// detail is what the line is about, and its list price where that was not paid.
func (l LedgerLine) detail(digits moneyDigits) string {
	if l.Use == nil || l.List == l.Actual {
		return l.Detail
	}
	return fmt.Sprintf("%s (%s at list price)", l.Detail, digits.text(l.List))
}

func (r *Report) eventRows(c colours) (rows []pageRow, leftOut int) {
	for i, e := range r.Events {
		if leftOut = len(r.Events) - shownEvents; leftOut > 0 && i >= shownEvents/2 && i < shownEvents/2+leftOut {
			continue
		}
		mood := ""
		switch e.Kind {
		case StageRefused, StageLost, StageStalled, CallFailed, RunFailed:
			mood = "bad"
		}
		try := ""
		if e.Attempt > 0 {
			try = fmt.Sprint(e.Attempt)
		}
		rows = append(rows, pageRow{c.ofPlace(e.Place), mood, []string{r.since(e.Time), e.Stage, try, e.says()}})
	}
	return rows, max(0, leftOut)
}

func (p *Plan) routeRows(c colours) []pageRow {
	digits := p.digits()
	var rows []pageRow
	for _, r := range p.Routes {
		how := string(r.Kind)
		if r.Mover != "" {
			how += ", by " + r.Mover
		}
		rows = append(rows, pageRow{c.class(r.To.Cloud), "", []string{
			r.Artifact, r.From.String(), r.To.String(), how, r.Bytes.String(), span(r.Time), digits.text(r.Cost),
		}})
	}
	return rows
}

// choices are the bids for each stage.
func (p *Plan) choices(c colours) []pageChoice {
	digits := p.digits()
	var all []pageChoice
	for _, s := range p.Stages {
		choice := pageChoice{Stage: s.Name, Count: len(s.Bids)}
		for i, b := range s.Bids {
			row := pageRow{Class: c.class(b.Place.Cloud), Cells: b.cells(digits)}
			if i == 0 && b.WhyNot == "" {
				row.Mood, row.Cells[4] = "ok", "chosen"
			}
			choice.Bids = append(choice.Bids, row)
		}
		if choice.Count > 0 {
			all = append(all, choice)
		}
	}
	return all
}

// dags are the plan's drawing with what became of each stage, from left to right and from top to bottom.
func (r *Report) dags(c colours) []dag {
	d := r.Plan.drawing()
	if len(d.nodes) == 0 {
		return nil
	}
	moved := map[string]bool{} // stages that ran elsewhere than planned
	for i := range d.nodes {
		for _, s := range r.Stages {
			if n := &d.nodes[i]; !n.dataset && n.name == s.Name && len(s.Attempts) > 0 {
				moved[s.Name] = r.became(n, s)
			}
		}
	}
	for i := range d.edges {
		e := &d.edges[i]
		if !e.order && (moved[d.nodes[e.from].name] || moved[d.nodes[e.to].name]) {
			e.label, e.still = e.label[:2], false // the route of the plan was not the one taken
		}
	}
	return []dag{d.layout(false, c.class), d.layout(true, c.class)}
}

// became puts a stage's last attempt into its node and reports whether it was elsewhere than planned.
func (r *Report) became(n *drawNode, s StageReport) bool {
	last := s.Attempts[len(s.Attempts)-1]
	spent := Money(0)
	var ran time.Duration
	for _, a := range s.Attempts {
		spent += a.Actual
		for _, p := range a.Phases {
			if p.Name == "run" && p.End.After(p.Start) {
				ran += p.End.Sub(p.Start)
			}
		}
	}
	switch {
	case s.done():
		n.state = "ok"
	case r.Outcome == "" && !last.failed():
		n.state = "busy"
	default:
		n.state = "bad"
	}
	n.cloud = cloudOf(last.Place)
	k := r.Plan.stageIndex(s.Name)
	what := span(ran) + ", " + r.digits().text(spent)
	if len(s.Attempts) > 1 {
		what += fmt.Sprintf(", %d tries", len(s.Attempts))
	}
	n.lines = []string{shortPlace(last.Place), shortOffering(last.Offering), what}
	return k >= 0 && r.Plan.Stages[k].Offering.Place.InRegion().String() != regionOf(last.Place)
}
