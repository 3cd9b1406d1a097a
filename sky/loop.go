package sky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/internal/journal"
	"github.com/openintercloud/broker/provider/fault"
)

// attemptWork is what is being done for one attempt, so that its Release can end it first.
type attemptWork struct {
	ctx    context.Context //nolint:containedctx // it is the attempt's life
	cancel context.CancelFunc
	busy   sync.WaitGroup
}

// launch starts the loop. Commands left over from before a crash are issued again, after the first step.
func (r *Run) launch(outstanding []engine.Command) {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go r.loop(ctx, outstanding)
}

// loop is the only goroutine that steps the machine: take facts, step, append, sync, dispatch.
func (r *Run) loop(ctx context.Context, outstanding []engine.Command) {
	defer close(r.done)
	defer r.feed.close()
	for {
		facts, ok := r.take(ctx)
		if !ok {
			break
		}
		errands, done, err := r.step(facts, outstanding)
		if err != nil {
			r.fail(err)
			break
		}
		outstanding = nil
		for _, e := range errands {
			r.dispatch(ctx, e)
		}
		if done {
			break
		}
	}
	r.stop()
	r.work.Wait()
	if err := r.log.Close(); err != nil {
		r.fail(fmt.Errorf("close the journal of run %q: %w", r.id, err))
	}
}

func (r *Run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// take waits for facts or for the next deadline.
func (r *Run) take(ctx context.Context) ([]engine.Event, bool) {
	for {
		r.mu.Lock()
		next, limited := r.deadline()
		r.mu.Unlock()
		facts, ok := r.inbox.take(ctx, next.Sub(r.exec.now()), limited)
		if !ok {
			return nil, false
		}
		r.mu.Lock()
		facts = append(facts, r.due()...)
		r.mu.Unlock()
		if len(facts) > 0 {
			return facts, true
		}
	}
}

// deadline is when something falls due without a fact: a timer, or the end of the budget.
func (r *Run) deadline() (time.Time, bool) {
	next, limited := r.machine.Next()
	if st := r.machine.Status(); st.State == engine.Running {
		if at, some := r.meter.exhausted(Money(st.Spent), r.exec.now()); some && (!limited || at.Before(next)) {
			return at, true
		}
	}
	return next, limited
}

// due are the timers that have run out. One that tells of a stall says what was heard last: that is not journaled
// otherwise.
func (r *Run) due() []engine.Event {
	facts := r.machine.Due(r.exec.now())
	if st := r.machine.Status(); st.State == engine.Running {
		if f, over := r.meter.overspent(Money(st.Spent), r.exec.now()); over {
			facts = append(facts, f)
		}
	}
	for i, f := range facts {
		if f.Timer == nil || f.Timer.Kind != engine.TimerStall {
			continue
		}
		facts[i].Reason = "nothing was heard of it since it was started"
		if p, ok := r.heard[engine.AttemptRef{Stage: f.Timer.Stage, Attempt: f.Timer.Attempt}]; ok {
			facts[i].Reason = fmt.Sprintf("last progress %.0f %% %s at %s", 100*p.Fraction, p.Note, p.At.UTC().Format(time.RFC3339))
		}
	}
	return facts
}

// step takes facts to commands: the machine moves, and the record is durable before anything is done because of it.
func (r *Run) step(facts []engine.Event, outstanding []engine.Command) (errands []errand, done bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.exec.now()
	if r.last.IsZero() {
		r.started = now
	}
	commands := r.machine.Step(now, facts)
	done = r.machine.Status().Done()
	r.meter.note(r.machine, facts)
	for _, c := range append(outstanding, commands...) {
		e, err := r.brief(c, now)
		if err != nil {
			return nil, false, err
		}
		errands = append(errands, e)
	}
	rec := engine.NewRecord(facts, commands)
	for i := range rec.Commands {
		rec.Commands[i].Handle = r.handle(errands[len(outstanding)+i])
	}
	if err := r.record(now, rec); err != nil {
		return nil, false, err
	}
	r.last = now
	r.feed.add(narrate(r.machine, r.plan.Job.name, now, rec)...)
	return errands, done, nil
}

// record appends one record and makes it durable: before any command goes out, and one record for each fsync, so that a
// power cut can only ever take the last.
func (r *Run) record(at time.Time, rec engine.Record) error {
	payload, err := engine.EncodeRecord(rec)
	if err != nil {
		return err
	}
	if err := r.log.Append(journal.Record{Epoch: r.epoch, Time: at.UTC(), Payload: payload}); err != nil {
		return fmt.Errorf("journal of run %q: %w", r.id, err)
	}
	if err := r.log.Sync(); err != nil {
		return fmt.Errorf("journal of run %q: %w", r.id, err)
	}
	return nil
}

// handle is what names the effect of a command in the cloud, for the journal.
func (r *Run) handle(e errand) json.RawMessage {
	switch e.cmd.ID.Verb {
	case engine.Allocate, engine.Resolve, engine.Release, engine.Run:
		return write(r.exec.request(e).Handle())
	}
	return nil
}

// brief gives a command what its execution needs to know of the run.
func (r *Run) brief(c engine.Command, now time.Time) (errand, error) {
	e := errand{cmd: c, asked: now, epoch: r.epoch}
	if c.ID.Verb == engine.Replan {
		var err error
		e.replan, err = r.replanBrief(c, now)
		return e, err
	}
	var err error
	if e.orders, err = read[orders](c.Assignment.Data); err != nil {
		return e, err
	}
	for _, a := range r.machine.Stage(c.ID.Stage).Attempts {
		if a.Attempt == c.ID.Attempt && !a.Tried.IsZero() {
			e.asked = a.Tried
		}
	}
	if c.ID.Verb == engine.Run || c.ID.Verb == engine.Bring {
		err = r.briefData(&e)
	}
	return e, err
}

// briefData looks up where the artifacts a stage reads are.
func (r *Run) briefData(e *errand) error {
	s := r.plan.Job.stage(e.orders.Stage)
	e.data, e.moved = map[string]sealedOutput{}, map[string]carried{}
	for _, ref := range s.reads {
		if err := r.committed(ref, e.data); err != nil {
			return err
		}
		id := ref + "@" + e.orders.Offering.Place.InRegion().String()
		if m, ok := r.machine.Move(id); ok && m.Done {
			c, err := read[carried](m.Data)
			if err != nil {
				return err
			}
			e.moved[id] = c
		}
	}
	return nil
}

// committed adds the outputs of the stage that writes an artifact, when it has committed them.
func (r *Run) committed(ref string, into map[string]sealedOutput) error {
	o := r.plan.Job.output(ref)
	if o == nil || o.stage.pos >= r.machine.Len() {
		return nil
	}
	view := r.machine.Stage(o.stage.pos)
	for _, a := range view.Attempts {
		if a.Attempt != view.Commit || len(a.Outputs) == 0 {
			continue
		}
		outputs, err := read[[]sealedOutput](a.Outputs)
		if err != nil {
			return err
		}
		for _, out := range outputs {
			into[out.Artifact] = out
		}
	}
	return nil
}

// replanBrief gathers what a new plan must leave as it is: the stages that are finished or run, and the copies made.
func (r *Run) replanBrief(c engine.Command, now time.Time) (replanBrief, error) {
	st := r.machine.Status()
	b := replanBrief{elapsed: now.Sub(r.started), spent: Money(st.Spent + st.Reserved)}
	b.past = past{pins: map[string]pin{}, replicas: map[string][]catalog.Place{}}
	for _, a := range c.Replan.Pinned {
		o, err := read[orders](a.Data)
		if err != nil {
			return b, err
		}
		b.past.pins[o.Stage] = pinOf(o, r.machine.Stage(a.Stage), now)
		for _, m := range a.Moves { // of a stage that runs: there, or paid for and on the way
			if err := b.past.keep(m.Data); err != nil {
				return b, err
			}
		}
	}
	for _, m := range r.machine.Moves() {
		if !m.Done {
			continue
		}
		if err := b.past.keep(m.Order); err != nil {
			return b, err
		}
	}
	return b, nil
}

// pinOf is a stage where it is, and how long its newest task has been at work.
func pinOf(o orders, view engine.StageView, now time.Time) pin {
	p := pin{orders: o, done: view.State == engine.StageDone}
	if n := len(view.Attempts); n > 0 {
		for _, t := range view.Attempts[n-1].Tasks {
			p.ran = max(0, now.Sub(t.Asked))
		}
	}
	return p
}

// keep notes a copy that need not be made again.
func (p *past) keep(move json.RawMessage) error {
	c, err := read[carry](move)
	if err == nil && !p.holds(c.Artifact, c.To) {
		p.replicas[c.Artifact] = append(p.replicas[c.Artifact], c.To)
		p.moved = append(p.moved, c)
	}
	return err
}

// dispatch carries a command out in a goroutine of its own and puts its outcome into the inbox.
func (r *Run) dispatch(ctx context.Context, e errand) {
	switch e.cmd.ID.Verb {
	case engine.Allocate, engine.Resolve, engine.Run, engine.Seal:
		w := r.workOf(ctx, e)
		w.busy.Add(1)
		r.work.Go(func() {
			defer w.busy.Done()
			r.carryOut(w.ctx, e)
		})
	case engine.Release:
		w := r.workOf(ctx, e)
		delete(r.attempts, e.attempt())
		r.work.Go(func() {
			w.cancel()
			w.busy.Wait()
			r.carryOut(ctx, e)
		})
	case engine.Bring:
		r.bring(ctx, e)
	case engine.Stop:
		r.stopBring(e.cmd.Target)
		r.work.Go(func() { r.carryOut(ctx, e) })
	default:
		r.work.Go(func() { r.carryOut(ctx, e) })
	}
}

func (r *Run) carryOut(ctx context.Context, e errand) {
	if outcome, ok := r.exec.do(ctx, e); ok {
		r.inbox.put(outcome)
	}
}

// bring carries a copy out so that a Stop can end it. An ended copy is told of: nobody waits for it for ever.
func (r *Run) bring(ctx context.Context, e errand) {
	own, cancel := context.WithCancel(ctx)
	r.mu.Lock()
	r.brings[e.cmd.ID] = cancel
	r.mu.Unlock()
	r.work.Go(func() {
		defer func() {
			r.mu.Lock()
			delete(r.brings, e.cmd.ID)
			r.mu.Unlock()
			cancel()
		}()
		r.carryOut(own, e)
		if own.Err() != nil && ctx.Err() == nil {
			stopped := failed(engine.Failed, &fault.Error{Op: "bring", Kind: fault.Transient, Err: errors.New("the copy was stopped")})
			stopped.ID = e.cmd.ID
			r.inbox.put(stopped)
		}
	})
}

func (r *Run) stopBring(id engine.CommandID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, under := r.brings[id]; under {
		cancel()
	}
}

func (r *Run) workOf(ctx context.Context, e errand) *attemptWork {
	ref := e.attempt()
	w := r.attempts[ref]
	if w == nil {
		w = &attemptWork{}
		w.ctx, w.cancel = context.WithCancel(ctx)
		r.attempts[ref] = w
	}
	return w
}
