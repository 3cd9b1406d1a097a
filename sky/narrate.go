package sky

import (
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/internal/engine"
)

// narrate tells, in the host's words, what one step of the engine was about: a pure function of the step's record and
// the machine after it, so that a replay tells the same story.
func narrate(m *engine.Machine, job string, at time.Time, rec engine.Record) []Event {
	n := narrator{m: m, at: at}
	for _, e := range rec.Events {
		n.fact(job, e)
	}
	for _, c := range rec.Commands {
		n.command(c.ID)
	}
	n.end()
	return n.out
}

type narrator struct {
	m   *engine.Machine
	at  time.Time
	out []Event
}

func (n *narrator) add(kind EventKind, detail string) *Event {
	n.out = append(n.out, Event{Time: n.at, Kind: kind, Detail: detail})
	return &n.out[len(n.out)-1]
}

// about adds an event of one attempt.
func (n *narrator) about(kind EventKind, id engine.CommandID, detail string) *Event {
	view := n.m.Stage(id.Stage)
	e := n.add(kind, detail)
	e.Stage, e.Attempt = view.Name, id.Attempt
	a := view.Assignment
	for _, attempt := range view.Attempts {
		if attempt.Attempt == id.Attempt {
			a = attempt.Assignment
		}
	}
	e.Place, e.Offering = placeOf(a), offeringOf(a)
	return e
}

func placeOf(a engine.Assignment) string {
	return strings.TrimSuffix(strings.Join([]string{a.Cloud, a.Region, a.Zone}, "/"), "/")
}

// offeringOf names an assignment's offering for people: "4 × p3.8xlarge, spot".
func offeringOf(a engine.Assignment) string {
	o, err := read[orders](a.Data)
	if err != nil {
		return a.Offering
	}
	name := o.Offering.Type.Name
	if name == "" {
		name = o.Offering.Service
	}
	if o.Nodes > 1 {
		name = fmt.Sprintf("%d × %s", o.Nodes, name)
	}
	return name + ", " + a.Market
}

func (n *narrator) fact(job string, e engine.Event) {
	switch e.Kind {
	case engine.Planned:
		n.add(RunStarted, job)
	case engine.Resumed:
		n.add(RunResumed, fmt.Sprintf("epoch %d", e.Epoch))
	case engine.Replanned:
		n.add(RunReplanned, fmt.Sprintf("new places for %d stages", len(e.Assignments)))
	case engine.Unplannable:
		n.add(RunReplanned, "no plan is left: "+faultText(e))
	case engine.CancelAsked, engine.Overspent:
		n.add(RunCancelling, e.Reason)
	case engine.TimerFired:
		n.timer(*e.Timer, e.Reason)
	case engine.Moved:
		n.moved(e)
	case engine.Exited:
		n.about(StageExited, e.ID, "").Exit = e.Exit
		n.after(e.ID)
	case engine.Published:
		n.after(e.ID)
	case engine.Released:
		n.about(StageReleased, e.ID, "").Cost = Money(e.Cost)
	default:
		if kind, ok := plainKinds(e.Kind); ok {
			n.about(kind, e.ID, faultText(e))
			if kind == StageRefused || kind == StageLost {
				n.after(e.ID)
			}
		}
	}
}

// plainKinds are the facts that need no more than their name and fault.
func plainKinds(k engine.EventKind) (EventKind, bool) {
	switch k {
	case engine.Allocated:
		return StageAllocated, true
	case engine.Refused:
		return StageRefused, true
	case engine.Unresolved:
		return StageUnknown, true
	case engine.Started:
		return StageRunning, true
	case engine.Lost:
		return StageLost, true
	case engine.Sealed:
		return StageSealed, true
	case engine.Failed:
		return CallFailed, true
	}
	return "", false
}

// after tells what a fact led to: the stage is done, or will be tried again.
func (n *narrator) after(id engine.CommandID) {
	view := n.m.Stage(id.Stage)
	if view.State == engine.StageRetrying && id.Verb == engine.Run {
		n.about(StageRetrying, id, "")
	}
	if view.State == engine.StageDone && (id.Verb == engine.Run || id.Verb == engine.Publish) {
		n.about(StageDone, id, "")
	}
}

func (n *narrator) moved(e engine.Event) {
	told := n.about(StageMoved, e.ID, n.artifact(e.ID))
	told.Cost = Money(e.Cost)
	if c, err := read[carried](e.Data); err == nil {
		told.Bytes = c.Bytes
	}
}

func (n *narrator) artifact(id engine.CommandID) string {
	m, _ := n.m.MoveOf(id)
	c, err := read[carry](m.Order)
	if err != nil {
		return ""
	}
	return c.Artifact
}

func (n *narrator) timer(t engine.Timer, reason string) {
	id := engine.CommandID{Stage: t.Stage, Attempt: t.Attempt}
	switch t.Kind {
	case engine.TimerStall:
		n.about(StageStalled, id, reason)
	case engine.TimerTimeout:
		n.about(CallFailed, id, "the work has run longer than its timeout; it is being ended")
	case engine.TimerProvision:
		n.about(CallFailed, id, "the allocation has been pending too long; another place will be tried")
	}
}

func (n *narrator) command(id engine.CommandID) {
	switch {
	case id.Verb == engine.Bring:
		n.about(StageMoving, id, n.artifact(id))
	case id.Verb == engine.Allocate:
		n.about(StageAllocating, id, "")
	}
}

func (n *narrator) end() {
	st := n.m.Status()
	switch st.State {
	case engine.Succeeded:
		n.add(RunSucceeded, "")
	case engine.RunFailed:
		n.add(RunFailed, reasonText(st.Reason))
	case engine.Cancelled:
		n.add(RunCancelled, reasonText(st.Reason))
	}
}

// reasonText says why a run did not succeed: "stage train, attempt 2 on gcp: task: exit code 3".
func reasonText(r engine.Reason) string {
	var parts []string
	if r.Name != "" {
		where := fmt.Sprintf("stage %q, attempt %d", r.Name, r.Attempt)
		if r.Cloud != "" {
			where += " on " + r.Cloud
		}
		parts = append(parts, where)
	}
	parts = append(parts, string(r.Kind))
	if r.Exit != 0 {
		parts = append(parts, fmt.Sprintf("exit code %d", r.Exit))
	}
	if r.Text != "" {
		parts = append(parts, r.Text)
	}
	if r.Fault != nil {
		parts = append(parts, r.Fault.Message)
	}
	return strings.Join(parts, ": ")
}

func faultText(e engine.Event) string {
	if e.Fault == nil {
		return ""
	}
	return e.Fault.Message
}
