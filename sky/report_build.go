package sky

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
)

// Report says what is known of the run now; after its end it is final. It is a function of the journal: a resumed run
// reports as the one it goes on from would have.
func (r *Run) Report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &Report{Run: r.id, Job: r.plan.Job.name, Plan: r.plan, Events: r.feed.all(), Started: r.started}
	if n := len(out.Events); n > 0 && out.Events[n-1].Last() {
		out.Outcome, out.Reason, out.Ended = out.Events[n-1].Kind, out.Events[n-1].Detail, out.Events[n-1].Time
	}
	states := map[string]EventKind{}
	for _, e := range out.Events {
		if e.Stage != "" && e.Kind != StageReleased {
			states[e.Stage] = e.Kind
		}
	}
	for i := range r.machine.Len() {
		view := r.machine.Stage(i)
		s := StageReport{Name: view.Name, State: states[view.Name]}
		if view.State == engine.StageDone {
			s.State = StageDone
		}
		egress := r.egressLines(i, view.Name)
		for _, a := range view.Attempts {
			s.Attempts = append(s.Attempts, attemptReport(a, out.Events, view.Name))
			out.Ledger = append(out.Ledger, computeLine(view.Name, a))
			out.Ledger = append(out.Ledger, egress[a.Attempt]...)
			delete(egress, a.Attempt)
		}
		for _, n := range slices.Sorted(maps.Keys(egress)) { // copied ahead of an attempt that never began
			out.Ledger = append(out.Ledger, egress[n]...)
		}
		out.Stages = append(out.Stages, s)
	}
	for _, ref := range r.machine.Status().Alive {
		view := r.machine.Stage(ref.Stage)
		for _, a := range view.Attempts {
			if a.Attempt == ref.Attempt {
				out.Alive = append(out.Alive, fmt.Sprintf("%s, attempt %d at %s", view.Name, a.Attempt, placeOf(a.Assignment)))
			}
		}
	}
	for _, l := range out.Ledger {
		out.Predicted += l.Predicted
		out.Actual += l.Actual
		out.List += l.List
	}
	return out
}

func attemptReport(a engine.AttemptView, events []Event, stage string) AttemptReport {
	out := AttemptReport{
		Attempt: a.Attempt, Place: placeOf(a.Assignment), Offering: offeringOf(a.Assignment),
		Predicted: Money(a.Assignment.Cost), Actual: Money(a.Cost), Phases: phases(a),
	}
	for _, t := range a.Tasks {
		out.Exit = t.Exit
	}
	outcomes := []EventKind{StageSealed, StageExited, StageRefused, StageLost}
	for _, e := range events {
		if e.Stage != stage || e.Attempt != a.Attempt {
			continue
		}
		if slices.Contains(outcomes, e.Kind) {
			out.Outcome = e.Kind
		}
		if e.Detail != "" && (e.Kind == StageRefused || e.Kind == StageLost || e.Kind == CallFailed) {
			out.Detail = e.Detail
		}
	}
	return out
}

// phases are the spans of an attempt that have begun; one that has not ended yet has no end.
func phases(a engine.AttemptView) []Phase {
	var out []Phase
	add := func(name string, start, end time.Time) {
		if !start.IsZero() {
			out = append(out, Phase{name, start, end})
		}
	}
	if len(a.Assignment.Moves) > 0 && !a.Begun.IsZero() && !a.Begun.Equal(a.Asked) {
		add("move", a.Begun, firstOf(a.Asked, a.Ended))
	}
	add("allocate", a.Asked, firstOf(a.Allocated, a.Ended))
	done := a.Allocated
	for _, t := range a.Tasks {
		add("run", t.Asked, t.Ended)
		done = t.Ended
	}
	if !a.Sealed.IsZero() {
		add("seal", done, firstOf(a.Published, a.Sealed))
		done = a.Sealed
	}
	if !a.Released.IsZero() && !done.IsZero() {
		add("release", done, a.Released)
	}
	return out
}

func firstOf(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// computeLine is what an attempt's machines were expected to cost, and what they came to. An attempt that was refused
// is expected to cost nothing.
func computeLine(stage string, a engine.AttemptView) LedgerLine {
	l := LedgerLine{
		Stage: stage, Attempt: a.Attempt, What: "compute", Detail: offeringOf(a.Assignment) + " at " + placeOf(a.Assignment),
		Actual: Money(a.Cost),
	}
	if o, err := read[orders](a.Assignment.Data); err == nil && !a.Allocated.IsZero() {
		l.Predicted = o.Cost
		if b, err := read[billed](a.Bill); err == nil {
			l.use(o.use(b.Held))
		}
	}
	return l
}

// use notes what a line is for, and what that is at list price.
func (l *LedgerLine) use(u catalog.Use) {
	l.Use = &u
	if u.Move != nil {
		l.List, _ = u.Move.Link.Cost(u.Move.Size, u.Move.Used) // it fits: the price paid did
		return
	}
	l.List, _ = u.Offering.Cost(u.Usage)
}

// egressLines are the copies made for a stage, by the attempt they were made for first.
func (r *Run) egressLines(stage int, name string) map[int][]LedgerLine {
	out := map[int][]LedgerLine{}
	for _, m := range r.machine.Moves() {
		c, err := read[carry](m.Order)
		if err != nil || m.Owner.Verb != engine.Bring || m.Owner.Stage != stage {
			continue
		}
		n := m.Owner.Attempt
		l := LedgerLine{
			Stage: name, Attempt: n, What: "egress", Detail: c.Artifact + " from " + c.From.String() + " to " + c.To.String(),
			Predicted: c.Cost, Actual: Money(m.Cost), Meter: c.Meter,
		}
		if done, err := read[carried](m.Data); err == nil && done.Move != nil {
			l.use(moveUse(c.Artifact, *done.Move))
		}
		out[n] = append(out[n], l)
	}
	return out
}
