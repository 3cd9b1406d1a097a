package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/fault"
)

// world is a tiny cloud and a shell in one: it knows the truth, answers commands in any order, lies only by silence,
// repeats itself, and checks at each command what must never be asked for.
type world struct {
	t       *rapid.T
	d       *driver
	spec    *Spec
	faults  bool
	pending []Command // asked, and not answered

	live      map[AttemptRef]bool
	tomb      map[AttemptRef]bool // released: its key is used up
	known     map[AttemptRef]bool // Allocated was journaled
	letGo     map[AttemptRef]bool // Release was asked for
	cost      map[AttemptRef]int64
	stopped   map[AttemptRef]bool
	exits     map[CommandID]int
	answering map[CommandID]bool // services that said they are ready
	billed    map[CommandID]bool
	spent     int64
	publishes map[int]int          // stage → the attempt that publishes
	there     map[string]bool      // moves that are done
	brings    map[CommandID]string // what each Bring ever was for
	stops     map[CommandID]CommandID
	troubled  map[string]bool // moves that failed, or were stopped or held back
	past      []Event
}

func newWorld(t *rapid.T) *world {
	w := &world{
		t: t, d: newDriver(), faults: true,
		live: map[AttemptRef]bool{}, tomb: map[AttemptRef]bool{}, known: map[AttemptRef]bool{}, letGo: map[AttemptRef]bool{},
		cost: map[AttemptRef]int64{}, stopped: map[AttemptRef]bool{}, exits: map[CommandID]int{}, answering: map[CommandID]bool{},
		publishes: map[int]int{}, billed: map[CommandID]bool{},
		there: map[string]bool{}, brings: map[CommandID]string{}, stops: map[CommandID]CommandID{}, troubled: map[string]bool{},
	}
	w.spec = w.draw()
	return w
}

func (w *world) upTo(n int, what string) int { return rapid.IntRange(0, n).Draw(w.t, what) }

// chance is true in so many of 100 cases while there are faults.
func (w *world) chance(percent int, what string) bool {
	return w.faults && rapid.IntRange(0, 99).Draw(w.t, what) >= 100-percent
}

func (w *world) draw() *Spec {
	s := &Spec{Run: "walk", Seed: uint64(w.upTo(1000, "seed")), Rules: Rules{
		Version: RulesVersion, MaxInFlight: 1 + w.upTo(2, "in flight"), Tries: 2 + w.upTo(2, "tries"), BackoffBase: time.Second,
		BackoffCap: 4 * time.Second, Block: time.Minute, Provision: 2 * time.Minute,
	}}
	if w.chance(30, "quiet") {
		s.Rules.Quiet = time.Second
	}
	n := 1 + w.upTo(6, "stages")
	if w.chance(30, "budget") {
		s.Rules.Budget = int64(10 * (n + w.upTo(2*n, "money")))
	}
	for i := range n {
		st := Stage{Name: fmt.Sprint("s", i), Retries: w.upTo(2, "retries"), Seals: w.chance(50, "seals"), Serves: w.chance(25, "serves")}
		if w.chance(20, "timeout") {
			st.Timeout = time.Minute
		}
		for j := range i {
			if !w.chance(35, "edge") {
				continue
			}
			switch {
			case s.Stages[j].Serves:
				st.Needs = append(st.Needs, Edge{j, UntilReady})
			case w.chance(50, "until"):
				st.Needs = append(st.Needs, Edge{j, UntilCommitted})
			default:
				st.Needs = append(st.Needs, Edge{j, UntilExited})
			}
		}
		s.Stages = append(s.Stages, st)
	}
	for i := range s.Stages { // a service nobody uses would never end
		used := slices.ContainsFunc(s.Stages, func(st Stage) bool { return slices.Contains(st.Needs, Edge{i, UntilReady}) })
		s.Stages[i].Serves = s.Stages[i].Serves && used
	}
	return s
}

// place puts a stage anywhere that is not blocked; false: everything is.
func (w *world) place(i int, blocked []Block) (Assignment, bool) {
	first := w.upTo(11, "place")
	for k := range 12 {
		p := (first + k) % 12
		a := at(i, fmt.Sprintf("%c/r/%c/%c/m", 'a'+p/4, 'y'+p/2%2, 'o'+p%2))
		a.Tasks = 1 + i%2
		if i%3 == 1 {
			a.Moves = []Move{{ID: "shared-" + a.Cloud, Cost: 2 * int64(i%2)}, {ID: fmt.Sprintf("own-%d-%s", i, a.Cloud)}}
		}
		for _, e := range w.spec.Stages[i].Needs {
			if e.Until == UntilCommitted {
				a.Moves = append(a.Moves, Move{ID: fmt.Sprintf("out-%d-%s", e.Stage, a.Cloud), Maker: e.Stage + 1, Cost: int64(e.Stage)})
			}
		}
		if !slices.ContainsFunc(blocked, func(b Block) bool { return b.covers(a) }) {
			return a, true
		}
	}
	return Assignment{}, false
}

func (b Block) covers(a Assignment) bool {
	match := func(x, y string) bool { return x == "" || x == y }
	return match(b.Cloud, a.Cloud) && match(b.Region, a.Region) && match(b.Zone, a.Zone) && match(b.Offering, a.Offering) && match(b.Market, a.Market)
}

func (w *world) start() {
	e := Event{Kind: Planned, Spec: w.spec}
	for i := range w.spec.Stages {
		a, _ := w.place(i, nil)
		e.Assignments = append(e.Assignments, a)
	}
	w.step(e)
}

func (w *world) step(events ...Event) {
	for _, e := range events {
		switch e.Kind {
		case Allocated:
			w.known[e.ID.ref()] = true
		case Released:
			if !w.billed[e.ID] {
				w.billed[e.ID] = true
				w.spent += e.Cost
			}
		case Moved:
			if w.inFlight(e.ID) {
				w.spent += e.Cost
				w.there[w.brings[e.ID]] = true
			}
		case Failed:
			w.troubled[w.brings[e.ID]] = true
		}
	}
	commands := w.d.step(events...)
	for _, e := range events {
		w.t.Logf("%s %v exit=%d %+v %+v", e.Kind, e.ID, e.Exit, e.Fault, e.Timer)
	}
	w.t.Logf("   → %s", show(commands))
	w.take(commands)
	w.check()
}

func (w *world) inFlight(id CommandID) bool {
	return slices.ContainsFunc(w.d.m.Outstanding(), func(c Command) bool { return c.ID == id })
}

// take checks what is asked for, and remembers it.
func (w *world) take(commands []Command) {
	for _, c := range commands {
		ref := c.ID.ref()
		switch c.ID.Verb {
		case Allocate:
			w.checkAllocate(c)
		case Release:
			w.letGo[ref] = true
		case Publish:
			if old, some := w.publishes[ref.Stage]; some {
				require.Equal(w.t, old, ref.Attempt, "two commits of stage %d", ref.Stage)
			}
			w.publishes[ref.Stage] = ref.Attempt
		case Stop:
			w.stopped[ref] = w.stopped[ref] || c.Target.Verb != Bring
			w.troubled[w.brings[c.Target]] = true
			if old, used := w.stops[c.ID]; used {
				require.Equal(w.t, old, c.Target, "%v", c.ID)
			}
			w.stops[c.ID] = c.Target
			continue
		case Bring:
			w.checkBring(c)
		case Run:
			require.True(w.t, w.live[ref] || w.letGo[ref], "%v on nothing", c.ID)
		}
		if !slices.ContainsFunc(w.pending, func(p Command) bool { return p.ID == c.ID }) {
			w.pending = append(w.pending, c)
		}
	}
}

// checkBring: nothing is brought before it is made, nor twice, and an id stands for one move for good.
func (w *world) checkBring(c Command) {
	if old, used := w.brings[c.ID]; used {
		require.Equal(w.t, old, c.Move.ID, "%v", c.ID)
	}
	w.brings[c.ID] = c.Move.ID
	require.Contains(w.t, c.Assignment.Moves, c.Move)
	require.False(w.t, w.there[c.Move.ID], "%v of %s again", c.ID, c.Move.ID)
	if c.Move.Maker > 0 {
		require.Equal(w.t, StageDone, w.d.m.Stage(c.Move.Maker-1).State, "%v of %s", c.ID, c.Move.ID)
	}
	if b := w.spec.Rules.Budget; b > 0 {
		require.LessOrEqual(w.t, w.committed(), b, "%v over the budget", c.ID)
	}
}

func (w *world) checkAllocate(c Command) {
	ref := c.ID.ref()
	for _, a := range w.d.m.Stage(ref.Stage).Attempts[:ref.Attempt-1] {
		old := AttemptRef{ref.Stage, a.Attempt}
		ordered := w.known[old] && !a.Ended.IsZero() // a release that may still wait for its turn
		require.True(w.t, !w.live[old] || ordered, "%v while nobody knows about %v", c.ID, old)
	}
	for _, e := range w.spec.Stages[ref.Stage].Needs {
		v := w.d.m.Stage(e.Stage)
		if e.Until != UntilReady {
			require.Equal(w.t, StageDone, v.State, "%v before stage %d is done", c.ID, e.Stage)
		}
	}
	for _, mv := range c.Assignment.Moves {
		require.True(w.t, w.there[mv.ID], "%v without %s", c.ID, mv.ID)
	}
	w.cost[ref] = c.Assignment.Cost
	if b := w.spec.Rules.Budget; b > 0 {
		require.LessOrEqual(w.t, w.committed(), b, "%v over the budget", c.ID)
	}
}

// committed is what was spent, and what is under way may cost.
func (w *world) committed() int64 {
	sum := w.spent
	for _, c := range w.d.m.Outstanding() {
		if c.ID.Verb == Bring {
			sum += c.Move.Cost
		}
	}
	for i := range w.spec.Stages { // in order, though a sum does not care
		for _, a := range w.d.m.Stage(i).Attempts {
			old := AttemptRef{i, a.Attempt}
			if refused := !a.Ended.IsZero() && !w.live[old] && !w.letGo[old]; !refused {
				sum += w.cost[old]
			}
		}
	}
	return sum
}

// check is what holds after each step.
func (w *world) check() {
	counts := map[string]int{}
	for _, c := range w.d.m.Outstanding() {
		switch c.ID.Verb {
		case Run, Stop, Replan:
			continue
		}
		key := c.Assignment.Cloud + " " + string(c.ID.Verb)
		counts[key]++
		require.LessOrEqual(w.t, counts[key], w.spec.Rules.MaxInFlight, key)
	}
	w.checkMoves()
	st := w.d.m.Status()
	require.GreaterOrEqual(w.t, st.Reserved, int64(0))
	require.Equal(w.t, w.spent, st.Spent)
	if st.Done() {
		w.checkEnd(st)
	}
}

// checkMoves: what can start has started, nothing goes on that nobody needs, and no money is set aside without a cause.
func (w *world) checkMoves() {
	var reserved int64
	carrying := 0
	for _, mv := range w.d.m.s.Moves {
		reserved += mv.Reserved
		if mv.Call.Phase == sent {
			carrying += mv.load()
		}
		if mv.Call.Phase != idle && mv.Call.Phase != sent {
			require.True(w.t, mv.Ahead || len(mv.waiting(w.d.m)) > 0, "%s is %s for nobody", mv.Order.ID, mv.Call.Phase)
		}
		require.True(w.t, mv.Reserved == 0 || mv.Call.Phase != idle, "money for %s", mv.Order.ID)
		require.False(w.t, mv.Ahead && len(mv.waiting(w.d.m)) > 0)
	}
	for i := range w.spec.Stages {
		for _, a := range w.d.m.s.Stages[i].Attempts {
			reserved += a.Reserved
		}
		for _, order := range w.d.m.stage(i).At.Moves {
			if w.spec.Rules.Budget > 0 || !w.d.m.expected(i) { // one that is held back is left to its attempt
				w.troubled[order.ID] = true
			}
			mv, _ := w.d.m.Move(order.ID)
			begun := mv.Done || w.d.m.find(mv.Owner) != nil && w.d.m.find(mv.Owner).Phase != idle
			require.True(w.t, begun || !w.d.m.isMade(order.Maker) || w.troubled[order.ID], "stage %d waits for %s, which does not start", i, order.ID)
		}
	}
	require.Equal(w.t, reserved, w.d.m.s.Reserved)
	require.Equal(w.t, carrying, w.d.m.s.Carrying)
}

func (w *world) checkEnd(st Status) {
	for ref, live := range w.live {
		require.True(w.t, !live || slices.Contains(st.Alive, ref), "%v is alive after %v", ref, st)
	}
	require.Empty(w.t, w.d.m.Outstanding())
	if st.State != Succeeded {
		require.NotEmpty(w.t, st.Reason.Kind)
		return
	}
	require.Zero(w.t, st.Reserved)
	for i := range w.spec.Stages {
		require.Equal(w.t, StageDone, w.d.m.Stage(i).State)
	}
}

func (w *world) done() bool { return w.d.m.Status().Done() }

// crash loses everything but the journal, and perhaps the last record, with what it had answered.
func (w *world) crash() {
	if n := len(w.d.entries); n > 1 && w.chance(30, "snapshot") {
		half := New()
		require.NoError(w.t, half.Replay(list(w.d.entries[:n/2])))
		m, err := Decode([]byte(encode(w.t, half)))
		require.NoError(w.t, err)
		require.NoError(w.t, m.Replay(list(w.d.entries[n/2:])))
		w.d.m = m
	} else {
		m, err := Replay(list(w.d.entries))
		require.NoError(w.t, err)
		w.d.m = m
	}
	w.pending = nil
	w.stopped = map[AttemptRef]bool{}
	w.take(w.d.m.Outstanding())
	w.step(Event{Kind: Resumed, Epoch: w.d.m.Status().Epoch + 1})
}

// act lets one thing happen.
func (w *world) act() {
	var ripe []int
	for i, c := range w.pending {
		if w.faults || w.wants(c) {
			ripe = append(ripe, i)
		}
	}
	next, timer := w.d.m.Next()
	switch {
	case w.chance(5, "crash"):
		w.crash()
	case w.chance(5, "repeat") && len(w.past) > 0:
		w.step(w.past[w.upTo(len(w.past)-1, "which")])
	case timer && (len(ripe) == 0 || w.chance(15, "time")):
		if next.After(w.d.now) {
			w.d.now = next
		}
		w.step(w.d.m.Due(w.d.now)...)
	case len(ripe) > 0:
		w.answer(w.pending[ripe[w.upTo(len(ripe)-1, "command")]])
	default:
		w.t.Fatalf("nothing can happen: %+v", w.d.m.Status())
	}
}

// wants says whether a command has an answer without faults: a service runs until it is stopped.
func (w *world) wants(c Command) bool {
	return c.ID.Verb != Run || !w.serving(c) || !w.answering[c.ID] || w.stopped[c.ID.ref()]
}

func (w *world) serving(c Command) bool {
	return w.spec.Stages[c.ID.Stage].Serves && c.ID.N == c.Assignment.Tasks-1
}

func (w *world) answer(c Command) {
	e, final := w.outcome(c)
	if final {
		w.pending = slices.DeleteFunc(w.pending, func(p Command) bool { return p.ID == c.ID })
	}
	if e.Kind == "" {
		return
	}
	if w.chance(4, "crash before the journal") {
		w.crash()
		return
	}
	w.past = append(w.past, e)
	w.step(e)
}

func trouble(kind fault.Kind, scope fault.Scope) *Fault {
	return &Fault{Kind: kind, Scope: scope, Message: "test"}
}

func (w *world) passing() *Fault {
	return trouble(rapid.SampledFrom([]fault.Kind{fault.Transient, fault.Throttled, fault.Unknown}).Draw(w.t, "passing"), "")
}

// outcome carries a command out. final says that the command has been answered by it.
func (w *world) outcome(c Command) (e Event, final bool) {
	e.ID = c.ID
	ref := c.ID.ref()
	switch c.ID.Verb {
	case Allocate:
		return w.allocate(e, ref), true
	case Resolve:
		switch {
		case w.chance(30, "still unknown"):
			e.Kind = Unresolved
		case w.live[ref]:
			e.Kind = Allocated
		default:
			e.Kind = Absent
		}
	case Run:
		return w.run(e, c)
	case Seal:
		e.Kind = Sealed
		w.perhapsFailed(&e, 20)
	case Publish:
		e.Kind = Published
		w.perhapsFailed(&e, 20)
	case Bring:
		e.Kind = Moved
		if c.Move.Cost > 0 { // what others bring is part of their attempt's cost, which this world does not take apart
			e.Cost = int64(w.upTo(int(c.Move.Cost)+1, "cost"))
		}
		w.perhapsFailed(&e, 25)
	case Release:
		return w.release(e, ref), true
	case Replan:
		return w.replan(e, c.Replan), true
	}
	return e, true
}

func (w *world) perhapsFailed(e *Event, percent int) {
	if w.chance(percent, "fails") {
		e.Kind, e.Cost, e.Fault = Failed, 0, w.passing()
		if w.chance(10, "for good") {
			e.Fault = trouble(rapid.SampledFrom([]fault.Kind{fault.Auth, fault.Conflict, fault.NotFound}).Draw(w.t, "kind"), "")
		}
	}
}

func (w *world) allocate(e Event, ref AttemptRef) Event {
	switch {
	case w.tomb[ref]:
		e.Kind, e.Fault = Refused, trouble(fault.Conflict, "")
	case w.chance(15, "executed, then unknown"):
		w.live[ref] = true
		e.Kind = Unresolved
	case w.chance(10, "unknown"):
		e.Kind = Unresolved
	case w.chance(15, "in passing"):
		e.Kind, e.Fault = Refused, trouble(fault.Throttled, "")
		e.Fault.RetryAfter = time.Duration(w.upTo(3, "after")) * time.Second
	case w.chance(3, "no rights"):
		e.Kind, e.Fault = Refused, trouble(fault.Auth, fault.ScopeCloud)
	case !w.live[ref] && w.chance(25, "refused"):
		scope := rapid.SampledFrom(append(slices.Clone(scopesForTest()), "")).Draw(w.t, "scope")
		kind := rapid.SampledFrom([]fault.Kind{fault.Capacity, fault.Quota, fault.Unsupported}).Draw(w.t, "kind")
		e.Kind, e.Fault = Refused, trouble(kind, scope)
	default:
		w.live[ref] = true
		e.Kind = Allocated
	}
	return e
}

func scopesForTest() []fault.Scope { s := scopes(); return s[:] }

func (w *world) run(e Event, c Command) (Event, bool) {
	ref := c.ID.ref()
	exit, ended := w.exits[c.ID]
	switch {
	case ended:
	case !w.live[ref]: // released behind its back
		e.Kind, e.Fault = Lost, trouble(fault.NotFound, "")
		return e, true
	case w.stopped[ref]:
		exit = 143
	case w.chance(15, "started"):
		e.Kind = Started
		return e, false
	case w.serving(c) && !w.answering[c.ID] && !w.chance(20, "never ready"):
		w.answering[c.ID] = true
		e.Kind = ServiceReady
		return e, false
	case w.chance(8, "lost"):
		scope := rapid.SampledFrom([]fault.Scope{"", fault.ScopeMarket, fault.ScopeZone}).Draw(w.t, "scope")
		e.Kind, e.Fault = Lost, trouble(fault.Preempted, scope)
		return e, true
	case w.chance(8, "not started"):
		e.Kind, e.Fault = Failed, w.passing()
		return e, true
	case w.chance(3, "cannot"):
		e.Kind, e.Fault = Refused, trouble(fault.Unsupported, "")
		return e, true
	case w.serving(c) && w.answering[c.ID] && !w.chance(10, "dies"):
		return Event{}, false
	case w.chance(10, "exit"):
		exit = 3
	}
	w.exits[c.ID] = exit
	e.Kind, e.Exit = Exited, exit
	return e, true
}

func (w *world) release(e Event, ref AttemptRef) Event {
	e.Kind = Released
	if w.chance(15, "not released") {
		e.Kind, e.Fault = Failed, w.passing()
		if w.chance(50, "no effect") {
			return e
		}
	}
	if e.Kind == Released {
		e.Cost = int64(w.upTo(5, "cost"))
		if w.past != nil && slices.ContainsFunc(w.past, func(p Event) bool { return p.ID == e.ID }) {
			e.Cost = 0
		}
	}
	w.live[ref], w.tomb[ref] = false, true
	if e.Kind == Released {
		delete(w.cost, ref)
	}
	w.pending = slices.DeleteFunc(w.pending, func(c Command) bool {
		ends := c.ID.Verb == Allocate || c.ID.Verb == Resolve || c.ID.Verb == Run || c.ID.Verb == Seal
		return c.ID.ref() == ref && ends && !w.chance(20, "late all the same")
	})
	return e
}

func (w *world) replan(e Event, req *ReplanRequest) Event {
	e.Kind = Replanned
	pinned := map[int]bool{}
	for _, p := range req.Pinned {
		pinned[p.Stage] = true
	}
	for i := range w.spec.Stages {
		if pinned[i] {
			continue
		}
		a, ok := w.place(i, req.Blocked)
		if !ok {
			return Event{Kind: Unplannable, ID: e.ID, Fault: trouble(fault.Capacity, "")}
		}
		e.Assignments = append(e.Assignments, a)
	}
	return e
}
