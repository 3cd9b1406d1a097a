package sky

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// JSON is the report as indented JSON.
func (r *Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("report of run %s as JSON: %w", r.Run, err)
	}
	return b.Bytes(), nil
}

// String is the report as plain text of at most 100 columns: the outcome, the attempts, the ledger, what went wrong,
// and a timeline.
func (r *Report) String() string {
	var b strings.Builder
	t := r.timeline()
	r.writeHead(&b, t)
	r.writeAttempts(&b, t)
	r.writeLedger(&b)
	r.writeTrouble(&b)
	t.write(&b)
	return b.String()
}

// outcome is the outcome in one word.
func (r *Report) outcome() string {
	if r.Outcome == "" {
		return "still running"
	}
	return strings.TrimPrefix(string(r.Outcome), "run ")
}

// promised is what the first plan expected the run to cost. The ledger's predictions may come to more: each attempt
// has its own.
func (r *Report) promised() Money {
	if r.Plan == nil {
		return r.Predicted
	}
	return r.Plan.Cost
}

func (r *Report) digits() moneyDigits {
	amounts := []Money{r.promised(), r.Predicted, r.Actual}
	for _, l := range r.Ledger {
		amounts = append(amounts, l.Predicted, l.Actual)
	}
	return digitsFor(amounts...)
}

// saving is the plan's saving against the best single cloud: like with like, since what the run would have cost there
// is not known.
func (r *Report) saving() (share float64, best SingleCloud, ok bool) {
	if r.Plan == nil {
		return 0, best, false
	}
	share, cloud, ok := r.Plan.Saving()
	if !ok {
		return 0, best, false
	}
	for _, s := range r.Plan.Singles {
		if s.Cloud == cloud && s.Reason == "" {
			best = s
		}
	}
	if best.Cost <= 0 {
		return 0, best, false
	}
	return share, best, true
}

func (r *Report) writeHead(b *strings.Builder, t timeline) {
	digits := r.digits()
	fmt.Fprintf(b, "Run %s of %s: %s\n", clean(r.Run), clean(r.Job), clean(r.outcome()))
	if r.Reason != "" {
		b.WriteString(wrap("  because ", r.Reason))
	}
	fmt.Fprintf(b, "  cost    %s, predicted %s%s\n", digits.text(r.Actual), digits.text(r.promised()), r.off(float64(r.promised()), float64(r.Actual)))
	fmt.Fprintf(b, "  time    %s", span(t.total))
	if r.Plan != nil {
		fmt.Fprintf(b, ", predicted %s%s", span(r.Plan.Time), r.off(float64(r.Plan.Time), float64(t.total)))
	}
	b.WriteString("\n")
	if share, best, ok := r.saving(); ok {
		fmt.Fprintf(b, "  saving  %s as planned, against the best single cloud, %s at %s\n", percent(share), clean(best.Cloud), digits.text(best.Cost))
	}
}

// off is [off] in brackets; "" while the run goes on, when it would mislead.
func (r *Report) off(predicted, actual float64) string {
	text := off(predicted, actual)
	if text == "" || r.Outcome == "" {
		return ""
	}
	return " (" + text + ")"
}

func (r *Report) writeAttempts(b *strings.Builder, t timeline) {
	if len(t.rows) == 0 {
		return
	}
	digits := r.digits()
	g := grid{head: []string{"Stage", "Try", "Place", "Offering", "Outcome", "Took", "Predicted", "Actual"}, right: []int{1, 5, 6, 7}, shrink: []int{3, 2, 0}}
	for _, row := range t.rows {
		a := row.attempt
		g.add(row.stage, fmt.Sprint(a.Attempt), shortPlace(a.Place), shortOffering(a.Offering), a.outcome(), span(row.took()), digits.text(a.Predicted), digits.text(a.Actual))
	}
	b.WriteString("\n" + g.String())
}

// done reports whether consumers of the stage could start.
func (s StageReport) done() bool {
	if s.State == StageDone || s.State == StageReleased {
		return true
	}
	n := len(s.Attempts)
	return s.State == CallFailed && n > 0 && s.Attempts[n-1].Outcome == StageSealed // only its release is left
}

// outcome is how the attempt ended, for a reader.
func (a AttemptReport) outcome() string {
	switch {
	case a.Outcome == "":
		return "under way"
	case a.Outcome == StageExited && a.Exit != 0:
		return fmt.Sprintf("exit %d", a.Exit)
	case a.Outcome == StageSealed, a.Outcome == StageExited, a.Outcome == StageReleased:
		return "done"
	}
	return string(a.Outcome)
}

func (r *Report) writeLedger(b *strings.Builder) {
	if len(r.Ledger) == 0 {
		return
	}
	digits := r.digits()
	g := grid{head: []string{"Ledger", "Try", "What", "Detail", "Predicted", "Actual", "Error"}, right: []int{1, 4, 5, 6, 7}, shrink: []int{3, 0}}
	if r.discounted() {
		g.head = append(g.head, "List")
	}
	for _, l := range r.Ledger {
		g.add(l.Stage, fmt.Sprint(l.Attempt), l.What, l.Detail, digits.text(l.Predicted), digits.text(l.Actual), l.off(), digits.text(l.List))
	}
	g.add("total", "", "", "", digits.text(r.Predicted), digits.text(r.Actual), off(float64(r.Predicted), float64(r.Actual)), digits.text(r.List))
	b.WriteString("\n" + g.String())
}

// discounted reports whether something was not paid at list price.
func (r *Report) discounted() bool {
	return slices.ContainsFunc(r.Ledger, func(l LedgerLine) bool { return l.Use != nil && l.List != l.Actual })
}

// off is how far the line is from its prediction; "unplanned" when nothing was predicted but something was spent.
func (l LedgerLine) off() string {
	if l.Predicted == 0 && l.Actual != 0 {
		return "unplanned"
	}
	return off(float64(l.Predicted), float64(l.Actual))
}

// trouble lists the attempts that failed, and the events of the run as a whole or of calls that did not work.
func (r *Report) trouble() []string {
	var all []string
	for _, s := range r.Stages {
		for _, a := range s.Attempts {
			if a.failed() {
				all = append(all, strings.TrimSuffix(fmt.Sprintf("%s, try %d at %s: %s: %s", s.Name, a.Attempt, shortPlace(a.Place), a.outcome(), a.Detail), ": "))
			}
		}
	}
	for _, e := range r.Events {
		switch e.Kind {
		case CallFailed, StageStalled, RunReplanned:
			all = append(all, strings.TrimPrefix(fmt.Sprintf("%s: %s: %s", e.Stage, e.Kind, e.Detail), ": "))
		}
	}
	for _, alive := range r.Alive {
		all = append(all, "still alive, and billed: "+alive)
	}
	return all
}

func (r *Report) writeTrouble(b *strings.Builder) {
	trouble := r.trouble()
	if len(trouble) == 0 {
		return
	}
	b.WriteString("\nWhat went wrong\n")
	for _, line := range trouble {
		b.WriteString(wrap("- ", line))
	}
}

// write draws the timeline with a letter for each phase.
func (t timeline) write(b *strings.Builder) {
	const width = 56
	if t.total <= 0 {
		return
	}
	g := grid{head: []string{"Timeline", "|0s" + strings.Repeat(" ", width-3-len(span(t.total))) + span(t.total) + "|", "Took"}, right: []int{2}, shrink: []int{0}}
	for _, row := range t.rows {
		bar := []byte(strings.Repeat(".", width))
		for _, s := range row.spans {
			from := min(width-1, int(t.share(s.from)*width))
			for i := from; i < max(from+1, min(width, int(t.share(s.to)*width+0.5))); i++ {
				bar[i] = phaseLetter(s.name)
			}
		}
		if row.failed && len(row.spans) > 0 {
			bar[min(width-1, int(t.share(row.spans[0].from+row.took())*width))] = 'x'
		}
		g.add(fmt.Sprintf("%s %d", row.stage, row.attempt.Attempt), "|"+string(bar)+"|", span(row.took()))
	}
	b.WriteString("\n" + g.String())
	b.WriteString("m move  a allocate  = run  s seal  r release  x failed\n")
}

func phaseLetter(phase string) byte {
	switch phase {
	case "run":
		return '='
	case "move", "allocate", "seal", "release":
		return phase[0]
	}
	return '?'
}

// since is a moment of the run, counted from its start.
func (r *Report) since(at time.Time) string {
	if r.Started.IsZero() || at.IsZero() {
		return ""
	}
	return "+" + span(at.Sub(r.Started))
}
