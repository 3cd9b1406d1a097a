package sky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"
	"time"

	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/internal/journal"
	"github.com/openintercloud/broker/provider"
)

// runsDir is the folder of the state directory that holds one folder for each run.
const runsDir = "runs"

// Run is one execution of a plan. All methods are safe for concurrent use.
type Run struct {
	id    string
	plan  *Plan // the first one
	exec  *executor
	log   recordLog
	inbox *inbox
	feed  *feed
	stop  context.CancelFunc // detaches
	done  chan struct{}      // closed when the loop has ended
	work  sync.WaitGroup     // commands being carried out

	mu       sync.Mutex // guards what follows; the loop alone changes it
	machine  *engine.Machine
	attempts map[engine.AttemptRef]*attemptWork
	brings   map[engine.CommandID]context.CancelFunc // copies under way
	heard    map[engine.AttemptRef]provider.Progress // the newest of each attempt that runs
	meter    *meter
	epoch    uint64
	started  time.Time
	last     time.Time // of the newest record
	err      error     // why the loop could not go on
}

// recordLog is where records go: a journal, or nowhere.
type recordLog interface {
	Append(recs ...journal.Record) error
	Sync() error
	Close() error
}

// noLog is the log of runs that are kept in memory only.
type noLog struct{}

func (noLog) Append(...journal.Record) error { return nil }
func (noLog) Sync() error                    { return nil }
func (noLog) Close() error                   { return nil }

// existsError says that a run has a journal already.
type existsError struct{ error }

// begin starts a new run.
func (b *Broker) begin(snap *Snapshot, id string, p *Plan) (*Run, error) {
	assignments, err := lowerPlan(p, nil)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("start run %q: the plan cannot be written down: %w", id, err)
	}
	spec := lowerSpec(p, id, b.cfg.rules())
	log, err := b.newLog(id)
	if err != nil {
		return nil, err
	}
	r := b.newRun(snap, id, p, log)
	r.epoch, r.started = 1, r.exec.now()
	r.inbox.put(engine.Event{Kind: engine.Planned, Spec: &spec, Assignments: assignments, Data: text})
	r.launch(nil)
	return r, nil
}

// newLog makes the journal of a new run. One without a record is that of a host that ended before its run began: it is
// taken over.
func (b *Broker) newLog(id string) (recordLog, error) {
	if b.cfg.StateDir == "" {
		return noLog{}, nil
	}
	f, err := createJournal(b.journalDir(id))
	exists, ok := errors.AsType[*journal.ExistsError](err)
	switch {
	case err == nil:
		return f, nil
	case !ok:
		return nil, fmt.Errorf("start run %q: %w", id, err)
	}
	f, recs, err := openJournal(b.journalDir(id))
	switch {
	case err != nil:
		return nil, fmt.Errorf("start run %q: %w", id, err)
	case len(recs) > 0:
		return nil, errors.Join(existsError{exists}, f.Close())
	}
	return f, nil
}

// reopen takes a run over from its journal.
func (b *Broker) reopen(snap *Snapshot, id string) (*Run, error) {
	f, recs, err := openJournal(b.journalDir(id))
	if err != nil {
		return nil, fmt.Errorf("resume run %q: %w", id, err)
	}
	r, err := b.replay(snap, id, f, recs)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("resume run %q: %w", id, err), f.Close())
	}
	if r.machine.Status().Done() {
		r.feed.close()
		r.stop()
		close(r.done)
		return r, f.Close()
	}
	r.epoch++
	r.inbox.put(engine.Event{Kind: engine.Resumed, Epoch: r.epoch})
	r.launch(r.machine.Outstanding())
	return r, nil
}

func (b *Broker) journalDir(id string) string { return filepath.Join(b.cfg.StateDir, runsDir, id) }

func (b *Broker) newRun(snap *Snapshot, id string, p *Plan, log recordLog) *Run {
	r := &Run{
		id: id, plan: p, log: log, inbox: newInbox(), feed: newFeed(), done: make(chan struct{}), machine: engine.New(),
		attempts: map[engine.AttemptRef]*attemptWork{}, heard: map[engine.AttemptRef]provider.Progress{},
		brings: map[engine.CommandID]context.CancelFunc{}, meter: newMeter(p.budget()), stop: func() {},
	}
	r.exec = &executor{
		run: id, job: p.Job, snap: snap, providers: b.providers, owner: b.cfg.Owner, lease: b.cfg.Lease,
		now: func() time.Time { return b.cfg.Now().Round(0).UTC() }, // as the journal gives it back
		log: b.cfg.Logger, observe: r.observe, emit: r.inbox.put,
	}
	return r
}

// replay rebuilds a run, and its story, from its journal.
func (b *Broker) replay(snap *Snapshot, id string, log recordLog, recs []journal.Record) (*Run, error) {
	var r *Run
	for _, rec := range recs {
		record, err := engine.DecodeRecord(rec.Payload)
		if err != nil {
			return nil, err
		}
		if r == nil {
			if len(record.Events) == 0 || record.Events[0].Kind != engine.Planned {
				return nil, errors.New("the journal does not begin with a plan")
			}
			p, err := read[*Plan](record.Events[0].Data)
			if err != nil {
				return nil, err
			}
			if p == nil || p.Job == nil {
				return nil, errors.New("the journal's plan has no job")
			}
			r = b.newRun(snap, id, p, log)
			r.started = rec.Time
		}
		if err := r.machine.Replay(oneEntry(rec.Time, record)); err != nil {
			return nil, err
		}
		r.epoch, r.last = rec.Epoch, rec.Time
		r.meter.note(r.machine, record.Events)
		r.feed.add(narrate(r.machine, r.plan.Job.name, rec.Time, record)...)
	}
	if r == nil {
		return nil, errors.New("the journal is empty: the run was never begun: start it under this name")
	}
	return r, nil
}

func oneEntry(at time.Time, rec engine.Record) iter.Seq2[engine.Entry, error] {
	return func(yield func(engine.Entry, error) bool) { yield(engine.Entry{At: at, Record: rec}, nil) }
}

// ID is the run's name.
func (r *Run) ID() string { return r.id }

// Plan is the plan the run began with.
func (r *Run) Plan() *Plan { return r.plan }

// Events yields what happened after event number after (0 = from the start), then what happens, until the run has
// ended, the broker has let go of it, or the context has ended, whose error is yielded last. Breaking out is safe, a slow
// reader holds nobody up, and any number may read.
func (r *Run) Events(ctx context.Context, after int) iter.Seq2[Event, error] {
	return r.feed.read(ctx, after)
}

// Wait waits for the run's end and reports. The error is the context's when it ended first, a [*RunError] when the run
// failed or was cancelled, or what kept the broker from going on; the report is what is known in each case.
func (r *Run) Wait(ctx context.Context) (*Report, error) {
	select {
	case <-r.done:
	case <-ctx.Done():
		return r.Report(), context.Cause(ctx)
	}
	report := r.Report()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return report, r.err
	case !r.machine.Status().Done():
		return report, r.letGo()
	case report.Outcome != RunSucceeded:
		return report, &RunError{Run: r.id, Outcome: report.Outcome, Reason: report.Reason}
	}
	return report, nil
}

// RunError says that a run did not succeed.
type RunError struct {
	Run     string
	Outcome EventKind // RunFailed or RunCancelled
	Reason  string
}

// Error says what became of the run and why.
func (e *RunError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Outcome, e.Run, e.Reason)
}

// Cancel ends the run: tasks are ended, allocations released, copies aborted. It returns when all that is done, or when
// the context has ended; the run is then still being cancelled. Cancelling a run that has ended does nothing. The error
// says why something may still be alive.
func (r *Run) Cancel(ctx context.Context, reason string) error {
	select {
	case <-r.done:
		return r.alive()
	default:
	}
	r.inbox.put(engine.Event{Kind: engine.CancelAsked, Reason: reason})
	select {
	case <-r.done:
		return r.alive()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// alive is why something of a run that is done here may still be alive; nil when nothing is.
func (r *Run) alive() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch st := r.machine.Status(); {
	case r.err != nil:
		return r.err
	case !st.Done():
		return r.letGo()
	case len(st.Alive) > 0:
		return &RunError{Run: r.id, Outcome: RunFailed, Reason: reasonText(st.Reason)}
	}
	return nil
}

func (r *Run) letGo() error {
	return fmt.Errorf("run %q goes on, but the broker has let go of it: Resume it", r.id)
}

// detach ends the loop and all it does here; the work itself goes on.
func (r *Run) detach() {
	r.stop()
	<-r.done
}

// detached reports whether the run was let go of before its end.
func (r *Run) detached() bool {
	select {
	case <-r.done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return !r.machine.Status().Done()
	default:
		return false
	}
}

// observe takes a sign of life of a task.
func (r *Run) observe(stage, attempt int, p provider.Progress) {
	ref := engine.AttemptRef{Stage: stage, Attempt: attempt}
	r.mu.Lock()
	if p.At.IsZero() || !p.At.After(r.heard[ref].At) {
		r.mu.Unlock()
		return // nothing new
	}
	r.heard[ref] = p
	r.machine.Observe(stage, attempt, p.At)
	view := r.machine.Stage(stage)
	r.mu.Unlock()
	r.inbox.wake() // the stall deadline has moved
	if p.Fraction > 0 || p.Note != "" {
		r.feed.tell(Event{
			Time: r.exec.now(), Kind: StageProgress, Stage: view.Name, Attempt: attempt, Place: placeOf(view.Assignment),
			Fraction: p.Fraction, Detail: p.Note,
		})
	}
}
