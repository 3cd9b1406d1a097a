package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider/fault"
)

// A script is a run told line by line: what happens, and what the machine wants done about it. What happens is one of
//
//	plan                                the plan of the scenario
//	KIND VERB:STAGE.ATTEMPT.N key=value an outcome; keys: exit cost fault scope after data
//	replanned N STAGE=PLACE,MOVE... ... a new plan; PLACE is cloud/region/zone/offering/market
//	+DURATION                           time passes, and due timers fire
//	unplannable N KIND                  no plan, and the kind of its fault
//	cancel REASON · resume EPOCH · overspent
//
// and several are joined by " & " when they arrive in one batch.
type line struct{ do, want string }

type scenario struct {
	name   string
	rules  Rules
	stages []Stage
	places []Assignment // by stage; nil = one task at a/r/z/o/m, cost 10
	lines  []line
	end    RunState
	reason ReasonKind
}

func (sc scenario) spec() *Spec {
	rules := sc.rules
	rules.Version = RulesVersion
	spec := &Spec{Run: sc.name, Seed: 7, Rules: rules, Stages: slices.Clone(sc.stages)}
	for i := range spec.Stages {
		if spec.Stages[i].Name == "" {
			spec.Stages[i].Name = "s" + strconv.Itoa(i)
		}
	}
	return spec
}

func (sc scenario) assignments() []Assignment {
	if sc.places != nil {
		return sc.places
	}
	var out []Assignment
	for i := range sc.stages {
		out = append(out, at(i, "a/r/z/o/m"))
	}
	return out
}

// at is an assignment of one task at a place, of cost 10. A move is its ID, perhaps after the stage that makes it and
// before what it costs: "0>x$3".
func at(stage int, place string, moves ...string) Assignment {
	p := append(strings.Split(place, "/"), "", "", "", "")
	a := Assignment{Stage: stage, Cloud: p[0], Region: p[1], Zone: p[2], Offering: p[3], Market: p[4], Cost: 10, Tasks: 1}
	for _, id := range moves {
		a.Moves = append(a.Moves, parseMove(id))
	}
	return a
}

func parseMove(text string) (m Move) {
	id, cost, _ := strings.Cut(text, "$")
	if maker, name, made := strings.Cut(id, ">"); made {
		stage, _ := strconv.Atoi(maker) // wrong in a test, and seen at once
		m.Maker, id = stage+1, name
	}
	price, _ := strconv.Atoi(cost)
	m.ID, m.Cost = id, int64(price)
	return m
}

func needs(until Until, stages ...int) (out []Edge) {
	for _, s := range stages {
		out = append(out, Edge{Stage: s, Until: until})
	}
	return out
}

// driver steps a machine and keeps its journal.
type driver struct {
	m       *Machine
	now     time.Time
	entries []Entry
}

func newDriver() *driver {
	return &driver{m: New(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func (d *driver) step(events ...Event) []Command {
	commands := d.m.Step(d.now, events)
	d.entries = append(d.entries, Entry{At: d.now, Record: NewRecord(events, commands)})
	return commands
}

func (d *driver) wait(by time.Duration) []Command {
	d.now = d.now.Add(by)
	var out []Command
	for events := d.m.Due(d.now); len(events) > 0; events = d.m.Due(d.now) {
		out = append(out, d.step(events...)...)
	}
	return out
}

// play runs a script and checks each line; the journal it leaves must replay.
func play(t *testing.T, sc scenario) *driver {
	t.Helper()
	d := newDriver()
	for i, l := range sc.lines {
		var got []Command
		if wait, is := strings.CutPrefix(l.do, "+"); is {
			by, err := time.ParseDuration(wait)
			require.NoError(t, err)
			got = d.wait(by)
		} else {
			var events []Event
			for text := range strings.SplitSeq(l.do, " & ") {
				events = append(events, sc.parse(t, text))
			}
			got = d.step(events...)
		}
		require.Equal(t, l.want, show(got), "line %d: %s", i, l.do)
	}
	require.Equal(t, sc.end, d.m.Status().State, "%+v", d.m.Status())
	require.Equal(t, sc.reason, d.m.Status().Reason.Kind, "%+v", d.m.Status())
	requireReplays(t, d)
	return d
}

func show(commands []Command) string {
	var out []string
	for _, c := range commands {
		s := fmt.Sprintf("%s:%d.%d.%d", c.ID.Verb, c.ID.Stage, c.ID.Attempt, c.ID.N)
		if c.Replan != nil {
			s = fmt.Sprintf("replan:%d", c.ID.N)
			for _, p := range c.Replan.Pinned {
				s += fmt.Sprintf(" pin=%d@%s", p.Stage, p.Cloud)
			}
			for _, b := range c.Replan.Blocked {
				s += " block=" + strings.Join([]string{b.Cloud, b.Region, b.Zone, b.Offering, b.Market}, "/")
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func (sc scenario) parse(t *testing.T, text string) Event {
	t.Helper()
	words := strings.Fields(text)
	switch words[0] {
	case "plan":
		return Event{Kind: Planned, Spec: sc.spec(), Assignments: sc.assignments()}
	case "cancel":
		return Event{Kind: CancelAsked, Reason: strings.Join(words[1:], " ")}
	case "resume":
		epoch, err := strconv.ParseUint(words[1], 10, 64)
		require.NoError(t, err)
		return Event{Kind: Resumed, Epoch: epoch}
	case "replanned":
		return parsePlan(t, words[1:])
	case "unplannable":
		e := Event{Kind: Unplannable, ID: CommandID{Stage: -1, Verb: Replan, N: number(t, words[1])}}
		if len(words) > 2 {
			e.Fault = &Fault{Kind: fault.Kind(words[2]), Message: "test"}
		}
		return e
	case "overspent":
		return Event{Kind: Overspent, Reason: "test"}
	}
	e := Event{Kind: EventKind(words[0]), ID: parseID(t, words[1])}
	require.Contains(t, eventKinds(), e.Kind)
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "exit":
			e.Exit = number(t, value)
		case "cost":
			e.Cost = int64(number(t, value))
		case "data":
			e.Data = json.RawMessage(strconv.Quote(value))
		case "fault":
			e.Fault = &Fault{Kind: fault.Kind(strings.ReplaceAll(value, "_", " ")), Message: "test"}
		case "scope":
			e.Fault.Scope = fault.Scope(value)
		case "after":
			after, err := time.ParseDuration(value)
			require.NoError(t, err)
			e.Fault.RetryAfter = after
		default:
			t.Fatalf("unknown key %q", key)
		}
	}
	return e
}

func parsePlan(t *testing.T, words []string) Event {
	e := Event{Kind: Replanned, ID: CommandID{Stage: -1, Verb: Replan, N: number(t, words[0])}}
	for _, w := range words[1:] {
		stage, place, _ := strings.Cut(w, "=")
		words := strings.Split(place, ",")
		e.Assignments = append(e.Assignments, at(number(t, stage), words[0], words[1:]...))
	}
	return e
}

func parseID(t *testing.T, text string) CommandID {
	verb, rest, _ := strings.Cut(text, ":")
	n := strings.Split(rest, ".")
	require.Len(t, n, 3, text)
	return CommandID{Verb: Verb(verb), Stage: number(t, n[0]), Attempt: number(t, n[1]), N: number(t, n[2])}
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// requireReplays checks that the journal, and every snapshot with the tail after it, leads to the same machine.
func requireReplays(t require.TestingT, d *driver) {
	want := encode(t, d.m)
	full := New()
	for i := range d.entries {
		snap, err := Decode([]byte(encode(t, full)))
		require.NoError(t, err)
		if len(d.entries) < 60 || i%17 == 0 {
			require.NoError(t, snap.Replay(list(d.entries[i:])))
			require.Equal(t, want, encode(t, snap), "snapshot before record %d and the tail", i)
		}
		require.NoError(t, full.Replay(list(d.entries[i:i+1])), "record %d", i)

	}
	require.Equal(t, want, encode(t, full))
	require.Equal(t, show(d.m.Outstanding()), show(full.Outstanding()))
}

func encode(t require.TestingT, m *Machine) string {
	b, err := m.Encode()
	require.NoError(t, err)
	return string(b)
}

// list yields entries as a journal would: through their bytes.
func list(entries []Entry) func(func(Entry, error) bool) {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			b, err := EncodeRecord(e.Record)
			if err == nil {
				e.Record, err = DecodeRecord(b)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
